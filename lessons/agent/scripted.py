"""A client whose answers are written beforehand: to play a model that fails, or is fooled, as no small model does on
demand."""

import copy
import itertools
from collections.abc import Iterable
from types import SimpleNamespace

from openai.types.chat import ChatCompletionMessage


def says(text: str | None) -> ChatCompletionMessage:
    """An answer in words."""
    return ChatCompletionMessage(role='assistant', content=text)


def calls(*wanted: tuple[str, str]) -> ChatCompletionMessage:
    """An answer of tool calls, each (name, arguments as the model wrote them)."""
    listed = [
        {'id': f'call_{i}', 'type': 'function', 'function': {'name': name, 'arguments': arguments}}
        for i, (name, arguments) in enumerate(wanted)
    ]
    return ChatCompletionMessage(role='assistant', content=None, tool_calls=listed)


class ScriptedClient:
    """As the `openai` client, for `chat.completions.create`: gives one answer after the other, the last for ever.

    `requests`: what it was asked, in order.
    """

    def __init__(self, answers: Iterable[ChatCompletionMessage]):
        answers = list(answers)
        self._answers = itertools.chain(answers, itertools.repeat(answers[-1]))
        self.requests: list[dict] = []
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self._create))

    def _create(self, **request):
        self.requests.append(copy.deepcopy(request))
        return SimpleNamespace(choices=[SimpleNamespace(message=next(self._answers))])
