# quant_policy 4 is int4, 8 is int8. The memory before and after is read by begin_task() and engine(); the document
# wants one screenshot with memory and answer: a terminal in which the model was asked, and then the memory.
import os
import sys
import tempfile
import time
from pathlib import Path

from helpers import engine_choice
from homework.collect.terminal import Terminal
from lessons.serving import api_server

room = {'cache_max_entry_count': 0.4, 'session_len': 2048, 'max_batch_size': 16}
question, prompt = 'What is TurboMind?', 'double enter to end input >>> '
with api_server(AWQ, **room, quant_policy=4, model_format='awq', model_name=AWQ.name) as server:
    api_kv.engine('W4A16, KV int4', server)
    memory = 'nvidia-smi' if engine_choice().device == 'cuda' else f'ps -o rss,comm -p {server.pid} --ppid {server.pid}'
    path = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'  # `python` is this one
    shell = {'env': server.environment() | {'PS1': '> ', 'PATH': path}}
    with Terminal(['bash', '--norc', '--noediting'], **shell) as terminal:
        terminal.wait_for('> ')
        client = f'python -m lessons.serving.clients.terminal {server.url} --temperature 0'
        terminal.typed(client, until=prompt)
        start = time.perf_counter()
        said = terminal.typed(question, '', until=prompt)  # Enter twice
        seconds = time.perf_counter() - start
        api_kv.answer(question, said, time_s=seconds, client='terminal', sampling={'temperature': 0})
        terminal.typed('exit', '', until='\n> ')
        print(terminal.typed(memory, until='\n> '))
        api_kv.screenshot(terminal.picture(Path(tempfile.mkdtemp()) / 'terminal.png'), 'answer and memory')
print(said)
