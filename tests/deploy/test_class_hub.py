"""The class of deploy/class/: JupyterHub for real, three learners at once; nothing of one is there for another.

JupyterHub is no package of the course.  `make hub` puts it into build/hub; HUB_PYTHON names another Python that has it.
"""

import asyncio
import json
import os
import re
import runpy
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from server_support import alive

from benchmarks import classroom
from helpers.records import Record, load_record

ROOT = Path(__file__).resolve().parent.parent.parent
CLASS = ROOT / 'deploy' / 'class'
LEARNERS = classroom.NAMES[:3]


@pytest.fixture
def hub():
    if not classroom.hub_python().exists():
        reason = 'no JupyterHub: make hub'
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)


NOTEBOOK = {
    'where': 'import os, sys; print(os.path.expanduser("~"), os.environ["COURSE_HOME"], sys.executable)',
    'course': 'import helpers; print(helpers.__file__)',
    'secret': 'SECRET = os.environ["JUPYTERHUB_USER"]; print(SECRET, "SECRET" in globals())',
    'cards': 'print(repr(os.environ["CUDA_VISIBLE_DEVICES"]), os.environ.get("LMDEPLOY_API_KEY"))',
    'limit': """try:
    bytearray(8 * 2**30)
except MemoryError:
    print('refused')""",
    'server': classroom.ASK_SERVER,
    'measure': 'from lessons.serving import measure_clients\n'
    'print(measure_clients(client, clients=2, output_tokens=4).failed_requests)',
}


@pytest.mark.deep
@pytest.mark.usefixtures('hub')
def test_three_learners_share_a_machine_and_see_nothing_of_each_other(tmp_path):
    asyncio.run(rehearse(tmp_path))


async def rehearse(folder: Path) -> None:
    async with classroom.classroom(LEARNERS, folder) as room:
        await asyncio.gather(*map(room.start, LEARNERS), room.shared_server_ready())
        said = dict(zip(LEARNERS, await asyncio.gather(*(run_notebook(room, name) for name in LEARNERS)), strict=True))
        for name, (_, printed) in said.items():
            home = folder / 'homes' / name
            assert printed['where'].split() == [str(home), '~/lmdeploy-course', sys.executable]
            assert printed['course'].strip() == str(ROOT / 'helpers' / '__init__.py')
            assert printed['secret'].split() == [name, 'True']
            assert printed['cards'].split() == ["''", 'None'], 'a server of their own has a key of its own'
            assert printed['limit'].strip() == 'refused'
            assert len(printed['server'].split()) > 2, 'the server of the class answers'
            assert printed['measure'].strip() == '0', "chapter 5's measurements take this client"
        await nothing_of_another(room, {name: kernel for name, (kernel, _) in said.items()})

        parts = room.parts()
        assert {part: len(found) for part, found in parts.items() if part in ('lab_servers', 'kernels')} == {
            'lab_servers': 3,
            'kernels': 3,
        }
        assert {address for address, _ in room.listening()} <= {'127.0.0.1', '::1'}
        everything = [room.process, *room.process.children(recursive=True)]
        secrets = room.key, room.teacher, *room.tokens.values()
        assert not [p for p in everything if any(secret in ' '.join(p.cmdline()) for secret in secrets)], 'ps shows it'
    assert not alive(everything, 10), 'all of it ends with the hub'


async def run_notebook(room, learner: str) -> tuple[str, dict[str, str]]:
    """Save a notebook through the API, read it back, execute its cells; its kernel, and what each cell printed."""
    path, token = f'/user/{learner}/api/contents/work/small.ipynb', room.tokens[learner]
    cells = [
        {'cell_type': 'code', 'id': i, 'source': s, 'metadata': {}, 'outputs': [], 'execution_count': None}
        for i, s in NOTEBOOK.items()
    ]
    notebook = {'cells': cells, 'metadata': {'learner': learner}, 'nbformat': 4, 'nbformat_minor': 5}
    status, answer = await room.ask('PUT', path, token, {'type': 'notebook', 'content': notebook})
    assert status == 201, answer
    status, answer = await room.ask('GET', path, token)
    assert status == 200
    assert answer['content']['metadata']['learner'] == learner
    kernel = await room.kernel(learner)
    return kernel, {c['id']: await room.execute(learner, kernel, c['source']) for c in answer['content']['cells']}


async def nothing_of_another(room, kernels: dict[str, str]) -> None:
    """A learner's token opens their own server, and neither another's nor what the hub knows of another."""
    for me in LEARNERS:
        token = room.tokens[me]
        status, answer = await room.ask('GET', f'/user/{me}/api/contents/work', token)
        names = {entry['name'] for entry in answer['content']}
        assert {'README.md', '00_setup.ipynb', 'small.ipynb'} <= names, 'their own copies'
        status, answer = await room.ask('GET', f'/user/{me}/api/kernels', token)
        assert [kernel['id'] for kernel in answer] == [kernels[me]]
        assert not [key for key in room.tokens.values() if key != token and key in json.dumps(answer)]
        for other in set(LEARNERS) - {me}:
            for path in ('contents', 'contents/work/small.ipynb', 'kernels', f'kernels/{kernels[other]}', 'terminals'):
                assert (await room.ask('GET', f'/user/{other}/api/{path}', token))[0] == 403, (me, other, path)
            outside = f'/user/{me}/api/contents/..%2F..%2F{other}%2Flmdeploy-course%2Fwork%2Fsmall.ipynb'
            assert (await room.ask('GET', outside, token))[0] in (403, 404)
            for path in (f'users/{other}', f'users/{other}/tokens'):
                assert (await room.ask('GET', f'/hub/api/{path}', token))[0] in (403, 404), (me, other, path)
            status, answer = await room.ask('POST', f'/hub/api/users/{other}/tokens', token)
            assert status in (403, 404), answer
        status, _ = await room.ask('GET', '/hub/api/users', token)
        assert status == 403
    for path in (f'/user/{LEARNERS[0]}/api/contents', '/hub/api/users'):
        assert (await room.ask('GET', path, 'guessed'))[0] == 403


@pytest.fixture(scope='module')
def hand_in():
    return runpy.run_path(str(CLASS / 'hand_in.py'))['hand_in']


def test_what_is_handed_in_is_the_newest_and_for_nobody_else(hand_in, tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'mine'))
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'class').mkdir()
    environ = {'CLASS_SUBMISSIONS': str(tmp_path / 'class'), 'JUPYTERHUB_USER': 'li'}
    with pytest.raises(ValueError, match='make submission'):
        hand_in(environ=environ)
    assert not list((tmp_path / 'class').iterdir()), 'nothing is left of what was refused'
    for age, name in enumerate(('submission-李伟.zip', 'submission-old.zip')):
        with zipfile.ZipFile(tmp_path / 'mine' / name, 'w') as archive:
            archive.writestr('name', name)
        os.utime(tmp_path / 'mine' / name, (10**9 - age, 10**9 - age))
    target = hand_in(environ=environ)
    assert target.parent == tmp_path / 'class' / 'li'
    assert target.name.startswith('submission-李伟-')
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700
    assert zipfile.ZipFile(target).read('name').decode() == 'submission-李伟.zip'


def test_what_is_no_submission_is_refused(hand_in, tmp_path):
    text = tmp_path / 'submission-a.zip'
    text.write_text('no zip')
    environ = {'CLASS_SUBMISSIONS': str(tmp_path), 'JUPYTERHUB_USER': 'li'}
    with pytest.raises(ValueError, match='no zip file'):
        hand_in(text, environ)
    with pytest.raises(ValueError, match='CLASS_SUBMISSIONS'):
        hand_in(text, {})
    os.symlink(tmp_path, tmp_path / 'li')
    with zipfile.ZipFile(text, 'w') as archive:
        archive.writestr('a', '')
    with pytest.raises(PermissionError, match="somebody else's"):
        hand_in(text, environ)


class Config(dict):
    """As traitlets': a section is there when it is asked for."""

    def __getattr__(self, name):
        return self.setdefault(name, Config()) if name[0].isupper() else self[name]

    __setattr__ = dict.__setitem__


def configured(monkeypatch, tmp_path, before=None, **variables) -> Config:
    """What jupyterhub_config.py sets."""
    paths = {'STATE': tmp_path / 'state', 'SUBMISSIONS': tmp_path / 'in', 'PYTHON': sys.executable}
    for name, value in (paths | variables).items():
        monkeypatch.setenv(f'CLASS_{name}', str(value))
    config = before or Config()
    runpy.run_path(str(CLASS / 'jupyterhub_config.py'), {'get_config': lambda: config})
    return config


def test_thirty_learners_get_limits_and_one_folder_that_they_cannot_list(monkeypatch, tmp_path):
    (tmp_path / 'users').write_text('# class of 2026\nwang\nli\n\n')
    c = configured(monkeypatch, tmp_path, USERS=tmp_path / 'users', MEMORY_GB='4', IDLE_MINUTES='30')
    assert c.Spawner.mem_limit == 4 * 2**30 == int(c.Spawner.environment['CLASS_MEMORY_BYTES'])
    assert '--MappingKernelManager.cull_idle_timeout=1800' in c.Spawner.args
    assert c.Authenticator.allowed_users == {'wang', 'li'}
    assert c.JupyterHub.bind_url.startswith('http://127.0.0.1:')
    assert stat.S_IMODE((tmp_path / 'in').stat().st_mode) == 0o1733
    assert 'services' not in c.JupyterHub
    assert 'CUDA_VISIBLE_DEVICES' not in c.Spawner.environment


def test_the_littlest_jupyterhub_keeps_what_it_has_set(monkeypatch, tmp_path):
    before = Config()
    before.JupyterHub.spawner_class = 'tljh.user_creating_spawner.UserCreatingSpawner'
    before.JupyterHub.services = [{'name': 'cull-idle'}]
    before.Spawner.cmd = ['/opt/tljh/user/bin/jupyterhub-singleuser']
    monkeypatch.setenv('LMDEPLOY_API_KEY', 'the-key')
    c = configured(monkeypatch, tmp_path, before, SHARED_MODEL='tiny-chat')
    assert c.JupyterHub.spawner_class.startswith('tljh.')
    assert 'bind_url' not in c.JupyterHub
    assert c.Spawner.cmd == [sys.executable, str(CLASS / 'start.py'), '/opt/tljh/user/bin/jupyterhub-singleuser']
    assert [service['name'] for service in c.JupyterHub.services] == ['cull-idle', 'shared-model']
    assert 'the-key' not in c.JupyterHub.services[1]['command']
    assert c.Spawner.environment['OPENAI_API_KEY'] == c.JupyterHub.services[1]['environment']['LMDEPLOY_API_KEY']


def test_a_course_that_is_not_set_up_is_said(monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match='CLASS_PYTHON'):
        configured(monkeypatch, tmp_path, PYTHON=tmp_path / 'nowhere')


def test_a_shared_server_without_a_key_does_not_start():
    environ = {name: value for name, value in os.environ.items() if name != 'LMDEPLOY_API_KEY'}
    command = [sys.executable, str(CLASS / 'shared_server.py'), 'tiny-chat', '1']
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert 'LMDEPLOY_API_KEY' in done.stderr


def test_the_arithmetic_adds_up():
    """Figures that tell apart which was added, and how often."""
    data = {'learners': 2, 'hub_mib': 1024, 'proxy_mib': 2048, 'shared_server_mib': 4096, 'lab_server_mib': 102.4}
    data |= {'idle_kernel_mib': 1, 'client_kernel_mib': 204.8, 'engine_kernel_mib': 1024, 'home_mib': 51.2}
    data |= {'environment_mib': 2048, 'ports_a_learner': 7}
    record = Record('class', 'CPU', '', {'lmdeploy': '0.18.0'}, '2026-11-30', 'abcdef0', 'tiny-chat', 'trained', data)
    lines = classroom.plan(record, 10).splitlines()
    assert lines[0] == record.describe()
    assert [line.split()[-2:] for line in lines[-6:-1]] == [
        [figure, 'GiB'] for figure in ('10.0', '18.0', '28.0', '2.5', '20.5')
    ]
    assert lines[-1].split()[-1] == '70'


@pytest.mark.parametrize('page', ['README.md', 'README_zh-CN.md'])
def test_the_page_has_the_figures_of_the_record(page):
    plan = classroom.plan(load_record('cpu/classroom'), 30)
    assert f'```text\n{plan}\n```' in (CLASS / page).read_text(encoding='utf-8'), plan


@pytest.mark.parametrize('page', ['README.md', 'README_zh-CN.md'])
def test_the_page_names_every_variable_and_every_file(page):
    text = (CLASS / page).read_text(encoding='utf-8')
    config = (CLASS / 'jupyterhub_config.py').read_text()
    read = set(re.findall(r"environ\.get\('(CLASS_\w+)'\)", config))
    assert set(re.findall(r'`(CLASS_\w+)`', text)) == read
    files = {path.name for path in CLASS.glob('*.py')}
    assert set(re.findall(r'^\| `(\w+\.py)` \|', text, re.M)) == files
