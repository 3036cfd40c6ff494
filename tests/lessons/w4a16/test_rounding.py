"""Rounding to 4 bits: LMDeploy's own rule and layout, and what AWQ and GPTQ gain over it."""

import pytest
import torch
from lmdeploy.lite.quantization.awq import pseudo_quantize_tensor
from lmdeploy.pytorch.backends.default.awq_modules import unpack_awq
from torch import nn

from lessons.w4a16.rounding import (
    group_grid,
    layer_inputs,
    output_error,
    pack_int4,
    round_awq,
    round_gptq,
    round_plain,
    to_grid,
    unpack_int4,
    unpacked_weight,
)

GROUP = 32


@pytest.fixture
def weight():
    return torch.randn(48, 128, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def inputs():
    """Correlated, and some channels much larger than the others, as activations are."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(600, 24, generator=generator) @ torch.randn(24, 128, generator=generator)
    x += 0.3 * torch.randn(600, 128, generator=generator)
    x[:, ::16] *= 20
    return x


def test_the_rule_is_lmdeploys(weight):
    assert torch.equal(round_plain(weight, GROUP), pseudo_quantize_tensor(weight.clone(), 4, GROUP))
    numbers, scale, zero = pseudo_quantize_tensor(weight.clone(), 4, GROUP, return_scale_zeros=True)
    own_scale, own_zero = group_grid(weight, GROUP)
    assert torch.equal(own_scale, scale)
    assert torch.equal(own_zero, zero)
    assert torch.equal(to_grid(weight.unflatten(1, (-1, GROUP)), own_scale, own_zero).flatten(1), numbers)


def test_the_layout_is_lmdeploys(weight):
    scale, zero = group_grid(weight, GROUP)
    numbers = to_grid(weight.unflatten(1, (-1, GROUP)), scale, zero).flatten(1).T.contiguous()  # [in, out]
    zeros = zero[..., 0].T.contiguous()
    packed = pack_int4(numbers), pack_int4(zeros)
    assert packed[0].shape == (128, 48 // 8)
    theirs = unpack_awq(*packed, 4)
    assert torch.equal(theirs[0].int(), numbers.int())
    assert torch.equal(theirs[1].int(), zeros.int())
    assert torch.equal(unpack_int4(packed[0]), numbers.int())

    tensors = {'x.qweight': packed[0], 'x.qzeros': packed[1], 'x.scales': scale[..., 0].T}
    assert torch.equal(unpacked_weight(tensors, 'x'), round_plain(weight, GROUP))


def test_each_value_is_at_most_half_a_step_away(weight):
    scale, _ = group_grid(weight, GROUP)
    away = (round_plain(weight, GROUP) - weight).unflatten(1, (-1, GROUP)).abs()
    # the zero is rounded too, so that the ends of a group may lie half a step further out
    assert (away <= scale * (1 + 1e-5)).all()
    assert (away <= scale * 0.50001).float().mean() > 0.95


def test_awq_and_gptq_are_nearer_than_plain_rounding(weight, inputs):
    plain = output_error(weight, round_plain(weight, GROUP), inputs)
    rounded, exponent, errors = round_awq(weight, inputs, GROUP)
    assert errors[0] == pytest.approx(plain)  # exponent 0 scales nothing
    assert output_error(weight, rounded, inputs) == min(errors) < 0.8 * plain
    assert 0 < exponent < 1
    assert output_error(weight, round_gptq(weight, inputs, GROUP), inputs) < 0.5 * plain


def test_gptq_changes_nothing_where_no_column_can_make_good_another(weight):
    """Independent inputs: the Hessian is diagonal."""
    assert torch.equal(round_gptq(weight, torch.eye(128) * 3, GROUP), round_plain(weight, GROUP))


def test_gptq_stays_on_the_grid(weight, inputs):
    rounded = round_gptq(weight, inputs, GROUP)
    for row in rounded[:8].unflatten(1, (-1, GROUP)).flatten(0, 1):
        assert len(row.unique()) <= 16


def test_groups_that_do_not_fit(weight):
    with pytest.raises(ValueError, match='128 inputs are no whole number of groups of 48'):
        round_plain(weight, 48)


def test_inputs_of_a_layer():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(10, 4)
            self.linear = nn.Linear(4, 3)

        def forward(self, ids):
            return self.linear(self.embed(ids))

    model = Model()
    seen = layer_inputs(model, 'linear', [[1, 2, 3], [4, 5]])
    assert torch.equal(seen, model.embed.weight[[1, 2, 3, 4, 5]])
    assert not model.linear._forward_pre_hooks
