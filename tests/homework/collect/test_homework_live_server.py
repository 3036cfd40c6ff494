"""What the homework learns of a server of this process: its command line, never its key.

A stand-in takes LMDeploy's place; server, key and process are real.
"""

import pytest
from homework_good import TINY_CHAT
from server_support import LAUNCHER, free_port

from homework.collect.engines import describe
from homework.collect.privacy import KEY, clean, clean_text, leaks
from homework.evidence import HomeworkError
from lessons.serving import arguments, port
from lessons.serving.server import Server, api_server, live_keys


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(Server, 'launcher', LAUNCHER)
    monkeypatch.setattr(port, 'FIRST_PORT', free_port())
    options = ['--backend', 'pytorch', '--device', 'cpu', '--dtype', 'float32', '--quant-policy=4', '--session-len=512']
    monkeypatch.setattr(arguments, 'command_line', lambda model, **_: [str(model), *options])
    with api_server(TINY_CHAT) as running:
        yield running


def test_a_live_key_is_taken_out(server):
    """A key looks like any other word: only who knows it can find it."""
    key = str(server.key)
    assert key not in repr(server.key)
    assert live_keys() == [key]
    assert clean_text(f'I sent {key} to it') == f'I sent {KEY} to it'
    assert clean({'answers': [f'Authorization: {key}']}) == {'answers': [f'Authorization: {KEY}']}
    assert leaks(f'I sent {key} to it') == ['a key']
    server.stop()
    assert live_keys() == []


def test_a_server_is_told_by_its_own_command_line(server):
    assert server.line[0] == str(TINY_CHAT)
    assert all(str(server.key) not in word for word in server.line)
    facts = describe(server)
    assert (facts.way, facts.engine, facts.device, facts.folder) == ('api_server', 'pytorch', 'cpu', TINY_CHAT)
    assert (facts.real['quant_policy'], facts.real['session_len']) == (4, 512)
    server.stop()
    with pytest.raises(HomeworkError, match='this server has ended: start it again after begin_task'):
        describe(server)
