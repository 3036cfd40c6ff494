"""The lecture's table of models, against the installed LMDeploy."""

import pytest

from lessons.support import LATER_MODELS, LECTURE_MODELS, supported_models

ROWS = {row.model: row for row in supported_models()}


def test_every_row_of_the_lecture_is_there_in_order():
    assert list(ROWS) == [model for model, _, _ in LECTURE_MODELS]
    assert len(ROWS) == 21
    assert ROWS['InternLM2'].size == '7B - 20B'


@pytest.mark.parametrize('model', ['Llama2', 'InternLM2', 'QWen1.5', 'QWen1.5-MoE', 'Mixtral'])
def test_both_engines_run_these(model):
    assert (ROWS[model].turbomind, ROWS[model].pytorch, ROWS[model].note) == (True, True, '')


@pytest.mark.parametrize('model', ['Mistral', 'Gemma', 'ChatGLM2', 'DeepSeek-MoE'])
def test_only_the_pytorch_engine_runs_these(model):
    assert (ROWS[model].turbomind, ROWS[model].pytorch) == (False, True)
    assert ROWS[model].note == 'PyTorch engine only'


@pytest.mark.parametrize(
    ('model', 'note'),
    [
        ('Falcon', 'no engine has it any more'),
        ('Dbrx', 'no engine has it any more'),
        ('QWen', 'removed from LMDeploy'),
    ],
)
def test_these_are_gone(model, note):
    assert (ROWS[model].turbomind, ROWS[model].pytorch, ROWS[model].note) == (False, False, note)


def test_what_was_never_there_is_not_said_to_be_gone():
    (row,) = supported_models([('Nobody', '1B', 'NobodyForCausalLM')])
    assert row.note == 'no engine has it'


def test_later_models():
    rows = {row.model: row for row in supported_models(LATER_MODELS)}
    assert all(row.pytorch for row in rows.values())
    assert all(rows[model].turbomind for model in ('InternLM3', 'Intern-S1', 'Qwen3', 'Qwen3-MoE', 'gpt-oss'))
    assert not rows['DeepSeek-V3'].turbomind


def test_other_models_can_be_looked_up():
    (row,) = supported_models([('Qwen3', '8B', 'Qwen3ForCausalLM')])
    assert row.turbomind
    assert row.pytorch
