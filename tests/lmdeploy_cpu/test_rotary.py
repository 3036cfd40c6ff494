"""Rotary embedding in every form that LMDeploy's CUDA kernel takes; written out here, number by number."""

import pytest
import torch

from lmdeploy_cpu import UnsupportedError
from lmdeploy_cpu.ops.backend import CpuApplyRotaryEmbImpl


def by_definition(x, angles, neighbours):
    """x [T, heads, D], angles [T, W / 2]: pairs of numbers as complex ones, turned by an angle."""
    out, half = x.clone(), angles.size(-1)
    for i in range(half):
        a, b = (2 * i, 2 * i + 1) if neighbours else (i, half + i)
        turned = torch.complex(x[..., a], x[..., b]) * torch.polar(torch.ones(()), angles[:, i])[:, None]
        out[..., a], out[..., b] = turned.real, turned.imag
    return out


def draw(shape, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.Size(shape[:-2]).numel()
    query = torch.randn(*shape, generator=generator)
    key = torch.randn(*shape[:-2], 2, shape[-1], generator=generator)
    return query, key, torch.rand(tokens, width // 2, generator=generator) * 6


@pytest.mark.parametrize('shape', [(7, 4, 16), (1, 7, 4, 16), (2, 5, 4, 16), (0, 4, 16), (1, 1, 4, 16)])
@pytest.mark.parametrize(  # the whole head, or a part of it
    ('width', 'form'), [(16, 'complex'), (8, 'complex'), (16, 'complex, each twice'), (16, 'halves'), (8, 'halves')]
)
@pytest.mark.parametrize('tables', ['a row a token', 'as the queries'])
def test_every_form(shape, width, form, tables):
    query, key, angles = draw(shape, width)
    wide = angles if form == 'complex' else angles.repeat_interleave(2, -1) if 'twice' in form else angles.repeat(1, 2)
    cos, sin = wide.cos(), wide.sin()
    if tables == 'as the queries':
        cos, sin = (table.reshape(*shape[:-2], table.size(-1)) for table in (cos, sin))
    before = query.clone()
    got = CpuApplyRotaryEmbImpl().forward(query, key, cos, sin, complex_mode='complex' in form)
    for x, y in zip((query, key), got, strict=True):
        want = by_definition(x.reshape(-1, *x.shape[-2:]), angles, 'complex' in form).reshape(x.shape)
        torch.testing.assert_close(y, want)
        assert y.shape == x.shape
    assert torch.equal(query, before)


def test_bfloat16_stays():
    query, key, angles = draw((1, 3, 4, 16), 16)
    got = CpuApplyRotaryEmbImpl().forward(query.bfloat16(), key.bfloat16(), angles.cos(), angles.sin(), True, True)
    assert {x.dtype for x in got} == {torch.bfloat16}


@pytest.mark.parametrize(
    ('shape', 'cos'),
    [
        ((2, 5, 4, 16), (5, 8)),  # rows for one of two sequences: the kernel would turn the first alone
        ((7, 4, 16), (6, 8)),
        ((7, 4, 16), (7, 9)),
        ((1, 7, 4, 16), (7, 0)),
    ],
)
def test_what_does_not_fit_is_named(shape, cos):
    x, table = torch.zeros(shape), torch.zeros(cos)
    with pytest.raises(
        UnsupportedError, match=rf'rotary embedding of \[{cos[0]}, {cos[1]}\].*does not fit .*{shape[-1]}\]'
    ):
        CpuApplyRotaryEmbImpl().forward(x, x, table, table, complex_mode=True)


def test_through_lmdeploys_module():
    """`ApplyRotaryEmb`, as DeepSeek's and GLM's models call it."""
    from lmdeploy.pytorch.nn.rotary_embedding import ApplyRotaryEmb

    module = ApplyRotaryEmb.__new__(ApplyRotaryEmb)
    torch.nn.Module.__init__(module)
    module.impl = CpuApplyRotaryEmbImpl()
    query, _, angles = draw((1, 6, 4, 16), 16)
    got = module.forward_single(query.clone(), angles.cos(), angles.sin(), complex_mode=True)
    torch.testing.assert_close(got, by_definition(query[0], angles, True)[None])
