"""What happens on the chat page: messages, answers as they grow, and what goes wrong."""

import asyncio
import base64
import contextlib
import dataclasses
import html
import io
import time
from pathlib import Path

from lmdeploy_cpu.patches.pictures import decode
from translations.messages import shown

from .api import Answer, ChatError, ChatServer, ContextFullError, clean

POLL_S = 3.0
_REDRAW_S = 0.05  # drawing each token would slow down what is measured
_IMAGE_PIXELS = 1024  # along the longer side: an image is sent again each turn
_IMAGE_BYTES = 1 << 20  # as PNG; sixteen of them, the most that a server takes, fit into a request's 32 MiB


@dataclasses.dataclass(frozen=True, slots=True)
class Turn:
    """A message and its answer, as far as that came."""

    text: str
    image: str | None = None  # the file that was uploaded
    answer: str = ''


class WebChat:
    """The events of the page.  A conversation is its browser tab's own: a list of `Turn`, held by Gradio."""

    def __init__(self, server: ChatServer):
        self.server = server

    async def status(self) -> str:
        """The line at the top: the model, or what is wrong."""
        try:
            async with asyncio.timeout(POLL_S):
                names = await self.server.models()
            return _line('good', f'{", ".join(names)} {shown("at")} {self.server.url}')
        except TimeoutError:
            return _line('slow', shown(f'the server at {self.server.url} does not answer in time'))
        except ChatError as error:
            return _line('bad', shown(error))

    async def send(self, text, image, turns, system, temperature, top_p, max_tokens):
        """The answer as it grows → (message field, image slot, chat, turns, line on the speed)"""
        import gradio as gr

        text, unchanged = clean(text or ''), gr.skip()
        if not text.strip():
            yield unchanged, unchanged, unchanged, unchanged, unchanged
            return
        before, turn, answer, shown_at = turns, Turn(text, image), Answer(), 0.0
        yield '', None, chatbot_messages([*before, turn]), [*before, turn], ''
        sampling = {'temperature': temperature, 'top_p': top_p, 'max_tokens': int(max_tokens or 0) or None}
        try:
            messages = request_messages([*before, turn], system or '')
            model = (await self.server.models() or [''])[0]
            async with contextlib.aclosing(self.server.answer(model, messages, **sampling)) as answers:
                async for answer in answers:
                    if time.monotonic() - shown_at >= _REDRAW_S:
                        turn = dataclasses.replace(turn, answer=answer.text)
                        yield unchanged, unchanged, chatbot_messages([*before, turn]), [*before, turn], unchanged
                        shown_at = time.monotonic()
        except ChatError as error:
            hint = '; “Clear the conversation” begins anew' if isinstance(error, ContextFullError) else ''
            problem = _line('bad', shown(f'{error}{hint}; your message is back in its field'))
            yield text, image, chatbot_messages(before), before, problem
            return
        turns = [*before, dataclasses.replace(turn, answer=answer.text)]
        yield unchanged, unchanged, chatbot_messages(turns), turns, speed(answer, sampling['max_tokens'])

    def stopped(self, text, image, turns):
        """After Stop: a message without any answer comes back to its field; else all is as it is, for whoever is
        quick has sent the next message already."""
        import gradio as gr

        unchanged = gr.skip()
        if not turns or turns[-1].answer:
            return unchanged, unchanged, unchanged, unchanged, unchanged
        *turns, last = turns
        return text or last.text, image or last.image, chatbot_messages(turns), turns, unchanged


def request_messages(turns: list[Turn], system: str) -> list[dict]:
    """The conversation in the OpenAI form, up to the last turn's question."""
    messages = [{'role': 'system', 'content': clean(system)}] if system.strip() else []
    for turn in turns:
        content = turn.text
        if turn.image:
            image = {'type': 'image_url', 'image_url': {'url': data_url(turn.image)}}
            content = [{'type': 'text', 'text': turn.text}, image]
        messages += [{'role': 'user', 'content': content}, {'role': 'assistant', 'content': turn.answer}]
    return messages[:-1]


def data_url(path: str) -> str:
    """An image file as a data URL, with the pixels that the engine itself sees in that file: PNG.  JPEG, made smaller,
    where it has more than 1024 pixels along a side, or more than 1 MiB as PNG.  Raises ChatError if it is none."""
    try:
        image = decode(Path(path).read_bytes())
    except OSError as error:
        raise ChatError(f'the image cannot be read ({type(error).__name__})') from None
    except ValueError as error:
        raise ChatError(f'the image cannot be read: {error}') from None
    is_small = max(image.size) <= _IMAGE_PIXELS
    image.thumbnail((_IMAGE_PIXELS, _IMAGE_PIXELS))
    data = _encoded(image, 'PNG') if is_small else b''
    if 0 < len(data) <= _IMAGE_BYTES:
        return 'data:image/png;base64,' + base64.b64encode(data).decode()
    return 'data:image/jpeg;base64,' + base64.b64encode(_encoded(image, 'JPEG', quality=92)).decode()


def _encoded(image, form: str, **options) -> bytes:
    image.info.clear()  # no profile, place or name of whoever made it
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def chatbot_messages(turns: list[Turn]) -> list[dict]:
    """The conversation as gr.Chatbot takes it."""
    messages = []
    for turn in turns:
        if turn.image:
            messages.append({'role': 'user', 'content': {'path': turn.image}})
        messages.append({'role': 'user', 'content': turn.text})
        messages.append({'role': 'assistant', 'content': turn.answer or '…'})
    return messages


def speed(answer: Answer, max_tokens: int | None) -> str:
    """A line on an answer that has ended, from the server's count of tokens."""
    cut = answer.cut_off(max_tokens)
    warning = _line('slow', shown(cut)) if cut else ''
    if not answer.tokens_per_s:
        return warning
    counted = shown(f'{answer.output_tokens} tokens in {answer.time_s:.2f} s, the first after {answer.ttft_s:.2f} s')
    return f'<b>{answer.tokens_per_s:.1f} tokens/s</b> &nbsp; {counted} &nbsp; {warning}'


def _line(kind: str, text: str) -> str:
    """A dot in the colour of `kind`, and a text."""
    return f'<span class="dot {kind}"></span>{html.escape(text)}'
