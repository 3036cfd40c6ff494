"""Errors of lessons and homework, as a reader of Chinese sees them; each keeps its English to be searched for."""

import re
import zipfile

import pytest

from helpers.engine import engine_config
from helpers.records import load_record
from homework import begin_task
from homework.__main__ import main
from homework.collect.screenshots import store_screenshot
from homework.evidence import check_name, read_evidence
from homework.grade.unpack import unpack
from lessons.kv_cache.settings import EngineSettings
from lessons.serving import api_server
from lessons.serving.clients.api import server_url
from lessons.serving.guard.schema import check_schema
from lessons.serving.port import listen
from lessons.serving.tunnel import tunnel_command
from lessons.text_files import read_text_file
from lessons.vlm.box import draw_shapes
from translations.messages import shown


def file(folder, content: bytes, name='a.txt'):
    (folder / name).write_bytes(content)
    return folder / name


def zip_with(folder, name):
    with zipfile.ZipFile(folder / 'a.zip', 'w') as archive:
        archive.writestr(name, 'x')
    return folder / 'a.zip'


ERRORS = {
    'engine': (lambda p: engine_config(engine='x'), "LMDeploy's engines are", 'LMDeploy 的引擎是'),
    'ratio': (lambda p: engine_config(cache_max_entry_count=2), 'the share of the memory', '不含两端'),
    'argument': (lambda p: engine_config(quant_polic=8), 'close to it', "没有参数 'quant_polic'；相近的有："),
    'record': (lambda p: load_record('h200/none'), 'no record', '没有记录'),
    'settings': (lambda p: EngineSettings(engine='turbomind', device='cpu'), 'on CUDA only', '只能在 CUDA 上运行'),
    'model': (lambda p: api_server(p / 'gone').__enter__(), 'no such folder', '没有这个文件夹。`helpers.model_path'),
    'address': (lambda p: server_url('http://'), 'is no address', '不是地址'),
    'schema': (
        lambda p: check_schema({'type': 'number', 'multipleOf': 2}, 'format', answer=True),
        'without the type integer',
        '类型却不是 integer，LMDeploy 会忽略它',
    ),
    'port': (lambda p: listen('127.0.0.1', 0), 'a port is a number', '端口是 1 到 65535 之间的数'),
    'tunnel': (lambda p: tunnel_command(0), 'a port is a number', '端口是 1 到 65535 之间的数'),
    'text': (lambda p: read_text_file(p / 'gone'), 'is not there', '不存在'),
    'GBK': (lambda p: read_text_file(file(p, '你好，世界'.encode('gbk'))), 'is not UTF-8', 'encoding='),
    'JSON': (lambda p: read_text_file(file(p, b'{"a": ', 'a.jsonl')), 'is not JSON', '行不是 JSON'),
    'shape': (lambda p: draw_shapes(('cube', 'red', 'middle')), 'shapes circle', '形状有 circle'),
    'task': (lambda p: begin_task('stroy', 'Li'), "there is no task 'stroy'", "没有题目 'stroy'；题目有："),
    'name': (lambda p: check_name('your name here'), 'say your own name first', '请先在 learner_form() 的表单里'),
    'language': (lambda p: begin_task('story', 'Li', 'fr'), "'en' or 'zh'", "'en' 或 'zh'"),
    'evidence': (lambda p: read_evidence(file(p, b'{}', 'story.json')), 'not evidence', '请在笔记本里重做这道题'),
    'screenshot': (lambda p: store_screenshot(p / 'gone.png', 'x'), 'is not there', '不存在：请给出图片'),
    'empty zip': (lambda p: unpack(file(p, b''), p / 'out'), 'an empty file', '空文件：上传没有成功'),
    'bad zip': (lambda p: unpack(zip_with(p, '../x'), p / 'out'), 'leads outside', '指向作业之外'),
}


@pytest.mark.parametrize('name', ERRORS)
def test_an_error_in_both_languages(name, tmp_path):
    action, english, chinese = ERRORS[name]
    with pytest.raises(Exception, match=re.escape(english)) as raised:
        action(tmp_path)
    said = shown(raised.value, 'zh').replace(str(tmp_path), '')
    assert chinese in said, said
    ours = re.sub(r"'[^']*'|`[^`]*`|\([^()]*\)|（[^（）]*）", '', said)  # not names, commands, the system's reasons
    assert not re.search(r'\b(the|is|of|and|with)\b', ours), said


def test_the_command_line_speaks_chinese(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path))
    assert main(['check']) == 0
    said = capsys.readouterr().out
    assert '尚未完成' in said
    assert main(['pack']) == 1
    assert '中没有证据：请先做' in capsys.readouterr().err
    assert main(['grade', str(file(tmp_path, b'', 'a.zip')), '--no-scores', '--csv', str(tmp_path / 'g.csv')]) == 1
    assert '空文件：上传没有成功，请重新发送' in capsys.readouterr().err
