"""The tiny-vlm that ships: its size, its card, and LMDeploy's CPU device beside transformers."""

import json
import pathlib

import pytest

from training.vision import card, compare, evaluate

MODEL = pathlib.Path(__file__).parents[3] / 'models' / 'tiny-vlm'
pytestmark = pytest.mark.skipif(not (MODEL / 'model.safetensors').exists(), reason='no weights of tiny-vlm yet')


def test_the_checkpoint_is_small():
    loaded = [path for path in MODEL.iterdir() if path.suffix in ('.safetensors', '.json', '.jinja')]
    assert sum(path.stat().st_size for path in loaded if path.name != 'training_log.json') <= 9_000_000


def test_the_card_is_the_logs():
    assert (MODEL / 'README.md').read_text('utf-8') == card.card(MODEL)


def test_the_scores_reach_the_aim():
    scores = json.loads((MODEL / 'training_log.json').read_text('utf-8'))['evaluation']['scores']
    low = {}
    for category in evaluate.AIMED:
        right, number = card.both(scores[category])
        if right < evaluate.AIM * number:
            low[category] = right / number
    assert not low


def test_greedy_answers_are_those_of_transformers():
    found = compare.compare(MODEL, 'cpu', 1)
    assert found['answers'] >= 16
    assert found['differing'] == []
