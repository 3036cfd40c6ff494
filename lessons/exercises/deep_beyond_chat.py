"""Exercises of "Beyond chat": how likely a whole answer was, and a schema that keeps a tool from harm."""

import math
from collections.abc import Iterator, Mapping

from .checking import exercise
from .judging import Result, amount, expect, judged


@exercise('beyond_chat.1')
def share_of_an_answer(share, logprobs) -> Result:
    """How likely all tokens of an answer were together; `logprobs`: of each of its tokens."""
    fits = isinstance(logprobs, list) and all(isinstance(each, float | int) for each in logprobs)
    expect(fits and len(logprobs) > 1 and max(logprobs) <= 0, 'logprobs is the list of the line above.')
    shares = [math.exp(each) for each in logprobs]
    right = math.exp(sum(logprobs))
    return amount(
        share,
        right,
        'of one whole',
        slips=[
            (sum(shares), 'That is their sum: all of them have to come, one after the other.'),
            (sum(shares) / len(shares), 'That is their mean: all of them have to come, one after the other.'),
            (right ** (1 / len(shares)), 'That is one token on (geometric) average: leave the root out.'),
            (min(shares), 'That is the least likely token alone.'),
            (shares[0], 'That is the first token alone.'),
            (-sum(logprobs), 'That is its logarithm, without the sign: e to the power of the sum.'),
            (100 * right, 'That is in %; a share lies between 0 and 1.'),
        ],
        because='Shares are multiplied, logarithms added: e to the power of their sum.',
    )


@exercise('beyond_chat.2')
def parameters_of_power(parameters) -> Result:
    """A JSON schema of a tool's arguments: `power` for a from -100 to 100 and b from 0 to 20, nothing else."""
    import jsonschema

    expect(isinstance(parameters, Mapping), "parameters is a JSON schema: {'type': 'object', 'properties': …}.")
    try:
        jsonschema.Draft202012Validator.check_schema(parameters)
    except jsonschema.SchemaError as error:
        expect(False, f'that is no JSON schema: {error.message}.')
    validator = jsonschema.Draft202012Validator(parameters)
    for arguments, fits, words in _calls():
        try:
            taken = validator.is_valid(arguments)
        except Exception as error:  # a $ref that leads nowhere
            return judged(False, f'The schema cannot be used ({type(error).__name__}).')
        if taken != fits:
            return judged(False, words)
    return judged(True, 'Right: whatever the model writes, run_call takes milliseconds, and gives an integer.')


def _calls() -> Iterator[tuple[object, bool, str]]:
    """Arguments, whether they fit, and what to say to a schema that has it otherwise."""
    for a, b in ((2, 10), (-100, 3), (100, 20), (0, 0)):
        yield {'a': a, 'b': b}, True, f'It refuses a={a}, b={b}, which is allowed.'
    yield {'a': 2}, False, 'It takes a call without b: say which are required.'
    yield {'b': 2}, False, 'It takes a call without a: say which are required.'
    yield {'a': '2', 'b': 3}, False, 'It takes a text for a number: give both a type.'
    yield {'a': 2, 'b': '3'}, False, 'It takes a text for a number: give both a type.'
    yield {'a': 2.5, 'b': 3}, False, 'It takes a=2.5: an integer is asked for.'
    yield {'a': 2, 'b': 0.5}, False, 'It takes b=0.5: an integer is asked for.'
    yield (
        {'a': 9, 'b': 10**9},
        False,
        'That is the trap: 9 and 1000000000 are integers, too, and your program stands still on them.',
    )
    yield {'a': 2, 'b': -1}, False, 'It takes b=-1, and the result is no integer: give b a minimum.'
    yield {'a': 10**4000, 'b': 20}, False, 'It takes an a of 4000 digits: give a a maximum, too.'
    yield {'a': -(10**4000), 'b': 20}, False, 'It takes an a of 4000 digits below zero: give a a minimum, too.'
    yield {'a': 101, 'b': 2}, False, 'It takes a=101: a ends at 100.'
    yield {'a': -101, 'b': 2}, False, 'It takes a=-101: a begins at -100.'
    yield {'a': 2, 'b': 21}, False, 'It takes b=21: b ends at 20.'
    yield {'a': 2, 'b': 3, 'c': 4}, False, 'It takes a third argument, which power has not: additionalProperties.'
    yield [2, 3], False, 'It takes a list: say that the whole is an object.'
