"""No address of a mirror stands in the repository: which one to trust, the platform says, and it may change."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = r'(?:[\w-]+(?::[^@\s]*)?@)?(?P<host>[\w.-]+)'
URL = re.compile(rf'https?(?::|%3A)//{HOST}', re.I)
SETTING = re.compile(rf'(?:HF_ENDPOINT|INDEX_URL|index-url)["\'\s=]+(?:https?://)?{HOST}', re.I)
MIRROR = re.compile(
    r'mirror|\btuna\b|tsinghua|bfsu|ustc\.edu|sjtu|aliyun|tencent|huaweicloud|volces|douban|netease|163\.com|cernet',
    re.I,
)
NOBODYS = re.compile(r'(?:^|\.)(?:example|invalid|test|localhost)$|^127\.')  # RFC 2606


def mirrors(text: str) -> list[str]:
    """The hosts of mirrors, and whatever is set as an index or as the hub's endpoint."""
    named = [m['host'] for m in URL.finditer(text) if MIRROR.search(m['host'])]
    named += [m['host'] for m in SETTING.finditer(text) if '.' in m['host'].strip('.')]
    return [host for host in named if not NOBODYS.search(host.strip('.'))]


@pytest.mark.parametrize(
    ('text', 'host'),
    [
        ('pip install -i https://{} x', 'pypi.tuna.tsinghua.edu.cn'),
        ('"see http://{}/pypi/simple"', 'mirrors.aliyun.com'),
        ('https://user:word@{}/simple', 'mirror.company.cn'),
        ('`export HF_ENDPOINT=https://{}`', 'hf-mirror.com'),
        ('HF_ENDPOINT = "{}"', 'hub.somewhere.cn'),
        ('pip config set global.index-url https://{}/simple', 'packages.somewhere.cn'),
        ('pip install --index-url={}', 'packages.somewhere.cn'),
    ],
)
def test_a_mirrors_address_is_found(text, host):
    assert host in mirrors(text.format(host))


@pytest.mark.parametrize(
    'text',
    [
        'https://mirror.example/simple, http://127.0.0.1/mirror',
        'pip config set global.index-url ADDRESS-THAT-YOUR-PLATFORM-NAMES',
        '`HF_ENDPOINT=` its address. Then …',
        'https://github.com/someone/mirror, https://pypi.org/simple',
    ],
)
def test_what_is_none_is_left_alone(text):
    assert mirrors(text) == []


def test_no_address_of_a_mirror_stands_in_the_repository():
    listed = subprocess.run(['git', 'ls-files', '-z'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found, read = {}, 0
    for name in set(listed.split('\0')) - {''}:
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b'\0'
        if b'\0' not in content[:8000]:
            read += 1
            if hosts := mirrors(content.decode('utf-8', 'replace')):
                found[name] = sorted(set(hosts))
    assert read > 300
    assert found == {}
