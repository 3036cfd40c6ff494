import time

from lmdeploy import GenerationConfig, pipeline

from helpers import engine_config, release
from lessons.kv_cache import require_startable

config = engine_config(cache_max_entry_count=0.4, session_len=2048, model_format='awq')
require_startable(AWQ, config)
pipe = pipeline(str(AWQ), backend_config=config, log_level='ERROR')
python_w4a16.engine('W4A16', pipe)
for question in ('Hello, who are you?', '讲一个故事'):
    start = time.perf_counter()
    reply = pipe(question, gen_config=GenerationConfig(max_new_tokens=400))
    python_w4a16.answer(question, reply, time_s=time.perf_counter() - start, sampling={'temperature': 0})
    print(reply.text)
release(pipe)
