"""A chat page on a server: LMDEPLOY_API_KEY=… python -m lessons.publish.pages.on_server http://127.0.0.1:23333"""

import os
import sys

import gradio as gr
import openai


def answer(message, history):
    """What the model says to `message`, as it grows."""
    said = [{'role': turn['role'], 'content': turn['content'][0]['text']} for turn in history]
    text, asked = '', {'model': client.models.list().data[0].id, 'max_tokens': 256, 'stream': True}
    with client.chat.completions.create(messages=[*said, {'role': 'user', 'content': message}], **asked) as stream:
        for piece in stream:  # Stop ends the `with`: the connection is closed, and with it the engine's work
            text += piece.choices[0].delta.content or '' if piece.choices else ''
            yield text


if __name__ == '__main__':
    key = os.environ['LMDEPLOY_API_KEY']  # never in the file
    client = openai.OpenAI(base_url=f'{sys.argv[1]}/v1', api_key=key)
    gr.ChatInterface(answer, title='My model').launch(server_name='127.0.0.1')
