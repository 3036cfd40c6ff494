"""A picture of simple shapes, chosen in the notebook or in code, and a question about it for a model that sees."""

import html
import io
import math

import ipywidgets
from PIL import Image, ImageDraw

from lessons.errors import cut_off, raise_for_error
from lessons.widget import Panel
from translations.messages import shown

_SIZE = 240  # pixels of a side
_RADIUS = 0.17  # of a shape, as a share of the side
_COLUMNS, _ROWS = {'left': 0.22, '': 0.5, 'right': 0.78}, {'top': 0.22, '': 0.5, 'bottom': 0.78}
PLACES = {f'{row} {column}'.strip() or 'middle': (x, y) for row, y in _ROWS.items() for column, x in _COLUMNS.items()}
COLOURS = ('red', 'green', 'blue', 'yellow', 'orange', 'purple', 'black', 'white')


def _corners(*points):
    return lambda r: [(r * x, r * y) for x, y in points]


def _star(r):
    turns = [(math.pi * i / 5, r if i % 2 == 0 else 0.45 * r) for i in range(10)]
    return [(radius * math.sin(t), -radius * math.cos(t)) for t, radius in turns]


_OUTLINES = {
    'circle': lambda r: [(r * math.cos(math.pi * i / 32), r * math.sin(math.pi * i / 32)) for i in range(64)],
    'square': _corners((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    'triangle': _corners((0, -0.95), (0.97, 0.8), (-0.97, 0.8)),
    'star': _star,
    'diamond': _corners((0, -1), (0.65, 0), (0, 1), (-0.65, 0)),
}
SHAPES = tuple(_OUTLINES)


def draw_shapes(*shapes: tuple[str, str, str], background: str = 'white') -> Image.Image:
    """A picture with each (shape, colour, place), such as ('star', 'red', 'top left').

    Shapes are those of SHAPES, places those of PLACES, colours any that Pillow knows.  Raises ValueError for others.
    """
    scale = 4  # drawn large and made smaller, which smooths the edges
    image = Image.new('RGB', (scale * _SIZE, scale * _SIZE), background)
    draw = ImageDraw.Draw(image)
    for shape, colour, place in shapes:
        if shape not in _OUTLINES or place not in PLACES:
            raise ValueError(f'({shape!r}, …, {place!r}): shapes {", ".join(SHAPES)}; places {", ".join(PLACES)}')
        x, y = (at * image.width for at in PLACES[place])
        points = _OUTLINES[shape](_RADIUS * image.width)
        draw.polygon([(x + dx, y + dy) for dx, dy in points], colour)
    return image.reduce(scale)


class PictureBox(Panel):
    """Choose what a picture shows, and ask a pipeline about it.  `image` is the picture, `answer` the last answer.

    Args:
        pipe: an `lmdeploy.pipeline` of a model that sees.
        gen_config: an `lmdeploy.GenerationConfig`; None: LMDeploy's default.
    """

    def __init__(self, pipe, gen_config=None):
        self.pipe, self.gen_config, self.answer = pipe, gen_config, ''
        self._shapes = [_chooser('star', 'red', 'left'), _chooser('circle', 'blue', 'right')]
        self._background = _dropdown(COLOURS, 'white', shown('background'))
        self._question = ipywidgets.Text('What is in the picture?', layout={'width': '320px'})
        self._button = ipywidgets.Button(description=shown('Ask'), icon='question', layout={'width': '80px'})
        self._picture = ipywidgets.Image(format='png', width=_SIZE, height=_SIZE)
        self._line = ipywidgets.HTML()
        for widget in (*(w for row in self._shapes for w in row), self._background):
            widget.observe(self._draw, 'value')
        self._button.on_click(lambda _: self.ask())
        rows = [ipywidgets.HBox(row) for row in self._shapes]
        ask = ipywidgets.HBox([self._question, self._button])
        right = ipywidgets.VBox([*rows, self._background, ask, self._line])
        super().__init__([ipywidgets.HBox([self._picture, right])])
        self._draw()

    def ask(self, question: str | None = None) -> str:
        """Ask about the picture as it is now, show the answer and return it; '' after an error, which is shown."""
        if question is not None:
            self._question.value = question
        self._show('…')
        try:
            answer = self.pipe((self._question.value, self.image), gen_config=self.gen_config)
            raise_for_error(answer)
        except Exception as error:  # shown to whoever clicked
            self.answer = ''
            self._show(shown(f'The engine gave no answer: {error or type(error).__name__}'), 'color:#c62828')
        else:
            self.answer = answer.text
            cut = cut_off(answer)
            self._show(f'{answer.text} […] {shown(cut)}' if cut else answer.text, 'font-size:120%')
        return self.answer

    def _draw(self, _=None) -> None:
        chosen = [tuple(w.value for w in row) for row in self._shapes]
        self.image = draw_shapes(*(c for c in chosen if c[0] != 'nothing'), background=self._background.value)
        file = io.BytesIO()
        self.image.save(file, 'png')
        self._picture.value = file.getvalue()
        self._show('')

    def _show(self, text: str, style: str = '') -> None:
        self._line.value = f'<p style="{style}">{html.escape(text)}</p>'


def _chooser(shape: str, colour: str, place: str) -> list[ipywidgets.Dropdown]:
    return [_dropdown(('nothing', *SHAPES), shape), _dropdown(COLOURS, colour), _dropdown(tuple(PLACES), place)]


def _dropdown(options, value, description='') -> ipywidgets.Dropdown:
    width = '200px' if description else '120px'
    return ipywidgets.Dropdown(options=options, value=value, description=description, layout={'width': width})


def picture_box(pipe, gen_config=None) -> PictureBox:
    """Make a picture box for a pipeline: the last line of a cell.  See `PictureBox`."""
    return PictureBox(pipe, gen_config)
