"""What a picture can hold, in two languages: things, colours, numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A thing that can be drawn: English singular and plural, Chinese with its measure word."""

    en: str
    plural: str
    zh: str
    measure: str
    group: str  # shape, animal, thing (of a scene), glyph

    @property
    def article(self) -> str:
        return 'an' if self.en[0] in 'aeiou' else 'a'


def _nouns(group: str, *rows: str) -> dict[str, Noun]:
    made = {}
    for row in rows:
        en, plural, zh, measure = row.split()
        made[en] = Noun(en, plural, zh, measure, group)
    return made


NOUNS = {
    **_nouns(
        'shape',
        'circle circles 圆形 个',
        'square squares 正方形 个',
        'triangle triangles 三角形 个',
        'rectangle rectangles 长方形 个',
        'star stars 五角星 个',
        'heart hearts 心形 个',
        'diamond diamonds 菱形 个',
    ),
    **_nouns(
        'animal',
        'cat cats 猫 只',
        'dog dogs 狗 只',
        'fish fish 鱼 条',
        'bird birds 鸟 只',
        'rabbit rabbits 兔子 只',
        'elephant elephants 大象 头',
        'tiger tigers 老虎 只',
    ),
    **_nouns(
        'thing',
        'house houses 房子 座',
        'tree trees 树 棵',
        'sun suns 太阳 个',
        'moon moons 月亮 个',
        'cloud clouds 云 朵',
        'boat boats 船 艘',
        'flower flowers 花 朵',
        'car cars 汽车 辆',
        'mountain mountains 山 座',
    ),
}
SHAPES = tuple(name for name, noun in NOUNS.items() if noun.group == 'shape')
ANIMALS = tuple(name for name, noun in NOUNS.items() if noun.group == 'animal')
THINGS = tuple(name for name, noun in NOUNS.items() if noun.group == 'thing')
GROUPS = {
    'shape': Noun('shape', 'shapes', '图形', '个', 'group'),
    'animal': Noun('animal', 'animals', '动物', '只', 'group'),
}
DIGITS = '0123456789'
LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ'  # without I and O, which look like 1 and 0
GLYPHS = DIGITS + LETTERS
COLOURS = {
    'red': '红色',
    'orange': '橙色',
    'yellow': '黄色',
    'green': '绿色',
    'blue': '蓝色',
    'purple': '紫色',
    'pink': '粉色',
    'brown': '棕色',
    'black': '黑色',
    'white': '白色',
    'grey': '灰色',
}
EN_NUMBERS = ('no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight')
ZH_NUMBERS = ('零', '一', '两', '三', '四', '五', '六', '七', '八')
PLACES = {
    'left': ('on the left', '左边'),
    'right': ('on the right', '右边'),
    'top': ('at the top', '上方'),
    'bottom': ('at the bottom', '下方'),
    'middle': ('in the middle', '中间'),
    'top left': ('in the top left corner', '左上角'),
    'top right': ('in the top right corner', '右上角'),
    'bottom left': ('in the bottom left corner', '左下角'),
    'bottom right': ('in the bottom right corner', '右下角'),
}
RELATIONS = {
    'left': ('to the left of', '左边'),
    'right': ('to the right of', '右边'),
    'above': ('above', '上面'),
    'below': ('below', '下面'),
}
OPPOSITE = {'left': 'right', 'right': 'left', 'above': 'below', 'below': 'above'}
# classes of the auxiliary loss: what covers a cell of the picture
CLASSES = ('', *NOUNS, *GLYPHS)
CLASS_OF = {name: index for index, name in enumerate(CLASSES)}
COLOUR_OF = {name: index for index, name in enumerate(('', *COLOURS))}
