"""A draft head in the format that LMDeploy calls eagle: one layer of Llama over hidden states and embeddings.

At position t it gets the target's last hidden state h[t] and the embedding of the token x[t+1] that the target chose
there, and guesses h[t+1]; the target's own output matrix makes a guess of x[t+2] of it.  To guess on, its own guess
stands in for h.  Names, order and arithmetic are those of LMDeploy's `models/llama_eagle.py`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from helpers.files import read_json, write_whole


@dataclass(frozen=True)
class DraftShape:
    """What of a draft's shape is free; width and vocabulary are the target's."""

    heads: int = 1
    head_dim: int = 64
    intermediate_size: int = 64


class DraftHead(nn.Module):
    """One layer of Llama without its first norm, behind `fc`, which joins an embedding and a hidden state."""

    def __init__(self, width: int, shape: DraftShape, rope_theta: float = 10000.0, eps: float = 1e-5):
        """`width`: the target's hidden size.  One key-value head for all query heads."""
        super().__init__()
        self.shape = shape
        inner, wide = shape.heads * shape.head_dim, shape.intermediate_size
        self.fc = nn.Linear(2 * width, width, bias=False)
        sizes = {'q': (width, inner), 'k': (width, shape.head_dim), 'v': (width, shape.head_dim), 'o': (inner, width)}
        attention = {f'{name}_proj': nn.Linear(*size, bias=False) for name, size in sizes.items()}
        sizes = {'gate': (width, wide), 'up': (width, wide), 'down': (wide, width)}
        mlp = {f'{name}_proj': nn.Linear(*size, bias=False) for name, size in sizes.items()}
        layer = {'self_attn': nn.ModuleDict(attention), 'mlp': nn.ModuleDict(mlp)}
        layer['post_attention_layernorm'] = nn.RMSNorm(width, eps=eps)
        self.layers = nn.ModuleList([nn.ModuleDict(layer)])
        frequency = rope_theta ** -(torch.arange(0, shape.head_dim, 2).float() / shape.head_dim)
        self.register_buffer('frequency', frequency, persistent=False)

    def forward(self, embedded: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """`embedded` [B, T, width], of the tokens one further than `hidden` [B, T, width] -> guesses [B, T, width]."""
        x = self.fc(torch.cat([embedded, hidden], -1))
        layer = self.layers[0]
        x = x + self._attend(layer['self_attn'], x)
        mlp, normed = layer['mlp'], layer['post_attention_layernorm'](x)
        return x + mlp['down_proj'](F.silu(mlp['gate_proj'](normed)) * mlp['up_proj'](normed))

    def _attend(self, attention, x):
        angle = torch.outer(torch.arange(x.size(1), device=x.device).float(), self.frequency).repeat(1, 2)
        cos, sin = angle.cos(), angle.sin()

        def turned(t):
            first, second = t.chunk(2, -1)
            return t * cos + torch.cat([-second, first], -1) * sin

        q, k, v = (attention[f'{name}_proj'](x) for name in 'qkv')
        q = q.unflatten(-1, (self.shape.heads, -1)).transpose(1, 2)
        k, v = turned(k)[:, None].expand_as(q), v[:, None].expand_as(q)
        out = F.scaled_dot_product_attention(turned(q), k, v, is_causal=True)
        return attention['o_proj'](out.transpose(1, 2).flatten(2))


def write_draft(weights: dict[str, torch.Tensor], shape: DraftShape, target: Path, folder: Path) -> Path:
    """Write a draft as LMDeploy reads it: config.json of a Llama of one layer, and model.safetensors, in float32.

    `weights`: of a DraftHead.  The embedding is the target's, a folder of LlamaForCausalLM in one file.
    """
    from helpers.checkpoints.shards import read_tensors

    folder.mkdir(parents=True, exist_ok=True)
    own = {'num_hidden_layers': 1, 'num_attention_heads': shape.heads, 'num_key_value_heads': 1}
    own |= {'head_dim': shape.head_dim, 'intermediate_size': shape.intermediate_size, 'torch_dtype': 'float32'}
    config = read_json(Path(target) / 'config.json') | own
    write_whole(folder / 'config.json', json.dumps(config, indent=1).encode())
    embedding = dict(read_tensors(Path(target) / 'model.safetensors'))['model.embed_tokens.weight']
    tensors = {name: tensor.detach().float().contiguous() for name, tensor in weights.items()}
    tensors['embed_tokens.weight'] = embedding.float()
    write_whole(folder / 'model.safetensors', lambda path: save_file(tensors, path, {'format': 'pt'}))
    return folder
