"""The loop with a client that plays the model: limits, errors as answers, several calls; tasks and their rate."""

import inspect
import json

import pytest

from lessons.agent import loop, tasks
from lessons.agent.loop import Run, run
from lessons.agent.pages import Pages
from lessons.agent.rate import interval, table
from lessons.agent.scripted import ScriptedClient, calls, says
from lessons.agent.tasks import TWENTY, Task, is_solved
from lessons.agent.tools import Tool, Toolbox, course_tools, small_sums

ASKED = {'model': 'm', 'temperature': 0}
ADD = ('add', '{"a": 1, "b": 2}')


@pytest.fixture
def box():
    return Toolbox(small_sums())


def roles(found):
    return [message['role'] for message in found.messages]


def results(found):
    return [message['content'] for message in found.messages if message['role'] == 'tool']


def test_words_end_it(box):
    client = ScriptedClient([says('hello')])
    found = run(client, ASKED, box, 'hi')
    assert (found.ended, found.steps, found.answer, roles(found)) == ('answered', 1, 'hello', ['user', 'assistant'])
    (request,) = client.requests
    assert request == {'messages': [{'role': 'user', 'content': 'hi'}], 'tools': box.descriptions} | ASKED


def test_a_call_its_result_and_the_words(box):
    client = ScriptedClient([calls(ADD), says('It is 3.')])
    found = run(client, ASKED, box, 'What is 1 + 2?')
    assert (found.ended, found.steps, found.answer) == ('answered', 2, 'It is 3.')
    assert client.requests[1]['messages'][1:] == [
        {
            'role': 'assistant',
            'tool_calls': [
                {'id': 'call_0', 'type': 'function', 'function': {'name': ADD[0], 'arguments': ADD[1]}},
            ],
        },
        {'role': 'tool', 'tool_call_id': 'call_0', 'content': '3'},
    ]


def test_several_calls_in_one_turn_are_answered_in_order(box):
    found = run(ScriptedClient([calls(ADD, ('mul', '{"a": 6, "b": 7}'), ADD), says('done')]), ASKED, box, '?')
    assert [(m['tool_call_id'], m['content']) for m in found.messages if m['role'] == 'tool'] == [
        ('call_0', '3'),
        ('call_1', '42'),
        ('call_2', '3'),
    ]
    assert found.steps == 2


@pytest.mark.parametrize('most_steps', [1, 2, 6])
def test_what_never_ends_is_ended(box, most_steps):
    client = ScriptedClient([calls(ADD)])
    found = run(client, ASKED, box, '?', most_steps=most_steps)
    assert (found.ended, found.steps, found.answer) == ('step limit', most_steps, '')
    assert len(client.requests) == most_steps


def test_a_mistake_is_an_answer_and_the_model_may_go_on(box):
    answers = [calls(('clock', '{}'), ('add', '1 + 2'), ('add', '{"a": 1}')), calls(ADD), says('3')]
    found = run(ScriptedClient(answers), ASKED, box, '?')
    errors = results(found)
    assert 'no such tool: clock' in errors[0]
    assert errors[1].startswith('error: Extra data')
    assert "'b' is a required property" in errors[2]
    assert (errors[3], found.answer) == ('3', '3')


@pytest.mark.parametrize('text', [None, '', ' \n'])
def test_neither_words_nor_a_call(box, text):
    found = run(ScriptedClient([says(text)]), ASKED, box, '?')
    assert (found.ended, found.answer, found.steps) == ('empty', '', 1)


def test_a_fault_of_the_server_is_raised(box):
    client = ScriptedClient([says('x')])

    def fails(**_):
        raise ConnectionError('gone')

    client.chat.completions.create = fails
    with pytest.raises(ConnectionError):
        run(client, ASKED, box, '?')


def test_what_is_not_allowed_is_not_run():
    done, seen = [], []
    box = Toolbox([*small_sums(), Tool('act', 'Acts', {}, lambda: done.append(1) or 'done')])

    def may(name, messages):
        seen.append((name, [message['role'] for message in messages]))
        return name != 'act'

    found = run(ScriptedClient([calls(ADD, ('act', '{}')), says('x')]), ASKED, box, '?', may=may)
    assert results(found) == ['3', 'error: act is not allowed here']
    assert done == []
    assert seen == [('add', ['user', 'assistant']), ('act', ['user', 'assistant', 'tool'])]
    run(ScriptedClient([calls(('act', '{}')), says('x')]), ASKED, box, '?')
    assert done == [1], 'without a policy everything is'


def test_it_has_forty_lines():
    lines = [line for line in inspect.getsource(loop).splitlines() if line.strip()]
    assert len(lines) <= 40


def test_the_messages_can_be_sent(box):
    json.dumps(run(ScriptedClient([calls(ADD), says('x')]), ASKED, box, '?').messages)


def answered(text):
    return Run([{'role': 'assistant', 'content': text}], 'answered', 1)


@pytest.mark.parametrize(
    ('right', 'text', 'solved'),
    [
        ('84', 'The result is 84.', True),
        ('84', '等于84。', True),
        ('84', 'The result is 840.', False),
        ('84', 'The result is 184.', False),
        ('84', 'The result is 84.5', False),
        ('84', 'The result is 3.84', False),
        ('4731', '57 times 83 is 4,731.', True),
        ('731', '4,731', False),
        ('20:00', '北京现在是 20:00。', True),
        ('20:00', '120:00', False),
        ('04_awq.ipynb', 'See deep/04_awq.ipynb.', True),
        ('04_awq.ipynb', '04_awq', False),
    ],
)
def test_an_answer_is_exact(right, text, solved):
    assert is_solved(Task('k', 'q', right), answered(text)) is solved


def test_a_run_without_an_answer_solves_nothing():
    messages = [{'role': 'tool', 'content': '84'}]
    assert not is_solved(Task('k', 'q', '84'), Run(messages, 'step limit', 6))
    assert not is_solved(Task('k', 'q', '84'), Run(messages, 'empty', 1))


def test_there_are_twenty_tasks_and_none_twice():
    assert len(TWENTY) == len({task.question for task in TWENTY}) == 20
    assert len({task.kind for task in TWENTY}) == 5


def test_the_tools_can_solve_every_task():
    """An agent that knew how to use them would have all twenty; the questions do not hold their answers."""
    from datetime import datetime

    noon = datetime.fromisoformat(tasks.NOON)
    box = Toolbox(course_tools(Pages(), lambda: noon))
    ways = {
        'one sum': ['57*83', '408+977', '36*125', '12*24', '2345+678'],
        'two sums': ['(12+30)*2', '(125+75)*31', '15*27+100', '14*3+58'],
        'time': ['Beijing', '东京', 'Paris', 'Cairo'],
        'other sums': ['1000-358', '2**16', '12+30+5+200'],
        'search': ['prefix caching', 'publish a chat page', 'tensor parallelism', 'how AWQ works'],
    }
    tools = {'time': ('get_time', 'city'), 'search': ('search', 'query')}
    for kind, given in ways.items():
        of_kind = [task for task in TWENTY if task.kind == kind]
        name, parameter = tools.get(kind, ('calculate', 'expression'))
        for task, value in zip(of_kind, given, strict=True):
            assert is_solved(task, answered(box.call(name, json.dumps({parameter: value})))), task
            assert not is_solved(task, answered(task.question)), task


def test_an_interval_holds_the_rate():
    for of in (1, 4, 20, 400):
        for solved in range(of + 1):
            low, high = interval(solved, of)
            assert 0 <= low <= solved / of <= high <= 1
            assert high - low < 1
    assert interval(0, 20)[1] == pytest.approx(0.161, abs=0.001)
    assert interval(12, 20) == pytest.approx((0.387, 0.781), abs=0.001)
    for wrong in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match='is no rate'):
            interval(*wrong)


def test_the_table():
    assert table(['b', 'a', 'b'], [True, False, True]).splitlines() == [
        'b            2 of  2',
        'a            0 of  1',
        'all          2 of  3: 67%, 95 % interval 21% to 94%',
    ]
