"""A server that sends each piece of an answer by the clock."""

import contextlib
import http.server
import json
import threading
import time

import openai
import pytest

DONE = b'data: [DONE]\n\n'
FIRST_S, STEP_S = 0.3, 0.05


def event(content=None, *, ids=None, finish=None, usage=None, role=None) -> bytes:
    """One event of a stream, as LMDeploy sends it."""
    delta = {k: v for k, v in (('role', role), ('content', content)) if v is not None}
    choice = {'index': 0, 'delta': delta}
    choice |= {k: v for k, v in (('output_ids', ids), ('finish_reason', finish)) if v is not None}
    count = {'prompt_tokens': 14, 'completion_tokens': usage, 'total_tokens': 14 + (usage or 0)}
    data = {'choices': [] if usage else [choice], 'usage': count if usage else None}
    return b'data: ' + json.dumps(data, ensure_ascii=False).encode() + b'\n\n'


class ByTheClock(http.server.BaseHTTPRequestHandler):
    """The first token after FIRST_S, then one each STEP_S; 'fail' in the question: HTTP 503, 'short': two tokens."""

    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        body = json.dumps({'object': 'list', 'data': [{'id': 'the-model', 'object': 'model'}]}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.keys.add(self.headers['Authorization'])
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
        question = body['messages'][0]['content']
        if 'fail' in question:
            self.send_error(503, 'too busy')
        else:
            self.send_response(200)
            self.send_header('Transfer-Encoding', 'chunked')
            self.end_headers()
            count, times = 2 if 'short' in question else body['max_tokens'], []
            for i in range(count):
                time.sleep(STEP_S if i else FIRST_S)
                times.append(time.perf_counter())
                self.piece(event('ab', ids=[i], finish='length' if i == count - 1 else None))
            self.server.sent.append((times[0], times[-1]))  # before the end: who has read that finds all times here
            self.piece(event(usage=count) + DONE)
            self.piece(b'')
        with self.server.lock:
            self.server.now -= 1

    def piece(self, data: bytes):
        with contextlib.suppress(OSError):  # the client may have left
            self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))
            self.wfile.flush()

    def log_message(self, *_):
        pass


@pytest.fixture
def clock():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), ByTheClock)
    server.bodies, server.sent, server.keys = [], [], set()
    server.lock, server.now, server.most = threading.Lock(), 0, 0
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    server.client = openai.OpenAI(base_url=f'http://127.0.0.1:{server.server_port}/v1', api_key='the-key')
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
