"""The guard as ASGI middleware: paths that are closed, bodies that do not end, and the answer to what is refused."""

import asyncio

from .limits import Engine, Limits, Refused
from .requests import check, first_line

# Whoever has the key of a chat server should not have these: without the guard they run code of their choice
# (/update_weights unpickles what it gets, LMDeploy issue 4698; the CPU device alone cannot), have weights fetched from
# any address, free the cache of another client's session (/distserve/free_cache), or put the server to sleep.
CLOSED = (
    '/update_weights',  # and /update_weights_from_ipc, /update_weights_from_distributed
    '/init_weights_update_group',
    '/destroy_weights_update_group',
    '/distserve/',
    '/sleep',
    '/wakeup',
)


class Guard:
    """ASGI middleware; `context` is LMDeploy's ServerContext (for the session's length and the vocabulary), or None."""

    def __init__(self, app, context=None, limits: Limits | None = None):
        self.app, self.context, self.limits = app, context, limits or Limits()

    async def __call__(self, scope, receive, send):
        if scope['type'] != 'http':
            return await self.app(scope, receive, send)
        started = False

        async def send_on(message):
            nonlocal started
            started = True
            await send(message)

        try:
            self._check_path(scope['path'])
            if scope['method'] == 'POST':
                body = await self._read(scope, receive)
                if body is None:  # the client is gone
                    return
                if _is_json(scope):  # LMDeploy refuses others
                    await asyncio.to_thread(check, scope['path'], body, self.limits, self._engine())
                receive = _replay(body, receive)
            await self.app(scope, receive, send_on)
        except Refused as refused:
            await _answer(scope, receive, send, refused)
        except ValueError as error:
            # Unhandled in LMDeploy: a 500 without a reason (/pooling with no reward model, a session_id in use).
            if started:
                raise
            await _answer(scope, receive, send, Refused(first_line(error)))

    def _engine(self) -> Engine:
        engine = getattr(self.context, 'async_engine', None)
        hf = getattr(engine, 'hf_cfg', None)
        text = getattr(hf, 'text_config', None) or getattr(hf, 'llm_config', None)
        vocabulary = getattr(hf, 'vocab_size', None) or getattr(text, 'vocab_size', None)
        tokenizer = getattr(engine, 'tokenizer', None)
        return Engine(
            getattr(engine, 'session_len', None), vocabulary, getattr(tokenizer, 'indexes_containing_token', None)
        )

    def _check_path(self, path: str) -> None:
        if path.startswith(CLOSED):
            raise Refused(f'{path} is closed: it is for the training of models, not for clients of a server', 403)

    async def _read(self, scope, receive) -> bytes | None:
        """The whole body.  LMDeploy takes any length, and waits for the rest of it for ever."""
        most = self.limits.body_bytes
        too_long = Refused(f'the request is longer than {most} bytes', 413)
        length = dict(scope['headers']).get(b'content-length', b'')
        if length.isdigit() and int(length) > most:
            raise too_long
        pieces, total, more = [], 0, True
        while more:
            try:
                message = await asyncio.wait_for(receive(), self.limits.body_time_s)
            except TimeoutError:
                raise Refused(f'no more of the request came for {self.limits.body_time_s:g} s', 408) from None
            if message['type'] == 'http.disconnect':
                return None
            pieces.append(message.get('body', b''))
            total += len(pieces[-1])
            if total > most:
                raise too_long
            more = message.get('more_body', False)
        return b''.join(pieces)


def _is_json(scope) -> bool:
    kind = dict(scope['headers']).get(b'content-type', b'').lower()
    return kind.split(b';')[0].strip() == b'application/json'


def _replay(body: bytes, receive):
    """`receive` for the application: the body, then whatever comes (the client's going away)."""
    messages = [{'type': 'http.request', 'body': body, 'more_body': False}]

    async def receive_again():
        return messages.pop() if messages else await receive()

    return receive_again


async def _answer(scope, receive, send, refused: Refused) -> None:
    from lmdeploy.serve.core.exceptions import ErrorCode, RequestError
    from lmdeploy.serve.utils.server_utils import protocol_error_response

    error = RequestError(ErrorCode.INVALID_REQUEST, str(refused))
    error.status_code = refused.status
    await protocol_error_response(scope['path'], error)(scope, receive, send)
