# One of the three ways: `lmdeploy chat` in a terminal, typed into by this program. By hand: type the command in a
# terminal, note its words with engine() as it runs and what was said with answer(…, client='terminal'), and add a
# screenshot. On a real model ask for more than you need.
import tempfile
import time
from pathlib import Path

from helpers import cli_engine_arguments, cli_prefix
from homework.collect.terminal import Terminal
from homework.tasks import STORY_CHARACTERS, characters

command = [*cli_prefix(), 'chat', str(MODEL), *cli_engine_arguments()]
command += ['--cache-max-entry-count', '0.4', '--session-len', '2048']
question = '写一个 300 字的小故事' if MODEL.name == 'tiny-chat' else '请写一个不少于 400 字的小故事'
prompt, picture = 'double enter to end input >>> ', Path(tempfile.mkdtemp()) / 'terminal.png'
with Terminal(command) as terminal:
    terminal.wait_for(prompt)
    story.engine('16 bit', command)  # now that it runs
    for _ in range(9):
        start = time.perf_counter()
        said = terminal.typed(question, '', until=prompt)  # Enter twice
        seconds = time.perf_counter() - start
        if characters(said) >= STORY_CHARACTERS:
            break
        terminal.typed('end', '', until=prompt)  # it draws its words by chance: once more, without what was said
    story.answer(question, said, time_s=seconds, client='terminal')
    story.screenshot(terminal.picture(picture), 'the terminal')
    terminal.end('exit', '')
print(said)
