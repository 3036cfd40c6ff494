"""`read_text_file`: texts and conversations of a file, and a sight of what was read."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpers.files import tilde

from .encodings import decode
from .fields import Unclear, conversation, is_conversation, text_of, text_or_messages
from .forms import values_of

_SHOWN, _WIDTH = 3, 100


@dataclass(frozen=True)
class Entry:
    """One text, or one conversation."""

    line: int  # of the file, where it begins
    content: object  # a text; a conversation: [{'role', 'content'}, …]; or what stands there instead


@dataclass(frozen=True)
class TextFile:
    """What a file holds; `shown` says it to people."""

    path: Path
    form: str  # 'JSON lines', 'CSV with tabs', …
    encoding: str
    entries: tuple[Entry, ...]
    fields: tuple[str, ...]  # that were read
    not_read: dict[str, int]  # field → how many entries have something in it

    def prompts(self) -> list[str]:
        """Each text, or the first question of each conversation.  Raises ValueError, with the line."""

        def first(content):
            if is_conversation(content):
                content = next((m['content'] for m in content if m['role'] == 'user'), None)
            text = text_of(content, 'a prompt')
            if not text.strip():
                raise Unclear(f'a prompt must be text, not {text!r}')
            return text

        return self._each(first)

    def whole(self) -> list[str | list[dict]]:
        """Each text, or each conversation.  Raises ValueError, with the line."""
        return self._each(lambda c: conversation(c) if is_conversation(c) else text_of(c, 'a text'))

    def beside_prompts(self) -> dict[str, int]:
        """What conversations have beside their first question → in how many."""
        roles = [Counter(m['role'] for m in e.content) for e in self.entries if is_conversation(e.content)]
        counts = {
            'system texts': sum('system' in r for r in roles),
            'answers': sum('assistant' in r for r in roles),
            'later questions': sum(r['user'] > 1 for r in roles),
        }
        return {what: count for what, count in counts.items() if count}

    def _each(self, made_of: Callable) -> list:
        made = []
        for entry in self.entries:
            try:
                made.append(made_of(entry.content))
            except Unclear as error:
                raise ValueError(f'{tilde(self.path)}, line {entry.line}: {error}') from None
        return made

    def shown(self, texts: list[str], noun: str, also: dict[str, int] | None = None) -> str:
        """How many, read as what, what was left out, and the first three.

        Args:
            texts: what was made of the entries.
            noun: what they are: 'prompts'.
            also: what else was left out → of how many.
        """
        what = [f'{self.path.name}: {len(texts)} {noun if len(texts) != 1 else noun.removesuffix("s")}', self.form]
        if self.fields:
            what.append(f'field {" / ".join(self.fields)}')
        lines = [', '.join([*what, self.encoding.upper()])]
        if left := self.not_read | (also or {}):
            lines.append('  not read: ' + ', '.join(f'{name} ({count})' for name, count in left.items()))
        for number, text in enumerate(texts[:_SHOWN], 1):
            line = ' '.join(text.split())
            lines.append(f'  {number}  {line if len(line) <= _WIDTH else line[:_WIDTH] + "…"}')
        return '\n'.join(lines)


def read_text_file(
    path: str | Path,
    *,
    field: str | None = None,
    encoding: str | None = None,
    format: str | None = None,
    separator: str = '\n',
) -> TextFile:
    """Read a JSON list, JSON lines, CSV or plain text, as the file's name says.

    Args:
        path: `.json` and `.jsonl`: texts, or objects in the forms of OpenAI, ShareGPT, XTuner or Alpaca, or with a
            text in one of the fields that `fields.py` knows.  `.csv` and `.tsv`: columns of those names, or one
            column.  Any other: plain text.
        field: the field or column that is meant, where that is not clear.
        encoding: None: UTF-8, or what a mark at the file's beginning says.
        format: 'json', 'csv' or 'text', where the name does not say it.
        separator: of plain text; see `values_of`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it cannot be read, or not in one way only; the message has the line, and what to do.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f'the text {tilde(path)} is {"a folder, not a file" if path.is_dir() else "not there"}')
    text, encoding = decode(path, path.read_bytes(), encoding)
    found = values_of(path, text, format, separator, field)
    if field is not None and not found.has_fields:
        raise ValueError(f'field={field!r}, and {tilde(path)} is plain text, which has no fields')
    entries, fields, not_read = [], {}, Counter()
    for line, value in found.values:
        try:
            content, name, others = text_or_messages(value, field)
        except Unclear as error:
            raise ValueError(f'{tilde(path)}, line {line}: {error}') from None
        not_read.update(others)
        if name and content == []:
            not_read['empty conversations'] += 1
            continue
        entries.append(Entry(line, content))
        if name:
            fields[name] = True
    return TextFile(path, found.form, encoding, tuple(entries), tuple(fields), dict(not_read))
