"""The command line: `python -m lmdeploy_cpu <any lmdeploy command> … --device cpu`."""

import re
import subprocess
import sys

import pexpect
import pytest
from patience import PATIENCE_S
from transformers import MixtralConfig

PROMPT = 'double enter to end input >>> '
DEVICE = ['--backend', 'pytorch', '--device', 'cpu']


def run(arguments, environment, timeout=PATIENCE_S):
    return subprocess.run(
        [sys.executable, '-m', 'lmdeploy_cpu', *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.deep
def test_chat(checkpoint, child_environment):
    """Two messages, `end`, `exit`; a session of 1024 tokens bounds the answers, which never end by themselves."""
    arguments = ['-m', 'lmdeploy_cpu', 'chat', checkpoint('internlm2').path, *DEVICE]
    arguments += ['--dtype', 'float32', '--session-len', '160', '--cache-max-entry-count', '0.1']
    child = pexpect.spawn(sys.executable, arguments, env=child_environment, encoding='utf-8', codec_errors='replace')
    child.timeout = PATIENCE_S
    try:
        child.expect_exact(PROMPT)
        child.send('hello\n\n')
        child.expect_exact(PROMPT)
        answer = child.before.replace('\r', '').strip()
        assert len(answer.removeprefix('hello').strip()) > 20, answer
        child.send('end\n\n')
        child.expect_exact(PROMPT)
        child.send('what is\nyour name\n\n')
        child.expect_exact(PROMPT)
        assert len(child.before) > 40
        child.send('exit\n\n')
        child.expect_exact('exiting...')
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == 0
        assert 'Traceback' not in (child.before or '')
    finally:
        child.close(force=True)


IN_ONE_PROCESS = """
import sys
from lmdeploy_cpu import __main__
device = ['PATH', '--device', 'cpu']
sys.argv = ['lmdeploy', 'lite', 'auto_awq', *device, '--work-dir', sys.argv[1], '--search-scale']
try:
    __main__.main()
finally:
    from lmdeploy.cli.cli import CLI
    for command in (['chat'], ['serve', 'api_server']):
        args = CLI.parser.parse_args([*command, *device, '--backend', 'pytorch', '--dtype', 'float32'])
        print(args.device, args.dtype)
"""


@pytest.fixture(scope='module')
def one_process(tmp_path_factory, child_environment):
    """(what became of a process that was to search scales, and then read other command lines, its --work-dir)"""
    out = tmp_path_factory.mktemp('cli') / 'out'
    done = subprocess.run(
        [sys.executable, '-c', IN_ONE_PROCESS, str(out)],
        env=child_environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done, out


def test_the_commands_accept_the_device(one_process):
    """--device cpu and --dtype float32, on the commands that run a model."""
    done, _ = one_process
    assert done.stdout.split() == ['cpu', 'float32'] * 2, done.stderr


def test_a_refusal_is_one_line(tmp_path, tokenizer, child_environment):
    """No traceback, no server, no weights looked for."""
    config = MixtralConfig(num_hidden_layers=2, hidden_size=256, vocab_size=1000, architectures=['MixtralForCausalLM'])
    config.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    done = run(['serve', 'api_server', str(tmp_path), *DEVICE, '--server-name', '127.0.0.1'], child_environment)
    assert done.returncode != 0
    assert re.search('(?i)expert', done.stderr.strip().splitlines()[-1]), done.stderr
    assert 'Traceback' not in done.stderr


def test_a_search_of_scales_that_would_spoil_the_weights_is_refused(one_process):
    """Before anything is read: the model need not be there."""
    done, out = one_process
    assert done.returncode != 0
    assert '--search-scale does not work on a CPU' in done.stderr
    assert 'Traceback' not in done.stderr
    assert not out.exists()
