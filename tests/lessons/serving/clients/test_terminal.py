"""The terminal client in a pseudo-terminal, with LMDeploy's server and with one that answers by rule."""

import subprocess
import sys

import pexpect
import pytest
from chat_support import KEY, SESSION_LEN, RuleServer, environment, free_port
from patience import PATIENCE_S

PROMPT = 'double enter to end input >>> '
COMMAND = ['-m', 'lessons.serving.clients.terminal']


class Terminal(pexpect.spawn):
    """The client in a pseudo-terminal, waiting at its prompt."""

    def __init__(self, url, *options, **changes):
        super().__init__(
            sys.executable,
            [*COMMAND, url, *options],
            env=environment(**{'HTTP_PROXY': 'http://127.0.0.1:9'} | changes),  # a proxy is for the outside
            encoding='utf-8',
            timeout=PATIENCE_S,
            dimensions=(40, 400),
        )

    def say(self, text):
        """Type a message, and Enter twice."""
        self.send(text + '\r')
        self.send('\r')

    def answer(self):
        """What came until the next prompt."""
        self.expect_exact(PROMPT)
        return self.before

    def leaves(self):
        self.expect(pexpect.EOF)
        self.close()
        return 'Goodbye.' in self.before and 'Traceback' not in self.before and self.exitstatus == 0


@pytest.fixture
def rule():
    server = RuleServer(answers={'name': '我叫小明。', 'evil': 'a\x1b]0;title\x07b', 'half': 'half an ans'})
    yield server
    server.close()


@pytest.fixture
def terminal():
    """terminal(url, options…) -> Terminal; ended with the test"""
    opened = []

    def start(url, *options, **changes):
        opened.append(Terminal(url, *options, **changes))
        return opened[-1]

    yield start
    for t in opened:
        t.close(force=True)


def test_a_conversation_with_lmdeploy(chat_server, terminal):
    t = terminal(chat_server.url, '--temperature', '0')
    assert f'tiny-chat at {chat_server.url}' in t.answer()
    t.say('Hello!')
    assert 'tiny-chat' in t.answer()
    t.say('我叫小明。')
    assert '小明' in t.answer().replace('我叫小明。', '')
    t.say('我叫什么名字？')
    assert '小明' in t.answer()  # so the history was sent
    t.say('end')
    assert 'cleared' in t.answer()
    t.say('我叫什么名字？')
    assert '小明' not in t.answer()
    t.say('exit')
    assert t.leaves()


def test_ctrl_c_stops_the_answer_and_not_the_program(chat_server, terminal):
    t = terminal(chat_server.url, '--temperature', '0')
    t.answer()
    t.say('讲一个故事')
    t.expect('，')  # it has begun
    t.sendintr()
    assert '[stopped' in t.answer()
    t.say('Hello!')
    assert 'I am tiny-chat' in t.answer()
    t.sendintr()
    assert t.leaves()


def test_a_full_context_is_said_and_end_helps(chat_server, terminal):
    t = terminal(chat_server.url, '--temperature', '0')
    t.answer()
    for line in ['word ' * 60] * (SESSION_LEN // 60 + 1):  # a terminal's line has its limits
        t.send(line + '\r')
    t.send('\r')
    said = t.answer()
    assert 'the context is full' in said
    assert str(SESSION_LEN) in said
    assert 'type end' in said
    t.say('end')
    t.answer()
    t.say('Hello!')
    assert 'I am tiny-chat' in t.answer()


def test_a_server_that_dies_in_the_middle_of_an_answer_and_comes_back(chat_server, terminal):
    t = terminal(chat_server.url, '--temperature', '0')
    t.answer()
    t.say('我叫小明。')
    t.answer()
    t.say('讲一个故事')
    t.expect('，')
    chat_server.kill()
    said = t.answer()
    assert 'went away' in said
    assert 'Traceback' not in said
    t.send('\r')  # again
    assert 'is it running' in t.answer()
    chat_server.start()
    t.send('\r')
    assert '[' not in t.answer()
    t.say('我叫什么名字？')
    assert '小明' in t.answer()
    t.sendeof()
    assert t.leaves()


def test_what_is_sent(rule, terminal):
    """All turns, the options, and no half answer of a server that failed; of a stopped answer what came."""
    t = terminal(rule.url, '--system', '要友好', '--temperature', '0.5', '--top-p', '0.9', '--max-tokens', '40')
    t.answer()
    t.say('name')
    assert '我叫小明。' in t.answer()
    t.say('half')
    assert 'broke the answer off' in t.answer()
    t.send('错讲\x7f误\x7f\x7f讲 one\rtwo\r\r')  # two corrected characters, and two lines
    assert '讲 ONE\r\nTWO' in t.answer()
    t.say('endless')
    t.expect('more more more')
    t.sendintr()
    assert 'stopped' in t.answer()
    assert rule.left.wait(PATIENCE_S)  # the server can stop too
    t.say('last')
    assert 'LAST' in t.answer()
    sent = rule.requests[-1]
    assert (sent['temperature'], sent['top_p'], sent['max_tokens'], sent['model']) == (0.5, 0.9, 40, 'rule')
    system, *pairs = [m['content'] for m in sent['messages']]
    assert system == '要友好'
    assert pairs[:4] == ['name', '我叫小明。', '讲 one\ntwo', '讲 ONE\nTWO']
    assert pairs[4] == 'endless'
    assert pairs[5].startswith('more more')
    assert pairs[6:] == ['last']


def test_an_answer_cannot_command_the_terminal(rule, terminal):
    t = terminal(rule.url)
    t.answer()
    t.say('evil')
    assert 'a\ufffd]0;title\ufffdb' in t.answer()


def test_an_answer_that_reached_the_maximum_says_so(rule, terminal):
    t = terminal(rule.url, '--max-tokens', '40')
    t.answer()
    t.say('long')
    assert 'cut off at the maximum of 40 tokens' in t.answer()


def test_a_wrong_key_is_asked_for_again_and_never_shown(rule, terminal):
    t = terminal(rule.url, LMDEPLOY_API_KEY='wrong')
    t.expect('refused the key')
    t.expect('key .*: ')
    t.send('wrong too\r')
    assert 'refused the key' in t.answer()
    t.say('hello')
    t.expect('key .*: ')
    t.send(KEY + '\r')
    said = t.answer()
    assert 'HELLO' in said
    assert KEY not in said
    t.say('again')
    assert 'AGAIN' in t.answer()


def test_without_a_key_and_without_a_terminal_it_says_what_to_do(rule):
    child = environment()
    del child['LMDEPLOY_API_KEY']
    done = subprocess.run(
        [sys.executable, *COMMAND, rule.url],
        input='hello\n',
        capture_output=True,
        text=True,
        env=child,
        timeout=PATIENCE_S,
    )
    assert 'wants a key ($LMDEPLOY_API_KEY can hold it)' in done.stdout
    assert not done.stderr


def test_a_pipe_is_answered(rule):
    done = subprocess.run(
        [sys.executable, *COMMAND, rule.url],
        input='一\n二\n\nlast words',
        capture_output=True,
        text=True,
        env=environment(),
        timeout=PATIENCE_S,
    )
    assert [r['messages'][-1]['content'] for r in rule.requests] == ['一\n二', 'last words']
    assert 'LAST WORDS' in done.stdout
    assert not done.stderr


def test_a_server_that_is_not_there_yet(terminal):
    port = free_port()
    t = terminal(f'127.0.0.1:{port}/v1', '--model', 'other')
    assert f'no server answers at http://127.0.0.1:{port}: is it running?' in t.answer()
    t.say('hello')
    assert 'Enter sends your message again' in t.answer()
    server = RuleServer(port)
    t.send('\r')
    assert "no model 'other'; it has: rule" in t.answer()
    server.close()


@pytest.mark.parametrize('url', ['ftp://127.0.0.1', 'http://', '127.0.0.1:port'])
def test_an_address_that_is_none(url):
    done = subprocess.run([sys.executable, *COMMAND, url], capture_output=True, text=True, env=environment())
    assert done.returncode == 2
    assert 'Traceback' not in done.stderr
    assert 'address' in done.stderr or 'Port' in done.stderr


def test_a_conversation_in_chinese(rule, terminal):
    """All that the client says; the prompt stays as `lmdeploy chat` has it, since programs wait for it."""
    t = terminal(rule.url, COURSE_LANG='zh')
    said = t.answer()
    assert '连按两次 Enter 发送' in said
    assert f'rule 位于 {rule.url}' in said
    t.say('long')
    assert '上下文已满，回答截断了（47 个词元）：请重新开始' in t.answer()
    t.say('half')
    assert f'[{rule.url} 的服务器中途断开了回答；按 Enter 再次发送你的消息]' in t.answer()
    t.say('end')
    assert '历史已清空。' in t.answer()
    rule.close()
    t.say('hello')
    assert '没有服务器应答：它在运行吗？' in t.answer()
    t.say('exit')
    t.expect_exact('再见。')
