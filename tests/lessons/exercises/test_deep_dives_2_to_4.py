"""The exercises of the deep dives of chapters 2 to 4: what is right, and the mistakes that people make."""

from collections import Counter
from types import SimpleNamespace

import pytest
import torch

from helpers.models import EMBEDDED
from lessons.llama import llama_folder
from lessons.w4a16.awq import check_quantizable, describe_checkpoint
from lessons.w4a16.compress import keep_layers, load_llama, save_llama
from lessons.w4a16.rounding import PACK_ORDER, output_error, pack_int4, round_plain


@pytest.fixture
def z():
    """Logits of 200 tokens, the least likely first."""
    return torch.linspace(0, 12, 200)


def different(p):
    """How many different tokens a hundred draws show on average."""
    return float((1 - (1 - p) ** 100).sum())


def test_sampling_1(expected, z):
    at = {t: different((z.double() / t).softmax(-1)) for t in (0.2, 0.5, 1, 2)}
    expected(
        'sampling.1',
        ((at[0.5], z), f'Right: 25.48 tokens. At temperature 1 it is {at[1]:.1f}, at 0.2 {at[0.2]:.1f}.'),
        ((at[2], z), 'divided by T, not multiplied'),
        ((at[1], z), 'divide the logits by 0.5'),
        ((at[0.2], z), 'at temperature 0.2'),
        ((different(z.double().softmax(-1) / 0.5), z), 'before the softmax'),
        ((100, z), 'again and again'),
        ((200, z), 'all tokens there are'),
    )


def test_sampling_2(says, expected):
    z = torch.tensor([4.0, 3.5, 3.0, 2.0, 1.0, 0.0, -1.0, -9.0])  # at temperature 2: 0.3130, 0.2437, 0.1898 …
    two, three = Counter({(0,): 60, (1,): 40}), Counter({(0,): 40, (1,): 40, (2,): 20})
    expected(
        'sampling.2',
        ((0.313, two, z), 'Right: the likeliest has 0.3130'),
        ((0.312, two, z), 'Rounded down: at 0.312 the likeliest'),
        ((0.557, three, z), 'That is the trap: at the sum of both 3 tokens stay'),
        ((round(z.softmax(-1)[0].item(), 3), two, z), 'at temperature 1'),
        ((0.1, two, z), 'At 0.1 the softmax leaves 1. A larger one.'),
        ((0.35, two, z), 'At 0.35 the softmax leaves 2. A smaller one.'),
        ((0.313, three, z), 'your draws show 3 different tokens'),
    )
    assert 'between 0 and 1' in says('sampling.2', 31.4, two, z)
    assert 'counts is what first_tokens' in says('sampling.2', 0.313, 100, z)
    assert 'z is what next_logits' in says('sampling.2', 0.313, two, z.tolist())


@pytest.fixture
def K():
    """Keys [2, 1, 64, 32] with channels of very different size, as a model has them."""
    torch.manual_seed(0)
    return torch.randn(2, 1, 64, 32) * torch.logspace(-1, 1, 32)


def rms(back, x):
    return ((back - x).square().mean((2, 3)) / x.square().mean((2, 3))).sqrt().mean().item()


def online(x, bits):
    low, high = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
    scale = (high - low) / (2**bits - 1)
    return ((x - low) / scale).round() * scale + low


def test_kv_quantisation_1(expected, K):
    K = K * K.abs().sqrt()  # larger outliers, so that what is measured is not what the steps say
    measured = rms(online(K, 2), K) / rms(online(K, 4), K)
    assert 5.16 < measured < 5.7
    expected(
        'kv_quantisation.1',
        ((5, K), f'Right: 5 times. Of your keys it is {measured:.2f} times'),
        ((2, K), 'Half the bits'),
        ((4, K), '15 steps and 3'),
        ((16, K), 'So many marks has int4'),
        ((17, K), 'int4 beside int8'),
        ((85, K), 'beside int8'),
        ((0.2, K), 'Turn it over'),
        ((3, K), 'Too low'),
    )
    expected('kv_quantisation.1', ((measured, K), f'Right: {measured:.4g} times'))


def test_kv_quantisation_2(says, expected, K):
    right, per_token = rms(online(K.mT, 4).mT, K), rms(online(K, 4), K)
    assert right < 0.9 * per_token
    flat = rms(online(K.flatten(2), 4).view_as(K), K)
    expected(
        'kv_quantisation.2',
        ((right, 'b', K), f'Right: {right:.4g} of the numbers. Per token it is {per_token:.4f}. Later tokens'),
        ((per_token, 'b', K), 'That is per token'),
        ((flat, 'b', K), 'whole'),
        ((rms(online(K.mT, 8).mT, K), 'b', K), 'That is int8'),
        ((100 * right, 'b', K), 'give a share'),
        ((right**2, 'b', K), 'take the root'),
        ((right / per_token, 'b', K), 'the error itself'),
        ((right, 'a', K), 'per token there is one more each'),
        ((right, 'c', K), 'into the query'),
    )
    assert 'none of the letters a, b, c' in says('kv_quantisation.2', right, 'd', K)
    assert 'K is the tensor' in says('kv_quantisation.2', right, 'b', K[0])


def test_roofline_1(expected):
    expected(
        'roofline_and_prefix_caching.1',
        ((259,), 'Right: 259 users at once. From 184 tokens each on'),
        ((188,), 'each user brings a cache'),
        ((249,), 'take matrices(known)'),
        ((412,), '100 tokens'),
        ((218,), 'half the size'),
        ((300,), 'Too high, by 16 %'),
    )


def test_roofline_2(says, expected):
    words = list(range(1000, 1300))
    prompts = {
        'front': ([1, 2, 3, *words, 9], [1, 2, 4, *words, 8]),
        'behind': ([1, *words, 3, 9], [1, *words, 4, 8]),
    }
    number = 'roofline_and_prefix_caching.2'
    expected(
        number,
        (({'front': 0, 'behind': 256}, prompts), 'front: right, 0 tokens: the prompts part at token 2.'),
        (({'front': 256, 'behind': 256}, prompts), 'front: That is the trap'),
        (({'front': 2, 'behind': 256}, prompts), 'whole blocks of 64'),
        (({'front': 0, 'behind': 301}, prompts), 'behind: The first 301 tokens are the same, but whole blocks'),
        (({'front': 0, 'behind': 4}, prompts), 'Those are blocks'),
        (({'front': 0, 'behind': 303}, prompts), 'stand at the end, and differ'),
        (({'front': 0, 'behind': 280}, prompts), 'Too many'),
        (({'front': 0, 'behind': 0}, prompts), 'behind: Too few'),
    )
    assert 'a dictionary with' in says(number, {'front': 0}, prompts)
    assert 'prompts is the dictionary' in says(number, {'front': 0, 'behind': 256}, {'front': ([], [])})
    assert 'is text' in says(number, {'front': 'none', 'behind': 256}, prompts)


def test_awq_1(says, expected):
    right = [9, 9, 10, 5, 1, 12, 10, 11]
    number = pack_int4(torch.tensor([right], dtype=torch.int32)).item()
    assert number < 0, 'the highest bit is set'
    lowest_first = [right[n] for n in PACK_ORDER]
    expected(
        'awq.1',
        ((right, number), 'Right: 9, 9, 10, 5, 1, 12, 10, 11.'),
        ((lowest_first, number), 'now the order'),
        ((lowest_first[::-1], number), 'Begin with the lowest four bits'),
        ((right[::-1], number), 'from the last neighbour to the first'),
        (([lowest_first[n] for n in PACK_ORDER], number), 'from place PACK_ORDER[n]'),
        ((sorted(right), number), 'in another order'),
        (([9, 9, 10, 5, 1, 12, 0, 0], number), 'Not right yet: neighbour 6, 7.'),
        (([154, 9, 10, 5, 1, 12, 10, 11], number), '0 to 15'),
    )
    assert 'a list of eight numbers' in says('awq.1', right[:4], number)
    assert 'number is the int32' in says('awq.1', right, 2**40)


def test_awq_2(says, expected):
    torch.manual_seed(0)
    W, size = torch.randn(8, 64), torch.logspace(-1, 1, 64)
    texts = torch.randn(40, 64) * size, torch.randn(40, 64) * size.flip(0) ** 0.5
    rounded = {'AWQ': round_plain(W * size**0.2, 64) / size**0.2, 'GPTQ': round_plain(W, 32)}
    errors = {name: [output_error(W, r, x) for x in texts] for name, r in rounded.items()}
    right = {name: other / heard for name, (heard, other) in errors.items()}
    assert abs(right['AWQ'] / right['GPTQ'] - 1) > 0.1
    given = W, rounded, texts
    more = max(right, key=right.get)
    expected(
        'awq.2',
        ((right, *given), f'{more} loses more; on the other text'),
        ((dict(zip(right, list(right.values())[::-1], strict=True)), *given), 'AWQ: That is GPTQ.'),
        (({name: 1 / r for name, r in right.items()}, *given), 'Turn it over'),
        (({name: r**0.5 for name, r in right.items()}, *given), 'compares the roots'),
        (({name: other for name, (_, other) in errors.items()}, *given), 'divide it by that on the calibration'),
        (({name: heard for name, (heard, _) in errors.items()}, *given), 'the error on the calibration text'),
        ((right | {'GPTQ': right['GPTQ'] * 2}, *given), 'GPTQ: Too high'),
    )
    assert 'a dictionary with' in says('awq.2', 1.5, *given)
    assert 'kept for this exercise' in says('awq.2', right, W, rounded, texts[:1])
    assert 'kept for this exercise' in says('awq.2', right, W, {'AWQ': W, 'GPTQ': None}, texts)


@pytest.fixture(scope='module')
def models(tmp_path_factory):
    """(tiny-chat, its student of four layers, untrained)."""
    tiny, folder = llama_folder(EMBEDDED / 'tiny-chat'), tmp_path_factory.mktemp('models')
    student = save_llama(keep_layers(load_llama(tiny), [0, 2, 3, 5]), tiny, folder / 'student')
    return tiny, student


def test_smaller_models_1(says, expected, models, monkeypatch):
    tiny, four = models  # the student stands for W4A16, with the bytes that tiny-chat has in it
    found = {tiny: describe_checkpoint(tiny).weights, four: check_quantizable(tiny)}
    described = {path: SimpleNamespace(weights=weights) for path, weights in found.items()}
    monkeypatch.setattr('lessons.exercises.deep_smaller_models.describe_checkpoint', described.get)
    expected(
        'smaller_models.1',
        ((10, tiny, four), 'Right: 10 of 768. Embeddings, output head and attention alone take 6.26 of the 6.34'),
        ((758, tiny, four), 'how many stay?'),
        ((375, tiny, four), 'in that proportion'),
        ((192, tiny, four), "A quarter of the MLP's bytes"),
        ((199, tiny, four), "A quarter of the MLP's bytes"),
        ((512, tiny, four), 'With 512 channels it has 10.76 MiB, W4A16 6.34. Fewer may stay.'),
        ((0, tiny, four), 'More may stay'),
    )
    assert 'up to 768' in says('smaller_models.1', 1024, tiny, four)
    assert 'up to 768' in says('smaller_models.1', 9.5, tiny, four)
    assert 'model is TINY' in says('smaller_models.1', 10, 'tiny-chat', four)


def test_smaller_models_2(says, expected, models):
    expected(
        'smaller_models.2',
        ((5.563, *models), 'Right: 5.563 MiB. 49% and 77% of the original one by one, 43% together'),
        ((4.878, *models), 'That is the trap: both savings multiplied'),
        ((3.337, *models), 'were counted at 16 bits'),
        ((4.23, *models), 'are no layers'),
        ((2.5, *models), 'A quarter of everything'),
        ((2.598, *models), 'stay at 16 bits'),
        ((6.344, *models), 'the original in W4A16'),
        ((10.0, *models), 'the student in 16 bit'),
        ((5.833, *models), 'right in MB'),
    )
    assert 'student is DISTILLED' in says('smaller_models.2', 5.563, models[0], 'student')


def test_w4a16_on_cards_1(expected):
    expected(
        'w4a16_on_cards.1',
        ((13.86,), "More than the 1.8B's 7 %"),
        ((0.1386,), 'asks for %'),
        ((0.596,), 'TB/s'),
        ((87.97,), 'bf16'),
        ((53.4,), '4.156 bits each'),
        ((13.34,), 'are read, too'),
        ((6.91,), 'That is the 1.8B.'),
        ((3.0,), "still the 1.8B's"),
        ((11.66,), 'over all kernels'),
    )


def test_w4a16_on_cards_2(expected):
    expected(
        'w4a16_on_cards.2',
        ((1.744,), 'A token would take 879 µs'),
        ((3.85,), 'for the matrices alone'),
        ((0.4708,), 'as it was measured'),
        ((3.704,), 'beside W4A16'),
        ((1.923,), 'at the limit of the card'),
        ((2.492,), 'still have to be read'),
        ((0.5735,), 'Turn it over'),
        ((1.391,), 'by the clock'),
    )
