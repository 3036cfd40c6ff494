"""Inside an engine: one request, from the pipeline through queue, blocks, kernels and sampler to the stream."""

from itertools import pairwise

from lessons.pictures.followed import Followed, follow
from lessons.pictures.frame import MovingPicture, Step
from lessons.pictures.one_token import work_of
from lessons.pictures.shapes import Shape, arrow, line, rect, text
from lessons.pictures.still import png
from lessons.pictures.tokens import token_label, width_of
from lessons.pictures.words import LANGUAGES, Words, say

WIDE, GAP, INNER = 188, 18, 10  # a station, the space between two, its margin
LEFT = 20, 20 + WIDE + GAP, 20 + 2 * (WIDE + GAP)
UPPER, LOWER = (12, 176), (222, 176)  # the rows of stations: y, height
LOOP, HEIGHT = 414, 450  # where a token goes back; the picture
LINE, TOKEN = 23, 27  # from a line of words, from a row of tokens to the next
SHOWN = ((3, 7), (3, 5), (2, 5), (2, 4), (1, 4), (1, 3), (1, 2), (1, 1))  # the prompt's first and last tokens, to try
MOST_ROWS, MOST_BOXES, MOST_LINES, CANDIDATES = 5, 12, 6, 4
STILL_BYTES = 16_500
DECODES = 3  # steps that are shown, and the first later one that takes a block
PIPELINE, QUEUE, BLOCKS, KERNELS, SAMPLER, STREAM = range(6)


def inside_the_engine(pipe, prompt, gen_config) -> MovingPicture:
    """Run one request on this pipeline, and show what became of it; arguments and errors as `follow`."""
    return picture_of(follow(pipe, prompt, gen_config))


def picture_of(got: Followed) -> MovingPicture:
    """Arrival, waiting, blocks, prefill, some decode steps, the end."""
    steps = [
        Step(_stations(got, {PIPELINE}), _arrival(got)),
        Step(_stations(got, {QUEUE}), _waiting(got)),
        Step(_stations(got, {BLOCKS}, blocks=True), _blocks(got)),
    ]
    for n in told(got):
        steps.append(Step(_stations(got, {KERNELS, SAMPLER, STREAM}, blocks=True, token=n), _token(got, n)))
    last = len(got.answer) - 1
    steps.append(Step(_stations(got, {BLOCKS, STREAM}, token=last, ended=True), _end(got)))
    return MovingPicture(
        say('Inside an engine'),
        say(
            'Six stations, those at work in blue: the pipeline’s tokens, the queue, the blocks of the KV cache, the '
            'kernels, the sampler with the likeliest tokens, the stream. Each new token goes back into the kernels.'
        ),
        steps,
        height=HEIGHT,
        still=_still(steps),
    )


def _still(steps: list[Step]) -> int:
    """The first decode step, or prefill, or the blocks, where long tokens would make its PNG too large."""
    for n in (4, 3) if len(steps) > 5 else (3,):
        if max(len(png(steps[n].shapes, 640, HEIGHT, language)) for language in LANGUAGES) <= STILL_BYTES:
            return n
    return 2


def told(got: Followed) -> list[int]:
    """Which tokens of the answer get a step: the first ones, and the first later one for which a block is taken."""
    first = min(DECODES + 1, len(got.answer))
    grown = [n for n, (a, b) in enumerate(pairwise(got.blocks), 1) if b > a and n >= first]
    return [*range(first), *grown[:1]]


def _stations(
    got: Followed, at_work: set[int], blocks: bool = False, token: int | None = None, ended: bool = False
) -> list[Shape]:
    """All six; `token`: which of the answer was made last."""
    contents = [
        _prompt(got, whole=token is None),
        _queue(at_work, blocks, ended),
        _held(got, token or 0) if blocks else _given_back(got) if ended else [],
        _work(got, token) if token is not None and not ended else [],
        _candidates(got, token) if token is not None and not ended else [],
        _text(got, token, ended) if token is not None else [],
    ]
    names = (
        say('pipeline'),
        say('queue'),
        say('blocks'),
        say('kernels'),
        say('sampler'),
        say('stream'),
    )
    shapes: list[Shape] = []
    for n, (name, content) in enumerate(zip(names, contents, strict=True)):
        (x, y, high), here = _place(n), n in at_work
        line_colour, thick = ('blue_line', 4) if here else ('rule', 1)
        shapes.append(rect(x, y, WIDE, high, 'paper', line_colour, round=6, thick=thick))
        shapes.append(text(x + INNER, y + 24, name, 18, 'ink' if here else 'quiet', bold=here))
        shapes += content
    return [*shapes, *_arrows(), *_loop(token is not None and not ended)]


def _place(station: int) -> tuple[int, int, int]:
    """x, y and height."""
    return LEFT[station % 3], *(UPPER if station < 3 else LOWER)


def _arrows() -> list[Shape]:
    shapes: list[Shape] = []
    for n in (PIPELINE, QUEUE, KERNELS, SAMPLER):
        x, y, _ = _place(n)
        shapes += arrow(x + WIDE + 2, y + 19, x + WIDE + GAP - 2, y + 19)
    (right, top, high), (left, below, _) = _place(BLOCKS), _place(KERNELS)
    x, y, end = right + WIDE / 2, top + high + 16, left + WIDE / 2
    return [*shapes, line(x, top + high + 2, x, y), line(x, y, end, y), *arrow(end, y, end, below - 2)]


def _loop(used: bool) -> list[Shape]:
    """From the sampler back into the kernels."""
    (left, y, high), (right, _, _) = _place(KERNELS), _place(SAMPLER)
    colour = 'violet_line' if used else 'rule'
    start, end = right + WIDE / 2, left + WIDE / 2
    return [
        line(start, y + high + 2, start, LOOP, colour),
        line(start, LOOP, end, LOOP, colour),
        *arrow(end, LOOP, end, y + high + 2, colour),
        text((start + end) / 2, LOOP + 22, say('next token'), 16, 'quiet', anchor='middle'),
    ]


def _lines(station: int, *words: str | Words, first: int = 50) -> list[Shape]:
    x, y, _ = _place(station)
    return [text(x + INNER, y + first + LINE * n, w, 16) for n, w in enumerate(words)]


def _chip(x: float, y: float, label: str, colour: str = 'grey') -> list[Shape]:
    wide = width_of(label) + 11
    return [rect(x, y, wide, 23, colour), text(x + wide / 2, y + 17, label, 16, anchor='middle')]


def _prompt(got: Followed, whole: bool) -> list[Shape]:
    """The number of tokens, and some of them until they have been worked through: a still has bytes for so much."""
    (left, top, _), room = _place(PIPELINE), WIDE - 2 * INNER
    for first, last in ((len(got.prompt), 0), *SHOWN):
        kept = got.prompt_pieces
        if first + last < len(kept):
            kept = [*kept[:first], None, *kept[-last:]]
        rows: list[list[str]] = [[]]
        for label in ('…' if piece is None else token_label(piece) for piece in kept):
            if sum(width_of(word) + 14 for word in [*rows[-1], label]) - 3 > room:
                rows.append([])
            rows[-1].append(label)
        if len(rows) <= MOST_ROWS:
            break
    count = text(left + WIDE - INNER, top + 24, say('{n:,} tokens', n=len(got.prompt)), 16, anchor='end')
    shapes = [count]
    if not whole:
        return shapes
    for n, row in enumerate(rows[:MOST_ROWS]):
        x = left + INNER
        for label in row:
            y = top + 36 + TOKEN * n
            shapes += [text(x, y + 17, label, 16)] if label == '…' else _chip(x, y, label)
            x += width_of(label) + 14
    return shapes


def _queue(at_work: set[int], running: bool, ended: bool) -> list[Shape]:
    """Whether the one request that we follow waits or runs."""
    if running or ended:
        return _lines(QUEUE, say('running: {n}', n=int(running)))
    return _lines(QUEUE, say('waiting: {n}', n=int(QUEUE in at_work)))


def _held(got: Followed, token: int) -> list[Shape]:
    """A box for each block that the request has, as full as it is when the token is made."""
    held, there, (x, y, _) = got.blocks[token], len(got.prompt) + token, _place(BLOCKS)
    taken = (
        say('{n} taken', n=held) if got.num_blocks is None else say('{n} of {all:,} taken', n=held, all=got.num_blocks)
    )
    shapes = _lines(BLOCKS, taken, say('{n} of {room} places full', n=there, room=held * got.block_tokens))
    box = min(82, (WIDE - 2 * INNER + 4) // min(held, 6) - 4)
    for at in range(min(held, MOST_BOXES)):
        left, top = x + INNER + at % 6 * (box + 4), y + 86 + at // 6 * 26
        full = min(1, max(0.0, there / got.block_tokens - at))
        shapes += [rect(left, top, box, 22, 'green'), rect(left, top, box * full, 22, 'green_line')]
    if held > MOST_BOXES:
        shapes.append(text(x + WIDE - INNER, y + 24, '…', 16, anchor='end'))
    return shapes


def _given_back(got: Followed) -> list[Shape]:
    held = got.blocks[-1]
    if got.num_blocks is None:
        return _lines(BLOCKS, say('{n} given back', n=held))
    return _lines(
        BLOCKS,
        say('{n} given back', n=held),
        say('{n} of {all:,} taken', n=got.kept_blocks, all=got.num_blocks),
    )


def _work(got: Followed, token: int) -> list[Shape]:
    """What goes in, and what is read from the cache."""
    into = work_of(len(got.prompt), len(got.answer))[token].cached_tokens
    shapes = _lines(
        KERNELS,
        say('prefill') if token == 0 else say('decode step {n}', n=token),
        say('tokens in: {n:,}', n=into),
        say('from the cache: {n:,}', n=len(got.prompt) + token - into),
    )
    x, y, _ = _place(KERNELS)
    if token:
        label = token_label(got.pieces[got.answer[token - 1]])
        shapes += _chip(x + INNER, y + 112, label, 'violet')
    return shapes


def _candidates(got: Followed, token: int) -> list[Shape]:
    """The likeliest tokens with their probabilities; in violet the one that was taken."""
    (x, y, _), taken = _place(SAMPLER), got.answer[token]
    rows = likeliest(got, token)
    if not rows:
        shapes = _chip(x + INNER, y + 40, token_label(got.pieces[taken]), 'violet')
        return [*shapes, *_lines(SAMPLER, say('no probabilities'), say('from this engine'), first=92)]
    shapes = []
    for n, (candidate, share) in enumerate(rows):
        top, own = y + 36 + TOKEN * n, candidate == taken
        shapes.append(rect(x + INNER, top, max(1.0, (WIDE - 2 * INNER) * share), 23, 'violet' if own else 'grey'))
        shapes.append(text(x + INNER + 5, top + 17, token_label(got.pieces[candidate]), 16, bold=own))
        shapes.append(text(x + WIDE - INNER - 3, top + 17, percent(share), 16, anchor='end', bold=own))
    return shapes


def likeliest(got: Followed, token: int) -> list[tuple[int, float]]:
    """(token id, probability), falling; the one that was taken is always there.  Empty where none are known."""
    if got.probabilities is None:
        return []
    ranked = sorted(got.probabilities[token].items(), key=lambda pair: -pair[1])
    own = got.answer[token]
    top = ranked[:CANDIDATES]
    return top if own in dict(top) else [*top[:-1], (own, got.probabilities[token][own])]


def percent(share: float) -> str:
    """Neither nothing nor certainty is ever quite reached."""
    return '<0.1%' if share < 0.001 else '>99.9%' if 0.999 < share < 1 else f'{share:.1%}'


def _text(got: Followed, token: int, ended: bool) -> list[Shape]:
    """The answer so far, its last lines; at the end why it ended and the times."""
    lines = wrapped(''.join(got.streamed[: token + 1]), WIDE - 2 * INNER)
    if not ended:
        return _lines(STREAM, *lines[-MOST_LINES:])
    facts = [say('{n} tokens: {why}', n=len(got.answer), why=got.finish_reason), *_times(got)]
    return _lines(STREAM, *lines[-(MOST_LINES - len(facts)) :], *facts)


def _times(got: Followed) -> list[str]:
    """TTFT, and TPOT where tokens came after the first."""
    first, later = (f'{s * 1000:,.1f} ms' for s in (got.timing.ttft_s, got.timing.tpot_s))
    return [f'TTFT {first}', f'TPOT {later}'] if len(got.answer) > got.timing.first_tokens else [f'TTFT {first}']


def wrapped(words: str, room: float) -> list[str]:
    """Lines of at most `room` units; a word that is too long is cut."""
    lines = ['']
    for paragraph in words.split('\n'):
        for letter in paragraph:
            if width_of(lines[-1] + letter) > room:
                head, blank, tail = lines[-1].rpartition(' ')
                lines[-1:] = [head, tail] if blank and letter != ' ' else [lines[-1], '']
            lines[-1] += letter if lines[-1] or letter != ' ' else ''
        lines.append('')
    return [line for line in lines if line]


def _arrival(got: Followed) -> Words:
    return say('The pipeline makes {n:,} tokens of the prompt and its chat template.', n=len(got.prompt))


def _waiting(got: Followed) -> Words:
    return say(
        'The scheduler’s queue: the request waits until there are blocks for its {n:,} tokens and a place in the '
        'batch.',
        n=len(got.prompt),
    )


def _blocks(got: Followed) -> Words:
    told = {'held': got.blocks[0], 'tokens': got.block_tokens, 'n': len(got.prompt)}
    if got.num_blocks is None:
        return say(
            'It gets blocks of {tokens} tokens each: {held}, worked out from its {n:,} tokens, since TurboMind does '
            'not tell.',
            **told,
        )
    return say(
        'It gets blocks of {tokens} tokens each: {held} of {all:,}, for its {n:,} tokens and those to come.',
        all=got.num_blocks,
        **told,
    )


def _token(got: Followed, token: int) -> Words:
    new, rows = _quoted(got, token), dict(likeliest(got, token))
    if rows:
        new = say('{token} with a probability of {share}', token=new, share=percent(rows[got.answer[token]]))
    if token == 0:
        said = say(
            'Prefill: one pass for all {n:,} tokens writes their keys and values into the cache and gives the first '
            'token, {new}.',
            n=len(got.prompt),
            new=new,
        )
        return said if rows else Words(f'{said.en} {_why(got).en}', f'{said.zh}{_why(got).zh}')
    told = {'step': token, 'old': _quoted(got, token - 1), 'n': len(got.prompt) + token - 1, 'new': new}
    if got.blocks[token] > got.blocks[token - 1]:
        return say(
            'Decode step {step}: one more block is taken; {old} goes in alone, {n:,} tokens are read from the cache, '
            'and out comes {new}.',
            **told,
        )
    return say(
        'Decode step {step}: {old} goes in alone, {n:,} tokens are read from the cache, and out comes {new}.', **told
    )


def _why(got: Followed) -> Words:
    """Why there are no probabilities."""
    if got.engine == 'turbomind':
        return say('(TurboMind’s sampler keeps a single token when decoding is greedy: no probabilities of others.)')
    return say('(The PyTorch engine gives probabilities with logprobs_mode only.)')


def _quoted(got: Followed, token: int) -> str:
    return repr(got.pieces[got.answer[token]])


def _end(got: Followed) -> Words:
    stopped = got.finish_reason == 'stop'
    why = say('A stop token comes') if stopped else say('The answer is as long as it may be')
    return say(
        '{why} (finish_reason {reason}), and the blocks are free for others. The first token came after {ttft:,.1f} '
        'ms, the last, number {n:,}, after {all:,.1f} ms.',
        why=why,
        reason=repr(got.finish_reason),
        n=len(got.answer),
        ttft=got.timing.ttft_s * 1000,
        all=got.timing.latency_s * 1000,
    )
