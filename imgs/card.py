"""Draw chapter 9's example of a good card: `python imgs/card.py` writes card.png beside this script, and zh/card.png.

The evidence is real: of a submission of all the chapter, made on the CPU device, that the tests of grading hold.
"""

import io
import json
import sys
import zipfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from homework.collect.card import Card  # noqa: E402
from homework.schema import Evidence, checked  # noqa: E402

SUBMISSION = HERE.parent / 'tests' / 'homework' / 'data' / 'submission-schema-1.zip'
TASK, WIDTH = 'server-w4a16', 960  # a server and two clients; pixels


def card(language: str) -> Image.Image:
    """The card in a language, in few colours: half as large a file."""
    with zipfile.ZipFile(SUBMISSION) as archive:
        tasks = json.loads(archive.read('evidence.json'))['tasks']
    evidence = next(one for one in tasks if one['task'] == TASK)
    drawn = Image.open(io.BytesIO(Card(checked(evidence | {'language': language}, Evidence)).png())).convert('RGB')
    small = drawn.resize((WIDTH, drawn.height * WIDTH // drawn.width), Image.Resampling.LANCZOS)
    return small.quantize(24, Image.Quantize.MEDIANCUT)


if __name__ == '__main__':
    for language, folder in {'en': HERE, 'zh': HERE / 'zh'}.items():
        card(language).save(folder / 'card.png', optimize=True)
