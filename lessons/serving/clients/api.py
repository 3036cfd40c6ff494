"""A chat server behind its OpenAI-style address, as the terminal client and the web page see it.

Everything that can go wrong comes as a `ChatError`, in words for the person who chats.
"""

import contextlib
import dataclasses
import sys
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import openai

from lessons.serving.keys import ENVIRONMENT, is_this_machine, key_of
from lessons.serving.proxies import usable
from translations.messages import shown


class ChatError(Exception):
    """There is no answer, or only a part of one; the message says why."""


class KeyRefusedError(ChatError):
    """The server wants a key, or another one."""


class ContextFullError(ChatError):
    """The conversation is longer than the model's context, or than the server takes in one request."""


# What the server's guard says (`lessons.serving.guard`) of a request that has grown too large turn by turn.
_GROWN = ('never holds', 'the request has more than', 'pixels together', 'the request is longer than')


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """An answer as far as it has come; the counts are the server's own, and come with the end."""

    text: str = ''
    finish_reason: str | None = None  # 'stop' | 'length' | …
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    ttft_s: float | None = None  # from sending the request to the first token
    time_s: float = 0.0  # from sending the request to the newest token

    @property
    def tokens_per_s(self) -> float | None:
        """The answer's tokens by all of its time, the wait for the first one included."""
        return self.output_tokens / self.time_s if self.output_tokens and self.time_s else None

    def cut_off(self, max_tokens: int | None) -> str | None:
        """Say what cut the answer off; None when it ended by itself, or has not ended."""
        if self.finish_reason != 'length':
            return None
        if max_tokens and (self.output_tokens or 0) >= max_tokens:
            return f'the answer was cut off at the maximum of {max_tokens} tokens'
        used = f' ({self.prompt_tokens + self.output_tokens} tokens)' if self.output_tokens else ''
        return f'the answer was cut off, as the context is full{used}: begin anew'


class ChatServer:
    """A server to chat with; each request sends the whole conversation.

    Args:
        url: its address, with or without `http://` and `/v1`.
        key: None: `key_of(url)`, looked up for each request, since a server that starts again may have a fresh one.

    Raises ValueError when `url` is no address.
    """

    def __init__(self, url: str, key: str | None = None):
        self.url, self.key = server_url(url), key
        self._client = openai.AsyncOpenAI(
            base_url=f'{self.url}/v1',
            api_key=self._current_key,
            max_retries=0,  # whoever waits at the prompt decides
            timeout=openai.Timeout(600, connect=5),
            http_client=_http_client(self.url),
        )

    async def models(self) -> list[str]:
        """The names under which the server knows its models."""
        with self._as_chat_error():
            page = await self._client.models.list()
            return [model.id for model in page.data]

    async def answer(self, model: str, messages: list[dict], **sampling) -> AsyncIterator[Answer]:
        """Give the answer to `messages` again and again as it grows; the last one has the server's token counts.

        `sampling` is temperature, top_p, max_tokens; None leaves it to the server.  Closing the iterator, or cancelling
        the task that waits for it, ends the request, and with it the server's work.
        """
        sampling = {name: value for name, value in sampling.items() if value is not None}
        answer, start = Answer(), time.perf_counter()
        with self._as_chat_error():
            stream = await self._client.chat.completions.create(
                model=model, messages=messages, stream=True, stream_options={'include_usage': True}, **sampling
            )
            async with stream:
                async for chunk in stream:
                    answer = _extended(answer, chunk, time.perf_counter() - start)
                    yield answer
        if answer.finish_reason in (None, 'error', 'abort'):
            raise ChatError(f'the server at {self.url} broke the answer off')

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _current_key(self) -> str:
        return self.key or key_of(self.url) or 'none'

    @contextlib.contextmanager
    def _as_chat_error(self):
        """Turn what the SDK raises into a ChatError."""
        try:
            yield
        except openai.AuthenticationError:
            had = self.key or key_of(self.url)
            what = 'refused the key' if had else 'wants a key'
            raise KeyRefusedError(f'the server at {self.url} {what} (${ENVIRONMENT} can hold it)') from None
        except openai.APIStatusError as error:
            reason = error.body.get('message') if isinstance(error.body, dict) else None
            if error.status_code == 400 and 'context length' in str(reason):
                raise ContextFullError(f'the context is full: {reason}') from None
            if error.status_code in (400, 413) and any(said in str(reason) for said in _GROWN):
                raise ContextFullError(f'the conversation is too large for one request: {reason}') from None
            raise ChatError(f'the server refused ({error.status_code}): {reason or error.message}') from None
        except PermissionError as error:  # from key_of
            raise ChatError(str(error)) from None
        except UnicodeEncodeError:
            raise ChatError('the key holds a character that none can hold') from None
        except (AttributeError, TypeError, ValueError) as error:
            raise ChatError(f'what answers at {self.url} is no LMDeploy server ({error})') from None
        except Exception as error:
            # By name: in the middle of an answer these are httpx's or httpx2's own, whichever this SDK stands on.
            kinds = {kind.__name__ for e in (error, error.__cause__) for kind in type(e).__mro__}
            if kinds & {'ConnectError', 'ConnectTimeout'}:
                raise ChatError(f'no server answers at {self.url}: is it running?') from None
            if kinds & {'APIConnectionError', 'TransportError'}:
                raise ChatError(f'the server at {self.url} went away') from None
            if isinstance(error, openai.APIError):  # LMDeploy says it in the middle of a stream
                raise ChatError(f'the server failed: {error.message}') from None
            raise


def server_url(url: str) -> str:
    """Give `http://host:port` of what people type for it.

    >>> server_url('127.0.0.1:23333/v1/')
    'http://127.0.0.1:23333'
    """
    full = (url if '://' in url else f'http://{url}').rstrip('/').removesuffix('/v1')
    parts = urlsplit(full)
    if parts.scheme not in ('http', 'https') or not parts.hostname:
        raise ValueError(f'{url!r} is no address; one looks like http://127.0.0.1:23333')
    _ = parts.port  # raises ValueError where it is no number
    return full


def clean(text: str) -> str:
    """Replace halves of characters (lone surrogates) and NUL, which the server takes in no request, by `?`."""
    return text.encode('utf-8', 'replace').decode().replace('\0', '?')


def _extended(answer: Answer, chunk, time_s: float) -> Answer:
    """The answer with one more chunk of the stream."""
    if chunk.usage:
        counts = {'prompt_tokens': chunk.usage.prompt_tokens, 'output_tokens': chunk.usage.completion_tokens}
        answer = dataclasses.replace(answer, **counts)
    if not chunk.choices:
        return answer
    choice = chunk.choices[0]
    return dataclasses.replace(
        answer,
        text=answer.text + (choice.delta.content or ''),
        finish_reason=choice.finish_reason or answer.finish_reason,
        ttft_s=time_s if answer.ttft_s is None else answer.ttft_s,
        time_s=time_s,
    )


def _http_client(url: str):
    """The client for `url`: a proxy in the environment is for the outside, and must not see this machine's talks."""
    if not is_this_machine(urlsplit(url).hostname):
        try:
            return openai.DefaultAsyncHttpxClient()
        except Exception as error:  # httpx's own for a proxy that it cannot use: ValueError, ImportError, InvalidURL
            names = ', '.join(usable()[1])
            why = f'the proxy in {names} cannot be used, so {url} is asked directly: {error}'
            print(shown(why), file=sys.stderr)
    return openai.DefaultAsyncHttpxClient(trust_env=False)
