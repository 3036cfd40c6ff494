"""Opening pictures that somebody else made."""

import contextlib
import warnings

from lmdeploy_cpu.patches.pictures import MOST_PIXELS as PIXELS  # noqa: F401  a bomb of a few bytes can hold more


@contextlib.contextmanager
def strict_pillow():
    """Within it half a picture and a bomb are errors, however Pillow is set: LMDeploy has it take halves."""
    from PIL import Image, ImageFile

    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('error', Image.DecompressionBombWarning)
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
