"""The pages that grading leaves: a report for each learner, and an overview with every picture side by side.

All that comes from a submission is text to these pages: it is escaped, and the pages run no script and fetch nothing.
"""

from pathlib import Path

from homework.pages import render_untrusted
from homework.tasks import TASKS
from homework.texts import Message, message
from translations.messages import shown

from .verdicts import MET, NOT_CHECKED, NOT_MET, WRONG

# Flags that name other learners: for the instructor only.
COPIES = {'same-archive', 'same-run', 'same-evidence', 'same-picture', 'alike-picture', 'same-name'}
_VERDICTS = {MET: message('met'), NOT_MET: message('not met'), NOT_CHECKED: message('could not check')}
_MARKS = {MET: '✓', NOT_MET: '✗', NOT_CHECKED: '–'}
_KINDS = {MET: 'met', NOT_MET: 'notmet', NOT_CHECKED: 'open'}
_ANSWER_CHARACTERS = 1200  # of one answer on a page


def report_page(
    graded, language: str | None = None, *, late: Message | None = None, release_flags: bool = False
) -> str:
    """The page of one learner, in their language; it names nobody else.

    Args:
        late: by how much it is; None: it is not.
        release_flags: whether it tells what stood out, and which figures are accepted.
    """
    submission = graded.submission
    language = language or submission.language
    grades = [
        {
            'title': grade.task.title(language),
            'asks': grade.task.asks(language),
            'set_by': grade.task.set_by(language),
            'points': _points(grade.points),
            'of': _points(grade.of),
            'decided': grade.override.text(language) if grade.override else '',
            'marks': [_mark(criterion, language, release_flags) for criterion in grade.criteria],
        }
        for grade in graded.grades
    ]
    flags = [flag for flag in submission.flags if flag.key not in COPIES]
    return render_untrusted(
        'report.html',
        language,
        title=message('Your homework').text(language),
        width='52rem',
        name=submission.shown,
        file=submission.file,
        packed=submission.packed,
        late=late.text(language) if late else '',
        total=_points(graded.total),
        of=_points(graded.of),
        grades=grades,
        flags=_flags(flags, language) if release_flags else None,
    )


def overview_page(grading, language: str, places: dict) -> str:
    """The page of all: what differs first, then points, flags, and the pictures of each task side by side.

    Args:
        grading: a `grade.Grading`.
        places: for the number of a submission its report's path, for a number and a picture's file the picture's path,
            from the overview's folder.
    """
    rows = [_row(grading, graded, language, places[number]) for number, graded in enumerate(grading.graded)]
    decided = [
        (graded.submission.shown, grade.task.title(language), grade.override.text(language))
        for graded in grading.graded
        for grade in graded.grades
        if grade.override
    ]
    links = [
        (one.submission.shown, title, url)
        for one in grading.graded
        for title, url in (*_links(one.submission), *_addresses(one.submission, language))
    ]
    first = grading.graded[0].grades if rows else ()
    return render_untrusted(
        'overview.html',
        language,
        title=message('Homework: overview').text(language),
        width='110rem',
        of=_points(grading.of),
        tasks=[{'id': g.task.id, 'of': _points(g.of), 'title': g.task.title(language)} for g in first],
        rows=rows,
        decided=decided,
        left_out=grading.left_out.text(language) if grading.left_out else '',
        unreadable=[(one.name, one.file, shown(one.why, language)) for one in grading.unreadable],
        absent=grading.absent,
        strangers=[(one.submission.name, one.submission.file) for one in grading.strangers],
        older=[(o.submission.shown, o.submission.file, o.submission.newer, _points(o.total)) for o in grading.older],
        galleries=_galleries(grading.graded, language, places),
        links=links,
    )


def _links(submission) -> list[tuple[str, str]]:
    return [(link.title, link.url) for link in submission.links]


def _addresses(submission, language: str) -> list[tuple[str, str]]:
    """Of the pages that learners published; nobody opens them here."""
    return [
        (TASKS[evidence.task].title(language), demo.address)
        for evidence in submission.tasks.values()
        for demo in evidence.demos
        if demo.address
    ]


def _row(grading, graded, language: str, report: str) -> dict:
    """A learner in the overview."""
    cells, lost = [], []
    for grade in graded.grades:
        why = ' '.join(text for c in grade.criteria for text in c.texts(language))
        kind = 'met' if grade.points == grade.of else 'part' if grade.points else 'notmet'
        cell = {'points': _points(grade.points) if grade.counts else '', 'kind': kind, 'why': why, 'machine': ''}
        if grade.override:
            cell |= {'machine': _points(grade.machine_points), 'why': f'{grade.override.text(language)} {why}'}
        cells.append(cell)
        if grade.present and (texts := grade.lost(language)):
            lost.append((grade.task.title(language), f'{_points(grade.points)} / {_points(grade.of)}', ' '.join(texts)))
    s, late = graded.submission, grading.late(graded)
    return {
        'number': s.person.number if s.person else '',
        'name': s.shown,
        'file': s.file,
        'report': report,
        'total': _points(graded.total),
        'machine_total': _points(graded.machine_total) if any(c['machine'] for c in cells) else '',
        'late': late.text(language) if late else '',
        'cells': cells,
        'lost': lost,
        'absent': ', '.join(grade.task.id for grade in graded.grades if grade.is_absent),
        'flags': _flags(s.flags, language),
    }


def _galleries(all_graded: list, language: str, places: dict) -> list[dict]:
    """For each task its pictures and answers: what differs first.

    Open are screenshots, and the cards of those who lost points or stand out in this task; the other cards, all but the
    same, are folded.  Equal answers are shown once, the rarest first.
    """
    galleries = []
    for task in TASKS.values():
        open_, folded, answers = [], [], {}
        for number, graded in enumerate(all_graded):
            name = graded.submission.shown
            differs = _differs(graded, task.id)
            for picture in graded.submission.pictures:
                if picture.task == task.id:
                    shown_ = {'src': places[number, picture.file], 'name': name, 'caption': picture.file}
                    (folded if picture.is_card and not differs else open_).append((picture.is_card, shown_))
            evidence = graded.submission.tasks.get(task.id)
            for answer in evidence.answers if evidence else ():
                text = answer.text
                text = text[:_ANSWER_CHARACTERS] + ('…' if len(text) > _ANSWER_CHARACTERS else '')
                answers.setdefault(text, []).append((name, f'{answer.engine}, {answer.client}'))
        rows = [[picture for is_card, picture in open_ if is_card == card] for card in (True, False)]
        if open_ or folded or answers:
            galleries.append(
                {
                    'title': task.title(language),
                    'rows': rows,
                    'folded': [picture for _, picture in folded],
                    'answers': sorted(answers.items(), key=lambda pair: len(pair[1])),
                }
            )
    return galleries


def _differs(graded, task: str) -> bool:
    """Whether there is something to look at in this task of a learner."""
    lost = any(g.task.id == task and (g.points < g.of or g.override) for g in graded.grades)
    values = (flag.finding.values for flag in graded.submission.flags)
    return lost or any(
        task in str(v.get('task', '')).split(', ') or f'/{task}' in str(v.get('file', '')) for v in values
    )


def _mark(criterion, language: str, bands: bool) -> dict:
    return {
        'kind': _KINDS[criterion.verdict],
        'sign': _MARKS[criterion.verdict],
        'verdict': _VERDICTS[criterion.verdict].text(language),
        'texts': criterion.texts(language, bands),
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
