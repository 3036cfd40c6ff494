"""A compact InternLM2 in plain PyTorch.  Its state dict is the checkpoint: InternLM2's names, wqkv packed as there."""

import json
import pathlib
from dataclasses import asdict, dataclass

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the model.

    InternLM2 ties head_dim to hidden_size / num_heads, and W4A16 and KV quantisation want 128: hidden 256 is two heads.
    One KV head keeps the cache at 2 x 128 values a token and layer.  Six layers of FFN 768 hold 4.7 M parameters, the
    two 4096 x 256 embeddings 2.1 M: 6.8 M, 13.6 MB in bf16.  Every in-feature (256, 768) divides by 128.
    """

    vocab_size: int = 4096
    hidden_size: int = 256
    intermediate_size: int = 768
    num_layers: int = 6
    num_heads: int = 2
    num_kv_heads: int = 1
    max_position_embeddings: int = 2048
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-5

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_heads


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x [..., size]."""
        return F.rms_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.eps)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary embedding, halves as InternLM2 and Llama have it.  x [batch, tokens, heads, head_dim]."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


class Attention(nn.Module):
    """Grouped-query attention.  wqkv packs, for each KV head, its group of query heads, its key and its value."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.kv_heads, self.head_dim = config.num_kv_heads, config.head_dim
        self.group = config.num_heads // config.num_kv_heads
        packed = config.num_kv_heads * (self.group + 2) * config.head_dim
        self.wqkv = nn.Linear(config.hidden_size, packed, bias=False)
        self.wo = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, x, rope, cache=None, positions=None):
        """x and result [batch, tokens, hidden]; `rope` (cos, sin), float32 [batch or 1, tokens, 1, head_dim].

        `cache` (k, v), each [batch, kv_heads, length, head_dim], is written at `positions`, int64 [batch, tokens].
        """
        batch, tokens, _ = x.shape
        packed = self.wqkv(x).view(batch, tokens, self.kv_heads, self.group + 2, self.head_dim)
        q = packed[..., : self.group, :].reshape(batch, tokens, -1, self.head_dim)
        k, v = packed[..., self.group, :], packed[..., self.group + 1, :]
        q, k = rotate(q, *rope).to(v.dtype), rotate(k, *rope).to(v.dtype)
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        mask = None
        if cache is not None:
            rows = torch.arange(batch, device=x.device)[:, None]
            for store, new in zip(cache, (k, v), strict=True):
                store[rows, :, positions] = new.transpose(1, 2).to(store.dtype)
            k, v = cache
            mask = torch.arange(k.shape[2], device=x.device)[None, None, None] <= positions[:, None, :, None]
        out = F.scaled_dot_product_attention(q, self.spread(k), self.spread(v), attn_mask=mask, is_causal=mask is None)
        return self.wo(out.transpose(1, 2).reshape(batch, tokens, -1))

    def spread(self, kv):
        """Each KV head repeated for its group: [batch, kv_heads, …] → [batch, heads, …]."""
        return kv.repeat_interleave(self.group, dim=1)


class FeedForward(nn.Module):
    """SwiGLU: w2(silu(w1 x) · w3 x), x and result [..., hidden]."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.w1 = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.w3 = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.w2 = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class Layer(nn.Module):
    """Attention and feed-forward, each behind its norm, added to x.  Arguments and shapes as in `Attention`."""

    def __init__(self, config: ModelConfig, dropout: float):
        super().__init__()
        self.attention = Attention(config)
        self.feed_forward = FeedForward(config)
        self.attention_norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.ffn_norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, rope, cache=None, positions=None):
        x = x + self.dropout(self.attention(self.attention_norm(x), rope, cache, positions))
        return x + self.dropout(self.feed_forward(self.ffn_norm(x)))


class InternLM2Model(nn.Module):
    """What InternLM2's checkpoints have under `model.`; `TinyChat.hidden` runs it."""

    def __init__(self, config: ModelConfig, dropout: float):
        super().__init__()
        self.tok_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, dropout) for _ in range(config.num_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


class TinyChat(nn.Module):
    """Logits [batch, tokens, vocab], in the weights' dtype, of token ids int64 [batch, tokens].

    Rows are right-padded, positions start at 0.
    """

    def __init__(self, config: ModelConfig, dropout: float = 0.0):
        super().__init__()
        self.config = config
        self.model = InternLM2Model(config, dropout)
        self.output = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        frequency = config.rope_theta ** -(torch.arange(0, config.head_dim, 2).float() / config.head_dim)
        angle = torch.outer(torch.arange(config.max_position_embeddings).float(), frequency)
        angle = torch.cat((angle, angle), dim=-1)
        self.register_buffer('cos', angle.cos(), persistent=False)
        self.register_buffer('sin', angle.sin(), persistent=False)
        self.apply(self.initialise)
        for layer in self.model.layers:  # the residual stream starts at unit scale whatever the depth
            for linear in (layer.attention.wo, layer.feed_forward.w2):
                nn.init.normal_(linear.weight, std=0.02 / (2 * config.num_layers) ** 0.5)

    @staticmethod
    def initialise(module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)

    def hidden(self, tokens, cache=None, positions=None):
        """The last hidden states [batch, tokens, hidden], normed.

        `cache`: for each layer (k, v) as in `Attention`; then `positions` int64 [batch, tokens] says where in it.
        """
        if positions is None:
            rope = tuple(table[None, : tokens.shape[1], None] for table in (self.cos, self.sin))
        else:
            rope = tuple(table[positions][:, :, None] for table in (self.cos, self.sin))
        x = self.model.tok_embeddings(tokens)
        for index, layer in enumerate(self.model.layers):
            x = layer(x, rope, None if cache is None else cache[index], positions)
        return self.model.norm(x)

    def forward(self, tokens):
        return self.output(self.hidden(tokens))

    @torch.inference_mode()
    def generate(
        self,
        prompts: list[list[int]],
        max_new_tokens: int,
        stop: set[int],
        temperature: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> list[list[int]]:
        """Continue each prompt (token ids), greedily at temperature 0, until a stop token (not returned).

        At most `max_new_tokens` each, fewer where the longest prompt would pass max_position_embeddings.
        """
        device, dtype = self.output.weight.device, self.output.weight.dtype
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
        longest = int(lengths.max())
        room = min(longest + max_new_tokens, self.config.max_position_embeddings)
        tokens = torch.zeros(len(prompts), longest, dtype=torch.long, device=device)
        for row, prompt in enumerate(prompts):
            tokens[row, : len(prompt)] = torch.tensor(prompt)
        shape = (len(prompts), self.config.num_kv_heads, room, self.config.head_dim)
        cache = [tuple(torch.zeros(shape, dtype=dtype, device=device) for _ in 'kv') for _ in self.model.layers]
        # A row's padding is written to the cache too, behind its end: the mask hides it until it is overwritten.
        positions = torch.arange(longest, device=device).expand(len(prompts), -1)
        hidden = self.hidden(tokens, cache, positions)[torch.arange(len(prompts), device=device), lengths - 1]
        stops = torch.tensor(sorted(stop), device=device)
        done = torch.zeros(len(prompts), dtype=torch.bool, device=device)
        steps = []
        for _ in range(room - longest):
            logits = self.output(hidden).float()
            if temperature > 0:
                probabilities = torch.softmax(logits / temperature, dim=-1)
                new = torch.multinomial(probabilities, 1, generator=generator)[:, 0]
            else:
                new = logits.argmax(-1)
            done |= torch.isin(new, stops)
            steps.append(torch.where(done, -1, new))
            if done.all():
                break
            hidden = self.hidden(new[:, None], cache, lengths[:, None])[:, 0]
            lengths = lengths + 1
        return [[token for token in row if token >= 0] for row in torch.stack(steps, dim=1).tolist()]


def config_json(config: ModelConfig, bos: int, eos: int, pad: int) -> dict:
    """InternLM2's config.json for `config`; the last three are token ids."""
    return {
        'architectures': ['InternLM2ForCausalLM'],
        'model_type': 'internlm2',
        'attn_implementation': 'eager',
        'bias': False,
        'bos_token_id': bos,
        'eos_token_id': eos,
        'pad_token_id': pad,
        'hidden_act': 'silu',
        'hidden_size': config.hidden_size,
        'initializer_range': 0.02,
        'intermediate_size': config.intermediate_size,
        'max_position_embeddings': config.max_position_embeddings,
        'num_attention_heads': config.num_heads,
        'num_hidden_layers': config.num_layers,
        'num_key_value_heads': config.num_kv_heads,
        'rms_norm_eps': config.rms_norm_eps,
        'rope_theta': config.rope_theta,
        'tie_word_embeddings': False,
        'torch_dtype': 'bfloat16',
        'use_cache': True,
        'vocab_size': config.vocab_size,
    }


def load(folder: str | pathlib.Path, device: str = 'cpu', dtype: torch.dtype = torch.float32) -> TinyChat:
    """The model in `folder` (config.json, model.safetensors), in evaluation mode; raises where a weight is missing."""
    folder = pathlib.Path(folder)
    raw = json.loads((folder / 'config.json').read_text('utf-8'))
    names = {
        'num_layers': 'num_hidden_layers',
        'num_heads': 'num_attention_heads',
        'num_kv_heads': 'num_key_value_heads',
    }
    config = ModelConfig(**{field: raw[names.get(field, field)] for field in asdict(ModelConfig())})
    model = TinyChat(config)
    model.load_state_dict(load_file(folder / 'model.safetensors'))
    return model.to(device, dtype).eval()
