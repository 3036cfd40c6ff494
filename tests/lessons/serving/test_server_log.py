"""What the end of a log is taken for.  The texts are LMDeploy's and its libraries' own."""

import pytest

from lessons.serving.log import end_of_log, why_it_ended

LOGS = {
    'Out of memory': [
        'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
        'RuntimeError: [TM][ERROR] CUDA runtime error: out of memory /lmdeploy/src/turbomind/core/allocator.cc:51',
        'lessons.serving.process: the server was killed by signal 9',
    ],
    'The model was not found': [
        'huggingface_hub.errors.LocalEntryNotFoundError: Got: ConnectError: [Errno -2] Name or service not known',
        "OSError: nobody/nothing is not a local folder and is not a valid model identifier listed on 'https://…'",
        'huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error.',
    ],
    'The checkpoint is not in the format': [
        'AssertionError: mismatched quant method: user input "gptq" vs model quant_config "awq"',
    ],
    'Another process took the port': ['ERROR:    [Errno 98] error while attempting to bind: address already in use'],
    'LMDeploy does not know an argument': [
        'lmdeploy serve api_server: error: unrecognized arguments: --no-such-thing',
        "AssertionError: chat template 'nonsense' is not registered.",
    ],
    'The CPU engine cannot do that': ['lmdeploy_cpu: tp=2 (parallelism) does not run on the CPU.'],
    'SomeError: and this is why': ['Traceback (most recent call last):\n  …\nmodule.SomeError: and this is why\nbye'],
    'its log may say why': ['', 'something happened', '\x1b[31mred\x1b[0m \ufffd'],
}


@pytest.mark.parametrize(('meaning', 'text'), [(meaning, text) for meaning in LOGS for text in LOGS[meaning]])
def test_meaning(meaning, text, tmp_path):
    log = tmp_path / 'log'
    log.write_text('INFO: loading\n' + text + '\nlessons.serving.process: the server ended with status 1\n')
    said = why_it_ended(log)
    assert meaning in said.splitlines()[0]
    assert 'ended with status 1' in said.splitlines()[-1]
    assert '\x1b' not in said


def test_the_end_is_short(tmp_path):
    log = tmp_path / 'log'
    log.write_bytes('\n'.join(f'line {i}' for i in range(1000)).encode() + b'\xff')
    lines = end_of_log(log).splitlines()
    assert len(lines) < 20
    assert 'line 999' in lines[-1]


def test_no_log(tmp_path):
    assert 'may say why' in why_it_ended(tmp_path / 'none')
