"""A batch of fixed places against continuous batching: who runs, who waits, and how many places are empty."""

from itertools import pairwise

from lessons.pictures.frame import MovingPicture, Step
from lessons.pictures.shapes import Shape, line, rect, text
from lessons.pictures.words import Words, say
from lessons.speed.schedules import Run, Schedule, continuous_batching, fixed_batches

MOST_REQUESTS, MOST_PLACES, MOST_STEPS = 16, 4, 12
EDGE, LEFT, RIGHT, WAITING, ROW, GRID = 20, 20, 620, 100, 26, 20
COLOURS = 'blue', 'green', 'sand', 'violet', 'red'


def batching_picture(
    output_lengths: list[int], places: int, *, fixed_step_s: float, continuous_step_s: float
) -> MovingPicture:
    """A step for each time at which an answer ends, in either way (of many, for those that lie furthest apart).

    Where one way needs less than a third of the other's time, the axis ends with it at first, and is longer later.

    Args:
        output_lengths: tokens of each answer, in the order in which the requests come, all at once.
        places: how many run at once.
        fixed_step_s, continuous_step_s: the time of a step of decoding in each way: a measured TPOT at so many at once.
    Raises:
        ValueError: a length, a time or a number of places below what there can be, or more than the picture has room
            for.
    """
    if not 1 <= len(output_lengths) <= MOST_REQUESTS or not 1 <= places <= MOST_PLACES:
        raise ValueError(
            f'{len(output_lengths)} requests in {places} places: from 1 to {MOST_REQUESTS} requests and from 1 to '
            f'{MOST_PLACES} places have room in the picture'
        )
    if min(output_lengths) < 1:
        raise ValueError(f'an answer of {min(output_lengths)} tokens: each has at least one')
    if not min(fixed_step_s, continuous_step_s) > 0:
        raise ValueError(f'steps of {fixed_step_s} s and {continuous_step_s} s: both must be above 0')
    fixed = Schedule(fixed_batches(output_lengths, places), places, fixed_step_s)
    continuous = Schedule(continuous_batching(output_lengths, places), places, continuous_step_s)
    steps, before, axis_before_s = [], 0.0, None
    for now, axis_s in _moments(fixed, continuous):
        caption = _caption(fixed, continuous, before, now)
        if axis_before_s not in (None, axis_s):
            caption = say('{said} (From here on the axis is longer.)', said=caption)
        steps.append(Step(_shapes(fixed, continuous, now, axis_s), caption))
        before, axis_before_s = now, axis_s
    return MovingPicture(
        say('Fixed batches and continuous batching'),
        say(
            'Above fixed batches, below continuous batching, on one axis of time. A row is a place of the batch, a bar '
            'a request, hatched grey an empty place. A place-step is one place at one step.'
        ),
        steps,
        height=_bottom(places) + 56,
    )


def _moments(fixed: Schedule, continuous: Schedule) -> list[tuple[float, float]]:
    """(seconds, where the axis ends) of each step of the picture."""
    ends = {round(run.end * way.step_s, 12) for way in (fixed, continuous) for run in way.runs}
    short, long = sorted(round(way.seconds, 12) for way in (fixed, continuous))
    if long <= 3 * short:
        return [(s, long) for s in _apart([0.0, *sorted(ends)], MOST_STEPS)]
    early = _apart([0.0, *sorted(s for s in ends if s <= short)], MOST_STEPS * 2 // 3)
    late = _apart(sorted(s for s in ends if s > short), MOST_STEPS // 3)
    return [(s, short) for s in early] + [(s, long) for s in late]


def _over(fixed: Schedule, continuous: Schedule, now: float) -> bool:
    return all(way.done_at(now) == way.steps for way in (fixed, continuous))


def _apart(times: list[float], most: int) -> list[float]:
    """Those that lie furthest apart; the first two, where the first answer ends, and the last stay."""
    kept = list(times)
    while len(kept) > most:
        gaps = [later - earlier for earlier, later in pairwise(kept)][1:-1]
        del kept[gaps.index(min(gaps)) + 2]
    return kept


def _top(places: int, chart: int) -> int:
    """The upper edge of a chart's rows."""
    return 34 + chart * (ROW * places + 82)


def _bottom(places: int) -> int:
    """The axis."""
    return _top(places, 1) + ROW * places + 42


def _shapes(fixed: Schedule, continuous: Schedule, now: float, axis_s: float) -> list[Shape]:
    """All that is seen; what stays stands in the order in which it came, so that a step is stored as a few runs."""
    scale, bottom, at = (RIGHT - LEFT) / axis_s, _bottom(fixed.places), LEFT + now * (RIGHT - LEFT) / axis_s
    over = _over(fixed, continuous, now)
    shapes, empty, lasting, moving = _axis(bottom, axis_s, scale), [], [], []
    for chart, (name, way) in enumerate(((say('Fixed batches'), fixed), (say('Continuous batching'), continuous))):
        top, step, unit = _top(way.places, chart), way.done_at(now), scale * way.step_s
        shapes += _rows(name, way, top, unit)
        shapes += _queue(way, step, top + ROW * way.places + 8)
        empty.append(rect(LEFT, top + 1, unit * step, ROW * way.places - 2, 'grey'))  # seen where no bar is
        moving.append(text(RIGHT, top - 12, _counter(way, step, over), 16, anchor='end'))
        for run in way.runs:
            bar = _bar(run, step, top + ROW * run.place, unit)
            if run.end <= step:
                lasting.append((LEFT + unit * run.end, bar))
            else:
                moving += bar
        for place, start, end in way.gaps(step):
            lasting += _strokes(LEFT + unit * start, LEFT + unit * end, top + ROW * place)
    for _, some in sorted(lasting, key=lambda done: done[0]):
        shapes += some
    if not over:
        for chart in (0, 1):
            top = _top(fixed.places, chart)
            moving.append(line(at, top - 4, at, top + ROW * fixed.places + 4, 'red_line', thick=2))
        moving.append(text(max(at, EDGE + 20), bottom + 40, f'{now:.2f} s', 16, 'red_line', anchor='middle'))
    return [*empty, *shapes, *moving]


def _rows(name: Words, way: Schedule, top: float, unit: float) -> list[Shape]:
    """What does not move: the heading, and a row for each place, as long as the way takes."""
    rows = [
        rect(LEFT, top + ROW * place + 1, min(unit * way.steps, RIGHT - LEFT), ROW - 2, 'none', 'rule', dashed=True)
        for place in range(way.places)
    ]
    return [text(EDGE, top - 12, name, bold=True), *rows]


def _counter(way: Schedule, step: int, over: bool) -> Words:
    if over:
        return say('{share:.0%} empty', share=way.empty_share)
    return say('{tokens} tokens, {empty} place-steps empty', tokens=way.tokens(step), empty=way.empty(step))


def _queue(way: Schedule, step: int, y: float) -> list[Shape]:
    queue = way.waiting(step)
    shapes = [text(EDGE, y + 17, say('waiting'), 16)] if queue else []
    for request in reversed(queue):
        x = WAITING + 28 * (request - 1)
        shapes.append(rect(x, y, 24, 22, _colour(request)))
        shapes.append(text(x + 12, y + 17, str(request), 16, anchor='middle'))
    return shapes


def _bar(run: Run, step: int, y: float, unit: float) -> list[Shape]:
    """A request as far as it is written; with an outline while it runs."""
    if step <= run.start:
        return []
    x, width, colour = LEFT + unit * run.start, unit * (min(step, run.end) - run.start), _colour(run.request)
    outline = (f'{colour}_line', 3) if step < run.end else (None, None)
    shapes = [rect(x, y + 2, max(width - 1, 1), ROW - 4, colour, outline[0], thick=outline[1])]
    if width >= 9 * len(str(run.request)) + 6:
        shapes.append(text(x + 4, y + 19, str(run.request), 16))
    return shapes


def _strokes(start: float, end: float, y: float) -> list[tuple[float, list[Shape]]]:
    """The hatching of an empty place, each stroke with its right end; all lie on one grid, so that steps share them."""
    first, last = -int(-start // GRID), int(end // GRID)
    return [
        (GRID * (n + 1), [line(GRID * n, y + ROW - 2, GRID * (n + 1), y + 2, 'rule', thick=None)])
        for n in range(first, last)
    ]


def _axis(y: float, axis_s: float, scale: float) -> list[Shape]:
    """Seconds, at three to six round numbers."""
    between = next(n * 10.0**e for e in range(-6, 6) for n in (1, 2, 5) if axis_s / (n * 10.0**e) <= 6)
    shapes = [line(LEFT, y, RIGHT, y, 'rule')]
    for n in range(int(axis_s / between + 1e-6) + 1):
        x = LEFT + n * between * scale
        shapes += [line(x, y, x, y + 5, 'rule'), text(x, y + 22, f'{n * between:g} s', 16, anchor='middle')]
    return shapes


def _colour(request: int) -> str:
    return COLOURS[(request - 1) % len(COLOURS)]


def _caption(fixed: Schedule, continuous: Schedule, before: float, now: float) -> Words:
    if now == 0:
        return say('All {n} requests are there. Which way leaves fewer places empty?', n=len(fixed.runs))
    if _over(fixed, continuous, now):
        return _total(fixed, continuous)
    return say(
        'Fixed batches: {fixed}. Continuous batching: {continuous}.',
        fixed=_fixed(fixed, fixed.done_at(before), fixed.done_at(now)),
        continuous=_continuous(continuous, continuous.done_at(before), continuous.done_at(now)),
    )


def _total(fixed: Schedule, continuous: Schedule) -> Words:
    return say(
        'Fixed batches: {fixed_steps} steps of {fixed_ms:.1f} ms, {fixed_s:.2f} s, {fixed_empty:.0%} of the places '
        'empty. Continuous batching: {steps} steps of {ms:.1f} ms, {s:.2f} s, {empty:.0%} empty: {times:.2f} times as '
        'fast, of which the schedule makes {schedule:.2f} and the step {step:.2f}.',
        fixed_steps=fixed.steps,
        fixed_ms=1000 * fixed.step_s,
        fixed_s=fixed.seconds,
        fixed_empty=fixed.empty_share,
        steps=continuous.steps,
        ms=1000 * continuous.step_s,
        s=continuous.seconds,
        empty=continuous.empty_share,
        times=fixed.seconds / continuous.seconds,
        schedule=fixed.steps / continuous.steps,
        step=fixed.step_s / continuous.step_s,
    )


def _fixed(way: Schedule, before: int, step: int) -> Words:
    running = way.running(step)
    if not running:
        return say('all are done after {s:.2f} s', s=way.seconds)
    fresh, empty = [run.request for run in running if before < run.start], way.places - len(running)
    longest = max(running, key=lambda run: run.end).request
    if fresh and not empty:
        return say('the whole batch before is done, and {who} begin', who=_numbers(fresh))
    if not empty:
        return say('every place is at work')
    if empty == 1:
        return say('1 place is empty until request {n} is done', n=longest)
    return say('{empty} places are empty until request {n} is done', empty=empty, n=longest)


def _continuous(way: Schedule, before: int, step: int) -> Words:
    running = way.running(step)
    if not running:
        return say('all are done after {s:.2f} s', s=way.seconds)
    taken = [run.request for run in way.runs if before < run.start <= step]
    if empty := way.places - len(running):
        return say('nobody waits any more; empty places: {empty}', empty=empty)
    if taken:
        return say('{who} took a free place at the next step', who=_numbers(taken))
    return say('every place is at work')


def _numbers(requests: list[int]) -> Words:
    listed = Words(', '.join(map(str, requests)), '、'.join(map(str, requests)))
    return say('request {n}', n=listed) if len(requests) == 1 else say('requests {n}', n=listed)
