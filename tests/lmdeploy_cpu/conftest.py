"""Fixtures of the tests of `lmdeploy_cpu`: one engine at a time, checkpoints and references made once."""

import gc
import json
import os
import pathlib
import socket

os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')  # spinning threads starve the neighbours on a small machine
os.environ.setdefault('HF_HUB_OFFLINE', '1')
os.environ.setdefault('TOKENIZERS_PARALLELISM', 'false')

import cpu_support as support
import pytest
import torch
from transformers import AutoModelForCausalLM

import lmdeploy_cpu

GIB = 2**30


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    """checkpoint(name) -> Checkpoint, made when first asked for."""
    made = {}

    def make(name):
        if name in made:
            return made[name]
        target = tmp_path_factory.mktemp(name)
        model = AutoModelForCausalLM.from_config(support.CONFIGS[name](), dtype=torch.float32)
        support.spread_weights(model, seed=20 + sorted(support.CONFIGS).index(name))
        model.generation_config.eos_token_id = support.EOS_IDS
        model.save_pretrained(target)
        support.make_tokenizer().save_pretrained(target)
        reference = target
        if name == 'internlm2':
            target = tmp_path_factory.mktemp(name + '-packed')
            support.pack_internlm2(model, target)
            model.generation_config.save_pretrained(target)
            support.make_tokenizer().save_pretrained(target)
        made[name] = support.Checkpoint(name, str(target), str(reference))
        return made[name]

    return make


@pytest.fixture(scope='session')
def tokenizer():
    return support.make_tokenizer()


@pytest.fixture(scope='session')
def copy_with_config(tmp_path_factory, checkpoint):
    """copy_with_config(name, **changes) -> folder: links to a checkpoint's files, with config.json changed."""

    def make(name, weights=True, **changes):
        source = pathlib.Path(checkpoint(name).path)
        target = tmp_path_factory.mktemp(name + '-changed')
        for f in source.iterdir():
            if f.name != 'config.json' and (weights or f.suffix != '.safetensors'):
                (target / f.name).symlink_to(f)
        config = json.loads((source / 'config.json').read_text())
        (target / 'config.json').write_text(json.dumps(config | changes))
        return str(target)

    return make


@pytest.fixture(scope='session')
def reference(checkpoint):
    """reference(name, round_to=None) -> Reference"""
    made = {}

    def make(name, round_to=None):
        if (name, round_to) not in made:
            made[name, round_to] = support.Reference(checkpoint(name).reference_path, round_to)
        return made[name, round_to]

    return make


@pytest.fixture(scope='session')
def prompts():
    """prompts(lengths, seed=0) -> lists of token ids"""
    return support.make_prompts


@pytest.fixture(scope='session')
def _engines():
    """At most one open engine; the same arguments again give the same one."""
    held = {}

    def get(path, **config):
        key = (path, repr(sorted(config.items())))
        if key not in held:
            close()
            held[key] = support.Engine(path, **config)
        return held[key]

    def close():
        while held:
            held.popitem()[1].close()
        gc.collect()
        if not gc.get_freeze_count():
            # what is alive now is alive until the end: no collection needs to look at a million objects again (half a
            # second each; a third of the time of these tests)
            gc.freeze()

    get.close = close
    yield get
    close()


@pytest.fixture
def engine(_engines, checkpoint):
    """engine(name_or_folder, **PytorchEngineConfig arguments) -> Engine. Small by default: 64 MiB of blocks at most."""

    def get(name, **config):
        path = checkpoint(name).path if name in support.CONFIGS else name
        config = {'num_gpu_blocks': 256, 'max_batch_size': 32, 'session_len': 1024} | config
        return _engines(path, **config)

    get.close = _engines.close
    return get


@pytest.fixture(autouse=True, scope='session')
def _enabled():
    lmdeploy_cpu.enable()


@pytest.fixture(autouse=True, scope='module')
def _small_budget():
    lmdeploy_cpu.set_memory_budget(GIB)
    yield
    lmdeploy_cpu.set_memory_budget(None)


# ---------------------------------------------------------------- processes


@pytest.fixture(scope='session')
def child_environment():
    """For processes that run `python -m lmdeploy_cpu`: the very package under test, offline."""
    root = str(pathlib.Path(lmdeploy_cpu.__file__).parent.parent)
    path = os.pathsep.join(p for p in (root, os.environ.get('PYTHONPATH')) if p)
    return {**os.environ, 'PYTHONPATH': path, 'LMDEPLOY_CPU_MEMORY_GB': '0.5', 'OMP_NUM_THREADS': '1'}


@pytest.fixture(scope='session')
def free_port():
    def get():
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            return s.getsockname()[1]

    return get
