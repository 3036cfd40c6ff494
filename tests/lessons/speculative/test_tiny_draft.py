"""The draft for tiny-chat on LMDeploy: the same tokens with and without it, counted guesses, how it was made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lmdeploy import GenerationConfig, PytorchEngineConfig, pipeline
from lmdeploy.messages import SpeculativeConfig
from safetensors.torch import load_file, save_file

import lmdeploy_cpu
from helpers import model_path
from lessons.llama import llama_folder
from lessons.speculative import Guesses, draft_folder, draft_share, tiny_draft, tokens_a_step, watch_guesses
from lessons.texts import rows

ROOT = Path(__file__).resolve().parents[3]
GREEDY = GenerationConfig(max_new_tokens=32, do_sample=False)
GUESSES = 3


@pytest.fixture(scope='module')
def engines():
    """(plain, guessing): two pipelines with tiny-chat, in this process, for all tests."""
    lmdeploy_cpu.enable()
    target = llama_folder(model_path('tiny-chat'))
    config = PytorchEngineConfig(
        device_type='cpu', dtype='float32', num_gpu_blocks=128, max_batch_size=16, session_len=512
    )
    speculative = SpeculativeConfig(method='eagle', model=str(draft_folder(target)), num_speculative_tokens=GUESSES)
    with (
        pipeline(str(target), backend_config=config, log_level='ERROR') as plain,
        pipeline(str(target), backend_config=config, speculative_config=speculative, log_level='ERROR') as guessing,
    ):
        yield plain, guessing


@pytest.fixture(scope='module')
def questions():
    asked = [row['messages'][0]['content'] for row in rows('heldout.jsonl')]
    return asked[:: len(asked) // 16][:16]


@pytest.mark.parametrize('batch', [1, 4, 16])
def test_greedy_tokens_are_the_same_with_and_without(engines, questions, batch):
    plain, guessing = engines
    wanted = [answer.token_ids for answer in plain(questions[:batch], gen_config=GREEDY)]
    with watch_guesses(guessing) as seen:
        got = [answer.token_ids for answer in guessing(questions[:batch], gen_config=GREEDY)]
    assert got == wanted
    after_first = sum(map(len, got)) - batch  # the prompts' own step gives the first of each
    made = round(seen.steps * seen.tokens_a_step)
    # an answer's last step may go beyond its end, and a step may be on its way when it ends
    assert after_first <= made <= after_first + batch * 2 * (GUESSES + 1)
    if batch == 16:
        assert 0.2 < seen.acceptance < 0.8, 'the head has learnt: at random it would be one in thousands'
        assert tokens_a_step(seen.acceptance, GUESSES) == pytest.approx(seen.tokens_a_step, rel=0.15)


def test_the_counts_are_lmdeploys_own(engines, questions):
    """With one answer at a time an event is a step: the engine's metrics and the sampler say the same."""
    _, guessing = engines
    with watch_guesses(guessing) as seen:
        guessing(questions[9:10], gen_config=GREEDY)
    agreed = sum(n * times for n, times in seen.agreed.items())
    assert 0 <= seen.steps - seen.lmdeploy.num_drafts <= 2, 'an event may carry two steps on a busy machine'
    assert 0 <= agreed - seen.lmdeploy.num_accepted_tokens <= 2 * GUESSES
    assert seen.lmdeploy.num_draft_tokens == GUESSES * seen.lmdeploy.num_drafts
    from lmdeploy.metrics.metrics_processor import metrics_processor

    assert 'queue_update' not in vars(metrics_processor), 'LMDeploy is as before'


def test_rates_of_counted_guesses():
    seen = Guesses(3)
    seen.agreed.update({0: 50, 1: 25, 2: 15, 3: 10})
    assert seen.steps == 100
    assert seen.by_place == [0.5, 0.5, 0.4]
    assert seen.acceptance == (50 + 25 + 10) / (100 + 50 + 25)
    assert seen.tokens_a_step == 1 + (25 + 30 + 30) / 100


def test_eight_bits_lose_little_and_a_guess_is_a_part_of_a_step():
    weights = {'a.weight': torch.randn(64, 32), 'norm.weight': torch.randn(32), 'zero.weight': torch.zeros(4, 8)}
    again = tiny_draft.unpacked(tiny_draft.packed(weights))
    assert again.keys() == weights.keys()
    assert torch.equal(again['norm.weight'], weights['norm.weight'])
    assert torch.equal(again['zero.weight'], weights['zero.weight'])
    off = (again['a.weight'] - weights['a.weight']).abs() / weights['a.weight'].abs().amax(1, keepdim=True)
    assert off.max() <= 0.5 / 127 + 1e-6
    assert 0.15 < draft_share() < 0.3


def test_a_draft_of_another_tiny_chat_says_so(monkeypatch, tmp_path, capsys):
    target = llama_folder(model_path('tiny-chat'))
    draft_folder(target)
    assert capsys.readouterr().out == '', 'the one that comes with the course was made for this tiny-chat'
    other = tmp_path / 'draft.safetensors'
    save_file(load_file(tiny_draft.KEPT), other, {'target_sha256': 'another'})
    monkeypatch.setattr(tiny_draft, 'KEPT', other)
    draft_folder(target)
    assert 'python -m lessons.speculative.training' in capsys.readouterr().out


@pytest.mark.deep
def test_training_is_one_command(tmp_path):
    out = tmp_path / 'draft.safetensors'
    command = [
        sys.executable,
        '-m',
        'lessons.speculative.training',
        '--steps',
        '2',
        '--pieces',
        '24',
        '--out',
        str(out),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {'PYTHONPATH': str(ROOT)})
    assert done.returncode == 0, done.stderr
    assert 'agreement of guess 1, 2, 3: 0.' in done.stdout
    assert load_file(out).keys() == load_file(tiny_draft.KEPT).keys()
    with tiny_draft.safe_open(out, 'pt') as file:
        assert file.metadata()['target_sha256'] == tiny_draft.target_sha256()
        assert '--steps 2' in file.metadata()['command']
