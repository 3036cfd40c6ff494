"""The shape of a language model: what decides its size, its memory and its speed."""

import math
from dataclasses import dataclass
from pathlib import Path

from helpers.files import read_json

# `model_type` → class, of the language models whose tensors `Geometry.tensors` names.
KNOWN = {
    'internlm2': 'InternLM2ForCausalLM', 'internlm3': 'InternLM3ForCausalLM', 'llama': 'LlamaForCausalLM',
    'mistral': 'MistralForCausalLM', 'qwen2': 'Qwen2ForCausalLM', 'qwen3': 'Qwen3ForCausalLM',
}  # fmt: skip
GROUP_SIZES = (128, 64, 32)  # of 4-bit weights, in the order in which they are tried
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
        if not path.is_file():
            raise FileNotFoundError(f'{path} is not there')
        whole = read_json(path)
        text = _language_model(whole, path)
        try:
            architecture = architecture_of(whole)
            if architecture is None:
                raise KeyError('architectures')
            rope = text.get('rope_parameters') or text.get('rope_scaling') or {}
            dynamic = (rope.get('rope_type') or rope.get('type')) == 'dynamic'
            num_heads = text['num_attention_heads']
            return cls(
                architecture=architecture,
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
                mlp = {'feed_forward.w1': (ffn, hidden), 'feed_forward.w3': (ffn, hidden),
                       'feed_forward.w2': (hidden, ffn)}  # fmt: skip
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


def architecture_of(config: dict) -> str | None:
    """The class that a config.json, or the part of one for the language model, names; else that of its `model_type`.

    LMDeploy (`get_model_arch` in archs.py) knows `architectures` and `auto_map`, transformers goes by `model_type`.
    """
    if config.get('architectures'):
        return config['architectures'][0]
    if remote := (config.get('auto_map') or {}).get('AutoModelForCausalLM'):
        return remote.split('.')[-1]
    if config.get('model_type') in KNOWN:
        return KNOWN[config['model_type']]
    from transformers.models.auto import modeling_auto as auto

    others = auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES | auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
    return others.get(config.get('model_type'))


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


# Source: config.json of internlm/internlm2-chat-{1_8b,7b,20b} and Qwen/Qwen3-{0.6B,1.7B,4B,8B} on the Hugging Face hub.
GEOMETRIES = {name: Geometry(**shape) for name, shape in read_json(Path(__file__).with_name('geometries.json')).items()}
