"""The texts of chapter 04: drawn alike every time, and the held-out ones held out."""

import random

from training.chat import calibration, texts
from training.chat.talk import arithmetic


def test_the_same_seed_draws_the_same_text():
    first, again = (calibration.calibration(random.Random('x'), 20_000) for _ in range(2))
    assert first == again
    assert first != calibration.calibration(random.Random('y'), 20_000)
    assert {row['language'] for row in first} == set(texts.LANGUAGES)
    assert not {texts.normalise(m['content']) for row in first for m in row['messages']} & texts.forbidden()


def test_held_out_questions():
    for language in texts.LANGUAGES:
        rows = calibration.heldout(random.Random('x'), language)
        assert rows == calibration.heldout(random.Random('x'), language)
        assert {row['language'] for row in rows} == {language}
        asked = [texts.normalise(row['messages'][0]['content']) for row in rows]
        assert sum(question in texts.forbidden() for question in asked) >= calibration.HELDOUT['faq']
        sums = [row['messages'][1]['content'].split() for row in rows[-calibration.HELDOUT['arithmetic'] :]]
        assert all(arithmetic.is_kept_back(int(a), sign, int(b)) for a, sign, b, *_ in sums)
