# quant_policy 4 is int4, 8 is int8. The memory before and after is read by begin_task() and engine().
import time

from lessons.serving import api_server

room = {'cache_max_entry_count': 0.4, 'session_len': 2048, 'max_batch_size': 16}
with api_server(AWQ, **room, quant_policy=4, model_format='awq', model_name=AWQ.name) as server:
    api_kv.engine('W4A16, KV int4', server)
    question = [{'role': 'user', 'content': 'What is TurboMind?'}]
    start = time.perf_counter()
    reply = server.client.chat.completions.create(model=AWQ.name, messages=question, temperature=0, max_tokens=128)
    api_kv.answer(question, reply, time_s=time.perf_counter() - start, client='openai', sampling={'temperature': 0})
    print(reply.choices[0].message.content)
