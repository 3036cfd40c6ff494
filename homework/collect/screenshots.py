"""A learner's own pictures: looked at before they go in, and stored without what they say of their maker."""

import datetime
import hashlib
import io
from pathlib import Path

from helpers.files import tilde, write_whole
from homework.evidence import CLOCK_STEP, HomeworkError, parsed_time, submission_folder
from homework.pictures import PIXELS, strict_pillow
from homework.schema import Screenshot
from lmdeploy_cpu.patches.pictures import as_rgb

FILE_BYTES = 40 << 20
LONGEST = 2400  # pixels along a side that are stored
SMALLEST = 200
_EXIF_TAKEN, _EXIF_CHANGED = 36867, 306  # DateTimeOriginal, DateTime


def store_screenshot(
    path: Path, name: str, caption: str = '', since: str = '', folder: Path | None = None
) -> tuple[Screenshot, list[str]]:
    """Check the picture in `path`, and store it as `screenshots/NAME.png` in the submission's folder.

    The stored picture holds pixels and nothing else: no place, no time, no names of programs or people.

    Args:
        since: when the task began; an older picture is noted, not refused.

    Returns:
        what the evidence keeps of it, and sentences for the learner.

    Raises:
        HomeworkError: it is no picture, cut off, too small, too large, or all of one colour.
    """
    path = path.expanduser()
    image, taken, source = _opened(path)
    notes = []
    if taken is not None and since and taken < parsed_time(since) - CLOCK_STEP:
        notes.append(f'{path.name} was taken {taken:%Y-%m-%d %H:%M} UTC, before this task began: is it the right one?')
    buffer = io.BytesIO()
    image.save(buffer, 'PNG', optimize=True)
    file = f'screenshots/{name}.png'
    write_whole((folder or submission_folder()) / file, buffer.getvalue())
    screenshot = Screenshot(
        file=file,
        sha256=hashlib.sha256(buffer.getvalue()).hexdigest(),
        width=image.width,
        height=image.height,
        taken=taken.strftime('%Y-%m-%dT%H:%M:%SZ') if taken else None,
        taken_from=source,
        caption=caption,
    )
    return screenshot, notes


def _opened(path: Path):
    """The picture's pixels alone, when it was taken, and what says so."""
    from PIL import Image

    if not path.is_file():
        what = 'a folder' if path.is_dir() else 'not there'
        raise HomeworkError(f'{tilde(path)} is {what}: give the path of a picture (PNG or JPEG)')
    size = path.stat().st_size
    if size == 0 or size > FILE_BYTES:
        raise HomeworkError(f'{path.name} has {size} bytes: a screenshot has some, and at most {FILE_BYTES >> 20} MiB')
    try:
        with strict_pillow(), Image.open(path) as image:
            if image.width * image.height > PIXELS:
                raise HomeworkError(f'{path.name} has {image.width} x {image.height} pixels: crop it')
            taken, source = _taken(image, path)
            pixels = as_rgb(image)
    except HomeworkError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise HomeworkError(f'{path.name} holds far too many pixels for a screenshot: crop it') from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise HomeworkError(
            f'{path.name} cannot be read as a picture ({error}): take it again, as PNG or JPEG'
        ) from None
    if min(pixels.size) < SMALLEST:
        raise HomeworkError(
            f'{path.name} has only {pixels.width} x {pixels.height} pixels: nobody can read that; take the whole window'
        )
    if max(high - low for low, high in pixels.getextrema()) < 16:
        raise HomeworkError(f'{path.name} is all of one colour: was the window behind another one?')
    if max(pixels.size) > LONGEST:
        pixels.thumbnail((LONGEST, LONGEST))
    clean = Image.new('RGB', pixels.size)
    clean.paste(pixels)
    return clean, taken, source


def _taken(image, path: Path) -> tuple[datetime.datetime | None, str]:
    """When, in UTC: as the camera says (its local time, taken as ours), else when the file was last changed."""
    exif = image.getexif()
    for text in (exif.get_ifd(0x8769).get(_EXIF_TAKEN), exif.get(_EXIF_CHANGED)):
        try:
            local = datetime.datetime.strptime(str(text).strip('\0 '), '%Y:%m:%d %H:%M:%S')
        except ValueError:
            continue
        return local.astimezone(datetime.UTC), 'exif'
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC), 'file'
