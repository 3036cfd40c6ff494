"""Blocks of the cache: users come, take blocks of 64 tokens, grow, wait, are put back into the queue."""

from collections.abc import Callable
from itertools import pairwise

import ipywidgets

from helpers.engine import engine_choice
from lessons.kv_cache.prediction import predict_memory
from lessons.kv_cache.trace import BlockTrace, Conversation, Moment, rehearse_blocks
from lessons.pictures.frame import MovingPicture, Step
from lessons.pictures.shapes import Shape, circle, rect, text
from lessons.pictures.words import Words, say
from lessons.widget import Panel

MOST_BLOCKS, MOST_USERS, MOST_STEPS = 40, 10, 22
LEFT, TOP, COLUMNS, WIDE, HIGH = 20, 40, 10, 60, 40  # of the boxes
COLOURS = 'blue', 'green', 'sand', 'violet', 'red'


def block_picture(trace: BlockTrace) -> MovingPicture:
    """A step for each moment of a trace (of a long one, for those in which somebody comes, goes or is put back).

    Raises:
        ValueError: nothing happened, or more blocks or users than have room in the picture.
    """
    users = max((c.number for m in trace.moments for c in m.conversations), default=0)
    if not users:
        raise ValueError('nobody came: serve something while `record_blocks` watches')
    if trace.num_blocks > MOST_BLOCKS or users > MOST_USERS:
        raise ValueError(
            f'{trace.num_blocks} blocks and {users} users: at most {MOST_BLOCKS} and {MOST_USERS} have room in the '
            'picture; take a smaller ratio, or fewer requests'
        )
    moments, before, steps = _telling(trace.moments), Moment(()), []
    for now in moments:
        steps.append(Step(_shapes(trace, now), _caption(trace, before, now)))
        before = now
    put_back = [n for n, (a, b) in enumerate(pairwise(moments), 1) if _put_back(a, b)]
    fullest = max(range(len(moments)), key=lambda n: moments[n].taken)
    return MovingPicture(
        say('Blocks of the KV cache'),
        say('A box for each block, with the number of the user who has it; below, who runs and who waits.'),
        steps,
        height=_bottom(trace) + 128,
        still=put_back[0] if put_back else fullest,
    )


def _telling(moments: list[Moment]) -> list[Moment]:
    """All of them, or of too many those in which somebody's state changes, and the fullest between."""
    if len(moments) <= MOST_STEPS:
        return moments

    def states(moment: Moment) -> list:
        return [(c.number, c.state) for c in moment.conversations]

    kept = [b for a, b in pairwise([Moment(()), *moments]) if states(a) != states(b)]
    return [*kept[: MOST_STEPS - 1], moments[-1]] if len(kept) > MOST_STEPS else kept


def _put_back(before: Moment, now: Moment) -> list[int]:
    ran = {c.number for c in before.conversations if c.state == 'running'}
    return [c.number for c in now.conversations if c.state == 'waiting' and c.number in ran]


def _bottom(trace: BlockTrace) -> float:
    return TOP + -(-trace.num_blocks // COLUMNS) * HIGH


def _shapes(trace: BlockTrace, now: Moment) -> list[Shape]:
    shapes = [text(LEFT, 26, say('{n} blocks of {tokens} tokens', n=trace.num_blocks, tokens=trace.block_tokens))]
    free = set(range(trace.num_blocks))
    for user in now.conversations:
        colour = COLOURS[(user.number - 1) % len(COLOURS)]
        for index, block in enumerate(user.blocks):
            at = block - 1  # LMDeploy keeps block 0 for itself
            free.discard(at)
            x, y = LEFT + at % COLUMNS * WIDE + 2, TOP + at // COLUMNS * HIGH + 2
            full = min(1, max(0.0, user.tokens / trace.block_tokens - index))
            shapes.append(rect(x, y, WIDE - 4, HIGH - 4, colour if full == 1 else 'grey', f'{colour}_line'))
            if full < 1:
                shapes.append(rect(x + 1, y + 1, round((WIDE - 6) * full), HIGH - 6, colour))
            shapes.append(text(x + WIDE / 2 - 2, y + HIGH / 2 + 4, str(user.number), 16, anchor='middle'))
    for at in sorted(free):
        x, y = LEFT + at % COLUMNS * WIDE + 2, TOP + at // COLUMNS * HIGH + 2
        shapes.append(rect(x, y, WIDE - 4, HIGH - 4, 'none', 'rule', dashed=True))
    bottom = _bottom(trace)
    for line, (state, name) in enumerate((('running', say('running')), ('waiting', say('waiting')))):
        y = bottom + 36 + 54 * line
        shapes.append(text(LEFT, y + 6, name))
        for place, user in enumerate([c for c in now.conversations if c.state == state]):
            shapes += _badge(118 + place * 43, y, user)
    return shapes


def _badge(x: float, y: float, user: Conversation) -> list[Shape]:
    """A user: the number, and below it the tokens of prompt and answer so far."""
    colour = COLOURS[(user.number - 1) % len(COLOURS)]
    return [
        circle(x, y, 14, colour if user.state == 'running' else 'paper', f'{colour}_line', thick=2),
        text(x, y + 6, str(user.number), 16, anchor='middle'),
        text(x, y + 31, str(user.tokens), 16, 'quiet', anchor='middle'),
    ]


def _caption(trace: BlockTrace, before: Moment, now: Moment) -> Words:
    then, here = ({c.number: c for c in m.conversations} for m in (before, now))
    came = [n for n, c in here.items() if c.state == 'running' and (n not in then or then[n].state == 'waiting')]
    new = [n for n, c in here.items() if c.state == 'waiting' and n not in then]
    grown = [n for n, c in here.items() if n in then and n not in came and len(c.blocks) > len(then[n].blocks)]
    lost = [n for n, c in here.items() if n in then and len(c.blocks) < len(then[n].blocks) and c.state == 'waiting']
    events = [
        _event(
            _put_back(before, now), lambda who: say('no block is free for {who}, who goes back into the queue', who=who)
        ),
        _event(lost, lambda who: say('the blocks of {who} are taken back; its tokens will be read again', who=who)),
        _event([n for n in then if n not in here], lambda who: say('{who}: finished, the blocks are free', who=who)),
        _event(came, lambda who: say('{who}: in, with blocks for the whole prompt', who=who)),
        _event(grown, lambda who: say('{who}: the last block is full, one more is taken', who=who)),
        _event(new, lambda who: say('{who}: waiting until the prompt fits', who=who)),
    ]
    said = [event for event in events if event]
    sentence = Words('; '.join(e.en for e in said), '；'.join(e.zh for e in said))
    return say('{taken} of {all} blocks taken: {events}.', taken=now.taken, all=trace.num_blocks, events=sentence)


def _event(numbers: list[int], sentence: Callable[[Words], Words]) -> Words | None:
    """The sentence about these users; None of nobody."""
    if not numbers:
        return None
    listed = Words(', '.join(map(str, numbers)), '、'.join(map(str, numbers)))
    who = say('user {n}', n=numbers[0]) if len(numbers) == 1 else say('users {n}', n=listed)
    return sentence(who)


class BlockExplorer(Panel):
    """Sliders for ratio and users over a rehearsal of LMDeploy's scheduler; without a kernel its first picture.

    The controls are attributes (`ratio`, `users`), and so is what they stand for (`trace`, `picture`).
    """

    def __init__(self, model, free_bytes: int, settings: dict):
        self._ratios = _ratios(model, free_bytes, settings)
        self._max_batch_size = settings['max_batch_size']
        names = [(f'{ratio:g} ({blocks})', ratio) for ratio, blocks in self._ratios.items()]
        wide = {'style': {'description_width': '160px'}, 'layout': ipywidgets.Layout(width='560px')}
        first = min(self._ratios, key=lambda ratio: abs(self._ratios[ratio] - 24))
        self.ratio = ipywidgets.SelectionSlider(options=names, value=first, description='ratio (blocks)', **wide)
        self.users = ipywidgets.IntSlider(value=6, min=1, max=MOST_USERS, description='users', **wide)
        self._shown = ipywidgets.Output()
        for control in (self.ratio, self.users):
            control.observe(self._redraw, 'value')
        super().__init__([self.ratio, self.users, self._shown])
        self._redraw()

    def _redraw(self, _=None) -> None:
        blocks = self._ratios[self.ratio.value]
        self.trace = rehearse_blocks(blocks, requests_of(self.users.value), max_batch_size=self._max_batch_size)
        self.picture = block_picture(self.trace)
        data = {'text/html': self.picture._repr_mimebundle_()['text/html']}  # a notebook stores what widgets hold
        self._shown.outputs = ({'output_type': 'display_data', 'data': data, 'metadata': {}},)

    def _repr_mimebundle_(self, **options) -> dict:
        """The first picture's still besides, for pages where no widget runs; what moves is in the widget."""
        data = self.picture._repr_mimebundle_()
        return super()._repr_mimebundle_(**options) | {kind: data[kind] for kind in ('image/png', 'text/plain')}

    def __repr__(self) -> str:
        return '<BlockExplorer>'


def block_explorer(model, free_bytes: int, *, max_batch_size: int = 8, **settings) -> BlockExplorer:
    """Sliders for ratio and users over what the PyTorch engine's scheduler does with its blocks; no model is loaded.

    Args:
        model, free_bytes: as in `predict_memory`, which says how many blocks a ratio makes.
        max_batch_size, settings: of the engine; `device` is this machine's.
    """
    given = {'engine': 'pytorch', 'device': engine_choice().device, 'max_batch_size': max_batch_size}
    return BlockExplorer(model, free_bytes, given | settings)


def requests_of(users: int) -> list[tuple[int, int]]:
    """(tokens of the prompt, of the answer) of each user: short and long prompts, answers of two or three blocks."""
    return [((100, 200, 300, 60, 400, 150)[n % 6], 150) for n in range(users)]


def _ratios(model, free_bytes: int, settings: dict) -> dict[float, int]:
    """{ratio: blocks}, rising, of caches that have room in the picture and hold each request.

    ValueError where there is none.
    """
    least = max(map(sum, requests_of(MOST_USERS))) // 64 + 3
    half = predict_memory(model, free_bytes, cache_max_entry_count=0.5, **settings)
    found = {}
    for blocks in range(least, MOST_BLOCKS + 1, 4):
        ratio = float(f'{1.02 * blocks * half.block_bytes * 0.5 / half.budget_bytes:.3g}')
        if 0 < ratio < 1:
            got = predict_memory(model, free_bytes, cache_max_entry_count=ratio, **settings).num_blocks
            if least <= got <= MOST_BLOCKS and got not in found.values():
                found[ratio] = got
    if not found:
        raise ValueError(f'{free_bytes / 2**20:,.0f} MiB: no ratio gives a cache of {least} to {MOST_BLOCKS} blocks')
    return found
