"""InternLM2 for transformers 5, which has neither its configuration nor its model; no remote code.

The configuration keeps LMDeploy from falling back to a nameless one. The model is what `lmdeploy lite` calibrates; its
module names are those of the checkpoint, because LMDeploy's tables are keyed by them.  The layers compute what
`lmdeploy/pytorch/models/internlm2.py` does.  Shapes: B prompts of T tokens.
"""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import GenerationMixin, LlamaConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, CausalLMOutput


class InternLM2Config(LlamaConfig):
    """Llama's configuration under another name, with one flag for the biases of attention."""

    model_type = 'internlm2'
    bias: bool = False


class InternLM2RMSNorm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(config.hidden_size))
        self.eps = config.rms_norm_eps

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)


class InternLM2Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.kv, self.d = c.num_key_value_heads, c.head_dim
        self.wqkv = nn.Linear(c.hidden_size, (c.num_attention_heads + 2 * self.kv) * self.d, bias=c.bias)
        self.wo = nn.Linear(c.hidden_size, c.hidden_size, bias=c.bias)

    def forward(self, hidden_states, position_embeddings):
        """hidden_states [B, T, hidden], a pair of [T, D] (cosine, sine) -> [B, T, hidden]"""
        cos, sin = position_embeddings

        def rope(t):
            a, b = t.chunk(2, -1)
            return t * cos + torch.cat([-b, a], -1) * sin

        # [B, T, kv heads, group + 2, D]: a group of query heads, then its key, then its value
        x = self.wqkv(hidden_states).unflatten(-1, (self.kv, -1, self.d))
        q, k, v = x[..., :-2, :].flatten(2, 3), x[..., -2, :], x[..., -1, :]
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        out = F.scaled_dot_product_attention(rope(q), rope(k), v, is_causal=True, enable_gqa=True)
        return self.wo(out.transpose(1, 2).flatten(2))


class InternLM2MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.w1 = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.w3 = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.w2 = nn.Linear(c.intermediate_size, c.hidden_size, bias=False)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class InternLM2DecoderLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.attention = InternLM2Attention(c)
        self.feed_forward = InternLM2MLP(c)
        self.attention_norm = InternLM2RMSNorm(c)
        self.ffn_norm = InternLM2RMSNorm(c)

    def forward(self, hidden_states, position_embeddings):
        hidden_states = hidden_states + self.attention(self.attention_norm(hidden_states), position_embeddings)
        return hidden_states + self.feed_forward(self.ffn_norm(hidden_states))


class InternLM2PreTrainedModel(PreTrainedModel):
    config_class = InternLM2Config
    base_model_prefix = 'model'
    _supports_sdpa = True


class InternLM2Model(InternLM2PreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.tok_embeddings = nn.Embedding(config.vocab_size, config.hidden_size, config.pad_token_id)
        self.layers = nn.ModuleList([InternLM2DecoderLayer(config) for _ in range(config.num_hidden_layers)])
        self.norm = InternLM2RMSNorm(config)
        self.post_init()

    def get_input_embeddings(self):
        return self.tok_embeddings

    def forward(self, input_ids, **kwargs):
        """input_ids [B, T] -> last_hidden_state [B, T, hidden]"""
        x = self.tok_embeddings(input_ids)
        rope = self.config.rope_parameters
        kind, length = rope.get('rope_type', 'default'), input_ids.size(1)
        # dynamic scaling changes nothing up to the trained length
        if kind != 'default' and (kind != 'dynamic' or length > self.config.max_position_embeddings):
            raise NotImplementedError(f'rotary embedding of type {kind!r} over {length} tokens')
        d = self.config.head_dim
        inv = 1.0 / (rope['rope_theta'] ** (torch.arange(0, d, 2, device=x.device).float() / d))
        angle = torch.outer(torch.arange(input_ids.size(1), device=x.device).float(), inv).repeat(1, 2)
        rope = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        for layer in self.layers:
            x = layer(x, position_embeddings=rope)  # by name: lmdeploy replays the keywords
        return BaseModelOutput(last_hidden_state=self.norm(x))


class InternLM2ForCausalLM(InternLM2PreTrainedModel, GenerationMixin):
    """No KV cache: this is for calibration and for scoring."""

    def __init__(self, config):
        super().__init__(config)
        self.model = InternLM2Model(config)
        self.output = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_output_embeddings(self):
        return self.output

    def forward(self, input_ids, **kwargs):
        """input_ids [B, T] -> logits [B, T, vocabulary]"""
        return CausalLMOutput(logits=self.output(self.model(input_ids).last_hidden_state))


def register() -> None:
    """Tell transformers about InternLM2, unless it knows it already."""
    from transformers import AutoConfig, AutoModelForCausalLM

    AutoConfig.register('internlm2', InternLM2Config, exist_ok=True)
    AutoModelForCausalLM.register(InternLM2Config, InternLM2ForCausalLM, exist_ok=True)
