"""What a CPU engine cannot do, refused by name before anything starts; and requests that would end the engine."""

import json
import math
import os
from typing import Any


class UnsupportedError(ValueError):
    """`lmdeploy_cpu` cannot do what was asked; the message says what, and what to do instead."""


_TESTED = (
    'LlamaForCausalLM',
    'InternLM2ForCausalLM',
    'Qwen2ForCausalLM',
    'Qwen3ForCausalLM',
    'InternVLForConditionalGeneration',
    'LlavaForConditionalGeneration',
    'LlavaNextForConditionalGeneration',
    'Qwen2VLForConditionalGeneration',
    'Qwen2_5_VLForConditionalGeneration',
    'Qwen3VLForConditionalGeneration',
)
_DTYPES = ('auto', 'float32', 'bfloat16', 'float16')


def check_engine_config(config, speculative_config=None) -> None:
    """Raise UnsupportedError, naming the field, if a PytorchEngineConfig(device_type='cpu') asks for too much."""

    def refuse(what, instead):
        raise UnsupportedError(f'{what} does not run on the CPU. {instead}')

    for name in ('tp', 'dp', 'ep', 'attn_tp_size', 'mlp_tp_size', 'moe_tp_size'):
        if getattr(config, name) not in (None, 1):
            refuse(f'{name}={getattr(config, name)} (parallelism)', f'There is one device: set {name}=1.')
    for name, folder in (config.adapters or {}).items():
        check_adapter(name, folder)
    if int(config.quant_policy or 0) not in (0, 4, 8):
        refuse(
            f'quant_policy={int(config.quant_policy)}',
            'KV cache quantisation here: 0 (none), 8 (int8) or 4 (int4); fp8 and TurboQuant need a GPU.',
        )
    if config.dtype not in _DTYPES:
        refuse(f'dtype={config.dtype!r}', f'Choose one of {", ".join(_DTYPES)}.')
    if config.model_format not in (None, 'hf', 'awq'):
        refuse(f'model_format={config.model_format!r}', "Leave it out, or 'awq' for a W4A16 checkpoint.")
    if speculative_config is not None:
        if speculative_config.method != 'eagle':
            refuse(f'speculative decoding by {speculative_config.method!r}', "Use 'eagle', or leave it out.")
        if config.adapters:
            refuse('speculative decoding with LoRA adapters', 'Leave one of the two out.')
        if int(config.quant_policy or 0):
            refuse('speculative decoding with a quantised KV cache', 'Set quant_policy=0.')
    role = getattr(config.role, 'name', config.role)
    if role != 'Hybrid':
        refuse(f'role={role} (disaggregated serving)', "Leave role at 'Hybrid'.")
    if config.distributed_executor_backend not in (None, 'uni'):
        refuse(f'distributed_executor_backend={config.distributed_executor_backend!r}', 'Leave it out.')
    if config.enable_mp_engine and config.mp_engine_backend != 'mp':
        refuse(f'mp_engine_backend={config.mp_engine_backend!r}', "Use 'mp'.")
    for name, what in (
        ('enable_microbatch', 'micro-batching'),
        ('enable_eplb', 'expert load balancing'),
        ('dllm_block_length', 'block diffusion'),
        ('kv_transfer_config', 'an external KV cache'),
        ('enable_return_routed_experts', 'routed experts'),
    ):
        if getattr(config, name):
            refuse(f'{name} ({what})', 'Leave it out.')


# Of peft's LoraConfig, what LMDeploy 0.18.0 does not read (`add_adapters`): with one of them its answers are wrong.
_UNREAD = (
    'use_dora', 'use_rslora', 'use_qalora', 'rank_pattern', 'alpha_pattern', 'modules_to_save', 'lora_bias',
    'trainable_token_indices', 'target_parameters', 'layer_replication', 'fan_in_fan_out',
)  # fmt: skip


def check_adapter(name: str, folder: str) -> None:
    """Raise UnsupportedError if the LoRA adapter in `folder` is none that LMDeploy applies as it was trained."""

    def refuse(what):
        raise UnsupportedError(
            f'the adapter {name!r} in {folder}: {what}. Merge it into the weights (peft: merge_and_unload), '
            'and leave it out of adapters.'
        )

    if os.path.exists(os.path.join(folder, 'adapter_model.bin')):  # LMDeploy prefers it
        refuse('adapter_model.bin is a pickle, which may run code; save it with safe_serialization=True')
    for file in ('adapter_config.json', 'adapter_model.safetensors'):
        if not os.path.exists(os.path.join(folder, file)):
            refuse(f'{file} is not there')
    with open(os.path.join(folder, 'adapter_config.json'), encoding='utf-8') as f:
        config = json.load(f)
    if config.get('peft_type') != 'LORA':
        refuse(f'peft_type is {config.get("peft_type")}, and LMDeploy knows LORA')
    if unread := [key for key in _UNREAD if config.get(key)]:
        refuse(f'LMDeploy does not read {unread[0]}={config[unread[0]]!r}')
    if config.get('bias', 'none') != 'none':
        refuse(f'LMDeploy does not read bias={config["bias"]!r}')
    targets = config.get('target_modules')
    if not isinstance(targets, list):
        refuse(f'target_modules={targets!r} is a pattern, and LMDeploy takes a list of names')
    if embedding := {'embed_tokens', 'tok_embeddings', 'lm_head', 'output'} & {t.rsplit('.')[-1] for t in targets}:
        refuse(f'LMDeploy has no adapters at {embedding.pop()!r}')


def check_model(model_path: str, config, trust_remote_code: bool = False) -> str:
    """Raise UnsupportedError if the checkpoint's config.json asks for what is missing here; return its local path."""
    from lmdeploy.pytorch.transformers import config_from_pretrained
    from lmdeploy.utils import get_logger, get_model

    if not os.path.exists(model_path):
        model_path = get_model(model_path, config.download_dir, config.revision)
    hf = config_from_pretrained(model_path, trust_remote_code=trust_remote_code)
    check_hf_config(hf, model_path, config.model_format)
    architectures = getattr(hf, 'architectures', None) or ['?']
    if architectures[0] not in _TESTED:
        get_logger('lmdeploy').warning(
            f'lmdeploy_cpu is tested with {", ".join(_TESTED)}; {architectures[0]} may or '
            'may not work: compare its answers with transformers first.'
        )
    return model_path


def check_hf_config(hf: Any, where: str, model_format: str | None = None) -> None:
    """The part of `check_model` that looks at a transformers configuration."""
    if (getattr(hf, 'architectures', None) or [''])[0] == 'InternVLChatModel':
        raise UnsupportedError(
            f"the model in {where} is InternVL in its original format, which needs the checkpoint's own Python code. "
            'Take the folder for transformers, whose name ends in -hf (OpenGVLab/InternVL3-1B-hf).'
        )
    text = text_config(hf)

    def has(*names):
        return next((n for n in names if getattr(text, n, None)), None)

    def refuse(what):
        raise UnsupportedError(
            f'{what}: the model in {where} does not run on the CPU. Choose a dense model with plain '
            'attention (Llama, InternLM2, Qwen2, Qwen3), or run this one on a GPU.'
        )

    if name := has('num_experts', 'n_routed_experts', 'num_local_experts', 'moe_num_experts'):
        refuse(f'mixture of experts ({name}={getattr(text, name)})')
    if name := has('kv_lora_rank'):
        refuse(f'multi-head latent attention ({name}={getattr(text, name)})')
    if has('alibi') or getattr(text, 'position_embedding_type', None) == 'alibi':
        refuse('ALiBi attention')
    if name := has('attn_logit_softcapping', 'final_logit_softcapping'):
        refuse(f'soft-capped logits ({name}={getattr(text, name)})')
    if has('use_attention_sinks', 'attention_sink', 'sinks') or text.model_type == 'gpt_oss':
        refuse('attention sinks')
    layers = set(getattr(text, 'layer_types', None) or ())
    if layers - {'full_attention', 'sliding_attention'}:
        refuse(f'layers of type {", ".join(sorted(layers - {"full_attention", "sliding_attention"}))}')
    deep = getattr(getattr(hf, 'vision_config', None), 'deepstack_visual_indexes', None) or ()
    if len(deep) >= text.num_hidden_layers:
        raise UnsupportedError(
            f'{where}: {len(deep)} deepstack_visual_indexes need more than {text.num_hidden_layers} layers of text: '
            "LMDeploy's Qwen3-VL ends with an error at the first picture (real models have 3, and 28 layers or more)."
        )
    window = getattr(text, 'use_sliding_window', True) and getattr(text, 'sliding_window', None)
    if window and 'full_attention' in layers and not text.model_type.startswith('gemma3'):  # which has one per layer
        refuse('sliding-window attention in some layers only (LMDeploy keeps one window for all)')
    quantization = getattr(hf, 'quantization_config', None) or getattr(text, 'quantization_config', None)
    if quantization is not None:
        get = quantization.get if isinstance(quantization, dict) else lambda k: getattr(quantization, k, None)
        method, bits = get('quant_method'), get('bits')
        if method != 'awq' or bits not in (4, None):
            raise UnsupportedError(
                f'weights quantised with {method} ({bits} bits) in {where} do not run on the CPU; '
                'W4A16 from `lmdeploy lite auto_awq` does, and unquantised weights do.'
            )
    elif model_format == 'awq':
        raise UnsupportedError(
            f"model_format='awq', but {where} is not quantised: its config.json has no "
            'quantization_config. Quantise it with `lmdeploy lite auto_awq`, or leave it out.'
        )


def check_draft(speculative_config, target_path: str, config) -> None:
    """Raise UnsupportedError unless the draft model of an 'eagle' configuration is one that fits the target.

    LMDeploy reads a missing weight as whatever lies in memory, and takes a target other than Llama for one without a
    draft: both are refused here.
    """
    from lmdeploy.pytorch.transformers import config_from_pretrained
    from lmdeploy.utils import get_model

    path = speculative_config.model
    if not os.path.exists(path):
        path = get_model(path, config.download_dir, config.revision)
    target, draft = config_from_pretrained(target_path), config_from_pretrained(path)

    def refuse(what):
        raise UnsupportedError(f"speculative decoding by 'eagle' does not run here: {what}.")

    if speculative_config.num_speculative_tokens < 1:
        refuse(f'num_speculative_tokens={speculative_config.num_speculative_tokens}, and 1 is the least')
    for name, hf, where in (('target', target, target_path), ('draft', draft, path)):
        architecture = (getattr(hf, 'architectures', None) or ['?'])[0]
        if architecture != 'LlamaForCausalLM':
            refuse(f"the {name} in {where} is {architecture}, and LMDeploy's eagle takes LlamaForCausalLM")
        if getattr(hf, 'quantization_config', None) is not None:
            refuse(f'the {name} in {where} is quantised')
    for name in ('hidden_size', 'vocab_size'):
        if getattr(draft, name) != getattr(target, name):
            refuse(f'{name} of the draft is {getattr(draft, name)}, of the target {getattr(target, name)}')
    wanted = {'embed_tokens.weight', 'fc.weight'}
    for i in range(draft.num_hidden_layers):
        parts = [f'self_attn.{x}_proj' for x in 'qkvo'] + [f'mlp.{x}_proj' for x in ('gate', 'up', 'down')]
        parts += ['post_attention_layernorm'] + ['input_layernorm'] * (i > 0)
        wanted |= {f'layers.{i}.{part}.weight' for part in parts}
    found = set()
    for file in sorted(os.listdir(path)):
        if file.endswith('.safetensors'):
            with open(os.path.join(path, file), 'rb') as f:  # the header: its length in 8 bytes, then JSON
                found |= set(json.loads(f.read(int.from_bytes(f.read(8), 'little')))) - {'__metadata__'}
    if wanted - found:
        refuse(f'the draft in {path} has no weight {min(wanted - found)}')
    if found - wanted:
        refuse(f'the draft in {path} has a weight {min(found - wanted)} that LMDeploy does not know')


def text_config(hf: Any) -> Any:
    """The part of a transformers configuration that describes the language model."""
    return getattr(hf, 'text_config', None) or getattr(hf, 'llm_config', None) or hf


def vocab_size(hf: Any) -> int | None:
    """The number of token ids that a model with this transformers configuration knows."""
    return getattr(hf, 'vocab_size', None) or getattr(text_config(hf), 'vocab_size', None)


def check_integers(ids, what: str) -> None:
    """Raise ValueError if `ids` holds anything but integers."""
    for i, token in enumerate(ids or ()):
        if isinstance(token, bool) or not hasattr(token, '__index__'):
            raise ValueError(f'{what}[{i}] is {token!r}, which is not a token id')


def check_token_ids(ids, vocab: int | None, what: str = 'input_ids') -> None:
    """Raise ValueError if `ids` holds anything but integers in [0, vocab)."""
    check_integers(ids, what)
    for i, token in enumerate(ids or ()):
        if token < 0 or (vocab is not None and token >= vocab):
            raise ValueError(f'{what}[{i}] is {token}, outside the vocabulary [0, {vocab})')


def check_request(input_ids, gen_config, vocab: int | None) -> None:
    """Raise ValueError for a request that LMDeploy would hand to the engine and that would end it.

    An exception inside the engine's loop ends the engine for good, while `/health` still says healthy.
    """
    if not len(input_ids):
        raise ValueError('the prompt is empty: it has no tokens')
    check_token_ids(input_ids, vocab)
    if gen_config is None:
        return
    check_token_ids(gen_config.bad_token_ids, vocab, 'bad_token_ids')
    check_integers(gen_config.stop_token_ids, 'stop_token_ids')

    def number(name, low, high, low_open=False):
        value = getattr(gen_config, name)
        if value is None:
            return
        good = isinstance(value, (int, float)) and math.isfinite(value) and low <= value <= high
        if not good or (low_open and value == low):
            raise ValueError(f'{name} must lie in {"(" if low_open else "["}{low}, {high}], not {value!r}')

    number('temperature', 0, 2)
    number('top_p', 0, 1)
    number('min_p', 0, 1)
    number('top_k', 0, 2**31 - 1)
    number('repetition_penalty', 0, 1e4, low_open=True)
    number('min_new_tokens', 0, 2**31 - 1)
    number('logprobs', -1, 2**31 - 1)
    if gen_config.random_seed is not None and not isinstance(gen_config.random_seed, int):
        raise ValueError(f'random_seed must be an integer, not {gen_config.random_seed!r}')
    if vocab is not None:
        if (gen_config.logprobs or 0) > vocab:
            raise ValueError(f'logprobs={gen_config.logprobs} asks for more tokens than the vocabulary has ({vocab})')
        # ids that the model cannot produce never stop it; LMDeploy would index its logits with them
        gen_config.stop_token_ids = [t for t in gen_config.stop_token_ids or () if 0 <= t < vocab]
        gen_config.top_k = min(gen_config.top_k, vocab)


def check_speculative_request(gen_config) -> None:
    """Raise UnsupportedError for what is answered otherwise, or is not tested, while a draft model guesses.

    LMDeploy's step tells the sampler of a step's last token alone, so penalties and counts miss the others.
    """
    asked = {
        'repetition_penalty': gen_config.repetition_penalty != 1.0,
        'min_new_tokens': gen_config.min_new_tokens,
        'response_format': gen_config.response_format,
        'logprobs': gen_config.logprobs,
    }
    if names := [name for name, value in asked.items() if value]:
        raise UnsupportedError(
            f'{names[0]} does not go with speculative decoding on the CPU: leave it out, or the draft'
        )
