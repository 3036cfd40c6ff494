"""Questions to a server with thinking on or off, its replies with what they took, and a thought of limited length."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Reply:
    """What came back: the thought and the answer (stripped; None where there is none), and what they took.

    tokens: of both, with the tags; thought_tokens: of the thought, as the server counts them; ended: the
    `finish_reason`; time_s: from the request to the whole reply.
    """

    thought: str | None
    answer: str | None
    tokens: int
    thought_tokens: int
    ended: str
    time_s: float


def ask(client, asked: dict, question: str | list[dict], think: bool = False, **request) -> Reply:
    """One question (or messages) to `client`, the `openai` client of a server with a reasoning parser.

    `asked` goes with every request (the model's name, the temperature); without `think` nothing is said of thinking,
    as by a client that knows nothing of it.
    """
    messages = question if isinstance(question, list) else [{'role': 'user', 'content': question}]
    if think:
        extra = request.get('extra_body') or {}
        request['extra_body'] = extra | {'chat_template_kwargs': {'enable_thinking': True}}
    begin = time.perf_counter()
    reply = client.chat.completions.create(messages=messages, **asked | request)
    time_s = time.perf_counter() - begin
    choice, details = reply.choices[0], reply.usage.completion_tokens_details
    return Reply(
        _stripped(getattr(choice.message, 'reasoning_content', None)),  # no field of OpenAI's own
        _stripped(choice.message.content),
        reply.usage.completion_tokens,
        (details and details.reasoning_tokens) or 0,
        choice.finish_reason,
        time_s,
    )


def _stripped(text: str | None) -> str | None:
    """Without the line breaks of the template's layout, which LMDeploy leaves."""
    return (text or '').strip() or None


def ask_all(client, asked: dict, questions: Sequence[str], think: bool = False, clients: int = 16) -> list[Reply]:
    """Each question, `clients` of them at once; the replies in the order of the questions."""
    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(lambda question: ask(client, asked, question, think), questions))


def answer_behind(client, asked: dict, question: str, thought: str, **request) -> Reply:
    """The answer behind a thought that is given: the reply begins where the thought has ended.

    The switch is off: LMDeploy would take the answer for more thought.  `request` may hold a `response_format`: then
    the form holds for the answer, not for the thought.
    """
    messages = [
        {'role': 'user', 'content': question},
        {'role': 'assistant', 'content': '', 'reasoning_content': thought},
    ]
    return replace(ask(client, asked, messages, **request), thought=thought)


def ask_within(client, asked: dict, question: str, thought_tokens: int, **request) -> Reply:
    """Think for `thought_tokens` tokens at most, then answer whatever was thought until then.

    LMDeploy has no such limit: where the thought is cut, a second request asks for the answer behind what there is.
    `tokens` and `time_s` are those of both.  Raises ValueError for less than one token.
    """
    if thought_tokens < 1:
        raise ValueError(f'thought_tokens={thought_tokens}: at least 1; without a thought, ask without `think`')
    first = ask(client, asked | {'max_tokens': thought_tokens}, question, think=True)
    if first.ended != 'length':
        return first
    behind = answer_behind(client, asked, question, first.thought or '', **request)
    return replace(
        behind,
        thought_tokens=first.thought_tokens,
        tokens=first.tokens + behind.tokens,
        time_s=first.time_s + behind.time_s,
    )
