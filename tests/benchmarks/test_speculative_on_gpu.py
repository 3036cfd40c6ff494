"""The measurement of speculative decoding without a GPU: its attention, its rows, its refusals."""

import sys
import types

import pytest
import torch

from benchmarks import attention_stand_in, speculative
from lessons.speculative import Guesses


def naive(q, k, v, scale):
    """One head: the last len(q) of len(k) keys are those of q."""
    out = []
    for i, query in enumerate(q):
        keys = len(k) - len(q) + i + 1
        out.append(torch.softmax(scale * (k[:keys] @ query), 0) @ v[:keys])
    return torch.stack(out)


def test_a_check_over_pages_is_plain_attention():
    torch.manual_seed(0)
    lengths, n, heads, kv_heads, dim, page = (5, 12, 30), 4, 4, 2, 8, 8
    k_cache, v_cache = torch.randn(16, page, kv_heads, dim), torch.randn(16, page, kv_heads, dim)
    table = torch.randperm(16)[:12].view(3, 4).int()
    v_cache[table[0, 1]] = torch.nan  # beyond the end of the first
    q = torch.randn(3, n, heads, dim)
    given = {'cache_seqlens': torch.tensor(lengths, dtype=torch.int32), 'page_table': table, 'softmax_scale': 0.3}
    options = {'max_seqlen_q': n, 'scheduler_metadata': None, 'causal': True, 'window_size': (-1, -1), 'softcap': 0.0}
    out = attention_stand_in.flash_attn_with_kvcache(q, k_cache, v_cache, **given, **options)
    assert out.shape == q.shape
    for b, length in enumerate(lengths):
        k, v = (cache[table[b].long()].flatten(0, 1)[:length] for cache in (k_cache, v_cache))
        for head in range(heads):
            wanted = naive(q[b, :, head], k[:, head // 2], v[:, head // 2], 0.3)
            assert torch.allclose(out[b, :, head], wanted, atol=1e-5)


def test_prompts_one_behind_the_other():
    torch.manual_seed(0)
    q, k, v = torch.randn(7, 2, 8), torch.randn(20, 1, 8), torch.randn(20, 1, 8)
    starts, keys = torch.tensor([0, 3, 7]), torch.tensor([0, 3, 12])  # the second has 5 tokens in the cache
    out = attention_stand_in.flash_attn_varlen_func(
        q=q, k=k, v=v, cu_seqlens_q=starts, cu_seqlens_k=keys, max_seqlen_q=4, max_seqlen_k=9, softmax_scale=0.5,
        causal=True, window_size=(-1, -1), softcap=0.0,
    )  # fmt: skip
    for begin, end, first, past in ((0, 3, 0, 3), (3, 7, 3, 12)):
        for head in range(2):
            wanted = naive(q[begin:end, head], k[first:past, 0], v[first:past, 0], 0.5)
            assert torch.allclose(out[begin:end, head], wanted, atol=1e-5)


def test_a_schedule_is_one_number():
    assert attention_stand_in.get_scheduler_metadata(4, 4, 64, 2, 1, 64, torch.ones(4)).shape == (1,)


class Pipe:
    """Answers in no time; `tokens` of each answer."""

    def __init__(self, tokens=speculative.TOKENS_OUT):
        self.tokens = tokens

    def __call__(self, asked, gen_config):
        return [types.SimpleNamespace(token_ids=[len(q)], generate_token_len=self.tokens) for q in asked]


def test_a_row_has_medians_of_turns_and_what_agreed(monkeypatch):
    class Watch:
        def __enter__(self):
            seen = Guesses(speculative.GUESSES)
            seen.agreed.update({0: 60, 1: 20, 3: 20})
            return seen

        def __exit__(self, *_):
            pass

    taken = iter([2.0, 1.0, 2.0, 4.0, 2.0, 2.0])
    monkeypatch.setattr(speculative, 'watch_guesses', lambda pipe: Watch())
    monkeypatch.setattr(speculative, 'seconds', lambda *_: next(taken))
    row = speculative.measure(Pipe(), Pipe(), ['a', 'bb'], 3)
    assert row['times_as_fast'] == {'median': 1.0, 'lowest': 0.5, 'highest': 2.0}
    assert row['plain_tokens_per_s']['median'] == 128.0
    assert (row['batch'], row['tokens_a_step'], row['same_answers']) == (2, 1.8, 2)
    assert row['agreed_in_steps'] == [60, 20, 0, 20]
    assert row['acceptance'] == round((40 + 20 + 20) / (100 + 40 + 20), 3)
    assert '1.00 times (0.50 to 2.00), 1.80 tokens a step' in speculative.line_of(row)


def test_a_short_answer_is_an_error():
    with pytest.raises(RuntimeError, match='not 128 each'):
        speculative.seconds(Pipe(tokens=5), ['a'], None)


@pytest.mark.parametrize(
    ('arguments', 'cuda', 'said'),
    [
        ([], False, 'torch finds none'),
        ([], True, 'flash_attn_interface is not installed: --stand-in'),
        (['--stand-in', '--turns', '0'], True, 'at least 1'),
        (['--save', 'h200/speculative', '--commit', 'main'], True, 'commit must be a git commit'),
    ],
)
def test_refused_before_anything_is_measured(arguments, cuda, said, monkeypatch, capsys):
    monkeypatch.setattr('torch.cuda.is_available', lambda: cuda)
    monkeypatch.setattr(sys, 'argv', ['speculative.py', *arguments])
    with pytest.raises((SystemExit, ValueError)) as caught:
        speculative.main()
    assert said in capsys.readouterr().err + str(caught.value)


def test_the_questions_are_sixteen():
    assert len(set(speculative.questions())) == 16
