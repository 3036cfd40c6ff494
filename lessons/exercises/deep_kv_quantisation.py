"""Exercises of the deep dive on KV quantisation: a cache of two bits, and keys with a scale for each channel."""

from .checking import exercise
from .judging import Result, amount, choice, expect, judged, number_in


def _keys(K):
    """`K` as a float32 tensor [layers, KV heads, tokens, head_dim], or what to give instead."""
    import torch

    fits = isinstance(K, torch.Tensor) and K.ndim == 4 and min(K.shape) > 0 and K.shape[2] > 1
    expect(fits, 'K is the tensor of keys of section 1.')
    return K.float()


def _error(x, bits: int, along) -> float:
    """Mean over layers and heads of the RMS error of `x`, with one scale and offset for the numbers `along` a dim."""
    low, high = x.amin(along, keepdim=True), x.amax(along, keepdim=True)
    scale = (high - low) / (2**bits - 1)
    return _rms(((x - low) / scale).round() * scale + low, x)


def _rms(back, x) -> float:
    return ((back - x).square().mean((2, 3)) / x.square().mean((2, 3))).sqrt().mean().item()


@exercise('kv_quantisation.1')
def keys_in_two_bits(factor, K) -> Result:
    """By what factor the keys' error in 2 bits is larger than in 4; `K` [layers, KV heads, tokens, head_dim]."""
    K = _keys(K)
    measured = _error(K, 2, -1) / _error(K, 4, -1)
    steps = (2**4 - 1) / (2**2 - 1)
    slips = [
        (2, 'Half the bits, but the error follows the steps between smallest and largest number.'),
        (2**4 / 2**2, 'Those are the marks, 16 and 4; between them are 15 steps and 3.'),
        (2**4, 'So many marks has int4: divide its steps by those of 2 bits.'),
        ((2**8 - 1) / (2**4 - 1), 'That is int4 beside int8, as in section 2.'),
        ((2**8 - 1) / (2**2 - 1), 'That is 2 bits beside int8.'),
        (1 / steps, 'Turn it over: by how much larger.'),
    ]
    value = number_in(factor)
    right = min(steps, measured, key=lambda one: abs(value - one))  # worked out, or tried
    because = f'Of your keys it is {measured:.2f} times: an error of {_error(K, 2, -1):.0%} of the numbers.'
    return amount(factor, right, 'times', slips, tolerance=0.03, because=because)


@exercise('kv_quantisation.2')
def keys_by_channel(error, why, K) -> Result:
    """Mean RMS error of int4 keys with a scale for each channel, and why engines do not do it; `K` as above."""
    K = _keys(K)
    right, per_token = _error(K, 4, 2), _error(K, 4, -1)
    result = amount(
        error,
        right,
        'of the numbers',
        slips=[
            (per_token, 'That is per token, as `online` does it: one scale for each channel, over all tokens.'),
            (_error(K, 4, (1, 2, 3)), 'That is one scale for a whole layer.'),
            (_error(K, 4, (2, 3)), 'That is one scale for a whole head: keep the channels apart.'),
            (_error(K, 8, 2), 'That is int8.'),
            (100 * right, 'That would be right in %; give a share, as rms_error does.'),
            (right**2, 'That is the mean square: take the root of it.'),
            (right / per_token, 'That is the share of the error per token: give the error itself.'),
        ],
        tolerance=0.02,
        because=f'Per token it is {per_token:.4f}.',
    )
    half = K.shape[2] // 2
    low, high = K[:, :, :half].amin(2, keepdim=True), K[:, :, :half].amax(2, keepdim=True)
    later = K[:, :, half:]
    outside = ((later < low) | (later > high)).float().mean().item()
    reason = choice(
        why,
        'b',
        {
            'a': 'More scales? There is one for a channel, however many tokens come; per token there is one more each.',
            'b': f'Later tokens do not keep to the range: {outside:.1%} of the numbers of the second half lie outside '
            f'that of the first.',
            'c': 'It can: multiply the scale of each channel into the query.',
        },
    )
    return judged(bool(result and reason), *result.sentences, *reason.sentences)
