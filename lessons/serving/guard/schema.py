"""Which JSON schemas and regular expressions LMDeploy's structured output can hold an answer to.

LMDeploy gives them to XGrammar: first to its parser, in the server's process, which refuses the worst; then to its
compiler, in the engine's.  What the parser takes and the compiler does not ends the PyTorch engine for good, and
TurboMind answers as if there were no schema.
"""

import functools
import json
from collections.abc import Iterator

import jsonschema

MAX_SCHEMA_CHARACTERS = 16 << 10
MAX_REGEX_CHARACTERS = 4 << 10

# What XGrammar reads over without a word: the answer would not be held to it.
_IGNORED = ('not', 'if', 'contains', 'dependentRequired', 'dependentSchemas')


class SchemaError(ValueError):
    """Why LMDeploy cannot use it."""


def check_schema(schema: dict, where: str, *, answer: bool = False) -> None:
    """Raise SchemaError unless `schema` is a JSON schema that XGrammar compiles and, for an answer, holds one to.

    With an enumeration of 100,000 words the compiler takes more than half a minute, in which nobody is served.  Until
    0.2.9 it failed at {"type": "string", "pattern": "^[a-z]{1,200}$"}, and the engine ended (XGrammar's issue 863).
    """
    text = json.dumps(schema)
    if len(text) > MAX_SCHEMA_CHARACTERS:
        raise SchemaError(f'{where} has {len(text)} characters; at most {MAX_SCHEMA_CHARACTERS}')
    try:
        # Without formats: 'regex' would mean Python's kind.
        jsonschema.Draft202012Validator.check_schema(schema, format_checker=jsonschema.FormatChecker(()))
    except jsonschema.SchemaError as error:
        raise SchemaError(f'{where} is not a JSON schema: {error.message}'[:500]) from None
    if answer:
        _check_answerable(schema, where)
    _compile('compile_json_schema', text, where)


def check_regex(pattern, where: str) -> None:
    """Raise SchemaError unless XGrammar compiles the regular expression; one of 1 MB stops the server for a minute."""
    if not isinstance(pattern, str) or not pattern:
        raise SchemaError(f'{where} must be a regular expression, not {pattern!r}')
    if len(pattern) > MAX_REGEX_CHARACTERS:
        raise SchemaError(f'{where} has {len(pattern)} characters; at most {MAX_REGEX_CHARACTERS}')
    _compile('compile_regex', pattern, where)


@functools.cache
def _vocabulary():
    """The bytes, as tokens: what compiles for these compiles for any model's."""
    import xgrammar

    tokens = [bytes([i]) for i in range(256)] + [b'</s>']
    return xgrammar.TokenizerInfo(tokens, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[256])


def _compile(method: str, source: str, where: str) -> None:
    import xgrammar

    try:
        compiled = getattr(xgrammar.GrammarCompiler(_vocabulary(), max_threads=1), method)(source)
    except (RuntimeError, ValueError) as error:
        raise SchemaError(f'{where} cannot be compiled: {str(error).strip().rpartition(": ")[2]}'[:500]) from None
    allowed = xgrammar.allocate_token_bitmask(1, _vocabulary().vocab_size)
    xgrammar.GrammarMatcher(compiled).fill_next_token_bitmask(allowed)
    if not allowed.any():
        raise SchemaError(f'{where} cannot be met: nothing fits')


def _check_answerable(schema: dict, where: str) -> None:
    """Raise SchemaError if no answer could fit, or if XGrammar would not hold the answer to it."""
    refs = {}
    for part in _parts(schema):
        _check_part(part, where)
        if isinstance(part.get('$ref'), str):
            refs[part['$ref']] = _resolve(part['$ref'], schema, where)
    ending = set()  # references that some finite value fits
    while found := {ref for ref, target in refs.items() if ref not in ending and _ends(target, ending)}:
        ending |= found
    if not _ends(schema, ending):
        raise SchemaError(f'{where} cannot be met: an answer would have to contain itself, without end')


def _parts(schema) -> Iterator[dict]:
    """Every schema in a schema."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        yield part
        for name in ('properties', 'patternProperties', '$defs', 'definitions'):
            waiting += part.get(name, {}).values()
        for name in ('items', 'additionalProperties', 'additionalItems', 'propertyNames'):
            waiting.append(part.get(name))
        for name in ('prefixItems', 'anyOf', 'oneOf', 'allOf'):
            waiting += part.get(name, [])


def _check_part(part: dict, where: str) -> None:
    for name in _IGNORED:
        if name in part:
            raise SchemaError(f'{where} uses {name!r}, which LMDeploy would ignore')
    if 'multipleOf' in part and part.get('type') != 'integer':
        raise SchemaError(f"{where} uses 'multipleOf' without the type integer, which LMDeploy would ignore")
    if part.get('pattern'):  # every text fits an empty one
        # Inside a schema XGrammar reads over a look-ahead; as an expression of its own, it refuses one.
        check_regex(part['pattern'], f'{where}: the pattern')
    if len(part.get('allOf', ())) > 1:
        raise SchemaError(f"{where} uses 'allOf' with several schemas, which LMDeploy would ignore")
    if part.get('additionalProperties') is False and 'patternProperties' not in part:
        # XGrammar writes {}
        for name in part.get('required', ()):
            if name not in part.get('properties', {}):
                raise SchemaError(f'{where} cannot be met: {name!r} is required, and no such property is allowed')
    if 'type' in part and ('const' in part or 'enum' in part):
        # XGrammar writes the value, whatever its type
        is_type = jsonschema.Draft202012Validator({'type': part['type']}).is_valid
        values = [part['const']] if 'const' in part else part['enum']
        if values and not any(map(is_type, values)):
            raise SchemaError(f'{where} cannot be met: {values[0]!r} is not of type {part["type"]!r}')


def _resolve(ref: str, schema: dict, where: str):
    """The schema that a reference names; XGrammar takes any JSON where it names another document."""
    if ref != '#' and not ref.startswith('#/'):
        raise SchemaError(f"{where}: $ref must start with '#', not {ref!r}")
    target = schema
    for name in ref.split('/')[1:]:
        name = name.replace('~1', '/').replace('~0', '~')
        target = target.get(name) if isinstance(target, dict) else None
    if not isinstance(target, dict | bool):
        raise SchemaError(f'{where}: there is no {ref}')
    return target


def _ends(schema, ending: set[str]) -> bool:
    """Does a finite value fit, given that one fits each reference in `ending`?"""
    if not isinstance(schema, dict):
        return schema is not False
    if '$ref' in schema:
        return schema['$ref'] in ending
    for name in ('anyOf', 'oneOf'):
        if name in schema:
            return any(_ends(part, ending) for part in schema[name])
    if 'const' in schema or 'enum' in schema:
        return True
    kind = schema.get('type', 'object' if 'properties' in schema else None)
    if kind == 'object':
        properties = schema.get('properties', {})
        return all(_ends(properties[name], ending) for name in schema.get('required', ()) if name in properties)
    if kind == 'array':
        least, first = int(schema.get('minItems', 0)), schema.get('prefixItems', [])
        return all(_ends(part, ending) for part in first[:least]) and (
            least <= len(first) or _ends(schema.get('items', True), ending)
        )
    return all(_ends(part, ending) for part in schema.get('allOf', ()))
