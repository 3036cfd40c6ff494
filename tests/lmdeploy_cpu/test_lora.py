"""LoRA adapters beside the weights: the answers are peft's, alone, mixed in one batch, and with prefix caching."""

import json
import shutil

import pytest
import torch
from cpu_support import PROMPT_LENGTHS, Reference, assert_same
from lmdeploy import PytorchEngineConfig
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

from lmdeploy_cpu.limits import UnsupportedError, check_adapter, check_engine_config

ATTENTION, ALL = ['q_proj', 'v_proj'], ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
ADAPTERS = {  # name: rank, alpha, modules
    'one': (1, 4, ATTENTION),
    'eight': (8, 16, ALL),
    'odd': (5, 3, ['o_proj', 'down_proj']),
}


@pytest.fixture(scope='module')
def adapters(checkpoint, tmp_path_factory):
    """adapters(base) -> {name: folder}, random ones of several ranks, written by peft."""
    made = {}

    def make(base):
        if base not in made:
            made[base] = {}
            for seed, (name, (rank, alpha, modules)) in enumerate(ADAPTERS.items()):
                model = AutoModelForCausalLM.from_pretrained(checkpoint(base).path, trust_remote_code=False)
                model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=alpha, target_modules=modules))
                generator = torch.Generator().manual_seed(70 + seed)
                for key, weight in model.named_parameters():
                    if 'lora_' in key:
                        weight.data = 0.1 * torch.randn(weight.shape, generator=generator)
                folder = tmp_path_factory.mktemp(f'{base}-{name}')
                model.save_pretrained(folder)
                made[base][name] = str(folder)
        return made[base]

    return make


@pytest.fixture(scope='module')
def peft_reference(checkpoint, adapters):
    """peft_reference(base, adapter) -> Reference; `adapter` None is the base alone."""
    made = {}

    def make(base, adapter):
        if (base, adapter) not in made:
            made[base, adapter] = found = Reference(checkpoint(base).reference_path)
            if adapter:
                found.model = PeftModel.from_pretrained(found.model, adapters(base)[adapter]).eval()
        return made[base, adapter]

    return make


@pytest.mark.parametrize(('base', 'seed'), [('llama', 1), ('qwen2', 3)])
def test_each_alone(base, seed, engine, adapters, peft_reference, prompts):
    eng = engine(base, adapters=adapters(base))
    batch, answers = prompts(PROMPT_LENGTHS, seed=seed), {}
    for name in (None, *ADAPTERS):
        want = peft_reference(base, name).greedy(batch)
        got = [answer.token_ids for answer in eng.generate(batch, adapters=[name] * len(batch))]
        assert_same(got, want, batch)
        answers[name] = str(got)
    assert len(set(answers.values())) == len(answers), 'each says something else'
    assert eng.model_agent.patched_model.trace is not None, 'decoding runs from the trace with adapters, too'


@pytest.mark.parametrize('caching', [False, True])
def test_mixed_in_one_batch(engine, adapters, peft_reference, prompts, caching):
    """One prompt with all of them at once: what one adapter left in the cache is no other's."""
    eng = engine('llama', adapters=adapters('llama'), enable_prefix_caching=caching)
    names = [None, 'eight', 'one', 'odd', 'eight', None]
    batch = prompts([200], seed=2) * len(names)
    want = [peft_reference('llama', name).greedy([ids])[0] for name, ids in zip(names, batch, strict=True)]
    for turn in range(2):
        answers = eng.generate(batch, adapters=names)
        assert_same([answer.token_ids for answer in answers], want, batch)
        assert (max(answer.cached_tokens for answer in answers) > 0) == (caching and turn > 0) or turn == 0


def test_in_bfloat16_it_rounds_as_the_kernel_does(monkeypatch):
    """Against `fused_lora`'s arithmetic written out, on random numbers."""
    from types import SimpleNamespace

    from lmdeploy.pytorch.backends.lora import AdapterInfo

    from lmdeploy_cpu.ops.lora import CpuLoRAImpl

    generator = torch.Generator().manual_seed(3)
    ranks, scalings = torch.tensor([0, 4, 2]), torch.tensor([1.0, 2.0, 0.6])
    x = torch.randn(1, 7, 32, generator=generator).bfloat16()
    a, b = (torch.randn(6, n, generator=generator).bfloat16() for n in (32, 16))
    base = torch.randn(1, 7, 40, generator=generator).bfloat16()
    info = AdapterInfo(32, 16, ranks, scalings, slice(8, 24))
    context = SimpleNamespace(
        local_adapter_ids=torch.tensor([2, 0, 1]), q_seqlens=torch.tensor([3, 2, 2]),
        attn_metadata=SimpleNamespace(max_q_seqlen=3),
    )  # fmt: skip
    got = CpuLoRAImpl().forward(x, a, b, base.clone(), info, SimpleNamespace(current_context=lambda: context), True)
    want, rows = base.clone(), {2: (0, 3, 4, 6), 1: (5, 7, 0, 4)}
    for adapter, (start, end, first, last) in rows.items():
        low = (x[0, start:end].float() @ a[first:last].float().T).bfloat16() * scalings[adapter].bfloat16()
        want[0, start:end, 8:24] += (low.float() @ b[first:last].float()).bfloat16()
    torch.testing.assert_close(got, want, rtol=2**-7, atol=2**-7)
    assert torch.equal(got[0, 3:5], base[0, 3:5]), 'a sequence without an adapter stays as it is'
    assert torch.equal(got[..., :8], base[..., :8])
    assert torch.equal(got[..., 24:], base[..., 24:])


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'use_dora': True}, 'use_dora=True'),
        ({'use_rslora': True}, 'use_rslora=True'),
        ({'rank_pattern': {'q_proj': 4}}, 'rank_pattern'),
        ({'modules_to_save': ['lm_head']}, 'modules_to_save'),
        ({'bias': 'all'}, "bias='all'"),
        ({'peft_type': 'IA3'}, 'peft_type is IA3'),
        ({'target_modules': '.*_proj'}, 'is a pattern'),
        ({'target_modules': ['q_proj', 'embed_tokens']}, "no adapters at 'embed_tokens'"),
    ],
)
def test_what_lmdeploy_would_apply_wrongly_is_refused(adapters, tmp_path, change, said):
    folder = shutil.copytree(adapters('llama')['one'], tmp_path / 'mine')
    check_adapter('mine', str(folder))
    file = folder / 'adapter_config.json'
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(UnsupportedError, match=f"adapter 'mine' in .*{said}.*merge_and_unload"):
        check_engine_config(PytorchEngineConfig(device_type='cpu', adapters={'mine': str(folder)}))


def test_files_that_are_not_there_or_a_pickle(adapters, tmp_path):
    folder = shutil.copytree(adapters('llama')['one'], tmp_path / 'mine')
    (folder / 'adapter_model.safetensors').rename(tmp_path / 'kept')
    with pytest.raises(UnsupportedError, match=r'adapter_model.safetensors is not there'):
        check_adapter('mine', str(folder))
    (tmp_path / 'kept').rename(folder / 'adapter_model.safetensors')
    (folder / 'adapter_model.bin').write_bytes(b'')
    with pytest.raises(UnsupportedError, match='is a pickle'):
        check_adapter('mine', str(folder))
