"""The decks of `make slides`: nothing is cut, nothing is lost, nothing is fetched; the speaker's view and the PDF."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import chapters
import nbformat
import pytest
import slides
import stills
from browser import chromium_path

ROOT = Path(__file__).resolve().parents[2]
SIZES = (1280, 720), (1920, 1080)
# Every step of a deck: what of it lies outside of the window, what is set too small, how many steps there are.
MEASURE = r"""() => {
  const outside = [], small = [];
  let steps = 0;
  const look = (slide) => {
    steps += 1;
    for (const node of slide.querySelectorAll('*')) {
      const box = node.getBoundingClientRect();
      if (node.closest('aside.notes') || !box.width || !box.height) continue;
      const cell = (node.closest('.jp-Cell') || {}).id;
      const where = `slide ${JSON.stringify(Reveal.getIndices())}, ${cell}: ${node.tagName}`;
      if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1)
        outside.push(`${where} ends at ${Math.round(box.right)} × ${Math.round(box.bottom)}`);
      if (node.matches('pre') && parseFloat(getComputedStyle(node).fontSize) * node.currentCSSZoom < 15)
        small.push(where);
    }
  };
  for (const slide of Reveal.getSlides()) {
    const {h, v} = Reveal.getIndices(slide);
    Reveal.slide(h, v, -1);
    look(slide);
    while (Reveal.availableFragments().next) { Reveal.nextFragment(); look(slide); }
  }
  return {outside, small, steps};
}"""


def made(out: Path, *arguments: str) -> Path:
    """The folder, with what `make slides` writes there."""
    command = [sys.executable, ROOT / 'tools' / 'slides.py', '--out', out, *arguments]
    environment = os.environ | {'PYTHONPATH': str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope='module')
def decks(tmp_path_factory) -> dict[tuple[str, str], Path]:
    """Each deck by language and chapter."""
    out = made(tmp_path_factory.mktemp('slides'))
    found = {(path.parent.name, path.name.split('.')[0]): path for path in out.glob('*/*.slides.html')}
    assert found.keys() == {(language, path.stem) for language in ('en', 'zh') for path in chapters.CHAPTERS}
    return found


@pytest.fixture
def open_deck(chromium):
    """Open a deck; what it asks the network for and what fails in it are in the lists `asked` and `failed`."""
    pages = []

    def opened(path: Path, query: str = ''):
        page = chromium.new_page(viewport=dict(zip(('width', 'height'), SIZES[0], strict=True)))
        pages.append(page)
        page.asked, page.failed = [], []
        page.on('request', lambda r: r.url.startswith(('file:', 'data:', 'blob:')) or page.asked.append(r.url))
        page.on('requestfailed', lambda r: page.failed.append(r.url))
        page.on('pageerror', lambda error: page.failed.append(str(error)))
        page.goto(path.as_uri() + query)
        page.wait_for_selector('html[data-ready=yes]')
        return page

    yield opened
    for page in pages:
        page.close()


def squeezed(text: str) -> str:
    return re.sub(r'\s+', '', text)


def test_every_step_of_every_deck_fits_and_nothing_is_fetched(decks, open_deck):
    """At both sizes; and all code of the chapter is there, wherever it was cut."""
    for (language, name), path in decks.items():
        page = open_deck(path)
        for width, height in SIZES:
            page.set_viewport_size({'width': width, 'height': height})
            page.wait_for_function('Math.abs(Reveal.getScale() - innerWidth / 1280) < 0.01')
            found = page.evaluate(MEASURE)
            assert not found['outside'], (language, name, width, found['outside'][:3])
            assert not found['small'], (language, name, found['small'])
            assert found['steps'] > 20
        assert (page.asked, page.failed) == ([], []), (language, name)
        shown = squeezed(
            page.evaluate("[...document.querySelectorAll('.slides pre')].map((p) => p.textContent).join('')")
        )
        source = slides.EDITIONS[language] / f'{name}.ipynb'
        cells = [c for c in nbformat.read(source, as_version=4).cells if c.metadata.slideshow.slide_type != 'skip']
        lost = [c.id for c in cells if c.cell_type == 'code' and squeezed(c.source) not in shown]
        assert not lost, (language, name)
        page.close()


def test_the_speakers_view_has_a_timer_and_the_presenters_page(decks, open_deck):
    page = open_deck(decks['zh', '03_kv_cache'])
    with page.expect_popup() as opened:
        page.keyboard.press('s')
    view = opened.value
    view.wait_for_selector('.timer')
    view.wait_for_function("document.querySelector('.speaker-controls-notes .value').textContent.includes('目标')")
    assert re.fullmatch(r'\d+:\d+:\d+', squeezed(view.inner_text('.timer')))
    page.evaluate('Reveal.slide(1, 0)')
    view.wait_for_function("document.querySelector('.speaker-controls-notes .value').textContent.includes('⏱')")
    view.close()


@pytest.mark.deep
def test_a_deck_is_printed_slide_by_slide(tmp_path):
    chromium_path()
    made(tmp_path, '--pdf', '00_setup')
    for language in slides.EDITIONS:
        printed = (tmp_path / language / '00_setup.slides.pdf').read_bytes()
        assert len(re.findall(rb'/Type\s*/Page\b', printed)) > 30
        assert set(re.findall(rb'/MediaBox\s*\[0 0 ([\d.]+ [\d.]+)\]', printed)) == {b'960 540'}


def test_a_widget_without_a_kernel_stands_still():
    """Everything that stored widgets of the chapters say is in their stills."""
    for path in chapters.CHAPTERS:
        notebook = nbformat.read(path, as_version=4)
        models = notebook.metadata.get('widgets', {}).get(stills.STATE, {}).get('state', {})
        for output in (o for c in notebook.cells if c.cell_type == 'code' for o in c.outputs):
            if stills.VIEW in output.get('data', {}) and not stills.is_progress_bar(output):
                drawn = stills.still(models, output.data[stills.VIEW]['model_id'])
                assert '<' in drawn, (path.name, json.dumps(output.data)[:200])
