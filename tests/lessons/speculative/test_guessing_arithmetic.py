"""Tokens a step and what they cost: against a simulation, and where it must be exact."""

import argparse

import pytest

from helpers.checkpoints.geometry import GEOMETRIES
from lessons.speculative import acceptance_needed, check_cost, methods, simulated_tokens_a_step, speed_up, targets
from lessons.speculative import tokens_a_step as formula
from lessons.speed import DeviceLimits


@pytest.mark.parametrize('guesses', [0, 1, 3, 8])
@pytest.mark.parametrize('acceptance', [0.0, 0.37, 0.8, 1.0])
def test_the_formula_is_what_a_simulation_gives(acceptance, guesses):
    assert simulated_tokens_a_step(acceptance, guesses) == pytest.approx(formula(acceptance, guesses), rel=0.02)
    if acceptance < 1:  # equation 1 of the paper
        closed = (1 - acceptance ** (guesses + 1)) / (1 - acceptance)
        assert formula(acceptance, guesses) == pytest.approx(closed)


@pytest.mark.parametrize(('acceptance', 'guesses'), [(-0.1, 3), (1.1, 3), (0.5, -1)])
def test_what_is_no_rate_is_refused(acceptance, guesses):
    with pytest.raises(ValueError, match='a share from 0 to 1, and 0 guesses or more'):
        formula(acceptance, guesses)


def test_the_rate_that_pays_is_where_both_are_as_fast():
    for guesses, check, guess in ((3, 1.3, 0.22), (1, 1, 0.05), (7, 2.0, 0.1)):
        assert speed_up(acceptance_needed(guesses, check, guess), guesses, check, guess) == pytest.approx(1)
    assert acceptance_needed(3, 4, 0.2) is None, 'a check that costs as much as four steps never pays'
    assert acceptance_needed(3, 1, 0) == pytest.approx(0, abs=1e-9), 'and one that costs nothing always does'


def test_a_check_is_free_until_the_step_is_compute_bound():
    card, model = DeviceLimits(4e12, 8e14), GEOMETRIES['internlm2-chat-7b']

    def cost(batch):
        return check_cost(model, batch, 3, card, tokens=0, number_bytes=2)

    assert cost(1) == 1
    assert cost(49) == 1, 'four tokens each of 49 conversations: 196 flop a byte, and the card balances at 200'
    assert 1 < cost(60) < cost(150) < 4
    assert cost(200) == pytest.approx(4), 'a plain step is compute-bound already'


def test_methods_are_those_that_lmdeploy_takes():
    from lmdeploy.cli.utils import ArgumentHelper

    parser = argparse.ArgumentParser()
    ArgumentHelper.add_spec_group(parser)
    (option,) = (a for a in parser._actions if '--speculative-algorithm' in a.option_strings)
    assert methods().keys() == set(option.choices)
    assert methods()['eagle'] == 'autoregressive'
    assert methods()['dflash'] == 'diffusion'
    assert targets()['llama'] == ['LlamaForCausalLM']
    assert {'deepseek_v2', 'qwen3_5', 'hy3', 'glm4', 'kimi_k2'} == targets().keys() - {'llama'}
