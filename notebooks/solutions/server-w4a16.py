# Both clients at one server: a terminal that this program types into, and the page in a browser that it drives. By
# hand: `python -m lessons.serving.clients.terminal URL` and `python -m lessons.serving.clients.page URL`, then
# copy the answers here; and a screenshot of each.
import sys
import tempfile
import time
from pathlib import Path

from homework.collect.browser import asked_on_page
from homework.collect.terminal import Terminal
from lessons.serving import api_server
from lessons.serving.port import free_port

folder, room = Path(tempfile.mkdtemp()), {'cache_max_entry_count': 0.4, 'session_len': 2048, 'max_batch_size': 16}
with api_server(AWQ, **room, model_format='awq', model_name=AWQ.name) as server:
    server_w4a16.engine('W4A16', server)
    question, prompt = 'What is TurboMind?', 'double enter to end input >>> '
    line = [sys.executable, '-m', 'lessons.serving.clients.terminal', server.url]
    with Terminal([*line, '--temperature', '0', '--max-tokens', '200']) as terminal:
        terminal.wait_for(prompt)
        start = time.perf_counter()
        said = terminal.typed(question, '', until=prompt)  # Enter twice
        seconds = time.perf_counter() - start
        server_w4a16.answer(question, said, time_s=seconds, client='terminal', sampling={'temperature': 0})
        server_w4a16.screenshot(terminal.picture(folder / 'terminal.png'), 'the terminal')
        terminal.end('exit', '')

    port, question = free_port(6006), '讲一个故事'
    page = [sys.executable, '-m', 'lessons.serving.clients.page', server.url, '--port', str(port)]
    with Terminal(page) as terminal:
        terminal.wait_for(f':{port}')  # "Open http://127.0.0.1:PORT in a browser"
        start = time.perf_counter()
        shown = asked_on_page(f'http://127.0.0.1:{port}', question, folder / 'page.png')
        seconds = time.perf_counter() - start
    server_w4a16.answer(question, shown, time_s=seconds, client='page', sampling={'temperature': 0.8})
    server_w4a16.screenshot(folder / 'page.png', 'the page')
print(said)
print(shown)
