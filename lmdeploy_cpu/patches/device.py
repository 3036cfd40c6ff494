"""Changes that point the engine at the CPU: its operators, its memory, and the places that name 'cuda'."""

import contextlib
import copy
import dataclasses

import torch

from lmdeploy_cpu.budget import available_memory, memory_budget
from lmdeploy_cpu.limits import UnsupportedError

from . import CPU
from .patching import on_cpu

_AGENT = 'lmdeploy.pytorch.engine.model_agent.agent'

for _module in (
    _AGENT,
    'lmdeploy.pytorch.engine.model_agent.inputs_maker',
    'lmdeploy.pytorch.engine.cache_engine.engine',
    'lmdeploy.pytorch.engine.logits_process',
    'lmdeploy.pytorch.spec_decode.spec_agent',
    'lmdeploy.pytorch.spec_decode.proposers.base',
):

    @CPU.patch(
        f'{_module}:torch',
        'Uses CUDA streams and events; gets the stand-in of patches/fakecuda.py for this one name.',
        only_here=True,
    )
    def stand_in(real):
        from .fakecuda import torch_without_cuda

        return torch_without_cuda(real)


@CPU.patch('lmdeploy.pytorch.backends.selector:_get_backend', 'The operators: ops/backend.py.')
def operators(old):

    def _get_backend():
        if on_cpu():
            from lmdeploy_cpu.ops.backend import CpuOpsBackend

            return CpuOpsBackend
        return old()

    return _get_backend


@CPU.patch(f'{_AGENT}:BaseModelAgent.__init__', "Its device, and that of its warm-up inputs, is the word 'cuda'.")
def agent_device(old):

    def __init__(self, *args, **kwargs):
        old(self, *args, **kwargs)
        if self.device_ctx.device_type == 'cpu':
            self.device = 'cpu'
            make_dummy = self.inputs_strategy.make_dummy
            self.inputs_strategy.make_dummy = lambda *a, **k: make_dummy(*a, **{**k, 'device': 'cpu'})

    return __init__


@CPU.patch(f'{_AGENT}:_try_to_cuda', 'The copy to the GPU. It stays a copy: the agent writes to what it gets.')
def copy_inputs(old):

    def _try_to_cuda(val, non_blocking=False):
        if not on_cpu():
            return old(val, non_blocking)
        return clone_tensors(val.to_device('cpu') if hasattr(val, 'to_device') else val)

    return _try_to_cuda


def clone_tensors(x):
    """`x` with every tensor in it cloned, through lists, tuples, dicts and dataclasses; other objects are shared."""
    if isinstance(x, torch.Tensor):
        return x.clone()
    if isinstance(x, dict):
        return {k: clone_tensors(v) for k, v in x.items()}
    if isinstance(x, tuple) and hasattr(x, '_fields'):
        return type(x)(*map(clone_tensors, x))
    if isinstance(x, (list, tuple)):
        return type(x)(map(clone_tensors, x))
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        x = copy.copy(x)
        for name in x.__dataclass_fields__:
            value = getattr(x, name)
            if isinstance(value, (torch.Tensor, list, tuple, dict)) or dataclasses.is_dataclass(value):
                object.__setattr__(x, name, clone_tensors(value))
    return x


def _unlabelled(old):
    plain = old.__wrapped__

    def call(*args, **kwargs):
        return plain(*args, **kwargs) if on_cpu() else old(*args, **kwargs)

    return call


_LABELS = "Names itself for torch's profiler, which takes longer than what is done; here it does without."
for _target in (
    f'{_AGENT}:BaseModelAgent.get_logits',
    'lmdeploy.pytorch.engine.engine_loop:EngineLoop._make_infer_outputs',
    'lmdeploy.pytorch.engine.inputs_maker:InputsMakerAsync._make_forward_inputs',
    'lmdeploy.pytorch.engine.inputs_maker:InputsMakerAsync.create_model_inputs_delta',
    'lmdeploy.pytorch.model_inputs:StepContextManager.build_context',
    'lmdeploy.pytorch.strategies.ar.model_agent:ARStoppingCriteria.step',
    'lmdeploy.pytorch.strategies.ar.sampling:ARSamplingStrategy.make_sampling_inputs',
    'lmdeploy.pytorch.strategies.ar.step_inputs:ARStepInputs.step_decode',
):
    CPU.patch(_target, _LABELS)(_unlabelled)


@CPU.patch(f'{_AGENT}:record_function', 'The same, inside of functions.')
def no_labels(old):
    return lambda name: contextlib.nullcontext() if on_cpu() else old(name)


def _cpu(device):
    return 'cpu' if on_cpu() and device != 'meta' else device


@CPU.patch(
    'lmdeploy.pytorch.engine.cache_engine.plan:BlockCachePlan.allocate', "The KV blocks go to the device 'cuda'."
)
def allocate_blocks(old):
    return lambda self, num_logical_blocks, device: old(self, num_logical_blocks, _cpu(device))


@CPU.patch('lmdeploy.pytorch.engine.cache_engine.state:_allocate_state_caches', 'So do the (empty) state caches.')
def allocate_states(old):
    return lambda tensor_specs, num_caches, device: old(tensor_specs, num_caches, _cpu(device))


@CPU.patch(
    f'{_AGENT}:BaseModelAgent.get_free_mem', 'Asks the GPU for its free memory; here it is the budget less weights.'
)
def free_memory(old):

    def get_free_mem(self):
        if self.device_ctx.device_type != 'cpu':
            return old(self)
        models = [self.patched_model] + ([self.spec_agent.proposer.model] if self.spec_agent.is_enabled() else [])
        models = [model if isinstance(model, torch.nn.Module) else model.get_model() for model in models]
        tensors = [t for model in models for t in (*model.parameters(), *model.buffers())]
        # a tied output head counts once; a packed weight (linear.py) has no storage that could be shared
        kept = {id(t) if t.is_mkldnn else t.untyped_storage().data_ptr(): t.nbytes for t in tensors}
        weight_bytes = sum(kept.values())
        budget_bytes = memory_budget()
        if weight_bytes >= budget_bytes:
            raise UnsupportedError(
                f'the weights take {weight_bytes / 2**20:.0f} MiB, the memory budget is {budget_bytes / 2**20:.0f}. '
                'Raise it: lmdeploy_cpu.set_memory_budget(nbytes) or LMDEPLOY_CPU_MEMORY_GB.'
            )
        return budget_bytes - weight_bytes

    return get_free_mem


@CPU.patch(
    'lmdeploy.pytorch.engine.executor.base:ExecutorBase._reserve_runtime_mem',
    'Takes (max_prefill_token_num + 2 max_batch_size) x vocabulary x 2 bytes off first, for buffers that the CPU '
    'does not need; so the ratio here is of what the weights leave, exactly. Too small or too large a pool is named.',
)
def no_runtime_reserve(old):

    def _reserve_runtime_mem(self, free_mems, cache_block_sizes, spec_cache_config):
        if self.device_type != 'cpu':
            return old(self, free_mems, cache_block_sizes, spec_cache_config)
        block_bytes = cache_block_sizes[0].total
        ratio = self.cache_config.cache_max_entry_count
        num_blocks = self.cache_config.num_gpu_blocks or int(free_mems[0] * ratio) // block_bytes
        mib = 2**20
        if num_blocks < 16:
            raise UnsupportedError(
                f'the KV cache would have {num_blocks} blocks of {block_bytes / mib:.2f} MiB, LMDeploy needs 16: the '
                f'weights leave {free_mems[0] / mib:.0f} MiB of the memory budget, and cache_max_entry_count is '
                f'{ratio}. Raise the budget (lmdeploy_cpu.set_memory_budget or LMDEPLOY_CPU_MEMORY_GB) or the ratio.'
            )
        available = available_memory()
        if available is not None and num_blocks * block_bytes > available:
            raise UnsupportedError(
                f'the KV cache would take {num_blocks * block_bytes / mib:.0f} MiB, but this machine has '
                f'{available / mib:.0f} MiB left. Lower cache_max_entry_count or the memory budget.'
            )
        return free_mems

    return _reserve_runtime_mem


@CPU.patch(
    'lmdeploy.pytorch.backends.default.rotary_embedding:_rotary_embedding_fwd',
    'Undoes torch.compile, which needs a C++ compiler for five lines.',
)
def no_compile(old):
    plain = old.__wrapped__

    def _rotary_embedding_fwd(*args, **kwargs):
        return plain(*args, **kwargs) if on_cpu() else old(*args, **kwargs)

    return _rotary_embedding_fwd


@CPU.patch(
    'lmdeploy.vl.engine:_resolve_mm_feature_dtype',
    "The type of a picture's pixels: a KeyError for dtype='float32', which only this device has.",
)
def picture_dtype(old):

    def _resolve_mm_feature_dtype(hf_config, backend_config):
        if getattr(backend_config, 'device_type', None) == 'cpu' and backend_config.dtype in ('float32', 'float16'):
            return torch.float32  # float16 is computed in float32
        return old(hf_config, backend_config)

    return _resolve_mm_feature_dtype
