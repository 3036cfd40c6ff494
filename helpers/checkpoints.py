"""Making checkpoints: InternLM2 unpacked to Llama, and random weights in the exact geometry of a real model."""

import contextlib
import json
import os
import re
import shutil
import zlib
from dataclasses import asdict
from pathlib import Path

from .files import cache_folder, fingerprint, lock_of, locked, read_json, require_room, write_json
from .geometry import DTYPE_BYTES, GEOMETRIES, Geometry, stored_dtype
from .mending import CheckpointError, generation_config, inspect_checkpoint
from .models import EMBEDDED, catalogue_entry
from .shards import plan_shards, read_header, shard_name, shard_names, write_index, write_shard
from .tokenizer_files import plain_tokenizer_files

RECORD = 'made_by.json'  # what a folder was made from: tells a finished one from another of the same name
SHARD_BYTES = 2_000_000_000
AWQ_CONFIG = {'quant_method': 'awq', 'version': 'gemm', 'bits': 4, 'group_size': 128, 'zero_point': True}


# ---------------------------------------------------------------------------------------------- InternLM2 → Llama


def internlm2_to_llama(source: str | Path, target: str | Path) -> Path:
    """Unpack an InternLM2 checkpoint into one of `LlamaForCausalLM`, the same function under another name.

    InternLM2 is Llama with query, key and value in one matrix `wqkv` and other tensor names.  Unpacked, transformers
    and AWQ read it without remote code.  Written shard by shard, so that memory holds one shard, into `TARGET.part`,
    which is renamed when all is there.  Called again after a break, it goes on with the shards that are missing; called
    again after that, it returns `target` at once.

    Raises CheckpointError for a source that is broken, quantised or no InternLM2, FileExistsError if `target` is
    something else, OSError without room on the disk.
    """
    source, target = Path(source), Path(target)
    report = inspect_checkpoint(source)
    if not report.loadable:
        raise CheckpointError(str(report))
    config = read_json(source / 'config.json')
    if config.get('architectures') != ['InternLM2ForCausalLM'] or 'quantization_config' in config:
        what = 'a quantised checkpoint' if 'quantization_config' in config else f'{config.get("architectures")}'
        raise CheckpointError(f'{source} is {what}: only an unquantised InternLM2ForCausalLM can be unpacked')
    geometry = Geometry.from_config(source)
    shards = shard_names(source)
    small_files = plain_tokenizer_files(source) | {
        'generation_config.json': json.dumps(generation_config(source), indent=2),
        'config.json': json.dumps(_llama_config(config, geometry), indent=2),
    }
    weights = {name: size_and_time for name, size_and_time in fingerprint(source).items() if name in shards}
    made_by = {'made_by': 'internlm2_to_llama', 'weights': weights, 'small_files': _crc(small_files)}

    with _making(target, made_by, needed_bytes=sum((source / name).stat().st_size for name in shards)) as part:
        if part is None:
            return target
        progress = _progress(len(shards), 'unpacking', unit='shard')
        for name in shards:
            if not _is_whole(part / name, _unpacked_shapes(source / name, geometry)):
                write_shard(_unpacked_shard(source / name, geometry), part / name)
            progress.update()
        progress.close()
        write_index(part, shards)
        for name, content in small_files.items():
            (part / name).write_text(content, encoding='utf-8')
    return target


def llama_names(name: str) -> list[str]:
    """The Llama names of an InternLM2 tensor: three for a packed `wqkv`, none for a buffer that Llama computes."""
    outer = {'tok_embeddings': 'model.embed_tokens', 'norm': 'model.norm', 'output': 'lm_head'}
    if match := re.fullmatch(r'(?:model\.)?(tok_embeddings|norm|output)\.weight', name):
        return [f'{outer[match[1]]}.weight']
    inner = {
        'attention.wqkv': ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
        'attention.wo': ['self_attn.o_proj'],
        'feed_forward.w1': ['mlp.gate_proj'],
        'feed_forward.w2': ['mlp.down_proj'],
        'feed_forward.w3': ['mlp.up_proj'],
        'attention_norm': ['input_layernorm'],
        'ffn_norm': ['post_attention_layernorm'],
    }
    match = re.fullmatch(r'(model\.layers\.\d+\.)(.+)\.(weight|bias)', name)
    if match and match[2] in inner:
        return [f'{match[1]}{new}.{match[3]}' for new in inner[match[2]]]
    if name.endswith('rotary_emb.inv_freq'):
        return []
    raise CheckpointError(f'{name} is no tensor of InternLM2: nothing is known about where it belongs')


def unpack_wqkv(wqkv, geometry: Geometry):
    """Query, key and value, each [heads · head_dim, …], of a packed `wqkv` (a weight, or a bias with one axis less).

    Its rows are laid out as [kv_heads, group + 2, head_dim]: the queries that share a KV head, their key, their value.
    """
    group = geometry.num_heads // geometry.num_kv_heads
    heads = wqkv.unflatten(0, (geometry.num_kv_heads, group + 2, geometry.head_dim))
    query, key, value = heads[:, :group].flatten(0, 1), heads[:, group], heads[:, group + 1]
    return tuple(part.flatten(0, 1).contiguous() for part in (query, key, value))


def _unpacked_shard(path: Path, geometry: Geometry) -> dict:
    from safetensors import safe_open

    tensors = {}
    with safe_open(path, framework='pt') as file:
        for name in read_header(path):
            names = _kept_names(name, geometry)
            if len(names) == 3:
                tensors |= dict(zip(names, unpack_wqkv(file.get_tensor(name), geometry), strict=True))
            elif names:
                tensors[names[0]] = file.get_tensor(name)
    return tensors


def _kept_names(name: str, geometry: Geometry) -> list[str]:
    names = llama_names(name)
    return [] if geometry.tie_word_embeddings and names == ['lm_head.weight'] else names


def _unpacked_shapes(path: Path, geometry: Geometry) -> dict[str, list[int]]:
    """Name → shape of the tensors that `_unpacked_shard(path)` returns."""
    rows = {'q_proj': geometry.num_heads, 'k_proj': geometry.num_kv_heads, 'v_proj': geometry.num_kv_heads}
    shapes = {}
    for name, tensor in read_header(path).items():
        for new in _kept_names(name, geometry):
            heads = rows.get(new.split('.')[-2])
            shapes[new] = [heads * geometry.head_dim, *tensor['shape'][1:]] if heads else tensor['shape']
    return shapes


def _llama_config(config: dict, geometry: Geometry) -> dict:
    own = {
        'architectures',
        'auto_map',
        'model_type',
        'bias',
        'attn_implementation',
        'transformers_version',
        'tokenizer_class',
    }
    return {key: value for key, value in config.items() if key not in own} | {
        'architectures': ['LlamaForCausalLM'],
        'model_type': 'llama',
        'head_dim': geometry.head_dim,
        'attention_bias': geometry.attention_bias,
        'mlp_bias': False,
    }


# ------------------------------------------------------------------------------------------------- random weights


def random_checkpoint(
    geometry: Geometry | str,
    target: str | Path,
    *,
    dtype: str = 'bfloat16',
    device: str | None = None,
    seed: int = 0,
    packed: bool = True,
    tokenizer_from: str | Path | None = None,
    auto_map: bool = False,
    awq: bool = False,
) -> Path:
    """Write a checkpoint of random weights (normal, standard deviation 0.02) in an exact geometry; returns `target`.

    For measuring what depends on the shape alone: memory, speed, loading.  What it says is noise.

    `geometry`: a Geometry or a name of GEOMETRIES.  `device`: where the numbers are drawn (default: the GPU if there is
    one; CPU and GPU draw different ones).  `packed`: InternLM2 geometries in InternLM2's own format (else as Llama).
    `tokenizer_from`: the checkpoint whose tokenizer and stop ids are taken (default: the embedded tiny-chat); its ids
    must lie inside the vocabulary.  Ids beyond them get filler tokens, and logits of 0, so that the greedy answer is
    text.  `auto_map`: name InternLM2's remote code in config.json, as the folders of InternStudio's share do.  `awq`:
    W4A16, as `lmdeploy lite auto_awq` would leave it (the 4-bit numbers are uniform, of the same standard deviation).

    Shards are of at most 2 GB; the folder appears when it is whole.  Called again after a break it goes on, called
    again with the same arguments after that it returns at once.

    Raises FileExistsError if `target` is something else, OSError without room on the disk.
    """
    import torch

    if isinstance(geometry, str):
        model = catalogue_entry(geometry)
        name = model.geometry if model else geometry
        if name not in GEOMETRIES:
            raise ValueError(f'no geometry {geometry!r}: one of {", ".join(GEOMETRIES)}, or a Geometry')
        geometry = GEOMETRIES[name]
    packed = packed and geometry.architecture == 'InternLM2ForCausalLM'
    target, tokenizer_from = Path(target), Path(tokenizer_from or EMBEDDED / 'tiny-chat')
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    tokenizer = plain_tokenizer_files(tokenizer_from)
    known = _pad_vocabulary(tokenizer, geometry.vocab_size)
    made_by = {
        'made_by': 'random_checkpoint',
        'geometry': asdict(geometry),
        'dtype': dtype,
        'device': torch.device(device).type,
        'seed': seed,
        'packed': packed,
        'auto_map': auto_map,
        'tokenizer': _crc(tokenizer),
    } | ({'awq': True} if awq else {})
    shapes = geometry.awq_tensors(packed) if awq else geometry.tensors(packed)
    tensor_bytes = {
        name: DTYPE_BYTES[stored_dtype(name, dtype)] * torch.Size(shape).numel() for name, shape in shapes.items()
    }
    groups = plan_shards(tensor_bytes, SHARD_BYTES)
    names = [shard_name(i + 1, len(groups)) for i in range(len(groups))]

    with _making(target, made_by, needed_bytes=sum(tensor_bytes.values())) as part:
        if part is None:
            return target
        progress = _progress(sum(tensor_bytes.values()), 'random weights', unit='B')
        for file, group in zip(names, groups, strict=True):
            if not _is_whole(part / file, {name: list(shapes[name]) for name in group}):
                tensors = {}
                for name in group:
                    tensors[name] = _random_tensor(name, shapes[name], known, geometry, dtype, device, seed)
                    progress.update(tensor_bytes[name])
                write_shard(tensors, part / file)
        progress.close()
        write_index(part, names)
        for name, content in tokenizer.items():
            (part / name).write_text(content, encoding='utf-8')
        generation = generation_config(tokenizer_from)
        write_json(part / 'generation_config.json', generation)
        config = _random_config(geometry, dtype, packed, auto_map, generation)
        write_json(part / 'config.json', config | ({'quantization_config': AWQ_CONFIG} if awq else {}))
    return target


def _random_tensor(name, shape, known, geometry, dtype, device, seed):
    import torch

    dtype = getattr(torch, dtype)
    # A generator for each tensor: its numbers do not depend on how the tensors are shared out among files.
    generator = torch.Generator(device).manual_seed(zlib.crc32(f'{seed} {name}'.encode()))
    if name.endswith('qweight'):
        return torch.randint(-(2**31), 2**31, shape, dtype=torch.int32, device=device, generator=generator).cpu()
    if name.endswith('qzeros'):
        return torch.full(shape, 0x77777777, dtype=torch.int32)  # eight times 7, of 0 to 15
    if name.endswith('scales'):
        return torch.full(shape, 0.02 / (255 / 12) ** 0.5, dtype=torch.float16)  # the deviation of 0 to 15 is √(255/12)
    if len(shape) == 1:  # norms do nothing, biases neither
        return torch.zeros(shape, dtype=dtype) if name.endswith('.bias') else torch.ones(shape, dtype=dtype)
    tensor = torch.empty(shape, dtype=dtype, device=device)
    for rows in tensor.split(4096):  # drawn in fp32, which a CPU does three times as fast as bf16
        rows.copy_(torch.empty(rows.shape, device=device).normal_(std=0.02, generator=generator))
    if shape[0] == geometry.vocab_size:
        tensor[known:] = 0  # logits of 0 for ids that the tokenizer lacks, so that the answers are text
    return tensor.cpu()


def _pad_vocabulary(tokenizer: dict[str, str], vocab_size: int) -> int:
    """Give every id below `vocab_size` a token, in place; returns how many the tokenizer had itself."""
    backend = json.loads(tokenizer['tokenizer.json'])
    vocab = backend['model']['vocab']
    used = max([*vocab.values(), *(token['id'] for token in backend['added_tokens'])]) + 1
    if used > vocab_size:
        raise ValueError(f'the tokenizer has {used} tokens, the geometry {vocab_size}: take another tokenizer_from')
    vocab |= {f'<|filler_{i}|>': i for i in range(used, vocab_size)}
    tokenizer['tokenizer.json'] = json.dumps(backend, ensure_ascii=False)
    return used


def _random_config(geometry: Geometry, dtype: str, packed: bool, auto_map: bool, generation: dict) -> dict:
    model_type, architecture = {
        'Qwen3ForCausalLM': ('qwen3', 'Qwen3ForCausalLM'),
        'InternLM2ForCausalLM': ('internlm2', 'InternLM2ForCausalLM') if packed else ('llama', 'LlamaForCausalLM'),
    }.get(geometry.architecture, ('llama', geometry.architecture))
    stops = generation['eos_token_id']
    config = {
        'architectures': [architecture],
        'model_type': model_type,
        'vocab_size': geometry.vocab_size,
        'hidden_size': geometry.hidden_size,
        'intermediate_size': geometry.intermediate_size,
        'num_hidden_layers': geometry.num_layers,
        'num_attention_heads': geometry.num_heads,
        'num_key_value_heads': geometry.num_kv_heads,
        'bias' if packed else 'attention_bias': geometry.attention_bias,
        'hidden_act': 'silu',
        'initializer_range': 0.02,
        'max_position_embeddings': geometry.max_position_embeddings,
        'rms_norm_eps': geometry.rms_norm_eps,
        'rope_theta': geometry.rope_theta,
        'rope_scaling': None,
        'tie_word_embeddings': geometry.tie_word_embeddings,
        'torch_dtype': dtype,
        'use_cache': True,
        'bos_token_id': generation.get('bos_token_id'),
        'eos_token_id': stops[0] if stops else None,
        'pad_token_id': generation.get('pad_token_id'),
    }
    if geometry.dynamic_rope_factor:
        config['rope_scaling'] = {'type': 'dynamic', 'factor': geometry.dynamic_rope_factor}
    if not packed:
        config['head_dim'] = geometry.head_dim
    if model_type == 'qwen3':
        config |= {'use_sliding_window': False, 'sliding_window': None, 'max_window_layers': geometry.num_layers}
    if packed and auto_map:
        config['auto_map'] = {
            'AutoConfig': 'configuration_internlm2.InternLM2Config',
            'AutoModelForCausalLM': 'modeling_internlm2.InternLM2ForCausalLM',
            'AutoModel': 'modeling_internlm2.InternLM2ForCausalLM',
        }
    return config


# ----------------------------------------------------------------------------------------------------- in common


@contextlib.contextmanager
def _making(target: Path, record: dict, needed_bytes: int):
    """`with _making(…) as part`: the folder `part` becomes `target` when the block ends well.

    `part` is None when `target` was made from the same things before.  What was made from other things is an error, or,
    in the course's cache, made anew.  After a break the folder stays for the next try, unless that one makes something
    else.  One process at a time makes a target; others wait, and then find it there.
    """
    target = target.absolute()
    part = target.with_name(target.name + '.part')
    with locked(lock_of(target)):
        if not target.is_dir() and os.path.lexists(target):  # a file, or a link to nowhere
            raise FileExistsError(f'{target} is there, and is no folder: remove it, or choose another name')
        if target.exists():
            if read_json(target / RECORD) == record:
                yield None
                return
            if not target.is_relative_to(cache_folder()):
                raise FileExistsError(f'{target} is there, made from other things: remove it, or choose another name')
            shutil.rmtree(target)  # in the cache only what is up to date is of use
        if part.exists() and read_json(part / RECORD) != record:
            shutil.rmtree(part)
        for half in part.glob('.*'):  # left by a process that was killed: while we hold the lock nobody writes here
            half.unlink()
        there_bytes = sum(path.stat().st_size for path in part.glob('*'))
        require_room(part, needed_bytes - there_bytes)
        part.mkdir(parents=True, exist_ok=True)
        write_json(part / RECORD, record)
        yield part
        part.rename(target)


def _crc(content: dict[str, str]) -> int:
    return zlib.crc32(json.dumps(content).encode())


def _is_whole(path: Path, shapes: dict[str, list[int]]) -> bool:
    """Whether `path` is a whole safetensors file with just these tensors (an earlier try left it)."""
    try:
        return {name: tensor['shape'] for name, tensor in read_header(path).items()} == shapes
    except (OSError, ValueError):
        return False


def _progress(total: int, what: str, unit: str):
    """A progress bar that shows itself when the work takes longer than a second."""
    from tqdm import tqdm

    return tqdm(total=total, desc=what, unit=unit, unit_scale=unit == 'B', delay=1.0, mininterval=1.0, leave=False)
