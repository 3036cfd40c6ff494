# As in chapter 5: a dict of functions, a schema for each, JSON, and never eval. The document wants the model's calls in
# a screenshot: the same question once more, by curl in a terminal.
import json
import tempfile
from pathlib import Path

import jsonschema

from homework.collect.terminal import Terminal
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

    request = Path(tempfile.mkdtemp()) / 'request.json'
    asked = {'model': MODEL.name, 'messages': messages[:1], 'tools': TOOLS, 'temperature': 0}
    request.write_text(json.dumps(asked), encoding='utf-8')
    shell = {'env': server.environment() | {'PS1': '> '}, 'cwd': request.parent}
    with Terminal(['bash', '--norc', '--noediting'], **shell) as terminal:
        terminal.wait_for('> ')
        header = '-H "Authorization: Bearer $LMDEPLOY_API_KEY" -H "Content-Type: application/json"'
        command = f'curl -s {server.url}/v1/chat/completions {header} -d @{request.name}'
        terminal.typed(f'{command} | python3 -m json.tool --no-ensure-ascii', until='\n> ')
        tools.screenshot(terminal.picture(request.with_name('terminal.png')), "the model's calls")
