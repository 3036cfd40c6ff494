"""The site's two editions, for Sphinx: `make site` builds English, and with `-t zh` Chinese (docs/build.py)."""

import sys
from importlib.resources import files
from pathlib import Path

import sphinx.search

sys.path.insert(0, str(Path(__file__).parent))
import pages

ZH = tags.has('zh')  # noqa: F821  Sphinx's own
EDITION = pages.ZH if ZH else pages.EN

project = html_title = EDITION.title
author = copyright = ''
language = EDITION.language
root_doc = f'{EDITION.home}/README'
include_patterns = list(EDITION.sources)
source_suffix = {'.md': 'myst-nb', '.ipynb': 'myst-nb', '.json': 'myst-nb'}

extensions = ['myst_nb', 'sphinx.ext.mathjax']
nb_execution_mode = 'off'
nb_ipywidgets_js = {}  # from a CDN; pages.py says instead where a widget works
nb_merge_streams = True
myst_enable_extensions = ['attrs_inline', 'dollarmath']
myst_heading_anchors = 4
mathjax_path = 'tex-svg.js'  # one file, with its fonts

html_theme = 'sphinx_book_theme'
html_theme_options = {
    'home_page_in_toc': True,
    'use_fullscreen_button': False,
    'navbar_persistent': [],
    'article_header_end': ['language.html', 'article-header-buttons.html'],
    'search_bar_text': EDITION.words['search'],
}
html_context = {'default_mode': 'auto'}  # dark or light as the reader's system has it, and a button for it
templates_path = ['templates']
html_static_path = ['static', str(files('mathjax') / 'static' / 'mathjax' / 'es5' / 'tex-svg.js')]
html_css_files = ['course.css']
html_show_sphinx = html_show_copyright = html_use_index = False
html_search_language = 'zh'  # in both editions: the English glossary has Chinese words
sphinx.search.languages['zh'] = pages.Bigrams


def setup(app):
    pages.setup(app, EDITION)
