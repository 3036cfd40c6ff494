# Batch 8, length 2048: 1920 tokens in, 128 out. The pool stays as large; what grows is how many tokens it holds.
from lmdeploy import GenerationConfig, pipeline

from helpers import MemorySampler, engine_config, release
from lessons.kv_cache import require_startable

question = [{'role': 'user', 'content': ' a' * (1920 - template_tokens)}]
fixed = GenerationConfig(max_new_tokens=128, ignore_eos=True, do_sample=False)
for label, quant_policy in {'16 bit': 0, 'int8': 8, 'int4': 4}.items():
    config = engine_config(cache_max_entry_count=0.4, session_len=2048, max_batch_size=8, quant_policy=quant_policy)
    require_startable(MODEL, config)
    memory_kv.memory(f'before {label}')
    with MemorySampler() as sampler:
        pipe = pipeline(str(MODEL), backend_config=config, log_level='ERROR')
        memory_kv.engine(label, pipe)
        replies = pipe([question] * 8, gen_config=fixed)
    assert {reply.input_token_len + reply.generate_token_len for reply in replies} == {2048}
    memory_kv.memory_row(label, sampler.peak_used_bytes, weights='16 bit', kv=label, batch=8, length=2048)
    release(pipe)
