"""Fixed batches and continuous batching: the schedules are those of transformers and LMDeploy, the picture theirs."""

import dataclasses
import random
import re
from types import SimpleNamespace

import pytest
import torch

from lessons.kv_cache.trace import rehearse_blocks
from lessons.pictures import batching_picture
from lessons.pictures.batching import EDGE, GRID, LEFT, MOST_STEPS, RIGHT, ROW
from lessons.speed.engines import TransformersGenerate
from lessons.speed.schedules import Schedule, continuous_batching, fixed_batches

LOAD = [4, 48, 16, 64, 8, 32, 24, 40] * 2
BOTH = [fixed_batches, continuous_batching]
LOADS = [(random.Random(n).choices(range(1, 60), k=random.Random(n).randint(1, 16)), n % 4 + 1) for n in range(40)]


def shown(**more):
    return batching_picture(LOAD, 4, **({'fixed_step_s': 0.0085, 'continuous_step_s': 0.0053} | more))


def texts(step, language='en') -> list[str]:
    found = [shape.words for shape in step.shapes if shape.tag == 'text']
    return [words if isinstance(words, str) else getattr(words, language) for words in found]


def drawn(step, tag, **wanted) -> list[dict]:
    """The attributes of a step's shapes that have these."""
    found = [dict(shape.attributes) for shape in step.shapes if shape.tag == tag]
    return [a for a in found if wanted.items() <= a.items()]


def seconds(step) -> float:
    """Where the cursor is; of the last step, which has none, None."""
    return next((float(t[:-2]) for t in texts(step) if re.fullmatch(r'\d+\.\d\d s', t)), None)


@pytest.mark.parametrize(('lengths', 'places'), LOADS)
@pytest.mark.parametrize('schedule', BOTH)
def test_each_request_runs_once_for_its_length_and_no_place_has_two(schedule, lengths, places):
    runs = schedule(lengths, places)
    assert [run.end - run.start for run in sorted(runs, key=lambda run: run.request)] == lengths
    assert [run.request for run in runs] == list(range(1, len(lengths) + 1))
    assert [run.start for run in runs] == sorted(run.start for run in runs), 'first come, first served'
    for step in range(max(run.end for run in runs)):
        taken = [run.place for run in runs if run.start <= step < run.end]
        assert len(taken) == len(set(taken)) <= places
        assert set(taken) <= set(range(places))


@pytest.mark.parametrize(('lengths', 'places'), LOADS)
def test_a_fixed_batch_begins_when_all_of_the_last_are_done(lengths, places):
    runs = fixed_batches(lengths, places)
    for at, run in enumerate(runs):
        before = runs[: at // places * places]
        assert run.start == max((other.end for other in before), default=0)


@pytest.mark.parametrize(('lengths', 'places'), LOADS)
def test_continuous_batching_leaves_no_place_empty_while_somebody_waits(lengths, places):
    made = Schedule(continuous_batching(lengths, places), places, 1.0)
    for step in range(made.steps):
        if [run for run in made.runs if run.start > step]:
            assert len(made.running(step)) == places
    assert made.steps <= Schedule(fixed_batches(lengths, places), places, 1.0).steps


@pytest.mark.parametrize('schedule', BOTH)
def test_what_is_written_and_what_is_empty_is_counted_step_by_step(schedule):
    made, tokens, empty = Schedule(schedule(LOAD, 4), 4, 0.5), 0, set()
    for step in range(made.steps):
        assert (made.tokens(step), made.empty(step)) == (tokens, len(empty))
        ended = {run.request for run in made.runs if run.end <= step}
        there = {*ended, *(run.request for run in made.running(step) if step)}
        assert set(made.waiting(step)) == set(range(1, 17)) - there
        gaps = {(place, at) for place, start, end in made.gaps(step) for at in range(start, end)}
        assert gaps == empty
        tokens += len(made.running(step))
        empty |= {(place, step) for place in set(range(4)) - {run.place for run in made.running(step)}}
    assert tokens == sum(LOAD)
    assert made.empty_share == len(empty) / (4 * made.steps)
    assert made.done_at(0.499) == 0
    assert made.done_at(0.5) == 1
    assert made.done_at(1e9) == made.steps == made.seconds / 0.5


def test_transformers_generate_runs_the_fixed_batches():
    """Its engine of chapter 7, with a model that writes what it is told to."""
    ran, clock = [], []

    def generate(input_ids, max_new_tokens, streamer, **_):
        ran.append((len(input_ids), max_new_tokens))
        for _ in range(max_new_tokens + 1):
            streamer.put(None)

    engine = TransformersGenerate.__new__(TransformersGenerate)
    engine.model, engine.options = SimpleNamespace(device=torch.device('cpu'), generate=generate), {}
    engine.stream([[1]] * len(LOAD), LOAD, 4, clock.append)
    starts = sorted({run.start for run in fixed_batches(LOAD, 4)})
    ends = [*starts[1:], Schedule(fixed_batches(LOAD, 4), 4, 1.0).steps]
    assert ran == [(4, end - start) for start, end in zip(starts, ends, strict=True)]
    assert [timing.output_tokens for timing in clock] == LOAD


def test_lmdeploys_scheduler_gives_the_places_in_the_same_order():
    """Where it reads a prompt as soon as it may: with at most a step between two prefills."""
    lengths = [40, 480, 160, 640, 80, 320, 240, 400]  # so long that the steps of prefill change no order
    trace = rehearse_blocks(200, [(10, n) for n in lengths], max_batch_size=4, prefill_interval=1)
    running = [frozenset(c.number for c in m.conversations if c.state == 'running') for m in trace.moments]
    made = Schedule(continuous_batching(lengths, 4), 4, 1.0)
    times = sorted({0} | {run.end for run in made.runs})[:-1]
    for expected in (frozenset(run.request for run in made.running(step)) for step in times):
        assert expected in running
        running = running[running.index(expected) :]


def test_the_steps_show_what_the_schedules_say():
    picture = shown()
    ways = [Schedule(fixed_batches(LOAD, 4), 4, 0.0085), Schedule(continuous_batching(LOAD, 4), 4, 0.0053)]
    ends = sorted({round(run.end * way.step_s, 12) for way in ways for run in way.runs})
    assert len(picture.steps) == MOST_STEPS
    assert seconds(picture.steps[0]) == 0.0
    assert seconds(picture.steps[1]) == round(ends[0], 2), 'the first answer'
    scale = (RIGHT - LEFT) / max(way.seconds for way in ways)
    for step in picture.steps[:-1]:
        said = texts(step)
        at = (drawn(step, 'line', stroke='red_line')[0]['x1'] - LEFT) / scale
        now = min([0.0, *ends], key=lambda end: abs(end - at))
        for way, y in zip(ways, (34, 34 + 4 * ROW + 82), strict=True):
            done = way.done_at(now)
            assert f'{way.tokens(done)} tokens, {way.empty(done)} place-steps empty' in said
            written = LEFT + scale * way.step_s * done
            strokes = [a for a in drawn(step, 'line', stroke='rule') if y <= a['y2'] < y + 4 * ROW]
            assert all(a['x2'] <= written + 0.1 for a in strokes)
            waiting = drawn(step, 'rect', width=24, y=y + 4 * ROW + 8)
            assert len(waiting) == len(way.waiting(done))
            bars = [a for a in drawn(step, 'rect', height=ROW - 4) if y <= a['y'] < y + 4 * ROW]
            assert len(bars) == len([run for run in way.runs if run.start < done])
            assert len([a for a in bars if 'stroke' in a]) == len([r for r in way.running(done) if r.start < done])


def test_only_empty_places_are_hatched():
    last = shown().steps[-1]
    fixed = Schedule(fixed_batches(LOAD, 4), 4, 0.0085)
    unit = (RIGHT - LEFT) / fixed.steps
    strokes = [a for a in drawn(last, 'line', stroke='rule') if a['x2'] - a['x1'] == GRID and a['y2'] < 34 + 4 * ROW]
    assert strokes
    for a in strokes:
        place = (a['y2'] - 36) // ROW
        inside = [s for p, s, e in fixed.gaps(fixed.steps) if p == place and unit * s <= a['x1'] - LEFT + 0.1
                  and a['x2'] - LEFT - 0.1 <= unit * e]  # fmt: skip
        assert inside, a


def test_the_captions_say_who_waits_for_whom_and_the_last_one_both_totals():
    said = [step.caption.en for step in shown().steps]
    assert said[0] == 'All 16 requests are there. Which way leaves fewer places empty?'
    assert said[1].endswith('Continuous batching: request 5 took a free place at the next step.')
    assert said[2].startswith('Fixed batches: 2 places are empty until request 4 is done.')
    padded = sum(max(LOAD[at : at + 4]) for at in range(0, 16, 4))
    fixed_s, steps = padded * 0.0085, Schedule(continuous_batching(LOAD, 4), 4, 1).steps
    assert said[-1] == (
        f'Fixed batches: {padded} steps of 8.5 ms, {fixed_s:.2f} s, {1 - sum(LOAD) / 4 / padded:.0%} of the places '
        f'empty. Continuous batching: {steps} steps of 5.3 ms, {steps * 0.0053:.2f} s, '
        f'{1 - sum(LOAD) / 4 / steps:.0%} empty: {fixed_s / steps / 0.0053:.2f} times as fast, '
        f'of which the schedule makes {padded / steps:.2f} and the step {0.0085 / 0.0053:.2f}.'
    )


def test_where_one_way_is_much_faster_the_axis_grows():
    """So that its bars can be read."""
    picture = shown(fixed_step_s=0.0172, continuous_step_s=0.0023)
    longest = [max(float(t[:-2]) for t in texts(s) if re.fullmatch(r'[\d.]+ s', t)) for s in picture.steps]
    grown = [n for n, step in enumerate(picture.steps) if 'the axis is longer' in step.caption.en]
    assert len(grown) == 1
    assert longest[0] == 0.3
    assert longest[-1] == 3.0
    assert next(n for n, end in enumerate(longest) if end > 1) == grown[0]
    assert 'the axis is longer' not in ''.join(step.caption.en for step in shown().steps)
    for step in picture.steps:
        assert all(a['x'] >= EDGE and a['x'] + a['width'] <= RIGHT + 0.2 for a in drawn(step, 'rect'))


def test_a_load_that_cannot_be_or_has_no_room_is_refused():
    for lengths, places in (([], 4), ([5] * 17, 4), ([5] * 8, 5), ([5], 0)):
        with pytest.raises(ValueError, match=f'{len(lengths)} requests in {places} places: from 1 to 16 requests'):
            batching_picture(lengths, places, fixed_step_s=0.01, continuous_step_s=0.01)
    with pytest.raises(ValueError, match='an answer of 0 tokens'):
        batching_picture([3, 0], 2, fixed_step_s=0.01, continuous_step_s=0.01)
    with pytest.raises(ValueError, match=r'steps of 0\.01 s and 0 s: both must be above 0'):
        batching_picture([3, 1], 2, fixed_step_s=0.01, continuous_step_s=0)


@pytest.mark.parametrize('language', ['en', 'zh'])
@pytest.mark.parametrize(
    ('lengths', 'steps_s'),
    [
        (LOAD, (0.0085, 0.0053)),
        (LOAD, (0.0172, 0.0023)),
        ([129, 121, 154, 390, 511, 421, 461, 306, 125, 210, 353, 316, 355, 474, 180, 253], (0.012, 0.005)),
        ([20, 20, 14, 59, 11, 6, 1, 17, 30, 5, 39, 17, 33, 56, 15, 13], (0.009, 0.01)),
        ([1], (0.01, 0.01)),
    ],
)
def test_any_load_is_small_and_has_no_english_word_in_the_chinese(lengths, steps_s, language):
    made = batching_picture(lengths, 4, fixed_step_s=steps_s[0], continuous_step_s=steps_s[1])
    made = dataclasses.replace(made, language=language)
    assert sum(map(len, made._repr_mimebundle_().values())) < 59_000
    for step in made.steps:
        said = ' '.join([*texts(step, 'zh'), step.caption.zh, made.title.zh, made.about.zh])
        assert not re.findall(r'[A-Za-z]{3,}', said)
