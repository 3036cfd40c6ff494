# The command, and a small program that plays the person at the keyboard. By hand: type it in a terminal, note the words
# with engine() and what was said with answer(…, client='terminal'), and add a screenshot. A program has no screen: here
# its words are drawn.
import tempfile
import time
from pathlib import Path

import pexpect
from PIL import Image, ImageDraw, ImageFont

import homework
from helpers import cli_engine_arguments, cli_prefix

command = [*cli_prefix(), 'chat', str(AWQ), *cli_engine_arguments(), '--model-format', 'awq']
command += ['--cache-max-entry-count', '0.4', '--session-len', '2048']
question, end = 'What is a KV cache?', 'double enter to end input >>> '
with pexpect.spawn(command[0], command[1:], encoding='utf-8', timeout=180, echo=False) as terminal:
    terminal.expect_exact(end)
    chat_w4a16.engine('W4A16', command)  # now that it runs
    start = time.perf_counter()
    terminal.sendline(question)
    terminal.sendline('')  # the second Enter
    terminal.expect_exact(end)
    seconds, said = time.perf_counter() - start, terminal.before.strip()
    terminal.sendline('exit')
    terminal.sendline('')
    terminal.expect(pexpect.EOF)
chat_w4a16.answer(question, said, time_s=seconds, client='terminal')
screen, picture = Image.new('RGB', (900, 400), 'black'), Path(tempfile.mkdtemp()) / 'terminal.png'
font = ImageFont.truetype(Path(homework.__file__).parent / 'collect/fonts/CourseSansSC.ttf', 16)
lines = [said[i : i + 90] for i in range(0, len(said), 90)]
ImageDraw.Draw(screen).text((10, 10), '\n'.join([question, *lines]), 'white', font)
screen.save(picture)
chat_w4a16.screenshot(picture, 'the terminal')
print(said)
