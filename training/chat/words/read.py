"""The one reader of the word tables, words/*.yaml.

A table is YAML in which every value is text: `yes` and `12` are words.  A block is a list, one item a line, so that
nothing needs quotes; an item that begins or ends with a space stands as `- ' item'`.  How a block is read:

    key: |            one item a line
    key: !often |     the same; `9x story` counts nine times
    key: !words |     words with white space between them, as many a line as one likes
    key: !rows |      `fox | 小狐狸 | 只`: the cells of a row, as many in each
    key: !couplets |  a poem: `line / line` for each way to begin, `--`, `line / line` for each way to end
"""

import functools
import pathlib
from collections.abc import Iterator

import yaml

HERE = pathlib.Path(__file__).parent
# the loader in C where there is one: every process of the corpus reads the tables
_LOADER = getattr(yaml, 'CBaseLoader', yaml.BaseLoader)


class WordsError(ValueError):
    """What is wrong in a table, with its file and line."""

    def __init__(self, path: pathlib.Path, line: int, why: str):
        super().__init__(f'{path.parent.name}/{path.name}, line {line}: {why}')


@functools.cache
def read(name: str) -> dict:
    """The table words/`name`.yaml: dictionaries, tuples and text.  Raises WordsError."""
    return load(HERE / f'{name}.yaml')


def load(path: pathlib.Path) -> dict:
    """The table in `path`, as `read`."""
    try:
        root = yaml.compose(path.read_text('utf-8'), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise WordsError(path, mark.line + 1 if mark else 1, error.problem or str(error)) from None
    if not isinstance(root, yaml.MappingNode):
        raise WordsError(path, 1, 'a table begins with a key')
    return _value(path, root)


def _value(path: pathlib.Path, node: yaml.Node) -> dict | tuple | str:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found = {}
        for key, value in node.value:
            if key.value in found:
                raise WordsError(path, key.start_mark.line + 1, f'the key {key.value!r} stands here a second time')
            found[key.value] = _value(path, value)
        return found
    if isinstance(node, yaml.SequenceNode):
        return tuple(_value(path, item) for item in node.value)
    if node.style == '|':
        block = _BLOCKS.get(node.tag)
        if not block:
            raise WordsError(path, line, f'{node.tag} is none of {", ".join(list(_BLOCKS)[1:])}')
        return tuple(block(path, line, list(_lines(path, node))))
    if not node.value and node.style not in ('"', "'"):
        raise WordsError(path, line, 'nothing stands behind the key')
    _check(path, line, node.value)
    return node.value


def _check(path: pathlib.Path, line: int, text: str) -> None:
    if text.count('[') != text.count(']') or text.count('{') != text.count('}'):
        raise WordsError(path, line, f'a bracket is open: {text}')


def _lines(path: pathlib.Path, node: yaml.ScalarNode) -> Iterator[tuple[int, str]]:
    """The lines of a block with their numbers in the file."""
    for number, line in enumerate(node.value.rstrip('\n').split('\n'), node.start_mark.line + 2):
        if not line or line != line.strip():
            raise WordsError(path, number, 'an empty line, or a space at an end of one')
        _check(path, number, line)
        yield number, line


def _plain(path: pathlib.Path, line: int, lines: list[tuple[int, str]]) -> Iterator[str]:
    return (text for _, text in lines)


def _often(path: pathlib.Path, line: int, lines: list[tuple[int, str]]) -> Iterator[str]:
    for _, text in lines:
        times, cross, item = text.partition('x ')
        yield from [item] * int(times) if cross and times.isdigit() else [text]


def _words(path: pathlib.Path, line: int, lines: list[tuple[int, str]]) -> Iterator[str]:
    return (word for _, text in lines for word in text.split())


def _rows(path: pathlib.Path, line: int, lines: list[tuple[int, str]]) -> Iterator[tuple[str, ...]]:
    columns = lines[0][1].count('|') + 1
    for number, text in lines:
        cells = tuple(cell.strip() for cell in text.split('|'))
        if len(cells) != columns:
            raise WordsError(path, number, f'{len(cells)} cells, in the first row there are {columns}')
        yield cells


def _couplets(path: pathlib.Path, line: int, lines: list[tuple[int, str]]) -> Iterator[tuple[str, ...]]:
    """The first lines, the second, the third and the fourth."""
    halves = [[], []]
    half = 0
    for number, text in lines:
        if text == '--':
            half += 1
        elif text.count(' / ') != 1 or half > 1:
            raise WordsError(path, number, 'a couplet is `line / line`; `--` stands once, between beginnings and ends')
        else:
            halves[half].append(text.split(' / '))
    if not all(halves):
        raise WordsError(path, line, 'a poem has couplets before `--` and after it')
    return (column for couplets in halves for column in zip(*couplets, strict=True))


_BLOCKS = {'tag:yaml.org,2002:str': _plain, '!often': _often, '!words': _words, '!rows': _rows, '!couplets': _couplets}
