"""What programs say, in Chinese: no line of the environment's check, and no error that is met often, stays English."""

import io
import re
from pathlib import Path

import pytest

from helpers import environment, models
from helpers.checkpoints.mending import inspect_checkpoint
from helpers.environment import check_environment, print_checks
from helpers.files import require_room
from helpers.models import Place, model_path
from translations import messages
from translations.messages import chinese, shown

HAN = re.compile(r'[\u4e00-\u9fff]')
# Two English words side by side, outside of commands, of names, and of what the system says.
ENGLISH = re.compile(r'\b[a-z]{2,} [a-z]{2,}\b')
NOT_OURS = re.compile(r'`[^`]*`|(?:pip|hf|modelscope|mkdir|git|export|libcuda)\b.*|[~/][\w./-]+')


@pytest.fixture
def zh(monkeypatch):
    monkeypatch.setenv('COURSE_LANG', 'zh')


@pytest.fixture
def read_anew():
    """The catalogue is read once: here, and after, again."""

    def forget():
        chinese.cache_clear()
        messages._templates.cache_clear()

    forget()
    yield
    forget()


def is_chinese(text: str) -> bool:
    """Whether a line is Chinese, or has no words: names, versions, numbers."""
    bare = NOT_OURS.sub('', text)
    return bool(HAN.search(bare)) or not ENGLISH.search(bare)


@pytest.mark.parametrize(
    ('english', 'said'),
    [
        ('port 8 is taken', '端口 8 已占用'),
        (OSError(98, 'port 8 is taken'), '端口 8 已占用'),
        (KeyError("there is no task 'x'; the tasks are: a, b"), "没有题目 'x'；题目有：a, b"),
        ('no CUDA device: this torch is built without CUDA', '没有 CUDA 设备：这个 torch 不带 CUDA'),
        ('~/m: has problems\n  folder: no such folder', '~/m：有问题\n  folder：没有这个文件夹'),
        # what follows a semicolon is a message of its own
        (
            'torch 2.10.0, built for CUDA 13.0; the driver goes up to CUDA 12.2',
            'torch 2.10.0，为 CUDA 13.0 编译；驱动最高支持 CUDA 12.2',
        ),
        ('ValueError: an empty folder', 'ValueError：空文件夹'),
        ('no message of ours: really, not one', 'no message of ours: really, not one'),
        ('', ''),
    ],
)
def test_a_message_and_its_values(zh, english, said):
    assert shown(english) == said


def test_english_stays(monkeypatch):
    assert shown('no such folder') == 'no such folder'
    assert shown('no such folder', 'zh') == '没有这个文件夹'
    monkeypatch.setenv('COURSE_LANG', 'fr')  # no language of the course: lab.py says so
    assert shown('no such folder') == 'no such folder'


def test_it_never_raises(zh, read_anew, monkeypatch, tmp_path):
    monkeypatch.setattr(messages, 'CATALOGUE', tmp_path / 'gone.po')
    assert shown('no such folder') == 'no such folder'
    (tmp_path / 'gone.po').write_text('msgid "no such folder"\nmsgstr "{"\n')
    assert shown(ValueError('no such folder')) in ('no such folder', '{')


def test_a_long_log_takes_no_time(zh):
    """Of a thousand lines, none a message; an exponent in the matching would take hours."""
    log = 'x y z: foo, bar; baz\n' * 1000
    assert shown(log) == log


# --- the check of the environment


def show(monkeypatch, name, answer) -> list[str]:
    """The lines of a report with one check in it."""
    monkeypatch.setattr(environment, 'CHECKS', {name: lambda: answer})
    out = io.StringIO()
    monkeypatch.setattr('sys.stdout', out)
    print_checks()
    monkeypatch.undo()
    return out.getvalue().splitlines()


def states(monkeypatch):
    """(check, what it answers) in states that a machine can be in."""
    yield from (('platform', environment._platform(*m)) for m in [('linux', 'x86_64', '6'), ('darwin', 'arm64', '24')])
    yield from (('Python', environment._python(v)) for v in [(3, 10, 9), (3, 12, 1)])
    real = environment._installed
    for name, version in [('torch', '2.11.0'), ('pexpect', None), ('ruff', None), ('lmdeploy', '0.9'), ('x', None)]:
        with monkeypatch.context() as m:
            m.setattr(
                environment, '_installed', lambda n, name=name, version=version: version if n == name else real(n)
            )
            yield 'packages', environment._packages()
            yield 'LMDeploy', environment._lmdeploy()
    for version in (None, '4.0.0'):
        with monkeypatch.context() as m:
            m.setattr(environment, '_installed', lambda n, version=version: version)
            yield 'transformers', environment._transformers()
            yield 'LMDeploy', environment._lmdeploy()
    for driver, cuda, works in [('580.1', (13, 0), True), ('470.8', (11, 4), False), (None, (0, 0), False)]:
        for hidden in (None, '', '7'):
            with monkeypatch.context() as m:
                m.setattr(environment, '_nvidia_driver', lambda driver=driver, cuda=cuda: (driver, cuda))
                m.setattr('torch.cuda.is_available', lambda works=works: works)
                m.setattr('torch.cuda.device_count', lambda: 2)
                m.setattr('torch.cuda.get_device_name', lambda: 'NVIDIA A100')
                m.setattr('torch.version.cuda', '12.8')
                m.delenv('CUDA_VISIBLE_DEVICES')
                if hidden is not None:
                    m.setenv('CUDA_VISIBLE_DEVICES', hidden)
                yield 'NVIDIA driver', environment._driver()
                yield 'CUDA', environment._cuda()
    for works in (True, False):
        with monkeypatch.context() as m:
            m.setattr(environment, '_torch_cuda', lambda works=works: works)
            m.setattr('helpers.engine.turbomind_import_error', lambda: 'libcuda.so.1: gone')
            yield 'TurboMind', environment._turbomind()
            for key in ('found', 'broken', 'absent'):
                places = [Place(Path('/m/x'), 'home', key, 'an empty folder')]
                m.setattr(models, 'model_places', lambda name, places=places: places)
                yield 'models', environment._models()
    yield 'widgets', environment._widgets()
    yield 'kernel', environment._kernel()
    with monkeypatch.context() as m:
        m.setattr(environment, '_lab_prefix', lambda: Path('/opt/lab'))
        yield 'widgets', environment._widgets()
        yield 'kernel', environment._kernel()
        m.setattr('importlib.util.find_spec', lambda name: None)
        yield 'widgets', environment._widgets()
    for available in (1 << 28, 1 << 40):
        with monkeypatch.context() as m:
            m.setattr(environment, 'available_memory', lambda available=available: available)
            yield 'memory', environment._memory()
    yield 'disk', environment._disk()
    with monkeypatch.context() as m:
        m.setattr(environment, 'DISK_CPU_GB', 10**9)
        yield 'disk', environment._disk()
        m.setenv('XDG_CACHE_HOME', '/proc/nowhere')
        yield 'disk', environment._disk()


def test_every_line_of_the_check_is_chinese(monkeypatch):
    found = list(states(monkeypatch))
    lines = []
    for name, answer in found:
        with monkeypatch.context() as m:
            m.setenv('COURSE_LANG', 'zh')
            lines += show(m, name, answer)
    assert len(lines) > 60
    assert [line for line in dict.fromkeys(lines) if not is_chinese(line)] == []
    said = '\n'.join(lines)
    assert '需要 x86-64 上的 Linux' in said
    assert '驱动最高支持' not in said or '编译；驱动最高支持' in said


def test_a_check_that_breaks_and_this_machine(zh, monkeypatch, capsys):
    print_checks()
    assert [line for line in capsys.readouterr().out.splitlines() if not is_chinese(line)] == []
    monkeypatch.setattr(environment, 'CHECKS', {'kernel': lambda: 1 / 0})
    print_checks()
    assert '无法检查：ZeroDivisionError' in capsys.readouterr().out
    assert check_environment()[0].found.startswith('cannot be checked'), 'evidence keeps the English'


# --- errors


def test_errors_of_folders_and_models(zh, tmp_path, monkeypatch):
    said = [shown(inspect_checkpoint(tmp_path / 'none')), shown(inspect_checkpoint(tmp_path))]
    monkeypatch.delenv('COURSE_MODEL')
    with pytest.raises(FileNotFoundError) as gone:
        model_path('internlm2-chat-7b', fallback=False)
    with pytest.raises(OSError, match='make room') as full:
        require_room(tmp_path, 10**18)
    assert str(gone.value).startswith('internlm2-chat-7b is not on this machine.'), 'English to search for'
    said += [shown(gone.value), shown(full.value)]
    assert '找过这些地方：' in said[2]
    assert [text for text in said if not all(map(is_chinese, text.splitlines()))] == []


@pytest.mark.parametrize(
    ('english', 'said'),
    [
        ('1.0 of 2.0 GiB free on A100 (a slice of the card)', 'A100 上 2.0 GiB 中有 1.0 GiB 空闲（显卡切片）'),
        (
            'a.bin lies beside i.json, which says otherwise: TurboMind goes by it, the PyTorch engine by the files',
            'a.bin 旁边有 i.json，而它的说法与文件不一致：TurboMind 以它为准，PyTorch 引擎以文件为准',
        ),
        ('messages[0].role must be one of user, tool, not 5', 'messages[0].role 必须是 user, tool 之一，不能是 5'),
        # no blank after full-width punctuation, where English has one before a value
        (
            'm needs 5 GiB: end other programs and notebooks, or take the small model: export COURSE_MODEL=tiny-chat',
            'm 需要 5 GiB：请结束其他程序和笔记本，或者改用小模型：export COURSE_MODEL=tiny-chat',
        ),
    ],
)
def test_a_sentence_of_parts_reads_as_one(zh, english, said):
    assert shown(english) == said
