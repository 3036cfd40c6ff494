"""A chat box in the notebook: a text field, an answer that appears as it is written, Stop and Clear."""

import contextlib
import html
import threading

import ipywidgets

from lessons.errors import cut_off, raise_for_error
from lessons.widget import Panel
from translations.messages import shown

_STYLE = 'border:1px solid var(--jp-border-color2, #ccc);padding:8px 12px;height:300px;overflow-y:auto;line-height:1.5'
_COLOR = {'user': '#1976d2', 'assistant': 'inherit'}


class ChatBox(Panel):
    """Talks to a pipeline with `stream_infer`; the transcript is in `messages`, in the OpenAI form.

    Args:
        pipe: an `lmdeploy.pipeline`.
        gen_config: an `lmdeploy.GenerationConfig`; None: LMDeploy's default.  It may be changed between two answers.
    """

    def __init__(self, pipe, gen_config=None):
        self.pipe, self.gen_config = pipe, gen_config
        self.messages: list[dict[str, str]] = []
        self._answering = threading.Lock()  # one answer at a time
        self._stop = threading.Event()
        self._page = ipywidgets.HTML()
        self._field = ipywidgets.Text(placeholder=shown('Write a message, and press Enter'), layout={'width': '70%'})
        self._stop_button = ipywidgets.Button(description=shown('Stop'), icon='stop', layout={'width': '90px'})
        self._clear_button = ipywidgets.Button(description=shown('Clear'), icon='trash', layout={'width': '90px'})
        self._field.continuous_update = False  # `value` changes when Enter is pressed, not at every letter
        self._field.observe(self._send, 'value')
        self._stop_button.on_click(lambda _: self._stop.set())
        self._clear_button.on_click(lambda _: self.clear())
        row = ipywidgets.HBox([self._field, self._stop_button, self._clear_button])
        super().__init__([self._page, row])
        self._draw()

    def ask(self, text: str) -> str:
        """Send a message, show the answer while it is written, and return it.

        A stopped answer stays in the transcript as far as it came.  When the engine fails, the error is shown, the
        question is taken back, and RuntimeError is raised.
        """
        with self._answering:
            self._stop.clear()
            self.messages.append({'role': 'user', 'content': text})
            answer, cut, session = '', None, self.pipe.session()
            self._draw(answer='…')
            try:
                request = [dict(message) for message in self.messages]
                for chunk in self.pipe.stream_infer(request, sessions=session, gen_config=self.gen_config):
                    raise_for_error(chunk)
                    answer, cut = answer + chunk.text, cut_off(chunk)
                    self._draw(answer)
                    if self._stop.is_set():
                        session.abort()
                        break
            except BaseException as error:  # an interrupted cell too
                self.messages.pop()
                hint = '; Clear begins anew' if self.messages and 'context length' in str(error) else ''
                self._draw(problem=f'The engine gave no answer: {error or type(error).__name__}{hint}')
                session.abort()
                if not isinstance(error, Exception):
                    raise
                raise RuntimeError(f'no answer to {text!r}: {error}') from error
            self.messages.append({'role': 'assistant', 'content': answer})
            self._draw(problem=cut)
            return answer

    def stop(self) -> None:
        """End the answer that is being written."""
        self._stop.set()

    def clear(self) -> None:
        """Forget the conversation; an answer that is being written is stopped first."""
        self._stop.set()
        with self._answering:
            self.messages.clear()
            self._draw()

    def close(self) -> None:
        """Stop, and take the box off the page.  The pipeline stays as it is."""
        self._stop.set()
        with self._answering:
            super().close()

    def _send(self, change) -> None:
        text = change['new'].strip()
        if text:
            self._field.value = ''
            # A click on Stop is only seen while the kernel is free, so the answer is written by a thread.
            threading.Thread(target=self._ask_quietly, args=(text,), name='chat-box', daemon=True).start()

    def _ask_quietly(self, text: str) -> None:
        with contextlib.suppress(RuntimeError):  # it is shown on the page
            self.ask(text)

    def _draw(self, answer: str | None = None, problem: str | None = None) -> None:
        turns = self.messages if answer is None else [*self.messages, {'role': 'assistant', 'content': answer}]
        lines = [
            f'<p style="color:{_COLOR[m["role"]]};white-space:pre-wrap;margin:4px 0">'
            f'<b>{shown("you") if m["role"] == "user" else shown("model")}:</b> {html.escape(m["content"])}</p>'
            for m in turns
        ]
        if problem:
            lines.append(f'<p style="color:#c62828">{html.escape(shown(problem))}</p>')
        # The reversed column keeps the newest line in sight without any script.
        inner = f'<div>{"".join(lines)}</div>'
        self._page.value = f'<div style="{_STYLE};display:flex;flex-direction:column-reverse">{inner}</div>'


def chat_box(pipe, gen_config=None) -> ChatBox:
    """Make a chat box for a pipeline: the last line of a cell.  See `ChatBox`."""
    return ChatBox(pipe, gen_config)
