"""For the tests of `lessons.watching`: Prometheus, or a program in its place.

Run as a program it is a Prometheus that answers every query with the command line and the files that it was given.
"""

import http.server
import json
import os
import shutil
import sys
from pathlib import Path

import pytest


def real_prometheus() -> str:
    """Where Prometheus is; without it the test is skipped, and fails in CI."""
    found = shutil.which(os.environ.get('PROMETHEUS') or 'prometheus')
    if not found:
        reason = 'no Prometheus on this machine: apt-get install prometheus'
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)
    return found


def stand_in(folder: Path, does: str = '') -> Path:
    """A program in `folder` that stands for Prometheus; `does`: 'die'."""
    program = folder / 'stand-in'
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {os.path.abspath(__file__)} {does} "$@"\n')
    program.chmod(0o755)
    return program


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        folder = Path.cwd()
        files = {path.name: [path.read_text(), oct(path.stat().st_mode & 0o777)] for path in folder.glob('*')}
        seen = {'line': ' '.join(sys.argv[1:]), 'folder': str(folder), 'mode': oct(folder.stat().st_mode & 0o777)}
        value = {'metric': {'seen': json.dumps(seen | {'files': files})}, 'value': [1.5, '2.5']}
        good = {'status': 'success', 'data': {'resultType': 'vector', 'result': [value]}}
        bad = {'status': 'error', 'error': 'that is no PromQL'}
        body = json.dumps(bad if 'bad' in self.path else good).encode()
        self.send_response(400 if 'bad' in self.path else 200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == '__main__':
    if 'die' in sys.argv:
        sys.exit('level=error msg="the stand-in was told to"')
    given = dict(word.removeprefix('--').split('=', 1) for word in sys.argv[1:])
    host, port = given['web.listen-address'].split(':')
    http.server.ThreadingHTTPServer((host, int(port)), _Answers).serve_forever()
