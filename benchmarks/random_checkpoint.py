"""Random weights in the exact geometry of a real model: for measuring what depends on the shape alone."""

import json
import zlib
from dataclasses import asdict
from pathlib import Path

from huggingface_hub import split_state_dict_into_shards_factory

from helpers.catalogue import catalogue_entry
from helpers.checkpoints.geometry import DTYPE_BYTES, GEOMETRIES, Geometry
from helpers.checkpoints.mending import generation_config
from helpers.checkpoints.shards import write_index
from helpers.checkpoints.tokenizer_files import plain_tokenizer_files
from helpers.files import write_json
from helpers.models import EMBEDDED
from lessons.kv_cache.weights import awq_tensors, stored_dtype
from lessons.making import SHARD_PATTERN, crc, is_whole, making, progress_bar, write_shard

SHARD_BYTES = 2_000_000_000
AWQ_CONFIG = {'quant_method': 'awq', 'version': 'gemm', 'bits': 4, 'group_size': 128, 'zero_point': True}


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
        'tokenizer': crc(tokenizer),
    } | ({'awq': True} if awq else {})
    shapes = awq_tensors(geometry, packed) if awq else geometry.tensors(packed)
    tensor_bytes = {
        name: DTYPE_BYTES[stored_dtype(name, dtype)] * torch.Size(shape).numel() for name, shape in shapes.items()
    }
    shards = split_state_dict_into_shards_factory(
        tensor_bytes, get_storage_size=int, filename_pattern=SHARD_PATTERN, max_shard_size=SHARD_BYTES
    ).filename_to_tensors

    with making(target, made_by, needed_bytes=sum(tensor_bytes.values())) as part:
        if part is None:
            return target
        progress = progress_bar(sum(tensor_bytes.values()), 'random weights', unit='B')
        for file, group in shards.items():
            if not is_whole(part / file, {name: list(shapes[name]) for name in group}):
                tensors = {}
                for name in group:
                    tensors[name] = _random_tensor(name, shapes[name], known, geometry, dtype, device, seed)
                    progress.update(tensor_bytes[name])
                write_shard(tensors, part / file)
        progress.close()
        write_index(part, list(shards))
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
