import sys

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """A browser is for `make test-deep`."""
    for item in items:
        if 'chromium' in getattr(item, 'fixturenames', ()):
            item.add_marker('deep')


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """Nothing a test makes lands in the user's cache."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.getbasetemp() / 'cache'))


@pytest.fixture(autouse=True)
def _no_budget_stays(request):
    """A memory budget that a test leaves behind would be that of every later engine in this process."""
    yield
    budget = sys.modules.get('lmdeploy_cpu.budget')
    assert budget is None or budget._budget_bytes is None or 'lmdeploy_cpu' in request.path.parts


@pytest.fixture(scope='module')
def chromium():
    """A browser for the tests of a file."""
    from browser import started_browser

    with started_browser() as browser:
        yield browser


@pytest.fixture(scope='session')
def sentencepiece_model(tmp_path_factory):
    """A small SentencePiece model of InternLM2's kind, 900 pieces."""
    from checkpoint_support import train_sentencepiece

    path = tmp_path_factory.mktemp('sentencepiece') / 'tokenizer.model'
    train_sentencepiece(path)
    return path


@pytest.fixture(scope='module')  # other files' tests look at what children this process has, and their memory
def chat_server(tmp_path_factory):
    """tiny-chat behind LMDeploy's server, for the chat clients; who kills it starts it again."""
    from chat_support import LMDeployServer

    server = LMDeployServer(tmp_path_factory.mktemp('chat_server') / 'log.txt')
    yield server
    server.kill()
