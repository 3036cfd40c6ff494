"""InternLM2 unpacked to Llama, which transformers and `lmdeploy lite` read without remote code."""

import json
import re
from pathlib import Path

from helpers.checkpoints.geometry import Geometry, architecture_of
from helpers.checkpoints.mending import CheckpointError, generation_config, inspect_checkpoint
from helpers.checkpoints.shards import read_header, read_tensors, shard_names, write_index
from helpers.checkpoints.tokenizer_files import plain_tokenizer_files
from helpers.files import cache_folder, fingerprint, read_json

from .making import crc, is_whole, making, progress_bar, write_shard


def llama_folder(model: str | Path) -> Path:
    """The model as transformers and `lmdeploy lite` read it: itself, or an InternLM2 unpacked into the course's cache.

    Raises as `internlm2_to_llama` does.
    """
    model = Path(model)
    if Geometry.from_config(model).architecture != 'InternLM2ForCausalLM':
        return model
    return internlm2_to_llama(model, cache_folder() / 'llama' / model.name)


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
    if architecture_of(config) != 'InternLM2ForCausalLM' or 'quantization_config' in config:
        what = 'a quantised checkpoint' if 'quantization_config' in config else f'{architecture_of(config)}'
        raise CheckpointError(f'{source} is {what}: only an unquantised InternLM2ForCausalLM can be unpacked')
    geometry = Geometry.from_config(source)
    shards = shard_names(source)
    small_files = plain_tokenizer_files(source) | {
        'generation_config.json': json.dumps(generation_config(source), indent=2),
        'config.json': json.dumps(_llama_config(config, geometry), indent=2),
    }
    weights = {name: size_and_time for name, size_and_time in fingerprint(source).items() if name in shards}
    made_by = {'made_by': 'internlm2_to_llama', 'weights': weights, 'small_files': crc(small_files)}

    with making(target, made_by, needed_bytes=sum((source / name).stat().st_size for name in shards)) as part:
        if part is None:
            return target
        progress = progress_bar(len(shards), 'unpacking', unit='shard')
        written = [f'{name.removesuffix(".bin")}.safetensors' if name.endswith('.bin') else name for name in shards]
        if len(shards) == 1:
            written = ['model.safetensors']
        for name, new in zip(shards, written, strict=True):
            if not is_whole(part / new, _unpacked_shapes(source / name, geometry)):
                write_shard(_unpacked_shard(source / name, geometry), part / new)
            progress.update()
        progress.close()
        write_index(part, written)
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
    tensors = {}
    for name, tensor in read_tensors(path):
        names = _kept_names(name, geometry)
        if len(names) == 3:
            tensors |= dict(zip(names, unpack_wqkv(tensor, geometry), strict=True))
        elif names:
            tensors[names[0]] = tensor
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
    own = {'architectures', 'auto_map', 'model_type', 'bias', 'attn_implementation', 'transformers_version',
           'tokenizer_class'}  # fmt: skip
    return {key: value for key, value in config.items() if key not in own} | {
        'architectures': ['LlamaForCausalLM'],
        'model_type': 'llama',
        'head_dim': geometry.head_dim,
        'attention_bias': geometry.attention_bias,
        'mlp_bias': False,
    }
