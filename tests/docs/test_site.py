"""The site of `make site`, from a folder and without a network: links, languages, search, plots, maths, phone, dark.

Its packages are none of the course; `make site` puts them into an environment of their own, and without it these tests
are skipped (in CI they fail).
"""

import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import chapters
import pytest

ROOT = Path(__file__).resolve().parents[2]
HOME = {'en': 'notebooks', 'zh': 'notebooks/zh'}
pytestmark = pytest.mark.deep


class Page(HTMLParser):
    """What a page of the site is made of: its ids, where its links lead, what it loads."""

    def __init__(self, path: Path):
        super().__init__()
        self.path, self.ids, self.links, self.loads, self.pictures, self.switch = path, set(), [], [], 0, []
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[name] for name in ('id', 'name') if found.get(name)}
        if tag == 'a' and 'href' in found:
            self.links.append(found['href'])
            if 'btn-language' in found.get('class', ''):
                self.switch.append(found['href'])
        if tag in ('script', 'img', 'iframe', 'source'):
            self.loads += [found['src']] if 'src' in found else []
            self.pictures += tag == 'img'
        elif tag == 'link' and found.get('rel') != 'canonical':
            self.loads.append(found['href'])

    def target(self, link: str) -> tuple[Path, str]:
        """The file and the anchor that a link of this page leads to."""
        parts = urlsplit(link)
        path = (self.path.parent / unquote(parts.path)).resolve() if parts.path else self.path
        return path, unquote(parts.fragment)


def is_outside(link: str) -> bool:
    return link.startswith(('http:', 'https:', '//'))


@pytest.fixture(scope='module')
def site(tmp_path_factory) -> Path:
    python = ROOT / 'build' / 'site-env' / 'bin' / 'python'
    if not python.exists():
        (pytest.fail if os.environ.get('CI') else pytest.skip)('no packages of the site: make site')
    built = ROOT / 'build' / 'site'
    if os.environ.get('CI') and (built / 'index.html').exists():
        return built  # .ci/run has just built it of this checkout
    out = tmp_path_factory.mktemp('site') / 'site'
    done = subprocess.run([python, ROOT / 'docs' / 'build.py', '--out', out], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope='module')
def pages(site) -> dict[Path, Page]:
    own = {'_static', 'slides'}  # decks have tests of their own
    return {p: Page(p) for p in sorted(site.rglob('*.html')) if not own & {*p.relative_to(site).parts}}


def html_of(site: Path, language: str, source: str) -> Path:
    return site / language / HOME[language] / Path(source).with_suffix('.html')


def test_everything_a_learner_reads_has_a_page_in_both_languages(site):
    folder = ROOT / 'notebooks'
    names = [path.relative_to(folder) for path in [*folder.glob('*.md'), *chapters.ALL]]
    assert len(names) > 20
    assert not [(n, to) for to in HOME for n in names if not html_of(site, to, n).exists()]
    records = [path.relative_to(ROOT).with_suffix('.html') for path in ROOT.glob('records/**/*.json')]
    assert records
    assert not [(record, to) for to in HOME for record in records if not (site / to / record).exists()]


def test_every_link_and_anchor_leads_somewhere(pages):
    dead, followed = [], 0
    for page in pages.values():
        for link in page.links:
            if is_outside(link) or link.startswith(('mailto:', 'javascript:')):
                continue
            followed += 1
            path, anchor = page.target(link)
            there = path.is_file() and (not anchor or path not in pages or anchor in pages[path].ids)
            if not there:
                dead.append((str(page.path), link))
    assert followed > 2000
    assert not dead


def test_nothing_is_loaded_from_outside(site, pages):
    loads = [(page, link) for page in pages.values() for link in page.loads if not link.startswith('data:')]
    assert len(loads) > 500
    assert not [(str(page.path), link) for page, link in loads if is_outside(link)]
    assert not [(str(page.path), link) for page, link in loads if not page.target(link)[0].is_file()]
    sheets = list(site.rglob('*.css'))
    assert sheets
    assert not [sheet for sheet in sheets if re.search(r'(url\(|@import)\s*["\']?(https?:)?//', sheet.read_text())]


def same_page(name: Path) -> Path:
    """A page of the site in the other language, if there is one."""
    language, rest = name.parts[0], str(Path(*name.parts[1:]))
    other = {'en': 'zh', 'zh': 'en'}[language]
    if re.fullmatch(r'(homework/|deploy/class/|records/)?README(_zh-CN)?\.html', rest):
        return Path(other, rest).with_name({'en': 'README.html', 'zh': 'README_zh-CN.html'}[other])
    return Path(other, re.sub(f'^{HOME[language]}/', f'{HOME[other]}/', rest))


def test_each_page_leads_to_the_same_page_in_the_other_language(site, pages):
    alone = []
    for path, page in pages.items():
        if path.name in ('search.html', 'index.html'):
            continue
        (link,) = page.switch
        wanted = same_page(name := path.relative_to(site))
        if not (site / wanted).exists():
            alone.append(str(name))
            wanted = Path(wanted.parts[0], HOME[wanted.parts[0]], 'README.html')
        assert page.target(link)[0] == site / wanted, name
    known = ('deploy', 'lmdeploy_cpu', 'models/tiny-chat', 'models/tiny-vlm')
    assert alone == [f'en/{folder}/README.html' for folder in known], 'the pages that only English has'


@pytest.mark.parametrize('language', HOME)
def test_a_notebook_is_shown_as_it_is_stored_and_can_be_downloaded(site, pages, language):
    for source in chapters.ALL:
        name = source.relative_to(ROOT / 'notebooks')
        page = pages[html_of(site, language, name)]
        stored = ROOT / HOME[language] / name
        downloads = [page.target(link)[0] for link in page.links if '_sources/' in link]
        assert [path.read_bytes() for path in downloads] == [stored.read_bytes()], name
        text, widgets, plots = page.path.read_text(encoding='utf-8'), 0, 0
        for cell in json.loads(stored.read_text(encoding='utf-8'))['cells']:
            for output in cell.get('outputs', ()):
                data = output.get('data', {})
                plots += 'image/png' in data and 'text/html' not in data  # a picture that moves, moves
                plain = ''.join(data.get('text/plain', ''))
                kind = 'application/vnd.jupyter.widget-view+json'
                widgets += kind in data and not {'text/html', 'image/png'} & data.keys() and '%|' not in plain
        assert text.count('make lab</code>') >= widgets, name
        assert '0%|' not in text, f'{name}: a progress bar that stands still'
        drawn = len(set(re.findall(r'<img[^>]*src="[^"]*_images/[0-9a-f]{32,}\.png"', text)))
        assert drawn == plots, name


def test_a_record_says_what_it_is_and_has_its_plots(site, pages):
    for path in ROOT.glob('records/*/*.json'):
        record = json.loads(path.read_text(encoding='utf-8'))
        for language in HOME:
            page = site / language / path.relative_to(ROOT).with_suffix('.html')
            text = page.read_text(encoding='utf-8')
            assert not [x for x in (record['device'], record['date'], *record['versions'].values()) if x not in text]
            rows = [row for rows in record['data'].values() if isinstance(rows, list) for row in rows]
            assert text.count('<tr>') >= sum(isinstance(row, dict) for row in rows)
            wanted = {'speed': 4, 'scaling': 2, 'first_speed': 1, 'kv_cache': 1, 'quantised': 2}
            assert pages[page].pictures == wanted.get(path.stem, 0) * (path.parent.name == 'h200'), page


@pytest.fixture
def tab(chromium):
    """tab(width) -> a page of a browser that has no network; whatever is asked of one fails the test."""
    contexts, asked = [], []

    def route(way):
        if way.request.url.startswith(('file:', 'data:', 'blob:')):
            way.continue_()
        else:
            asked.append(way.request.url)
            way.abort()

    def open_tab(width: int = 1400, **options):
        context = chromium.new_context(viewport={'width': width, 'height': 900}, **options)
        contexts.append(context)
        context.set_offline(True)
        context.route('**/*', route)
        return context.new_page()

    yield open_tab
    for context in contexts:
        context.close()
    assert not asked


@pytest.mark.parametrize(
    ('language', 'query', 'source'),
    [
        ('zh', '占满整张卡', '03_kv_cache.ipynb'),  # in the middle of a sentence
        ('zh', '屋顶线', 'deep/03_roofline_and_prefix_caching.ipynb'),
        ('zh', 'cache_max_entry_count', '03_kv_cache.ipynb'),
        ('en', 'paged attention', 'glossary.md'),
        ('en', '词表', 'glossary.md'),  # its Chinese column
    ],
)
def test_search_finds(site, tab, language, query, source):
    page = tab()
    page.goto(html_of(site, language, 'README.md').as_uri())
    page.locator('button.search-button-field:visible').click()
    field = page.locator('dialog input[name=q]')
    field.fill(query)
    field.press('Enter')
    page.wait_for_url('**/search.html?q=*')
    page.locator('#search-results ul.search li').first.wait_for()
    page.wait_for_function("document.querySelector('#search-results h2').textContent !== Search.title")
    found = page.eval_on_selector_all('#search-results li a', 'links => links.map(link => link.href.split(/[?#]/)[0])')
    assert html_of(site, language, source).as_uri() in found
    page.goto(page.url.split('?')[0] + '?q=%E9%BE%98%E9%9D%90')  # characters that stand nowhere
    page.wait_for_function("document.querySelector('#search-results p.search-summary')?.textContent")
    assert page.locator('#search-results li').count() == 0


@pytest.mark.parametrize(('language', 'other', 'title'), [('en', '中文', 'KV 缓存'), ('zh', 'English', 'The KV cache')])
def test_a_click_changes_the_language(site, tab, language, other, title):
    page = tab()
    page.goto(html_of(site, language, '03_kv_cache.ipynb').as_uri())
    page.get_by_role('link', name=other, exact=True).first.click()
    page.locator('article h1', has_text=title).wait_for()


@pytest.mark.parametrize(('locale', 'title'), [('en-GB', 'The way through the course'), ('zh-CN', '课程路线')])
def test_it_opens_in_the_reader_s_language(site, tab, locale, title):
    page = tab(locale=locale)
    page.goto((site / 'index.html').as_uri())
    page.locator('article h1', has_text=title).wait_for()


@pytest.mark.parametrize('language', HOME)
def test_maths_is_drawn(site, tab, language):
    page = tab()
    page.goto(html_of(site, language, 'deep/02_sampling.ipynb').as_uri())
    page.locator('mjx-container svg').first.wait_for(state='attached')
    assert page.locator('mjx-container svg').count() == page.locator('.math').count() > 5
    assert page.locator('mjx-merror').count() == 0


@pytest.mark.parametrize('language', HOME)
def test_dark_and_light(site, tab, language):
    page = tab(color_scheme='dark')
    page.goto(html_of(site, language, '03_kv_cache.ipynb').as_uri())
    ground = 'getComputedStyle(document.body).backgroundColor'
    dark = page.evaluate(ground)
    page.locator('button.theme-switch-button:visible').click()
    page.locator('button.theme-change-button[data-mode=light]:visible').click()
    assert page.evaluate('document.documentElement.dataset.theme') == 'light'
    assert page.evaluate(ground) == 'rgb(255, 255, 255)' != dark


@pytest.mark.parametrize('language', HOME)
def test_nothing_sticks_out_on_a_phone(site, tab, language):
    page = tab(390)
    records = [f'{language}/records/h200/kv_cache.html', f'{language}/records/cpu/vision_models.html']
    names = ('README.md', 'glossary.md', 'old_commands.md', '00_setup.ipynb', '03_kv_cache.ipynb', '09_homework.ipynb')
    shown = [html_of(site, language, name) for name in names] + [site / record for record in records]
    shown += [site / 'en' / 'homework' / 'README.html'] if language == 'en' else []
    wide = {}
    for path in shown:
        page.goto(path.as_uri())
        wide[path.name] = page.evaluate('document.documentElement.scrollWidth')
    assert set(wide.values()) == {390}, wide
