"""The shape of a language model: what decides its size, its memory and its speed."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

DTYPE_BYTES = {'float32': 4, 'bfloat16': 2, 'float16': 2, 'int32': 4}


@dataclass(frozen=True)
class Geometry:
    """The numbers of a `config.json` that fix every tensor's shape, and what goes with them.

    Of a vision-language model it is the language model's shape; its `architecture` is the whole model's.
    `dynamic_rope_factor` is the factor of dynamic-NTK rotary scaling (None: no scaling); it acts only beyond
    `max_position_embeddings` tokens.  `attention_bias` is `bias` in InternLM2's own configuration.
    """

    architecture: str
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    tie_word_embeddings: bool = False
    rope_theta: float = 10_000.0
    rms_norm_eps: float = 1e-6
    max_position_embeddings: int = 2048
    dynamic_rope_factor: float | None = None
    attention_bias: bool = False

    def __post_init__(self):
        if self.num_heads % self.num_kv_heads:
            raise ValueError(f'{self.num_heads} heads cannot share {self.num_kv_heads} KV heads evenly')

    @classmethod
    def from_config(cls, path: str | Path) -> 'Geometry':
        """Read the geometry of a checkpoint: `path` is its folder or its `config.json`.

        Raises FileNotFoundError without a config.json, ValueError when a number is missing from it.
        """
        path = Path(path)
        path = path / 'config.json' if path.is_dir() else path
        whole = json.loads(path.read_text(encoding='utf-8'))
        text = _language_model(whole, path)
        try:
            rope = text.get('rope_parameters') or text.get('rope_scaling') or {}
            dynamic = (rope.get('rope_type') or rope.get('type')) == 'dynamic'
            num_heads = text['num_attention_heads']
            return cls(
                architecture=whole['architectures'][0],
                vocab_size=text['vocab_size'],
                hidden_size=text['hidden_size'],
                intermediate_size=text['intermediate_size'],
                num_layers=text['num_hidden_layers'],
                num_heads=num_heads,
                num_kv_heads=text.get('num_key_value_heads') or num_heads,
                head_dim=text.get('head_dim') or text['hidden_size'] // num_heads,
                tie_word_embeddings=text.get('tie_word_embeddings', False),
                rope_theta=float(rope.get('rope_theta') or text.get('rope_theta', 10_000.0)),
                rms_norm_eps=text.get('rms_norm_eps', 1e-6),
                max_position_embeddings=text.get('max_position_embeddings', 2048),
                dynamic_rope_factor=rope.get('factor') if dynamic else None,
                attention_bias=text.get('bias', text.get('attention_bias', False)),
            )
        except KeyError as error:
            raise ValueError(f'{path} has no {error}: not the configuration of a language model?') from None

    @property
    def num_parameters(self) -> int:
        """How many weights, tied ones counted once."""
        return sum(math.prod(shape) for shape in self.tensors().values())

    def weight_bytes(self, dtype: str = 'bfloat16') -> int:
        """Bytes of all weights in `dtype` ('float32', 'bfloat16' or 'float16')."""
        return self.num_parameters * DTYPE_BYTES[dtype]

    def tensors(self, packed: bool = False) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor, in the order of the forward pass.

        `packed=True`: InternLM2's names, with query, key and value in one `wqkv`; else the names of transformers'
        Llama (and Qwen3, which adds a norm to queries and keys).
        """
        hidden, ffn = self.hidden_size, self.intermediate_size
        q, kv = self.num_heads * self.head_dim, self.num_kv_heads * self.head_dim
        shapes = {('model.tok_embeddings' if packed else 'model.embed_tokens') + '.weight': (self.vocab_size, hidden)}
        for layer in range(self.num_layers):
            at = f'model.layers.{layer}.'
            if packed:
                attention = {'attention.wqkv': (q + 2 * kv, hidden), 'attention.wo': (hidden, q)}
                mlp = {
                    'feed_forward.w1': (ffn, hidden),
                    'feed_forward.w3': (ffn, hidden),
                    'feed_forward.w2': (hidden, ffn),
                }
                norms = ('attention_norm', 'ffn_norm')
            else:
                attention = {'self_attn.q_proj': (q, hidden), 'self_attn.k_proj': (kv, hidden),
                             'self_attn.v_proj': (kv, hidden), 'self_attn.o_proj': (hidden, q)}  # fmt: skip
                mlp = {'mlp.gate_proj': (ffn, hidden), 'mlp.up_proj': (ffn, hidden), 'mlp.down_proj': (hidden, ffn)}
                norms = ('input_layernorm', 'post_attention_layernorm')
            shapes[f'{at}{norms[0]}.weight'] = (hidden,)
            for name, shape in attention.items():
                shapes[f'{at}{name}.weight'] = shape
                if self.attention_bias:
                    shapes[f'{at}{name}.bias'] = shape[:1]
            if self.architecture == 'Qwen3ForCausalLM':
                shapes[f'{at}self_attn.q_norm.weight'] = shapes[f'{at}self_attn.k_norm.weight'] = (self.head_dim,)
            shapes[f'{at}{norms[1]}.weight'] = (hidden,)
            shapes |= {f'{at}{name}.weight': shape for name, shape in mlp.items()}
        shapes['model.norm.weight'] = (hidden,)
        if not self.tie_word_embeddings:
            shapes[('output' if packed else 'lm_head') + '.weight'] = (self.vocab_size, hidden)
        return shapes

    def awq_tensors(self, packed: bool = False, group_size: int = 128) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor of a W4A16 checkpoint, as `lmdeploy lite auto_awq` writes it.

        Each matrix [out, in] of a layer becomes `qweight` [in, out / 8] and `qzeros` [in / group_size, out / 8], both
        int32 with eight 4-bit numbers, and `scales` [in / group_size, out].  Embeddings, output and norms stay.
        """
        shapes = {}
        for name, shape in self.tensors(packed).items():
            if len(shape) == 1 or '.layers.' not in name:
                shapes[name] = shape
                continue
            rows, columns = shape
            if columns % group_size or rows % 8:
                raise ValueError(f'{name} {list(shape)} cannot be quantised in groups of {group_size} inputs')
            stem = name.removesuffix('weight')
            shapes[stem + 'qweight'] = (columns, rows // 8)
            shapes[stem + 'qzeros'] = (columns // group_size, rows // 8)
            shapes[stem + 'scales'] = (columns // group_size, rows)
        return shapes


def _language_model(config: dict, path: Path) -> dict:
    """The part of a configuration that describes the language model; all of it if it has no parts."""
    text = config.get('text_config') or config.get('llm_config')
    if text is None or 'hidden_size' in config:
        return config
    if 'hidden_size' not in text:  # llava-hf writes down only what is not transformers' default
        from transformers import AutoConfig

        whole = AutoConfig.from_pretrained(path.parent, trust_remote_code=False, local_files_only=True)
        return whole.get_text_config().to_dict()
    return text


def stored_dtype(name: str, dtype: str) -> str:
    """The dtype of the tensor `name` in a checkpoint whose other numbers are in `dtype`, W4A16 or not."""
    return {'qweight': 'int32', 'qzeros': 'int32', 'scales': 'float16'}.get(name.rsplit('.', 1)[-1], dtype)


def _internlm2(hidden_size, intermediate_size, num_layers, num_heads):
    return Geometry(
        'InternLM2ForCausalLM', 92544, hidden_size, intermediate_size, num_layers, num_heads, num_kv_heads=8,
        head_dim=128, rope_theta=1e6, rms_norm_eps=1e-5, max_position_embeddings=32768, dynamic_rope_factor=2.0,
    )  # fmt: skip


def _qwen3(hidden_size, intermediate_size, num_layers, num_heads, tied):
    return Geometry(
        'Qwen3ForCausalLM', 151936, hidden_size, intermediate_size, num_layers, num_heads, num_kv_heads=8,
        head_dim=128, tie_word_embeddings=tied, rope_theta=1e6, max_position_embeddings=40960,
    )  # fmt: skip


# Source: config.json of internlm/internlm2-chat-{1_8b,7b,20b} and Qwen/Qwen3-{0.6B,1.7B,4B,8B} on the Hugging Face hub.
GEOMETRIES = {
    'internlm2-chat-1_8b': _internlm2(2048, 8192, 24, 16),
    'internlm2-chat-7b': _internlm2(4096, 14336, 32, 32),
    'internlm2-chat-20b': _internlm2(6144, 16384, 48, 48),
    'qwen3-0.6b': _qwen3(1024, 3072, 28, 16, tied=True),
    'qwen3-1.7b': _qwen3(2048, 6144, 28, 16, tied=True),
    'qwen3-4b': _qwen3(2560, 9728, 36, 32, tied=True),
    'qwen3-8b': _qwen3(4096, 12288, 36, 32, tied=False),
}
