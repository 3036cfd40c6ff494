"""Whatever way a text takes into a submission, what is private in it stays out."""

import getpass
import json
import os
import random
import re
import socket
import zipfile
from pathlib import Path

import pytest
from homework_good import Builder
from PIL import Image, PngImagePlugin

from homework import pack_submission
from homework.collect.work import TaskWork
from homework.evidence import ROOT, write_evidence
from homework.schema import Engine, Reading, checked
from homework.tasks import TASKS

HOME, KEY = '/home/wang.secret', 'a-very-long-password'
PRIVATE = (str(ROOT), 'wang.secret', KEY, 'wangsecret', 'machine-of-wang')
TOLD = f'{ROOT}/models/x {HOME}/x.txt {KEY} wangsecret@machine-of-wang'


def picture(path: Path) -> Path:
    numbers = random.Random(1)
    image = Image.new('RGB', (32, 24))
    image.putdata([tuple(numbers.randrange(256) for _ in range(3)) for _ in range(32 * 24)])
    told = PngImagePlugin.PngInfo()
    told.add_text('Comment', TOLD)
    image.resize((640, 480), Image.Resampling.NEAREST).save(path, pnginfo=told)
    return path


def ways(work: TaskWork, tmp_path: Path) -> dict:
    """What each way is called → what goes that way."""
    reply = {'text': TOLD}
    return {
        'question': lambda: work.answer(TOLD, 'x'),
        'system text': lambda: work.answer([{'role': 'system', 'content': TOLD}], 'x'),
        'part of a message': lambda: work.answer([{'role': 'user', 'content': [{'type': 'text', 'text': TOLD}]}], 'x'),
        'answer': lambda: work.answer('x', reply['text']),
        'sampling': lambda: work.answer('x', 'x', sampling={'stop': TOLD}),
        'a tool': lambda: work.answer(
            'x', 'x', tool_calls=[{'name': TOLD, 'arguments': {'path': TOLD, f'{HOME}/x': 1}, 'result': TOLD}]
        ),
        'a figure': lambda: work.row(what=TOLD, value=TOLD),
        'a path for a figure': lambda: work.row(where=Path(HOME, 'x')),
        "a figure's name": lambda: work.row(**{f'{HOME}/x': 1, KEY: 2}),
        'a caption': lambda: work.screenshot(picture(tmp_path / 'wangsecret.png'), TOLD),
        'a cell': lambda: work._code.update({7: f'print("{TOLD}")'}),
        'a check': lambda: work.checks([type('Check', (), {'name': TOLD, 'state': 'OK', 'found': TOLD})]),
    }


WAYS = tuple(ways(None, None))


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'submission'))
    monkeypatch.setenv('HOME', HOME)
    monkeypatch.setenv('MY_API_KEY', KEY)
    monkeypatch.setattr(getpass, 'getuser', lambda: 'wangsecret')
    monkeypatch.setattr(socket, 'gethostname', lambda: 'machine-of-wang')
    reading = checked(Builder().reading('before', 0, 0), Reading)
    monkeypatch.setattr(TaskWork, 'memory', lambda self, label: self._collected.memory.append(reading))
    monkeypatch.setattr(TaskWork, '_count', lambda self, text, label: 1)
    work = TaskWork(next(iter(TASKS)), 'Wang')
    work._collected.engines = [checked(Builder().engine('16 bit', 'pipeline', awq=False), Engine)]
    work._folders = {'16 bit': Path('/nowhere')}
    return work


@pytest.mark.parametrize('way', WAYS)
def test_nothing_private_comes_in(work, tmp_path, way):
    ways(work, tmp_path)[way]()
    write_evidence(work.evidence())
    packed = pack_submission(links={TOLD: f'https://example.org/{KEY}'})
    with zipfile.ZipFile(packed.path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files['submission.html'] = re.sub(rb'base64,[^"]+', b'', files['submission.html'])
    evidence = json.loads(files['evidence.json'])
    files['evidence'] = json.dumps(evidence, ensure_ascii=False).encode()
    for name, content in files.items():
        for private in PRIVATE:
            assert private not in name
            assert private.encode() not in content, (name, private)
    assert os.environ['HOME'] == HOME
