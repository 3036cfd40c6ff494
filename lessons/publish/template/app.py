"""A chat page for strangers on one model, with limits; on a graphics card TurboMind, else LMDeploy on the processor.

    python app.py

settings.json holds the model, the limits and the page's words.  Gradio listens on 127.0.0.1:7860, for this machine
alone, unless GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say otherwise: in a platform's container the page is reached
from outside of it only, so the platform, or the Dockerfile, says 0.0.0.0 there.
"""

import collections
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETTINGS = json.loads((HERE / 'settings.json').read_text(encoding='utf-8'))
LIMITS, WORDS = SETTINGS['limits'], SETTINGS['words']
os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'  # read when Gradio is imported
os.environ.setdefault('LMDEPLOY_CPU_MEMORY_GB', str(SETTINGS['memory_gib']))
if SETTINGS['hub'] == 'modelscope':
    os.environ['LMDEPLOY_USE_MODELSCOPE'] = 'True'

import lmdeploy_cpu  # isort: skip  (before torch, whose threads it tells not to spin)
import gradio as gr
import torch
from lmdeploy import GenerationConfig, PytorchEngineConfig, TurbomindEngineConfig, pipeline

from lmdeploy_cpu.cards import has_bfloat16


def start_engine():
    """The pipeline: the folder `model`, or what the hub has under its id."""
    inside = HERE / 'model'
    room = {
        'session_len': LIMITS['conversation_tokens'],
        'max_batch_size': LIMITS['users'],
        'cache_max_entry_count': SETTINGS['cache_ratio'],
    }
    if torch.cuda.is_available():
        engine = TurbomindEngineConfig(dtype='auto' if has_bfloat16(torch.cuda) else 'float16', **room)
    else:
        lmdeploy_cpu.enable()
        engine = PytorchEngineConfig(device_type='cpu', dtype=SETTINGS['cpu_dtype'], **room)
    print(type(engine).__name__, 'on', 'cuda' if torch.cuda.is_available() else 'cpu', flush=True)
    model = str(inside) if inside.is_dir() else SETTINGS['model']
    return pipeline(model, backend_config=engine, log_level='ERROR')


class Rate:
    """How many questions a minute one visitor may ask, and all together."""

    def __init__(self, each: int, all_: int):
        self.each, self.all, self.asked, self.lock = each, all_, collections.deque(), threading.Lock()

    def takes(self, visitor: str) -> bool:
        now = time.monotonic()
        with self.lock:
            while self.asked and self.asked[0][0] < now - 60:
                self.asked.popleft()
            if len(self.asked) >= self.all or sum(who == visitor for _, who in self.asked) >= self.each:
                return False
            self.asked.append((now, visitor))
            return True


def visitor_of(request: gr.Request) -> str:
    """The address that the nearest proxy saw; a visitor can write what he likes before it, and nothing behind it."""
    forwarded = request.headers.get('x-forwarded-for', '').split(',')[-1].strip()
    return forwarded or (request.client.host if request.client else '')


def fitting(said: list[dict]) -> list[dict]:
    """The end of the conversation, as much as leaves room for an answer; the question always."""
    template = pipe.async_engine.tokenizer.model.model.apply_chat_template
    while len(said) > 1:
        written = template(said, tokenize=False, add_generation_prompt=True)
        if len(pipe.async_engine.tokenizer.encode(written)) + LIMITS['answer_tokens'] < LIMITS['conversation_tokens']:
            break
        said = said[2:]
    return said


def answer(message: str, history: list[dict], request: gr.Request):
    """What the model says, as it grows; a refusal is an answer too (after an error the page would stay shut)."""
    if not message.strip() or len(message) > LIMITS['question_characters']:
        yield WORDS['too_long']
        return
    if not rate.takes(visitor_of(request)):
        yield WORDS['too_often']
        return
    said = [{'role': turn['role'], 'content': turn['content'][0]['text']} for turn in history if turn['content']]
    said = fitting([*said, {'role': 'user', 'content': message}])
    limit = GenerationConfig(max_new_tokens=LIMITS['answer_tokens'], **SETTINGS['sampling'])
    session, text = pipe.session(), ''
    try:
        for piece in pipe.stream_infer(said, session, gen_config=limit):
            if piece.finish_reason == 'error':
                yield WORDS['failed']
                return
            text += piece.text
            yield text
    finally:  # Stop, or a tab that was closed: the engine ends too
        session.abort()


rate = Rate(LIMITS['questions_a_minute_each'], LIMITS['questions_a_minute'])
page = gr.ChatInterface(
    answer,
    title=SETTINGS['title'],
    description=WORDS['description'],
    # What a visitor makes the model say stays text: no picture, link or script of it runs in another's browser.
    chatbot=gr.Chatbot(render_markdown=False, height='60vh', buttons=['copy']),
    textbox=gr.Textbox(
        placeholder=WORDS['placeholder'],
        max_length=LIMITS['question_characters'],
        container=False,
        submit_btn=True,  # a text box of one's own has no buttons unless it is told
        stop_btn=True,
    ),
    flagging_mode='never',
    concurrency_limit=LIMITS['users'],
    analytics_enabled=False,
    api_name='chat',
)
page.queue(max_size=LIMITS['waiting'])

if __name__ == '__main__':
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what platforms send
    pipe = start_engine()
    page.launch(share=False, ssr_mode=False, max_file_size='1kb', footer_links=['api'])
