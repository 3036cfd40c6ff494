"""A chat page on the engine itself: python -m lessons.publish.pages.on_pipeline MODEL"""

import sys

import gradio as gr
from lmdeploy import GenerationConfig, pipeline

from helpers import engine_config


def answer(message, history):
    """What the model says to `message`, as it grows."""
    said = [{'role': turn['role'], 'content': turn['content'][0]['text']} for turn in history]
    session, text = pipe.session(), ''
    try:
        for piece in pipe.stream_infer([*said, {'role': 'user', 'content': message}], session, gen_config=LIMIT):
            text += piece.text
            yield text
    finally:  # Stop, or a tab that was closed: the engine ends too
        session.abort()


LIMIT = GenerationConfig(max_new_tokens=256)
if __name__ == '__main__':
    engine = engine_config(session_len=1024, max_batch_size=4, cache_max_entry_count=0.2)
    pipe = pipeline(sys.argv[1], backend_config=engine, log_level='ERROR')
    gr.ChatInterface(answer, title='My model').launch(server_name='127.0.0.1')
