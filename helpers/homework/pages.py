"""The pages that grading leaves: a report for each learner, and an overview with every picture side by side.

All that comes from a submission is text to these pages: it is escaped, and the pages run no script and fetch nothing.
"""

import unicodedata
from pathlib import Path

from .grade_texts import say
from .rubric import TOTAL
from .tasks import TASKS
from .verdicts import MET, NOT_CHECKED, NOT_MET, WRONG

# Flags that name other learners: for the instructor only.
COPIES = {'same-archive', 'same-run', 'same-evidence', 'same-picture', 'alike-picture', 'same-name'}
_MARKS = {MET: '✓', NOT_MET: '✗', NOT_CHECKED: '–'}
_KINDS = {MET: 'met', NOT_MET: 'notmet', NOT_CHECKED: 'open'}
_ANSWER_CHARACTERS = 1200  # of one answer on a page

_HEAD = """<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
body { font: 15px/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; color: #1a1a1a; margin: 24px auto;
  max-width: {{ width }}; padding: 0 20px; overflow-wrap: anywhere }
h1 { font-size: 24px; margin: 0 0 4px } h2 { font-size: 18px; margin: 28px 0 8px }
h3 { font-size: 15px; margin: 16px 0 6px }
p.soft, .soft { color: #5a5f66; margin: 2px 0 }
table { border-collapse: collapse; margin: 12px 0 }
td, th { overflow-wrap: normal; border: 1px solid #d8dce3; padding: 5px 9px; text-align: left; vertical-align: top }
th { background: #f5f7fa; font-weight: 600; font-size: 13px }
td:first-child, td:last-child { overflow-wrap: anywhere; min-width: 9rem }
td.n { text-align: right; white-space: nowrap }
.met { background: #eaf6ec } .notmet { background: #fdeceb } .open { background: #f5f5f5 } .part { background: #fff6e0 }
ul { margin: 4px 0; padding-left: 22px } li.met::marker { color: #1a7f37 } li.notmet::marker { color: #b42318 }
ul.marks { list-style: none; padding: 0 } ul.marks li { padding: 4px 10px; margin: 3px 0; border-radius: 4px }
.flag { display: block } .wrong { color: #b42318 } .look { color: #8a5a00 }
.row { display: flex; flex-wrap: wrap; gap: 14px } figure { margin: 0 0 8px; width: 310px }
figcaption { font-size: 13px }
figure img { width: 100%; max-height: 460px; object-fit: contain; object-position: top left; border: 1px solid #d8dce3 }
blockquote { white-space: pre-wrap; margin: 6px 0; padding: 6px 12px; border-left: 3px solid #2b5fb8;
  background: #f5f7fa }
.total { font-size: 20px }
</style>
</head>
<body>
"""

_REPORT = (
    _HEAD
    + """<h1>{{ title }}</h1>
<p class="soft"><bdi>{{ name }}</bdi> · {{ say('file') }} <bdi>{{ file }}</bdi> · {{ say('made') }} {{ packed }}</p>
<p class="total">{{ say('total') }}: <b>{{ total }}</b> / {{ of }}</p>
{% for grade in grades %}
<h2>{{ grade.title }} <span class="soft">{{ grade.points }} / {{ grade.of }}</span></h2>
<p class="soft">{{ grade.asks }}</p>
<ul class="marks">
{% for mark in grade.marks %}<li class="{{ mark.kind }}">{{ mark.sign }} <span class="soft">{{ mark.verdict }}</span>
{% for text in mark.texts %}<br>{{ text }}{% endfor %}</li>
{% endfor %}</ul>
{% endfor %}
<h2>{{ say('flags') }}</h2>
{% if flags %}<ul>{% for flag in flags %}<li class="flag {{ flag.level }}">{{ flag.text }}</li>{% endfor %}</ul>
{% else %}<p>{{ say('no-flags') }}</p>{% endif %}
<p class="soft">{{ say('ask') }}</p>
</body>
</html>
"""
)

_OVERVIEW = (
    _HEAD
    + """<h1>{{ title }}</h1>
<p class="soft">{{ say('help-not-lock') }}</p>
<table>
<tr><th>{{ say('learner') }}</th><th>{{ say('points') }} / {{ of }}</th>
{% for task in tasks %}<th title="{{ task.title }}">{{ task.id }}<br><span class="soft">{{ task.of }}</span></th>
{% endfor %}
<th>{{ say('flags') }}</th></tr>
{% for row in rows %}<tr>
<td><a href="{{ row.report }}"><bdi>{{ row.name }}</bdi></a><br><span class="soft"><bdi>{{ row.file }}</bdi></span></td>
<td class="n">{{ row.total }}</td>
{% for cell in row.cells %}<td class="n {{ cell.kind }}" title="{{ cell.why }}">{{ cell.points }}</td>{% endfor %}
<td>{% for flag in row.flags[:3] %}<span class="flag {{ flag.level }}">{{ flag.text }}</span>{% endfor %}
{% if row.flags | length > 3 %}<details><summary>+ {{ row.flags | length - 3 }}</summary>
{% for flag in row.flags[3:] %}<span class="flag {{ flag.level }}">{{ flag.text }}</span>{% endfor %}</details>
{% endif %}</td>
</tr>{% endfor %}
</table>
{% if unreadable %}<h2>{{ say('unreadable') }}</h2>
<ul>{% for file, why in unreadable %}<li class="wrong"><bdi>{{ file }}</bdi>: {{ why }}</li>{% endfor %}</ul>{% endif %}
<h2>{{ say('pictures') }}</h2>
{% if not galleries %}<p>{{ say('no-pictures') }}</p>{% endif %}
{% for gallery in galleries %}
<h3>{{ gallery.title }}</h3>
{% for pictures in gallery.rows if pictures %}<div class="row">
{% for picture in pictures %}<figure><a href="{{ picture.src }}"><img loading="lazy" src="{{ picture.src }}"
 alt="{{ picture.caption }}"></a><figcaption><bdi>{{ picture.name }}</bdi> · {{ picture.caption }}</figcaption></figure>
{% endfor %}</div>{% endfor %}
{% if gallery.answers %}<details><summary>{{ say('answers') }} ({{ gallery.answers | length }})</summary>
{% for answer in gallery.answers %}<p class="soft"><bdi>{{ answer.name }}</bdi> · {{ answer.about }}</p>
<blockquote>{{ answer.text }}</blockquote>{% endfor %}</details>{% endif %}
{% endfor %}
{% if links %}<h2>{{ say('links') }}</h2>
<ul>{% for name, title, url in links %}<li><bdi>{{ name }}</bdi>: {{ title }} <code>{{ url }}</code></li>
{% endfor %}</ul>{% endif %}
</body>
</html>
"""
)


def visible(text: str) -> str:
    """`text` without characters that turn or hide the text around them."""
    kept = ('\n', '\t')
    return ''.join(c if c in kept or unicodedata.category(c) not in ('Cc', 'Cf', 'Cs', 'Co') else '�' for c in text)


def report_page(graded, language: str | None = None) -> str:
    """The page of one learner, in their language; it names nobody else."""
    submission = graded.submission
    language = language or submission.language
    grades = [
        {
            'title': grade.task.title(language),
            'asks': grade.task.asks(language),
            'points': _points(grade.points),
            'of': grade.of,
            'marks': [_mark(criterion, language) for criterion in grade.criteria],
        }
        for grade in graded.grades
    ]
    return _render(
        _REPORT,
        language,
        title=say('report-title', language),
        width='52rem',
        name=submission.name,
        file=submission.file,
        packed=submission.packed,
        total=_points(graded.total),
        of=TOTAL,
        grades=grades,
        flags=_flags([flag for flag in submission.flags if flag.key not in COPIES], language),
    )


def overview_page(all_graded: list, unreadable: list[tuple[str, str]], language: str, places: dict) -> str:
    """The page of all: points, flags, and the pictures of each task side by side.

    Args:
        unreadable: file and reason of what could not be graded.
        places: for the number of a submission its report's path, for a number and a picture's file the picture's path,
            from the overview's folder.
    """
    rows, links = [], []
    for number, graded in enumerate(all_graded):
        cells = []
        for grade in graded.grades:
            why = ' '.join(text for c in grade.criteria for text in c.texts(language))
            kind = 'met' if grade.points == grade.of else 'part' if grade.points else 'notmet'
            cells.append({'points': _points(grade.points) if grade.present else '', 'kind': kind, 'why': why})
        submission = graded.submission
        rows.append(
            {
                'name': submission.name,
                'file': submission.file,
                'report': places[number],
                'total': _points(graded.total),
                'cells': cells,
                'flags': _flags(submission.flags, language),
            }
        )
        links += [(submission.name, link['title'], link['url']) for link in submission.links]
    tasks = (
        [{'id': g.task.id, 'of': g.of, 'title': g.task.title(language)} for g in all_graded[0].grades] if rows else []
    )
    return _render(
        _OVERVIEW,
        language,
        title=say('title', language),
        width='110rem',
        of=TOTAL,
        tasks=tasks,
        rows=rows,
        unreadable=unreadable,
        galleries=_galleries(all_graded, language, places),
        links=links,
    )


def _galleries(all_graded: list, language: str, places: dict) -> list[dict]:
    """For each task its pictures and answers, learner by learner: all cards first, then all screenshots."""
    galleries = []
    for task in TASKS.values():
        pictures, answers = [], []
        for number, graded in enumerate(all_graded):
            name = graded.submission.name
            shown = [p for p in graded.submission.pictures if p.task == task.id]
            for picture in shown:
                src = places[number, picture.file]
                pictures.append({'src': src, 'name': name, 'caption': picture.file, 'card': picture.is_card})
            for answer in graded.submission.tasks.get(task.id, {}).get('answers', []):
                text = answer['text']
                text = text[:_ANSWER_CHARACTERS] + ('…' if len(text) > _ANSWER_CHARACTERS else '')
                answers.append({'name': name, 'about': f'{answer["engine"]}, {answer["client"]}', 'text': text})
        by_kind = [[p for p in pictures if p['card'] == card] for card in (True, False)]
        if pictures or answers:
            galleries.append({'title': task.title(language), 'rows': by_kind, 'answers': answers})
    return galleries


def _mark(criterion, language: str) -> dict:
    return {
        'kind': _KINDS[criterion.verdict],
        'sign': _MARKS[criterion.verdict],
        'verdict': say(criterion.verdict, language),
        'texts': criterion.texts(language),
    }


def _flags(flags: list, language: str) -> list[dict]:
    # Copies first: all else may follow from them.
    ordered = sorted(flags, key=lambda flag: (flag.level != WRONG, flag.key not in COPIES))
    return [{'level': flag.level, 'text': flag.text(language)} for flag in ordered]


def _points(points: float) -> str:
    return f'{points:g}'


def _render(template: str, language: str, **values) -> str:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=_finalize)
    return environment.from_string(template).render(language=language, say=lambda key: say(key, language), **values)


def _finalize(value):
    return visible(value) if type(value) is str else value


def write_pictures(all_graded: list, folder: Path) -> dict:
    """Write every picture below `folder`/pictures, small enough for a page; returns their places, as the overview links
    them."""
    places = {}
    for number, graded in enumerate(all_graded):
        for picture in graded.submission.pictures:
            name = picture.file.replace('/', '-').removesuffix('.png')
            place = f'pictures/{number + 1:03}-{name}.jpg'
            path = folder / place
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(picture.jpeg)
            places[number, picture.file] = place
    return places
