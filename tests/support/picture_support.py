"""Files of pictures as people have them, and what they show."""

import io

import numpy as np
from PIL import Image

SIZE = (320, 240)
PICTURE = Image.radial_gradient('L').resize(SIZE).convert('RGB')
GREY = PICTURE.convert('L')


def encoded(image, form='png', **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _turned(orientation: int, turn) -> bytes:
    note = Image.Exif()
    note[0x0112] = orientation
    return encoded(PICTURE.transpose(turn), exif=note)


def square(mode, background) -> Image.Image:
    """A black square; what is around it is of `background`."""
    image = Image.new(mode, SIZE, background)
    image.paste((0, 0, 0, 255)[: len(mode)], (40, 20, 90, 70))
    return image


_SIXTEEN = Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257)
_WHITE = square('RGB', 'white')
_PALETTE = square('RGB', 'blue').quantize(2)
_SECOND = Image.new('L', SIZE)
SEEN = {  # name of the file → its bytes, and the picture
    'plain.png': (encoded(PICTURE), PICTURE),
    'transparent.png': (encoded(square('RGBA', (0, 0, 0, 0))), _WHITE),
    'transparent grey.png': (encoded(square('RGBA', (0, 0, 0, 0)).convert('LA')), _WHITE),
    'one colour is transparent.png': (encoded(square('RGB', 'blue'), transparency=(0, 0, 255)), _WHITE),
    'palette.png': (encoded(_PALETTE), _PALETTE.convert('RGB')),
    'palette with a hole.png': (encoded(_PALETTE, transparency=_PALETTE.getpixel((0, 0))), _WHITE),
    '16 bits.png': (encoded(_SIXTEEN), GREY.convert('RGB')),
    '16 bits.tif': (encoded(_SIXTEEN, 'tiff'), GREY.convert('RGB')),
    'a phone held upright.png': (_turned(6, Image.Transpose.ROTATE_90), PICTURE),
    'mirrored.png': (_turned(2, Image.Transpose.FLIP_LEFT_RIGHT), PICTURE),
    'animated.gif': (encoded(GREY, 'gif', save_all=True, append_images=[_SECOND]), GREY.convert('RGB')),
    'animated.webp': (encoded(PICTURE, 'webp', lossless=True, save_all=True, append_images=[_SECOND]), PICTURE),
    'black or white.bmp': (encoded(GREY.convert('1'), 'bmp'), GREY.convert('1').convert('RGB')),
    'print.tif': (encoded(PICTURE.convert('CMYK'), 'tiff'), PICTURE),
}
BROKEN = {
    'cut short.png': encoded(PICTURE)[:2000],
    'cut short.jpg': encoded(PICTURE, 'jpeg')[:900],
    'text.png': b'no image',
    'empty.png': b'',
    'drawing.svg': b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    'large.png': encoded(Image.new('1', (20_000, 20_000))),
}
