"""Chapter 4's W4A16 checkpoint: made once, found again, made again when its source is newer, and never half.

A stand-in takes the place of `lmdeploy lite auto_awq`: it writes a quantised checkpoint of zeros, and counts.
"""

import os
import sys

import pytest
from checkpoint_support import files_of

from helpers.models import EMBEDDED
from lessons.w4a16 import awq
from lessons.w4a16.awq import w4a16_folder

AUTO_AWQ = """
import json, os, shutil, sys
from pathlib import Path
import torch
from safetensors.torch import save_file
from helpers.checkpoints.geometry import Geometry
from lessons.kv_cache.weights import awq_tensors, stored_dtype
words = sys.argv[1:]
QUANTISED = {'quant_method': 'awq', 'version': 'gemm', 'bits': 4, 'group_size': 128, 'zero_point': True}
print(*words)
source, work = Path(words[2]), Path(words[words.index('--work-dir') + 1])
if os.environ.get('STAND_IN') == 'fails':
    (work / 'model.safetensors').write_bytes(b'half')
    sys.exit('no memory left')
for name in ('tokenizer.json', 'tokenizer_config.json', 'generation_config.json'):
    shutil.copy(source / name, work)
config = json.loads((source / 'config.json').read_text())
(work / 'config.json').write_text(json.dumps(config | {'quantization_config': QUANTISED}))
shapes = awq_tensors(Geometry.from_config(source))
weights = {n: torch.zeros(s, dtype=getattr(torch, stored_dtype(n, 'float16'))) for n, s in shapes.items()}
save_file(weights, work / 'model.safetensors', metadata={'format': 'pt'})
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A copy of tiny-chat that may be touched, and the course's cache in a folder of its own."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    program = tmp_path / 'auto_awq.py'
    program.write_text(AUTO_AWQ)
    monkeypatch.setattr(awq, 'cli_prefix', lambda: [sys.executable, str(program)])
    folder = tmp_path / 'tiny-chat'
    folder.mkdir()
    for file in (EMBEDDED / 'tiny-chat').iterdir():
        if file.is_file():
            (folder / file.name).symlink_to(file)
    (folder / 'config.json').unlink()
    (folder / 'config.json').write_bytes((EMBEDDED / 'tiny-chat' / 'config.json').read_bytes())
    return folder


def made_ns(folder):
    return (folder / 'model.safetensors').stat().st_mtime_ns


def test_made_then_found_then_made_again(model, tmp_path):
    made = w4a16_folder(model)
    assert made == tmp_path / 'cache' / 'lmdeploy-course' / 'w4a16' / 'tiny-chat-4bit'
    log = made.with_name('tiny-chat-4bit.log').read_text()
    assert log.startswith('lite auto_awq ')
    assert '--calib-samples 16 --calib-seqlen 256' in log
    first = made_ns(made)

    assert w4a16_folder(str(model)) == made
    assert made_ns(made) == first, 'found, not made'

    newer_s = (made / 'config.json').stat().st_mtime + 10
    os.utime(model / 'config.json', (newer_s, newer_s))
    assert w4a16_folder(model) == made
    assert made_ns(made) > first, 'its source is newer'


def test_a_clock_that_went_back(model):
    """What is made of a source from the future is found, too, and not made at every call."""
    future_s = (model / 'config.json').stat().st_mtime + 3600
    os.utime(model / 'config.json', (future_s, future_s))
    first = made_ns(w4a16_folder(model))
    assert made_ns(w4a16_folder(model)) == first


@pytest.mark.parametrize('earlier', [False, True])
def test_a_failing_command_changes_nothing_and_names_its_log(model, monkeypatch, earlier):
    folder = awq.cache_folder() / 'w4a16'
    before = {}
    if earlier:
        before = files_of(w4a16_folder(model))
        newer_s = (folder / 'tiny-chat-4bit' / 'config.json').stat().st_mtime + 10
        os.utime(model / 'config.json', (newer_s, newer_s))
    monkeypatch.setenv('STAND_IN', 'fails')
    with pytest.raises(RuntimeError, match=r'auto_awq` ended with status 1; what it printed is in .*-4bit\.log'):
        w4a16_folder(model)
    assert 'no memory left' in (folder / 'tiny-chat-4bit.log').read_text()
    names = {'tiny-chat-4bit.log'} | ({'tiny-chat-4bit'} if earlier else set())
    assert {path.name for path in folder.iterdir()} == names
    if earlier:
        assert files_of(folder / 'tiny-chat-4bit') == before
