# The command, in a terminal that this program types into. By hand: type it in a terminal, note the words with engine()
# as it runs and what was said with answer(…, client='terminal'), and add a screenshot.
import tempfile
import time
from pathlib import Path

from helpers import cli_engine_arguments, cli_prefix
from homework.collect.terminal import Terminal

command = [*cli_prefix(), 'chat', str(AWQ), *cli_engine_arguments(), '--model-format', 'awq']
command += ['--cache-max-entry-count', '0.4', '--session-len', '2048']
question, prompt = 'What is a KV cache?', 'double enter to end input >>> '
with Terminal(command) as terminal:
    terminal.wait_for(prompt)
    chat_w4a16.engine('W4A16', command)  # now that it runs
    start = time.perf_counter()
    said = terminal.typed(question, '', until=prompt)  # Enter twice
    chat_w4a16.answer(question, said, time_s=time.perf_counter() - start, client='terminal')
    chat_w4a16.screenshot(terminal.picture(Path(tempfile.mkdtemp()) / 'terminal.png'), 'the terminal')
    terminal.end('exit', '')
print(said)
