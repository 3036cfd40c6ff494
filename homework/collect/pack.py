"""The submission: one zip with the notes, the pictures, the evidence and a manifest.

The archive is made beside its place and renamed when it is whole and was read back: a full disk, a kill or an error
leaves an older one as it was, and no half of a new one.
"""

import dataclasses
import hashlib
import io
import os
import re
import zipfile
from html import escape
from pathlib import Path
from urllib.parse import quote

from helpers.files import lock_of, locked, tilde, write_whole
from homework.evidence import HomeworkError, as_json, check_name, now, read_all, submission_folder
from homework.manifest import digest_of, slug
from homework.missing import missing
from homework.schema import SCHEMA, Evidence, SubmissionContent, checked
from homework.tasks import TASKS
from homework.texts import message
from lessons.learner import learner
from lessons.predictions import kept as predictions
from translations.messages import course_language, shown

from .card import Card
from .notes import html_page, markdown, pdf
from .privacy import clean_text, leaks, leaks_as_they_are

ARCHIVE_BYTES = 64 << 20
NOT_DONE = message('not done yet')
_URL = re.compile(r'https?://[^\s<>"]+')


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class Packed:
    """A submission that was written."""

    path: Path
    tasks: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]  # task → sentences; a task never begun is in it, too
    digest: str

    def __str__(self) -> str:
        done = [task for task in self.tasks if task not in self.missing]
        lines = [f'{tilde(self.path)}: {len(self.tasks)} tasks, {len(done)} of them complete']
        for task, sentences in self.missing.items():
            lines += [f'  {task}: {sentence}' for sentence in sentences]
        return '\n'.join([*lines, f'digest {self.digest[:16]}'])

    def __repr__(self) -> str:
        return shown(self)

    def _repr_html_(self) -> str:
        """Under a cell: the same, and a link that saves the archive on the reader's own computer."""
        there = quote(Path(os.path.relpath(self.path, Path.cwd())).as_posix())  # Jupyter goes by the notebook's folder
        said = f'{shown("Download")} {self.path.name}'
        return f'<p><a href="{there}" download><b>⬇ {escape(said)}</b></a></p><pre>{escape(repr(self))}</pre>'


def pack_submission(
    name: str | None = None,
    *,
    language: str | None = None,
    links: dict[str, str] | None = None,
    out: Path | None = None,
) -> Packed:
    """Write `submission-NAME.zip` from what was collected in the submission's folder.

    Args:
        name: the learner's; None: the one in the evidence.
        language: of the notes, 'en' or 'zh'; None: that of the evidence.
        links: title → address of what lies elsewhere: notes, a model on OpenXLab.
        out: the folder for the archive; None: the submission's folder.

    Raises:
        HomeworkError: no evidence, evidence of two people, of another version or changed by hand, a picture that is
            gone, something private that could not be taken out.
        OSError: the disk is full, or the folder cannot be written.
    """
    folder = submission_folder()
    evidence = read_all(folder)
    if not evidence:
        raise HomeworkError(f'there is no evidence in {tilde(folder)}: do a task of notebooks/09_homework.ipynb first')
    name = _one_name(evidence, name)
    language = language or evidence[-1].language
    content = {'schema': SCHEMA, 'name': name, 'language': language, 'packed': now(), 'links': _links(links or {})}
    content['number'] = learner().number if learner().name == name else ''
    if guesses := [{'number': number} | dataclasses.asdict(kept) for number, kept in predictions.read().items()]:
        content['predictions'] = guesses
    try:
        submission = checked(content | {'tasks': evidence}, SubmissionContent)
    except ValueError as error:
        raise HomeworkError(f'this cannot be packed: {error}') from None
    files = _files(submission, folder)
    manifest = _manifest(files, submission)
    files['manifest.json'] = as_json(manifest)
    archive = _zipped(files)
    if len(archive) > ARCHIVE_BYTES:
        raise HomeworkError(
            f'the archive would have {len(archive) >> 20} MiB, and {ARCHIVE_BYTES >> 20} are allowed: '
            f'add fewer or smaller screenshots'
        )
    path = (out or folder) / f'submission-{slug(name)}.zip'
    with locked(lock_of(path.expanduser().absolute())):  # two at once: one after the other, each whole
        write_whole(path, archive)
    not_complete = {e.task: tuple(missing(e, language)) for e in evidence}
    not_complete |= {
        task.id: (NOT_DONE.text(language),)
        for task in TASKS.values()
        if task.level != 'card' and task.id not in not_complete
    }
    not_complete = {task: sentences for task, sentences in not_complete.items() if sentences}
    return Packed(path, tuple(e.task for e in evidence), not_complete, manifest['digest'])


def check_tasks(language: str | None = None) -> None:
    """Print each task, and what is still missing in it; `language`: 'en' or 'zh', None: the course's."""
    language = language or course_language()
    done = {evidence.task: evidence for evidence in read_all()}
    for task in TASKS.values():
        if task.level == 'card' and task.id not in done:
            continue
        sentences = missing(done[task.id], language) if task.id in done else [NOT_DONE.text(language)]
        print(f'[{"  " if sentences else "OK"}] {task.id:<14}{task.title(language)}')
        for sentence in sentences:
            print(f'     {sentence}')


def _one_name(evidence: list[Evidence], name: str | None) -> str:
    names = sorted({e.name for e in evidence})
    name = check_name(name) if name is not None else names[-1] if len(names) == 1 else None
    for e in evidence:
        if e.name != name:
            raise HomeworkError(
                f'the evidence of {e.task!r} bears the name {e.name!r}'
                + (f', and this is the submission of {name!r}' if name else f'; there are {len(names)} names in all')
                + ': do that task again under your own name, or delete its file in submission/evidence'
            )
    return name


def _links(links: dict[str, str]) -> list[dict]:
    for title, url in links.items():
        if not _URL.fullmatch(url):
            raise HomeworkError(f'links={{{title!r}: {url!r}}}: an address begins with https:// and has no blanks')
    return [{'title': clean_text(title), 'url': clean_text(url)} for title, url in links.items()]


def _files(submission: SubmissionContent, folder: Path) -> dict[str, bytes]:
    """All files of the archive but the manifest, by their names in it."""
    files = {f'cards/{e.task}.png': Card(e).png() for e in submission.tasks}  # drawn anew: they fit the evidence
    for e in submission.tasks:
        for shot in e.screenshots:
            try:
                content = (folder / shot.file).read_bytes()
            except OSError:
                content = b''
            if hashlib.sha256(content).hexdigest() != shot.sha256:
                raise HomeworkError(
                    f'{shot.file} of the task {e.task!r} is gone or was changed: add the screenshot again, and '
                    f'finish the task'
                )
            files[shot.file] = content
    texts = {
        'README.md': markdown(submission),
        'submission.html': html_page(submission, files),
        'evidence.json': as_json(submission.plain()).decode(),
    }
    for file, text in texts.items():
        page = re.sub(r'data:image/png;base64,[A-Za-z0-9+/=]+', '', text)
        if found := leaks_as_they_are(page) or (file == 'evidence.json' and leaks(submission.plain())):
            raise HomeworkError(f'{file} would tell {" and ".join(found)}: look for it in your answers and captions')
    return files | {file: text.encode() for file, text in texts.items()} | {'submission.pdf': pdf(submission, files)}


def _manifest(files: dict[str, bytes], submission: SubmissionContent) -> dict:
    listed = {
        path: {'sha256': hashlib.sha256(content).hexdigest(), 'bytes': len(content)}
        for path, content in sorted(files.items())
    }
    head = {'schema': SCHEMA, 'made': submission.packed, 'name': submission.name}
    return head | {'files': listed, 'digest': digest_of(listed)}


def _zipped(files: dict[str, bytes]) -> bytes:
    """The archive; its entries bear no time, owner or system of this machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    with zipfile.ZipFile(io.BytesIO(buffer.getvalue())) as archive:
        assert archive.testzip() is None
    return buffer.getvalue()
