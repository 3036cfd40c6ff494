"""What the worked solutions drive: a terminal whose screen becomes a picture, and a page in a browser."""

import pytest
from chat_support import free_port
from PIL import Image

from homework.collect.browser import asked_on_page
from homework.collect.terminal import Terminal
from homework.evidence import HomeworkError

SHELL = ['bash', '--norc', '--noediting']


def test_what_is_typed_and_said_stands_on_the_screen(tmp_path):
    with Terminal(SHELL, env={'PS1': 'ready> ', 'TERM': 'xterm'}, cwd=tmp_path) as terminal:
        terminal.wait_for('ready> ')
        empty = Image.open(terminal.picture(tmp_path / 'empty.png'))
        assert terminal.typed(r"printf '\033[32m你好\033[0m %s\n' $((40 + 2))", until='ready> ') == '你好 42'
        full = Image.open(terminal.picture(tmp_path / 'full.png'))
        terminal.end('exit')
    assert empty.size == full.size == (1020, 680)
    assert (0x7E, 0xC6, 0x99) in {colour for _, colour in full.getcolors(1 << 20)}, 'in its colour'
    assert (0x7E, 0xC6, 0x99) not in {colour for _, colour in empty.getcolors(1 << 20)}


def test_a_program_that_ends_or_stays_silent_is_named():
    with (
        Terminal(['bash', '-c', 'echo last words']) as terminal,
        pytest.raises(HomeworkError, match=r'the program has ended: .*last words'),
    ):
        terminal.wait_for('never said')
    with (
        Terminal(['sleep', '60'], timeout_s=0.5) as terminal,
        pytest.raises(HomeworkError, match='does not say'),
    ):
        terminal.wait_for('never said')


def test_without_a_browser_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr('shutil.which', lambda name: None)
    with pytest.raises(HomeworkError, match='take the screenshot by hand'):
        asked_on_page('http://127.0.0.1:9', 'hello', tmp_path / 'page.png')


@pytest.mark.deep
def test_a_page_is_asked_and_pictured(tmp_path):
    import gradio as gr

    page = gr.ChatInterface(lambda message, history: message.upper(), api_name='chat')
    page.launch(server_name='127.0.0.1', server_port=free_port(), prevent_thread_lock=True, quiet=True)
    try:
        assert asked_on_page(page.local_url, 'hello there', tmp_path / 'page.png') == 'HELLO THERE'
    finally:
        page.close(verbose=False)
    assert Image.open(tmp_path / 'page.png').size == (1100, 760)
