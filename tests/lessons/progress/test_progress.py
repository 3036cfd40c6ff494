"""Who is where in a class: only of those who agreed, nothing but the place, and a spoiled report stops nobody."""

import json
import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from jupyter_client.manager import start_new_kernel

from lessons.learner import ROOT, save_learner
from lessons.learner_form import learner_form
from lessons.progress import __main__ as view
from lessons.progress import kernel
from lessons.progress.consent import agree, own_report
from lessons.progress.report import MOST_BYTES, Report, note, read_report

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A class, and a learner in it who was not asked yet."""
    monkeypatch.setenv('COURSE_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('COURSE_CLASS', str(tmp_path / 'class'))
    save_learner('李伟', '2024001', 'zh')
    (tmp_path / 'class').mkdir()
    return tmp_path / 'class'


def test_nothing_without_a_yes(folder):
    note('03_kv_cache', '3.2')
    assert not list(folder.iterdir())
    (folder.parent / 'home/work/class.json').write_text('{"folder": 5, "id": "../x"}')
    note('03_kv_cache', '3.2')
    assert not list(folder.iterdir())


def test_nothing_without_a_class(folder, monkeypatch):
    agree(True)
    monkeypatch.delenv('COURSE_CLASS')
    note('03_kv_cache', '3.2')
    assert not list(folder.iterdir())
    assert learner_form().reports is None


def test_the_place_and_nothing_else(folder):
    agree(True)
    note('03_kv_cache', '3.2', NOW)
    note('03_kv_cache', '3.10', NOW)  # ten is after two
    note('03_kv_cache', '3.1', NOW + timedelta(hours=1))  # back: the furthest stays, the time does not
    note('deep/04_awq', '2', NOW)
    (path,) = folder.iterdir()
    assert json.loads(path.read_text()) == {
        'name': '李伟',
        'number': '2024001',
        'notebooks': {
            '03_kv_cache': {'section': '3.10', 'at': '2026-11-30T09:00:00Z'},
            'deep/04_awq': {'section': '2', 'at': '2026-11-30T08:00:00Z'},
        },
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_same_section_is_not_written_with_each_cell(folder):
    agree(True)
    note('03_kv_cache', '3.2', NOW)
    before = own_report().stat().st_ino
    note('03_kv_cache', '3.2', NOW + timedelta(seconds=59))
    assert own_report().stat().st_ino == before
    note('03_kv_cache', '3.2', NOW + timedelta(seconds=60))
    assert read_report(own_report()).notebooks['03_kv_cache'].at == NOW + timedelta(seconds=60)


def test_a_yes_is_for_one_class_and_can_be_taken_back(folder, monkeypatch):
    agree(True)
    note('00_setup', '0.1')
    path = own_report()
    agree(True)
    assert own_report() == path
    monkeypatch.setenv('COURSE_CLASS', str(folder.parent))
    assert own_report() is None
    agree(False)  # a no, wherever it is said
    assert not path.exists()
    monkeypatch.setenv('COURSE_CLASS', str(folder))
    assert own_report() is None


def test_the_form_asks_and_the_default_is_no(folder, monkeypatch):
    form = learner_form()
    assert form.reports in form.children
    assert form.reports.value is False
    form.save()
    assert own_report() is None
    form.reports.value = True
    form.save()
    assert own_report().parent == folder
    again = learner_form()
    assert again.reports.value is True
    again.reports.value = False
    again.save()
    assert own_report() is None
    folder.rmdir()
    form.save()
    assert 'is no folder here: ask your instructor' in form.said


def test_a_spoiled_report_of_ones_own_is_begun_anew(folder):
    agree(True)
    own_report().write_text('{')
    note('00_setup', '0.1', NOW)
    assert list(read_report(own_report()).notebooks) == ['00_setup']


def test_a_cell_belongs_to_a_section_of_the_courses_edition():
    assert kernel.places('00_setup.ipynb')['check'] == ('00_setup', '0.2')
    assert kernel.places('00_setup.ipynb')['answer'] == ('00_setup', '')
    assert kernel.places('03_kv_quantisation.ipynb')['goals'][0] == 'deep/03_kv_quantisation'
    assert kernel.places('mine.ipynb') == kernel.places('') == kernel.places('README.md') == {}


@pytest.mark.parametrize('path', [*(ROOT / 'notebooks').glob('*.ipynb'), *(ROOT / 'notebooks/deep').glob('*.ipynb')])
def test_every_place_can_be_reported(path):
    notebook = path.relative_to(ROOT / 'notebooks').with_suffix('').as_posix()
    found = kernel.places(path.name)
    places = {name: {'section': section, 'at': '2026-11-30T08:00:00Z'} for name, section in found.values()}
    assert list(Report.model_validate_json(json.dumps({'name': 'a', 'number': '', 'notebooks': places})).notebooks) == [
        notebook
    ]
    assert len({section for _, section in found.values()}) > 3


def test_a_shared_folder_that_fails_or_hangs_does_not_hold_up_a_cell(folder, monkeypatch):
    monkeypatch.setenv('JPY_SESSION_NAME', '/x/work/zh/00_setup.ipynb')
    agree(True)
    let_go, called = threading.Event(), []

    def hangs(*place):
        called.append(place)
        let_go.wait(20)
        raise OSError

    monkeypatch.setattr('lessons.progress.report.note', hangs)
    for _ in range(3):
        kernel._ran(SimpleNamespace(info=SimpleNamespace(cell_id='check')))
    (thread,) = (thread for thread in threading.enumerate() if thread.name == kernel.THREAD)
    let_go.set()
    thread.join()
    assert called == [('00_setup', '0.2')]
    kernel._ran(None)


def test_a_notebook_reports_from_its_kernel(folder, monkeypatch):
    """As JupyterLab runs it: the server names the notebook, and each message its cell."""
    agree(True)
    monkeypatch.setenv('JPY_SESSION_NAME', '/somewhere/work/00_setup.ipynb')
    monkeypatch.setenv('PYTHONPATH', str(ROOT))
    manager, client = start_new_kernel()
    try:
        wait = 'import threading\n[t.join() for t in threading.enumerate() if "report" in t.name]'
        for cell, source in (('check', 'import lessons'), ('of-my-own', wait)):
            message = client.session.msg('execute_request', {'code': source, 'silent': False, 'store_history': True})
            message['metadata']['cellId'] = cell
            client.shell_channel.send(message)
            while (reply := client.get_shell_msg(timeout=60))['parent_header'].get('msg_id') != message['msg_id']:
                pass
            assert reply['content']['status'] == 'ok', reply['content']
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    report = read_report(own_report())
    assert {name: place.section for name, place in report.notebooks.items()} == {'00_setup': '0.2'}


GOOD = {'name': '王敏', 'number': '7', 'notebooks': {'02_chat': {'section': '2.3', 'at': '2026-11-30T08:00:00Z'}}}


def put(folder, file_name, **changes):
    (folder / file_name).write_text(json.dumps(GOOD | changes))


def spoil(folder):
    """Files that are no reports, and what is said of each."""
    place = GOOD['notebooks']['02_chat']
    (folder / 'a.json').write_text('{"name"')
    put(folder, 'b.json', name='x\x1b[2J')
    put(folder, 'c.json', notebooks={'../../etc': place})
    put(folder, 'd.json', notebooks={'02_chat': place | {'section': '<b>'}})
    put(folder, 'e.json', notebooks={'02_chat': place | {'at': '0001-01-01T00:00:00+14:00'}})
    put(folder, 'f.json', answers=['what was written'])
    put(folder, 'g.json', number='x' * MOST_BYTES)
    (folder / 'h.json').symlink_to('/etc/passwd')
    os.mkfifo(folder / 'i.json')
    (folder / 'j.json').mkdir()
    (folder / 'k.json').write_text('[' * 60_000)
    put(folder, 'l\x1b[2J.json', name='')
    return {
        'a': 'JSON', 'b': 'name', 'c': 'notebooks', 'd': 'notebooks.section', 'e': 'notebooks.at', 'f': 'JSON',
        'g': 'more than', 'h': 'symbolic link', 'i': 'not a file', 'j': '', 'k': 'JSON', 'l': 'name',
    }  # fmt: skip


def test_spoiled_reports_are_named_and_stop_nobody(folder):
    put(folder, 'good.json')
    (folder / '.half.json').write_text('{')
    said = spoil(folder)
    reports, notes = view.read_class(folder)
    assert [report.name for report in reports] == ['王敏']
    assert len(notes) == len(said)
    for note_, (letter, why) in zip(notes, sorted(said.items()), strict=True):
        assert note_.startswith(f"'{letter}"), note_
        assert why in note_
        assert note_.isprintable()


def test_the_table_begins_with_those_furthest_behind(folder, capsys):
    at = {'section': '3.2', 'at': '2026-11-30T08:00:00Z'}
    put(folder, '1.json', name='Ann <b>', notebooks={'03_kv_cache': at | {'section': '3.10'}})
    put(folder, '2.json', name='Bo', notebooks={'03_kv_cache': at})
    put(folder, '3.json', name='王敏', notebooks={'10_scaling': at | {'section': '10.1', 'at': '2026-11-30T07:00:00Z'},
                                                '02_chat': at | {'section': '2.1'}})  # fmt: skip
    put(folder, '4.json', name='Di', notebooks={})
    put(folder, '5.json', name='Ed', notebooks={'deep/04_awq': at | {'section': '1'}})
    (folder / '6.json').write_text('')
    view.main([str(folder), '--html', str(folder.parent / 'page.html')])
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        'Name     Student number  Notebook     Section  Last run (UTC)    Furthest chapter',
        'Di       7',
        '王敏     7               02_chat      2.1      2026-11-30 08:00  10_scaling 10.1',
        'Bo       7               03_kv_cache  3.2      2026-11-30 08:00  03_kv_cache 3.2',
        'Ann <b>  7               03_kv_cache  3.10     2026-11-30 08:00  03_kv_cache 3.10',
        'Ed       7               deep/04_awq  1        2026-11-30 08:00',
    ]
    assert "'6.json' is left out: not as the course writes it: JSON" in printed.err
    page = (folder.parent / 'page.html').read_text()
    assert 'Ann &lt;b&gt;' in page
    assert '<b>' not in page


def test_in_chinese(folder, monkeypatch, capsys):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    (folder / 'a.json').write_text('')
    view.main([])
    printed = capsys.readouterr()
    assert '还没有人' in printed.out
    assert '已略过' in printed.err
    assert '讲师' in learner_form().reports.description


def test_a_folder_that_is_not_there(folder, monkeypatch, capsys):
    with pytest.raises(SystemExit, match=r'not-there cannot be read \(No such file'):
        view.main([str(folder / 'not-there')])
    monkeypatch.delenv('COURSE_CLASS')
    with pytest.raises(SystemExit):
        view.main([])
    assert 'COURSE_CLASS' in capsys.readouterr().err


def test_without_a_class_nothing_of_it_is_loaded():
    code = 'import sys, lessons; assert not [m for m in sys.modules if "progress" in m]'
    environ = {name: value for name, value in os.environ.items() if name != 'COURSE_CLASS'}
    subprocess.run([sys.executable, '-c', code], check=True, cwd=ROOT, env=environ)
