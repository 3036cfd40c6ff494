"""The notes of a submission, from its evidence: as Markdown, as one HTML page, and (pdf.py) as PDF.

All three are written from the same blocks.  Whatever a model or a learner wrote is text in them, never markup.
"""

import base64
import dataclasses
import html
import re
from collections.abc import Iterator
from pathlib import Path

from .card import MIB, answer_line, question_of, settings_line
from .fonts import printable
from .missing import missing
from .tasks import TASKS
from .words import say


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """A piece of the notes.  `kind`: 'title', 'part', 'section', 'label', 'text', 'code', 'quote', 'table', 'picture',
    'link'."""

    kind: str
    text: str = ''
    rows: tuple[tuple[str, ...], ...] = ()  # of a table, its head first
    file: str = ''  # of a picture, in the archive; of a link, its address


def blocks(submission: dict) -> Iterator[Block]:
    """The notes of a submission (evidence.json's content), piece by piece."""
    t = submission['language']
    yield Block('title', f'{say("homework", t)} · {submission["name"]}')
    if submission['tasks']:
        last = submission['tasks'][-1]
        versions = ' · '.join(f'{name} {version}' for name, version in last['versions'].items())
        yield Block('text', f'{last["device"]["name"]} · {versions} · {submission["packed"][:10]}')
    number = 0
    for level, word in (('basic', 'basic'), ('advanced', 'advanced'), ('card', 'card tasks')):
        of_level = [e for e in submission['tasks'] if TASKS[e['task']].level == level]
        if of_level:
            yield Block('part', say(word, t))
        for evidence in of_level:
            number += 1
            yield from _section(evidence, number, t)
    if submission['links']:
        yield Block('part', say('links', t))
        for link in submission['links']:
            yield Block('link', link['title'], file=link['url'])
    yield Block('text', say('about', t))


def _section(evidence: dict, number: int, t: str) -> Iterator[Block]:
    task = TASKS[evidence['task']]
    yield Block('section', f'{number}. {task.title(t)}')
    yield Block('text', f'{say("asked", t)}: {task.asks(t)}')
    for line in missing(evidence, t):
        yield Block('text', f'{say("open", t)}: {line}')
    for engine in evidence['engines']:
        yield Block('text', f'{say("settings", t)} · {engine["label"]}: {settings_line(engine, t)}')
    if len(evidence['engines']) > 0:
        head = (say('engine', t), say('before', t), say('after', t), say('used', t), say('predicted', t))
        yield Block('label', say('memory', t))
        yield Block('table', rows=(head, *(_memory_row(engine) for engine in evidence['engines'])))
    yield from _table(evidence['rows'], t)
    code = '\n\n'.join(part['source'].strip() for part in evidence['run']['code'] if _worth_showing(part['source']))
    if code:
        yield Block('label', say('code', t))
        yield Block('code', code)
    if evidence['answers']:
        yield Block('label', say('dialogue', t))
    for answer in evidence['answers']:
        yield Block('quote', f'{say("question", t)}: {question_of(answer)}\n\n{say("answer", t)}: {answer["text"]}')
        yield Block('text', answer_line(answer, t))
    yield Block('label', say('card', t))
    yield Block('picture', f'{task.title(t)} · {evidence["code"]}', file=f'cards/{evidence["task"]}.png')
    if evidence['screenshots']:
        yield Block('label', say('screenshots', t))
    for shot in evidence['screenshots']:
        when = f' ({say("taken", t)} {shot["taken"][:16].replace("T", " ")} UTC)' if shot['taken'] else ''
        yield Block('picture', (shot['caption'] or task.title(t)) + when, file=shot['file'])


def _memory_row(engine: dict) -> tuple[str, ...]:
    predicted = f'{engine["predicted"]["engine_bytes"] / MIB:.0f} MiB' if engine['predicted'] else '–'
    sizes = (engine['before']['used_bytes'], engine['after']['used_bytes'], engine['used_bytes'])
    return (engine['label'], *(f'{size / MIB:.0f} MiB' for size in sizes), predicted)


def _table(rows: list[dict], t: str) -> Iterator[Block]:
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = tuple(name.removesuffix('_bytes') + (' (MiB)' if name.endswith('_bytes') else '') for name in names)
    yield Block('label', say('table', t))
    yield Block('table', rows=(head, *(tuple(_cell(name, row.get(name)) for name in names) for row in rows)))


def _cell(name: str, value) -> str:
    if value is None:
        return '–'
    if name.endswith('_bytes') and isinstance(value, int | float):
        return f'{value / MIB:.0f}'
    if name == 'data_sha256':
        return str(value)[:8]
    return f'{value:.4g}' if isinstance(value, float) else str(value)


def _worth_showing(source: str) -> bool:
    """Cells that do more than begin and finish."""
    lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith('#')]
    return any(not re.search(r'begin_task|\.finish\(|\.check\(|^from |^import ', line) for line in lines)


def markdown(submission: dict) -> str:
    """README.md: like notes that one writes oneself, with a section a task."""
    return '\n\n'.join(_in_markdown(block) for block in blocks(submission)) + '\n'


def _in_markdown(block: Block) -> str:
    block = dataclasses.replace(block, text=printable(block.text))
    text = _escaped(block.text)
    match block.kind:
        case 'title':
            return f'# {text}'
        case 'part':
            return f'## {text}'
        case 'section':
            return f'### {text}'
        case 'label':
            return f'**{text}**'
        case 'code':
            fence = '`' * max(3, 1 + max((len(run) for run in re.findall('`+', block.text)), default=0))
            return f'{fence}python\n{block.text}\n{fence}'
        case 'quote':
            return '\n'.join(f'> {line}'.rstrip() for line in _lines_escaped(block.text).splitlines())
        case 'table':
            rows = ['| ' + ' | '.join(_escaped(cell) for cell in row) + ' |' for row in block.rows]
            return '\n'.join([rows[0], '|' + '---|' * len(block.rows[0]), *rows[1:]])
        case 'picture':
            return f'![{text}]({block.file})'
        case 'link':
            return f'- [{text}](<{block.file}>)'
        case _:
            return _lines_escaped(block.text)


def _escaped(text: str) -> str:
    """The text with what would be markup in it made plain; `_` within a word is none."""
    return re.sub(r'([\\`*{}\[\]<>|~$&]|(?<!\w)_|_(?!\w))', r'\\\1', text)


def _lines_escaped(text: str) -> str:
    """The same for whole lines: none of them begins a heading or a list."""
    text = re.sub(r'^( *)([#+=-])', r'\1\\\2', _escaped(text), flags=re.M)
    return re.sub(r'^( *\d+)([.)])', r'\1\\\2', text, flags=re.M)


_STYLE = """
 body { font: 16px/1.6 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #1a1a1a;
        max-width: 58rem; margin: 2.5rem auto; padding: 0 1.2rem }
 h1 { border-bottom: 3px solid #2b5fb8; padding-bottom: .3em } h2 { color: #2b5fb8; margin-top: 2em }
 h3 { margin-top: 1.8em } h4 { margin: 1.2em 0 .3em; color: #666; font-weight: 600 }
 img { max-width: 100%; border: 1px solid #d8dce3; border-radius: 6px } figure { margin: .8em 0 }
 figcaption { color: #666; font-size: .85em }
 table { border-collapse: collapse; font-size: .92em; display: block; overflow-x: auto }
 td, th { border-bottom: 1px solid #d8dce3; padding: .25em .9em .25em 0; text-align: left }
 pre { background: #f5f7fa; padding: .8em 1em; overflow-x: auto; font-size: .85em; line-height: 1.45 }
 blockquote { margin: .6em 0; padding: .5em 1em; background: #f5f7fa; border-left: 4px solid #2b5fb8;
              white-space: pre-wrap; overflow-wrap: anywhere }
"""
# Nothing is loaded from elsewhere and nothing runs, whatever a model wrote.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html_page(submission: dict, files: dict[str, bytes]) -> str:
    """The notes as one page, pictures inside.

    Args:
        files: the pictures by their names in the archive.
    """
    language = {'zh': 'zh-CN', 'en': 'en'}[submission['language']]
    body = '\n'.join(_in_html(block, files) for block in blocks(submission))
    title = html.escape(f'{say("homework", submission["language"])} · {submission["name"]}')
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n<style>{_STYLE}</style></head>\n'
        f'<body>\n{body}\n</body></html>\n'
    )


def _in_html(block: Block, files: dict[str, bytes]) -> str:
    text = html.escape(printable(block.text))
    match block.kind:
        case 'title' | 'part' | 'section' | 'label':
            tag = {'title': 'h1', 'part': 'h2', 'section': 'h3', 'label': 'h4'}[block.kind]
            return f'<{tag}>{text}</{tag}>'
        case 'code':
            return f'<pre>{text}</pre>'
        case 'quote':
            return f'<blockquote>{text}</blockquote>'
        case 'table':
            head, *rows = ([html.escape(cell) for cell in row] for row in block.rows)
            lines = [f'<tr><th>{"</th><th>".join(head)}</th></tr>']
            lines += [f'<tr><td>{"</td><td>".join(row)}</td></tr>' for row in rows]
            return f'<table>{"".join(lines)}</table>'
        case 'picture':
            data = base64.b64encode(files[block.file]).decode()
            image = f'<img src="data:image/png;base64,{data}" alt="{text}">'
            return f'<figure>{image}<figcaption>{text}</figcaption></figure>'
        case 'link':
            return f'<p><a href="{html.escape(block.file)}" rel="noreferrer">{text}</a></p>'
        case _:
            return f'<p>{text}</p>'


def pictures(submission: dict) -> list[Path]:
    """The pictures that the notes show, by their names in the archive."""
    return [Path(block.file) for block in blocks(submission) if block.kind == 'picture']
