"""The messages of a request, in the three forms in which LMDeploy takes a conversation: roles, texts, pictures.

OpenAI's (/v1/chat/completions), that of /v1/responses, and Anthropic's (/v1/messages).  One reader for them: what is
refused in one is refused in all.
"""

from dataclasses import dataclass

from .limits import Refused

_OPENAI = ('system', 'developer', 'user', 'assistant')
_ADDRESSES = ('http://', 'https://', 'data:')


@dataclass(frozen=True)
class Form:
    """Where the messages stand, and what may be in them."""

    field: str
    roles: tuple[str, ...]
    texts: tuple[str, ...]  # types of a part that is text
    pictures: tuple[str, ...] = ()  # of one that is a picture
    others: tuple[str, ...] = ()  # of those that LMDeploy reads for itself


# Not 'image_data', which is for Python: an image processor opens the file, or the address, that stands there.
_CHAT = Form('messages', (*_OPENAI, 'tool', 'function'), ('text',), ('image_url', 'image'))
_RESPONSES = Form('input', _OPENAI, ('input_text', 'output_text', 'text'))
_ANTHROPIC = Form(
    'messages',
    ('user', 'assistant', 'system'),
    ('text',),
    ('image',),
    ('tool_use', 'tool_result', 'thinking', 'redacted_thinking'),
)
FORMS = {
    '/v1/chat/completions': _CHAT,
    '/v1/responses': _RESPONSES,
    '/v1/messages': _ANTHROPIC,
    '/v1/messages/count_tokens': _ANTHROPIC,
}


def check_conversation(path: str, request: dict) -> None:
    """Raise Refused, with the reason, unless LMDeploy reads every message as it is meant."""
    form = FORMS.get(path)
    if form is None:
        return
    if form is _ANTHROPIC and isinstance(request.get('system'), list):
        # All but texts is dropped.
        _check_parts('system', request['system'], Form('', (), ('text',)))
    messages = request.get(form.field)
    for i, message in enumerate(messages if isinstance(messages, list) else []):  # LMDeploy speaks of anything else
        _check_message(f'{form.field}[{i}]', message, form)


def _check_message(where: str, message, form: Form) -> None:
    if not isinstance(message, dict):
        raise Refused(f'{where} must be an object with role and content')
    if form is _RESPONSES and message.get('type', 'message') != 'message':
        return  # a call of a function or its result, which LMDeploy looks at itself
    role, content = message.get('role'), message.get('content')
    # No role: a 400 that says nothing; an unknown one is written into the prompt, markers of the chat template too.
    if role not in form.roles:
        raise Refused(
            f'{where}.role must be one of {", ".join(form.roles)}, '
            f'{f"not {role!r}" if "role" in message else "and is missing"}'
        )
    # What is neither text nor a list of parts is dropped, and the model answers an empty message.
    if content is None and form is _CHAT and (message.get('tool_calls') or message.get('function_call')):
        return
    if isinstance(content, list):
        _check_parts(f'{where}.content', content, form)
    elif not isinstance(content, str):
        raise Refused(
            f'{where}.content must be text or a list of parts, '
            f'{f"not {type(content).__name__}" if "content" in message else "and is missing"}'
        )


def _check_parts(where: str, parts: list, form: Form) -> None:
    for i, part in enumerate(parts):
        kind = part.get('type') if isinstance(part, dict) else None
        if kind in form.texts and isinstance(part.get('text'), str):
            continue
        if kind in form.pictures:
            _check_picture(f'{where}[{i}]', part, form)
            continue
        # Other parts are dropped by a text model, and the rest is answered; on /v1/messages they are written into the
        # prompt as JSON, a document of megabytes too.
        if kind not in form.others:
            kinds = ', '.join(form.texts[1:] + form.pictures + form.others)
            or_one = f' or one of the types {kinds}' if kinds else ''
            raise Refused(f'{where}[{i}] must be {{"type": "{form.texts[0]}", "text": …}}{or_one}')
        if kind == 'tool_result' and isinstance(part.get('content'), list):
            _check_parts(f'{where}[{i}].content', part['content'], Form('', (), ('text',), ('image',)))


def _check_picture(where: str, part: dict, form: Form) -> None:
    value = part.get(part['type'])
    url = value.get('url') if isinstance(value, dict) else value
    source = part.get('source')
    if form is not _CHAT:  # Anthropic's: without a source that LMDeploy knows the picture is dropped, the rest answered
        kind = source.get('type') if isinstance(source, dict) else None
        if kind == 'base64' and isinstance(source.get('data'), str) and source['data']:
            return
        url = source.get('url') if kind == 'url' else None
    # A vision model would open any file of the server's disk that the client names.
    if not isinstance(url, str) or not url.startswith(_ADDRESSES):
        raise Refused(f'{where}: the address of a picture starts with http://, https:// or data:')
