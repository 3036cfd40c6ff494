# Without an account: the dry run of deep dive 8, the page as a platform runs it, seen in a browser while it runs. With
# one: upload_commands(folder, …), then publish.demo(folder, address='https://…') and a screenshot of that page.
import socket
import tempfile
from pathlib import Path

from homework.collect.browser import asked_on_page
from lessons.publish import Limits, demo, dry_run

where = Path(tempfile.mkdtemp())
limits = Limits(answer_tokens=128, users=2)
folder = demo(LLAMA, where / 'demo', sdk='docker', title='My model', limits=limits)  # or the model of 9.10
with socket.create_server(('127.0.0.1', 0)) as free:
    port = free.getsockname()[1]  # 7860 itself may be taken
trial = dry_run(
    folder,
    'Who are you?',
    environment='this',
    port=port,
    visit=lambda url: asked_on_page(url, 'What is TurboMind?', where / 'page.png'),
)
publish.demo(folder, trial=trial)
publish.screenshot(where / 'page.png', 'the page')
print(trial)
