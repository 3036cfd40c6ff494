"""A chat page with pictures: python -m lessons.publish.pages.with_pictures MODEL"""

import sys

import gradio as gr
from lmdeploy import GenerationConfig, pipeline
from lmdeploy.vl import load_image

from helpers import engine_config


def answer(message, history):
    """What the model says to `message`, a text with files, as it grows."""
    asked = [*({'file': {'path': file}} for file in message['files']), {'text': message['text']}]
    session, text = pipe.session(), ''
    try:
        turns = [as_turn(turn['role'], turn['content']) for turn in history]
        for piece in pipe.stream_infer([*turns, as_turn('user', asked)], session, gen_config=LIMIT):
            text += piece.text
            yield text
    finally:  # Stop, or a tab that was closed: the engine ends too
        session.abort()


def as_turn(role, parts):
    """One turn as LMDeploy takes it: its pictures, and its text."""
    pictures = [{'type': 'image', 'image': load_image(part['file']['path'])} for part in parts if 'file' in part]
    text = ' '.join(part['text'] for part in parts if 'text' in part)
    return {'role': role, 'content': [*pictures, {'type': 'text', 'text': text}] if pictures else text}


LIMIT = GenerationConfig(max_new_tokens=64)
if __name__ == '__main__':
    engine = engine_config(session_len=2048, max_batch_size=4, cache_max_entry_count=0.2)
    pipe = pipeline(sys.argv[1], backend_config=engine, log_level='ERROR')
    gr.ChatInterface(answer, multimodal=True, title='My model').launch(server_name='127.0.0.1')
