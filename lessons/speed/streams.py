"""Streams for a race: an engine as a function from a prompt to pairs (new text, count of tokens so far)."""

import queue
import threading
from collections.abc import Callable, Iterator

from lessons.errors import raise_for_error

Stream = Callable[[str], Iterator[tuple[str, int]]]


def transformers_stream(model, tokenizer, **generation) -> Stream:
    """A lane for transformers' `generate`; `generation`: its arguments, such as `max_new_tokens`."""
    from transformers import TextIteratorStreamer

    class Counting(TextIteratorStreamer):
        count = -1  # the first is the prompt

        def put(self, value):
            self.count += 1
            super().put(value)

    def stream(prompt: str) -> Iterator[tuple[str, int]]:
        import torch

        stopping = threading.Event()
        streamer = Counting(tokenizer, skip_prompt=True, timeout=60, skip_special_tokens=True)
        inputs = tokenizer.apply_chat_template(
            [{'role': 'user', 'content': prompt}], add_generation_prompt=True, return_tensors='pt', return_dict=True
        ).to(model.device)
        failed: queue.SimpleQueue = queue.SimpleQueue()

        def until_stopped(ids, scores, **_):
            return torch.full((len(ids),), stopping.is_set(), device=ids.device)

        def work() -> None:
            try:
                model.generate(**inputs, streamer=streamer, stopping_criteria=[until_stopped], **generation)
            except Exception as error:
                failed.put(error)
                streamer.end()

        thread = threading.Thread(target=work, name='generate', daemon=True)
        thread.start()
        try:
            for text in streamer:
                yield text, streamer.count
            if not failed.empty():
                raise failed.get()
            yield '', streamer.count
        finally:
            stopping.set()
            thread.join()

    return stream


def pipeline_stream(pipe, gen_config) -> Stream:
    """A lane for an `lmdeploy.pipeline`."""

    def stream(prompt: str) -> Iterator[tuple[str, int]]:
        session, done = pipe.session(), False
        try:
            message = [{'role': 'user', 'content': prompt}]
            for chunk in pipe.stream_infer(message, sessions=session, gen_config=gen_config):
                raise_for_error(chunk)
                yield chunk.text, chunk.generate_token_len
            done = True
        finally:
            if not done:
                session.abort()

    return stream
