# Batch 1, length 512: 384 tokens in, 128 out. One engine at a time; the peak is read while it works.
from lmdeploy import GenerationConfig, pipeline

from helpers import MemorySampler, engine_config, release
from lessons.kv_cache import require_startable

question = [{'role': 'user', 'content': ' a' * (384 - template_tokens)}]
fixed = GenerationConfig(max_new_tokens=128, ignore_eos=True, do_sample=False)
for label, folder in {'16 bit': MODEL, 'W4A16': AWQ}.items():
    config = engine_config(cache_max_entry_count=0.4, session_len=2048, max_batch_size=1)
    require_startable(folder, config)
    memory_w4a16.memory(f'before {label}')
    with MemorySampler() as sampler:
        pipe = pipeline(str(folder), backend_config=config, log_level='ERROR')
        memory_w4a16.engine(label, pipe)
        reply = pipe(question, gen_config=fixed)
    assert reply.input_token_len + reply.generate_token_len == 512
    memory_w4a16.answer(question, reply)
    memory_w4a16.memory_row(label, sampler.peak_used_bytes, weights=label, kv='16 bit', batch=1, length=512)
    release(pipe)
