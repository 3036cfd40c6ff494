"""For the tests of `lessons.scaling.clusters`: API servers that start at once and answer after a moment.

Run as a program it is `lessons.serving.process`, all of it but LMDeploy.
A question 'slow' takes two seconds; 'refuse' gets 400.
"""

import http.server
import json
import os
import sys
import time

LAUNCHER = [sys.executable, os.path.abspath(__file__)]


class Handler(http.server.BaseHTTPRequestHandler):
    """One model named `stand-in`; `requests` counts the chats that began."""

    protocol_version = 'HTTP/1.1'
    requests = 0

    def do_GET(self):
        if self.path == '/health':
            return self._answer({})
        if self.headers['Authorization'] != f'Bearer {self.server.key}':
            return self._answer({'message': 'Unauthorized'}, 401)
        if self.path == '/count':
            return self._answer({'requests': type(self).requests})
        self._answer({'object': 'list', 'data': [{'id': 'stand-in', 'object': 'model'}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        if self.headers['Authorization'] != f'Bearer {self.server.key}':
            return self._answer({'message': 'Unauthorized'}, 401)
        type(self).requests += 1
        question = body['messages'][-1]['content']
        if question == 'refuse':
            return self._answer({'object': 'error', 'message': 'no such thing', 'code': 400}, 400)
        time.sleep(2 if question == 'slow' else 0.02)
        whole = {'index': 0, 'message': {'role': 'assistant', 'content': 'yes'}, 'finish_reason': 'stop'}
        answer = {'id': '1', 'object': 'chat.completion', 'created': 0, 'model': 'stand-in', 'choices': [whole]}
        if not body.get('stream'):
            return self._answer(answer)
        piece = {'index': 0, 'delta': {'content': 'yes'}, 'finish_reason': 'stop'}
        event = json.dumps(answer | {'object': 'chat.completion.chunk', 'choices': [piece]})
        self._send(f'data: {event}\n\ndata: [DONE]\n\n'.encode(), 200, 'text/event-stream')

    def _answer(self, content, status=200):
        self._send(json.dumps(content).encode(), status, 'application/json')

    def _send(self, body, status, kind):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def stand_in(key, listening, arguments):
    if os.environ.get('STAND_IN') == 'die':
        raise ValueError('the stand-in was told to')
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler, bind_and_activate=False)
    server.socket, server.key = listening, key
    server.serve_forever()


if __name__ == '__main__':
    from lessons.serving import process as serve

    serve.main(stand_in)
