"""Who of the class is at which chapter, from the reports of those who agreed to it."""

import argparse
import os
import sys
import unicodedata
from pathlib import Path

import jinja2

from helpers.files import tilde, write_whole
from lmdeploy_cpu.terminal import print_anything
from translations.messages import course_language, shown

from .consent import VARIABLE
from .report import Place, Report, read_report

PAGE = """<!DOCTYPE html>
<html lang="{{ language }}"><head><meta charset="utf-8"><title>{{ title }}</title><style>
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 2em auto; max-width: 65em; padding: 0 1em }
table { border-collapse: collapse; width: 100% } th, td { padding: .35em .8em; text-align: left }
th { border-bottom: 2px solid #555 } td:nth-child(5) { white-space: nowrap }
tr:nth-child(even) td { background: #f3f5f8 } .note { color: #8a4b00 }
</style></head><body><h1>{{ title }}</h1>
<table><thead><tr>{% for cell in head %}<th>{{ cell }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table>
{% for note in notes %}<p class="note">{{ note }}</p>
{% endfor %}</body></html>
"""


def read_class(folder: Path) -> tuple[list[Report], list[str]]:
    """The reports in a folder, those furthest behind first, and a sentence for each file that is none.  OSError."""
    reports, notes = [], []
    try:
        paths = list(folder.iterdir())
    except OSError as error:
        raise OSError(
            f'{tilde(folder)} cannot be read ({error.strerror}): name the shared folder of the class'
        ) from None
    for path in sorted(path for path in paths if path.suffix == '.json' and path.name[0] != '.'):
        try:
            reports.append(read_report(path))
        except (OSError, ValueError) as error:
            notes.append(shown(f'{path.name!a} is left out: {getattr(error, "strerror", None) or error}'))
    return sorted(reports, key=lambda report: (*_order(*now_at(report)), report.name)), notes


def now_at(report: Report) -> tuple[str, Place | None]:
    """The notebook in which something was run last, and how far that is."""
    return max(report.notebooks.items(), key=lambda item: item[1].at, default=('', None))


def furthest(report: Report) -> tuple[str, Place | None]:
    """The last chapter that was begun, deep dives left out, and how far that is."""
    core = [item for item in report.notebooks.items() if not item[0].startswith('deep/')]
    return max(core, key=lambda item: item[0], default=('', None))


def rows_of(reports: list[Report]) -> list[list[str]]:
    """What head() names, of each."""
    rows = []
    for report in reports:
        notebook, place = now_at(report)
        when = f'{place.at:%Y-%m-%d %H:%M}' if place else ''
        rows.append([report.name, report.number, *_cells(notebook, place), when, ' '.join(_cells(*furthest(report)))])
    return rows


def head() -> list[str]:
    return [
        shown('Name'), shown('Student number'), shown('Notebook'), shown('Section'), shown('Last run (UTC)'),
        shown('Furthest chapter'),
    ]  # fmt: skip


def table(rows: list[list[str]]) -> str:
    """Rows as text, in columns that stand straight with Chinese in them too."""
    widths = [max(_columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    padded = [[cell + ' ' * (w - _columns(cell)) for cell, w in zip(row, widths, strict=True)] for row in rows]
    return '\n'.join('  '.join(row).rstrip() for row in padded)


def _cells(notebook: str, place: Place | None) -> tuple[str, str]:
    return notebook, place.section if place else ''


def _order(notebook: str, place: Place | None) -> tuple:
    return notebook.removeprefix('deep/')[:2], notebook.startswith('deep/'), place.order if place else ()


def _columns(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(letter) in 'WF') for letter in text)


def main(arguments: list[str] | None = None) -> None:
    print_anything()
    parser = argparse.ArgumentParser(prog='python -m lessons.progress', description=shown(__doc__.splitlines()[0]))
    parser.add_argument(
        'folder', nargs='?', default=os.environ.get(VARIABLE), help=shown("the class's shared folder ($COURSE_CLASS)")
    )
    parser.add_argument('--html', metavar='FILE', type=Path, help=shown('write the table as a page, too'))
    args = parser.parse_args(arguments)
    if not args.folder:
        parser.error(shown(f'name the shared folder, or set {VARIABLE}'))
    try:
        reports, notes = read_class(Path(args.folder).expanduser())
        rows = rows_of(reports)
        if args.html:
            page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(PAGE)
            title = shown('Who is at which chapter')
            content = page.render(language=course_language(), title=title, head=head(), rows=rows, notes=notes)
            write_whole(args.html.expanduser(), content.encode())
    except OSError as error:
        sys.exit(f'[FAIL] {shown(error)}')
    print(table([head(), *rows]) if rows else shown('Nobody has reported yet.'))
    for sentence in notes:
        print('[NOTE]', sentence, file=sys.stderr)


if __name__ == '__main__':
    main()
