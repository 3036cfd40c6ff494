"""Small random checkpoints, transformers as the reference, and an engine that is asked with token ids.

Everything is random, seeded and tiny (hidden size 256, vocabulary 1000), so that the whole folder takes minutes; the
weights are spread widely enough that greedy answers do not repeat themselves and no two best tokens come close.
"""

import asyncio
import dataclasses
import json
import pathlib
import string

import torch
from lmdeploy import GenerationConfig, PytorchEngineConfig, pipeline
from patience import PATIENCE_S
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen3Config

VOCAB_SIZE = 1000
SPECIAL_TOKENS = ['<unk>', '<s>', '</s>', '<|im_start|>', '<|im_end|>']
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
# around the borders of blocks of 16 and of 64 tokens
PROMPT_LENGTHS = (1, 2, 15, 16, 17, 48, 63, 64, 65, 127, 128, 129, 257, 512, 513)
NEW_TOKENS = 24
EOS_IDS = [2, 4]


# ---------------------------------------------------------------- checkpoints


def make_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE of exactly 1000 tokens: all bytes, all pairs of small letters, letters after a space."""
    space = 'Ġ'
    letters = string.ascii_lowercase
    vocab = [*SPECIAL_TOKENS, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = [(a, b) for a in letters for b in letters]
    merges += [(space, c) for c in (*letters, *string.ascii_uppercase, *string.digits, '.')]
    vocab += [a + b for a, b in merges]
    assert len(vocab) == VOCAB_SIZE, len(vocab)
    bpe = Tokenizer(models.BPE({t: i for i, t in enumerate(vocab)}, merges))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        unk_token='<unk>',
        bos_token='<s>',
        eos_token='</s>',
        pad_token='</s>',
        additional_special_tokens=['<|im_start|>', '<|im_end|>'],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def spread_weights(model, seed: int) -> None:
    """Weights that make every part of the model matter, norms and biases too, and logits with a deviation of 3."""
    generator = torch.Generator().manual_seed(seed)
    tied = model.config.tie_word_embeddings

    def normal(tensor, std):
        return torch.randn(tensor.shape, generator=generator) * std

    with torch.no_grad():
        for name, p in model.named_parameters():
            width = p.size(-1)
            if 'embed_tokens' in name:
                p.copy_(normal(p, 0.02 if tied else 1.0))  # tied and large, the last token would only repeat itself
            elif 'lm_head' in name:
                p.copy_(normal(p, 3 / width**0.5))
            elif name.endswith('bias'):
                p.copy_(normal(p, 0.15))
            elif p.dim() == 1:
                scale = 3 / (0.02 * width**0.5) if tied and name == 'model.norm.weight' else 1
                p.copy_((1 + normal(p, 0.2).clamp(-0.6, 0.6)) * scale)
            else:
                p.copy_(normal(p, 1.2 / width**0.5))


_COMMON = {
    'vocab_size': VOCAB_SIZE,
    'hidden_size': 256,
    'intermediate_size': 384,
    'num_hidden_layers': 3,
    'num_attention_heads': 4,
    'num_key_value_heads': 2,
    'max_position_embeddings': 2048,
    'bos_token_id': 1,
    'eos_token_id': 2,
    'dtype': 'float32',
}


def _rope(theta):
    return {'rope_type': 'default', 'rope_theta': float(theta)}


CONFIGS = {
    'llama': lambda: LlamaConfig(**_COMMON, tie_word_embeddings=False, rope_parameters=_rope(1e4)),
    # one key/value head for both query heads, as wide as in the real models
    'internlm2': lambda: LlamaConfig(
        **{**_COMMON, 'num_attention_heads': 2, 'num_key_value_heads': 1},
        tie_word_embeddings=False,
        rope_parameters=_rope(1e6),
    ),
    'qwen2': lambda: Qwen2Config(**_COMMON, tie_word_embeddings=True, rope_parameters=_rope(1e6)),
    'qwen2-window': lambda: Qwen2Config(
        **_COMMON,
        tie_word_embeddings=True,
        rope_parameters=_rope(1e6),
        use_sliding_window=True,
        sliding_window=48,
        max_window_layers=0,
    ),
    # heads wider than hidden_size / num_attention_heads, and norms on queries and keys
    'qwen3': lambda: Qwen3Config(**_COMMON, head_dim=128, tie_word_embeddings=True, rope_parameters=_rope(1e6)),
}


def pack_internlm2(model, target: pathlib.Path) -> None:
    """The same weights in InternLM2's names, with queries, keys and values packed in one matrix by key/value head."""
    c = model.config
    head_dim = c.hidden_size // c.num_attention_heads
    renamed = {}
    for name, tensor in model.state_dict().items():
        for old, new in (
            ('embed_tokens', 'tok_embeddings'),
            ('self_attn.o_proj', 'attention.wo'),
            ('mlp.gate_proj', 'feed_forward.w1'),
            ('mlp.up_proj', 'feed_forward.w3'),
            ('mlp.down_proj', 'feed_forward.w2'),
            ('input_layernorm', 'attention_norm'),
            ('post_attention_layernorm', 'ffn_norm'),
            ('lm_head', 'output'),
        ):
            name = name.replace(old, new)
        renamed[name] = tensor
    for i in range(c.num_hidden_layers):
        q, k, v = (
            renamed.pop(f'model.layers.{i}.self_attn.{x}_proj.weight').view(
                c.num_key_value_heads, -1, head_dim, c.hidden_size
            )
            for x in 'qkv'
        )
        renamed[f'model.layers.{i}.attention.wqkv.weight'] = torch.cat([q, k, v], 1).flatten(0, 2)
    save_file({k: v.contiguous() for k, v in renamed.items()}, target / 'model.safetensors', {'format': 'pt'})
    config = {
        'architectures': ['InternLM2ForCausalLM'],
        'model_type': 'internlm2',
        'bias': False,
        'hidden_act': 'silu',
        'rms_norm_eps': c.rms_norm_eps,
        'rope_theta': c.rope_parameters['rope_theta'],
        'torch_dtype': 'float32',
        'tie_word_embeddings': False,
        'use_cache': True,
    }
    names = (
        'vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads '
        'max_position_embeddings bos_token_id eos_token_id pad_token_id'
    )
    config |= {name: getattr(c, name) for name in names.split()}
    (target / 'config.json').write_text(json.dumps(config, indent=1))


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that the engine reads, and the one of the same weights that transformers reads."""

    name: str
    path: str
    reference_path: str


# ---------------------------------------------------------------- W4A16

AWQ_GROUP = 128
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # which of eight neighbours sits in which four bits of an int32, lowest first


def awq_quantise(weight, group=AWQ_GROUP):
    """weight [out, in] -> numbers 0..15 and zeros, int [in, out] and [in / group, out], and scales, fp16"""
    w = weight.t().unflatten(0, (-1, group))  # [groups, group, out]
    low, high = w.amin(1), w.amax(1)
    scales = ((high - low) / 15).half()
    zeros = (-low / scales.float()).round().clamp(0, 15)
    q = (w / scales.float()[:, None] + zeros[:, None]).round().clamp(0, 15)
    return q.flatten(0, 1).int(), zeros.int(), scales.contiguous()


def awq_dequantise(q, zeros, scales):
    """-> [out, in], fp32"""
    groups = q.unflatten(0, (zeros.size(0), -1))
    return ((groups - zeros[:, None]) * scales.float()[:, None]).flatten(0, 1).t().contiguous()


def awq_pack(q):
    """[rows, out] of 0..15 -> int32 [rows, out / 8]"""
    q = q.unflatten(1, (-1, 8)).long()
    packed = sum(q[..., column] << (4 * position) for position, column in enumerate(AWQ_ORDER))
    return torch.where(packed >= 2**31, packed - 2**32, packed).int().contiguous()


# ---------------------------------------------------------------- reference


def make_prompts(lengths, seed=0) -> list[list[int]]:
    """Random token ids, special tokens left out."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(len(SPECIAL_TOKENS), VOCAB_SIZE, (n,), generator=generator).tolist() for n in lengths]


class Reference:
    """transformers on one checkpoint, in fp32."""

    def __init__(self, path: str, round_to: torch.dtype | None = None):
        """`round_to`: weights rounded to that type first; the arithmetic is fp32 always."""
        self.path = path
        model = AutoModelForCausalLM.from_pretrained(
            path, dtype=round_to or torch.float32, attn_implementation='eager', trust_remote_code=False
        )
        self.model = model.float().eval()
        self._answers = {}

    @torch.inference_mode()
    def logits(self, ids, **kwargs) -> torch.Tensor:
        """[len(ids), vocabulary]"""
        return self.model(torch.tensor([ids]), **kwargs).logits[0].float()

    @torch.inference_mode()
    def greedy(self, prompts, num_tokens=NEW_TOKENS) -> list[list[int]]:
        """One prompt at a time, no padding, end-of-sequence ignored."""
        return [self._greedy(tuple(p), num_tokens) for p in prompts]

    def _greedy(self, ids, num_tokens):
        if (ids, num_tokens) not in self._answers:
            out = self.model.generate(
                torch.tensor([ids]),
                attention_mask=torch.ones(1, len(ids), dtype=torch.long),
                do_sample=False,
                max_new_tokens=num_tokens,
                eos_token_id=None,
                suppress_tokens=EOS_IDS,  # what LMDeploy makes of ignore_eos
                return_dict_in_generate=True,
                output_scores=True,
            )
            # a tie between two tokens could fall either way: such a prompt would test nothing
            best = torch.cat(out.scores).topk(2).values
            margin = float((best[:, 0] - best[:, 1]).min())
            assert margin > 2e-4, (
                f'prompt of {len(ids)} tokens: two best tokens only {margin:.1e} apart; change the seed'
            )
            self._answers[ids, num_tokens] = out.sequences[0, len(ids) :].tolist()
        return self._answers[ids, num_tokens]

    def nll(self, ids) -> float:
        """Mean cross-entropy of ids[1:], in nats: what LMDeploy calls `get_ppl`."""
        return float(torch.nn.functional.cross_entropy(self.logits(ids)[:-1], torch.tensor(ids[1:])))


# ---------------------------------------------------------------- engine


@dataclasses.dataclass
class Answer:
    token_ids: list[int] = dataclasses.field(default_factory=list)
    text: str = ''
    finish_reason: str | None = None
    logits: torch.Tensor | None = None
    logprobs: list[dict[int, float]] = dataclasses.field(default_factory=list)
    cached_tokens: int = 0
    pieces: int = 0


class Engine:
    """A pipeline that is asked with token ids, and whose scheduler can be looked at."""

    def __init__(self, path, **config):
        self.pipe = pipeline(path, backend_config=PytorchEngineConfig(device_type='cpu', **config), log_level='ERROR')
        self.async_engine = self.pipe.async_engine
        self.inner = self.async_engine.engine

    def run(self, coroutine, timeout=PATIENCE_S):
        """Run a coroutine in the engine's event loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.pipe.internal_thread.loop).result(timeout)

    async def ask(self, ids, gen_config, cancel_after=None, adapter_name=None) -> Answer:
        """One request; `cancel_after` pieces of the stream the session is aborted."""
        session = self.async_engine.session_mgr.get()
        request = await self.async_engine.preprocess(
            None, session, gen_config=gen_config, input_ids=ids, adapter_name=adapter_name
        )
        answer = Answer()
        async for out in self.async_engine.generate(request, stream_response=True):
            answer.pieces += 1
            answer.token_ids += out.token_ids or []
            answer.text += out.response
            answer.finish_reason = out.finish_reason
            answer.logits = out.logits if out.logits is not None else answer.logits
            answer.logprobs += out.logprobs or []
            answer.cached_tokens = max(answer.cached_tokens, out.cached_tokens)
            if cancel_after is not None and answer.pieces == cancel_after:
                await session.async_abort()
        return answer

    def generate(self, prompts, gen_config=None, together=True, adapters=None, **kwargs) -> list[Answer]:
        """All prompts at once, or one after the other. Keyword arguments make the GenerationConfig."""
        kwargs = {'max_new_tokens': NEW_TOKENS, 'ignore_eos': True} | kwargs
        configs = (
            gen_config if isinstance(gen_config, list) else [gen_config or GenerationConfig(**kwargs)] * len(prompts)
        )

        asked = list(zip(prompts, configs, [None] * len(prompts), adapters or [None] * len(prompts), strict=True))

        async def gather():
            return await asyncio.gather(*[self.ask(*each) for each in asked])

        if together:
            return self.run(gather())
        return [self.run(self.ask(*each)) for each in asked]

    def greedy(self, prompts, together=True) -> list[list[int]]:
        return [a.token_ids for a in self.generate(prompts, together=together)]

    def logits(self, ids) -> torch.Tensor:
        """Of every token of the prompt, [len(ids), vocabulary]."""
        return self.run(self.async_engine.async_get_logits([ids]))[0].float()

    @property
    def scheduler(self):
        return self.inner.scheduler

    @property
    def cache_config(self):
        return self.inner.cache_config

    @property
    def num_free_blocks(self) -> int:
        return self.scheduler.block_manager.get_num_free_gpu_blocks()

    @property
    def num_usable_blocks(self) -> int:
        """What is free when nothing runs."""
        return self.cache_config.num_gpu_blocks - self.cache_config.num_reserved_gpu_blocks

    @property
    def model_agent(self):
        return self.inner.executor.model_agent

    def evictions(self, monkeypatch) -> list[bool]:
        """Gets an entry for each waiting sequence asked for its blocks from now on: whether it had any to give."""
        helper = self.scheduler.eviction_helper
        reclaim, asked = helper._reclaim_candidate, []
        monkeypatch.setattr(helper, '_reclaim_candidate', lambda seq: asked.append(reclaim(seq)) or asked[-1])
        return asked

    def close(self):
        self.pipe.close()


def assert_same(got, want, prompts) -> None:
    """Token ids equal, with a readable failure."""
    wrong = {
        len(p): next((i for i, (a, b) in enumerate(zip(g, w, strict=False)) if a != b), f'length {len(g)}')
        for p, g, w in zip(prompts, got, want, strict=True)
        if g != w
    }
    assert not wrong, f'{{prompt length: first wrong token}}: {wrong}'
