"""What all campaigns do: cases on cards, weights made once, rows kept, broken off and gone on with."""

import dataclasses
import json
import threading
import time

import pytest

from benchmarks import campaign
from benchmarks.campaign import Campaign, Cards, campaign_line


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    cards: int = 1


class Processes:
    """Processes that are none: `measure(…)` reports at once."""

    def __init__(self, method, environment):
        assert (method, environment) == ('forkserver', {})

    def measure(self, measure, arguments, *, keep, environment, timeout_s, deadline, give_up):
        while arguments[0].name == 'endless' and not give_up():
            time.sleep(0.01)
        measure(*arguments, environment['CUDA_VISIBLE_DEVICES'], lambda **row: keep(row))


def measure_case(case, folder, todo, plan, cards, report):
    if case.name == 'interrupted':
        raise KeyboardInterrupt
    for at in todo:
        if case.name == 'broken':
            raise RuntimeError('no such engine\nand more')
        report(at=at, on=cards, weights=folder.rpartition('/')[2])


class Toy(Campaign):
    topic = 'toy'
    measure_case = staticmethod(measure_case)

    def __init__(self, args, cases):
        super().__init__(args, cases)
        self.made = []

    def todo_of(self, case):
        return [2, 1]

    def key_of(self, row):
        return Case(row['name'], row['cards']), row['at']

    def line_of(self, row):
        return f'{row["name"]} at {row["at"]}'

    def cards_of(self, case):
        return case.cards

    def checkpoint_of(self, case):
        return case.name[0]

    def make_checkpoint(self, case, folder, cards):
        time.sleep(0.05)
        self.made.append((case.name, cards))
        if case.name[0] != 'x':
            folder.mkdir()

    def record_of(self, rows):
        return 'toy', {'rows': rows, 'ended_early': self.ended_early()}


class Ahead(Toy):
    ahead = 2


@pytest.fixture
def run(monkeypatch, tmp_path, saved):
    """run(kind, *cases) -> the campaign, after its main; `run.codes` are what main returned."""
    monkeypatch.setattr(campaign, 'Processes', Processes)
    codes = []

    def call(kind, *cases, minutes='1', gpus=(0, 1)):
        line = [
            '--rows',
            str(tmp_path / 'rows.jsonl'),
            '--minutes',
            minutes,
            '--save',
            'h200/toy',
            '--commit',
            '0123abc',
        ]
        args = campaign_line('A toy.', 'h200/toy', minutes=60).parse_args(line)
        args.gpus = list(gpus)
        made = kind(args, list(cases))
        codes.append(made.main())
        return made

    call.codes, call.rows = codes, tmp_path / 'rows.jsonl'
    return call


@pytest.mark.parametrize('kind', [Toy, Ahead])
def test_all_is_measured_and_saved_in_the_plans_order(run, saved, kind):
    toy = run(kind, Case('b', 2), Case('a1'), Case('a2'))
    assert run.codes == [0]
    assert toy.complete
    ((name, record),) = saved
    assert (name, record.topic, record.commit) == ('h200/toy', 'toy', '0123abc')
    rows = record.data['rows']
    assert [(row['name'], row['at']) for row in rows] == [(n, at) for n in ('b', 'a1', 'a2') for at in (1, 2)]
    assert {row['on'] for row in rows if row['name'] == 'b'} == {'0,1'}
    assert all(row['weights'] == row['name'][0] for row in rows)
    assert sorted(name for name, _ in toy.made) in (['a1', 'b'], ['a2', 'b']), 'weights are made once'
    assert all((cards == []) == (kind is Ahead) for _, cards in toy.made)
    assert not run.rows.exists()  # the next call measures anew


@pytest.mark.parametrize('kind', [Toy, Ahead])
def test_what_fails_costs_no_other_case_and_is_tried_again(run, saved, kind, capsys):
    toy = run(kind, Case('broken'), Case('x1'), Case('x2'), Case('b'))
    assert run.codes == [0], 'no case is left'
    assert not toy.complete
    why = {row['name']: row['why'] for row in saved[0][1].data['ended_early']}
    assert why['broken'] == 'RuntimeError: no such engine'
    assert why['x1'] == why['x2']
    assert why['x1'].endswith('/x could not be made')
    assert 'broken ended early: RuntimeError: no such engine\nand more' in capsys.readouterr().out
    assert len([name for name, _ in toy.made if name[0] == 'x']) == 1, 'not tried again by the next case'
    assert [json.loads(line)['name'] for line in run.rows.read_text().splitlines()] == ['b', 'b']
    assert [case.name for case, _ in toy.waiting()] == ['broken', 'x1', 'x2']


def test_broken_off_nothing_else_begins(run, saved):
    with pytest.raises(KeyboardInterrupt):
        run(Toy, Case('a'), Case('interrupted'), Case('b'), gpus=[0])
    assert [json.loads(line)['name'] for line in run.rows.read_text().splitlines()] == ['a', 'a']
    assert saved == []
    toy = run(Toy, Case('a'), Case('b'))
    assert [name for name, _ in toy.made] == ['b'], 'what was measured is not measured again'
    assert len(saved[0][1].data['rows']) == 4


def test_broken_off_what_runs_beside_ends_too(run):
    with pytest.raises(KeyboardInterrupt):
        run(Toy, Case('endless'), Case('interrupted'))


def test_nothing_begins_after_the_minutes(run, saved, capsys):
    toy = run(Toy, Case('a'), Case('b'), minutes='0')
    assert run.codes == [1]
    assert toy.over
    assert toy.made == saved == []
    assert '0 minutes are over; 2 cases were not begun: the same call goes on with them' in capsys.readouterr().out


def test_what_is_left_is_shown(run, capsys):
    run(Toy, Case('a'), Case('broken')).show()
    assert capsys.readouterr().out.splitlines()[-1] == 'broken: [2, 1]'


def test_cards_are_lent_to_one_case_at_a_time():
    cards, soon = Cards([0, 1, 2, 3]), time.monotonic() + 30
    one, two = cards.take(1, soon), cards.take(2, soon)
    assert (one, two) == ([0], [1, 2])
    assert cards.take(2, time.monotonic() + 0.1) is None
    threading.Timer(0.2, cards.give_back, [two]).start()
    assert cards.take(3, soon) == [1, 2, 3]
