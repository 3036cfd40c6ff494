"""The notes of a submission, from its evidence: as Markdown, as one HTML page, and as PDF.

All three are written from the same blocks.  Whatever a model or a learner wrote is text in them, never markup.
"""

import base64
import dataclasses
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from helpers.memory import MIB
from homework.missing import missing
from homework.pages import render
from homework.schema import Engine, Evidence, Guess, SubmissionContent
from homework.tasks import TASKS
from homework.texts import Message, message, printable
from lessons.predictions.outcomes import label, sentences
from lessons.predictions.questions import QUESTIONS
from translations.messages import shown

from .lines import answer_line, demo_line, examination_line, question_of, settings_line, training_line
from .readings import is_measurable, memory_word, note_on
from .typesetting import typeset


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """A piece of the notes.  `kind`: 'title', 'part', 'section', 'label', 'text', 'code', 'quote', 'table', 'picture',
    'link'."""

    kind: str
    text: str = ''
    rows: tuple[tuple[str, ...], ...] = ()  # of a table, its head first
    file: str = ''  # of a picture, in the archive; of a link, its address

    @property
    def fence(self) -> str:
        """What begins and ends the text as code in Markdown: more backticks than there are in it."""
        return '`' * max(3, 1 + max((len(run) for run in re.findall('`+', self.text)), default=0))


def markdown(submission: SubmissionContent) -> str:
    """README.md: like notes that one writes oneself, with a section a task."""
    return render('notes.markdown', submission.language, blocks=_blocks(submission)).rstrip('\n') + '\n'


def html_page(submission: SubmissionContent, files: dict[str, bytes]) -> str:
    """The notes as one page, pictures inside.

    Args:
        files: the pictures by their names in the archive.
    """
    pictures = {file: f'data:image/png;base64,{base64.b64encode(png).decode()}' for file, png in files.items()}
    values = {'title': _title(submission), 'blocks': _blocks(submission), 'pictures': pictures}
    return render('notes.html', submission.language, **values) + '\n'


def pdf(submission: SubmissionContent, files: dict[str, bytes]) -> bytes:
    """The notes as PDF, A4.

    Args:
        files: the pictures by their names in the archive.
    """
    values = {
        'title': _title(submission),
        'name': submission.name,
        'lang': submission.language,
        'blocks': [dataclasses.asdict(block) for block in _blocks(submission)],
    }
    with tempfile.TemporaryDirectory(prefix='notes-') as folder:
        for file, content in files.items():
            path = Path(folder, file)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        return typeset('notes.typ', values, 'pdf', Path(folder))


def _title(submission: SubmissionContent) -> str:
    return message('LMDeploy homework').text(submission.language) + ' · ' + submission.name


_LEVELS = {
    'basic': message('Basic tasks'),
    'advanced': message('Advanced tasks'),
    'card': message('Cards of the chapters'),
}


def _blocks(submission: SubmissionContent) -> list[Block]:
    """The notes of a submission, piece by piece, with nothing in them that cannot be printed."""
    return [
        dataclasses.replace(block, text=printable(block.text), rows=tuple(tuple(map(printable, r)) for r in block.rows))
        for block in _pieces(submission)
    ]


def _pieces(submission: SubmissionContent) -> Iterator[Block]:
    language = submission.language
    yield Block('title', _title(submission))
    if submission.tasks:
        last = submission.tasks[-1]
        versions = ' · '.join(f'{name} {version}' for name, version in last.versions.items())
        yield Block('text', f'{last.device.name} · {versions} · {submission.packed[:10]}')
    yield Block('table', rows=_all_tasks(submission))
    number = 0
    for level, heading in _LEVELS.items():
        of_level = [evidence for evidence in submission.tasks if TASKS[evidence.task].level == level]
        if of_level:
            yield Block('part', heading.text(language))
        for evidence in of_level:
            number += 1
            yield from _section(evidence, number, language)
    if submission.predictions:
        yield Block('part', message('Predictions').text(language))
        yield Block('table', rows=tuple(_predictions(submission.predictions, language)))
    if submission.links:
        yield Block('part', message('Links').text(language))
        for link in submission.links:
            yield Block('link', link.title, file=link.url)
    about = message(
        'Made by the course from what was collected while the cells ran; evidence.json holds all of it, manifest.json '
        'the SHA-256 of every file.'
    )
    yield Block('text', about.text(language))


def _all_tasks(submission: SubmissionContent) -> tuple[tuple[str, ...], ...]:
    """Every task of the homework, its points, and how far it came."""
    language, done = submission.language, {evidence.task: evidence for evidence in submission.tasks}

    def state(task: str) -> Message:
        if task not in done:
            return message('not done yet')
        return message('something is missing') if missing(done[task], language) else message('complete')

    head = message('Task'), message('points'), message('state')
    homework = [task for task in TASKS.values() if task.level != 'card']
    rows = ((task.title(language), str(task.points), state(task.id).text(language)) for task in homework)
    return tuple(word.text(language) for word in head), *rows


def _section(evidence: Evidence, number: int, language: str) -> Iterator[Block]:
    task = TASKS[evidence.task]
    yield Block('section', f'{number}. {task.title(language)}')
    for origin, words in task.set_by(language):
        yield Block('text', message('Set by').text(language) + f': {origin}')
        yield Block('quote', words)
    yield Block('text', message('Asked for').text(language) + f': {task.asks(language)}')
    for line in missing(evidence, language):
        yield Block('text', message('Still missing').text(language) + f': {line}')
    for engine in evidence.engines:
        settings = message('Settings').text(language)
        yield Block('text', f'{settings} · {engine.label}: {settings_line(engine, language)}')
    if evidence.engines:
        head = message('Engine'), message('before'), message('after'), message('used by it'), message('predicted')
        rows = (_memory_row(engine) for engine in evidence.engines)
        yield Block('label', memory_word(evidence, language))
        yield Block('table', rows=(tuple(word.text(language) for word in head), *rows))
        for engine in evidence.engines:
            if note := note_on(engine, language):
                yield Block('text', f'{engine.label}: {note}')
    for training in evidence.trainings:
        yield Block('text', message('Training').text(language) + f': {training_line(training, language)}')
    for exam in evidence.examinations:
        said = examination_line(exam, language)
        yield Block('text', message('Examination').text(language) + f' · {exam.engine}: {said}')
    for demo in evidence.demos:
        yield Block('text', message('Page').text(language) + f': {demo_line(demo, language)}')
    yield from _table(evidence.rows, language)
    code = '\n\n'.join(part.source.strip() for part in evidence.run.code if _worth_showing(part.source))
    if code:
        yield Block('label', message('Code').text(language))
        yield Block('code', code)
    if evidence.answers:
        yield Block('label', message('Dialogue').text(language))
    for answer in evidence.answers:
        question, reply = message('Question').text(language), message('Answer').text(language)
        yield Block('quote', f'{question}: {question_of(answer)}\n\n{reply}: {answer.text}')
        yield Block('text', answer_line(answer, language))
    yield Block('label', message('Card').text(language))
    yield Block('picture', f'{task.title(language)} · {evidence.code}', file=f'cards/{evidence.task}.png')
    if evidence.screenshots:
        yield Block('label', message('Screenshots').text(language))
    for shot in evidence.screenshots:
        caption = shot.caption or task.title(language)
        if shot.taken:
            time = shot.taken[:16].replace('T', ' ')
            caption += ' ' + message('(taken {time} UTC)', time=time).text(language)
        yield Block('picture', caption, file=shot.file)


def _predictions(guesses: list[Guess], language: str) -> Iterator[tuple[str, ...]]:
    """A head, and a row for each guess that the course has a question for."""
    head = message('Question'), message('Guess'), message('Formula'), message('Measured')
    yield *(word.text(language) for word in head), ''
    for guess in guesses:
        if asked := QUESTIONS.get(guess.number):
            values = (guess.guess, guess.formula, guess.measured)
            figures = ('–' if value is None else asked.said(value, language) for value in values)
            said = ' '.join(shown(sentence, language) for sentence in sentences(asked, guess, made_of=False))
            yield f'{label(guess.number)} {shown(asked.ask, language)}', *figures, said


def _memory_row(engine: Engine) -> tuple[str, ...]:
    predicted = f'{engine.predicted.engine_bytes / MIB:.0f} MiB' if engine.predicted else '–'
    sizes = [f'{size / MIB:.0f} MiB' for size in (engine.before.used_bytes, engine.after.used_bytes, engine.used_bytes)]
    return (engine.label, *(sizes if is_measurable(engine) else (sizes[0], '–', '–')), predicted)


def _table(rows: list[dict], language: str) -> Iterator[Block]:
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    words = {'what': message('what'), 'value': message('value')}
    head = tuple(
        words[name].text(language)
        if name in words
        else name.removesuffix('_bytes') + ' (MiB)' * name.endswith('_bytes')
        for name in names
    )
    yield Block('label', message('Measured').text(language))
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
