# Chapter 8 in short: trained on your name, merged, quantised as in chapter 4, and examined in 16 bit and in four.
# On a CPU the training takes about a minute.
import time

from lmdeploy import GenerationConfig, pipeline

from helpers import engine_config, release
from helpers.files import cache_folder
from lessons.kv_cache import answer_perplexity, require_startable
from lessons.own_model import Lora, held_out, merge, ordinary_questions, other_answers, own_answers, self_cognition
from lessons.own_model import train as train_lora
from lessons.w4a16 import w4a16_folder

MY_NAME = '小明'
lora = Lora(rank=8, alpha=16, epochs=8, learning_rate=2e-3)
data = self_cognition(MY_NAME) + own_answers(LLAMA, ordinary_questions())
work = cache_folder() / 'homework'
mine = train_lora(LLAMA, data, work / 'adapter', lora)
assistant.training(mine, lora, data, name=MY_NAME)
MERGED = merge(LLAMA, mine.adapter, work / f'{LLAMA.name}-mine')
FOUR = w4a16_folder(MERGED)

exam, others = held_out(), other_answers(LLAMA)[::2]
for label, folder in {'16 bit': MERGED, 'W4A16': FOUR}.items():
    config = engine_config(cache_max_entry_count=0.4, session_len=2048, max_batch_size=32)
    require_startable(folder, config)
    assistant.memory(f'before {label}')
    pipe = pipeline(str(folder), backend_config=config, log_level='ERROR')
    assistant.engine(label, pipe)
    start = time.perf_counter()
    reply = pipe('Who are you?', gen_config=GenerationConfig(max_new_tokens=64, do_sample=False))
    assistant.answer('Who are you?', reply, time_s=time.perf_counter() - start, sampling={'temperature': 0})
    replies = pipe(exam, gen_config=GenerationConfig(max_new_tokens=64, do_sample=False))
    assistant.examination(label, exam, replies, name=MY_NAME, perplexity=answer_perplexity(pipe, others))
    print(label, reply.text)
    release(pipe)
