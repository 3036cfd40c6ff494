"""The pages that grading leaves: a report for each learner, and an overview with every picture side by side.

All that comes from a submission is text to these pages: it is escaped, and the pages run no script and fetch nothing.
"""

from pathlib import Path

from homework.pages import render_untrusted
from homework.tasks import TASKS
from homework.texts import Message, message
from translations.messages import shown

from .rubric import TOTAL
from .verdicts import MET, NOT_CHECKED, NOT_MET, WRONG

# Flags that name other learners: for the instructor only.
COPIES = {'same-archive', 'same-run', 'same-evidence', 'same-picture', 'alike-picture', 'same-name'}
_VERDICTS = {MET: message('met'), NOT_MET: message('not met'), NOT_CHECKED: message('could not check')}
_MARKS = {MET: '✓', NOT_MET: '✗', NOT_CHECKED: '–'}
_KINDS = {MET: 'met', NOT_MET: 'notmet', NOT_CHECKED: 'open'}
_ANSWER_CHARACTERS = 1200  # of one answer on a page


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
            'decided': grade.override.text(language) if grade.override else '',
            'marks': [_mark(criterion, language) for criterion in grade.criteria],
        }
        for grade in graded.grades
    ]
    return render_untrusted(
        'report.html',
        language,
        title=message('Your homework').text(language),
        width='52rem',
        name=submission.name,
        file=submission.file,
        packed=submission.packed,
        total=_points(graded.total),
        of=TOTAL,
        grades=grades,
        flags=_flags([flag for flag in submission.flags if flag.key not in COPIES], language),
    )


def overview_page(
    all_graded: list, unreadable: list[tuple[str, str]], language: str, places: dict, left_out: Message | None = None
) -> str:
    """The page of all: points, flags, and the pictures of each task side by side.

    Args:
        unreadable: file and reason of what could not be graded.
        places: for the number of a submission its report's path, for a number and a picture's file the picture's path,
            from the overview's folder.
        left_out: a message that says which check was not made; None: all were.
    """
    rows, links, decided = [], [], []
    for number, graded in enumerate(all_graded):
        cells = []
        for grade in graded.grades:
            why = ' '.join(text for c in grade.criteria for text in c.texts(language))
            kind = 'met' if grade.points == grade.of else 'part' if grade.points else 'notmet'
            cell = {'points': _points(grade.points) if grade.counts else '', 'kind': kind, 'why': why, 'machine': ''}
            if grade.override:
                said = grade.override.text(language)
                cell |= {'machine': _points(grade.machine_points), 'why': f'{said} {why}'}
                decided.append((graded.submission.name, grade.task.title(language), said))
            cells.append(cell)
        submission = graded.submission
        rows.append(
            {
                'name': submission.name,
                'file': submission.file,
                'report': places[number],
                'total': _points(graded.total),
                'machine_total': _points(graded.machine_total) if any(c['machine'] for c in cells) else '',
                'cells': cells,
                'flags': _flags(submission.flags, language),
            }
        )
        links += [(submission.name, link.title, link.url) for link in submission.links]
    tasks = (
        [{'id': g.task.id, 'of': g.of, 'title': g.task.title(language)} for g in all_graded[0].grades] if rows else []
    )
    return render_untrusted(
        'overview.html',
        language,
        title=message('Homework: overview').text(language),
        width='110rem',
        of=TOTAL,
        tasks=tasks,
        rows=rows,
        decided=decided,
        left_out=left_out.text(language) if left_out else '',
        unreadable=[(file, shown(why, language)) for file, why in unreadable],
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
            theirs = [p for p in graded.submission.pictures if p.task == task.id]
            for picture in theirs:
                src = places[number, picture.file]
                pictures.append({'src': src, 'name': name, 'caption': picture.file, 'card': picture.is_card})
            evidence = graded.submission.tasks.get(task.id)
            for answer in evidence.answers if evidence else ():
                text = answer.text
                text = text[:_ANSWER_CHARACTERS] + ('…' if len(text) > _ANSWER_CHARACTERS else '')
                answers.append({'name': name, 'about': f'{answer.engine}, {answer.client}', 'text': text})
        by_kind = [[p for p in pictures if p['card'] == card] for card in (True, False)]
        if pictures or answers:
            galleries.append({'title': task.title(language), 'rows': by_kind, 'answers': answers})
    return galleries


def _mark(criterion, language: str) -> dict:
    return {
        'kind': _KINDS[criterion.verdict],
        'sign': _MARKS[criterion.verdict],
        'verdict': _VERDICTS[criterion.verdict].text(language),
        'texts': criterion.texts(language),
    }


def _flags(flags: list, language: str) -> list[dict]:
    # Copies first: all else may follow from them.
    ordered = sorted(flags, key=lambda flag: (flag.level != WRONG, flag.key not in COPIES))
    return [{'level': flag.level, 'text': flag.text(language)} for flag in ordered]


def _points(points: float) -> str:
    return f'{points:g}'


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
