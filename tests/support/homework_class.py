"""A class of submissions of three tasks each: one is made, all others are derived from it without an engine."""

import copy
import datetime
import functools
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from homework_good import Builder, recoded, screenshot
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from homework.manifest import digest_of

TASKS = ('chat', 'story', 'api-kv')
PACKED = datetime.datetime(2026, 11, 20, 20, tzinfo=datetime.UTC)
_TIME = re.compile(r'2026-11-20T\d\d:\d\d:\d\dZ')


@functools.cache
def _good(language: str) -> str:
    made = Builder(language=language).all()
    return json.dumps([made[task] for task in TASKS])


def content_of(name: str, number: int, language: str = 'zh') -> dict:
    """evidence.json of learner `number`: a run, times, bytes and screenshots of their own."""
    later = datetime.timedelta(minutes=number)

    def shifted(found) -> str:
        return (datetime.datetime.strptime(found[0], '%Y-%m-%dT%H:%M:%SZ') + later).strftime('%Y-%m-%dT%H:%M:%SZ')

    tasks = json.loads(_TIME.sub(shifted, _good(language)))
    for evidence in tasks:
        evidence['name'] = name
        evidence['run']['id'] = f'{number + 1:016x}'
        for answer in evidence['answers']:
            answer['time_s'] = round(1.5 + number / 1000, 4)
            answer['tokens_per_s'] = round(180 / answer['time_s'], 2)
        for reading in evidence['memory']:
            reading['used_bytes'] += 4096 * number
        for shot in evidence['screenshots']:
            shot['sha256'] = hashlib.sha256(_picture(number, shot)).hexdigest()
    packed = (PACKED + later).strftime('%Y-%m-%dT%H:%M:%SZ')
    return {'schema': 1, 'name': name, 'language': language, 'packed': packed, 'links': [], 'tasks': tasks}


def files_of(content: dict, number: int, forged: Callable[[dict], None] | None = None) -> dict[str, bytes]:
    """The files of a submission: code, cards and manifest fit its content; then `forged` changes that by hand."""
    content = copy.deepcopy(content)
    content['tasks'] = [recoded(evidence) for evidence in content['tasks']]
    files = {f'cards/{evidence["task"]}.png': _card(evidence['code']) for evidence in content['tasks']}
    files |= {shot['file']: _picture(number, shot) for e in content['tasks'] for shot in e['screenshots']}
    if forged:
        forged(content)
    files['evidence.json'] = json.dumps(content, ensure_ascii=False).encode()
    listed = {path: {'sha256': hashlib.sha256(c).hexdigest(), 'bytes': len(c)} for path, c in sorted(files.items())}
    manifest = {'schema': 1, 'made': content['packed'], 'name': content['name'], 'files': listed}
    return files | {'manifest.json': json.dumps(manifest | {'digest': digest_of(listed)}).encode()}


def _picture(number: int, shot: dict) -> bytes:
    """A learner's own, another one for each task."""
    return screenshot(f'learner {number} {shot["file"]}')


def _card(code: str) -> bytes:
    """As small as a card can be: what it was drawn from stands in it."""
    told, buffer = PngInfo(), io.BytesIO()
    told.add_text('course-code', code)
    Image.new('RGB', (40, 20), 'white').save(buffer, 'PNG', pnginfo=told)
    return buffer.getvalue()


class _Raw(zipfile.ZipInfo):
    """An entry whose name is in GBK without a mark, as Windows in Chinese packs it."""

    def _encodeFilenameFlags(self):
        return self.filename.encode('gbk'), 0


def zipped(files: dict[str, bytes], around: str = '', kind: type = zipfile.ZipInfo) -> bytes:
    """A zip of these files in the folder `around`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_STORED) as archive:
        for path, content in files.items():
            archive.writestr(kind(around + path), content)
    return buffer.getvalue()


def gbk_zipped(files: dict[str, bytes], around: str) -> bytes:
    return zipped(files, around, _Raw)


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
