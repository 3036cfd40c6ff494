"""The three pages of twenty lines, and a demo's, run as programs and driven in headless Chromium."""

import json
import runpy
import sys
from pathlib import Path

import psutil
import pytest
from chat_support import KEY, RuleServer, free_port
from patience import PATIENCE_S, wait_until
from PIL import Image, ImageDraw

from lessons.publish import Limits, demo, dry_run

ROOT = Path(__file__).resolve().parents[3]
PAGES = ROOT / 'lessons' / 'publish' / 'pages'
ENDLESS = {'do_sample': False, 'ignore_eos': True}  # until the limit, which is minutes away for whoever waits
pytestmark = pytest.mark.deep


@pytest.fixture
def tab(chromium):
    opened = chromium.new_page(viewport={'width': 900, 'height': 700})
    yield opened
    opened.close()


@pytest.fixture
def run(monkeypatch):
    """run(name, argument) -> (address, what the program's file defines); the program goes on in this process."""
    import gradio as gr

    monkeypatch.setenv('LMDEPLOY_CPU_MEMORY_GB', '2')
    shown, launch = [], gr.ChatInterface.launch

    def without_waiting(page, **options):
        assert options == {'server_name': '127.0.0.1'}, 'for this machine alone'
        shown.append(page)
        return launch(page, **options, prevent_thread_lock=True, quiet=True, server_port=free_port())

    def run(name, argument):
        monkeypatch.setattr(sys, 'argv', [name, str(argument)])
        monkeypatch.setattr(gr.ChatInterface, 'launch', without_waiting)
        defined = runpy.run_path(str(PAGES / f'{name}.py'), run_name='__main__')['answer'].__globals__
        return shown[-1].local_url, defined

    yield run
    for page in shown:
        page.close(verbose=False)


def ask(tab, question):
    field = tab.locator('textarea').first
    field.fill(question)
    field.press('Enter')


def answers(tab) -> list[str]:
    said = [text.strip() for text in tab.locator('.bot.message').all_inner_texts()]
    return [text for text in said if text != 'Loading content']  # what stands there before the first word


def is_done(tab, count):
    """The answers, when the last of `count` has ended: the field sends again."""
    return answers(tab) if len(answers(tab)) == count and tab.locator('.submit-button').count() else None


# In the page itself: on a busy machine an answer would end between a look and a click from outside.
STOP = """() => {
    const said = [...document.querySelectorAll('.bot.message')].at(-1), stop = document.querySelector('.stop-button');
    window.lengths = (window.lengths ?? new Set()).add(said?.innerText.length);
    if (!stop || !(said?.innerText.length > 20) || window.lengths.size < 4) return false;
    stop.click();
    window.lengths = null;
    return true;
}"""


def press_stop(tab):
    """While the answer grows; -> what stands there a while later, and does not grow any more."""
    tab.wait_for_function(STOP, polling=10, timeout=PATIENCE_S * 1000)
    wait_until(lambda: tab.locator('.submit-button').count())
    said = answers(tab)[-1]
    tab.wait_for_timeout(1000)
    assert answers(tab)[-1] == said
    return said


@pytest.mark.parametrize('name', ['on_pipeline', 'on_server', 'with_pictures'])
def test_a_page_has_about_twenty_lines(name):
    lines = (PAGES / f'{name}.py').read_text().splitlines()
    code = [line for line in lines if line.strip() and not line.startswith(('import', 'from', '"""'))]
    assert len(code) <= 25


def test_the_page_on_the_engine(run, tab):
    url, defined = run('on_pipeline', ROOT / 'models' / 'tiny-chat')
    tab.goto(url)
    engine, limit = defined['pipe'].async_engine, defined['LIMIT']
    defined['LIMIT'] = type(limit)(max_new_tokens=900, **ENDLESS)
    ask(tab, 'Tell me a story.')
    press_stop(tab)
    wait_until(lambda: not defined['pipe'].session_mgr.sessions)  # the engine ended too
    defined['LIMIT'] = type(limit)(max_new_tokens=64, do_sample=False)
    ask(tab, 'Who are you?')
    said = wait_until(lambda: is_done(tab, 2))
    assert 'tiny-chat' in said[1]
    assert engine is defined['pipe'].async_engine
    defined['pipe'].close()


def test_the_page_on_a_server(run, tab, monkeypatch):
    monkeypatch.setenv('LMDEPLOY_API_KEY', KEY)
    server = RuleServer()
    url, _ = run('on_server', server.url)
    tab.goto(url)
    ask(tab, 'endless')
    press_stop(tab)
    assert server.left.wait(PATIENCE_S), 'the server would write on for nobody'
    ask(tab, 'and now?')
    assert wait_until(lambda: is_done(tab, 2))[1] == 'AND NOW?'
    turns = server.requests[-1]['messages']
    assert [turn['role'] for turn in turns] == ['user', 'assistant', 'user'], 'the conversation goes along'
    assert KEY not in tab.content()
    server.close()


def test_the_page_with_pictures(run, tab, tmp_path):
    picture = tmp_path / 'circle.png'
    drawing = Image.new('RGB', (480, 360), 'white')
    ImageDraw.Draw(drawing).ellipse((140, 80, 340, 280), fill='red')
    drawing.save(picture)
    url, defined = run('with_pictures', ROOT / 'models' / 'tiny-vlm')
    limit = type(defined['LIMIT'])
    defined['LIMIT'] = limit(max_new_tokens=64, do_sample=False)
    tab.goto(url)
    tab.locator('input[type=file]').first.set_input_files(picture)
    tab.locator('.thumbnail-item, .thumbnails img').first.wait_for()
    ask(tab, 'What do you see?')
    assert 'red circle' in wait_until(lambda: is_done(tab, 1))[0]
    ask(tab, 'Which colour is it?')
    assert 'red' in wait_until(lambda: is_done(tab, 2))[1], 'the picture of the first turn is seen again'
    defined['LIMIT'] = limit(max_new_tokens=1500, **ENDLESS)
    ask(tab, 'What do you see?')
    press_stop(tab)
    wait_until(lambda: not defined['pipe'].session_mgr.sessions)
    defined['pipe'].close()


def test_a_demo_runs_dry_and_keeps_its_limits(tab, tmp_path, monkeypatch):
    """As the platform starts it, in this environment, whose versions are checked first."""
    limits = Limits(answer_tokens=1500, conversation_tokens=2048, questions_a_minute_each=3, question_characters=60)
    folder = demo(ROOT / 'models' / 'tiny-chat', tmp_path / 'a demo', title='Mine', limits=limits)
    settings = json.loads((folder / 'settings.json').read_text())
    (folder / 'settings.json').write_text(json.dumps(settings | {'sampling': ENDLESS}))
    monkeypatch.setenv('A_TOKEN', 'not-for-the-app')
    seen = {}

    def visit(url):
        (app,) = [p for p in psutil.Process().children(recursive=True) if p.cmdline()[-1:] == ['app.py']]
        seen['environment'], seen['app'] = app.environ(), app
        listening = [c.laddr for c in app.net_connections('tcp') if c.status == psutil.CONN_LISTEN]
        seen['listens'] = [address.ip for address in listening if f':{address.port}' in url]
        tab.goto(url)
        wait_until(lambda: tab.title() == 'Mine')
        ask(tab, 'Tell me a story.')
        said = press_stop(tab)
        assert len(said) < 2500  # of 900 tokens
        ask(
            tab, '<img src=x onerror="document.title = 1"> **hello**'
        )  # Stop was the second question, this is the third
        wait_until(lambda: len(answers(tab)) == 2 and len(answers(tab)[1]) > 20)
        tab.locator('.stop-button').first.click()
        wait_until(lambda: tab.locator('.submit-button').count())
        assert tab.title() == 'Mine', 'what is said stays text'
        ask(tab, 'One more?')
        assert wait_until(lambda: is_done(tab, 3))[2] == settings['words']['too_often']
        tab.locator('textarea').first.fill('x' * 100)
        assert len(tab.locator('textarea').first.input_value()) <= 60

    port = free_port()
    shown = dry_run(folder, 'Who are you?', environment='this', port=port, visit=visit)
    assert 0 < shown.first_answer_s < shown.ready_s + PATIENCE_S
    assert shown.memory_mib > 300
    assert len(shown.answer) > 100
    assert (shown.exit_code, shown.url) == (0, f'http://127.0.0.1:{port}')
    assert seen['listens'] == ['127.0.0.1']
    assert not {'A_TOKEN', 'PYTHONPATH'} & seen['environment'].keys()
    assert not seen['app'].is_running()


def test_an_app_that_breaks_is_named_with_its_last_words(tmp_path):
    folder = demo(ROOT / 'models' / 'tiny-chat', tmp_path / 'demo')
    (folder / 'app.py').write_text("raise SystemExit('no such thing as a page')")
    with pytest.raises(RuntimeError, match='ended by itself: no such thing as a page'):
        dry_run(folder, environment='this', port=free_port())
