"""Pictures drawn at random, with the facts about them: what is where, in which colour."""

import random
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from . import pictures, words
from .model_size import IMAGE_SIZE
from .pictures import NEAR, Pen, Point, vary

CELLS = 6  # of a side: one for each image token
ANIMAL_COLOURS = {
    'cat': ('grey', 'black', 'orange', 'white', 'brown'),
    'dog': ('brown', 'white', 'black', 'grey'),
    'fish': ('orange', 'blue', 'red', 'yellow', 'green', 'purple', 'pink'),
    'bird': ('blue', 'red', 'yellow', 'green', 'black', 'orange', 'pink'),
    'rabbit': ('white', 'grey', 'brown', 'pink'),
    'elephant': ('grey',),
    'tiger': ('',),  # orange with stripes
}
THING_COLOURS = {
    'house': ('white', 'yellow', 'red', 'blue', 'brown', 'pink', 'grey'),
    'boat': ('red', 'brown', 'white', 'black', 'orange', 'yellow'),
    'car': ('red', 'blue', 'yellow', 'green', 'black', 'white', 'orange', 'purple'),
    'flower': ('red', 'pink', 'yellow', 'purple', 'white', 'orange', 'blue'),
}
OWN_COLOURS = {  # of what has no colour worth a word
    'tiger': 'orange',
    'sun': 'yellow',
    'moon': 'yellow',
    'tree': 'green',
    'cloud': 'white',
    'mountain': 'grey',
}


@dataclass(frozen=True)
class Thing:
    """What was drawn: a noun or a glyph, its colour ('' where it goes without saying), and the box around it, in
    fractions of the picture: centre `x`, `y` and sides `w`, `h`."""

    name: str
    colour: str
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Picture:
    """`pixels` uint8 [size, size, 3] and the facts: a plain `background` of a colour, or a scene with `time` (day,
    night) and `ground` (grass, sea, sand)."""

    pixels: np.ndarray
    things: tuple[Thing, ...]
    background: str = ''
    time: str = ''
    ground: str = ''
    extra: tuple[str, ...] = field(default=())  # 'stars' of a night sky

    def cells(self) -> np.ndarray:
        """What covers the middle of each cell, and how many things have their middle in it (at most 2 are counted):
        uint8 [3, CELLS, CELLS] of words.CLASS_OF, words.COLOUR_OF and numbers."""
        found = np.zeros((3, CELLS, CELLS), np.uint8)
        middle = (np.arange(CELLS) + 0.5) / CELLS
        for thing in sorted(self.things, key=lambda t: -t.w * t.h):
            half_w, half_h = max(thing.w * 0.48, 0.5 / CELLS), max(thing.h * 0.48, 0.5 / CELLS)
            columns, rows = np.abs(middle - thing.x) < half_w, np.abs(middle - thing.y) < half_h
            where = rows[:, None] & columns[None, :]
            found[0][where] = words.CLASS_OF[thing.name]
            found[1][where] = words.COLOUR_OF[thing.colour]
            at = min(CELLS - 1, int(thing.y * CELLS)), min(CELLS - 1, int(thing.x * CELLS))
            found[2][at] = min(2, found[2][at] + 1)
        return found


def reserved_place(x: float, y: float) -> bool:
    """Whether the centre lies in one of the cells (1 of 11, of a grid of 24) where training puts nothing."""
    return (5 * int(x * 24) + 3 * int(y * 24)) % 11 == 0


def reserved_size(size: float) -> bool:
    """Whether training draws nothing of this size."""
    return 0.30 <= size < 0.33


class Scene:
    """A picture in the making."""

    def __init__(self, rng: random.Random, held_out: bool):
        self.rng, self.held_out = rng, held_out
        self.size = 2 * IMAGE_SIZE
        self.image = Image.new('RGB', (self.size, self.size))
        self.draw = ImageDraw.Draw(self.image)
        self.things: list[Thing] = []
        # a picture that was not square is squeezed by the image processor
        squeeze = rng.choice((1, 1, 1, rng.uniform(0.75, 1.33)))
        self.squeeze = (min(1, 1 / squeeze), min(1, squeeze))
        self.style = rng.choice((0, 0, 2, 3, 4, 5))  # width of outlines
        self.bend = rng.choice((0, 0, 0.02, 0.04))

    def sizes(self, low: float, high: float) -> float:
        """A side, in fractions of the picture."""
        for _ in range(1000):
            size = self.rng.uniform(low, high)
            if reserved_size(size) == (self.held_out and low < 0.32 and high > 0.31):
                return size
        raise RuntimeError(f'no size between {low} and {high}')

    def free_place(self, w: float, h: float) -> Point | None:
        """A centre for a box of w by h that touches nothing; None if none was found."""
        for _ in range(400 if self.held_out else 40):
            x, y = self.rng.uniform(w / 2 + 0.02, 0.98 - w / 2), self.rng.uniform(h / 2 + 0.02, 0.98 - h / 2)
            if reserved_place(x, y) != self.held_out:
                continue
            if all(abs(x - t.x) > (w + t.w) / 2 + 0.03 or abs(y - t.y) > (h + t.h) / 2 + 0.03 for t in self.things):
                return x, y
        return None

    def put(self, name: str, colour: str, x: float, y: float, side: float) -> None:
        """Draw `name` at x, y with the larger side `side`."""
        w, h = side * self.squeeze[0], side * self.squeeze[1]
        pen = Pen(
            self.draw,
            self.rng,
            x * self.size,
            y * self.size,
            w * self.size / 2,
            h * self.size / 2,
            angle=self.rng.choice((0, 0, self.rng.uniform(-0.2, 0.2))),
            flip=self.rng.random() < 0.5,
            bend=self.bend,
            outline=self.style,
        )
        ink = vary(self.rng, colour or OWN_COLOURS[name])
        if name in words.SHAPES:
            pictures.draw_shape(pen, name, ink)
        elif name in words.NOUNS:
            pictures.DRAWERS[name](pen, ink)
        else:
            pen.bend = 0
            pictures.draw_glyph(self.image, pen, name, ink, self.held_out)
        self.things.append(Thing(name, colour, x, y, w, h))

    def plain(self) -> str:
        """Fill the background with one colour; its name."""
        name = 'white' if self.rng.random() < 0.5 else self.rng.choice(list(words.COLOURS))
        colour = vary(self.rng, name)
        if name == 'white' and self.rng.random() < 0.6:
            colour = (255, 255, 255)
        self.draw.rectangle((0, 0, self.size, self.size), colour)
        return name

    def colour_on(self, background: str, choice=tuple(words.COLOURS)) -> str | None:
        """A colour that stands out from the background; None if `choice` has none."""
        good = [c for c in choice if c != background and frozenset((c, background)) not in NEAR]
        return self.rng.choice(good) if good else None

    def picture(self, **facts) -> Picture:
        return Picture(pictures.finish(self.image), tuple(self.things), **facts)


def shapes(rng: random.Random, held_out: bool = False, number: int | None = None) -> Picture:
    """One to three different shapes."""
    scene = Scene(rng, held_out)
    background = scene.plain()
    number = number or rng.choice((1, 1, 2, 2, 2, 3))
    names, colours = rng.sample(words.SHAPES, number), []
    for name in names:
        colour = scene.colour_on(background, [c for c in words.COLOURS if c not in colours])
        colours.append(colour)
        side = scene.sizes(*((0.2, 0.8) if number == 1 else (0.2, 0.45) if number == 2 else (0.18, 0.36)))
        if place := scene.free_place(side, side):
            scene.put(name, colour, *place, side)
    return scene.picture(background=background)


def counts(rng: random.Random, held_out: bool = False, number: int | None = None) -> Picture:
    """One to five of a kind, perhaps with one or two of another kind among them."""
    scene = Scene(rng, held_out)
    background = scene.plain()
    number = number or rng.randint(1, 5)
    pool = words.SHAPES if rng.random() < 0.65 else (*words.ANIMALS, 'flower', 'car')
    names = rng.sample(pool, 2)
    others = rng.choice((0, 0, 0, 1, 2))
    one_colour = rng.random() < 0.7
    high = rng.choice((0.25, 0.29, 0.32 if held_out else 0.39))
    colours = [a_colour(scene, background, name) for name in names]
    for name, colour in [(names[0], colours[0])] * number + [(names[1], colours[1])] * others:
        side = (
            scene.sizes(0.15, high)
            if high < 0.31
            else scene.sizes(0.27, high)
            if high > 0.33
            else scene.sizes(0.29, 0.34)
        )
        place = scene.free_place(side, side)
        if place is None:
            side = 0.15
            place = scene.free_place(side, side)
        if place:
            scene.put(name, colour if one_colour else a_colour(scene, background, name), *place, side)
    return scene.picture(background=background)


def a_colour(scene: Scene, background: str, name: str) -> str:
    """A colour for `name` that stands out; the background is never orange, black or grey behind its like."""
    choice = ANIMAL_COLOURS.get(name) or THING_COLOURS.get(name) or tuple(words.COLOURS)
    if choice == ('',):
        return ''
    return scene.colour_on(background, choice) or scene.rng.choice(choice)


def glyph(rng: random.Random, held_out: bool = False, kind: str | None = None) -> Picture:
    """A digit or a letter, now and then with a shape beside it."""
    scene = Scene(rng, held_out)
    scene.squeeze = (1, 1)
    background = scene.plain()
    sign = rng.choice(kind or (words.DIGITS if rng.random() < 0.45 else words.LETTERS))
    side = scene.sizes(0.25, 0.8)
    if place := scene.free_place(side, side):
        scene.put(sign, scene.colour_on(background), *place, side)
    if side < 0.5 and rng.random() < 0.35:
        other = scene.sizes(0.2, 0.36)
        if place := scene.free_place(other, other):
            scene.put(rng.choice(words.SHAPES), scene.colour_on(background), *place, other)
    return scene.picture(background=background)


def animals(rng: random.Random, held_out: bool = False) -> Picture:
    """One animal, large, or two or three different ones."""
    scene = Scene(rng, held_out)
    background = scene.plain()
    number = rng.choice((1, 1, 1, 2, 2, 3))
    for name in rng.sample(words.ANIMALS, number):
        side = scene.sizes(*((0.35, 0.95) if number == 1 else (0.25, 0.46)))
        if place := scene.free_place(side, side):
            scene.put(name, a_colour(scene, background, name), *place, side)
    return scene.picture(background=background)


def landscape(rng: random.Random, held_out: bool = False) -> Picture:
    """Sky and ground with what belongs there, by day or night."""
    scene = Scene(rng, held_out)
    night, ground = rng.random() < 0.35, rng.choice(('grass', 'grass', 'sea', 'sand'))
    horizon = rng.uniform(0.5, 0.68)
    sky = rng.choice(
        ((12, 16, 50), (25, 30, 90), (10, 10, 30)) if night else ((135, 206, 235), (190, 225, 250), (90, 170, 240))
    )
    soil = {'grass': (90, 170, 70), 'sea': (30, 100, 190), 'sand': (235, 210, 140)}[ground]
    by = rng.uniform(0.4, 0.6) if night else rng.uniform(0.85, 1.1)
    size = scene.size
    scene.draw.rectangle((0, 0, size, size), sky)
    scene.draw.rectangle((0, horizon * size, size, size), tuple(min(255, round(c * by)) for c in soil))
    extra = ()
    if night and rng.random() < 0.7:
        extra = ('stars',)
        for _ in range(rng.randint(8, 25)):
            x, y, r = rng.uniform(0, size), rng.uniform(0, horizon * size * 0.9), rng.uniform(2, 4)
            scene.draw.ellipse((x - r, y - r, x + r, y + r), (255, 255, rng.choice((255, 200))))
    slots = [0.2, 0.5, 0.8]
    rng.shuffle(slots)

    def stand(name: str, side: float, base: float) -> None:
        x = slots.pop() + rng.uniform(-0.04, 0.04)
        scene.put(
            name,
            a_colour(scene, 'green' if ground == 'grass' else '', name) if name not in OWN_COLOURS else '',
            x,
            base - side * scene.squeeze[1] * 0.45,
            side,
        )

    above = ['moon'] if night and rng.random() < 0.7 else ['sun'] if not night and rng.random() < 0.65 else []
    above += ['cloud'] * rng.choice((0, 0, 1, 2)) if not night else []
    above += ['bird'] if not night and rng.random() < 0.2 else []
    in_sky = [0.18, 0.5, 0.82]
    rng.shuffle(in_sky)
    for name in above[:3]:
        side = rng.uniform(0.15, 0.26)
        colour = a_colour(scene, 'blue', name) if name == 'bird' else ''
        scene.put(name, colour, in_sky.pop() + rng.uniform(-0.04, 0.04), rng.uniform(0.14, 0.2), side)
    if ground == 'sea':
        below = ['boat'] * rng.choice((0, 1, 1, 2)) + ['fish'] * rng.choice((0, 0, 1))
    else:
        pool = ['house', 'tree', 'tree', 'car', 'flower', 'mountain', *rng.sample(words.ANIMALS, 3)]
        below = rng.sample([name for name in pool if name not in ('fish',)], rng.choice((1, 2, 2, 3)))
    if not above and not below:
        below = ['boat' if ground == 'sea' else 'house']
    for name in below[:3]:
        if name == 'fish':
            side = rng.uniform(0.16, 0.22)
            scene.put('fish', rng.choice(('orange', 'red', 'yellow')), slots.pop(), rng.uniform(0.84, 0.87), side)
        elif name == 'mountain':
            stand(name, rng.uniform(0.3, 0.4), horizon + 0.01)
        else:
            low = 0.2 if name in ('flower', 'car') else 0.26
            stand(name, rng.uniform(low, 0.36), horizon + rng.uniform(0.03, min(0.28, 0.97 - horizon)))
    return scene.picture(time='night' if night else 'day', ground=ground, extra=extra)


KINDS = ((shapes, 0.27), (counts, 0.25), (glyph, 0.21), (animals, 0.13), (landscape, 0.14))


def draw(rng: random.Random) -> Picture:
    """A picture of any kind, with something in it."""
    while True:
        (kind,) = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])
        picture = kind(rng)
        if picture.things:
            return picture
