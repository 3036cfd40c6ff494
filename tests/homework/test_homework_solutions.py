"""The worked solutions solve the tasks, really run; and the notebook is as graders need it."""

import json
import re
import zipfile

import nbformat
import pytest
from homework_support import NAME, NOTEBOOK, QUICK, SOLUTIONS, solved_folder, solved_notebook

from helpers.models import EMBEDDED
from homework.evidence import read_all
from homework.missing import missing
from homework.tasks import TASKS

HOMEWORK = [task for task in TASKS.values() if task.level != 'card']
NEEDS_TINY_VLM = pytest.mark.skipif(not (EMBEDDED / 'tiny-vlm' / 'config.json').is_file(), reason='no tiny-vlm')


def cells():
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


def test_each_task_has_its_cells_and_a_solution():
    ids = list(cells())
    for task in HOMEWORK:
        parts = [f'{task.id}-{part}' for part in ('brief', 'begin', 'work', 'check')]
        assert [i for i in ids if i in parts] == parts
        assert (SOLUTIONS / f'{task.id}.py').is_file() or task.id == 'chat', 'chat is done in the notebook'
    assert {path.stem for path in SOLUTIONS.glob('*.py')} <= set(TASKS)


def test_what_graders_need_is_in_the_cells():
    """nbgrader's metadata; the solution is not in the cell that a learner fills."""
    marked = {i: cell.metadata.nbgrader for i, cell in cells().items() if 'nbgrader' in cell.metadata}
    assert set(marked) == {f'{task.id}-{part}' for task in HOMEWORK for part in ('begin', 'work', 'check')}
    for i, told in marked.items():
        filled = i.endswith('-work') and i != 'chat-work'  # by the learner; chat is done in the notebook
        assert told.grade_id == i
        assert (told.grade, told.solution, told.locked) == (i.endswith('-check'), filled, not filled)
        assert told.schema_version == 3
        assert told.task is False
    points = {i.removesuffix('-check'): told.points for i, told in marked.items() if told.grade}
    assert points == {task.id: task.points for task in HOMEWORK}


def test_a_work_cell_is_a_skeleton_with_two_or_three_named_blanks():
    """All of it waits until they are filled: undone it says which, and starts nothing."""
    for i, cell in cells().items():
        if i.endswith('-work') and i != 'chat-work':
            (blanks,) = re.findall(r'^(\w+(?:, \w+)+) = ((?:\.\.\., )+\.\.\.)', cell.source, re.M)
            names = blanks[0].split(', ')
            assert 2 <= len(names) == len(blanks[1].split(', ')) <= 3, i
            (asked,) = re.findall(r'\.filled\((.+)\):$', cell.source, re.M)
            assert [pair.split('=')[1] for pair in asked.split(', ')] == names
            (said,) = cell.outputs
            assert said.text == f'blanks to fill: {", ".join(pair.split("=")[0] for pair in asked.split(", "))}\n'


@pytest.mark.parametrize(('language', 'folder'), [('en', NOTEBOOK.parent), ('zh', NOTEBOOK.parent / 'zh')])
def test_a_brief_names_the_document_and_quotes_it(language, folder):
    briefs = {cell.id: cell.source for cell in nbformat.read(folder / NOTEBOOK.name, as_version=4).cells}
    for task in HOMEWORK:
        assert task.sources
        for origin, words in task.set_by(language):
            assert f'- *{origin}*{"：" if language == "zh" else ": "}{words}' in briefs[f'{task.id}-brief']


def test_camp_3_stands_under_its_own_heading():
    ids = list(cells())
    later = {task.id for task in HOMEWORK if ids.index(f'{task.id}-brief') > ids.index('camp-three')}
    assert later == {task.id for task in HOMEWORK if set(task.camps) == {3}}
    assert [task.id for task in HOMEWORK] == [i.removesuffix('-brief') for i in ids if i.endswith('-brief')]


def test_points_follow_the_documents():
    """What a document requires of everybody passes: 60 of 100."""
    required = {task.id for task in HOMEWORK if any(source.duty == 'required' for source in task.sources)}
    assert required == {task.id for task in HOMEWORK if task.level == 'basic'}
    assert sum(TASKS[task].points for task in required) == 60
    assert sum(task.points for task in HOMEWORK) == 100


def test_undone_it_says_what_is_missing_and_gives_no_points():
    for i, cell in cells().items():
        if i.endswith('-check') and i != 'chat-check':
            said, points = cell.outputs
            assert said.text.startswith('- No ')
            assert points.data['text/plain'] == '0'


def solves(task: str, quick: bool) -> None:
    by_id = {cell.id: cell for cell in solved_notebook(quick).cells}
    errors = [
        '\n'.join(output.traceback)
        for part in ('begin', 'work', 'check')
        for output in by_id[f'{task}-{part}'].outputs
        if output.output_type == 'error'
    ]
    assert not errors
    points = [o.data['text/plain'] for o in by_id[f'{task}-check'].outputs if o.output_type == 'execute_result']
    assert points == [str(TASKS[task].points)]
    assert 'text/html' in by_id[f'{task}-check'].outputs[-2].data, 'its card'


@pytest.mark.parametrize('task', QUICK)
def test_a_solution_solves_its_task(task):
    solves(task, quick=True)


@pytest.mark.deep
@pytest.mark.parametrize('task', [t.id for t in HOMEWORK if t.id != 'vision-page'])
def test_each_solution_solves_its_task(task):
    solves(task, quick=False)


@pytest.mark.deep
@NEEDS_TINY_VLM
def test_the_vision_solution_solves_its_task():
    solves('vision-page', quick=False)


def told(quick: bool) -> dict[str, dict]:
    """The evidence of each task, complete and under one name."""
    read = read_all(solved_folder(quick))
    assert [missing(e) for e in read] == [[]] * len(read)
    evidence = {e.task: e.plain() for e in read}
    for e in evidence.values():
        assert e['name'] == NAME
        assert [part['cell'] for part in e['run']['code']] == sorted(part['cell'] for part in e['run']['code'])
        assert any('begin_task' in part['source'] for part in e['run']['code'])
    chat = evidence['chat']['engines'][0]
    assert chat['real']['num_blocks'] == chat['predicted']['num_blocks']
    return evidence


def test_the_evidence_says_what_was_done():
    evidence = told(quick=True)
    assert set(evidence) == set(QUICK)


@pytest.mark.deep
def test_the_evidence_of_all_tasks_says_what_was_done():
    evidence = told(quick=False)
    assert [e['real']['quant_policy'] for e in evidence['memory-kv']['engines']] == [0, 8, 4]
    for e in evidence['memory-kv']['engines']:
        assert e['real']['num_blocks'] == e['predicted']['num_blocks']
    tokens = [row['cache_tokens'] for row in evidence['memory-kv']['rows']]
    assert tokens == sorted(tokens), 'what grows is what fits'
    for row in evidence['benchmark']['rows']:
        assert row['output_tokens_per_s'] == pytest.approx(row['output_tokens'] / row['time_s'])
    server = evidence['server-w4a16']
    assert {a['client'] for a in server['answers']} == {'terminal', 'page'}
    assert server['engines'][0]['checkpoint']['quantization_config']['bits'] == 4
    calls = [call for answer in evidence['tools']['answers'] for call in answer['tool_calls']]
    assert [(c['name'], c['result']) for c in calls] == [('add', '42'), ('mul', '84'), ('add', '1385')]


def test_the_last_cell_packed_it():
    (archive,) = solved_folder(quick=True).glob('submission-*.zip')
    with zipfile.ZipFile(archive) as opened:
        submission = json.loads(opened.read('evidence.json'))
        notes = opened.read('README.md').decode()
    assert {e['task'] for e in submission['tasks']} == set(QUICK)
    assert 'pipeline(str(MODEL)' in notes, 'the code that was run'
    assert not re.search(r'/(home|root|tmp|work)/', notes + json.dumps(submission))
