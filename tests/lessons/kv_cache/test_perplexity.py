"""The likelihood of answers, from a pipeline whose mean per token is known."""

import math

import pytest

from lessons.kv_cache.perplexity import answer_nlls, answer_perplexity

PAIRS = [([1, 2], [1, 2, 3]), ([4], [4, 5, 6, 7]), ([8, 9, 10], [8, 9, 10, 11, 12])]


class Pipe:
    """Each token costs its number in hundredths of a nat; the first of a sequence costs nothing, as in LMDeploy."""

    def __init__(self):
        self.batches = []

    def get_ppl(self, sequences):
        self.batches.append(len(sequences))
        return [sum(ids[1:]) / 100 / (len(ids) - 1) if len(ids) > 1 else 0.0 for ids in sequences]


@pytest.mark.parametrize(('at_once', 'batches'), [(8, [6]), (2, [4, 2]), (1, [2, 2, 2])])
def test_an_answers_tokens_alone_count(at_once, batches):
    pipe = Pipe()
    assert answer_nlls(pipe, PAIRS, at_once) == pytest.approx([0.03, 0.18, 0.23])
    assert pipe.batches == batches
    assert answer_perplexity(pipe, PAIRS, at_once) == pytest.approx(math.exp(0.44 / 6))
