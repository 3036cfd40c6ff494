"""What the instructor decided stays decided: overrides.csv, the table that was there, the check that was left out."""

import csv
import datetime
import html
import io
import os
import re

import pytest
from homework_good import Builder, contents, edited, pack, recoded

from homework.__main__ import main
from homework.grade import grade_files, write_grades
from homework.grade.overrides import OverridesError, read_overrides
from homework.grade.table import keep_table
from homework.tasks import TASKS
from translations.messages import shown

HEAD = 'student,task,points,comment\n'


@pytest.fixture(scope='module')
def submissions(tmp_path_factory):
    """A folder of two: 王小明 did three tasks, Anna the first two, at 20 points each."""
    folder = tmp_path_factory.mktemp('in')
    builders = (Builder(), Builder('Anna', 'en', 'b2' * 8, datetime.datetime(2026, 11, 20, 15, tzinfo=datetime.UTC)))
    for builder, done in zip(builders, (('chat', 'story', 'tools'), ('chat', 'story')), strict=True):
        there = tmp_path_factory.mktemp('learner')
        tasks = {task: evidence for task, evidence in builder.all().items() if task in done}
        for n, evidence in enumerate(tasks.values()):
            evidence['memory'][0]['used_bytes'] += 4096 * (n + len(done))
        tasks = {task: recoded(evidence) for task, evidence in tasks.items()}
        with pytest.MonkeyPatch.context() as patch:
            archive = pack(tasks, there, patch)
        (folder / archive.name).write_bytes(archive.read_bytes())
    return folder


@pytest.fixture
def graded(submissions, tmp_path, capsys, monkeypatch):
    """Grade into `tmp_path` as the command does; returns the exit status, and what it said."""
    monkeypatch.setenv('COURSE_LANG', 'en')

    def run(*arguments, folder=submissions):
        status = main(
            ['grade', str(folder), '--csv', str(tmp_path / 'grades.csv'), '--no-scores', '--language', 'en', *arguments]
        )
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def rows(folder) -> dict[str, dict]:
    text = (folder / 'grades.csv').read_text(encoding='utf-8-sig')
    return {row['name']: row for row in csv.DictReader(io.StringIO(text))}


def page(path) -> str:
    """The words of a page, one blank between them."""
    return ' '.join(html.unescape(re.sub('<[^>]*>', ' ', path.read_text(encoding='utf-8'))).split())


def report(folder, number) -> str:
    return page(sorted((folder / 'grades' / 'reports').iterdir())[number])


def files(folder) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob('*') if p.is_file()}


def test_the_instructors_points_count_and_are_marked_everywhere(graded, tmp_path):
    lines = '王小明,story,12.5,"Half of it is a poem, <b>not</b> a story."\nAnna,Function calling,4,Shown in class.\n'
    (tmp_path / 'overrides.csv').write_text(HEAD + lines, encoding='utf-8')
    status, said = graded()
    assert status == 0
    assert '26.5 / 100  王小明' in said
    assert '(tasks that the instructor decided: 1)' in said
    assert 'overrides that were followed: 2' in said
    table = rows(tmp_path)
    wang, anna = table['王小明'], table['Anna']
    assert [float(wang[c]) for c in ('chat', 'story', 'tools', 'total', 'machine_total')] == [10, 12.5, 4, 26.5, 34]
    assert wang['instructor'] == (
        "story: points by the instructor: 12.5 (the program's own: 20): Half of it is a poem, <b>not</b> a story."
    )
    assert [float(anna[c]) for c in ('tools', 'total', 'machine_total')] == [4, 34, 30], 'a task without evidence, too'
    overview = page(tmp_path / 'grades' / 'overview.html')
    assert '✎ 12.5 (20)' in overview
    assert '26.5 (34)' in overview
    assert "Anna · Function calling: points by the instructor: 4 (the program's own: 0): Shown in class." in overview
    first, second = sorted([report(tmp_path, 0), report(tmp_path, 1)], key=lambda text: 'Anna' not in text)
    assert "✎ points by the instructor: 4 (the program's own: 0): Shown in class." in first
    assert '34 / 100' in first
    assert '✎ 老师给分：12.5（程序给分：20）：Half of it is a poem, <b>not</b> a story.' in second


def test_without_overrides_nothing_is_marked(graded, tmp_path):
    assert graded()[0] == 0
    assert '✎' not in page(tmp_path / 'grades' / 'overview.html') + report(tmp_path, 0)
    assert {row['instructor'] for row in rows(tmp_path).values()} == {''}


@pytest.mark.parametrize(
    'content',
    [
        (HEAD + '王小明,story,7.5,好\n').encode(),
        (HEAD + '王小明,story,7.5,好\n').encode('utf-8-sig'),
        (HEAD + '王小明,story,7.5,好\n').encode('gb18030'),
        (HEAD + '王小明,story,7.5,好\n').replace(',', '\t').encode('utf-16'),
        (HEAD + '王小明,story,7.5,好\n').replace(',', ';').replace('7.5', '7,5').replace('\n', '\r\n').encode(),
        ('Task;Points;Student;Comment\nA STORY of  300 characters;7.5; 王小明 ;好\n').encode(),
        (HEAD + f"'王小明,{TASKS['story'].title('zh')},7.50,好\n\n,,,\n").encode(),
    ],
)
def test_however_a_spreadsheet_saves_it(content, submissions, tmp_path):
    (tmp_path / 'mine.csv').write_bytes(content)
    told = read_overrides(tmp_path / 'mine.csv')
    grading = grade_files(sorted(submissions.iterdir()), scores=False, overrides=told)
    (grade,) = [grade for one in grading.graded for grade in one.grades if grade.override]
    assert (grade.task.id, grade.points, grade.override.comment, grade.machine_points) == ('story', 7.5, '好', 20)


@pytest.mark.parametrize(
    ('content', 'said', 'chinese'),
    [
        (HEAD + 'Anna,story,21,\n', "line 2: the points are '21': task 'story' has 0 to 20", '0 到 20'),
        (HEAD + 'Anna,story,-1,\n', "the points are '-1'", '分数'),
        (HEAD + 'Anna,story,nan,\n', "the points are 'nan'", '分数'),
        (HEAD + 'Anna,story,,only a comment\n', "the points are ''", '分数'),
        (HEAD + 'Anna,chat,1,\nAnna,stroy,2,\n', "line 3: there is no graded task 'stroy': write one", '题目'),
        (HEAD + 'Anna,chapter-02,0,\n', "no graded task 'chapter-02'", '题目'),
        (HEAD + 'Ana,story,2,\n', "line 2: no submission is of 'Ana' (known: Anna, 王小明)", '已有'),
        (HEAD + 'Anna,story,2,\nAnna,chat,2,\nAnna,A story of 300 characters,2,\n', 'in line 2 already', '第 2 行'),
        ('student,task,points,coment\nAnna,story,2,x\n', "the columns are 'student, task, points, coment'", '列'),
        ('Anna,story,2,x\n', "line 1: the columns are 'Anna,story,2,x'", '列'),
        ('student，task，points，comment\nAnna，story，2，x\n', "the columns are 'student，task，", '列'),
        (HEAD + 'Anna,story,2,one, two\n', 'line 2 has 5 columns', '列'),
        ('PK\x03\x04', 'is no text but an archive', 'Excel'),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_said_and_nothing_is_written(content, said, chinese, graded, tmp_path):
    (tmp_path / 'grades.csv').write_text('of an earlier run')
    (tmp_path / 'overrides.csv').write_text(content, encoding='utf-8')
    before = files(tmp_path)
    status, words = graded()
    assert status == 1
    assert said in words
    assert words.startswith('nothing was written: ')
    assert files(tmp_path) == before
    assert chinese in shown(words.strip(), 'zh')
    assert shown(words.strip(), 'zh').startswith('什么都没有写')


def test_two_of_one_name_are_told_apart_by_their_files(submissions, tmp_path):
    (anna,) = [path for path in submissions.iterdir() if b'Anna' in contents(path)['evidence.json']]

    def another(content):  # nothing but the name tells that it is she
        content['tasks'] = [recoded(e | {'run': e['run'] | {'id': 'c3' * 8}}) for e in content['tasks']]

    both = [anna, edited(anna, tmp_path / 'again.zip', another)]
    path = tmp_path / 'overrides.csv'
    path.write_text(HEAD + 'Anna,story,1,\n')
    with pytest.raises(
        OverridesError, match=r"2 submissions are of 'Anna' \(submission-\w+\.zip, again\.zip\)"
    ) as error:
        grade_files(both, scores=False, overrides=read_overrides(path))
    assert '份提交' in shown(error.value, 'zh')
    path.write_text(HEAD + 'again.zip,story,1,\n')
    grading = grade_files(both, scores=False, overrides=read_overrides(path))
    assert [one.total for one in grading.graded] == [30, 11]


def test_another_file_and_files_that_are_none(graded, tmp_path):
    (tmp_path / 'mine.csv').write_text(HEAD + 'Anna,story,3,\n')
    assert graded('--overrides', str(tmp_path / 'mine.csv'))[0] == 0
    assert float(rows(tmp_path)['Anna']['story']) == 3
    status, said = graded('--overrides', str(tmp_path / 'gone.csv'))
    assert (status, 'there is no file' in said) == (1, True)
    with pytest.raises(SystemExit, match='2'):
        main(['grade', str(tmp_path), '--csv', str(tmp_path / 'overrides.csv')])


def test_the_table_that_was_there_is_kept(graded, tmp_path):
    """The same again changes nothing; what somebody wrote into the table is beside the new one."""
    table = tmp_path / 'grades.csv'
    graded()
    first = table.read_bytes()
    _, said = graded()
    assert (table.read_bytes(), 'is kept as' in said) == (first, False)
    assert [p.name for p in tmp_path.glob('*.csv')] == ['grades.csv']
    edited_by_hand = first.replace(b'Anna', b'Anne')
    table.write_bytes(edited_by_hand)
    changed = datetime.datetime(2026, 11, 30, 9, 30, 5).timestamp()
    os.utime(table, (changed, changed))
    _, said = graded()
    assert table.read_bytes() == first
    assert (tmp_path / 'grades.2026-11-30-093005.csv').read_bytes() == edited_by_hand
    assert 'grades.2026-11-30-093005.csv' in said


def test_a_kept_table_is_never_overwritten(tmp_path):
    table = tmp_path / 'grades.csv'
    for number, content in enumerate((b'one', b'two', b'two', b'three')):
        table.write_bytes(content)
        os.utime(table, (1e9, 1e9))
        kept = keep_table(table, b'new')
        assert kept.read_bytes() == content, number
    assert sorted(p.read_bytes() for p in tmp_path.glob('grades.2*')) == [b'one', b'three', b'two']


def test_what_no_scores_left_out_is_said(graded, submissions, tmp_path):
    """Two of each could be checked: the answer to `tools` holds calls, and never is."""
    _, said = graded()
    told = 'answers not checked: 4; learners: 2'
    assert told in said
    assert told in page(tmp_path / 'grades' / 'overview.html')
    grading = grade_files(sorted(submissions.iterdir()), scores=False)
    assert '没有检查的回答数：4' in grading.left_out.text('zh')
    assert {task for _, task in grading.not_scored} == {'chat', 'story'}


def test_nothing_left_out_says_nothing(submissions, tmp_path, monkeypatch):
    monkeypatch.setattr('homework.grade.scores._is_own', lambda engine: True)
    monkeypatch.setattr('homework.grade.scores._scores', lambda answers: [-0.2] * len(answers))
    grading = grade_files(sorted(submissions.iterdir()))
    assert grading.left_out is None
    assert '--no-scores' not in page(write_grades(grading, tmp_path / 'grades.csv').overview)
