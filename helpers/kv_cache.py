"""What an engine will take of a device's memory, worked out before it starts.

LMDeploy loads the weights, gives the KV cache the share `cache_max_entry_count` of what they leave free, and cuts it
into blocks of some tokens.  Here is that arithmetic for TurboMind, for the PyTorch engine and for the CPU device of
`lmdeploy_cpu`; every function names the place in LMDeploy 0.18.0 that it follows.
"""

import dataclasses
import functools
import math
import re
from pathlib import Path

from .files import read_json
from .geometry import DTYPE_BYTES, GEOMETRIES, Geometry, stored_dtype
from .memory import MIB
from .shards import read_header, shard_names

# ------------------------------------------------------------------------------------------------------- the weights

_STORED_BYTES = {'F64': 8, 'F32': 4, 'F16': 2, 'BF16': 2, 'F8_E4M3': 1, 'I64': 8, 'I32': 4, 'I16': 2, 'I8': 1, 'U8': 1}
# transformers' and InternVL's own names of what is not the language model
_VISION = re.compile(r'^(model\.)?(vision_tower|vision_model|visual|multi_modal_projector|mlp1|image_newline)\b')
_DTYPE = {'float32': 'F32', 'bfloat16': 'BF16', 'float16': 'F16', 'int32': 'I32'}


@dataclasses.dataclass(frozen=True, slots=True)
class WeightTensor:
    """One tensor of a checkpoint, as its file has it."""

    name: str
    dtype: str  # as safetensors names it: 'BF16', 'I32', …
    shape: tuple[int, ...]

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.numel * _STORED_BYTES[self.dtype]

    @property
    def is_vision(self) -> bool:
        """Whether it belongs to a model's vision tower, or to the projector behind it."""
        return bool(_VISION.search(self.name))


def weight_tensors(model: Path | str | Geometry, dtype: str = 'bfloat16', awq: bool = False) -> list[WeightTensor]:
    """Give name, dtype and shape of every tensor of a model.

    Args:
        model: the folder of a checkpoint, whose safetensors headers are read; or a Geometry or a name of GEOMETRIES,
            whose tensors have `dtype`, and, with `awq`, 4-bit layers (W4A16).
    """
    geometry = _geometry_without_folder(model)
    if geometry is None:
        headers = [read_header(Path(model) / name) for name in shard_names(Path(model))]
        return [WeightTensor(n, t['dtype'], tuple(t['shape'])) for header in headers for n, t in header.items()]
    shapes = geometry.awq_tensors() if awq else geometry.tensors()
    return [WeightTensor(name, _DTYPE[stored_dtype(name, dtype)], shape) for name, shape in shapes.items()]


def weight_bytes(model: Path | str | Geometry, dtype: str = 'bfloat16', awq: bool = False) -> int:
    """Bytes of a model's weights as they are stored; the arguments are those of `weight_tensors`."""
    return sum(tensor.nbytes for tensor in weight_tensors(model, dtype, awq))


def engine_weight_bytes(
    tensors: list[WeightTensor], geometry: Geometry, engine: str, dtype: str = 'bfloat16', tp: int = 1
) -> int:
    """Bytes that the weights take on each device once an engine has them.

    Floats take `dtype` (TurboMind: 16 bits).  4-bit weights stay as they are; scale and zero point of each group of
    them become two halves in TurboMind (`LinearWeight::prepare` in src/turbomind/models/linear_weight.cc) and on the
    CPU, and stay as the checkpoint has them in the PyTorch engine on CUDA.  TurboMind makes a second copy of embeddings
    that the output head is tied to (`lm_pfx` in lmdeploy/turbomind/models/qwen3.py).  Of `tp` devices each has its part
    of the matrices and all of the norms.  A vision tower counts like the rest.
    """
    total = 0
    for tensor in tensors:
        kind = tensor.name.rsplit('.', 1)[-1]
        if kind == 'qzeros' and engine != 'pytorch':
            continue
        if kind == 'scales' and engine != 'pytorch':
            each = 4
        elif kind == 'scales' or not tensor.dtype.endswith(('F64', 'F32', 'F16')):  # integers, 8-bit floats
            each = _STORED_BYTES[tensor.dtype]
        else:
            each = DTYPE_BYTES[dtype]
        is_table = tensor.name.endswith(('embed_tokens.weight', 'tok_embeddings.weight'))
        copies = 2 if engine == 'turbomind' and geometry.tie_word_embeddings and is_table else 1
        total += copies * tensor.numel * each // (tp if len(tensor.shape) > 1 else 1)
    if engine != 'cpu':
        return total
    # The CPU device counts a scale of keys and of values for each layer too, and the rotary embedding's frequencies;
    # and the number of each place in LLaVA's vision tower.  (Qwen's has frequencies of its own: some 64 bytes.)
    places = sum(tensor.shape[0] for tensor in tensors if tensor.name.endswith('.position_embedding.weight'))
    return total + 4 * (2 * geometry.num_layers + geometry.head_dim // 2) + 8 * places


# ------------------------------------------------------------------------------------------------ a token in the cache

# Source: the kernels `decoding_sm80_*_{u4,u8}.cu` in LMDeploy's src/turbomind/kernels/attention/codegen; a head
# dimension of 192 has none.
TURBOMIND_KV_QUANT_HEAD_DIMS = (64, 128, 256, 576)
KV_POLICIES = {'bf16': 0, 'int8': 8, 'int4': 4}  # name: quant_policy, those that both engines have
_KV_QUANT = {8: (8, 2), 4: (4, 2), 16: (8, 0), 17: (8, 0)}  # quant_policy: bits of a number, parameters of a vector


def kv_bytes_per_token(geometry: Geometry, quant_policy: int = 0, dtype: str = 'bfloat16', tp: int = 1) -> int:
    """Bytes that one token takes in the KV cache of each of `tp` devices.

    A key and a value for every layer and KV head, `head_dim` numbers each: in `dtype` (quant_policy 0), or in 8 or 4
    bits (quant_policy 8 or 4) with two parameters, scale and zero point, in `dtype`.  So int8 holds 1.94 times and
    int4 3.76 times as many tokens as bf16 at a head dimension of 128, not 2 and 4 times.  fp8 (16 and 17, PyTorch
    engine) has no parameters here.

    Source: `block::Layout` in src/turbomind/kernels/attention/block.h; `build_quant_cache_descs` in
    lmdeploy/pytorch/engine/cache_engine/schema.py.  With more devices than KV heads TurboMind repeats heads
    (`repeat_kv_for_tp` in lmdeploy/turbomind/builders/attention.py).

    Raises ValueError for another quant_policy, or a head dimension that 4 bits cannot pack.
    """
    width = DTYPE_BYTES[dtype]
    if quant_policy == 0:
        vector = geometry.head_dim * width
    elif quant_policy in _KV_QUANT:
        bits, parameters = _KV_QUANT[quant_policy]
        if geometry.head_dim * bits % 8:
            raise ValueError(f'quant_policy={quant_policy}: a head dimension of {geometry.head_dim} is odd')
        vector = geometry.head_dim * bits // 8 + parameters * width
    else:
        raise ValueError(f'quant_policy={quant_policy!r}: known here are 0 (none), 8 (int8), 4 (int4), 16 and 17 (fp8)')
    return geometry.num_layers * math.ceil(geometry.num_kv_heads / tp) * 2 * vector


def check_kv_quantisation(geometry: Geometry, quant_policy: int, engine: str) -> None:
    """Raise ValueError, saying why, if an engine cannot quantise the KV cache of this model."""
    kv_bytes_per_token(geometry, quant_policy)
    if engine == 'turbomind' and quant_policy and geometry.head_dim not in TURBOMIND_KV_QUANT_HEAD_DIMS:
        can = ', '.join(map(str, TURBOMIND_KV_QUANT_HEAD_DIMS))
        raise ValueError(
            f'quant_policy={quant_policy}: TurboMind quantises keys and values of a head dimension of {can}; this '
            f'model has {geometry.head_dim}.  Leave quant_policy at 0'
        )


# ------------------------------------------------------------------------------------------------------- slabs, pages

# Source: `MemoryState` in src/turbomind/memory/object.cc.
PAGE_BYTES = 32 * MIB
_MAX_SLAB_BYTES = 1 << 30
_LEAST_USE = 0.95


def slab_of(block_bytes: int) -> tuple[int, int]:
    """Bytes of a slab, and blocks in it: the smallest power of two of pages that blocks fill to 95 %.

    TurboMind hands out the cache in slabs.  Source: `SlabAllocator` in src/turbomind/memory/slab.h.
    """
    slab = PAGE_BYTES << (math.ceil(block_bytes / PAGE_BYTES) - 1).bit_length()
    while slab // block_bytes * block_bytes / slab < _LEAST_USE and 2 * slab <= _MAX_SLAB_BYTES:
        slab *= 2
    return slab, slab // block_bytes


# ----------------------------------------------------------------------------------------------------- the prediction

# Measured on an H200 with LMDeploy 0.18.0 (records/h200/kv_cache.json); another card differs by some ten MiB.
CONTEXT_BYTES = 527 * MIB  # the CUDA context that a process gets before it does anything
_TURBOMIND_LOADING_BYTES = 12 * MIB + 13 * PAGE_BYTES  # kernels, GEMM workspaces: taken before the cache is sized
_TURBOMIND_SERVING_BYTES = 38 * MIB  # kernels that are loaded when they are first used
_NCCL_BYTES = 208 * MIB  # where several cards share a model; measured with two (records/h200/scaling.json)
_TURBOMIND_BUFFER_BYTES = 30 * MIB  # buffers that `turbomind_buffer_bytes` does not count one by one
_PYTORCH_LOADING_BYTES = 210 * MIB
_PYTORCH_GRAPH_BYTES = 246 * MIB, 136 << 10  # CUDA graphs: a constant, and more for each request of a batch
_ACCURACY_BYTES = 64 * MIB
_SPLIT_TOKENS = 4096  # kMaxWorkspaceTokens
_LEAST_BLOCKS = 16  # of the PyTorch engine


@dataclasses.dataclass(frozen=True, slots=True)
class MemoryPrediction:
    """What an engine will take, in bytes of one device.  `print` it for a table."""

    engine: str  # 'turbomind' | 'pytorch' | 'cpu'
    cache_max_entry_count: float
    free_bytes: int  # before the engine starts
    weight_bytes: int  # in the engine
    loading_bytes: int  # taken besides them before the cache is sized
    reserve_bytes: int  # left out of account when the cache is sized
    budget_bytes: int  # for the cache
    block_bytes: int
    block_tokens: int
    slab_bytes: int  # TurboMind's slabs; 0 where there are none
    blocks_per_slab: int
    num_blocks: int
    pool_bytes: int  # what the cache takes
    workspace_bytes: int  # taken after that
    least_tokens: int  # that the cache must hold for the engine to start

    @property
    def free_at_sizing_bytes(self) -> int:
        """What TurboMind logs as free: `Object cache budget: … MB from free … MB`."""
        return self.free_bytes - self.weight_bytes - self.loading_bytes

    @property
    def num_slabs(self) -> int:
        return self.num_blocks // self.blocks_per_slab if self.slab_bytes else 0

    @property
    def tokens(self) -> int:
        """How many tokens fit into the cache."""
        return self.num_blocks * self.block_tokens

    @property
    def engine_bytes(self) -> int:
        """What the engine takes in all."""
        return self.weight_bytes + self.loading_bytes + self.pool_bytes + self.workspace_bytes

    @property
    def left_bytes(self) -> int:
        """What stays free once the engine runs, give or take some ten MiB on CUDA."""
        return self.free_bytes - self.engine_bytes

    def sequences(self, length: int) -> int:
        """How many sequences of `length` tokens fit at the same time; each takes whole blocks."""
        return self.num_blocks // math.ceil(length / self.block_tokens)

    @property
    def problem(self) -> str | None:
        """Why the engine would not start; None if it will."""
        if self.left_bytes < -_ACCURACY_BYTES:
            return (
                f'it takes {-self.left_bytes / MIB:.0f} MiB more than the {self.free_bytes / MIB:.0f} MiB that are free'
            )
        if self.tokens < self.least_tokens:
            problem = f'a cache of {self.budget_bytes / MIB:.0f} MiB holds {self.tokens} tokens'
            if self.engine == 'turbomind':
                return f'{problem}, and it warms up with a prompt of {self.least_tokens}, for which it waits for ever'
            return f'{problem}; to start, it must hold {self.least_tokens}'
        return None

    def __str__(self) -> str:
        slabs = f'{self.num_slabs} slabs of {self.slab_bytes / MIB:.0f} MiB, ' if self.slab_bytes else ''
        rows = [
            ('free before', self.free_bytes, ''),
            ('weights', self.weight_bytes, ''),
            ('loading', self.loading_bytes, 'kernels, workspaces of matrix products'),
            ('free at sizing', self.free_at_sizing_bytes, ''),
            ('KV cache', self.pool_bytes, f'{slabs}{self.num_blocks} blocks: {self.tokens} tokens'),
            ('workspace', self.workspace_bytes, ''),
            ('engine, in all', self.engine_bytes, ''),
            ('left', self.left_bytes, ''),
        ]
        lines = [f'{name:<15}{count / MIB:>9.0f} MiB  {note}'.rstrip() for name, count, note in rows]
        return '\n'.join(lines + ([f'will not start: {self.problem}'] if self.problem else []))


def predict_memory(
    model: Path | str | Geometry,
    free_bytes: int | None = None,
    *,
    engine: str | None = None,
    cache_max_entry_count: float = 0.8,
    quant_policy: int = 0,
    dtype: str | None = None,
    awq: bool = False,
    session_len: int | None = None,
    max_batch_size: int | None = None,
    max_prefill_token_num: int = 8192,
    block_tokens: int = 64,
    tp: int = 1,
) -> MemoryPrediction:
    """Predict what an engine will take of a device's memory.

    Args:
        model: the folder of a checkpoint; or a Geometry or a name of GEOMETRIES, with `awq` for W4A16 weights.
            (Of the PyTorch engine with W4A16 the prediction is too low: on an H200 loading left 1.2 GB more behind.)
        free_bytes: what is free for this process before the engine starts (`device_memory().budget_bytes`; on
            the CPU all of the memory budget).  None: of this machine's device, now.
        engine: 'turbomind', 'pytorch' (on CUDA) or 'cpu' (the PyTorch engine on the CPU device).  None: the one that
            `engine_config` takes here.
        cache_max_entry_count, quant_policy, session_len, max_batch_size, max_prefill_token_num, tp: as in LMDeploy's
            engine configuration, with its defaults.
        dtype: of floats on the CPU, where None is 'float32', as in `engine_config`; on CUDA they take 16 bits.
        block_tokens: `cache_block_seq_len` of TurboMind, `block_size` of the PyTorch engine.

    Raises:
        ValueError: a ratio outside (0, 1), or a cache that cannot be quantised that way.
    """
    check_ratio(cache_max_entry_count)
    case = _case(
        model,
        free_bytes,
        engine=engine,
        quant_policy=quant_policy,
        dtype=dtype,
        awq=awq,
        session_len=session_len,
        max_batch_size=max_batch_size,
        max_prefill_token_num=max_prefill_token_num,
        block_tokens=block_tokens,
        tp=tp,
    )
    return _predict(case, cache_max_entry_count)


@dataclasses.dataclass(frozen=True, slots=True)
class _Case:
    """All that a prediction needs but the ratio."""

    engine: str
    geometry: Geometry
    free_bytes: int
    weight_bytes: int
    scratch_bytes: int
    block_bytes: int
    block_tokens: int
    max_batch_size: int
    max_prefill_token_num: int
    session_len: int
    tp: int


def _case(
    model, free_bytes, *, engine=None, quant_policy=0, dtype=None, awq=False, session_len=None, max_batch_size=None,
    max_prefill_token_num=8192, block_tokens=64, tp=1,
) -> _Case:  # fmt: skip
    engine = engine or _engine_here()
    if engine not in ('turbomind', 'pytorch', 'cpu'):
        raise ValueError(f"engine={engine!r}: 'turbomind', 'pytorch' or 'cpu'")
    geometry = _geometry_without_folder(model) or Geometry.from_config(model)
    check_kv_quantisation(geometry, quant_policy, engine)
    dtype = _engine_dtype(model, engine, dtype)
    tensors = weight_tensors(model, dtype, awq)
    return _Case(
        engine,
        geometry,
        _free_here(engine) if free_bytes is None else free_bytes,
        engine_weight_bytes(tensors, geometry, engine, dtype, tp),
        _conversion_bytes(tensors, geometry, tp) if engine == 'turbomind' else 0,
        block_tokens * kv_bytes_per_token(geometry, quant_policy, dtype, tp),
        block_tokens,
        max_batch_size or (0 if engine == 'cpu' else _default_max_batch_size()),
        max_prefill_token_num,
        session_len or geometry.max_position_embeddings,
        tp,
    )


def _engine_dtype(model, engine: str, dtype: str | None) -> str:
    """What an engine computes in; on the CPU `choose_dtype` in lmdeploy_cpu/accept.py decides."""
    if engine != 'cpu':
        return 'bfloat16'  # or float16: as many bytes
    if dtype == 'auto' and _geometry_without_folder(model) is None:
        config = read_json(Path(model) / 'config.json')
        dtype = config.get('dtype') or config.get('torch_dtype')
    return 'bfloat16' if dtype == 'bfloat16' else 'float32'


def _predict(case: _Case, ratio: float) -> MemoryPrediction:
    return {'turbomind': _predict_turbomind, 'pytorch': _predict_pytorch, 'cpu': _predict_cpu}[case.engine](case, ratio)


_LEAST_WARM_UP = 8192  # tokens


def _predict_turbomind(case: _Case, ratio: float) -> MemoryPrediction:
    """`TurboMind::Impl::CreateEngine` in src/turbomind/turbomind.cc: the cache is sized when the weights are there, and
    taken before the workspaces.  All of it comes from memory pools of CUDA, which take memory a page at a time; what
    the conversion of 4-bit weights leaves in its pool, workspaces use later, but not what grows with the batch."""
    weights = _in_pages(case.weight_bytes)
    loading = weights - case.weight_bytes + _TURBOMIND_LOADING_BYTES + case.scratch_bytes
    budget = max(0, int((case.free_bytes - case.weight_bytes - loading) * ratio))
    slab, per_slab = slab_of(case.block_bytes)
    sizes = case.session_len, case.max_prefill_token_num, case.tp
    buffers, of_no_batch = (
        _in_pages(turbomind_buffer_bytes(case.geometry, batch, *sizes)) for batch in (case.max_batch_size, 0)
    )
    return _prediction(
        case,
        ratio,
        budget_bytes=budget,
        num_blocks=budget // slab * per_slab,
        loading_bytes=loading,
        slab_bytes=slab,
        blocks_per_slab=per_slab,
        pool_bytes=_in_pages(budget),
        workspace_bytes=_TURBOMIND_SERVING_BYTES
        + buffers
        - min(case.scratch_bytes, of_no_batch)
        + (_NCCL_BYTES if case.tp > 1 else 0),
        # It warms up with prompts of up to this length, and waits for ever if one does not fit.  A smaller
        # max_prefill_token_num does not shorten them (seen in its log).
        least_tokens=min(max(case.max_prefill_token_num, _LEAST_WARM_UP) + case.max_batch_size, case.session_len),
    )


def turbomind_buffer_bytes(
    geometry: Geometry, max_batch_size: int, session_len: int, max_prefill_token_num: int = 8192, tp: int = 1
) -> int:
    """Bytes of what TurboMind takes after the cache: buffers, and the activations of its longest prefill.

    Source: `UnifiedAttentionLayer` in src/turbomind/models/llama/unified_attention_layer.cc, `Generation` and
    `SamplingData` in src/turbomind/generation; activations: gate and up projection and their product, keys and values
    twice.
    """
    forward_tokens = max_prefill_token_num + max_batch_size
    warm_up_tokens = min(forward_tokens, session_len)
    q_width, kv_width = (heads * geometry.head_dim // tp for heads in (geometry.num_heads, geometry.num_kv_heads))
    attention = 2 * forward_tokens * q_width + 4 * _SPLIT_TOKENS * (q_width + 2 * geometry.num_heads // tp)
    block_pointers = 2 * 8 * max_batch_size * math.ceil(session_len / 64)
    token_ids = 4 * max_batch_size * session_len
    sampling = 2 * 8 * max_batch_size * 1024
    activations = 2 * warm_up_tokens * (3 * geometry.intermediate_size // tp + 4 * kv_width)
    return _TURBOMIND_BUFFER_BYTES + attention + block_pointers + token_ids + sampling + activations


def _conversion_bytes(tensors: list[WeightTensor], geometry: Geometry, tp: int) -> int:
    """What TurboMind's conversion of 4-bit weights leaves in its memory pool when the cache is sized.

    Each matrix is spread to 16 bits and transposed on its way (`LinearWeight::prepare`).  The pages that were free
    afterwards, 11, 7 and 42 for three models, grow with the widest matrix, that of gate and up projection.  One start
    in twenty left some more or less (37 for 42, 10 for 7): with W4A16 the cache is not always of the same size.
    """
    if not any(tensor.name.endswith('.qweight') for tensor in tensors):
        return 0
    widest = 2 * geometry.hidden_size * 2 * geometry.intermediate_size // tp
    return max(0, round(6.3 * widest / PAGE_BYTES - 2)) * PAGE_BYTES


def _in_pages(nbytes: int) -> int:
    return math.ceil(nbytes / PAGE_BYTES) * PAGE_BYTES


def _predict_pytorch(case: _Case, ratio: float) -> MemoryPrediction:
    """`_get_runtime_size` and `_update_num_gpu_blocks` in lmdeploy/pytorch/engine/executor/base.py: room for
    activations and logits is left out first, less of it when under 16 blocks would stay; 2 blocks are too few."""
    prefill_tokens = case.max_prefill_token_num
    free = case.free_bytes - case.weight_bytes - _PYTORCH_LOADING_BYTES
    while True:
        reserve = (prefill_tokens + 2 * case.max_batch_size) * case.geometry.vocab_size * 2
        budget = max(0, int((free - reserve) * ratio))
        num_blocks = budget // case.block_bytes
        if num_blocks <= 2 or num_blocks >= _LEAST_BLOCKS or prefill_tokens == 1:
            break
        prefill_tokens //= 2
    return _prediction(
        case,
        ratio,
        budget_bytes=budget,
        num_blocks=num_blocks,
        loading_bytes=_PYTORCH_LOADING_BYTES,
        reserve_bytes=reserve,
        workspace_bytes=_PYTORCH_GRAPH_BYTES[0] + case.max_batch_size * _PYTORCH_GRAPH_BYTES[1],
        least_tokens=3 * case.block_tokens,
    )


def _predict_cpu(case: _Case, ratio: float) -> MemoryPrediction:
    """`no_runtime_reserve` in lmdeploy_cpu/device.py: whole blocks from the share of what the weights leave."""
    budget = max(0, int((case.free_bytes - case.weight_bytes) * ratio))
    return _prediction(
        case,
        ratio,
        budget_bytes=budget,
        num_blocks=budget // case.block_bytes,
        least_tokens=_LEAST_BLOCKS * case.block_tokens,
    )


def _prediction(case: _Case, ratio: float, **figures) -> MemoryPrediction:
    """A prediction with what the engines have in common; without slabs, workspace and the like unless given."""
    common = {
        name: getattr(case, name) for name in ('engine', 'free_bytes', 'weight_bytes', 'block_bytes', 'block_tokens')
    }
    none = dict.fromkeys(('loading_bytes', 'reserve_bytes', 'slab_bytes', 'blocks_per_slab', 'workspace_bytes'), 0)
    pool = figures['num_blocks'] * case.block_bytes
    return MemoryPrediction(**common, cache_max_entry_count=ratio, **none | {'pool_bytes': pool} | figures)


# -------------------------------------------------------------------------------------------------------------- refusal


def check_ratio(ratio) -> None:
    """Raise ValueError unless `ratio` can be a `cache_max_entry_count`."""
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 < ratio < 1:
        raise ValueError(
            f'cache_max_entry_count={ratio!r}: it is the share of the memory left free after the weights are loaded '
            f'that the KV cache takes, a number between 0 and 1, both excluded'
        )


def smallest_ratio(
    model: Path | str | Geometry, free_bytes: int | None = None, *, step: float = 0.01, **options
) -> float | None:
    """Give the smallest multiple of `step` with which an engine starts on this device; None if there is none.

    Args:
        options: those of `predict_memory`, but for the ratio.
    """
    case = _case(model, free_bytes, **options)
    steps = round(1 / step)
    for i in range(1, steps):
        if _predict(case, i / steps).problem is None:
            return i / steps
    return None


def require_startable(model: Path | str, config, free_bytes: int | None = None) -> MemoryPrediction:
    """Refuse, before an engine starts, a configuration with which it would not, or would hang.

        require_startable(path, config)
        pipe = pipeline(path, backend_config=config)

    TurboMind 0.18.0 waits for ever while it starts if its cache cannot hold the prompts that it warms up with.

    Args:
        config: TurbomindEngineConfig or PytorchEngineConfig.
        free_bytes: as `predict_memory` takes it.  In a process that ran a TurboMind engine before, give what was free
            before that one: TurboMind keeps the room of a closed engine's weights for the next.

    Returns:
        what the engine will take, if it will start.

    Raises:
        ValueError: it will not start; the message says why, and the smallest ratio that works on this device.
    """
    options = options_of(config)
    ratio = options.pop('cache_max_entry_count')
    free_bytes = _free_here(options['engine']) if free_bytes is None else free_bytes
    prediction = predict_memory(model, free_bytes, cache_max_entry_count=ratio, **options)
    if prediction.problem is None:
        return prediction
    smallest = smallest_ratio(model, free_bytes, **options)
    works = f'the smallest that works is {smallest:g}' if smallest else 'none works'
    raise ValueError(
        f'cache_max_entry_count={ratio}: {_TITLE[prediction.engine]} would not start: {prediction.problem}.  On this '
        f'device, with this model, {works}'
    )


_TITLE = {'turbomind': 'TurboMind', 'pytorch': 'the PyTorch engine', 'cpu': 'the PyTorch engine'}


def options_of(config) -> dict:
    """What `predict_memory` takes besides model and free memory, from a configuration of either engine."""
    turbomind = hasattr(config, 'cache_block_seq_len')
    engine = 'turbomind' if turbomind else 'cpu' if config.device_type == 'cpu' else 'pytorch'
    return {
        'engine': engine,
        'cache_max_entry_count': config.cache_max_entry_count,
        'quant_policy': int(config.quant_policy),
        'dtype': config.dtype,
        'session_len': config.session_len,
        'max_batch_size': config.max_batch_size,
        'max_prefill_token_num': config.max_prefill_token_num,
        'block_tokens': config.cache_block_seq_len if turbomind else config.block_size,
        'tp': config.tp,
    }


def _geometry_without_folder(model: Path | str | Geometry) -> Geometry | None:
    return model if isinstance(model, Geometry) else GEOMETRIES.get(str(model))


def _engine_here() -> str:
    from .engine import engine_choice

    choice = engine_choice()
    return 'cpu' if choice.device == 'cpu' else choice.engine


def _free_here(engine: str) -> int:
    if engine == 'cpu':
        import lmdeploy_cpu

        return lmdeploy_cpu.memory_budget()
    from .memory import device_memory

    return device_memory().free_bytes


@functools.cache
def _default_max_batch_size() -> int:
    from lmdeploy.utils import get_max_batch_size

    return get_max_batch_size('cuda')
