"""A chat box in the notebook: a text field, an answer that appears as it is written, Send, Stop, Go on and Clear."""

import contextlib
import html
import threading
from collections.abc import Callable

import ipywidgets

from lessons.errors import cut_off, raise_for_error
from lessons.widget import Panel, on_enter
from translations.messages import shown

_STYLE = 'border:1px solid var(--jp-border-color2, #ccc);padding:8px 12px;height:300px;overflow-y:auto;line-height:1.5'
_COLOR = {'user': '#1976d2', 'assistant': 'inherit', 'waiting': '#888'}


class ChatBox(Panel):
    """Talks to a pipeline with `stream_infer`; the transcript is in `messages`, in the OpenAI form.

    Enter or Send sends; what is sent while an answer is being written waits, and is seen to wait.

    Args:
        pipe: an `lmdeploy.pipeline`.
        gen_config: an `lmdeploy.GenerationConfig`; None: LMDeploy's default.  It may be changed between two answers.
    """

    def __init__(self, pipe, gen_config=None):
        self.pipe, self.gen_config = pipe, gen_config
        self.messages: list[dict[str, str]] = []
        self._waiting: list[str] = []
        self._answer: str | None = None  # what is being written
        self._answering = threading.Lock()  # one answer at a time
        self._stop = threading.Event()
        self._page = ipywidgets.HTML()
        self._field = ipywidgets.Text(placeholder=shown('Write a message, and press Enter'), layout={'width': '55%'})
        send = on_enter(self._field, self._send)
        self._go_on_button = _button(shown('Go on'), 'play', lambda: self._in_thread(self.go_on))
        row = [
            self._field,
            _button(shown('Send'), 'paper-plane', send),
            _button(shown('Stop'), 'stop', self.stop),
        ]
        super().__init__(
            [self._page, ipywidgets.HBox([*row, self._go_on_button, _button(shown('Clear'), 'trash', self.clear)])]
        )
        self._draw()

    def ask(self, text: str) -> str:
        """Send a message, show the answer while it is written, and return it.

        A stopped answer stays in the transcript as far as it came.  When the engine fails, the error is shown, the
        question is taken back, and RuntimeError is raised.
        """
        with self._answering:
            return self._ask(text)

    def go_on(self) -> str:
        """Have the last answer written on from where it was cut off or stopped, and return all of it.

        When that fails, the error is shown, the answer stays as it was, and RuntimeError is raised.
        """
        with self._answering:
            if not self.messages:
                return ''
            template = self.pipe.async_engine.tokenizer.model.model.apply_chat_template
            prompt = template(self.messages, tokenize=False, continue_final_message=True)
            last = self.messages.pop()
            with self._taken_back(lambda: self.messages.append(last), 'the answer does not go on'):
                return self._write(prompt, last['content'], do_preprocess=False)

    def stop(self) -> None:
        """End the answer that is being written."""
        self._stop.set()

    def clear(self) -> None:
        """Forget the conversation and what waits; an answer that is being written is stopped first."""
        self._waiting.clear()
        self._stop.set()
        with self._answering:
            self.messages.clear()
            self._draw()

    def close(self) -> None:
        """Stop, and take the box off the page.  The pipeline stays as it is."""
        self._waiting.clear()
        self._stop.set()
        with self._answering:
            super().close()

    def _ask(self, text: str) -> str:
        self.messages.append({'role': 'user', 'content': text})
        with self._taken_back(self.messages.pop, f'no answer to {text!r}'):
            return self._write([dict(message) for message in self.messages])

    @contextlib.contextmanager
    def _taken_back(self, undo: Callable[[], object], what: str):
        """After an error, or an interrupt: `undo`, and the error is shown; RuntimeError says `what` failed."""
        try:
            yield
        except BaseException as error:
            undo()
            hint = '; Clear begins anew' if self.messages and 'context length' in str(error) else ''
            self._draw(problem=f'The engine gave no answer: {error or type(error).__name__}{hint}')
            if not isinstance(error, Exception):
                raise
            raise RuntimeError(f'{what}: {error}') from error

    def _write(self, request, answer: str = '', **arguments) -> str:
        """Show what the engine writes behind `answer`; the whole becomes the last message."""
        self._stop.clear()
        cut, session = None, self.pipe.session()
        self._draw(answer or '…')
        try:
            for chunk in self.pipe.stream_infer(request, sessions=session, gen_config=self.gen_config, **arguments):
                raise_for_error(chunk)
                answer, cut = answer + chunk.text, cut_off(chunk)
                self._draw(answer)
                if self._stop.is_set():
                    session.abort()
                    break
        except BaseException:
            session.abort()
            raise
        self.messages.append({'role': 'assistant', 'content': answer})
        self._draw(problem=cut, unfinished=cut is not None or self._stop.is_set())
        return answer

    def _send(self) -> None:
        text = self._field.value.strip()
        if text:
            self._field.value = ''
            self._waiting.append(text)
            if self._answering.locked():
                self._draw(self._answer)
            self._in_thread(self._ask_next)

    def _ask_next(self) -> None:
        with self._answering:
            if self._waiting:
                self._ask(self._waiting.pop(0))

    @staticmethod
    def _in_thread(work: Callable[[], object]) -> None:
        """A click on Stop is only seen while the kernel is free, so answers are written by threads."""

        def quietly():
            with contextlib.suppress(RuntimeError):  # it is shown on the page
                work()

        threading.Thread(target=quietly, name='chat-box', daemon=True).start()

    def _draw(self, answer: str | None = None, problem: str | None = None, unfinished: bool = False) -> None:
        self._answer = answer
        self._go_on_button.disabled = not unfinished
        lines = [_line(message['role'], message['content']) for message in self.messages]
        if answer is not None:
            lines.append(_line('assistant', answer))
        if problem:
            lines.append(f'<p style="color:#c62828">{html.escape(shown(problem))}</p>')
        lines += [_line('waiting', text) for text in self._waiting]
        # The reversed column keeps the newest line in sight without any script.
        inner = f'<div>{"".join(lines)}</div>'
        self._page.value = f'<div style="{_STYLE};display:flex;flex-direction:column-reverse">{inner}</div>'


def _line(who: str, text: str) -> str:
    name = {'user': shown('you'), 'assistant': shown('model'), 'waiting': shown('you, next')}[who]
    style = f'color:{_COLOR[who]};white-space:pre-wrap;margin:4px 0'
    return f'<p style="{style}"><b>{name}:</b> {html.escape(text)}</p>'


def _button(name: str, icon: str, click: Callable[[], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=name, icon=icon, layout={'width': '80px'})
    button.on_click(lambda _: click())
    return button


def chat_box(pipe, gen_config=None) -> ChatBox:
    """Make a chat box for a pipeline: the last line of a cell.  See `ChatBox`."""
    return ChatBox(pipe, gen_config)
