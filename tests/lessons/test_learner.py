"""Who learns here: asked once, kept for all notebooks, in the learner's own folder."""

import json
import os
from pathlib import Path

import pytest

from lessons import learner as module
from lessons.learner import Learner, course_home, learner, save_learner
from lessons.learner_form import learner_form


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_HOME', str(tmp_path))
    return tmp_path


def test_before_anybody_was_asked():
    assert learner() == Learner('your name here', '', 'en')
    assert not learner().is_named


def test_what_was_said_holds_for_all(home):
    saved = save_learner(' 李伟 ', '2024 001', 'zh')
    assert saved == learner() == Learner('李伟', '2024 001', 'zh')
    assert json.loads((home / 'work/learner.json').read_text()) == {
        'name': '李伟',
        'number': '2024 001',
        'language': 'zh',
    }


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        (('',), 'say your own name first'),
        (('your name here',), 'say your own name first'),
        (('x' * 101,), 'your name has 101 characters; 100 at most'),
        (('a\nb',), 'line break'),
        (('\ud83d',), 'half a character'),
        (('Li', '1\t2'), 'your student number'),
        (('Li', '', 'fr'), "'en' or 'zh'"),
    ],
)
def test_what_is_no_name_is_refused_and_nothing_is_kept(home, given, said):
    save_learner('before')
    with pytest.raises(ValueError, match=said):
        save_learner(*given)
    assert learner().name == 'before'


@pytest.mark.parametrize('content', ['{"name": 5}', '[1]', '{', '{"name": "Li", "language": "fr"}'])
def test_a_spoiled_file_is_named(home, content):
    (home / 'work').mkdir()
    (home / 'work/learner.json').write_text(content)
    with pytest.raises(ValueError, match=r'learner\.json'):
        learner()


def test_the_form_saves_and_says_what_is_wrong():
    form = learner_form()
    form.save()
    assert 'say your own name first' in form.said
    form.name.value, form.number.value, form.language.value = '王<b>', '7', 'zh'
    form.save()
    assert learner() == Learner('王<b>', '7', 'zh')
    assert '<b>' not in form.said
    again = learner_form()
    assert (again.name.value, again.number.value, again.language.value) == ('王<b>', '7', 'zh')
    assert repr(again) == 'LearnerForm()'


def test_a_click_that_comes_before_its_text_saves_the_text():
    form = learner_form()
    save = form.children[-1].children[0]
    save.click()
    assert 'say your own name first' in form.said
    form.name.value = '小明'  # a page that waited for the kernel sends it now
    form.number.value = '7'
    assert (learner().name, learner().number) == ('小明', '7')
    assert '小明' in form.said


def test_who_types_without_a_click_saves_nothing():
    form = learner_form()
    form.name.value = '小明'
    assert not learner().is_named


def test_cards_and_homework_take_name_and_language_from_there(monkeypatch, home):
    from homework import begin_task

    monkeypatch.setenv('COURSE_SUBMISSION', str(home / 'submission'))
    assert not begin_task('story').named
    save_learner('李伟', language='zh')
    task = begin_task('story')
    assert (task.name, task.language, task.named) == ('李伟', 'zh', True)


def test_a_folder_of_ones_own(monkeypatch, tmp_path):
    """The checkout, where it is this user's; else one in the home folder, as where a class shares a checkout."""
    assert course_home({'COURSE_HOME': '~/x'}) == Path('~/x').expanduser()
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    monkeypatch.setenv('HOME', '/home/li')
    assert course_home({}) == tmp_path
    monkeypatch.setattr(os, 'geteuid', lambda: tmp_path.stat().st_uid + 1)
    assert course_home({}) == Path('/home/li/lmdeploy-course')
    monkeypatch.setattr(os, 'access', lambda *_: False)
    assert course_home({}) == Path('/home/li/lmdeploy-course')
    monkeypatch.setattr(os.path, 'expanduser', lambda path: path)
    with pytest.raises(OSError, match='set COURSE_HOME'):
        course_home({})
