"""Paths that name somebody, and keys, in every spelling that a text can have them in."""

import getpass
import json
import os
import time
import zipfile

import pytest
from homework_good import Builder, pack, recoded

from homework.collect.privacy import KEY, clean, clean_text, leaks
from lessons.serving.keys import leave_key, remove_key

PATHS = [
    (r'C:\Users\Wei Zhang\Desktop\a.png', r'~\Desktop\a.png'),
    ('c:/users/zhangwei/a.png', '~/a.png'),
    (r'C:\Documents and Settings\Wei Zhang\a', r'~\a'),
    (r'\Users\Wei Zhang\a', r'~\a'),
    (r'\\?\C:\Users\Wei Zhang\a', r'\\?\~\a'),
    (r"open C:\Users\Wei O'Zhang\a.png now", r'open ~\a.png now'),
    (r'C:\Users\Wei Zhang', '~'),
    (r'C:\Users\wei zhang', '~'),
    (r'in C:\Users\Wei Zhang and so on', 'in ~ and so on'),
    (r'"C:\Users\wei ming zhang" is it', '"~" is it'),
    ('PS C:\\Users\\Wei Zhang> python x.py', 'PS ~> python x.py'),
    (r'打开C:\Users\张伟\桌面\a.png，然后', r'打开~\桌面\a.png，然后'),
    (r"'C:\\Users\\Wei Zhang\\a.png'", r"'~\\a.png'"),
    (repr(repr(r'C:\Users\Wei Zhang\a.png')), '"\'~' + '\\' * 4 + 'a.png\'"'),
    (json.dumps(r'C:\Users\张伟\a.png'), r'"~\\a.png"'),
    (r'{"path":"\/home\/zhangwei\/a"}', r'{"path":"~\/a"}'),
    ('/mnt/c/Users/Wei Zhang/a.png', '~/a.png'),
    ('/mnt/c/users/zhangwei/a.png', '~/a.png'),
    ('/run/desktop/mnt/host/c/Users/zhangwei/a', '/run/desktop~/a'),
    ('/c/Users/Wei Zhang/a.png', '~/a.png'),
    ('/cygdrive/d/Users/Wei Zhang/a.png', '~/a.png'),
    (r'\\wsl.localhost\Ubuntu\home\zhangwei\a.png', r'~\a.png'),
    (r'\\wsl$\Ubuntu-24.04\home\zhangwei\a.png', r'~\a.png'),
    ('//wsl.localhost/Ubuntu/home/zhangwei/a.png', '~/a.png'),
    (r'\\server\share\zhangwei\a.png', r'[share]\a.png'),
    (r'\\server\homes\Wei Zhang', '[share]'),
    (r'\\server\c$\Users\Wei Zhang\a.png', r'[share]\a.png'),
    (repr(r'\\server\share\Wei Zhang\a.png'), r"'[share]\a.png'"),
    ('file:///C:/Users/Wei%20Zhang/a.png', 'file:///~/a.png'),
    ('file:///home/zhangwei/a.png', 'file:~/a.png'),
    ('C%3A%5CUsers%5Czhangwei%5Ca', '~%5Ca'),
    ('?path=%2Fhome%2Fzhangwei%2Fa', '?path=~%2Fa'),
    ('%252Fhome%252Fzhangwei%252Fa', '~%252Fa'),
    ('/Users/zhangwei/miniconda3/bin/python', '~/miniconda3/bin/python'),
    ('/home/zhangwei/miniconda3/envs/lmdeploy', '~/miniconda3/envs/lmdeploy'),
    ('/home/jovyan/work/a.ipynb', '~/work/a.ipynb'),
    ('/data1/home/zhangwei/a', '/data1~/a'),
    ('/home/Wei Zhang/a of Cygwin', '~/a of Cygwin'),
    ('/media/zhangwei/USB/a', '[disk]/USB/a'),
    ('/run/media/zhangwei/USB/a', '[disk]/USB/a'),
    ('/Volumes/Disk of Wei Zhang/a', '[disk]/a'),
    (r'C:\Users\ZHANGW~1\AppData', r'~\AppData'),
    ('/users/zhangwei/a', '~/a'),
    ('http://127.0.0.1:8888/lab/tree/home/zhangwei/a.ipynb', 'http://127.0.0.1:8888/lab/tree~/a.ipynb'),
    ('https://hub.example.edu/user/zhangwei/lab/tree/a', 'https://hub.example.edu/user/[name]/lab/tree/a'),
    ('https://zhangwei@example.org/a.git', 'https://example.org/a.git'),
]  # fmt: skip

KEYS = [
    ('sk-abcdefghijklmnop', KEY),
    ('sk-proj-1a2b', KEY),
    ('hf_abcdefghijklmnop', KEY),
    ('ghp_abcdefghijklmnop1234', KEY),
    ('github_pat_11AAAAAAA0abcdefgh', KEY),
    ('glpat-abcdefghijkl0', KEY),
    ('AIzaSyA1234567890abcdefghijklmnopqrstuv', KEY),
    ('AKIAABCDEFGHIJKLMNOP', KEY),
    ('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', KEY),
    ('Bearer abcdefgh1234', f'Bearer {KEY}'),
    ('authorization: bearer  abcdefgh1234', f'authorization: bearer  {KEY}'),
    ('Authorization: Basic dXNlcjpwYXNz', f'Authorization: Basic {KEY}'),
    ('x-api-key: abcdef12', f'x-api-key: {KEY}'),
    ('http://127.0.0.1:8888/lab?token=0a1b', f'http://127.0.0.1:8888/lab?token={KEY}'),
    ('http://a.example/?n=1&access_token=a1b2#x', f'http://a.example/?n=1&access_token={KEY}#x'),
    ('%3Ftoken%3Dabc123', f'%3Ftoken%3D{KEY}'),
    ('--api-keys mykey123', f'--api-keys {KEY}'),
    ('export OPENAI_API_KEY=abcdef123', f'export OPENAI_API_KEY={KEY}'),
    ("OpenAI(api_key='abc123def456')", f"OpenAI(api_key='{KEY}')"),
    (r'{\"api_key\": \"abc123456789\"}', rf'{{\"api_key\": \"{KEY}\"}}'),
    ('-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----', KEY),
]  # fmt: skip

HARMLESS = [
    'max_tokens=512000 MAX_TOKENS=512000', 'eos_token="<|im_end|>", pad_token=\'</s>\'', 'api_key="EMPTY"',
    r'a \\ b \\frac{1}{2}', r'line\\nfoo\\nbar', 'https://github.com/users/x', '/rootfs, /opt/conda/bin/python',
    'cd /home/\nls', r"re.compile(r'/home/[^/]+')", 'about 5 tokens: 12345678', r'C:\temp\a.png', 'D:/models/tiny-chat',
    'he/she', 'https://example.org/media/a/b.png',
    'https://example.org/lab/tree/a', 'ask-questions-1', '/home/<user>/x', r'\\', '//', 'http://',
]  # fmt: skip


@pytest.fixture(autouse=True)
def _somebody_else(monkeypatch):
    """The texts are of another machine than this one."""
    monkeypatch.setattr(getpass, 'getuser', lambda: 'somebody')
    for name in ('USER', 'LOGNAME', 'USERNAME', 'SUDO_USER', 'JUPYTERHUB_USER'):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(('text', 'wanted'), PATHS + KEYS)
def test_nobody_is_named_and_no_key_is_told(text, wanted):
    assert leaks(text) or '@' in text
    assert clean_text(text) == wanted
    assert leaks(wanted) == []


@pytest.mark.parametrize('text', HARMLESS)
def test_what_is_neither_stays(text):
    assert clean_text(text) == text
    assert leaks(text) == []


def test_ones_own_name_in_any_path_but_a_public_address(monkeypatch):
    monkeypatch.setenv('USERNAME', 'zhangwei')
    text = r'/data/zhangwei/a, D:\ZhangWei\a, ~zhangwei/a, %2Fscratch%2Fzhangwei%2Fa, zhangwei-a https://a.example/zhangwei/b'
    cleaned = (
        r'/data/[name]/a, D:\[name]\a, ~[name]/a, %2Fscratch%2F[name]%2Fa, zhangwei-a https://a.example/zhangwei/b'
    )
    assert clean_text(text) == cleaned


def test_the_key_of_a_server_that_another_notebook_runs(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    leave_key(23999, 'looks-like-any-word', os.getpid())
    assert clean_text('I sent looks-like-any-word to it') == f'I sent {KEY} to it'
    assert leaks(['looks-like-any-word']) == ['a key']
    remove_key(23999, os.getpid())
    assert leaks('looks-like-any-word') == []


def test_a_submission_full_of_them(tmp_path, monkeypatch):
    """In answers, questions, captions, code and settings; markup and JSON around them are not taken for paths."""
    builder = Builder('Ada', 'en')
    evidence = builder.all()['story']
    everything = '\n'.join(text for text, _ in PATHS + KEYS) + '\n' + '\n'.join(HARMLESS)
    evidence['answers'][0] |= {'text': everything, 'messages': [{'role': 'user', 'content': everything}]}
    evidence['run']['code'][0]['source'] = everything
    evidence['checks'] = [{'name': 'Python', 'state': 'OK', 'found': everything}]
    evidence['engines'][0]['asked'] = {'model': everything}
    with zipfile.ZipFile(pack({'story': recoded(clean(evidence))}, tmp_path, monkeypatch)) as archive:
        texts = [archive.read(name).decode().lower() for name in ('evidence.json', 'README.md', 'submission.html')]
    for name in ('zhang', '张', 'u5f20', 'jovyan', 'abcdefgh', 'abc123', 'b3blbnnz'):
        assert [name in text for text in texts] == [False] * 3, name
    assert 'MAX_TOKENS=512000'.lower() in texts[0]


@pytest.mark.parametrize(
    'piece',
    [
        'C:\\Users\\a b c d ',
        '/home/',
        '\\\\ab\\',
        '-_',
        '\\',
        'sk-',
        'eyJ-',
        'bearer:',
        '%25',
        '?token',
        '\\u5f20',
        ' ',
    ],
)
def test_the_time_grows_with_the_text_and_not_with_its_square(piece):
    text = (piece * 100_000)[:100_000]
    begun = time.process_time()
    clean_text(text)
    leaks(text)
    assert time.process_time() - begun < 20
