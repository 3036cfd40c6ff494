"""Pictures of a submission: read without harm, compared by what they show, made small for the overview."""

import dataclasses
import hashlib
import io
import itertools
from pathlib import Path

from homework.pictures import PIXELS, strict_pillow
from lmdeploy_cpu.patches.pictures import as_rgb

SHOWN = 1600  # pixels along a side that a page gets
_GRID = 16  # of the perceptual hash: 16 x 16 brightness steps
# Of 256 bits.  Two different pages differ in a hundred, a page saved again or made smaller in a handful.
_ALIKE_BITS = 12
_PLAIN_BITS = 24  # a picture with fewer steps than this is nearly plain, and like every other plain one


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture.  `hash` is None where it is nearly plain."""

    task: str
    file: str
    is_card: bool
    sha256: str
    hash: int | None
    code: str | None  # what a card says in its own file of the evidence it was drawn from
    jpeg: bytes  # re-encoded, at most SHOWN pixels wide and high: pixels, nothing else


def read_picture(folder: Path, file: str, task: str) -> Picture:
    """Read a picture of an unpacked submission.

    Raises ValueError if it is no PNG or JPEG, damaged, or has too many pixels.
    """
    from PIL import Image

    content = (folder / file).read_bytes()
    try:
        with strict_pillow(), Image.open(io.BytesIO(content), formats=('PNG', 'JPEG')) as image:
            if image.width * image.height > PIXELS:
                raise ValueError(f'{image.width} x {image.height} pixels are too many')
            code = image.info.get('course-code')
            pixels = as_rgb(image)
    except ValueError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError('far too many pixels') from None
    except (OSError, SyntaxError, EOFError, MemoryError) as error:
        raise ValueError(f'no whole PNG or JPEG ({type(error).__name__})') from None
    found = perceptual_hash(pixels)
    pixels.thumbnail((SHOWN, SHOWN))
    buffer = io.BytesIO()
    clean = Image.new('RGB', pixels.size)
    clean.paste(pixels)
    clean.save(buffer, 'JPEG', quality=90, subsampling=0)  # ten times as quick as PNG; letters stay sharp
    return Picture(
        task,
        file,
        file.startswith('cards/'),
        hashlib.sha256(content).hexdigest(),
        found,
        code[:40] if isinstance(code, str) else None,
        buffer.getvalue(),
    )


def perceptual_hash(image) -> int | None:
    """256 bits of a picture: where, on a grid of 17 x 16, brightness falls from one field to the next.

    The same picture made smaller, saved as JPEG or made a little brighter keeps nearly all of them (a "difference
    hash").  None for a picture that is nearly plain.

    ImageHash's `dhash` gives the same kind of bits in one call instead of three lines, and would bring SciPy and
    PyWavelets (more than 100 MB) with it; the look at plain pictures would stay ours.
    """
    from PIL import Image

    grey = image.convert('L').resize((_GRID + 1, _GRID), Image.Resampling.BOX)
    values = list(grey.get_flattened_data() if hasattr(grey, 'get_flattened_data') else grey.getdata())
    rows = [values[i : i + _GRID + 1] for i in range(0, len(values), _GRID + 1)]
    bits = ''.join('1' if left > right else '0' for row in rows for left, right in itertools.pairwise(row))
    steps = sum(left != right for row in rows for left, right in itertools.pairwise(row))
    return int(bits, 2) if steps >= _PLAIN_BITS else None


def alike(a: Picture, b: Picture) -> bool:
    """Whether two pictures show the same, as far as a hash can tell."""
    return a.hash is not None and b.hash is not None and (a.hash ^ b.hash).bit_count() <= _ALIKE_BITS
