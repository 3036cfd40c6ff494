"""The chat page in headless Chromium, with LMDeploy's server and with one that answers by rule.

COURSE_STORE_PICTURE=1 stores the page's pictures for the chapters, in imgs/web_ui.png and imgs/vlm_page.png.
"""

import asyncio
import concurrent.futures
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest
from browser import started_browser
from chat_support import KEY, ROOT, LMDeployServer, RuleServer, environment, free_port
from patience import PATIENCE_S, wait_until
from PIL import Image, ImageDraw

from lessons.serving import api_server
from lessons.serving.clients import page as web_ui
from lessons.serving.clients.api import Answer, ChatError, ChatServer
from lessons.serving.clients.page_events import WebChat, data_url, speed
from lessons.w4a16 import w4a16_folder

HOSTILE = (
    'before <script>window.hit = 1</script><img src="x" onerror="window.hit = 2"><svg onload="window.hit = 3"></svg>'
    '<a href="javascript:window.hit = 4">link</a> ![p](http://outside.example/picture.png?secret)\n\n'
    '<iframe src="http://outside.example/frame"></iframe><img src="http://outside.example/two.png"> after'
)


# Chromium's own business, whatever page it shows; the fonts and scripts that pages take from there are not.
CHROMIUMS_OWN = re.compile(
    rb'(CONNECT |\w+ http://)(?!fonts|ajax|www)[\w.-]+\.(google\.com|googleapis\.com|gvt1\.com)[:/]'
)


class Outside:
    """The proxy that stands for everything but this machine; `seen` is what was asked of it."""

    def __init__(self):
        self.seen = []
        self.listening = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self.listening.getsockname()[1]}'
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                with connection:
                    self.seen.append(connection.recv(200))


class Page:
    """A process of the page."""

    def __init__(self, outside, *options, start_s=PATIENCE_S, **changes):
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        proxy = dict.fromkeys(('HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'), outside.url)
        self.process = subprocess.Popen(
            [sys.executable, '-u', '-m', 'lessons.serving.clients.page', '--port', str(self.port), *options],
            env=environment(**proxy | changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ''
        late = threading.Timer(start_s, self.process.kill)
        late.start()
        for line in self.process.stdout:
            self.said += line
            if 'Ctrl-C' in line:
                break
        else:
            raise AssertionError(self.said)
        late.cancel()

    def end(self):
        """Ctrl-C -> what it said at the end"""
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=PATIENCE_S)[0]


@pytest.fixture(scope='module')
def outside():
    """As the page's process would see it."""
    outside = Outside()
    yield outside
    outside.listening.close()


@pytest.fixture(scope='module')
def beyond():
    """As the browser would see it."""
    beyond = Outside()
    yield beyond
    beyond.listening.close()


@pytest.fixture(scope='module')
def chromium(beyond):
    with started_browser(f'--proxy-server={beyond.url}') as browser:
        yield browser


@pytest.fixture
def tab(chromium):
    """tab(url) -> a new browser tab with the page in it"""
    opened = []

    def open_tab(url):
        opened.append(chromium.new_page(viewport={'width': 1280, 'height': 800}))
        opened[-1].goto(url)
        opened[-1].wait_for_selector('#status .dot')
        return opened[-1]

    yield open_tab
    for t in opened:
        t.close()


@pytest.fixture(scope='module')
def real(chat_server, outside):
    page = Page(outside, chat_server.url)
    yield page
    page.end()


@pytest.fixture(scope='module')
def rule():
    server = RuleServer(answers={'hostile': HOSTILE, 'half': 'half an answer', '你好': '你好，我是规则。'})
    yield server
    server.close()


@pytest.fixture(scope='module')
def ruled(rule, outside):
    page = Page(outside, rule.url, '--vision')
    yield page
    assert 'Traceback' not in page.end()


def send(tab, text):
    tab.fill('#message textarea', text)
    deadline = time.monotonic() + PATIENCE_S
    while message(tab) == text and time.monotonic() < deadline:  # Enter does nothing until the last answer is all there
        tab.press('#message textarea', 'Enter')
        with contextlib.suppress(AssertionError):
            wait_until(lambda: message(tab) != text, timeout_s=3)


def answers(tab):
    return [a.inner_text() for a in tab.query_selector_all('#chat .bot .prose')]


def wait_for_text(tab, selector, text):
    tab.wait_for_selector(f'{selector} >> text={text}', timeout=1000 * PATIENCE_S)


def in_thread(function, *arguments):
    """Call it where no event loop runs: playwright's does in this thread."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def message(tab):
    return tab.input_value('#message textarea')


def test_a_conversation_with_lmdeploy(real, chat_server, tab):
    t = tab(real.url)
    assert t.inner_text('#status') == f'tiny-chat at {chat_server.url}'
    assert not t.is_visible('#image')
    t.fill('#temperature input[type=number]', '0')
    send(t, '我叫小明。')
    wait_for_text(t, '#speed', 'tokens/s')
    assert message(t) == ''
    send(t, '我叫什么名字？')
    wait_until(lambda: len(answers(t)) == 2 and '小明' in answers(t)[1])
    wait_for_text(t, '#speed', 'tokens/s')
    send(t, '讲一个故事')
    states = set()

    def grown():
        states.update(answers(t)[2:])
        return len(answers(t)) == 3 and 'tokens/s' in t.inner_text('#speed')

    wait_until(grown)
    longest = max(states, key=len)
    assert sum(longest.startswith(s) for s in states) > 5  # it was seen growing
    assert t.evaluate('document.documentElement.scrollHeight <= innerHeight')  # the chat scrolls, not the page


@pytest.fixture(scope='module')
def w4a16(tmp_path_factory):
    """tiny-chat in 4 bit, by LMDeploy's own command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        return w4a16_folder(ROOT / 'models' / 'tiny-chat')


def test_the_homework_w4a16_at_a_ratio_of_0_4(w4a16, outside, tab, tmp_path):
    settings = {'cache_max_entry_count': 0.4, 'session_len': 1024, 'model_format': 'awq'}
    with api_server(w4a16, **settings, model_name=w4a16.name) as server:
        page = Page(outside, server.url, LMDEPLOY_API_KEY=server.environment()['LMDEPLOY_API_KEY'])
        t = tab(page.url)
        assert t.inner_text('#status') == f'tiny-chat-4bit at {server.url}'
        t.fill('#temperature input[type=number]', '0')
        for number, text in enumerate(('我叫小明。', '我叫什么名字？', '讲一个故事'), 1):
            send(t, text)
            wait_until(lambda number=number: len(answers(t)) == number)
            wait_for_text(t, '#speed', 'tokens/s')
        assert '小明' in answers(t)[1]
        picture = ROOT / 'imgs' / 'web_ui.png' if os.environ.get('COURSE_STORE_PICTURE') else tmp_path / 'page.png'
        t.screenshot(path=picture)
        page.end()
    assert len(Image.open(picture).convert('RGB').getcolors(1 << 20)) > 50
    assert picture.stat().st_size < 150 * 1024


def test_the_page_in_chinese(outside, tab, tmp_path):
    """All that the page says is Chinese; what it says of the server, too."""
    rule = RuleServer()
    page = Page(outside, rule.url, COURSE_LANG='zh')
    assert '请在浏览器中打开' in page.said
    t = tab(page.url)
    wait_for_text(t, '#status', f'rule 位于 {rule.url}')
    seen = t.inner_text('body') + ' '.join(
        t.eval_on_selector_all('[placeholder]', 'all => all.map(e => e.placeholder)')
    )
    for words in (
        'LMDeploy 对话',
        '发送',
        '停止',
        '系统提示词',
        '温度',
        '0：总是取最可能的词元',
        '回答的最大词元数',
        '清空对话',
    ):
        assert words in seen, words
    assert '输入消息；Enter 发送' in seen
    assert not re.findall(r'[a-z]{3,} [a-z]{3,}', seen.replace(rule.url, '')), seen
    t.screenshot(path=tmp_path / 'page_zh.png')
    rule.close()
    wait_for_text(t, '#status', f'{rule.url} 没有服务器应答：它在运行吗？')
    send(t, '你好')
    wait_for_text(t, '#speed', '你的消息已放回输入框')
    page.end()


def test_a_server_that_goes_away_and_comes_back(real, chat_server, tab):
    t = tab(real.url)
    t.fill('#temperature input[type=number]', '0')
    send(t, '我叫小明。')
    wait_for_text(t, '#speed', 'tokens/s')
    send(t, '讲一个故事')
    wait_until(lambda: len(answers(t)) == 2 and '，' in answers(t)[1])
    chat_server.kill()
    wait_for_text(t, '#speed', 'went away')
    assert message(t) == '讲一个故事'
    assert len(answers(t)) == 1
    wait_for_text(t, '#status', 'is it running')
    t.press('#message textarea', 'Enter')
    wait_for_text(t, '#speed', 'no server answers')
    assert message(t) == '讲一个故事'
    chat_server.start()
    wait_for_text(t, '#status', 'tiny-chat at')
    send(t, '我叫什么名字？')
    wait_until(lambda: len(answers(t)) == 2 and '小明' in answers(t)[1])


@pytest.mark.deep  # with the others that need this server
def test_a_model_that_sees_nothing_says_so(chat_server, tmp_path, monkeypatch):
    monkeypatch.setenv('LMDEPLOY_API_KEY', KEY)
    Image.new('RGB', (30, 20), 'red').save(tmp_path / 'red.png')
    image = str(tmp_path / 'red.png')

    async def last():
        return [s async for s in WebChat(ChatServer(chat_server.url)).send('what is it', image, [], '', 1, 1, 20)][-1]

    field, slot, chat, turns, line = in_thread(asyncio.run, last())
    assert 'Multimodal input is not supported by this model' in line
    assert (field, slot, chat, turns) == ('what is it', image, [], [])


def test_the_settings_and_the_image_are_sent(ruled, rule, tab, tmp_path):
    t = tab(ruled.url)
    t.fill('#system textarea', '要友好')
    t.fill('#limit input', '40')
    t.fill('#temperature input[type=number]', '0.5')
    t.fill('#top-p input[type=number]', '0.9')
    Image.new('RGB', (3000, 1500), 'red').save(tmp_path / 'red.png')
    t.set_input_files('#image input[type=file]', tmp_path / 'red.png')
    t.wait_for_selector('#image img')
    send(t, 'look')
    wait_for_text(t, '#speed', '40 tokens in')
    sent = rule.requests[-1]
    assert (sent['temperature'], sent['top_p'], sent['max_tokens'], sent['model']) == (0.5, 0.9, 40, 'rule')
    system, user = sent['messages']
    assert system == {'role': 'system', 'content': '要友好'}
    assert user['content'][0] == {'type': 'text', 'text': 'look'}
    assert user['content'][1]['image_url']['url'].startswith('data:image/jpeg;base64,')
    assert t.wait_for_selector('#chat .user img')
    assert answers(t) == ['LOOK']


def test_a_model_that_sees_describes_the_chapters_tiger(outside, tab, tmp_path):
    chapter = nbformat.read(ROOT / 'notebooks' / '06_vlm.ipynb', as_version=4)
    drawing = {'Image': Image, 'ImageDraw': ImageDraw}
    exec(next(cell.source for cell in chapter.cells if cell.id == 'tiger'), drawing)
    drawing['tiger'].save(tmp_path / 'tiger.png')
    server = LMDeployServer(tmp_path / 'log.txt', ROOT / 'models' / 'tiny-vlm')
    page = Page(outside, server.url, '--vision')
    try:
        t = tab(page.url)
        t.set_viewport_size({'width': 1280, 'height': 960})  # all of the tiger
        t.fill('#temperature input[type=number]', '0')
        t.set_input_files('#image input[type=file]', tmp_path / 'tiger.png')
        t.wait_for_selector('#image img')
        send(t, 'describe this image')
        wait_for_text(t, '#speed', 'tokens/s')
        assert 'tiger' in answers(t)[0]
        send(t, '背景是什么颜色的？')  # about the picture of the first turn
        wait_until(lambda: len(answers(t)) == 2 and '白色' in answers(t)[1])
        wait_for_text(t, '#speed', 'tokens/s')
        picture = ROOT / 'imgs' / 'vlm_page.png' if os.environ.get('COURSE_STORE_PICTURE') else tmp_path / 'page.png'
        t.screenshot(path=picture)
        assert len(Image.open(picture).convert('RGB').getcolors(1 << 20)) > 50
        assert picture.stat().st_size < 150 * 1024
    finally:
        page.end()
        server.kill()


def test_stop_keeps_what_came_and_ends_the_request(ruled, rule, tab):
    rule.left.clear()
    t = tab(ruled.url)
    send(t, 'endless')
    wait_until(lambda: answers(t) and 'more more' in answers(t)[0])
    t.click('#stop')
    t.fill('#message textarea', 'typed at once')
    assert rule.left.wait(PATIENCE_S)
    time.sleep(1)
    assert message(t) == 'typed at once'
    send(t, 'next')
    wait_until(lambda: answers(t)[-1:] == ['NEXT'])
    first, partial, last = [m['content'] for m in rule.requests[-1]['messages']]
    assert (first, last) == ('endless', 'next')
    assert partial.startswith('more more')


def test_stop_before_anything_came_gives_the_message_back(ruled, tab):
    t = tab(ruled.url)
    send(t, 'silent')
    wait_for_text(t, '#chat', '…')
    t.click('#stop')
    wait_until(lambda: message(t) == 'silent' and not answers(t))


def test_half_an_answer_does_not_stay(ruled, rule, tab):
    t = tab(ruled.url)
    send(t, 'half')
    wait_for_text(t, '#speed', 'broke the answer off')
    assert message(t) == 'half'
    assert not answers(t)
    send(t, 'whole')
    wait_until(lambda: answers(t)[-1:] == ['WHOLE'])
    assert [m['content'] for m in rule.requests[-1]['messages']] == ['whole']


def test_tabs_have_conversations_of_their_own_and_clear_forgets(ruled, rule, tab):
    one, two = tab(ruled.url), tab(ruled.url)
    send(one, 'first')
    wait_until(lambda: answers(one)[-1:] == ['FIRST'])
    send(two, '你好')
    wait_until(lambda: answers(two)[-1:] == ['你好，我是规则。'])
    assert [m['content'] for m in rule.requests[-1]['messages']] == ['你好']
    wait_for_text(one, '#speed', 'tokens/s')
    send(one, 'second')
    wait_until(lambda: answers(one)[-1:] == ['SECOND'])
    assert [m['content'] for m in rule.requests[-1]['messages']] == ['first', 'FIRST', 'second']
    wait_for_text(two, '#speed', 'tokens/s')
    two.click('#clear')
    wait_until(lambda: not answers(two))
    send(two, 'third')
    wait_until(lambda: answers(two)[-1:] == ['THIRD'])
    assert [m['content'] for m in rule.requests[-1]['messages']] == ['third']


def test_two_tabs_are_answered_at_once(ruled, tab):
    one, two = tab(ruled.url), tab(ruled.url)
    send(one, 'endless')
    wait_until(lambda: answers(one) and 'more more' in answers(one)[0])
    send(two, 'quick')
    wait_until(lambda: answers(two)[-1:] == ['QUICK'])
    one.click('#stop')


def test_markup_in_an_answer_does_nothing_and_nothing_leaves_this_machine(ruled, outside, beyond, tab):
    t = tab(ruled.url)
    asked = []
    t.on('request', lambda request: asked.append(request.url))
    t.reload()
    t.wait_for_selector('#status .dot')
    send(t, 'hostile')
    wait_until(lambda: answers(t) and 'after' in answers(t)[0])
    wait_for_text(t, '#speed', 'tokens/s')
    for link in t.query_selector_all('#chat .bot a'):
        link.evaluate('link => { link.target = "_self"; link.click() }')
    time.sleep(1)
    assert t.evaluate('window.hit') is None
    assert not t.query_selector('#chat .bot script')
    assert asked
    reached = [url for url in asked if not url.startswith((ruled.url, 'data:', 'blob:'))]
    assert not [url for url in reached if 'outside.example' not in url]
    # Chromium names what the page's policy then stopped; a proxy sees what it did not stop, links opened ahead too.
    assert not [line for line in beyond.seen if not CHROMIUMS_OWN.match(line)]
    assert not outside.seen


@pytest.mark.parametrize('path', ['/etc/passwd', str(ROOT / 'README.md'), 'README.md', '../../etc/passwd'])
def test_no_file_of_the_machine_can_be_read(path, ruled):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f'{ruled.url}/gradio_api/file={path}')
    assert refused.value.code in (403, 404)


def test_it_listens_on_this_machine_only(ruled):
    listening = [c.laddr for c in psutil.Process(ruled.process.pid).net_connections() if c.status == 'LISTEN']
    assert listening == [('127.0.0.1', ruled.port)]
    assert f'Open {ruled.url}' in ruled.said
    assert f'ssh -CN -L {ruled.port}:127.0.0.1:{ruled.port} ' in ruled.said
    assert KEY not in ruled.said + ' '.join(psutil.Process(ruled.process.pid).cmdline())


def test_a_wrong_key_is_said(ruled, rule, tab, monkeypatch, capsys):
    t = tab(ruled.url)
    monkeypatch.setattr(rule, 'key', 'another')
    wait_for_text(t, '#status', 'refused the key')
    send(t, 'hello')
    wait_for_text(t, '#speed', 'refused the key')
    assert message(t) == 'hello'
    monkeypatch.setenv('LMDEPLOY_API_KEY', KEY)
    assert in_thread(web_ui.key_asked_for, rule.url) is None  # no terminal here to ask at
    assert 'refused the key' in capsys.readouterr().out


def test_with_model_it_starts_a_server_and_ends_it(outside, tab, tmp_path):
    """Also where the environment holds another server's key, and when it is ended by SIGTERM."""
    with tempfile.TemporaryDirectory(dir='/tmp') as temporary:  # a short name: LMDeploy makes a socket in there
        changes = {'LMDEPLOY_API_KEY': "another server's", 'XDG_CACHE_HOME': str(tmp_path), 'TMPDIR': temporary}
        page = Page(outside, '--model', str(ROOT / 'models' / 'tiny-chat'), **changes)
        try:
            family = psutil.Process(page.process.pid).children(recursive=True)
            assert family
            t = tab(page.url)
            send(t, 'Hello!')
            wait_for_text(t, '#speed', 'tokens/s')
        finally:
            page.process.terminate()
        assert 'Traceback' not in page.process.communicate(timeout=PATIENCE_S)[0]
        assert not psutil.wait_procs(family, timeout=PATIENCE_S)[1]
        assert not list(Path(temporary).glob('web-ui-*'))


def test_a_taken_port_gives_way_unless_it_was_asked_for(monkeypatch):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(web_ui, 'PORT', port)
        assert web_ui.page_port(None) > port
        done = subprocess.run(
            [sys.executable, '-m', 'lessons.serving.clients.page', 'http://127.0.0.1:9', '--port', str(port)],
            capture_output=True,
            text=True,
            env=environment(),
        )
    assert done.returncode == 1
    assert f'port {port} is taken: leave --port out' in done.stderr


@pytest.mark.parametrize('words', [[], ['http://127.0.0.1:9', '--model', 'x']])
def test_it_wants_one_of_url_and_model(words, capsys):
    with pytest.raises(SystemExit):
        web_ui.main(words)
    assert 'either URL or --model PATH' in capsys.readouterr().err


def test_a_model_that_is_nowhere(capsys):
    with pytest.raises(SystemExit) as ended:
        web_ui.main(['--model', '/nowhere/model'])
    assert '/nowhere/model' in str(ended.value)


def test_the_speed_is_of_the_servers_count():
    answer = Answer('four words of text', 'stop', 10, 60, ttft_s=0.5, time_s=2.0)
    assert re.sub('<.*?>|&nbsp;', '', speed(answer, 512)).startswith('30.0 tokens/s')
    assert 'the first after 0.50 s' in speed(answer, 512)
    cut = Answer('', 'length', 10, 60, ttft_s=0.5, time_s=2.0)
    assert 'maximum of 60 tokens' in speed(cut, 60)
    assert 'context is full (70 tokens)' in speed(cut, 512)


def test_a_file_that_is_no_image(tmp_path):
    path = tmp_path / 'image.png'
    path.write_text('no image')
    with pytest.raises(ChatError, match='cannot be read'):
        data_url(str(path))
