"""The frame of a moving picture: its steps, a slider, buttons, a caption, two languages; one piece of HTML."""

import base64
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from lessons.pictures.shapes import PALETTE, Shape
from lessons.pictures.still import png
from lessons.pictures.words import LANGUAGES, Words, in_language, say
from translations.messages import course_language

HERE = Path(__file__).resolve().parent
MOST_BYTES = 60_000  # of a stored output
_SPEC = re.compile(r'<script type="application/json" class="moving-spec">(.*?)</script>')


@dataclass(frozen=True)
class Step:
    """All shapes that are seen, from the back to the front, and one sentence."""

    shapes: list[Shape]
    caption: Words


@dataclass(frozen=True)
class MovingPicture:
    """What a cell shows: `width` x `height` units, `steps`, of which `still` (an index) stands where nothing moves.

    `about` is the description that a screen reader gives of the picture.
    """

    title: Words
    about: Words
    steps: list[Step]
    height: int
    width: int = 640
    still: int = -1
    language: str | None = None  # 'en', 'zh'; None: the course's where it is shown

    def __post_init__(self):
        if not self.steps:
            raise ValueError('a moving picture needs a step')
        if self.language not in (None, *LANGUAGES):
            raise ValueError(f'language={self.language!r}: the pictures know {", ".join(LANGUAGES)}')

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        """HTML that moves, the still as PNG, and the caption in text.  ValueError where the output gets too large."""
        bundle = _bundle(self._spec(), self.language or course_language())
        size = sum(map(len, bundle.values()))
        if size > MOST_BYTES:
            raise ValueError(f'{self.title.en}: {size:,} bytes to store, at most {MOST_BYTES:,}: fewer steps or shapes')
        return bundle

    def _spec(self) -> dict:
        """All that the script needs: shapes once, and for each step which of them, in order."""
        known: dict[Shape, int] = {}
        forms: dict[tuple[str, ...], int] = {}  # an element with the names of its attributes: few, so they stand once
        steps = [_runs([known.setdefault(s, len(known)) for s in step.shapes]) for step in self.steps]
        still = self.still % len(self.steps)
        return {
            'size': [self.width, self.height],
            'title': _both(self.title),
            'about': _both(self.about),
            'shapes': [_packed(shape, forms) for shape in known],
            'forms': list(forms),
            'steps': steps,
            'captions': [_both(step.caption) for step in self.steps],
            'still': still,
            'says': {name: _both(words) for name, words in _controls().items()},
        }


def turned(bundle: dict, language: str) -> dict:
    """A stored output in another language; one that is no moving picture comes back as it is."""
    found = re.search(
        r'<script type="application/json" class="moving-spec">(.*?)</script>', bundle.get('text/html', '')
    )
    return _bundle(json.loads(found[1]), language) if found else bundle


def _controls() -> dict[str, Words]:
    return {
        'back': say('Back'),
        'next': say('Next'),
        'play': say('Play'),
        'pause': say('Pause'),
        'step': say('Step'),
        'other': Words('中文', 'English'),
        'steps': say('a picture that moves in a running notebook'),
    }


def _both(words: str | Words) -> str | list[str]:
    return words if isinstance(words, str) else words.en if words.en == words.zh else [words.en, words.zh]


def _runs(indices: list[int]) -> list:
    """[3, 4, 5, 9] as [[3, 5], 9]."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][1] == index - 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return [first if first == last else [first, last] for first, last in runs]


def _shapes(spec: dict, step: int) -> list[Shape]:
    chosen = []
    for run in spec['steps'][step]:
        first, last = run if isinstance(run, list) else (run, run)
        chosen += spec['shapes'][first : last + 1]
    return [_unpacked(packed, spec['forms']) for packed in chosen]


def _packed(shape: Shape, forms: dict) -> list:
    """[which form, value, value, ..., words]."""
    form = (shape.tag, *(name for name, _ in shape.attributes))
    words = [] if shape.words is None else [_both(shape.words)]
    return [forms.setdefault(form, len(forms)), *(value for _, value in shape.attributes), *words]


def _unpacked(packed: list, forms: list) -> Shape:
    tag, *names = forms[packed[0]]
    return Shape(tag, tuple(zip(names, packed[1:], strict=False)), _words(*packed[1 + len(names) :]))


def _words(words=None):
    return Words(*words) if isinstance(words, list) else words


def _bundle(spec: dict, language: str) -> dict[str, str]:
    def says(words) -> str:
        return in_language(_words(words), language)

    still = spec['still']
    image = base64.b64encode(png(_shapes(spec, still), *spec['size'], language)).decode()
    title, caption, about = says(spec['title']), says(spec['captions'][still]), says(spec['about'])
    steps = f'{title} ({says(spec["says"]["steps"])})'
    data = json.dumps(spec, ensure_ascii=False, separators=(',', ':')).replace('</', '<\\/')
    alt = html.escape(f'{title}. {about} {caption}')
    page = (
        f'<div class="moving-picture" lang="{language}"><style>{_css()}</style>\n<div class="moving-stage">'
        f'<img src="data:image/png;base64,{image}" width="{spec["size"][0]}" alt="{alt}">\n'
        f'<p>{html.escape(caption)}</p></div>\n'
        f'<script type="application/json" class="moving-spec">{data}</script>\n'
        f'<script>{(HERE / "moving.js").read_text(encoding="utf-8")}</script></div>'
    )
    return {'text/html': page, 'image/png': image, 'text/plain': f'{steps}\n{caption}'}


def _css() -> str:
    def colours(theme: int) -> str:
        return ';'.join(f'--m-{name}:{pair[theme]}' for name, pair in PALETTE.items())

    rules = (HERE / 'moving.css').read_text(encoding='utf-8')
    return f'.moving-picture{{{colours(0)}}}.moving-dark{{{colours(1)}}}\n{rules}'
