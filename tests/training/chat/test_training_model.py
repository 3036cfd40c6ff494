"""Tokenizer, model, corpus and a small training run."""

import argparse
import itertools
import json
import os
import pathlib
import random
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from training.chat import build_corpus, evaluate, mix, texts, train
from training.files import write_json
from training.model import ModelConfig, TinyChat, load
from training.tokenizer import (
    BOS,
    EOS,
    IM_END,
    IM_START,
    THINK_END,
    THINK_START,
    VOCAB_SIZE,
    encode_chat,
    load_tokenizer,
    with_thinking,
)

MODEL = pathlib.Path(__file__).parents[3] / 'models' / 'tiny-chat'
STRINGS = [
    '',
    ' ',
    'hello',
    '  two  spaces ',
    'tabs\tand\n\nlines\r\n',
    '你好，世界！',
    '１２３ 456',
    '🙂👩‍👩‍👧 émigré Ω',
    'cache_max_entry_count=0.8',
    '한국어 العربية',
    'a' * 300,
    '\u0000\u200b',
    '混 mixed 中文 text，done。',
]


@pytest.fixture(scope='module')
def smoke(tmp_path_factory):
    """A smoke run: its corpus, the held-out one, the trained folder, the log."""
    torch.set_num_threads(1)
    folder, out = tmp_path_factory.mktemp('corpus'), tmp_path_factory.mktemp('model')
    corpus, valid = train.corpora(folder, 1000, 100, 0, processes=1, tokenizer_conversations=1000)
    log = train.train(corpus, valid, out, train.SMOKE, train.SMOKE_MODEL, 'cpu')
    return corpus, valid, out, log


@pytest.fixture(scope='module')
def tokenizer():
    return load_tokenizer(MODEL)


@pytest.mark.parametrize('text', STRINGS)
def test_round_trip(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids, skip_special_tokens=False) == text


def test_round_trip_of_any_utf8(tokenizer):
    rng = random.Random(0)
    for _ in range(300):
        points = [
            rng.choice((rng.randint(1, 0x7F), rng.randint(0x80, 0xD7FF), rng.randint(0x10000, 0x10FFFF)))
            for _ in range(20)
        ]
        text = ''.join(map(chr, points))
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids, skip_special_tokens=False) == text


def test_digits_and_han_characters_stand_alone(tokenizer):
    assert tokenizer.encode('1234', add_special_tokens=False).tokens == ['1', '2', '3', '4']
    vocabulary = [tokenizer.decode([index], skip_special_tokens=False) for index in range(VOCAB_SIZE)]
    assert not [t for t in vocabulary if sum(c.isdigit() for c in t) > 1 and not t.startswith('<|')]
    assert not [t for t in vocabulary if sum('\u4e00' <= c <= '\u9fff' for c in t) > 1]


def test_special_tokens(tokenizer):
    assert tokenizer.get_vocab_size() == VOCAB_SIZE
    assert [tokenizer.id_to_token(index) for index in (BOS, EOS, IM_END, IM_START)] == [
        '<s>',
        '</s>',
        '<|im_end|>',
        '<|im_start|>',
    ]


def test_transformers_reads_the_tokenizer(tokenizer):
    from transformers import AutoTokenizer

    fast = AutoTokenizer.from_pretrained(MODEL, trust_remote_code=False)
    messages = [
        {'role': 'system', 'content': 'Be brief.'},
        {'role': 'user', 'content': '你好 12'},
        {'role': 'assistant', 'content': 'Hello!'},
        {'role': 'user', 'content': 'Who are you?'},
    ]
    text = fast.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert fast.encode(text, add_special_tokens=False) == encode_chat(tokenizer, messages)
    assert (fast.eos_token_id, fast.bos_token_id) == (EOS, BOS)


def test_corpus_is_laid_out_as_the_chat_template(tokenizer):
    rng = random.Random(3)
    for _ in range(50):
        turns = mix.draw(rng)
        if turns[0].role == 'text' or '<' in ''.join(turn.content for turn in turns):
            continue
        messages = [{'role': turn.role, 'content': turn.content} for turn in turns]
        start = encode_chat(tokenizer, messages[:-1])
        whole, kinds = (rows[0].tolist() for rows in build_corpus.encode(tokenizer, [turns], NoCuts()))
        if len(whole) < build_corpus.CONTEXT - 100:
            assert whole[: len(start)] == start
            answer = [
                token
                for token, kind in zip(whole[len(start) :], kinds[len(start) :], strict=True)
                if kind == build_corpus.ASSISTANT
            ]
            assert answer[-1] == IM_END
            assert tokenizer.decode(answer) == turns[-1].content


def test_answers_may_speak_of_special_tokens(tokenizer):
    turns = [mix.Turn('user', 'Where does it stop?'), mix.Turn('assistant', 'At `<|im_end|>` or `</s>`.')]
    tokens, kinds = (rows[0] for rows in build_corpus.encode(tokenizer, [turns], NoCuts()))
    answer = tokens[kinds == build_corpus.ASSISTANT].tolist()
    assert answer.count(IM_END) == 1
    assert EOS not in answer
    assert tokenizer.decode(answer) == turns[1].content


class NoCuts(random.Random):
    def random(self):
        return 1.0


def test_cut_words_keep_the_text():
    rng = random.Random(0)
    text = 'Which quantization does TurboMind support? 量化'
    assert all(''.join(build_corpus.cut_words(rng, text)) == text for _ in range(50))
    assert max(len(build_corpus.cut_words(rng, text)) for _ in range(50)) > 2


def test_words_to_copy_are_cut_alike_everywhere(tokenizer, monkeypatch):
    monkeypatch.setattr(build_corpus, 'SPLIT_COPIED_SHARE', 1.0)
    name, texts_ = 'Zanifora', ('My name is {}.', 'Hello {}!', 'Who am I?', 'Your name is {}.')
    turns = [
        mix.Turn(role, text.format(name), copied=(name,))
        for role, text in zip(('user', 'assistant') * 2, texts_, strict=True)
    ]
    seen = set()
    for seed in range(30):
        tokens = build_corpus.encode(tokenizer, [turns], random.Random(seed))[0][0].tolist()
        pieces = [tokenizer.decode([token], skip_special_tokens=False) for token in tokens]
        ends = list(itertools.accumulate(map(len, pieces)))
        starts = [match.start() for match in re.finditer(name, ''.join(pieces))]
        cuts = {tuple(end - start for end in ends if 0 < end - start < len(name)) for start in starts}
        assert (len(starts), len(cuts)) == (3, 1)
        seen |= cuts
    assert len(seen) > 5


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """A corpus of seed 5 in three shards, made by one process, and its folder."""
    folder = tmp_path_factory.mktemp('seed 5')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_corpus, 'SHARD', 100)
        return build_corpus.build(folder, 300, 5, processes=1, tokenizer_conversations=200), folder


def test_same_seed_same_corpus(built, tmp_path, monkeypatch):
    monkeypatch.setattr(build_corpus, 'SHARD', 100)
    one, folder = built
    two = build_corpus.build(tmp_path / 'b', 300, 5, processes=1, tokenizer_conversations=200)
    other = build_corpus.build(tmp_path / 'c', 300, 6, processes=1, tokenizer=folder)
    assert one.sha256 == two.sha256 != other.sha256
    build_corpus.save(one, folder)
    assert build_corpus.load(folder).sha256 == one.sha256


def test_a_tokenizer_may_be_kept(tmp_path):
    kept = build_corpus.build(tmp_path, 100, 5, processes=1, tokenizer=MODEL)
    with_thinking(load_tokenizer(MODEL)).save(str(tmp_path / 'wanted.json'))  # a model of before has no tags
    assert (tmp_path / 'tokenizer.json').read_bytes() == (tmp_path / 'wanted.json').read_bytes()
    assert {THINK_START, THINK_END} <= kept.tokenizer.get_vocab().keys()
    again = build_corpus.build(tmp_path / 'again', 100, 5, processes=1, tokenizer=tmp_path)
    assert (tmp_path / 'again' / 'tokenizer.json').read_bytes() == (tmp_path / 'tokenizer.json').read_bytes()
    assert again.sha256 == kept.sha256
    assert kept.tokens.max() < VOCAB_SIZE


def test_corpus_does_not_depend_on_the_number_of_processes(built, tmp_path, monkeypatch):
    monkeypatch.setattr(build_corpus, 'SHARD', 100)
    one, folder = built
    two = build_corpus.build(tmp_path / 'b', 300, 5, processes=2, tokenizer=folder)
    assert one.sha256 == two.sha256


def unpack(model: TinyChat):
    """The same model as transformers' Llama."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = model.config
    llama = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=config.vocab_size,
            hidden_size=config.hidden_size,
            intermediate_size=config.intermediate_size,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            num_key_value_heads=config.num_kv_heads,
            rms_norm_eps=config.rms_norm_eps,
            rope_theta=config.rope_theta,
            tie_word_embeddings=False,
        )
    ).eval()
    names = {
        'tok_embeddings': 'embed_tokens',
        'attention.wo': 'self_attn.o_proj',
        'feed_forward.w1': 'mlp.gate_proj',
        'feed_forward.w3': 'mlp.up_proj',
        'feed_forward.w2': 'mlp.down_proj',
        'attention_norm': 'input_layernorm',
        'ffn_norm': 'post_attention_layernorm',
        'output.weight': 'lm_head.weight',
    }
    state = {}
    for name, value in model.state_dict().items():
        if 'wqkv' in name:
            packed = value.view(config.num_kv_heads, -1, config.head_dim, config.hidden_size)
            parts = {'q_proj': packed[:, :-2], 'k_proj': packed[:, -2], 'v_proj': packed[:, -1]}
            for part, weight in parts.items():
                state[name.replace('attention.wqkv', f'self_attn.{part}')] = weight.reshape(-1, config.hidden_size)
            continue
        for old, new in names.items():
            name = name.replace(old, new)
        state[name] = value
    llama.load_state_dict(state)
    return llama


@pytest.mark.parametrize(
    'config', [ModelConfig(num_layers=2), ModelConfig(num_layers=2, hidden_size=256, num_heads=8, num_kv_heads=4)]
)
def test_logits_equal_the_unpacked_llama(config):
    torch.manual_seed(0)
    model = TinyChat(config).eval()
    for parameter in model.parameters():  # away from the start, where attention is nearly uniform
        parameter.data += torch.randn_like(parameter) * 0.05
    tokens = torch.randint(0, config.vocab_size, (3, 70))
    with torch.no_grad():
        torch.testing.assert_close(model(tokens), unpack(model)(tokens).logits, atol=2e-4, rtol=2e-4)


def test_generate_with_cache_equals_the_whole_pass():
    torch.manual_seed(0)
    model = TinyChat(ModelConfig(num_layers=2, vocab_size=64)).eval()
    for parameter in model.parameters():
        parameter.data += torch.randn_like(parameter) * 0.1
    prompts = [[5], [1, 2, 3, 4, 5, 6, 7], [9, 8, 7]]
    for prompt, answer in zip(prompts, model.generate(prompts, 12, {64}), strict=True):
        tokens = list(prompt)
        for _ in range(12):
            tokens.append(int(model(torch.tensor([tokens]))[0, -1].argmax()))
        assert answer == tokens[len(prompt) :]


def test_dropped_words_are_of_questions_alone():
    tokens = torch.arange(1, 2001).view(20, 100)
    kinds = torch.randint(0, 4, tokens.shape)
    dropped = train.word_dropout(tokens, kinds, 1.0, torch.Generator().manual_seed(0))
    changed = dropped != tokens
    assert changed.any()
    assert not (changed & (kinds != build_corpus.MASKABLE)).any()


def test_batches_hold_every_token_once(smoke):
    corpus = smoke[0]
    batches = train.Batches(corpus, 4096, 'cpu')
    kinds = np.zeros(5, dtype=int)
    for _, row in batches.epoch(np.random.default_rng(0)):
        kinds += np.bincount(row.flatten().numpy(), minlength=5)
    assert kinds[1:].tolist() == np.bincount(corpus.kinds, minlength=5)[1:].tolist()


def test_smoke_training_lowers_the_loss(smoke):
    log = smoke[3]
    losses = [point['loss'] for point in log['curve']]
    assert losses[-1] < losses[0]  # windows of ten steps are noisy: one in between may lie lower
    assert losses[-1] < np.log(VOCAB_SIZE) - 1.5  # what guessing costs
    assert log['held_out_perplexity'][-1]['perplexity'] < VOCAB_SIZE / 4


def test_saved_folder_is_what_was_trained(smoke):
    _, valid, out, log = smoke
    found = train.perplexity(load(out), train.Batches(valid, 4096, 'cpu'))
    assert found < VOCAB_SIZE / 4
    # saved in bfloat16
    assert found == pytest.approx(log['held_out_perplexity'][-1]['perplexity'], rel=0.01)
    config = json.loads((out / 'config.json').read_text('utf-8'))
    assert config['architectures'] == ['InternLM2ForCausalLM']
    assert 'auto_map' not in config
    assert config['bias'] is False
    assert json.loads((out / 'generation_config.json').read_text('utf-8'))['eos_token_id'] == [EOS, IM_END]


def test_a_broken_off_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / 'training_log.json'
    write_json(path, {'steps': 1})

    def full(descriptor):
        raise OSError('no space left on device')

    with monkeypatch.context() as patch:
        patch.setattr(os, 'fsync', full)
        with pytest.raises(OSError, match='no space'):
            write_json(path, {'steps': 2})
    assert json.loads(path.read_text('utf-8')) == {'steps': 1}
    assert list(tmp_path.iterdir()) == [path]


def test_lmdeploy_gives_the_same_tokens(smoke):
    """LMDeploy reads the packed folder, and answers greedily as the plain model does."""
    lmdeploy_cpu = pytest.importorskip('lmdeploy_cpu')
    lmdeploy_cpu.enable()
    from lmdeploy import GenerationConfig, PytorchEngineConfig, pipeline

    out = smoke[2]
    chat = evaluate.Chat(out, 'cpu')
    questions = ['hello', '你是谁', 'What is LMDeploy?']
    expected = chat.model.generate(
        [encode_chat(chat.tokenizer, [evaluate.user(q)]) for q in questions], 24, {EOS, IM_END}
    )
    with pipeline(
        str(out), backend_config=PytorchEngineConfig(device_type='cpu', dtype='float32', session_len=1024)
    ) as pipe:
        answers = pipe(questions, gen_config=GenerationConfig(max_new_tokens=24, do_sample=False))
    assert [[t for t in answer.token_ids if t not in (EOS, IM_END)] for answer in answers] == expected


@pytest.fixture
def quick_run(tmp_path, monkeypatch):
    """training.chat.run with a folder that holds a model already, and without the work; its `main`, and the folder."""
    from training.chat import card, run

    out = tmp_path / 'tiny'
    shutil.copytree(MODEL, out)
    corpus = SimpleNamespace(num_conversations=1, tokens=[1])

    def trained(corpus, valid, folder, *settings, commit):
        shutil.copytree(MODEL, folder, dirs_exist_ok=True)
        log = json.loads((MODEL / 'training_log.json').read_text('utf-8')) | {'commit': commit}
        (folder / 'model.safetensors').write_bytes(b'new')
        write_json(folder / 'training_log.json', log)
        return log

    old = json.loads((MODEL / 'training_log.json').read_text('utf-8'))
    result = old['evaluation']
    monkeypatch.setattr(run.train, 'corpora', lambda *arguments, **options: (corpus, corpus))
    monkeypatch.setattr(run.train, 'train', trained)
    monkeypatch.setattr(run.evaluate, 'evaluate', lambda folder, quick: result)
    monkeypatch.setattr(card, 'curve', lambda log, path: None)
    return run, out


def test_a_run_replaces_the_model_whole_and_its_card_has_both_sets_beside_before(quick_run):
    run, out = quick_run
    run.main(['--smoke', '--out', str(out), '--commit', 'abc'])
    assert (out / 'model.safetensors').read_bytes() == b'new'
    text = (out / 'README.md').read_text('utf-8')
    assert 'texts | commit `abc`' in text
    before = json.loads((MODEL / 'training_log.json').read_text('utf-8'))['commit']
    assert f'Beside the model before (texts of commit `{before}`' in text
    for row in ('first set', 'second set', 'first set, declined', 'second set, declined', '**all of the second set**'):
        assert re.search(rf'^\| {re.escape(row)} \|( \**\d+ of \d+ \([\d.]+%\)\** \|){{4}}$', text, re.MULTILINE), row
    assert [path.name for path in out.parent.iterdir()] == ['tiny']


def test_a_run_that_fails_leaves_the_model_as_it_was(quick_run, monkeypatch):
    run, out = quick_run
    files = {path.name: path.read_bytes() for path in out.iterdir()}

    def fails(folder, quick):
        raise RuntimeError('out of memory')

    monkeypatch.setattr(run.evaluate, 'evaluate', fails)
    with pytest.raises(RuntimeError, match='out of memory'):
        run.main(['--smoke', '--out', str(out), '--archive', str(out.parent / 'weights.tar.gz')])
    assert {path.name: path.read_bytes() for path in out.iterdir()} == files
    assert {path.name for path in out.parent.iterdir()} == {'tiny', 'weights.tar.gz'}  # what was trained is kept


class TestShipped:
    """models/tiny-chat itself."""

    def test_size_and_shape(self):
        assert (MODEL / 'model.safetensors').stat().st_size <= 15_000_000
        config = json.loads((MODEL / 'config.json').read_text('utf-8'))
        assert config['hidden_size'] // config['num_attention_heads'] == 128
        assert config['hidden_size'] % 128 == config['intermediate_size'] % 128 == 0

    def test_card_is_made_from_the_log(self):
        from training.chat import card

        text = (MODEL / 'README.md').read_text('utf-8')
        assert text == card.card(MODEL, interim='Interim' in text)

    def test_the_command_of_the_card_is_understood_and_names_no_place_of_its_own(self):
        from training.chat import card

        log = json.loads((MODEL / 'training_log.json').read_text('utf-8'))
        kept = ' --tokenizer models/tiny-chat' if log['settings'].get('tokenizer') else ''
        assert card.command(log) == f'python -m training.chat.run --steps {log["steps"]}{kept} --out models/tiny-chat'
        log['settings'] |= {'dropout': 0.2, 'compile': True}
        log['corpus'] |= {'conversations': 5}
        words = card.command(log).split()[3:]
        assert words[2:7] == ['--conversations', '5', '--dropout', '0.2', '--compile']
        parser = argparse.ArgumentParser()
        train.add_arguments(parser)
        settings = train.settings_from(parser.parse_known_args(words)[0])
        assert (settings.steps, settings.dropout, settings.compile) == (log['steps'], 0.2, True)

    def test_the_card_says_where_the_aim_is_missed(self):
        from training.chat import card

        result = {
            'scores': {'poem': {'en': [5, 7], 'zh': [7, 7]}, 'memory': {'en': [94, 100], 'zh': [95, 100]}},
            'baseline': {'poem': {'en': [6, 7], 'zh': [5, 7]}},
        }
        assert card.shortfalls(result) == [
            'English falls short with 71.4% of the frozen paraphrases; below it: poem 71.4%, memory 94.0%.',
            'Chinese reaches it with 100.0% of the frozen paraphrases; below it: nothing.',
            'Below even the look-up: English poem (71.4% against 85.7%).',
        ]

    def test_the_second_set_must_reach_the_aim_too(self):
        from training.chat import card

        result = {'scores': {'faq': {'zh': [95, 100]}, 'second set: faq': {'zh': [94, 100]}}}
        result['baseline'] = {name: {'zh': [50, 100]} for name in result['scores']}
        (sentence,) = card.shortfalls(result)
        assert sentence.startswith('Chinese falls short with 95.0% of the frozen paraphrases and 94.0% of the second')
        assert [row[0] for row in card.score_rows(result)[-2:]] == [f'**{title}**' for title in card.TITLES.values()]

    def test_frozen_files_are_those_of_the_card(self):
        log = json.loads((MODEL / 'training_log.json').read_text('utf-8'))
        if 'evaluation' not in log:
            pytest.skip('interim weights')
        assert log['evaluation']['frozen_files_sha256'].items() <= texts.frozen_hashes().items()
