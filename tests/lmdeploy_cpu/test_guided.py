"""Structured output ends where its grammar ends: the stop tokens that the grammar is told of, on every engine."""

import dataclasses
import json
import pathlib
import pickle
import subprocess
import sys
import types

import jsonschema
import pytest
from lmdeploy import GenerationConfig
from lmdeploy.tokenizer import Tokenizer

import lmdeploy_cpu
from lmdeploy_cpu.patches import guided
from lmdeploy_cpu.patches.guided import GUIDED, STOPS, Compilers, stop_token_ids

TINY_CHAT = str(pathlib.Path(lmdeploy_cpu.__file__).parent.parent / 'models' / 'tiny-chat')
EOS, IM_END = 2, 4094
JOKE = {
    'type': 'object',
    'properties': {'joke': {'type': 'string'}, 'topic': {'type': 'string'}},
    'required': ['joke', 'topic'],
    'additionalProperties': False,
}
FORM = {'type': 'json_schema', 'json_schema': {'name': 'joke', 'schema': JOKE}}


@pytest.fixture(scope='module')
def tiny_tokenizer():
    return Tokenizer(TINY_CHAT)


@pytest.fixture
def change():
    """change(target) -> the `make` of a patch of the table."""
    return lambda target: next(p.make for p in GUIDED.patches if p.target == target)


def async_engine(tokenizer, stop_words=None, eos_token_id=(EOS, IM_END)):
    """As much of LMDeploy's AsyncEngine as the change looks at."""
    return types.SimpleNamespace(
        tokenizer=tokenizer,
        stop_words=stop_words,
        hf_gen_cfg={} if eos_token_id is None else {'eos_token_id': eos_token_id},
    )


# ---------------------------------------------------------------- which tokens


@pytest.mark.parametrize(
    ('stop_words', 'eos_token_id', 'wanted'),
    [
        (None, [EOS, IM_END], (EOS, IM_END)),
        (None, IM_END, (EOS, IM_END)),  # generation_config.json names one
        ([IM_END], None, (EOS, IM_END)),  # the chat template alone
        (None, None, (EOS,)),
        ([4092], [IM_END], (EOS, 4092, IM_END)),
        ([], [EOS], (EOS,)),
    ],
)
def test_where_lmdeploy_stops(tiny_tokenizer, stop_words, eos_token_id, wanted):
    assert stop_token_ids(async_engine(tiny_tokenizer, stop_words, eos_token_id), FORM) == wanted


def test_a_token_that_the_form_writes_out_stays_text(tiny_tokenizer):
    """A tool's closing tag, or a constant: forbidden as text, no answer could be finished."""
    for form in (
        {'type': 'structural_tag', 'format': {'begin': '<tool>', 'end': '}<|im_end|>'}},
        {'type': 'regex_schema', 'regex_schema': 'yes<|im_end|>'},
    ):
        assert stop_token_ids(async_engine(tiny_tokenizer), form) == (EOS,)


def test_they_travel_in_a_copy_of_the_form(tiny_tokenizer, change):
    make = change('lmdeploy.serve.core.async_engine:AsyncEngine._determine_gen_config')
    determine = make(lambda self, ids, gen_config=None: dataclasses.replace(gen_config))
    engine, form = async_engine(tiny_tokenizer), dict(FORM)
    assert determine(engine, [1], GenerationConfig(response_format=form)).response_format == {
        **FORM,
        STOPS: (EOS, IM_END),
    }
    assert form == FORM
    for other in (None, {'type': 'text'}):
        assert determine(engine, [1], GenerationConfig(response_format=other)).response_format == other


# ---------------------------------------------------------------- the grammar


def allowed(manager, session, text, form):
    """Token ids that the grammar allows after `text`."""
    import torch

    processor = manager.get_processor(session, 0, form)
    assert processor.accept_string(text)
    mask = manager.allocate_batched_bitmap(1)
    manager.fill_bitmap(processor, mask, 0)
    bits = torch.tensor([[word >> i & 1 for i in range(32)] for word in mask[0].tolist()]).flatten()
    return set(bits.nonzero().flatten().tolist())


def test_the_pytorch_engines_grammar_forbids_them_inside_of_a_string(tiny_tokenizer):
    from lmdeploy.pytorch.engine.guided_process import GuidedDecodingManager

    manager = GuidedDecodingManager(tiny_tokenizer.model.model, 4096)
    told = FORM | {STOPS: (EOS, IM_END)}
    inside, end = '{"joke": "a', '{"joke": "a", "topic": "b"}'
    before, now = allowed(manager, 1, inside, FORM), allowed(manager, 2, inside, told)
    assert IM_END in before, "xgrammar alone takes it for text: then LMDeploy 0.18.0's fault is gone, and this too"
    assert before - now == {IM_END}
    assert now <= before
    assert allowed(manager, 3, end, FORM) >= {EOS}
    assert allowed(manager, 4, end, told) >= {EOS, IM_END}
    # a token beyond the model's vocabulary is none
    assert allowed(manager, 5, inside, FORM | {STOPS: (EOS, IM_END, 4096, 99999)}) == now
    assert allowed(manager, 6, inside, FORM | {STOPS: (99999,)}) == before


def test_a_grammar_is_compiled_by_its_own_compiler_and_each_is_made_once():
    made = []
    compilers = Compilers(lambda stops: made.append(stops) or f'compiler of {stops}')
    for stops in ((2,), (2, 4), (2,), ()):
        assert compilers.of(stops) == f'compiler of {stops}'
    assert made == [(2,), (2, 4), ()]


def test_turbominds_compiler_is_told(change, monkeypatch, tiny_tokenizer):
    """With a stand-in for its native module, which a machine without CUDA lacks."""
    seen = []

    class TokenizerInfo:
        @staticmethod
        def from_huggingface(tokenizer, vocab_size, stop_token_ids):
            seen.append((tokenizer, vocab_size, stop_token_ids))
            return f'info {len(seen)}'

    turbomind = types.ModuleType('lmdeploy.turbomind.turbomind')
    turbomind.TokenizerInfo = TokenizerInfo
    turbomind._tm = types.SimpleNamespace(GrammarCompiler=lambda info: f'compiler of {info}')

    class TurboMind:
        _grammar_compiler = None
        _vocab_size = 4096
        tokenizer = tiny_tokenizer
        grammar_compiler = property(lambda self: 'without the stop tokens')

    turbomind.TurboMind = TurboMind
    turbomind.compile_response_format = lambda compiler, form: (compiler, form)
    import lmdeploy.turbomind

    monkeypatch.setitem(sys.modules, 'lmdeploy.turbomind.turbomind', turbomind)
    monkeypatch.setattr(lmdeploy.turbomind, 'turbomind', turbomind, raising=False)
    late = [p for p in GUIDED.patches if p.late]
    assert {p.module for p in late} == {'lmdeploy.turbomind.turbomind'}
    monkeypatch.setattr(GUIDED, 'applied', [p for p in GUIDED.patches if not p.late])
    GUIDED.apply_late()  # as the first request does
    tm = TurboMind()
    told = FORM | {STOPS: (EOS, IM_END, 99999)}
    answers = [turbomind.compile_response_format(tm.grammar_compiler, form) for form in (told, FORM, told)]
    assert answers == [('compiler of info 1', FORM), ('compiler of info 2', FORM), ('compiler of info 1', FORM)]
    assert seen == [(tiny_tokenizer.model.model, 4096, [EOS, IM_END]), (tiny_tokenizer.model.model, 4096, None)]


# ---------------------------------------------------------------- processes


def test_spawned_processes_get_the_changes():
    """The PyTorch engine of a GPU server has a process of its own, several GPUs have more; nobody calls them there."""
    start = (
        'import lmdeploy_cpu, pickle, sys\n'
        'from lmdeploy import PytorchEngineConfig\n'
        'lmdeploy_cpu.repair_guided()\n'
        'assert PytorchEngineConfig().__reduce_ex__(4)[1][2] is False\n'
        'lmdeploy_cpu.repair_pictures()\n'
        'sys.stdout.write(pickle.dumps(PytorchEngineConfig(session_len=77)).hex())'
    )
    child = (
        'import pickle, sys\n'
        'config = pickle.loads(bytes.fromhex(sys.stdin.read()))\n'
        'from lmdeploy_cpu.patches.patching import tables\n'
        'print(config.session_len, sorted(t.name for t in tables() if t.applied))'
    )

    def run(code, given=''):
        return subprocess.run(
            [sys.executable, '-c', code], input=given, capture_output=True, text=True, check=True, timeout=300
        ).stdout.strip()

    assert run(child, run(start)) == "77 ['guided', 'pictures']"


def test_a_workers_configuration_brings_them_too():
    from lmdeploy.pytorch.config import MiscConfig

    config = MiscConfig(prefill_interval=5, model_format='awq')
    assert config.__reduce_ex__(4)[0] is guided.rebuild_config
    assert pickle.loads(pickle.dumps(config)) == config


# ---------------------------------------------------------------- an engine


def test_forty_jokes_are_json(engine):
    """Two free strings.  Without the repair 21 of the 37 that end with 'stop' are none."""
    eng = engine(TINY_CHAT, session_len=256)
    topics = 'cat dog fish bird tree car train river moon rain snow tea rice book king queen doctor robot ghost shoe'
    tokenizer = eng.async_engine.tokenizer.model.model
    prompts = [
        tokenizer.apply_chat_template(
            [{'role': 'user', 'content': f'Tell me a joke about {article} {topic}.'}],
            add_generation_prompt=True,
            return_dict=False,
        )
        for topic in topics.split()
        for article in ('a', 'my')
    ]
    configs = [
        GenerationConfig(max_new_tokens=96, do_sample=True, temperature=1.0, random_seed=i, response_format=FORM)
        for i in range(len(prompts))
    ]
    answers = eng.generate(prompts, configs)
    ended = [answer.text for answer in answers if answer.finish_reason == 'stop']
    assert len(answers) == 40
    assert len(ended) > 10
    broken = []
    for text in ended:
        try:
            jsonschema.validate(json.loads(text), JOKE)
        except ValueError:
            broken.append(text)
    assert not broken, f'{len(broken)} of {len(ended)}'
