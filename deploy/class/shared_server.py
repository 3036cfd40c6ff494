"""The class's one api_server: LMDeploy with the course's guard, on 127.0.0.1, its key from $LMDEPLOY_API_KEY.

    python shared_server.py MODEL PORT [--cache-max-entry-count=0.6 ...]

MODEL is a folder or the name of a model that the course knows.  Options are LMDeploy's.  It ends with Ctrl-C
or SIGTERM.
"""

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from helpers import model_path  # noqa: E402 - where it lies was said above
from lessons.serving.arguments import command_line  # noqa: E402
from lessons.serving.keys import ENVIRONMENT, ApiKey  # noqa: E402
from lessons.serving.port import listen  # noqa: E402
from lessons.serving.server import Server  # noqa: E402


def main() -> None:
    model, port, *options = sys.argv[1:]
    if not (key := os.environ.pop(ENVIRONMENT, '')):
        sys.exit(f'[FAIL] ${ENVIRONMENT} is not set: the key that all notebooks of the class get')
    folder = Path(model).expanduser() if os.sep in model else model_path(model)
    for ending in (signal.SIGINT, signal.SIGTERM):  # the hub sends both
        signal.signal(ending, lambda *_: sys.exit())
    line = command_line(folder, server_name='127.0.0.1', server_port=int(port), model_name=folder.name)
    with listen('127.0.0.1', int(port)) as listening:
        server = Server('127.0.0.1', int(port), [*line, *options], listening, key=ApiKey(key))
    try:
        server.wait_until_ready(900)
        print(f'[ OK ] {folder.name} at {server.url}', flush=True)
        server._process.wait()  # while it runs; then the hub starts this anew
        sys.exit(f'[FAIL] the server ended; its log: {server.log}')
    finally:
        server.stop()


if __name__ == '__main__':
    main()
