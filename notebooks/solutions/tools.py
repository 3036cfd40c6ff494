# As in chapter 5: a dict of functions, a schema for each, JSON, and never eval.
import json

import jsonschema

from lessons.serving import api_server

FUNCTIONS = {'add': lambda a, b: a + b, 'mul': lambda a, b: a * b}
numbers = {'type': 'object', 'properties': {'a': {'type': 'integer'}, 'b': {'type': 'integer'}}}
schema = numbers | {'required': ['a', 'b'], 'additionalProperties': False}
TOOLS = [
    {'type': 'function', 'function': {'name': name, 'description': what, 'parameters': schema}}
    for name, what in {'add': 'Add two integers', 'mul': 'Multiply two integers'}.items()
]
room = {'cache_max_entry_count': 0.4, 'session_len': 2048, 'max_batch_size': 4}
with api_server(MODEL, **room, model_name=MODEL.name, tool_call_parser='internlm') as server:
    tools.engine('16 bit', server)
    for question in ('Add 12 and 30, then multiply the result by 2.', '用工具算一下 408 加 977'):
        messages, calls = [{'role': 'user', 'content': question}], []
        for _ in range(5):
            reply = server.client.chat.completions.create(
                model=MODEL.name, messages=messages, tools=TOOLS, temperature=0
            )
            message = reply.choices[0].message
            messages.append(message.model_dump(include={'role', 'content', 'tool_calls'}, exclude_none=True))
            for call in message.tool_calls or ():
                arguments = json.loads(call.function.arguments)
                jsonschema.validate(arguments, schema)
                result = str(FUNCTIONS[call.function.name](**arguments))
                calls.append({'name': call.function.name, 'arguments': arguments, 'result': result})
                messages.append({'role': 'tool', 'tool_call_id': call.id, 'content': result})
            if not message.tool_calls:
                break
        tools.answer(messages[:1], reply, client='openai', tool_calls=calls, sampling={'temperature': 0})
        print(calls, message.content)
