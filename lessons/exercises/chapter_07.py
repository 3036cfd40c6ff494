"""Exercises of chapter 7: what a claim leaves out, characters and tokens, tokens/s of all, how to lie with a table."""

import re
from importlib.metadata import metadata

from helpers import load_record

from .checking import exercise
from .judging import Result, amount, expect, judged

# What a claim of speed has to say, and what one would find in it if it did.
_FACTS = {
    'baseline': r'than (\w+)',
    'model': r'\b([\w.]+-\d+b)\b',
    'lengths': r'(\d+ (?:input |output )?tokens)',
    'at once': r'(\d+ (?:users|requests|at once)|batch|concurren\w+)',
    'warm-up': r'(warm\w*)',
    'repeats': r'(median|mean|average|\d+ runs)',
    'device': r'\b([AHBLV]\d0+|RTX \w+|T4|GPUs?|CPUs?)\b',
    'version': r'\b(v?\d+\.\d+\.\d+)',
}
_MISSED = {
    'lengths': 'how long are prompt and answer? Requests/s depend on it.',
    'at once': 'how many requests were served at once?',
    'warm-up': 'was the first, slow run counted?',
    'repeats': 'one run, or the median of several?',
    'device': 'on which card?',
    'version': 'a month is no version, and vLLM has none here either.',
}


@exercise('7.1')
def left_out(missing) -> Result:
    """Which facts LMDeploy's dated claim about vLLM leaves out: names of `_FACTS`."""
    known = ', '.join(repr(fact) for fact in _FACTS)
    fits = isinstance(missing, set | list | tuple) and all(isinstance(fact, str) for fact in missing)
    expect(fits and len(missing) > 0, f'missing is a set of some of {known}.')
    given = {fact.strip().lower() for fact in missing}
    strange = sorted(given - set(_FACTS))
    expect(not strange, f'{", ".join(map(repr, strange))}: not in the list, which is {known}.')
    claims = [line for line in metadata('lmdeploy').get_payload().splitlines() if re.search(r'2024/04.*1\.8x', line)]
    expect(bool(claims), 'the LMDeploy that is installed makes this claim no more.')
    found = {fact: re.search(pattern, claims[0]) for fact, pattern in _FACTS.items()}
    for fact in given:
        if found[fact]:
            return judged(False, f"'{fact}' stands there: {found[fact][1]}.")
    for fact, there in found.items():
        if not there and fact not in given:
            return judged(False, f"'{fact}' is missing, too: {_MISSED.get(fact, 'the claim does not say it.')}")
    return judged(True, f'Right: {len(given)} of {len(_FACTS)} facts are missing. Nobody can repeat such a number.')


@exercise('7.2')
def tokens_of_characters(times, per_token) -> Result:
    """B (Chinese, 150 characters/s) by A (English, 300 characters/s), in tokens/s."""
    fits = isinstance(per_token, list) and len(per_token) == 2 and all(isinstance(n, float | int) for n in per_token)
    expect(fits and min(per_token) > 0, 'per_token is that of flaw 1: characters a token, in Chinese and in English.')
    chinese, english = per_token
    a, b = 300 / english, 150 / chinese
    return amount(
        times,
        b / a,
        'times',
        slips=[
            (150 / 300, 'Those are the characters. That is the trap: divide each by its characters a token.'),
            (300 / 150, 'Those are the characters, and turned over: divide each by its characters a token.'),
            (a / b, 'Turn it over: B by A.'),
            (150 * chinese / (300 * english), 'Divide by the characters a token, Chinese first: there is a swap.'),
            (b, "Those are B's tokens/s: divide by A's."),
            (a, "Those are A's tokens/s: divide B's by them."),
        ],
        because=f'A makes {a:.0f} tokens/s, B {b:.0f}.',
    )


@exercise('7.3')
def of_all(tokens_per_s) -> Result:
    """Output tokens/s of 16 requests at once, each with 64 tokens, TTFT 500 ms, TPOT 20 ms."""
    requests, tokens, ttft_s, tpot_s = 16, 64, 0.5, 0.02
    one_s = ttft_s + (tokens - 1) * tpot_s
    return amount(
        tokens_per_s,
        requests * tokens / one_s,
        'tokens/s',
        slips=[
            (tokens / one_s, 'That is one user alone, or one after the other: 16 are served at once.'),
            (
                requests * tokens / (ttft_s + tokens * tpot_s),
                'The first token has the TTFT: 63 steps follow.',
            ),
            (requests / tpot_s, 'Without the TTFT: each user waits for the first token, too.'),
            (requests * tokens / (one_s - ttft_s), 'Without the TTFT: each user waits for the first token, too.'),
            (1 / tpot_s, 'That is one user, once the first token is there.'),
            (requests * tokens / (requests * ttft_s + one_s - ttft_s), 'The TTFT is what each waits, all at once.'),
            (requests * tokens, 'Those are the tokens: divide by the seconds.'),
            (one_s, 'Those are the seconds of one answer, and of all.'),
            (requests / one_s, 'Those are requests/s: times their tokens.'),
        ],
        tolerance=0.004,
        because=f'{requests * tokens} tokens in {one_s:.2f} s.',
    )


@exercise('7.4')
def largest_lie(winner, loser) -> Result:
    """The two of section 7.4's `speed` by which transformers beats LMDeploy most; each is (engine, at once)."""
    record = load_record('h200/speed')
    rows = [r for r in record.data['rows'] if (r['model'], r['tokens_in']) == ('1_8b', 61)]
    speed = {(r['engine'], r['batch']): r['output_tokens_per_s'] for r in rows}
    for pair in (winner, loser):
        fits = isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], int)
        expect(fits and pair in speed, "each is a key of speed, as ('turbomind', 8).")
    names = record.data['engines']
    theirs = [key for key in speed if names[key[0]].startswith('transformers')]
    ours = [key for key in speed if key not in theirs]
    if winner not in theirs:
        return judged(False, f'{names[winner[0]]} is one of LMDeploy: transformers shall win.')
    if loser not in ours:
        return judged(False, f'{names[loser[0]]} is one of transformers: LMDeploy shall lose.')
    factor = speed[winner] / speed[loser]
    if factor < 1:
        return judged(False, f'LMDeploy wins this, {1 / factor:.1f} times as fast: rule 6 is yours to break.')
    fastest, slowest = max(theirs, key=speed.get), min(ours, key=speed.get)
    wins = f'transformers wins, {factor:.1f} times as fast.'
    if speed[winner] < speed[fastest]:
        return judged(False, wins, 'More is possible: transformers has a faster row; the table prints four of each.')
    if speed[loser] > speed[slowest]:
        return judged(False, wins, 'More is possible: LMDeploy has a slower way.')
    fair = speed[loser[0], winner[1]] / speed[winner]
    return judged(
        True,
        f'Right: {factor:.0f} times, and both numbers are true.',
        f'With {winner[1]} at once for both, LMDeploy is {fair:.1f} times as fast.',
    )
