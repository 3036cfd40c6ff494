"""The process that `lessons.watching.watch` starts for Prometheus; it ends as `lessons.serving.process`'s does.

    python -m lessons.watching.process SOCKET PROGRAM CONTENT

CONTENT is JSON: Prometheus's configuration, its rules, and whether it gets the key.  All files lie in the process's
temporary folder, which only its owner may enter, and which its watcher removes.
"""

import json
import os
import socket
import tempfile
from pathlib import Path

from lessons.serving.keys import ApiKey
from lessons.serving.process import main


def serve(key: ApiKey, listening: socket.socket, arguments: list[str]) -> None:
    """Become Prometheus, at the address of the socket, with the key in a file."""
    program, content = arguments[0], json.loads(arguments[1])
    folder = Path(tempfile.gettempdir())
    host, port = listening.getsockname()[:2]
    config = write_files(folder, key, content)
    os.chdir(folder)
    listening.close()  # Prometheus opens its own
    line = [f'--config.file={config}', f'--storage.tsdb.path={folder / "data"}', '--log.level=warn']
    os.execv(program, [program, *line, f'--web.listen-address={host}:{port}'])


def write_files(folder: Path, key: str, content: dict) -> Path:
    """Write configuration, rules and key into `folder`; the path of the configuration.  JSON is YAML."""
    config, rules, secret = folder / 'prometheus.yml', folder / 'rules.yml', folder / 'key'
    if content['with_key']:
        secret.touch(mode=0o600)
        secret.write_text(key)
        for job in content['config']['scrape_configs']:
            job['authorization'] = {'credentials_file': str(secret)}
    rules.write_text(json.dumps(content['rules']))
    config.write_text(json.dumps(content['config'] | {'rule_files': [str(rules)]}))
    return config


if __name__ == '__main__':
    main(serve)
