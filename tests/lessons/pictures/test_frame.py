"""A moving picture stored in a notebook: small, self-contained, in both languages, and it moves in a browser."""

import base64
import html
import io
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from lessons.pictures import MovingPicture, Step, frame, words
from lessons.pictures.shapes import PALETTE, Shape, arrow, circle, polygon, rect, text
from lessons.pictures.words import Words

STORED = 'text/html', 'image/png', 'text/plain'
VOID = {'img', 'meta', 'br', 'input'}


def picture(**more) -> MovingPicture:
    """Three steps; each has one bar of its own beside what all share."""
    shared = [
        rect(0, 0, 640, 200, 'grey', 'rule', dashed=True),
        *arrow(20, 180, 600, 180),
        circle(600, 40, 20, 'sand'),
        polygon([(500, 20), (540, 20), (520, 60)], 'violet'),
        text(20, 30, Words('Waiting </script>', '等待'), bold=True),
    ]
    steps = [
        Step([*shared, rect(20, 60, 100 * n, 40, 'blue')], Words(f'Step {n} waits.', f'第 {n} 步在等。'))
        for n in (1, 2, 3)
    ]
    return MovingPicture(Words('Who waits', '谁在等'), Words('A bar <each>.', '每步一条。'), steps, height=200, **more)


def spec_of(bundle) -> dict:
    return json.loads(frame._SPEC.search(bundle['text/html'])[1])


class Balanced(HTMLParser):
    """Every element that is opened is closed, in order; `outside` is the text that shows without any script."""

    def __init__(self, page: str):
        super().__init__()
        self.open, self.outside = [], ''
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert not dict(attrs).get('id'), 'two on a page would clash'
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {'script', 'style'} & set(self.open):
            self.outside += data


def test_it_is_whole_without_the_network_and_without_a_script():
    bundle = picture()._repr_mimebundle_()
    assert tuple(bundle) == STORED
    page = bundle['text/html']
    assert not re.search(r'https?://(?!www\.w3\.org/2000/svg)|\b(?:src|href)="(?!data:)|@import|url\(', page)
    assert Balanced(page).outside.split() == ['Step', '3', 'waits.'], 'the caption of the still, and no stray word'
    assert html.escape('Who waits. A bar <each>. Step 3 waits.') in page
    image = Image.open(io.BytesIO(base64.b64decode(bundle['image/png'])))
    assert image.size == (960, 300)
    assert f'base64,{bundle["image/png"]}"' in page
    assert bundle['text/plain'].endswith('\nStep 3 waits.')


@pytest.mark.parametrize('still', [0, 1, -1])
def test_the_still_is_the_step_that_was_chosen(still):
    bundle = picture(still=still)._repr_mimebundle_()
    image = Image.open(io.BytesIO(base64.b64decode(bundle['image/png']))).convert('RGB')
    blue = [x for x in range(960) if image.getpixel((x, 120)) == tuple(bytes.fromhex(PALETTE['blue'][0][1:]))]
    assert abs(len(blue) - 150 * (still % 3 + 1)) <= 2


def test_what_steps_share_is_stored_once_and_comes_back_in_order():
    made = picture()
    spec = spec_of(made._repr_mimebundle_())
    assert len(spec['shapes']) == len(made.steps[0].shapes) + 2
    for number, step in enumerate(made.steps):
        assert frame._shapes(spec, number) == step.shapes


def test_an_output_turns_into_another_language_and_back():
    english, chinese = (picture(language=which)._repr_mimebundle_() for which in ('en', 'zh'))
    assert frame.turned(english, 'zh') == chinese != english
    assert frame.turned(chinese, 'en') == english
    assert english['image/png'] != chinese['image/png']
    assert '<div class="moving-picture" lang="zh">' in chinese['text/html']
    other = {'text/html': '<p>a table</p>', 'text/plain': 'a table'}
    assert frame.turned(other, 'zh') == other


def test_the_language_is_the_one_that_the_kernel_was_told(monkeypatch):
    for told, expected in (('zh', 'zh'), ('ZH_cn', 'zh'), ('en', 'en'), ('', 'en')):
        monkeypatch.setenv('COURSE_LANG', told)
        assert picture()._repr_mimebundle_() == picture(language=expected)._repr_mimebundle_()


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="fill='pink' is none of the colours"):
        rect(0, 0, 1, 1, 'pink')
    with pytest.raises(ValueError, match='cannot be read from the last row; at least 16'):
        text(0, 0, 'small', 12)
    with pytest.raises(ValueError, match='needs a step'):
        MovingPicture(Words('a', 'a'), Words('b', 'b'), [], 100)
    with pytest.raises(ValueError, match="language='fr'"):
        picture(language='fr')
    many = [Step([text(n, n, f'{n} {m}') for m in range(90)], Words('a', 'a')) for n in range(40)]
    with pytest.raises(ValueError, match=r'A lot: [\d,]+ bytes to store, at most 60,000'):
        MovingPicture(Words('A lot', '很多'), Words('b', 'b'), many, 100)._repr_mimebundle_()


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize('theme', [0, 1], ids=['light', 'dark'])
def test_letters_can_be_read_on_every_area(theme):
    def contrast(one, two):
        light, dark = sorted((luminance(PALETTE[one][theme]), luminance(PALETTE[two][theme])), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    lines = [name for name in PALETTE if name.endswith('_line')]
    areas = [name for name in PALETTE if name not in ('ink', 'quiet', 'rule', *lines)]
    assert min(contrast('ink', area) for area in areas) >= 4.5
    assert min(contrast(name, 'paper') for name in ('quiet', *lines)) >= 4.5
    assert contrast('rule', 'paper') >= 3


def test_words_are_filled_in_in_their_own_language(monkeypatch):
    monkeypatch.setattr(words, '_chinese', lambda: {'{who} waits': '{who}在等', 'a user': '一位用户'})
    assert words.say('{who} waits', who=words.say('a user')) == Words('a user waits', '一位用户在等')
    assert words.say('{n:.1f} s', n=2) == Words('2.0 s', '2.0 s')


def test_a_shape_of_any_kind_is_drawn():
    """The still and the browser know the same shapes."""
    kinds = {shape.tag for step in picture().steps for shape in step.shapes}
    assert kinds == {'rect', 'line', 'polygon', 'circle', 'text'}
    with pytest.raises(KeyError):
        frame.png([Shape('path', ())], 10, 10, 'en')


def shown(chromium, bundles, width=900, scripts=True, body=''):
    """A page that holds these outputs, in a tab of this width."""
    tab = chromium.new_page(viewport={'width': width, 'height': 800}, java_script_enabled=scripts)
    tab.on('pageerror', lambda error: pytest.fail(str(error)))
    tab.on('request', lambda request: request.url.startswith('data:') or pytest.fail(request.url))
    pages = ''.join(bundle['text/html'] for bundle in bundles)
    tab.set_content(f'<!doctype html><meta charset="utf-8"><body {body}>{pages}</body>')
    return tab


def test_the_slider_moves_picture_and_caption_and_leaves_the_neighbour_alone(chromium):
    one = picture(language='en')._repr_mimebundle_()
    tab = shown(chromium, [one, one])
    first, second = tab.locator('.moving-picture').all()
    assert first.locator('svg[role=img] > title').text_content() == 'Who waits'
    assert first.locator('p[aria-live=polite]').inner_text() == 'Step 1 waits.'
    before = second.inner_html()
    bars = first.locator('rect[fill="var(--m-blue)"]')
    assert bars.get_attribute('width') == '100'
    first.get_by_role('slider').focus()
    tab.keyboard.press('ArrowRight')
    assert (bars.get_attribute('width'), first.locator('p').inner_text()) == ('200', 'Step 2 waits.')
    first.get_by_role('button', name='Next').press('Enter')
    assert (bars.get_attribute('width'), first.locator('p').inner_text()) == ('300', 'Step 3 waits.')
    assert first.get_by_role('button', name='Next').is_disabled()
    first.get_by_role('button', name='中文').click()
    assert first.locator('p').inner_text() == '第 3 步在等。'
    assert '等待' in first.locator('svg').inner_html()
    assert second.inner_html() == before
    tab.close()


def test_play_goes_to_the_end_and_stops(chromium):
    tab = shown(chromium, [picture(language='en')._repr_mimebundle_()])
    tab.clock.install()
    tab.get_by_role('button', name='Play').click()
    assert tab.locator('p').get_attribute('aria-live') == 'off'
    tab.clock.run_for(1600)
    assert tab.locator('p').inner_text() == 'Step 2 waits.'
    tab.clock.run_for(5000)
    assert tab.locator('p').inner_text() == 'Step 3 waits.'
    assert tab.locator('p').get_attribute('aria-live') == 'polite'
    tab.get_by_role('button', name='Play').wait_for()
    tab.close()


@pytest.mark.parametrize('language', ['en', 'zh'])
def test_a_phone_needs_no_scrolling_to_the_side(chromium, language):
    tab = shown(chromium, [picture(language=language)._repr_mimebundle_()], width=360)
    assert tab.evaluate('document.documentElement.scrollWidth') == 360
    tab.close()


def test_it_follows_the_theme_of_its_page(chromium):
    tab = shown(chromium, [picture()._repr_mimebundle_()], body='style="background: #111"')
    root = tab.locator('.moving-picture')
    assert 'moving-dark' in root.get_attribute('class')
    tab.evaluate("document.body.style.background = 'white'")
    tab.wait_for_function("!document.querySelector('.moving-dark')")
    tab.close()


def test_without_a_script_the_still_stands_there(chromium):
    tab = shown(chromium, [picture(language='en')._repr_mimebundle_()], scripts=False)
    assert tab.locator('img').bounding_box()['width'] > 600
    assert tab.locator('p').inner_text() == 'Step 3 waits.'
    assert tab.get_by_role('button').count() == 0
    tab.close()
