"""Pictures that move: one idea each, a few steps, a slider; where nothing can move, a still.

How to make one, in a file of its own:

    from lessons.pictures.frame import MovingPicture, Step
    from lessons.pictures.shapes import rect, text
    from lessons.pictures.words import say

    def waiting(seconds) -> MovingPicture:             # plain numbers come in, measured or computed
        steps = []
        for n, s in enumerate(seconds, 1):
            shapes = [
                rect(20, 40, 60 * s, 40, 'blue'),      # x, y, width, height in units, of which the page has 640
                text(20, 30, say('request {n}', n=n)), # words: say('an English template', with=values)
                text(30 + 60 * s, 66, f'{s:.1f} s'),   # a plain string is the same in both languages
            ]
            steps.append(Step(shapes, say('Request {n} waits {s:.1f} s.', n=n, s=s)))  # one sentence
        return MovingPicture(say('Who waits'), say('A bar for each request.'), steps, height=120, still=-1)

The last line of a cell shows it.  Each step draws all that is seen, from the back to the front; a shape that several
steps share is stored once.  `still` is the step of which the unmoved picture is made: the most telling one.  Colours
are names of `shapes.PALETTE`, which has each for light and for dark pages.  Words are English in the code; `python -m
lessons.pictures.words` brings translations/zh/pictures.po up to date, where their Chinese stands (a test wants all of
it).  An output is at most 60 kB, type at least 16 units; errors say so.

What is stored: `text/html`, a still with its caption and a script that puts the moving picture in its place; and
`image/png`, the same still.  GitHub, and JupyterLab for a notebook that it does not trust, show text/html first and
strip scripts, styles and inline SVG from it, yet keep an <img> with PNG data (SVG data came and went on GitHub); LaTeX
takes image/png, and SVG only where Inkscape is.  So the still is a PNG.  The language is the one that the kernel was
told (`COURSE_LANG`), a button changes it, and `tools/translate.py build` turns the outputs of the Chinese notebooks
(`frame.turned`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'awq_group': ['awq_group', 'typical_row'],
        'batching': ['batching_picture'],
        'blocks': ['block_explorer', 'block_picture'],
        'card': ['card_memory'],
        'frame': ['MovingPicture', 'Step'],
        'inside': ['inside_the_engine'],
        'into_a_vlm': ['way_into_a_vlm'],
        'one_token': ['one_token_at_a_time'],
    },
)
