"""The submission: what is in it, what is not, and that it is whole or not there."""

import base64
import errno
import getpass
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import urllib.parse
import zipfile
from pathlib import Path

import pytest
from homework_good import Builder, put_pictures, typed
from patience import PATIENCE_S

from homework import evidence as evidence_module
from homework import pack_submission
from homework.__main__ import main
from homework.collect import privacy
from homework.evidence import HomeworkError, short_code, submission_folder, write_evidence
from homework.manifest import digest_of, slug
from homework.schema import Answer, Engine, Reading, checked
from homework.tasks import TASKS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'submission'))
    return tmp_path / 'submission'


def put(*evidence):
    for one in evidence:
        put_pictures(one, submission_folder())
        write_evidence(typed(one | {'code': short_code(one)}))


def content_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(('language', 'name'), [('zh', '王小明'), ('en', 'Ada Lovelace')])
def test_everything_is_in_it_and_the_manifest_says_so(folder, language, name):
    put(*Builder(name, language).all().values())
    packed = pack_submission(links={'my notes': 'https://example.org/notes'})
    files = content_of(packed.path)
    homework = [task.id for task in TASKS.values() if task.level != 'card']
    assert list(packed.tasks) == homework
    assert packed.missing == {}
    shots = {file['file'] for e in Builder(name, language).all().values() for file in e['screenshots']}
    assert len(shots) == 8, 'two of the server, one where a document asks for it'
    assert set(files) == (
        {'README.md', 'submission.html', 'submission.pdf', 'evidence.json', 'manifest.json'}
        | {f'cards/{task}.png' for task in homework}
        | shots
    )
    manifest = json.loads(files['manifest.json'])
    assert manifest['files'] == {
        path: {'sha256': hashlib.sha256(content).hexdigest(), 'bytes': len(content)}
        for path, content in files.items()
        if path != 'manifest.json'
    }
    assert manifest['digest'] == digest_of(manifest['files']) == packed.digest
    assert manifest['name'] == name
    submission = json.loads(files['evidence.json'])
    assert (submission['name'], submission['language'], len(submission['tasks'])) == (name, language, len(homework))


def test_the_notes_read_like_notes(folder):
    put(*Builder('王小明', 'zh').all().values())
    files = content_of(pack_submission().path)
    notes = files['README.md'].decode()
    assert notes.startswith('# LMDeploy 作业 · 王小明\n')
    sections = re.findall(r'^### \d+\. (.+)$', notes, re.M)
    in_order = [task for level in ('basic', 'advanced') for task in TASKS.values() if task.level == level]
    assert sections == [task.title('zh') for task in in_order]
    assert '> 「使用 LMDeploy 以本地对话' in notes, "the document's own words"
    assert '![' in notes
    assert 'cards/story.png' in notes
    assert '阿福' in notes
    page = files['submission.html'].decode()
    assert all(title in page for title in sections)
    pictures = [base64.b64decode(data) for data in re.findall(r'src="data:image/png;base64,([^"]+)"', page)]
    assert [p for p in pictures if p in {files[name] for name in files if name.startswith('cards/')}] == [
        files[f'cards/{task.id}.png'] for task in in_order
    ]
    assert len(pictures) == 13 + 8, 'and the screenshots'


def test_what_a_model_wrote_is_text_and_never_markup(folder):
    builder = Builder('<script>alert(1)</script> & Co')
    bad = '<img src=x onerror=alert(1)> [x](http://x.example) ![y](http://y.example/p.png) `a` $b$\n# head\n- item'
    answer = builder.answer('16 bit', 'pipeline', '<b>?</b>', bad + '\u202egnp')
    put(builder.evidence('chat', engines=[builder.engine('16 bit', 'pipeline', awq=False)], answers=[answer]))
    files = content_of(pack_submission().path)
    page, notes = files['submission.html'].decode(), files['README.md'].decode()
    assert "default-src 'none'" in page
    for tag in ('<script', '<img src=x', '<b>'):
        assert tag not in page
        assert not re.search(r'(?<!\\)' + re.escape(tag), notes)
    assert '\\!\\[' in notes or '!\\[y' in notes
    assert '> \\# head' in notes
    assert '> \\- item' in notes
    assert '\u202e' not in page + notes


def test_the_pdf_can_be_searched_and_says_nothing_of_its_time(folder):
    builder = Builder('王小明')
    put(builder.all()['story'])
    pdf = content_of(pack_submission().path)['submission.pdf']
    assert pdf.startswith(b'%PDF-')
    assert b'/ToUnicode' in pdf, 'the text is text, not a picture of it'
    assert b'atplotlib' not in pdf
    assert b'CreationDate' not in pdf


def test_nothing_of_the_machine_is_told(folder, monkeypatch, tmp_path):
    from homework.collect.work import TaskWork

    monkeypatch.setenv('HOME', '/home/wang.secret')
    monkeypatch.setenv('MY_API_KEY', 'a-very-long-password')
    monkeypatch.setattr(getpass, 'getuser', lambda: 'wangsecret')
    monkeypatch.setattr(socket, 'gethostname', lambda: 'machine-of-wang')
    reading = checked(Builder().reading('before', 0, 0), Reading)
    monkeypatch.setattr(TaskWork, 'memory', lambda self, label: self._collected.memory.append(reading))
    work = TaskWork('tools', 'Wang')
    work._collected.engines = [checked(Builder().engine('16 bit', 'pipeline', awq=False), Engine)]
    work._folders = {'16 bit': Path('/nowhere')}
    told = [
        f'open {evidence_module.ROOT}/models/x and /home/wang.secret/x.txt or C:\\Users\\wang\\x',
        'key a-very-long-password, sk-abcdefghijklmnop, hf_abcdefghijklmnop, Bearer abcdefgh1234',
        'ssh wangsecret@machine-of-wang, http://user:pass1234@host.example/x',
    ]
    for text in told:
        work._collected.answers.append(checked(Builder().answer('16 bit', 'openai', text, text), Answer))
    work._code[7] = 'print("/home/wang.secret/models")'
    write_evidence(work.evidence())
    files = content_of(pack_submission().path)
    texts = b'\n'.join(files[name] for name in ('README.md', 'evidence.json', 'manifest.json')).decode()
    texts += re.sub(r'base64,[^"]+', '', files['submission.html'].decode())
    for private in (
        str(evidence_module.ROOT), 'wang.secret', 'a-very-long', 'sk-abc', 'hf_abc', 'abcdefgh1234', 'wangsecret',
        'machine-of-wang', 'pass1234', 'Users\\wang', str(tmp_path),
    ):  # fmt: skip
        assert private not in texts, private
    assert 'Wang' in texts, 'the name that the learner gave stays'


def test_what_could_not_be_taken_out_stops_the_packing(folder, monkeypatch):
    put(Builder().all()['story'])
    monkeypatch.setenv('SOME_TOKEN', '阿福最爱问为什么')
    with pytest.raises(HomeworkError, match='would tell a key'):
        pack_submission()
    assert not list(folder.glob('*.zip'))


def test_folders_of_one_level_are_taken_out_too():
    assert privacy.clean_text('/rootfs stays') == '/rootfs stays'


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('Ada Lovelace', r'ada-lovelace'),
        ('../../etc/passwd', r'etc-passwd'),
        ('a/b\\c:d', r'a-b-c-d'),
        ('王小明', r'王小明'),
        ('José  Müller', r'josé-müller'),
        ('Zoë 😀', r'zoë-[0-9a-f]{8}'),
        ('😀🐯', r'[0-9a-f]{8}'),
        ('x' * 100, r'x{31}-[0-9a-f]{8}'),
        ('CON', r'con'),
    ],
)
def test_any_name_makes_a_plain_file_name(folder, name, expected):
    assert re.fullmatch(expected, slug(name))
    assert len(slug(name)) <= 40
    put(Builder(name).all()['story'])
    assert pack_submission().path.parent == folder
    assert len(list(folder.glob('*.zip'))) == 1


def test_a_cell_shows_a_link_that_saves_the_archive(folder, monkeypatch, tmp_path):
    """By a path from the notebook's folder, as JupyterLab looks for it."""
    from lessons.learner import save_learner

    monkeypatch.setenv('COURSE_HOME', str(tmp_path))
    save_learner('王小明', '2024001', 'zh')
    put(Builder('王小明').all()['story'])
    monkeypatch.chdir(tmp_path / 'work')
    packed = pack_submission()
    there = re.search(r'<a href="([^"]+)" download>', packed._repr_html_())[1]
    assert there.startswith('../')
    assert (Path.cwd() / urllib.parse.unquote(there)).resolve() == packed.path.resolve()
    assert packed.path.name == 'submission-王小明.zip'
    assert json.loads(content_of(packed.path)['evidence.json'])['number'] == '2024001'


def test_two_people_with_names_in_chinese_get_two_files():
    assert slug('王小明') != slug('李小红')
    assert slug('王 Ada') != slug('李 Ada')


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('', 'your own name'), ('   ', 'your own name'), ('your name here', 'your own name'), (None, 'your own name'),
        ('n' * 300, '300 characters'), ('a\nb', 'line break'), ('a\u202eb', 'does not print'), ('a\ud800', 'half'),
    ],
)  # fmt: skip
def test_no_name_and_what_is_none(name, message):
    with pytest.raises(HomeworkError, match=message):
        evidence_module.check_name(name)


def test_no_evidence(folder):
    with pytest.raises(HomeworkError, match='there is no evidence'):
        pack_submission('Ada')


def test_evidence_of_two_people(folder):
    put(Builder('Ada').all()['story'], Builder('Bob').all()['chat'])
    with pytest.raises(HomeworkError, match="'story' bears the name 'Ada', and this is the submission of 'Bob'"):
        pack_submission('Bob')
    with pytest.raises(HomeworkError, match='2 names'):
        pack_submission()
    assert not list(folder.glob('*.zip'))


def spoil(folder, task, change):
    path = folder / 'evidence' / f'{task}.json'
    content = json.loads(path.read_text(encoding='utf-8'))
    change(content)
    path.write_text(json.dumps(content), encoding='utf-8')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda e: e['answers'][0].update(text='something better'), 'was changed after it was made'),
        (lambda e: e.update(chapter='03', code=short_code(e | {'chapter': '03'})), 'comes from chapter 03'),
        (
            lambda e: e.update(task='chat', code=short_code(e | {'task': 'chat'})),
            "the evidence of 'chat', not of 'story'",
        ),
        (lambda e: e.update(schema=0), 'not evidence of this version'),
    ],
)
def test_evidence_that_was_changed_or_is_anothers(folder, change, message):
    put(Builder().all()['story'])
    spoil(folder, 'story', change)
    with pytest.raises(HomeworkError, match=message):
        pack_submission()
    assert not list(folder.glob('*.zip'))


def test_evidence_that_is_cut_off_or_of_no_task(folder):
    put(Builder().all()['story'])
    path = folder / 'evidence' / 'story.json'
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(HomeworkError, match='cannot be read'):
        pack_submission()
    path.rename(path.with_name('homework.json'))
    with pytest.raises(HomeworkError, match='belongs to no task'):
        pack_submission()


def test_a_full_disk_leaves_the_older_archive_and_no_half_of_a_new_one(folder, monkeypatch):
    put(Builder('Ada').all()['chat'])
    path = pack_submission().path
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match=r'submission-ada\.zip cannot be written \(No space left on device\)') as caught:
        pack_submission()
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert [p.name for p in folder.iterdir()] == ['evidence', path.name] or {p.name for p in folder.iterdir()} == {
        'evidence', path.name
    }  # fmt: skip


def test_two_at_once_are_each_whole(folder):
    put(*Builder('Ada').all().values())
    command = [sys.executable, '-m', 'homework', 'pack']
    both = [subprocess.Popen(command, cwd=evidence_module.ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate(timeout=PATIENCE_S)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert all('13 tasks, 13 of them complete' in text for text in said)
    assert {p.name for p in folder.iterdir()} == {'evidence', 'screenshots', 'submission-ada.zip'}
    assert 'manifest.json' in content_of(folder / 'submission-ada.zip')


def test_a_screenshot_that_is_gone_or_was_changed(folder):
    from PIL import Image

    from homework.collect.screenshots import store_screenshot

    source = folder.parent / 'shot.png'
    Image.linear_gradient('L').resize((400, 300)).save(source)
    stored, _ = store_screenshot(source, 'story-1', 'my terminal')
    story = Builder('Ada').all()['story'] | {'screenshots': [stored.plain()]}
    put(story)
    files = content_of(pack_submission().path)
    assert files['screenshots/story-1.png'] == (folder / 'screenshots/story-1.png').read_bytes()
    assert 'my terminal' in files['README.md'].decode()
    (folder / 'screenshots/story-1.png').write_bytes(b'another')
    with pytest.raises(HomeworkError, match='is gone or was changed'):
        pack_submission()


def test_a_link_must_be_an_address(folder):
    put(Builder().all()['story'])
    with pytest.raises(HomeworkError, match='an address begins with https://'):
        pack_submission(links={'notes': 'javascript:alert(1)'})


def test_the_command_says_what_it_did_and_what_was_wrong(folder, capsys):
    assert main(['pack']) == 1
    assert 'there is no evidence' in capsys.readouterr().err
    put(Builder('Ada', 'en').all()['story'])
    assert main(['pack', '--link', 'notes=https://example.org']) == 0
    said = capsys.readouterr().out
    assert 'submission-ada.zip: 1 tasks, 1 of them complete' in said
    assert 'tools: not done yet' in said
    assert main(['check']) == 0
    assert '[OK] story' in capsys.readouterr().out
