"""Chat with a server from a terminal, as with LMDeploy's former `serve api_client`.

    python -m lessons.serving.clients.terminal http://127.0.0.1:23333

Enter twice sends, `exit` leaves, `end` clears the history, Ctrl-C stops an answer.  The whole conversation is sent
each turn.  A stopped answer stays in it as far as it came; a message that got no answer, or only a part of one before
the server failed, is taken out of it, and Enter sends it again.

The server's key is $LMDEPLOY_API_KEY, or what `api_server` left for this machine, or else it is asked for.
"""

import argparse
import asyncio
import contextlib
import getpass
import re
import sys

from helpers.troubleshooting import pointer
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

from .api import Answer, ChatError, ChatServer, ContextFullError, KeyRefusedError, clean

PROMPT = 'double enter to end input >>> '  # as `lmdeploy chat` has it: English always, and programs wait for it
# What could move the cursor or retitle the terminal; tab and line feed may pass.
_CONTROL = re.compile(r'[\x00-\x08\x0b-\x1f\x7f-\x9f]')


class ChatClient:
    """A conversation with one server; `messages` is in the OpenAI form."""

    def __init__(self, server: ChatServer, model: str | None, system: str | None, **sampling):
        self.server, self.asked_model, self.system, self.sampling = server, model, clean(system or ''), sampling
        self.model: str | None = None  # found when the server first answers
        self.messages: list[dict[str, str]] = []
        self.unanswered = ''  # the message that Enter sends again
        self._runner = asyncio.Runner()  # where Ctrl-C cancels what runs, and not the program

    def run(self) -> None:
        """Talk until `exit`, Ctrl-C or Ctrl-D at the prompt."""
        print(shown('Enter twice sends; exit leaves; end clears the history; Ctrl-C stops an answer.'))
        with self._runner, contextlib.suppress(EOFError, KeyboardInterrupt):
            self._guarded(self._find_model)
            while (text := read_message()).strip() != 'exit':
                if text.strip() == 'end':
                    self.messages.clear()
                    print(shown('The history is cleared.'))
                elif text.strip() or self.unanswered:
                    self._guarded(self.turn, text if text.strip() else self.unanswered)
            self._runner.run(self.server.close())
        print(shown('Goodbye.'))

    def turn(self, text: str) -> None:
        """Send a message, print the answer as it comes, and keep both."""
        self.unanswered = text
        if not self.model:
            self._find_model()
        answer, question = Answer(), {'role': 'user', 'content': text}
        system = [{'role': 'system', 'content': self.system}] if self.system else []

        async def show():
            nonlocal answer
            printed = 0
            async for answer in self.server.answer(self.model, [*system, *self.messages, question], **self.sampling):
                print(_CONTROL.sub('\ufffd', answer.text[printed:]), end='', flush=True)
                printed = len(answer.text)

        try:
            self._runner.run(show())
        except KeyboardInterrupt:
            if not answer.text:
                raise ChatError('stopped before the answer began') from None
            print(f'\n[{shown("stopped; the answer stays as far as it came")}]')
        except ChatError:
            self.model = None  # the server may come back with another
            if answer.text:
                print()
            raise
        self.messages += [question, {'role': 'assistant', 'content': answer.text}]
        self.unanswered = ''
        print()
        if reason := answer.cut_off(self.sampling.get('max_tokens')):
            print(f'[{shown(reason)}]')

    def _find_model(self) -> None:
        try:
            names = self._runner.run(self.server.models())
        except KeyboardInterrupt:
            raise ChatError('stopped before the server answered') from None
        if not names:
            raise ChatError(f'the server at {self.server.url} has no model')
        if self.asked_model and self.asked_model not in names:
            raise ChatError(f'the server has no model {self.asked_model!r}; it has: {", ".join(names)}')
        self.model = self.asked_model or names[0]
        print(f'{self.model} {shown("at")} {self.server.url}')

    def _guarded(self, action, *arguments) -> None:
        """Do something with the server; ask for its key where it wants one, and say what went wrong."""
        try:
            try:
                action(*arguments)
            except KeyRefusedError as error:
                if not sys.stdin.isatty():
                    raise
                print(f'[{shown(error)}]')
                self.server.key = getpass.getpass(f'{shown("key (Enter: none)")}: ').strip() or None
                if self.server.key:
                    action(*arguments)
        except ChatError as error:
            hint = '; type end to begin anew' if isinstance(error, ContextFullError) else ''
            again = '; Enter sends your message again' if self.unanswered else ''
            print(f'[{shown(f"{error}{hint}{again}")}]{pointer(error)}')


def read_message() -> str:
    """Read lines up to an empty one.  At the end of a pipe, what has come so far is the message."""
    print()
    lines = []
    try:
        # input() itself shows the prompt: readline then knows how wide it is, and takes a Ctrl-C from then on.
        while line := input('' if lines else PROMPT):
            lines.append(line)
    except EOFError:
        if not lines or sys.stdin.isatty():
            raise
    return clean('\n'.join(lines))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog='python -m lessons.serving.clients.terminal', description=shown(__doc__.splitlines()[0])
    )
    parser.add_argument('url', metavar='URL', help=shown("the server's address, such as http://127.0.0.1:23333"))
    parser.add_argument('--model', metavar='NAME', help=shown("its name for the model (default: the server's first)"))
    parser.add_argument('--temperature', type=float, help=shown('0: always the likeliest token'))
    parser.add_argument('--top-p', type=float, help=shown('draw from the likeliest tokens that make up this share'))
    parser.add_argument('--max-tokens', type=int, help=shown('of an answer'))
    parser.add_argument('--system', metavar='TEXT', help=shown('what the model is told before the conversation'))
    options = vars(parser.parse_args(arguments))
    try:
        server = ChatServer(options.pop('url'))
    except ValueError as error:
        parser.error(shown(error))
    print_anything()
    sys.stdin.reconfigure(errors='replace')  # a byte that the terminal's encoding has not
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  line editing, and the arrow keys
    ChatClient(server, **options).run()


if __name__ == '__main__':
    main()
