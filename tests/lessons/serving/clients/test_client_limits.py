"""What the server's guard refuses, and what its clients make of that: they know of the same limits."""

import json

import httpx
import openai
import pytest

from lessons.serving.clients.api import ChatError, ChatServer, ContextFullError, clean
from lessons.serving.guard.limits import Engine, Limits, Refused
from lessons.serving.guard.requests import check

CHAT = '/v1/chat/completions'
ENGINE = Engine(session_len=512, vocabulary=100)
PICTURE = {'type': 'image_url', 'image_url': {'url': 'https://example.org/a.png'}}


def heard(reason: str, status: int = 400) -> ChatError:
    """The error that a client raises where a server says this."""
    response = httpx.Response(status, request=httpx.Request('POST', f'http://127.0.0.1{CHAT}'))
    with pytest.raises(ChatError) as caught, ChatServer('127.0.0.1:9')._as_chat_error():
        raise openai.APIStatusError(reason, response=response, body={'message': reason})
    return caught.value


def refused(request: dict, **limits) -> str:
    with pytest.raises(Refused) as caught:
        check(CHAT, json.dumps(request).encode(), Limits(**limits), ENGINE)
    return str(caught.value)


def said(*content) -> dict:
    return {'model': 'm', 'messages': [{'role': 'user', 'content': part} for part in content]}


GROWN = {
    'pictures': lambda: refused(said(*[[PICTURE]] * 17)),
    'text': lambda: refused(said('word ' * 10_000)),
    'values': lambda: refused(said(*['x'] * 30), values=20),
}


@pytest.mark.parametrize('kind', GROWN)
def test_a_conversation_that_has_grown_too_large_can_begin_anew(kind):
    error = heard(GROWN[kind]())
    assert isinstance(error, ContextFullError)
    assert 'too large for one request' in str(error)


def test_so_can_one_of_too_many_bytes():
    assert isinstance(heard(f'the request is longer than {Limits().body_bytes} bytes', 413), ContextFullError)


def test_others_are_no_matter_of_length():
    for request in (said('x') | {'max_tokens': 600}, said('x') | {'top_p': 0}, said('\ud83d'), said('a\0b')):
        error = heard(refused(request))
        assert not isinstance(error, ContextFullError)
        assert str(error).startswith('the server refused (400): ')


@pytest.mark.parametrize('typed', ['half \ud83d a character', 'a\0b', '\0', 'plain', '你好 🙂'])
def test_what_clients_send_is_taken(typed):
    check(CHAT, json.dumps(said(clean(typed))).encode(), Limits(), ENGINE)
    assert len(clean(typed)) == len(typed)
