# One of the three ways: a chat from Python, as chapter 2 does it. On a real model ask for more than you need.
import time

from lmdeploy import GenerationConfig, pipeline

from helpers import engine_config, release
from lessons.kv_cache import require_startable

question = '写一个 300 字的小故事' if MODEL.name == 'tiny-chat' else '请写一个不少于 400 字的小故事'
config = engine_config(cache_max_entry_count=0.4, session_len=2048)
require_startable(MODEL, config)
pipe = pipeline(str(MODEL), backend_config=config, log_level='ERROR')
story.engine('16 bit', pipe)
start = time.perf_counter()
reply = pipe(question, gen_config=GenerationConfig(max_new_tokens=1000))
story.answer(question, reply, time_s=time.perf_counter() - start, sampling={'temperature': 0})
release(pipe)
