"""What a model may have us do: tools with a schema, and a box of them in which every mistake is an answer."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import jsonschema

from .calculator import calculate
from .clock import tell_time, utc_now
from .pages import Pages

MOST_CHARACTERS = 600  # of a result: the model's context holds 2048 tokens


@dataclass(frozen=True)
class Tool:
    """A function for a model.  `types`: the JSON type of each parameter; all are required, none may be added."""

    name: str
    what: str
    types: dict[str, str]
    run: Callable[..., str]

    @property
    def parameters(self) -> dict:
        """The JSON schema of its arguments."""
        properties = {name: {'type': kind} for name, kind in self.types.items()}
        return {
            'type': 'object',
            'properties': properties,
            'required': list(properties),
            'additionalProperties': False,
        }


class Toolbox:
    """The tools of a run.  It has what the loop asks for: `descriptions`, and `call`."""

    def __init__(self, tools: Sequence[Tool]):
        self._tools = {tool.name: tool for tool in tools}

    @property
    def descriptions(self) -> list[dict]:
        """The list of tools as the API wants it."""
        return [described(tool.name, tool.what, tool.parameters) for tool in self._tools.values()]

    def call(self, name: str, arguments: str) -> str:
        """What the tool gives for `arguments` (JSON, as the model wrote it); 'error: …' for whatever went wrong."""
        try:
            if name not in self._tools:
                raise ValueError(f'no such tool: {name[:40]}; there are: {", ".join(self._tools)}')
            tool, given = self._tools[name], json.loads(arguments)
            jsonschema.validate(given, tool.parameters)
            return tool.run(**given)[:MOST_CHARACTERS]
        except jsonschema.ValidationError as error:
            return f'error: {error.message}'[:MOST_CHARACTERS]
        except Exception as error:  # a tool's fault may be of any kind, and the model is to hear of it
            return f'error: {str(error) or type(error).__name__}'[:MOST_CHARACTERS]


def described(name: str, what: str, parameters: dict) -> dict:
    """A tool as the API wants it."""
    return {'type': 'function', 'function': {'name': name, 'description': what, 'parameters': parameters}}


def course_tools(pages: Pages, now: Callable[[], datetime] = utc_now) -> list[Tool]:
    """The three tools: a calculator, a clock, a search over the course's pages."""

    def get_time(city: str) -> str:
        return tell_time(city, now)

    def search(query: str) -> str:
        return pages.search(query)

    return [
        Tool('calculate', 'Work out an expression such as (2 + 3) * 4', {'expression': 'string'}, calculate),
        Tool('get_time', 'The time in a city', {'city': 'string'}, get_time),
        Tool('search', 'Search the pages of the course', {'query': 'string'}, search),
    ]


def small_sums() -> list[Tool]:
    """The calculator, cut into two tools with two integers each: the form that tiny-chat was trained with."""

    def add(a: int, b: int) -> str:
        return calculate(f'({a}) + ({b})')

    def mul(a: int, b: int) -> str:
        return calculate(f'({a}) * ({b})')

    integers = {'a': 'integer', 'b': 'integer'}
    return [Tool('add', 'Add two integers', integers, add), Tool('mul', 'Multiply two integers', integers, mul)]
