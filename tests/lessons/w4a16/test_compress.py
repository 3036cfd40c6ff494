"""Pruned and distilled models: the function they should be, and checkpoints that LMDeploy loads."""

import pytest
import torch
from checkpoint_support import files_of

from benchmarks.random_checkpoint import random_checkpoint
from helpers.checkpoints.geometry import Geometry
from helpers.checkpoints.mending import inspect_checkpoint
from lessons.w4a16.compress import distil, keep_layers, load_llama, prune_channels, save_llama

SMALL = Geometry(
    'LlamaForCausalLM', vocab_size=4096, hidden_size=64, intermediate_size=96, num_layers=4, num_heads=2,
    num_kv_heads=1, head_dim=32,
)  # fmt: skip
IDS = torch.arange(100, 140)[None]


@pytest.fixture(scope='module')
def source(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.getbasetemp() / 'cache'))
        return random_checkpoint(SMALL, tmp_path_factory.mktemp('compress') / 'llama', device='cpu')


@pytest.fixture
def model(source):
    model = load_llama(source)
    for parameter in model.parameters():
        if parameter.dim() == 2:
            parameter.data *= 6  # so that the layers do something
    return model


@torch.no_grad()
def logits(model):
    return model(IDS, use_cache=False).logits


def test_the_channels_that_do_least_go(model):
    """Those that do nothing go first, and then nothing changes."""
    idle = torch.randperm(96, generator=torch.Generator().manual_seed(0))[:32]
    for layer in model.model.layers:
        layer.mlp.down_proj.weight.data[:, idle] = 0
    exact = logits(model)
    assert prune_channels(model, 64) is model
    assert model.model.layers[0].mlp.gate_proj.weight.shape == (64, 64)
    assert model.model.layers[0].mlp.down_proj.weight.shape == (64, 64)
    torch.testing.assert_close(logits(model), exact, atol=1e-4, rtol=1e-4)
    prune_channels(model, 32)
    assert (logits(model) - exact).abs().max() > 1e-2
    with pytest.raises(ValueError, match='keep=64: the model has 32 channels'):
        prune_channels(model, 64)


def test_layers_that_do_nothing_can_go(model):
    for i in (1, 2):
        model.model.layers[i].self_attn.o_proj.weight.data.zero_()
        model.model.layers[i].mlp.down_proj.weight.data.zero_()
    exact = logits(model)
    keep_layers(model, [0, 3])
    assert torch.equal(logits(model), exact)
    with torch.no_grad():  # the cache too knows the new numbers
        with_cache = [model(IDS[:, :20], use_cache=True)]
        with_cache.append(model(IDS[:, 20:], past_key_values=with_cache[0].past_key_values))
    torch.testing.assert_close(torch.cat([out.logits for out in with_cache], 1), exact, atol=1e-4, rtol=1e-4)
    for layers in ([], [0, 2]):
        with pytest.raises(ValueError, match='the model has layers 0 to 1'):
            keep_layers(model, layers)


def test_the_student_learns_from_the_teacher(source, model):
    sequences = [list(range(i, i + 10 + i % 7)) for i in range(100, 110)]
    before, results = logits(model), []
    for _ in range(2):
        student = keep_layers(load_llama(source), [0, 2])
        losses = distil(student, model, sequences, steps=60, lr=3e-3)
        results.append((losses, logits(student)))
    (losses, given), (again, given_again) = results
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
    assert losses == again
    assert torch.equal(given, given_again)
    assert torch.equal(logits(model), before)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_padding_teaches_nothing(source, model):
    """A short sequence alone, and beside a long one, has the same share in the loss."""
    short, long = [105, 106, 107], list(range(110, 140))
    both = distil(load_llama(source), model, [short, long], steps=1, rows=60)[0]
    alone = [distil(load_llama(source), model, [ids], steps=1, rows=1)[0] for ids in (short, long)]
    assert min(alone) < both < max(alone)
    mixed = [(n * 3 * alone[0] + (60 - n) * 30 * alone[1]) / (n * 3 + (60 - n) * 30) for n in range(61)]
    assert min(abs(both - value) for value in mixed) < 1e-5


def test_the_checkpoint_in_lmdeploy(source, model, tmp_path):
    from lmdeploy import pipeline

    from helpers.closing import release
    from helpers.engine import engine_config

    pruned = prune_channels(keep_layers(model, [0, 1, 3]), 64)
    target = save_llama(pruned, source, tmp_path / 'pruned')
    assert inspect_checkpoint(target).ok, inspect_checkpoint(target)
    assert (target / 'model.safetensors').stat().st_size < 0.95 * (source / 'model.safetensors').stat().st_size
    assert pruned.dtype == torch.float32

    saved = load_llama(target)
    assert torch.equal(saved.model.norm.weight, pruned.model.norm.weight.bfloat16().float())
    nll = torch.nn.functional.cross_entropy(logits(saved)[0, :-1], IDS[0, 1:]).item()
    config = engine_config(engine='pytorch', cache_max_entry_count=0.01, session_len=128)
    pipe = pipeline(str(target), backend_config=config, log_level='ERROR')
    assert pipe.get_ppl(IDS[0].tolist()) == pytest.approx([nll], abs=1e-4)
    release(pipe)


def test_a_checkpoint_is_replaced_by_its_own_kind_alone(source, model, tmp_path, monkeypatch):
    target = save_llama(model, source, tmp_path / 'out')
    before = files_of(tmp_path)
    save_llama(keep_layers(model, [0]), source, target)
    smaller = files_of(tmp_path)
    assert len(smaller['out/model.safetensors']) < len(before['out/model.safetensors'])
    with monkeypatch.context() as patch:
        patch.setattr('lessons.w4a16.compress.generation_config', lambda source: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            save_llama(model, source, target)
    assert files_of(tmp_path) == smaller
    with pytest.raises(FileExistsError, match='is something else'):
        save_llama(model, source, source)
