"""What was handed in and whose it is: layouts, roster, deadline, weights; and what goes out to Moodle and nbgrader."""

import csv
import io
import re

import pytest
from homework_class import content_of, files_of, put, zipped

from homework.__main__ import main
from homework.grade.csv_files import TableError
from homework.grade.deadline import late, parsed_deadline
from homework.grade.intake import NOBODY, Owner, handed_in
from homework.grade.roster import Person, Roster, read_roster
from homework.grade.weights import read_weights
from translations.messages import shown


@pytest.fixture(scope='module')
def good():
    """The files of a submission of three tasks."""
    return files_of(content_of('王小明', 0), 0)


def found(tmp_path, files: dict[str, bytes]):
    """What is found in a folder of these files: {path: owner's name and key}, and the same of what is refused."""
    for path, content in files.items():
        put(tmp_path / 'in' / path, content)
    (tmp_path / 'scratch').mkdir()
    handed, refused = handed_in([tmp_path / 'in'], tmp_path / 'scratch')
    return {h.file: (h.owner.name, h.owner.key) for h in handed}, {r.file: (r.owner.name, r.why) for r in refused}


def test_moodles_folders_and_files(tmp_path, good):
    zip_ = zipped(good)
    handed, refused = found(
        tmp_path,
        {
            '李 伟_48213_assignsubmission_file_/submission-li.zip': zip_,
            'Anna Berg_48214_assignsubmission_file_submission-anna.zip': zip_,
            'Bo_48215_assignsubmission_file_/essay.docx': b'',
            'Cy_48216_assignsubmission_file_/work.7z': b'',
            **{f'Di_48217_assignsubmission_file_/{path}': content for path, content in good.items()},
        },
    )
    assert handed == {
        '李 伟_48213_assignsubmission_file_/submission-li.zip': ('李 伟', 'moodle:48213'),
        'Anna Berg_48214_assignsubmission_file_submission-anna.zip': ('Anna Berg', 'moodle:48214'),
        'Di_48217_assignsubmission_file_': ('Di', 'moodle:48217'),
    }
    assert {name for name, _ in refused.values()} == {'Bo', 'Cy'}
    assert [re.sub(':.*', '', why) for _, why in refused.values()] == [
        'no submission in it',
        'an archive of another kind (.7z)',
    ]


def test_nbgraders_folders(tmp_path, good):
    handed, refused = found(
        tmp_path,
        {
            'release/homework/09_homework.ipynb': b'{}',
            'submitted/li/homework/09_homework.ipynb': b'{}',
            'submitted/wang/homework/09_homework.ipynb': b'{}',
            'autograded/li/homework/collected/submission-li.zip': zipped(good),
        },
    )
    assert handed == {'autograded/li/homework/collected/submission-li.zip': ('li', 'nbgrader:li')}
    assert {file: name for file, (name, _) in refused.items()} == {'submitted/wang': 'wang'}


def test_a_folder_for_each_learner_in_any_nesting_and_an_archive_of_a_class(tmp_path, good):
    inner = {'hw/李伟/a.zip': zipped(good), 'hw/Anna/homework/b.zip': zipped(good), '__MACOSX/hw/._a.zip': b'\0'}
    handed, refused = found(
        tmp_path, {'class.zip': zipped(inner), 'loose (2).zip': zipped(good), '2023001.zip': zipped(good)}
    )
    assert handed == {
        'class.zip/hw/Anna/homework/b.zip': ('Anna', 'folder:class.zip/hw/Anna'),
        'class.zip/hw/李伟/a.zip': ('李伟', 'folder:class.zip/hw/李伟'),
        'loose (2).zip': ('loose', ''),
        '2023001.zip': ('2023001', ''),
    }
    assert refused == {}


def test_one_folder_around_all_names_nobody(tmp_path, good):
    handed, _ = found(tmp_path, {'hw1/李伟/x.zip': zipped(good), 'hw1/Anna/mine/manifest.json': b'{}'})
    assert [name for name, _ in handed.values()] == ['Anna', '李伟']


def test_what_leads_outside_an_archive_of_a_class_is_refused(tmp_path, good):
    handed, refused = found(tmp_path, {'class.zip': zipped({'a/x.zip': zipped(good), '../../evil.zip': b'x'})})
    assert handed == {}
    assert 'leads outside' in refused['class.zip'][1]
    assert not (tmp_path / 'evil.zip').exists()


def test_a_link_in_an_unpacked_submission_is_refused(tmp_path, good):
    for path, content in good.items():
        put(tmp_path / 'in' / '李伟' / path, content)
    (tmp_path / 'in' / '李伟' / 'passwd').symlink_to('/etc/passwd')
    _, refused = found(tmp_path, {})
    assert [(name, 'is a link' in why) for name, why in refused.values()] == [('李伟', True)]


# -------------------------------------------------------------------------------------------------------------- roster

ROWS = '2023001,李伟\n2023002,李伟明\n2023003,Anna Berg\n2023004,李伟\n'


@pytest.mark.parametrize(
    'content',
    [
        ('student number,name\n' + ROWS).encode(),
        ('学号,姓名\n' + ROWS).encode('gb18030'),
        ('姓名\t学号\t邮箱\n' + ''.join(f'{row[8:]}\t{row[:7]}\tx\n' for row in ROWS.splitlines())).encode('utf-16'),
        ('ID number;Full name\r\n' + ROWS.replace(',', ';').replace('\n', '\r\n')).encode('utf-8-sig'),
    ],
)
def test_a_roster_however_it_is_saved(tmp_path, content):
    people = read_roster(put(tmp_path / 'roster.csv', content)).people
    assert [(p.number, p.name) for p in people][1:3] == [('2023002', '李伟明'), ('2023003', 'Anna Berg')]
    assert len(people) == 4


@pytest.mark.parametrize(
    ('content', 'said', 'chinese'),
    [
        ('number,name\n1,A\n1,B\n', "line 3: student number '1' is in line 2 already", '学号'),
        ('number,name\n1,\n', 'line 2: a student number and a name', '每一行'),
        ('number,points\n1,2\n', 'a column is missing', '缺少一列'),
        ('number,name\n', 'no lines below', '没有内容'),
        ('number,id,name\n1,1,A\n', 'two columns are the number', '有两列'),
    ],
)
def test_a_roster_that_cannot_be_followed(tmp_path, content, said, chinese):
    with pytest.raises(TableError, match=re.escape(said)) as error:
        read_roster(put(tmp_path / 'r.csv', content.encode()))
    assert chinese in shown(error.value, 'zh')


def test_whose_it_is(tmp_path):
    roster = Roster(tmp_path, 'utf-8', (*(Person(*row.split(',')) for row in ROWS.splitlines()), Person('7', 'Bo')))

    def number(file='', owner='', name=''):
        person = roster.person(Owner(owner) if owner else NOBODY, file, name)
        return person and person.number

    assert number('2023004-李伟.zip') == '2023004', 'two of that name: the number tells'
    assert number('李伟_48213_assignsubmission_file_/a.zip', '李伟') is None
    assert number('作业-李伟明.zip') == '2023002', 'not 李伟, whose name is a part of it'
    assert number('x/20230031.zip') is None, 'a longer number is another one'
    assert number('anna_berg-homework.zip') == '2023003'
    assert number('hannaberg.zip') is None
    assert number('a.zip', name='Anna  Berg') == '2023003'
    assert number('week 7.zip') is None, 'one digit tells nothing in the midst of a name'
    assert number('李伟明/a.zip', '李伟明', 'Anna Berg') == '2023002', 'the path counts first'


# ------------------------------------------------------------------------------------------------- deadline and weights


def test_how_late():
    deadline = parsed_deadline('2026-11-30T23:59+08:00')
    assert late('2026-11-30T15:59:00Z', deadline) is None
    assert late('2026-11-30T16:00:00Z', deadline).text('en') == '0 d 0 h 1 min'
    assert late('2026-12-02T18:01:00Z', deadline).text('zh') == '2 天 2 小时 2 分钟'
    assert late('2026-12-02T18:01:00Z', None) is None
    assert f'{parsed_deadline("2026-11-30").astimezone():%d %H:%M:%S}' == '30 23:59:59', 'a day ends'
    with pytest.raises(ValueError, match='is no time'):
        parsed_deadline('next week')


def test_weights(tmp_path):
    weights = read_weights(put(tmp_path / 'w.csv', '题目,分值\nstory,30\nFunction calling,"2,5"\n'.encode('gb18030')))
    assert (weights['story'], weights['tools'], weights['chat']) == (30, 2.5, 10)


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        ('task,points\nstroy,3\n', "line 2: there is no graded task 'stroy'"),
        ('task,points\nstory,3\nstory,4\n', "line 3: task 'story' is there twice"),
        ('task,points\nstory,-3\n', "line 2: the points are '-3'"),
    ],
)
def test_weights_that_cannot_be_followed(tmp_path, content, said):
    with pytest.raises(TableError, match=re.escape(said)) as error:
        read_weights(put(tmp_path / 'w.csv', content.encode()))
    assert '行：' in shown(error.value, 'zh')


# ---------------------------------------------------------------------------------------------------- the whole command


def rows(path) -> list[dict]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding='utf-8-sig'))))


@pytest.fixture
def graded(tmp_path, capsys, monkeypatch):
    """Two of three people on the roster, one with a memory that cannot be and an edited card; graded by the command."""
    monkeypatch.setenv('COURSE_LANG', 'en')

    def spoil(content):
        content['tasks'][0]['engines'][0]['used_bytes'] -= 700 << 20

    for number, name in enumerate(('王小明', 'Anna')):
        content = content_of(name, number, 'zh' if number == 0 else 'en')
        files = files_of(content, number, spoil if number else None)
        put(tmp_path / 'in' / f'{name}_{500 + number}_assignsubmission_file_' / 'submission.zip', zipped(files))
    put(tmp_path / 'roster.csv', '学号,姓名\n01A,王小明\n02B,Anna\n03C,赵云\n'.encode('gb18030'))
    put(tmp_path / 'weights.csv', b'task,points\nchat,40\n')

    def run(*arguments):
        options = ['--csv', str(tmp_path / 'grades.csv'), '--roster', str(tmp_path / 'roster.csv'), '--no-scores']
        status = main(['grade', str(tmp_path / 'in'), *options, *arguments])
        return status, capsys.readouterr().out

    return run


def test_table_and_exports(graded, tmp_path):
    status, said = graded('--language', 'en', '--deadline', '2026-11-20T19:00+00:00')
    assert status == 0
    assert 'handed in nothing: 03C 赵云' in said
    assert 'read as GB18030' in said
    wang, anna, zhao = rows(tmp_path / 'grades.csv')
    assert [(r['number'], r['name'], r['status']) for r in (wang, anna, zhao)] == [
        ('01A', '王小明', 'graded'), ('02B', 'Anna', 'graded'), ('03C', '赵云', 'handed in nothing')
    ]  # fmt: skip
    assert (wang['total'], wang['chat'], wang['of_130']) == ('90.0', '40.0', '69 %')
    assert wang['late'] == '0 d 1 h 0 min'
    assert anna['total'] == '80.0', 'half of what is worked out again, a weight of 40: 10 points'
    assert 'chat: 16 bit: ' in anna['why']
    assert 'the evidence was changed' in anna['remarks']
    moodle = rows(tmp_path / 'grades' / 'moodle.csv')
    assert [(r['Identifier'], r['ID number'], r['Grade'], r['Maximum grade']) for r in moodle] == [
        ('Participant 500', '01A', '90', '130'), ('Participant 501', '02B', '80', '130')
    ]  # fmt: skip
    nbgrader = rows(tmp_path / 'grades' / 'nbgrader.csv')
    assert [(r['student_id'], r['score'], r['max_score'], r['late_submission_penalty']) for r in nbgrader] == [
        ('01A', '90.0', '130.0', '0.0'), ('02B', '80.0', '130.0', '0.0'), ('03C', '0.0', '130.0', '0.0')
    ]  # fmt: skip
    assert (nbgrader[0]['duedate'], nbgrader[0]['timestamp']) == ('2026-11-20 19:00:00', '2026-11-20 20:00:00')


def test_all_words_are_in_the_chosen_language(graded, tmp_path):
    put(tmp_path / 'in' / '03C.zip', b'')
    graded('--language', 'zh')
    table = rows(tmp_path / 'grades.csv')
    assert list(table[0])[:3] == ['学号', '姓名', '文件']
    heads = ['学号', '姓名', '状态', '扣分原因', '备注']
    assert set(heads) <= set(table[0])
    assert (table[2]['姓名'], table[2]['状态']) == ('赵云', '无法评分')
    assert not re.search('[a-z]{5}', table[2]['备注'])


def test_reports_keep_flags_and_bands_until_they_are_released(graded, tmp_path):
    graded('--language', 'en')
    report = next((tmp_path / 'grades' / 'reports').glob('*anna*'))
    text = report.read_text(encoding='utf-8')
    assert 'MiB in use, which ratio 0.4 does not take' in text
    assert not re.search('accepted|was changed|To look at', text)
    graded('--language', 'en', '--release-flags')
    text = report.read_text(encoding='utf-8')
    assert 'accepted: ' in text
    assert 'the evidence was changed' in text


def test_the_overview_shows_differences_first(graded, tmp_path):
    graded('--language', 'en')
    html = (tmp_path / 'grades' / 'overview.html').read_text(encoding='utf-8')
    places = [html.index(words) for words in ('What differs', '赵云', 'Points that are missing,', '>All<', 'Pictures,')]
    assert places == sorted(places)
    chat = html[html.index('<h3>Environment and first chat</h3>') :].split('<h3>')[1]
    open_, folded = chat.split('<details>')[:2]
    assert ('Anna' in open_, '王小明' in open_, '王小明' in folded) == (True, False, True)
    assert 'Answers, equal ones once (1)' in chat, 'two learners, one text'


def test_the_newest_counts_and_overrides_go_by_number(graded, tmp_path, monkeypatch):
    content = content_of('Anna', 40, 'en')
    put(tmp_path / 'in' / 'Anna_501_assignsubmission_file_' / 'again.zip', zipped(files_of(content, 40)))
    put(tmp_path / 'overrides.csv', b'student,task,points,comment\n02B,tools,4,shown in class\n')
    _, said = graded('--language', 'en')
    assert 'older, does not count: Anna' in said
    by = {(r['name'], r['status'][:5]): r for r in rows(tmp_path / 'grades.csv')}
    assert by['Anna', 'grade']['total'] == '94.0'
    assert by['Anna', 'older']['total'] == '80.0', 'kept, and named'
    assert by['Anna', 'older']['status'].endswith('again.zip counts')
