# Both clients at one server. The page's button Send runs WebChat.send; by hand:
# `python -m lessons.serving.clients.page URL`, then copy the answer here; and a screenshot of each. A program has no
# screen: here its words are drawn.
import sys
import tempfile
import time
from pathlib import Path

import pexpect
from PIL import Image, ImageDraw, ImageFont

import homework
from lessons.serving import api_server
from lessons.serving.clients.api import ChatServer
from lessons.serving.clients.page_events import WebChat
from lessons.serving.event_loop import in_a_thread


async def ask_page(url, key, question):
    """What the page answers to the first message of a conversation."""
    events = WebChat(ChatServer(url, key)).send(question, None, [], '', 0, 1, 400)
    return [turns async for _, _, _, turns, _ in events][-1][-1].answer


def drawn(where, text):
    """A picture of these words."""
    picture, screen = Path(tempfile.mkdtemp()) / f'{where}.png', Image.new('RGB', (900, 400), 'black')
    font = ImageFont.truetype(Path(homework.__file__).parent / 'collect/fonts/CourseSansSC.ttf', 16)
    lines = [line[i : i + 50] for line in text.splitlines() for i in range(0, len(line), 50)]
    ImageDraw.Draw(screen).text((10, 10), '\n'.join([where, *lines]), 'white', font)
    screen.save(picture)
    return picture


room = {'cache_max_entry_count': 0.4, 'session_len': 2048, 'max_batch_size': 16}
with api_server(AWQ, **room, model_format='awq', model_name=AWQ.name) as server:
    server_w4a16.engine('W4A16', server)
    question, end = 'What is TurboMind?', 'double enter to end input >>> '
    line = ['-m', 'lessons.serving.clients.terminal', server.url, '--temperature', '0', '--max-tokens', '200']
    with pexpect.spawn(sys.executable, line, encoding='utf-8', timeout=120, echo=False) as terminal:
        terminal.expect_exact(end)
        start = time.perf_counter()
        terminal.sendline(question)
        terminal.sendline('')
        terminal.expect_exact(end)
        said, seconds = terminal.before.strip(), time.perf_counter() - start
        terminal.sendline('exit')
        terminal.sendline('')
        terminal.expect(pexpect.EOF)
    server_w4a16.answer(question, said, time_s=seconds, client='terminal', sampling={'temperature': 0})

    question = '讲一个故事'
    start = time.perf_counter()
    shown = in_a_thread(ask_page(server.url, server.client.api_key, question))
    seconds = time.perf_counter() - start
    server_w4a16.answer(question, shown, time_s=seconds, client='page', sampling={'temperature': 0})
for where, text in {'terminal': said, 'page': shown}.items():
    server_w4a16.screenshot(drawn(where, text), where)
print(said)
print(shown)
