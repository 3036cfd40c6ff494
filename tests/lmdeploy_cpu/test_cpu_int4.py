"""The W4A16 layer alone: repacked weights, the int4 kernel and the dequantised path, beside the plain arithmetic."""

import pathlib
import statistics
import subprocess
import sys
import time
import types

import cpu_support
import pytest
import torch
import torch.nn.functional as F
from cpu_support import awq_dequantise, awq_pack
from lmdeploy.pytorch.backends.default.awq_modules import unpack_awq
from patience import PATIENCE_S

from lmdeploy_cpu.ops import w4a16

BATCHES = [*range(1, 18), 64, 65, 128, 129, 300]
SHAPES = [  # in, out, group
    (256, 64, 32),
    (256, 768, 128),
    (768, 256, 128),
    (256, 192, 64),
    (512, 128, 256),
    (512, 96, 128),  # whole for a kernel of 32 columns, not of 64
    (256, 72, 128),  # whole for none
    (128, 8, 128),
    (96, 64, 16),  # a group that the kernel does not know
]
# of the norm: float32's rounding, and one unit of bfloat16's (rounded weights and outputs cost about 0.6 of it)
TOLERANCE = {torch.float32: 1e-6, torch.bfloat16: 2**-8}
needs_kernel = pytest.mark.skipif(w4a16.kernel_width() is None, reason='no vectorised int4 kernel on this processor')


def make(in_features, out_features, group, dtype, seed=0):
    """(the layer, what its `forward` takes as weights, the weight it stands for [out, in] in float64)"""
    generator = torch.Generator().manual_seed(seed)
    q = torch.randint(16, (in_features, out_features), generator=generator).int()
    zeros = torch.randint(16, (in_features // group, out_features), generator=generator).int()
    scales = (torch.rand(zeros.shape, generator=generator) * 0.01 + 0.002).half()
    impl = w4a16.CpuLinearW4A16Impl(types.SimpleNamespace(group_size=group, out_features=out_features), dtype)
    weights = impl.update_weights(awq_pack(q), scales, awq_pack(zeros))[:3]
    return impl, weights, awq_dequantise(q, zeros, scales).double()


def relative_error(got, x, weight, bias=None):
    want = F.linear(x.double(), weight, None if bias is None else bias.double())
    return float((got.double() - want).norm() / want.norm())


@pytest.mark.parametrize('shape', SHAPES, ids=str)
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16], ids=str)
def test_equals_the_dequantised_weight(shape, dtype):
    impl, weights, weight = make(*shape, dtype)
    for batch in BATCHES:
        x = torch.randn(batch, shape[0], generator=torch.Generator().manual_seed(batch)).to(dtype)
        got = impl.forward(x, *weights)
        assert got.dtype == dtype
        assert got.shape == (batch, shape[1])
        assert relative_error(got, x, weight) < TOLERANCE[dtype], batch


@pytest.mark.parametrize('shape', SHAPES, ids=str)
def test_the_kernel_takes_the_shapes_that_it_can(shape, monkeypatch):
    width = w4a16.kernel_width()
    impl, weights, _ = make(*shape, torch.bfloat16)
    assert impl.kernel == (width is not None and shape[1] % width == 0 and shape[2] >= 32)
    assert not make(*shape, torch.float32)[0].kernel
    rows = []
    slow = impl._multiply_dequantized
    monkeypatch.setattr(impl, '_multiply_dequantized', lambda x, *args: rows.append(len(x)) or slow(x, *args))
    for batch in (1, 16, 300):
        impl.forward(torch.randn(batch, shape[0]).bfloat16(), *weights)
    assert rows == ([300] if impl.kernel else [1, 16, 300])


@pytest.mark.parametrize('zero', range(16))
def test_every_number_with_every_zero_point(zero):
    """Multiplied with the unit matrix: the weights themselves."""
    q = torch.arange(32 * 64).remainder(16).view(32, 64).int()
    zeros, scales = torch.full((1, 64), zero).int(), torch.full((1, 64), 0.0123).half()
    exact = (q - zero) * scales.double()
    spec = types.SimpleNamespace(group_size=32, out_features=64)
    for dtype in (torch.float32, torch.bfloat16):
        impl = w4a16.CpuLinearW4A16Impl(spec, dtype)
        weights = impl.update_weights(awq_pack(q), scales, awq_pack(zeros))[:3]
        for unit in (torch.eye(32), torch.eye(32).repeat(10, 1)):  # the kernel, and too many rows for it
            got = impl.forward(unit.to(dtype), *weights)[:32].double()
            if dtype == torch.float32:
                assert torch.equal(got, exact)
            # scale and output are rounded, and so is the shift, of at most 8 scales
            torch.testing.assert_close(got, exact, rtol=2**-7, atol=8 * 0.0123 * 2**-8)


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16], ids=str)
def test_any_shape_and_stride_and_bias(dtype):
    impl, weights, weight = make(256, 192, 64, dtype)
    generator = torch.Generator().manual_seed(1)
    bias = torch.randn(192, generator=generator).half()
    wide = (torch.randn(9, 2, 512, generator=generator) + 0.5).to(dtype)  # a mean, which the zero points see
    views = [
        wide[..., :256],
        wide[..., ::2],
        wide[:, 0, 256:],
        wide[4, 0, :256],
        wide[..., :256].transpose(0, 1),
        wide[:0, 0, :256],
    ]
    for x in views:
        for b in (None, bias):
            before = x.clone()
            got = impl.forward(x, *weights, b)
            assert got.shape == (*x.shape[:-1], 192)
            assert torch.equal(x, before)
            if x.numel():
                assert relative_error(got, x, weight, b) < TOLERANCE[dtype]


@needs_kernel
def test_a_row_does_not_depend_on_its_neighbours():
    impl, weights, _ = make(512, 128, 128, torch.bfloat16)
    x = torch.randn(17, 512).bfloat16()
    together = impl.forward(x, *weights)
    assert torch.equal(together, torch.cat([impl.forward(row[None], *weights) for row in x]))


def test_what_is_kept():
    """Half a byte a weight, 4 bytes a group and column; nothing of what was loaded."""
    for dtype in (torch.float32, torch.bfloat16):
        _, weights, _ = make(512, 192, 128, dtype)
        assert [t.nbytes for t in weights] == [512 * 192 // 2, 512 * 192 // 128 * 4, 0]
        assert all(t.untyped_storage().nbytes() == t.nbytes for t in weights)


@pytest.fixture
def fresh_width():
    w4a16.kernel_width.cache_clear()
    yield
    w4a16.kernel_width.cache_clear()


@needs_kernel
def test_another_layout_of_torch_is_noticed(fresh_width, monkeypatch):
    convert = torch.ops.aten._convert_weight_to_int4pack_for_cpu
    monkeypatch.setattr(
        torch.ops.aten, '_convert_weight_to_int4pack_for_cpu', lambda q, tiles: convert(q, tiles).flip(1)
    )
    impl, weights, weight = make(256, 128, 128, torch.bfloat16)
    assert not impl.kernel
    x = torch.randn(3, 256).bfloat16()
    assert relative_error(impl.forward(x, *weights), x, weight) < TOLERANCE[torch.bfloat16]


def some_outputs():
    """[(dtype, error, output)] of one layer, the same in every process"""
    outputs = []
    for dtype in (torch.float32, torch.bfloat16):
        impl, weights, weight = make(256, 192, 64, dtype)
        for batch in (1, 5, 300):
            x = torch.randn(batch, 256, generator=torch.Generator().manual_seed(batch)).to(dtype)
            got = impl.forward(x, *weights)
            outputs.append((dtype, relative_error(got, x, weight), got))
    return outputs


OTHER_PROCESSOR = """
import sys, torch
sys.path[:0] = sys.argv[2:]
from test_cpu_int4 import some_outputs, w4a16
torch.save([torch.backends.cpu.get_cpu_capability(), w4a16.kernel_width(), some_outputs()], sys.argv[1])
"""


@pytest.mark.parametrize(('capability', 'width'), [('DEFAULT', None), ('AVX2', 32)])
def test_on_lesser_processors(capability, width, tmp_path, child_environment):
    """torch's code for them: without AVX2 the kernel is too slow to be used, with it its layout is another."""
    file = tmp_path / 'outputs.pt'
    folders = [str(pathlib.Path(module).parent) for module in (__file__, cpu_support.__file__)]
    subprocess.run(
        [sys.executable, '-c', OTHER_PROCESSOR, str(file), *folders],
        env={**child_environment, 'ATEN_CPU_CAPABILITY': capability.lower()},
        check=True,
        timeout=PATIENCE_S,
    )
    found, found_width, there = torch.load(file)
    if found != capability:
        pytest.skip(f'this processor runs {found}, not {capability}')
    assert found_width == width
    for (dtype, error, got), (_, _, here) in zip(there, some_outputs(), strict=True):
        assert error < TOLERANCE[dtype]
        assert (got - here).norm() / here.norm() < TOLERANCE[dtype]


@needs_kernel
def test_faster_than_dequantising_at_every_step():
    """Within this run, in turns; it is about 30 times."""
    impl, weights, _ = make(2048, 2048, 128, torch.bfloat16)
    qweight = torch.randint(-(2**31), 2**31, (2048, 256)).int()
    qzeros, scales = qweight[:16].contiguous(), torch.rand(16, 2048).half()
    x = torch.randn(1, 2048).bfloat16()

    def dequantising():
        q, zeros = unpack_awq(qweight, qzeros, 4)
        w = ((q.unflatten(0, (-1, 128)) - zeros[:, None]) * scales.float()[:, None]).flatten(0, 1)
        return F.linear(x, w.bfloat16().t())

    def seconds(call):
        start = time.perf_counter()
        call()
        return time.perf_counter() - start

    turns = [(seconds(lambda: impl.forward(x, *weights)), seconds(dequantising)) for _ in range(12)][2:]
    new, old = (statistics.median(t) for t in zip(*turns, strict=True))
    assert new < old / 2, f'{new * 1e3:.2f} ms, {old * 1e3:.2f} ms'
