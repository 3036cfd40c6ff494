"""The three tools as an MCP server in a process of its own, and the loop as its client."""

from types import SimpleNamespace

import patience
import psutil
import pytest

from lessons.agent.loop import run
from lessons.agent.mcp_client import open_toolbox
from lessons.agent.scripted import ScriptedClient, calls, says
from lessons.agent.tasks import NOON
from lessons.agent.tools import MOST_CHARACTERS

SECRET = 'a secret'


@pytest.fixture(scope='module')
def started():
    """The toolbox and its server's process, begun where a variable holds a secret; it ends with the block."""
    before = set(psutil.Process().children())
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv('OPENAI_API_KEY', SECRET)
        with open_toolbox(['--now', NOON]) as box:
            (server,) = set(psutil.Process().children()) - before
            yield SimpleNamespace(box=box, server=server)
    patience.wait_until(lambda: not server.is_running())


@pytest.fixture(scope='module')
def remote(started):
    return started.box


def test_it_lists_the_three(remote):
    functions = [each['function'] for each in remote.descriptions]
    assert [(f['name'], list(f['parameters']['properties'])) for f in functions] == [
        ('calculate', ['expression']),
        ('get_time', ['city']),
        ('search', ['query']),
    ]
    assert all(f['description'] and f['parameters']['required'] for f in functions)


@pytest.mark.parametrize(
    ('name', 'arguments', 'result'),
    [
        ('calculate', '{"expression": "6 * 7"}', '42'),
        ('get_time', '{"city": "Paris"}', '13:00'),
        ('calculate', '{"expression": "9**9**9"}', 'too large'),
        ('get_time', '{"city": "Atlantis"}', 'unknown city: Atlantis'),
        ('get_time', '{"town": 1}', 'Field required'),
        ('get_time', 'Paris', 'Expecting value'),
        ('get_time', '[1]', 'error'),
        ('system', '{}', 'Unknown tool'),
        ('search', '{"query": "prefix caching"}', '03_roofline_and_prefix_caching'),
    ],
)
def test_calls_and_mistakes(remote, name, arguments, result):
    answer = remote.call(name, arguments)
    assert result in answer
    assert len(answer) <= MOST_CHARACTERS
    assert answer.startswith('error: ') == (not answer.startswith(('42', '13:00', 'deep/')))


def test_the_loop_does_not_care_where_its_tools_are(remote):
    client = ScriptedClient([calls(('get_time', '{"city": "Cairo"}')), says('14:00')])
    found = run(client, {}, remote, 'How late is it in Cairo?')
    assert [m['content'] for m in found.messages if m['role'] == 'tool'] == ['14:00']


def test_the_server_gets_no_secret_and_listens_nowhere(started):
    assert started.box.call('calculate', '{"expression": "1 + 1"}') == '2'
    assert SECRET not in started.server.environ().values()
    assert not started.server.net_connections()
