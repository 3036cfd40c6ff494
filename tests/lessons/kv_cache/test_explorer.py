"""Sliders over the prediction of an engine's memory."""

import pytest

from helpers.checkpoints.geometry import GEOMETRIES
from helpers.memory import DeviceMemory
from lessons.kv_cache import memory_explorer, predict_memory
from lessons.kv_cache.explorer import CARDS_MIB, MIB
from lessons.kv_cache.prediction import CONTEXT_BYTES


@pytest.fixture
def explorer():
    return memory_explorer('internlm2-chat-7b')


def test_it_shows_what_predict_memory_says(explorer):
    explorer.card.value = 40960
    explorer.ratio.value = 0.4
    explorer.kv.value = 'int4'
    explorer.weights.value = 'W4A16'
    explorer.length.value = 1024
    p = predict_memory(
        'internlm2-chat-7b', 40960 * MIB - CONTEXT_BYTES, engine='turbomind', cache_max_entry_count=0.4,
        quant_policy=4, awq=True, max_batch_size=128, session_len=1024,
    )  # fmt: skip
    assert f'{p.tokens:,} tokens' in explorer.result.value
    assert f'{p.sequences(1024):,}</b> conversations of 1,024 tokens' in explorer.result.value
    assert f'weights {p.weight_bytes / MIB:,.0f} MiB' in explorer.result.value


@pytest.mark.parametrize('card', CARDS_MIB.values())
@pytest.mark.parametrize('model', GEOMETRIES)
def test_every_model_on_every_card_gets_an_answer(explorer, card, model):
    explorer.model.value, explorer.card.value = model, card
    text = explorer.result.value
    assert ('Does not start' in text) == bool(explorer.prediction.problem)
    assert ('tokens</b> fit' in text) != ('Does not start' in text)


def test_a_cache_that_would_hang_the_engine_is_named(explorer):
    explorer.model.value, explorer.card.value, explorer.ratio.value = 'internlm2-chat-1_8b', 8182, 0.01
    assert 'Does not start' in explorer.result.value


def test_where_no_widget_runs_there_is_html(explorer):
    bundle = explorer._repr_mimebundle_()
    assert bundle['text/html'] == explorer.result.value
    assert 'application/vnd.jupyter.widget-view+json' in bundle
    assert repr(explorer) == '<MemoryExplorer>'


def test_without_a_card_it_starts_on_the_slice_of_the_course_notes(explorer):
    assert explorer.card.value == 8182
    assert 'on 10 % of an A100 (8 GB), ratio 0.8' in explorer.result.value


def test_it_starts_on_the_slice_of_this_machine(monkeypatch):
    memory = DeviceMemory(
        MIB, 16_000 * MIB, 16_376 * MIB, None, '', 'NVIDIA A100', card_used_bytes=MIB, card_total_bytes=81_920 * MIB
    )
    monkeypatch.setattr('lessons.kv_cache.explorer.device_memory', lambda: memory)
    explorer = memory_explorer()
    assert explorer.card.value == 16_376
    assert 'on this slice: NVIDIA A100 (16376 MiB), ratio 0.8' in explorer.result.value
    explorer.card.value = 40960
    assert 'on A100 (40 GB)' in explorer.result.value
