"""The shape that evidence.json and manifest.json must have before the grader looks at what they say.

Whoever edits them by hand may put anything anywhere; behind this check a number is a number, finite and not absurd, and
a text is a text of a length that a page can hold.
"""

import json
import math

_TEXT = {'type': 'string', 'maxLength': 300}
_LONG = {'type': 'string', 'maxLength': 100_000}
_TIME = {'type': 'string', 'pattern': r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'}
_HASH = {'type': 'string', 'pattern': '^[0-9a-f]{64}$'}
_BYTES = {'type': 'integer', 'minimum': 0, 'maximum': 1 << 50}
_COUNT = {'type': 'integer', 'minimum': 0, 'maximum': 1 << 40}
_SECONDS = {'type': 'number', 'minimum': 0, 'maximum': 1e7}
_LANGUAGE = {'enum': ['en', 'zh']}


def _or_null(kind: dict) -> dict:
    return {'anyOf': [kind, {'type': 'null'}]}


def _object(required: dict, **optional) -> dict:
    return {'type': 'object', 'required': list(required), 'properties': required | optional}


def _list(items: dict, most: int) -> dict:
    return {'type': 'array', 'items': items, 'maxItems': most}


_READING = _object(
    {'label': _TEXT, 'time': _TIME, 'used_bytes': _BYTES, 'free_bytes': _BYTES, 'total_bytes': _BYTES,
     'source': _TEXT, 'device_name': _TEXT},
    process_bytes=_or_null(_BYTES), card_used_bytes=_or_null(_BYTES), card_total_bytes=_or_null(_BYTES),
)  # fmt: skip
_REAL = _object(
    {},
    cache_max_entry_count=_or_null({'type': 'number'}), quant_policy=_or_null({'type': 'integer'}),
    session_len=_or_null(_COUNT), max_batch_size=_or_null(_COUNT), dtype=_or_null(_TEXT), tp=_or_null(_COUNT),
    block_tokens=_or_null(_COUNT), num_blocks=_or_null(_COUNT), model_format=_or_null(_TEXT),
)  # fmt: skip
_CHECKPOINT = _object(
    {'name': _TEXT, 'vision': {'type': 'boolean'}, 'tensor_bytes': _BYTES, 'weights_sample_sha256': _HASH},
    config_sha256=_HASH, tensors_sha256=_HASH,
    architecture=_or_null(_TEXT), dtype=_TEXT, quantization_config=_or_null({'type': 'object'}),
)  # fmt: skip
_PREDICTED = _object({'engine_bytes': {'type': 'integer'}, 'tokens': _COUNT})
_ARGUMENTS = _object(
    {'free_bytes': _BYTES, 'engine': {'enum': ['turbomind', 'pytorch', 'cpu']}},
    quant_policy=_or_null({'type': 'integer'}), dtype=_or_null(_TEXT), session_len=_or_null(_COUNT),
    max_batch_size=_or_null(_COUNT), max_prefill_token_num=_or_null({'type': 'integer', 'minimum': 1}),
    block_tokens=_or_null({'type': 'integer', 'minimum': 1}), tp=_or_null({'type': 'integer', 'minimum': 1}),
)  # fmt: skip
_ENGINE = _object(
    {'label': _TEXT, 'way': {'enum': ['pipeline', 'api_server', 'cli', 'transformers']},
     'engine': {'enum': ['turbomind', 'pytorch', 'transformers']}, 'device': {'enum': ['cpu', 'cuda']}, 'real': _REAL,
     'checkpoint': _CHECKPOINT, 'before': _READING, 'after': _READING, 'used_bytes': {'type': 'integer'}},
    asked={'type': 'object'}, predicted=_or_null(_PREDICTED), predict_arguments=_or_null(_ARGUMENTS),
)  # fmt: skip
_CONTENT = {'anyOf': [_LONG, _list({'type': 'object', 'required': ['type']}, 50)]}
_CALL = _object({'name': _TEXT, 'arguments': {'type': 'object', 'maxProperties': 20}}, result={}) | {
    # They are worked out again: a text times a number would be a text of that length.
    'if': {'properties': {'name': {'enum': ['add', 'mul']}}},
    'then': {'properties': {'arguments': {'additionalProperties': {'type': 'number'}}}},
}
_ANSWER = _object(
    {'engine': _TEXT, 'client': {'enum': ['pipeline', 'terminal', 'page', 'openai', 'curl']},
     'messages': _list(_object({'role': _TEXT, 'content': _CONTENT}), 200), 'text': _LONG},
    finish_reason=_or_null(_TEXT), input_tokens=_or_null(_COUNT), output_tokens=_or_null(_COUNT),
    time_s=_or_null(_SECONDS), tokens_per_s=_or_null(_SECONDS), sampling=_or_null({'type': 'object'}),
    image_sha256=_HASH, tool_calls=_list(_CALL, 50),
)  # fmt: skip
_CELL = _or_null({'type': 'integer', 'minimum': 0, 'maximum': 10**6})
_SHOT = _object(
    {'file': {'type': 'string', 'pattern': r'^screenshots/[a-z0-9-]{1,60}\.png$'}, 'sha256': _HASH},
    taken=_or_null(_TIME), taken_from=_TEXT, caption=_LONG, width=_COUNT, height=_COUNT,
)  # fmt: skip
_ROW = {
    'type': 'object',
    'maxProperties': 40,
    'additionalProperties': {
        'anyOf': [_LONG, {'type': 'number', 'minimum': -1e15, 'maximum': 1e15}, {'type': 'boolean'}, {'type': 'null'}]
    },
}
_EVIDENCE = _object(
    {
        'schema': {'const': 1}, 'task': {'type': 'string', 'pattern': '^[a-z0-9-]{1,40}$'}, 'chapter': _TEXT,
        'name': _TEXT, 'language': _LANGUAGE,
        'run': _object({
            'id': {'type': 'string', 'pattern': '^[0-9a-f]{16}$'},
            'steps': _list(_object({'step': _TEXT, 'cell': _CELL, 'time': _TIME}), 500),
        }),
        'begun': _TIME, 'finished': _TIME,
        'device': _object({'kind': {'enum': ['cpu', 'cuda']}, 'name': _TEXT, 'driver': _TEXT}),
        'versions': {'type': 'object', 'required': ['lmdeploy'], 'additionalProperties': _TEXT},
        'memory': _list(_READING, 200), 'engines': _list(_ENGINE, 20), 'answers': _list(_ANSWER, 100),
        'rows': _list(_ROW, 200), 'checks': _list(_object({'name': _TEXT, 'state': _TEXT, 'found': _LONG}), 50),
        'screenshots': _list(_SHOT, 40), 'code': {'type': 'string', 'pattern': '^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{2}$'},
    },
)  # fmt: skip
SUBMISSION = _object(
    {'schema': {'const': 1}, 'name': {'type': 'string', 'minLength': 1, 'maxLength': 200}, 'language': _LANGUAGE,
     'packed': _TIME, 'tasks': _list(_EVIDENCE, 40)},
    links=_list(_object({'title': _TEXT, 'url': {'type': 'string', 'maxLength': 2000}}), 50),
)  # fmt: skip
MANIFEST = _object(
    {'schema': {'const': 1}, 'made': _TIME, 'name': _TEXT, 'digest': _HASH,
     'files': {'type': 'object', 'maxProperties': 400,
               'additionalProperties': _object({'sha256': _HASH, 'bytes': _BYTES})}},
)  # fmt: skip


def read_checked(text: bytes, schema: dict) -> dict:
    """The JSON in `text`, if it has the shape of `schema`.

    Raises ValueError saying where it does not.
    """
    from jsonschema import Draft202012Validator

    try:
        content = json.loads(text.decode('utf-8'), parse_constant=_refuse, parse_float=_finite)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ValueError(f'not JSON ({error})') from None
    error = next(Draft202012Validator(schema).iter_errors(content), None)
    if error is not None:
        where = ''.join(f'[{part!r}]' for part in error.absolute_path) or 'at the top'
        raise ValueError(f'{where}: {error.message[:200]}')
    return content


def _refuse(text: str):
    raise ValueError(f'{text} is no number')


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f'{text} is no number')
    return number
