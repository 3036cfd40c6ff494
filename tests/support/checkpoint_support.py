"""Small checkpoints laid out as InternLM2's are, and InternLM2's own definition to compare with."""

import json
import random
from pathlib import Path

import sentencepiece
import torch
from safetensors.torch import load_file, save_file
from sentencepiece import sentencepiece_model_pb2

from helpers.checkpoints.geometry import Geometry
from helpers.checkpoints.tokenizer_files import EARLY_NAMES, PLAIN_CHATML_TEMPLATE

SMALL = Geometry(
    'InternLM2ForCausalLM', vocab_size=1000, hidden_size=64, intermediate_size=96, num_layers=2, num_heads=4,
    num_kv_heads=2, head_dim=16, rope_theta=1e6, rms_norm_eps=1e-5, max_position_embeddings=64, dynamic_rope_factor=2.0,
)  # fmt: skip

SENTENCES = [
    '今天天气很好，我们去公园散步吧。', '请给我讲一个小故事吧', '你好啊兄嘚', '书生·浦语大模型', '日本語のテキスト',
    'please provide three suggestions about time management', 'hello world  two  spaces', '    indented text',
    'LMDeploy is a toolkit for compressing, deploying, and serving LLMs.', 'def f(x):\n    return x + 1',
    'aaaa aaa aa a',
]  # fmt: skip


def train_sentencepiece(path: Path, **options) -> None:
    """Train a small SentencePiece BPE of InternLM2's kind: byte fallback, and [UNUSED_TOKEN_…] as its last pieces."""
    rng = random.Random(0)
    words = ' '.join(SENTENCES).split(' ')
    lines = SENTENCES * 20 + [' ' * n + 'x' for n in range(2, 9)] * 10
    lines += [' '.join(rng.choices(words, k=rng.randint(3, 12))) for _ in range(500)]
    lines += [''.join(rng.choices('天地人大小上下山水火木金土日月abcdefgh ', k=30)) for _ in range(400)]
    model = path.with_suffix('')
    unused = ['[UNUSED_TOKEN_140]', *EARLY_NAMES]
    defaults = {'model_type': 'bpe', 'normalization_rule_name': 'identity', 'remove_extra_whitespaces': False}
    defaults['add_dummy_prefix'] = False
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(model), vocab_size=900, hard_vocab_limit=False, minloglevel=2,
        byte_fallback=True, character_coverage=0.98, split_digits=True,
        allow_whitespace_only_pieces=True, user_defined_symbols=unused,
        **defaults | options,
    )  # fmt: skip
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.with_suffix('.model').read_bytes())
    own, unused = [p for p in proto.pieces if p.type != 4], [p for p in proto.pieces if p.type == 4]
    del proto.pieces[:]
    proto.pieces.extend(own + unused)
    path.write_bytes(proto.SerializeToString())


def write_tokenizer(folder: Path, sentencepiece_model: Path, early: bool = False) -> None:
    """The tokenizer files of an InternLM2 snapshot: SentencePiece, and a class of remote code to read it."""
    (folder / 'tokenizer.model').write_bytes(sentencepiece_model.read_bytes())
    size = sentencepiece.SentencePieceProcessor(str(sentencepiece_model)).get_piece_size()
    config = {
        'auto_map': {'AutoTokenizer': ['tokenization_internlm2.InternLM2Tokenizer', None]},
        'tokenizer_class': 'InternLM2Tokenizer',
        'bos_token': '<s>', 'eos_token': '</s>', 'unk_token': '<unk>', 'pad_token': '</s>',
        'clean_up_tokenization_spaces': False,
    }  # fmt: skip
    if not early:
        names = {0: '<unk>', 1: '<s>', 2: '</s>'} | dict(enumerate(EARLY_NAMES.values(), size - 6))
        config['added_tokens_decoder'] = {
            str(i): {'content': name, 'lstrip': False, 'normalized': False, 'rstrip': False, 'single_word': False,
                     'special': True} for i, name in names.items()
        }  # fmt: skip
        config['additional_special_tokens'] = list(EARLY_NAMES.values())
        config['chat_template'] = PLAIN_CHATML_TEMPLATE
    (folder / 'tokenizer_config.json').write_text(json.dumps(config))
    (folder / 'tokenization_internlm2.py').write_text('raise RuntimeError("remote code ran")\n')


def write_weights(folder: Path, geometry: Geometry, shards: int = 1, std: float = 0.2, seed: int = 0) -> None:
    """Random fp32 weights in InternLM2's format, large enough that attention looks somewhere."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        name: torch.randn(shape, generator=generator) * std + (len(shape) == 1 and not name.endswith('bias'))
        for name, shape in geometry.tensors(packed=True).items()
    }
    if geometry.tie_word_embeddings:  # some tied checkpoints keep an output that nothing uses
        tensors['output.weight'] = torch.zeros(geometry.vocab_size, geometry.hidden_size)
    if shards == 1:
        save_file(tensors, folder / 'model.safetensors')
        return
    weight_map, names = {}, list(tensors)
    for i in range(shards):
        file = f'model-{i + 1:05d}-of-{shards:05d}.safetensors'
        part = {name: tensors[name] for name in names[i::shards]}
        save_file(part, folder / file)
        weight_map |= dict.fromkeys(part, file)
    (folder / 'model.safetensors.index.json').write_text(json.dumps({'metadata': {}, 'weight_map': weight_map}))


def write_config(folder: Path, geometry: Geometry, end_id: int | None) -> None:
    rope = {'type': 'dynamic', 'factor': geometry.dynamic_rope_factor} if geometry.dynamic_rope_factor else None
    config = {
        'architectures': [geometry.architecture], 'model_type': 'internlm2', 'bias': geometry.attention_bias,
        'auto_map': {'AutoConfig': 'configuration_internlm2.InternLM2Config',
                     'AutoModelForCausalLM': 'modeling_internlm2.InternLM2ForCausalLM'},
        'vocab_size': geometry.vocab_size, 'hidden_size': geometry.hidden_size,
        'intermediate_size': geometry.intermediate_size, 'num_hidden_layers': geometry.num_layers,
        'num_attention_heads': geometry.num_heads, 'num_key_value_heads': geometry.num_kv_heads, 'hidden_act': 'silu',
        'rms_norm_eps': geometry.rms_norm_eps, 'rope_theta': geometry.rope_theta, 'rope_scaling': rope,
        'max_position_embeddings': geometry.max_position_embeddings, 'torch_dtype': 'float32',
        'tie_word_embeddings': geometry.tie_word_embeddings, 'bos_token_id': 1, 'eos_token_id': 2, 'pad_token_id': 2,
    }  # fmt: skip
    (folder / 'config.json').write_text(json.dumps(config))
    (folder / 'configuration_internlm2.py').write_text('raise RuntimeError("remote code ran")\n')
    stops = 2 if end_id is None else [2, end_id]
    (folder / 'generation_config.json').write_text(json.dumps({'bos_token_id': 1, 'eos_token_id': stops}))


def write_checkpoint(folder: Path, sentencepiece_model: Path, geometry: Geometry = SMALL, shards: int = 1) -> Path:
    """A folder as InternStudio's share has it: SentencePiece, remote code, packed weights.  Its chat end is 898."""
    folder.mkdir(parents=True)
    write_tokenizer(folder, sentencepiece_model)
    write_weights(folder, geometry, shards)
    write_config(folder, geometry, end_id=898)
    return folder


def edit_json(path: Path, **changes) -> None:
    """Set keys of a JSON file; None takes a key out."""
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob('*')) if path.is_file()}


@torch.no_grad()
def internlm2_logits(folder: Path, geometry: Geometry, ids: torch.Tensor) -> torch.Tensor:
    """Logits [tokens, vocab] of InternLM2 for one sequence of ids, as its published modeling_internlm2.py has them."""
    w = {k: v.float() for file in sorted(folder.glob('*.safetensors')) for k, v in load_file(file).items()}
    tokens, dim, group = len(ids), geometry.head_dim, geometry.num_heads // geometry.num_kv_heads

    def norm(x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + geometry.rms_norm_eps) * w[name + '.weight']

    def linear(x, name):
        return torch.nn.functional.linear(x, w[name + '.weight'], w.get(name + '.bias'))

    base, limit, factor = geometry.rope_theta, geometry.max_position_embeddings, geometry.dynamic_rope_factor
    if factor and tokens > limit:
        base *= (factor * tokens / limit - (factor - 1)) ** (dim / (dim - 2))
    angles = torch.outer(torch.arange(tokens).float(), 1 / base ** (torch.arange(0, dim, 2) / dim)).repeat(1, 2)

    def rotate(x):  # [tokens, heads, head_dim]
        half = torch.cat([-x[..., dim // 2 :], x[..., : dim // 2]], -1)
        return x * angles.cos()[:, None] + half * angles.sin()[:, None]

    x = w['model.tok_embeddings.weight'][ids]
    for i in range(geometry.num_layers):
        at = f'model.layers.{i}.'
        packed = linear(norm(x, at + 'attention_norm'), at + 'attention.wqkv')
        packed = packed.view(tokens, geometry.num_kv_heads, group + 2, dim)
        q = rotate(packed[:, :, :group].reshape(tokens, -1, dim))
        k = rotate(packed[:, :, -2]).repeat_interleave(group, 1)
        v = packed[:, :, -1].repeat_interleave(group, 1)
        scores = torch.einsum('qhd,khd->hqk', q, k) / dim**0.5
        scores = scores.masked_fill(torch.ones(tokens, tokens).triu(1).bool(), -torch.inf).softmax(-1)
        x = x + linear(torch.einsum('hqk,khd->qhd', scores, v).flatten(1), at + 'attention.wo')
        h = norm(x, at + 'ffn_norm')
        gate = torch.nn.functional.silu(linear(h, at + 'feed_forward.w1'))
        x = x + linear(gate * linear(h, at + 'feed_forward.w3'), at + 'feed_forward.w2')
    head = 'model.tok_embeddings' if geometry.tie_word_embeddings else 'output'
    return norm(x, 'model.norm') @ w[head + '.weight'].T
