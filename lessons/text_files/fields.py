"""Which field of an object is the text: the names that data sets use.

Conversations: OpenAI's `messages` (role, content), ShareGPT's `conversations` (from, value), XTuner's `conversation`
(system, input, output).  Alpaca: `instruction`, `input`, `output`, `history`, of which instruction and input are the
question together, a line feed between them, as LLaMA-Factory and XTuner join them.
"""

from collections.abc import Iterable

_CONVERSATIONS = ('messages', 'conversations', 'conversation')
_QUESTIONS = ('prompt', 'question', 'query', 'instruction')  # of an object that has two, nobody knows which is meant
_TEXTS = ('text', 'content', 'input')  # where it has none of these, in this order
_ANSWERS = ('output', 'response', 'answer', 'completion')
KNOWN = {*_CONVERSATIONS, *_QUESTIONS, *_TEXTS}
_ROLES = {
    'system': 'system',
    'developer': 'system',
    'user': 'user',
    'human': 'user',
    'assistant': 'assistant',
    'gpt': 'assistant',
    'chatgpt': 'assistant',
    'bot': 'assistant',
    'model': 'assistant',
}


class Unclear(ValueError):
    """It is not clear which text is meant; the message does not know the file's name and line yet."""


def text_or_messages(value, field: str | None = None) -> tuple[object, str, list[str]]:
    """The text of a value, or its conversation as [{'role', 'content'}, …]; the field it stands in, '' for a text
    without fields; and the fields with something in them that are not read.

    What should be text may be anything yet: see `text_of` and `conversation`.  Raises Unclear.
    """
    if not isinstance(value, dict):
        if field is not None:
            raise Unclear(f'field={field!r}, and {_short(value)} has no fields')
        return _content(value), '', []
    names = {_plain(name): name for name in value}
    if field is not None:
        name = field if field in value else names.get(_plain(field))
        if name is None:
            raise Unclear(f'no field {field!r} among {_listed(value)}')
        return _content(value[name]), name, _others(value, {name})
    for known in _CONVERSATIONS:
        if known in names and isinstance(value[names[known]], list):
            return _messages(value[names[known]]), names[known], _others(value, {names[known]})
    found = [names[known] for known in _QUESTIONS if known in names]
    filled = [name for name in found if value[name] not in (None, '')]
    if len(filled) > 1:
        raise Unclear(f'{" and ".join(filled)} may be meant: say which, such as field={filled[0]!r}')
    name = next(iter(filled or found or [names[known] for known in _TEXTS if known in names]), None)
    if name is None:
        wanted = ', '.join(('prompt', 'question', 'text', 'instruction', 'input'))
        first = max(value, key=lambda name: len(value[name]) if isinstance(value[name], str) else 0, default='')
        raise Unclear(f'none of {wanted} among {_listed(value)}; say which it is, such as field={first!r}')
    return _with_answer(value, names, name)


def _with_answer(value: dict, names: dict, name: str) -> tuple[object, str, list[str]]:
    """A question with its input, and a conversation of it where its answer is there, too."""
    question, said, read = _content(value[name]), name, {name}
    if _plain(name) == 'instruction' and isinstance(extra := value.get(names.get('input')), str) and extra.strip():
        question, said = '\n'.join(t for t in (question, extra) if isinstance(t, str) and t.strip()), f'{name} + input'
        read.add(names['input'])
    answers = [names[known] for known in _ANSWERS if known in names and isinstance(value[names[known]], str)]
    if isinstance(question, str) and question.strip() and len(answers) == 1 and value[answers[0]].strip():
        messages = [{'role': 'user', 'content': question}, {'role': 'assistant', 'content': value[answers[0]]}]
        if isinstance(system := value.get(names.get('system')), str) and system.strip():
            messages.insert(0, {'role': 'system', 'content': system})
            read.add(names['system'])
        return messages, said, _others(value, read | {answers[0]})
    return question, said, _others(value, read)


def _content(value):
    """A field's text; its messages, where it holds some."""
    return _messages(value) if isinstance(value, list) and value and isinstance(value[0], dict) else value


def _messages(turns: list) -> list[dict]:
    messages = []
    for turn in turns:
        if not isinstance(turn, dict):
            continue
        if 'role' in turn or 'from' in turn:
            role = turn.get('role', turn.get('from'))
            messages.append((role, turn.get('content', turn.get('value'))))
        elif 'input' in turn or 'output' in turn:  # XTuner's
            pairs = (('system', turn.get('system')), ('user', turn.get('input')), ('assistant', turn.get('output')))
            messages += [(role, text) for role, text in pairs if text]
        else:
            raise Unclear(f'a turn of a conversation has a role and content (or from and value), not {_listed(turn)}')
    return [{'role': _ROLES.get(str(role).lower(), role), 'content': content} for role, content in messages]


def is_conversation(content) -> bool:
    return isinstance(content, list) and all(isinstance(m, dict) and m.keys() == {'role', 'content'} for m in content)


def text_of(content, what: str) -> str:
    """A text, or the text of a message that has it in parts.  Raises Unclear where it is none."""
    if isinstance(content, list) and content and all(isinstance(part, dict) for part in content):
        if not all(isinstance(part.get('text'), str) for part in content):
            raise Unclear('a message has a part that is no text, such as a picture: take the message out')
        content = '\n'.join(part['text'] for part in content)
    if not isinstance(content, str):
        raise Unclear(f'{what} must be text, not {_short(content)}')
    if any('\ud800' <= character <= '\udfff' for character in content):
        raise Unclear(f'{what} holds half a character (\\ud… alone): write it anew')
    return content


def conversation(messages: list[dict]) -> list[dict]:
    """All messages, each with a role that chat templates know and a text.  Raises Unclear."""
    for message in messages:
        if message['role'] not in _ROLES.values():
            raise Unclear(f'a turn of {message["role"]!r}: of system, user and assistant only')
    return [{'role': m['role'], 'content': text_of(m['content'], 'a message')} for m in messages]


def _others(value: dict, read: set[str]) -> list[str]:
    return [str(name) for name, other in value.items() if name not in read and other not in (None, '', [], {})]


def _plain(name) -> str:
    return str(name).strip().lower()


def _listed(names: Iterable) -> str:
    return ', '.join(map(str, names)) or 'none'


def _short(value) -> str:
    return repr(value)[:60]
