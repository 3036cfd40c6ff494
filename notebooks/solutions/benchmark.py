# Your own data: here six questions. All five ways write 64 tokens for each, all six at once, greedily.
import hashlib
import time

from lmdeploy import GenerationConfig, pipeline
from transformers import AutoModelForCausalLM

from helpers import engine_choice, engine_config, release
from lessons.kv_cache import require_startable

DATA = ['What is a KV cache?', 'Tell me a story.', '讲一个故事', 'What is TurboMind?', '写一首春天的诗', 'Who are you?']
digest = hashlib.sha256('\n'.join(DATA).encode()).hexdigest()
conversations = [[{'role': 'user', 'content': question}] for question in DATA]


def note(case, input_tokens, output_tokens, seconds):
    """A row of the table."""
    counted = {'prompts': len(DATA), 'input_tokens': input_tokens, 'output_tokens': output_tokens}
    speed = {'time_s': seconds, 'output_tokens_per_s': output_tokens / seconds}
    benchmark.row(case=case, engine=case, **counted, **speed, data_sha256=digest)
    print(f'{case:<14}{output_tokens / seconds:>8.1f} tokens/s')


fixed = GenerationConfig(max_new_tokens=64, ignore_eos=True, do_sample=False)
cases = {'turbomind': (MODEL, 0), 'w4a16': (AWQ, 0), 'kv': (MODEL, 8), 'w4a16+kv': (AWQ, 8)}
for case, (folder, quant_policy) in cases.items():
    config = engine_config(cache_max_entry_count=0.4, session_len=2048, max_batch_size=8, quant_policy=quant_policy)
    require_startable(folder, config)
    benchmark.memory(f'before {case}')
    pipe = pipeline(str(folder), backend_config=config, log_level='ERROR')
    pipe(conversations, gen_config=fixed)  # the first run warms up
    benchmark.engine(case, pipe)
    start = time.perf_counter()
    replies = pipe(conversations, gen_config=fixed)
    seconds = time.perf_counter() - start
    release(pipe)
    note(case, sum(r.input_token_len for r in replies), sum(r.generate_token_len for r in replies), seconds)

benchmark.memory('before transformers')
hf = AutoModelForCausalLM.from_pretrained(LLAMA, dtype=DTYPE, trust_remote_code=False).to(engine_choice().device)
tokenizer.padding_side = 'left'  # the prompts are of different lengths, and the answers begin together
prompts = tokenizer.apply_chat_template(
    conversations, add_generation_prompt=True, padding=True, return_tensors='pt', return_dict=True
).to(hf.device)
for _ in range(2):  # the first run warms up
    start = time.perf_counter()
    written = hf.generate(
        input_ids=prompts['input_ids'],
        attention_mask=prompts['attention_mask'],
        min_new_tokens=64,
        max_new_tokens=64,
        do_sample=False,
    )
    seconds = time.perf_counter() - start
benchmark.engine('transformers', hf, LLAMA)
written_tokens = len(DATA) * (written.shape[1] - prompts['input_ids'].shape[1])
note('transformers', int(prompts['attention_mask'].sum()), written_tokens, seconds)
release(hf)
