"""Forty submissions, and forty in another layout: every seeded fault is found, and no honest learner is flagged."""

import datetime
import time
import zipfile

import pytest
from homework_class import PACKED, content_of, files_of, gbk_zipped, put, zipped
from homework_good import ENGLISH_STORY, HELLO, STORY, Builder

from homework.grade import grade_files, write_grades
from homework.grade.roster import read_roster

NAMES = [a + b for a in '王李张刘陈杨赵黄' for b in ('伟', '小雨', '敏', '静', '磊')]  # forty
DEADLINE = PACKED + datetime.timedelta(hours=2)
TYPED = '从前有座山，山上有座庙，庙里有个老和尚和一个小和尚，他们每天一起挑水。' * 9


def task(content, name):
    return next(e for e in content['tasks'] if e['task'] == name)


def ratio(content):
    task(content, 'api-kv')['engines'] = [Builder().engine('W4A16', 'api_server', awq=True, policy=8, ratio=0.8)]


def memory(content):
    engine = task(content, 'chat')['engines'][0]
    engine['used_bytes'] -= 700 << 20
    engine['after']['used_bytes'] -= 700 << 20


def unquantised(content):
    task(content, 'api-kv')['engines'][0]['real']['quant_policy'] = 0


def short(content):
    task(content, 'story')['answers'][0]['text'] = STORY[:80]


def no_screenshot(content):
    task(content, 'story')['screenshots'] = []


def typed(content):
    task(content, 'story')['answers'][0]['text'] = TYPED


def other_chapter(content):
    task(content, 'chat')['chapter'] = '02'


def backwards(content):
    task(content, 'story')['finished'] = '2026-11-20T01:00:00Z'


def left_out(content):
    content['tasks'] = [e for e in content['tasks'] if e['task'] != 'api-kv']


def someone_elses(content):
    task(content, 'chat')['name'] = '别人'


# number of the learner: what is wrong, and what the grader has to say of it
SPOILED = {
    0: (ratio, {'api-kv': 'incomplete'}, set()),
    1: (memory, {'chat': 'memory-differs'}, set()),
    2: (unquantised, {'api-kv': 'incomplete'}, set()),
    3: (short, {'story': 'incomplete'}, set()),
    4: (no_screenshot, {'story': 'incomplete'}, set()),
    5: (typed, {'story': 'implausible'}, set()),
    6: (other_chapter, {'chat': 'other-chapter'}, set()),
    7: (backwards, {}, {'time-order'}),
    8: (left_out, {'api-kv': 'absent'}, set()),
    9: (someone_elses, {}, {'evidence-name'}),
}
BY_HAND, RUN_TAKEN, SHOT_TAKEN, SAME_FILE, CUT, EMPTY, LATE, NOTHING, TWICE, WRONG_KIND = range(10, 20)
REZIPPED, MAC, GBK, FOLDER, ENGLISH, NESTED = range(20, 26)  # honest ones
FRIEND_RUN, FRIEND_SHOT, FRIEND_FILE = range(30, 33)
STRANGER = '外来者'


def handed(number: int) -> dict[str, bytes]:
    """The files of one learner, by name; {} for nothing."""
    content = content_of(NAMES[number], number, 'en' if number == ENGLISH else 'zh')
    if number in SPOILED:
        SPOILED[number][0](content)
    if number == RUN_TAKEN:
        for evidence, friends in zip(content['tasks'], content_of('', FRIEND_RUN)['tasks'], strict=True):
            evidence['run']['id'] = friends['run']['id']
    if number == SHOT_TAKEN:
        for evidence, friends in zip(content['tasks'], content_of('', FRIEND_SHOT)['tasks'], strict=True):
            evidence['screenshots'] = friends['screenshots']
    if number == LATE:
        content['packed'] = (DEADLINE + datetime.timedelta(hours=26, minutes=5)).strftime('%Y-%m-%dT%H:%M:%SZ')

    def forged(content):
        task(content, 'story')['answers'][0]['time_s'] = 0.5

    files = files_of(content, FRIEND_SHOT if number == SHOT_TAKEN else number, forged if number == BY_HAND else None)
    whole = zipped(files)
    if number == SAME_FILE:
        return {'a.zip': zipped(files_of(content_of(NAMES[FRIEND_FILE], FRIEND_FILE), FRIEND_FILE))}
    if number == TWICE:
        first = zipped(files_of(content | {'packed': '2026-11-20T20:00:00Z'}, number))
        return {'submission.zip': first, 'submission (1).zip': whole}
    return {
        NOTHING: {},
        CUT: {'submission.zip': whole[:-200]},
        EMPTY: {'submission.zip': b''},
        WRONG_KIND: {'homework.rar': b'Rar!'},
        REZIPPED: {'作业.zip': zipped(files, 'submission-li/')},
        MAC: {'Archive.zip': zipped(files | {'__MACOSX/._evidence.json': b'\0\5\x16\7'})},
        GBK: {'submit.zip': gbk_zipped(files, '我的作业/')},
        FOLDER: {f'mine/{path}': content for path, content in files.items()},
        NESTED: {'outer.zip': zipped({'inner/submission.zip': whole})},
    }.get(number, {'submission.zip': whole})


def folders(root) -> None:
    """A folder for each learner, one around all."""
    for number in range(40):
        for file, content in handed(number).items():
            put(root / 'hw1' / f'{2023000 + number} {NAMES[number]}' / file, content)
    put(root / 'hw1' / STRANGER / 'x.zip', zipped(files_of(content_of(STRANGER, 90), 90)))
    put(root / 'hw1' / '.DS_Store', b'\0')


def moodle(root) -> None:
    """Moodle's download of all submissions, still packed."""
    everyone = {}
    for number in range(40):
        for file, content in handed(number).items():
            everyone[f'{NAMES[number]}_{48000 + number}_assignsubmission_file_/{file}'] = content
    everyone[f'{STRANGER}_48999_assignsubmission_file_/x.zip'] = zipped(files_of(content_of(STRANGER, 90), 90))
    root.mkdir()
    with zipfile.ZipFile(root / '作业一-48.zip', 'w') as archive:
        for path, content in everyone.items():
            archive.writestr(path, content)


@pytest.fixture(params=[folders, moodle])
def graded(request, tmp_path, monkeypatch):
    """The class, graded with a stand-in for the model: it knows its own texts."""
    request.param(tmp_path / 'in')
    lines = ''.join(f'{2023000 + n},{name}\n' for n, name in enumerate(NAMES))
    roster = put(tmp_path / '名单.csv', f'学号,姓名\n{lines}'.encode('gb18030'))
    own = (STORY, ENGLISH_STORY, HELLO, STORY[:80])
    monkeypatch.setattr('homework.grade.scores._is_own', lambda engine: True)
    monkeypatch.setattr(
        'homework.grade.scores._scores', lambda answers: [-0.2 if text in own else -9.0 for _, text in answers]
    )
    grading = grade_files([tmp_path / 'in'], roster=read_roster(roster), deadline=DEADLINE, by_learner=True)
    write_grades(grading, tmp_path / 'grades.csv', 'zh')
    return grading


def test_every_fault_is_found_and_no_honest_learner_is_flagged(graded):
    seen = {one.submission.shown: one for one in graded.graded}
    lost = {
        name: {
            g.task.id: next(f.key for c in g.criteria if c.verdict == 'not met' for f in c.findings)
            for g in one.grades
            if g.task.id in ('chat', 'story', 'api-kv') and g.points < g.of
        }
        for name, one in seen.items()
    }
    assert {name: tasks for name, tasks in lost.items() if tasks} == {
        NAMES[number]: tasks for number, (_, tasks, _) in SPOILED.items() if tasks
    }
    flagged = {name: {flag.key for flag in one.submission.flags} for name, one in seen.items()}
    assert {name: keys for name, keys in flagged.items() if keys} == {
        **{NAMES[number]: keys for number, (_, _, keys) in SPOILED.items() if keys},
        NAMES[BY_HAND]: {'edited', 'speed'},
        NAMES[RUN_TAKEN]: {'same-run'},
        NAMES[FRIEND_RUN]: {'same-run'},
        NAMES[SHOT_TAKEN]: {'same-picture'},
        NAMES[FRIEND_SHOT]: {'same-picture'},
        NAMES[SAME_FILE]: {'same-archive', 'other-person'},
        NAMES[FRIEND_FILE]: {'same-archive'},
    }
    assert {one.name: one.why[:20] for one in graded.unreadable} == {
        NAMES[CUT]: 'not a whole zip: cut',
        NAMES[EMPTY]: 'an empty file: the u',
        NAMES[WRONG_KIND]: 'an archive of anothe',
    }
    assert [person.name for person in graded.absent] == [NAMES[NOTHING]]
    assert [one.submission.name for one in graded.strangers] == [STRANGER]
    assert [(one.submission.shown, one.submission.newer[-18:]) for one in graded.older] == [
        (NAMES[TWICE], 'submission (1).zip')
    ]
    late = {one.submission.shown: graded.late(one) for one in graded.graded}
    assert {name: by.text('zh') for name, by in late.items() if by} == {NAMES[LATE]: '1 天 2 小时 5 分钟'}
    for number in (REZIPPED, MAC, GBK, FOLDER, ENGLISH, NESTED, TWICE):
        assert seen[NAMES[number]].total == 60
        assert seen[NAMES[number]].submission.person.number == str(2023000 + number)


def test_the_same_class_gives_the_same_table(tmp_path):
    """Whatever order the files come in."""
    paths = [put(tmp_path / f'{n}.zip', zipped(files_of(content_of(NAMES[n], n), n))) for n in range(4)]
    tables = []
    for order in (paths, paths[::-1]):
        write_grades(grade_files(order, scores=False, by_learner=True), tmp_path / 'grades.csv')
        tables.append((tmp_path / 'grades.csv').read_bytes())
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_a_hundred(tmp_path, capsys):
    """A benchmark: with tiny-chat over all answers.  The time is for people to read."""
    for number in range(100):
        name = f'{NAMES[number % 40]}{number}'
        put(tmp_path / 'in' / f'{number}.zip', zipped(files_of(content_of(name, number), number)))
    start = time.perf_counter()
    grading = grade_files([tmp_path / 'in'])
    write_grades(grading, tmp_path / 'grades.csv')
    seconds = time.perf_counter() - start
    assert [one.total for one in grading.graded] == [60] * 100
    with capsys.disabled():
        print(f'a hundred submissions: {seconds:.0f} s')
