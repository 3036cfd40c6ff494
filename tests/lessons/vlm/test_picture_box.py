"""Pictures of shapes, and the box to choose one in, with a pipeline that answers by rule."""

from types import SimpleNamespace

import numpy as np
import pytest
from widget_support import widgets_alive

from lessons.vlm import draw_shapes, picture_box
from lessons.vlm.box import PLACES, SHAPES


class Pipe:
    """Says what colour is in the middle of the picture, or fails."""

    def __init__(self):
        self.asked, self.fails = [], None

    def __call__(self, prompt, gen_config=None):
        if isinstance(self.fails, Exception):
            raise self.fails
        self.asked.append((prompt[0], gen_config))
        middle = prompt[1].getpixel((120, 120))
        return SimpleNamespace(text=f'<{middle}>', finish_reason=self.fails or 'stop', error_message='no room')


@pytest.mark.parametrize('shape', SHAPES)
def test_each_shape_lies_where_it_was_asked_for(shape):
    for place, (x, y) in PLACES.items():
        image = draw_shapes((shape, 'red', place), background='yellow')
        rows, columns = np.nonzero((np.asarray(image) == (255, 0, 0)).all(axis=2))
        assert len(rows) > 500
        assert abs(columns.mean() / 240 - x) < 0.01
        assert abs(rows.mean() / 240 - y) < 0.06  # a triangle is heavier below
        assert image.getpixel((239, 239)) == (255, 255, 0)


def test_shapes_differ_and_two_may_be_drawn():
    assert len({draw_shapes((shape, 'red', 'middle')).tobytes() for shape in SHAPES}) == len(SHAPES)
    both = draw_shapes(('circle', 'red', 'left'), ('square', 'blue', 'right'))
    assert (both.getpixel((53, 120)), both.getpixel((187, 120))) == ((255, 0, 0), (0, 0, 255))


@pytest.mark.parametrize('wrong', [('cube', 'red', 'left'), ('circle', 'red', 'somewhere'), ('circle', 'no', 'left')])
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match=r'somewhere|cube|unknown color'):
        draw_shapes(wrong)


def test_the_box_asks_about_the_picture_that_it_shows():
    pipe = Pipe()
    box = picture_box(pipe, gen_config='CONFIG')
    assert box.ask('What is it?') == '<(255, 255, 255)>'
    assert pipe.asked == [('What is it?', 'CONFIG')]
    assert '&lt;(255' in box._line.value
    before = box._picture.value
    shape, colour, place = box._shapes[0]
    shape.value, colour.value, place.value = 'square', 'green', 'middle'
    assert box._picture.value != before
    assert '255' not in box._line.value  # the old answer was about another picture
    box._button.click()
    assert box.answer == '<(0, 128, 0)>'
    shape.value = 'nothing'
    assert box.ask() == '<(255, 255, 255)>'


@pytest.mark.parametrize('fails', ['error', ValueError('no room')])
def test_an_error_is_shown(fails):
    pipe = Pipe()
    pipe.fails = fails
    box = picture_box(pipe)
    assert box.ask() == ''
    assert 'no answer: no room' in box._line.value


def test_close_leaves_no_widget_behind():
    before = set(widgets_alive())
    box = picture_box(Pipe())
    assert set(widgets_alive()) > before
    box.close()
    assert set(widgets_alive()) == before
    assert repr(box) == 'PictureBox()'


def test_what_cuts_an_answer_off_is_said():
    box = picture_box(
        lambda prompt, gen_config: SimpleNamespace(text='a r', finish_reason='length', generate_token_len=2)
    )
    assert box.ask('What is it?') == 'a r'
    assert 'cut off after 2 tokens' in box._line.value
