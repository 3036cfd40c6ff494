"""The race: side by side, counted, started again, stopped; and with real engines."""

import threading

import pytest
from patience import PATIENCE_S, wait_until
from widget_support import widgets_alive

from helpers.models import EMBEDDED
from lessons.speed import pipeline_stream, race, transformers_stream
from lessons.speed.race_box import Lane


class Runner:
    """Says the words of the prompt; before the second it waits for `gate`."""

    def __init__(self):
        self.prompts, self.gate, self.closed = [], None, 0

    def __call__(self, prompt):
        self.prompts.append(prompt)
        try:
            for number, word in enumerate(prompt.split(), 1):
                if number == 2 and self.gate:
                    assert self.gate.wait(PATIENCE_S)
                if word == 'crash':
                    raise RuntimeError('out of <memory>')
                yield word.upper() + ' ', 2 * number
        finally:
            self.closed += 1


@pytest.fixture
def runners():
    return {'one': Runner(), 'other <b>': Runner()}


def test_both_get_the_prompt_and_are_counted(runners):
    box = race(runners, 'a b c').wait(PATIENCE_S)
    assert [runner.prompts for runner in runners.values()] == [['a b c'], ['a b c']]
    assert [(lane.text, lane.tokens, lane.done) for lane in box.lanes] == [('A B C ', 6, True)] * 2
    assert box._page.value.count('6 tokens') == 2
    assert 'other &lt;b&gt;' in box._page.value
    box.close()


def test_the_counter():
    lane = Lane('x', Runner())
    assert (lane.tokens_per_s, lane.ttft_s) == (0.0, None)
    lane.begin_s, lane.first_s, lane.last_s, lane.tokens = 10.0, 10.5, 12.0, 30
    assert (lane.tokens_per_s, lane.ttft_s) == (15.0, 0.5)


def test_again_and_again(runners):
    box = race(runners, 'a b').wait(PATIENCE_S)
    box._field.value = 'c d e'
    for _ in range(3):
        box._start_button.click()
        box.wait(PATIENCE_S)
    assert runners['one'].prompts == ['a b'] + ['c d e'] * 3
    assert box.lanes[0].text == 'C D E '
    assert not box._start_button.disabled
    assert box._stop_button.disabled
    box.close()


def test_a_second_start_while_it_runs_does_nothing(runners):
    runners['one'].gate = threading.Event()
    box = race(runners, 'a b')
    box.start()
    assert box._start_button.disabled
    runners['one'].gate.set()
    box.wait(PATIENCE_S)
    assert runners['one'].prompts == ['a b']
    box.close()


def test_stop_keeps_what_came_and_ends_the_engines(runners):
    gate = runners['one'].gate = runners['other <b>'].gate = threading.Event()
    box = race(runners, 'a b c d')
    wait_until(lambda: all(lane.tokens for lane in box.lanes))
    box._stop.set()  # what the button does first; it then waits for the end
    gate.set()
    box.stop()
    assert [lane.text for lane in box.lanes] == ['A B '] * 2
    assert [runner.closed for runner in runners.values()] == [1, 1]
    box.close()


def test_one_that_fails_says_so_and_the_other_arrives(runners):
    def crashes(prompt):
        yield from runners['one']('a crash')

    box = race({'bad': crashes, 'good': runners['other <b>']}, 'a b').wait(PATIENCE_S)
    assert box.lanes[0].problem == 'RuntimeError: out of <memory>'
    assert 'out of &lt;memory&gt;' in box._page.value
    assert (box.lanes[1].text, box.lanes[1].problem) == ('A B ', '')
    box.close()


def test_close_leaves_no_widget_and_no_thread(runners):
    widgets, threads = set(widgets_alive()), set(threading.enumerate())
    box = race(runners, 'a b c')
    box.close()
    assert set(widgets_alive()) == widgets
    assert set(threading.enumerate()) == threads


def test_what_a_notebook_stores_of_it_does_not_change(runners):
    box = race(runners, 'a').wait(PATIENCE_S)
    assert repr(box) == 'RaceBox()'
    box.close()


def test_real_engines_write_the_same_and_can_be_stopped(tmp_path):
    import torch
    from lmdeploy import GenerationConfig, pipeline
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from helpers import engine_config
    from lessons.llama import internlm2_to_llama

    folder = internlm2_to_llama(EMBEDDED / 'tiny-chat', tmp_path / 'llama')
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False)
    config = engine_config(session_len=512, cache_max_entry_count=0.1)
    with pipeline(str(EMBEDDED / 'tiny-chat'), backend_config=config, log_level='ERROR') as pipe:
        fixed = GenerationConfig(max_new_tokens=24, ignore_eos=True, do_sample=False)
        lanes = {
            'transformers': transformers_stream(
                model, tokenizer, max_new_tokens=24, min_new_tokens=24, do_sample=False
            ),
            'LMDeploy': pipeline_stream(pipe, fixed),
        }
        box = race(lanes, 'Tell me a story.').wait(PATIENCE_S)
        assert [(lane.tokens, lane.problem) for lane in box.lanes] == [(24, '')] * 2
        assert box.lanes[0].text == box.lanes[1].text != ''
        for lane in box.lanes:
            assert 0 < lane.ttft_s < lane.last_s - lane.begin_s
            assert lane.tokens_per_s == pytest.approx(24 / (lane.last_s - lane.begin_s))
        long = {
            'transformers': transformers_stream(model, tokenizer, max_new_tokens=400, do_sample=False),
            'LMDeploy': pipeline_stream(pipe, GenerationConfig(max_new_tokens=400, ignore_eos=True, do_sample=False)),
        }
        model.generation_config.eos_token_id = None
        second = race(long, 'Tell me a story.')
        wait_until(lambda: all(lane.tokens for lane in second.lanes))
        second.stop()
        assert all(0 < lane.tokens < 400 and not lane.problem for lane in second.lanes)
        box.close()
        second.close()
        assert pipe('hello', gen_config=GenerationConfig(max_new_tokens=4)).text
