"""The agent: ask, do what the model calls, tell it the results, until it answers in words or its steps are used up."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """A finished run.  `ended`: 'answered', 'empty' (neither words nor a call) or 'step limit'."""

    messages: list[dict]
    ended: str
    steps: int  # requests to the model

    @property
    def answer(self) -> str:
        """The last words; '' without any."""
        return self.messages[-1].get('content') or '' if self.ended == 'answered' else ''


def anything(name: str, messages: list[dict]) -> bool:
    """The policy that lets every call through."""
    return True


def run(client, asked: dict, toolbox, question: str, most_steps: int = 6, may: Callable = anything) -> Run:
    """Work on a question: `asked` goes with every request (the model's name, the temperature), `toolbox` has
    `descriptions` and `call`, and `may(name, messages)` says whether a call is allowed after these messages.
    A tool's error is an answer to the model; an error of the server is ours, and is raised."""
    messages = [{'role': 'user', 'content': question}]
    for step in range(1, most_steps + 1):
        reply = client.chat.completions.create(messages=messages, tools=toolbox.descriptions, **asked)
        message = reply.choices[0].message
        messages.append(message.model_dump(include={'role', 'content', 'tool_calls'}, exclude_none=True))
        if not message.tool_calls:
            return Run(messages, 'answered' if (message.content or '').strip() else 'empty', step)
        for call in message.tool_calls:
            name = call.function.name
            allowed = may(name, messages)
            result = toolbox.call(name, call.function.arguments) if allowed else f'error: {name} is not allowed here'
            messages.append({'role': 'tool', 'tool_call_id': call.id, 'content': result})
    return Run(messages, 'step limit', most_steps)
