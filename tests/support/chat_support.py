"""Servers to chat with: LMDeploy's own on the CPU, and one that answers by rule."""

import contextlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import requests
from patience import PATIENCE_S, wait_until

ROOT = Path(__file__).resolve().parents[2]
KEY = 'a-key-for-tests'
SESSION_LEN = 768
USAGE = {'prompt_tokens': 7, 'completion_tokens': 40, 'total_tokens': 47}


def environment(**changes) -> dict[str, str]:
    """A child's environment: the key in it, UTF-8, no proxy, and few threads."""
    kept = {name: value for name, value in os.environ.items() if 'proxy' not in name.lower()}
    return {
        **kept,
        'LMDEPLOY_API_KEY': KEY,
        'LC_ALL': 'C.UTF-8',
        'TERM': 'dumb',  # no escape sequences from readline
        'PYTHONPATH': str(ROOT),
        'OMP_NUM_THREADS': '1',
        'OMP_WAIT_POLICY': 'PASSIVE',
    } | changes


def free_port() -> int:
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class LMDeployServer:
    """A model behind `serve api_server`; it can be killed, and started again on the same port."""

    def __init__(self, log: Path, model: Path = ROOT / 'models' / 'tiny-chat'):
        self.port, self.log, self.process, self.model = free_port(), log, None, model
        self.url = f'http://127.0.0.1:{self.port}'
        self.start()

    def start(self, timeout_s=PATIENCE_S) -> None:
        command = [sys.executable, '-m', 'lmdeploy_cpu', 'serve', 'api_server', self.model]
        command += ['--backend', 'pytorch', '--device', 'cpu', '--dtype', 'float32', '--model-name', self.model.name]
        command += ['--server-name', '127.0.0.1', '--server-port', self.port, '--api-keys', KEY]
        command += ['--session-len', SESSION_LEN, '--cache-max-entry-count', '0.05', '--log-level', 'ERROR']
        with open(self.log, 'a') as log:
            self.process = subprocess.Popen(list(map(str, command)), env=environment(), stdout=log, stderr=log)

        def up():
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(requests.RequestException):
                return requests.get(self.url + '/health', timeout=5).status_code == 200

        wait_until(up, timeout_s, every_s=0.2)

    def kill(self) -> None:
        """kill -9, its engine's processes too."""
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)


class RuleServer:
    """Streams `answers[question]`, else the question in capitals; 'endless' goes on until the client leaves,
    'half' breaks off, 'silent' takes its time."""

    def __init__(self, port: int = 0, key: str | None = KEY, answers: dict[str, str] | None = None):
        self.key, self.answers = key, answers or {}
        self.requests: list[dict] = []
        self.left = threading.Event()  # a client went away in the middle of an answer
        rule = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply({'object': 'list', 'data': [{'id': 'rule', 'object': 'model'}]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                if self.refused():
                    return
                rule.requests.append(body)
                self.send_response(200)
                self.send_header('Content-Type', 'text/event-stream')
                self.end_headers()
                try:
                    for event in rule.events(body['messages'][-1]['content']):
                        self.wfile.write(f'data: {json.dumps(event)}\n\n'.encode())
                        self.wfile.flush()
                except OSError:
                    rule.left.set()

            def refused(self):
                if rule.key and self.headers['Authorization'] != f'Bearer {rule.key}':
                    self.reply({'message': 'Unauthorized.'}, 401)
                    return True
                return False

            def reply(self, value, status=200):
                if status == 200 and self.refused():
                    return
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.end_headers()
                self.wfile.write(json.dumps(value).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self.port = self.server.server_port
        self.url = f'http://127.0.0.1:{self.port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self, question):
        """The chunks of a stream."""

        def chunk(text=None, reason=None):
            return {'choices': [{'index': 0, 'delta': {'content': text}, 'finish_reason': reason}]}

        if isinstance(question, list):
            question = question[0]['text']
        while question == 'endless':
            yield chunk('more ')
            time.sleep(0.02)
        if question == 'silent':
            time.sleep(5)
        text = self.answers.get(question, question.upper())
        for start in range(0, len(text), 3):
            yield chunk(text[start : start + 3])
            time.sleep(0.01)
        if question != 'half':  # as of a server that dies
            yield chunk(reason='length' if question == 'long' else 'stop')
            yield {'choices': [], 'usage': USAGE}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
