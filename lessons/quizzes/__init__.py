"""Quizzes: `quiz('3.2')` shows the questions on section 3.2; every choice says why, a wrong one also where to look.

To add a question, write it into `chapter_03.toml`:

    [[question]]
    id = 'int8-total'               # a name of its own in all chapters
    quiz = '3.5'                    # the section at whose end it stands
    ask = 'KV int8 at the same ratio: what becomes of the total?'
    choices = [
        {key = 'smaller', say = 'It shrinks.', why = 'The ratio fixes the cache …', look = '3.5'},
        {key = 'same', say = 'It stays.', why = 'The tokens grow …', right = true},
    ]

`look` is a section ('3.5', of any chapter) or a page beside the notebooks ('glossary.md#kv-cache',
'deep/04_awq.ipynb').  `code` stands in backticks; there is no other markup.  Then

    python -m lessons.quizzes.words     # the new English goes into translations/zh/quizzes.po: write its Chinese there

and say in tests/lessons/quizzes/test_right_answers.py what shows that the answer is right: a function that works the
key out from the engine, a prediction, LMDeploy's source or a record; or the reason why nothing here can.  The cell with
`quiz('3.5')` has the tag `quiz`, stands at the end of its section, and is run as any other.

**Why not jupyterquiz** (2.9.6.4)?  All that it shows is made by its script: a code host, a notebook that is not trusted
and a PDF show nothing.  It puts random names into each output, so that no run is like the stored one, and 42 kB of
script and style.  Its own words are English, and where the page has no MathJax its script fetches it from a CDN.  Here
a choice is a `<details>`: no script at all, folded by the browser itself, with keyboard and screen reader; a code host
and a notebook that is not trusted keep it, and a PDF has the questions as text.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={'page': ['Quiz', 'quiz'], 'questions': ['Choice', 'Question']}
)
