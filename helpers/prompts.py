"""Prompts of one's own to measure with, from a file."""

import csv
import io
import json
from pathlib import Path

_COLUMNS = ('prompt', 'question', 'text', 'instruction', 'input')  # where a prompt is looked for, in this order


def load_prompts(path: str | Path) -> list[str]:
    """Read prompts, UTF-8: what a user would say, one string each.

    `.jsonl`: a JSON string a line, or an object with one of the fields prompt, question, text, instruction, input; or
    with `messages` in OpenAI's form, whose first user message is taken.  `.csv`: the column of one of those names, the
    only column otherwise.  Any other: a prompt a line.  Empty lines are left out.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: there is no prompt in it, or a line is none; the message names the line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding='utf-8-sig')
    except FileNotFoundError:
        raise FileNotFoundError(f'no file {path}: write one prompt a line into it, or give another path') from None
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not UTF-8: {error}') from None
    read = {'.jsonl': _jsonl, '.csv': _csv}.get(path.suffix.lower(), _lines)
    prompts = []
    for line, prompt in read(path, text):
        if not (isinstance(prompt, str) and prompt.strip()):
            raise ValueError(f'{path}, line {line}: a prompt must be text, not {prompt!r}')
        prompts.append(prompt)
    if not prompts:
        raise ValueError(f'{path} has no prompt in it')
    return prompts


def prompt_ids(tokenizer, prompts: list[str]) -> list[list[int]]:
    """The numbers that a model gets: each prompt as the first message of a conversation, in the chat template."""
    return [
        tokenizer.apply_chat_template(
            [{'role': 'user', 'content': prompt}], add_generation_prompt=True, return_dict=True
        )['input_ids']
        for prompt in prompts
    ]


def _lines(path: Path, text: str):
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _jsonl(path: Path, text: str):
    for number, line in _lines(path, text):
        try:
            found = json.loads(line)
        except ValueError as error:
            raise ValueError(f'{path}, line {number} is not JSON: {error}') from None
        if isinstance(found, dict) and isinstance(found.get('messages'), list):
            asked = [m for m in found['messages'] if isinstance(m, dict) and m.get('role') == 'user']
            yield number, asked[0].get('content') if asked else None
        elif isinstance(found, dict):
            yield number, found[_column(path, number, found)]
        else:
            yield number, found


def _csv(path: Path, text: str):
    rows = csv.DictReader(io.StringIO(text), strict=True)
    try:
        names = rows.fieldnames or ()
        if not names:
            return
        column = names[0] if len(names) == 1 else _column(path, 1, names)
        for row in rows:
            yield rows.line_num, row[column]
    except csv.Error as error:
        raise ValueError(f'{path}, line {rows.line_num} is not CSV: {error}') from None


def _column(path: Path, line: int, names) -> str:
    for name in _COLUMNS:
        if name in names:
            return name
    raise ValueError(f'{path}, line {line}: none of {", ".join(_COLUMNS)} among {", ".join(map(str, names)) or "none"}')
