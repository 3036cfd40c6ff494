"""Inside an engine: the picture says what was recorded, and recording changes nothing."""

import asyncio
import dataclasses
import math
import re
from threading import Thread
from types import SimpleNamespace

import pytest
from lmdeploy import GenerationConfig, pipeline
from lmdeploy.messages import Response

from helpers import engine_config, release
from helpers.models import EMBEDDED
from lessons.kv_cache import cache_in
from lessons.kv_cache.trace import rehearse_blocks
from lessons.pictures import followed, frame
from lessons.pictures.followed import Followed, follow
from lessons.pictures.inside import likeliest, percent, picture_of, told, wrapped
from lessons.pictures.tokens import width_of
from lessons.serving.figures import RequestTiming

PROMPT = ['<s>', '<|im_start|>', 'user', '\n', 'what', ' is', '<|im_end|>', '\n', '<|im_start|>', 'assistant', '\n']
ANSWER = ['Good', ' day', '!', ' I', ' am', ' tiny', '.']


def got(**more) -> Followed:
    """A prompt of 60 tokens and an answer of 7; a third block is taken for the sixth token."""
    n = len(ANSWER)
    return Followed(
        **{
            'engine': 'pytorch',
            'prompt': list(range(60)),
            'prompt_pieces': [*PROMPT[:4], *['word'] * 49, *PROMPT[4:]],
            'answer': list(range(100, 100 + n)),
            'streamed': list(ANSWER),
            'pieces': dict(enumerate(ANSWER, 100)) | {7: ' other', 8: ' rare', 9: 'rarer', 10: 'rarest'},
            'probabilities': [{7: 0.25, 100 + at: 0.625, 8: 0.0625, 9: 0.01, 10: 0.0001} for at in range(n)],
            'block_tokens': 32,
            'blocks': [2, 2, 2, 2, 2, 3, 3],
            'num_blocks': 4340,
            'kept_blocks': 0,
            'finish_reason': 'stop',
            'timing': RequestTiming(60, n, 1.0, 1.025, 1.085),
        }
        | more
    )


def texts(step, language='en') -> list[str]:
    found = [shape.words for shape in step.shapes if shape.tag == 'text']
    return [words if isinstance(words, str) else getattr(words, language) for words in found]


def drawn(step, tag, **attributes) -> list[dict]:
    """The attributes of a step's shapes that have these among them."""
    wanted = {(name.replace('_', '-'), value) for name, value in attributes.items()}
    return [dict(s.attributes) for s in step.shapes if s.tag == tag and wanted <= set(s.attributes)]


def at_work(step) -> list[str]:
    bold = [dict(s.attributes).get('font-weight') for s in step.shapes if s.tag == 'text']
    stations = 'pipeline', 'queue', 'blocks', 'kernels', 'sampler', 'stream'
    return [said for said, weight in zip(texts(step), bold, strict=True) if weight and said in stations]


def test_one_station_after_the_other_and_then_round_and_round():
    steps = picture_of(got()).steps
    tokens = [['kernels', 'sampler', 'stream']] * 5
    assert [at_work(s) for s in steps] == [['pipeline'], ['queue'], ['blocks'], *tokens, ['blocks', 'stream']]
    for step in steps:
        assert len(drawn(step, 'rect', stroke='blue_line')) == len(at_work(step))
    assert [('waiting: 1' in texts(s), 'running: 1' in texts(s)) for s in steps] == [
        (False, False), (True, False), *[(False, True)] * 6, (False, False),
    ]  # fmt: skip


def test_the_first_tokens_are_told_and_the_one_that_takes_a_block():
    assert told(got()) == [0, 1, 2, 3, 5]
    assert told(got(blocks=[2] * 7)) == [0, 1, 2, 3]
    assert told(got(blocks=[2, 2, 3, 3, 3, 3, 3])) == [0, 1, 2, 3]
    assert told(got(answer=[100], streamed=['Good'], blocks=[2])) == [0]


def test_each_step_has_its_numbers():
    steps = picture_of(got()).steps
    assert '60 tokens' in texts(steps[0])
    assert '2 of 4,340, for its 60 tokens' in steps[2].caption.en
    for n, step in zip([0, 1, 2, 3, 5], steps[3:8], strict=True):
        said = texts(step)
        first = n == 0
        assert f'tokens in: {60 if first else 1}' in said
        assert f'from the cache: {0 if first else 59 + n}' in said
        assert ('prefill' if first else f'decode step {n}') in said
        blocks = 3 if n == 5 else 2
        assert f'{blocks} of 4,340 taken' in said
        assert f'{60 + n} of {32 * blocks} places full' in said
        boxes, full = drawn(step, 'rect', fill='green'), drawn(step, 'rect', fill='green_line')
        assert len(boxes) == blocks
        assert sum(r['width'] for r in full) == pytest.approx(boxes[0]['width'] * (60 + n) / 32, abs=0.2)
        assert f'{ANSWER[n]!r} with a probability of 62.5%' in step.caption.en
        if n:
            assert f'{ANSWER[n - 1]!r} goes in alone, {59 + n} tokens are read' in step.caption.en
        assert ('one more block is taken' in step.caption.en) == (n == 5)
        streamed = ''.join(said[said.index('stream') + 1 : said.index('next token')])
        assert streamed.replace(' ', '') == ''.join(ANSWER[: n + 1]).replace(' ', '')
    end = texts(steps[-1])
    assert {'3 given back', '0 of 4,340 taken', '7 tokens: stop', 'TTFT 25.0 ms', 'TPOT 10.0 ms'} <= set(end)
    assert 'after 25.0 ms, the last, number 7, after 85.0 ms' in steps[-1].caption.en


def test_the_sampler_shows_the_likeliest_and_the_one_that_was_taken():
    step = picture_of(got()).steps[3]
    shown = [said for said in texts(step) if said.endswith('%')]
    assert shown == ['62.5%', '25.0%', '6.2%', '1.0%']
    violet = drawn(step, 'rect', fill='violet')
    assert [r['width'] for r in violet] == [168 * 0.625], 'the one that was taken, in its place'
    rows = [{7: 0.4, 8: 0.3, 9: 0.2, 10: 0.09, 100 + n: 0.01} for n in range(7)]
    sampled = likeliest(got(probabilities=rows), 2)
    assert sampled == [(7, 0.4), (8, 0.3), (9, 0.2), (102, 0.01)], 'by chance an unlikely one: never left out'
    assert [percent(p) for p in (0, 0.0009, 0.5, 0.9996, 1)] == ['<0.1%', '<0.1%', '50.0%', '>99.9%', '100.0%']


@pytest.mark.parametrize(('engine', 'why'), [('turbomind', 'keeps a single token'), ('pytorch', 'logprobs_mode only')])
def test_without_probabilities_it_says_so(engine, why):
    steps = picture_of(got(engine=engine, probabilities=None)).steps
    assert why in steps[3].caption.en
    assert not [said for step in steps for said in texts(step) if '%' in said]
    assert {'Good', 'no probabilities', 'from this engine'} <= set(texts(steps[3]))


def test_what_turbomind_does_not_tell_is_left_out():
    steps = picture_of(got(engine='turbomind', num_blocks=None, kept_blocks=None)).steps
    assert 'worked out from its 60 tokens' in steps[2].caption.en
    assert '2 taken' in texts(steps[2])
    assert not [said for step in steps for said in texts(step) if ' of 4,340' in said or 'None' in said]


def test_of_an_answer_of_one_token_there_is_no_time_per_token():
    one = got(
        answer=[100], streamed=['Good'], blocks=[2], finish_reason='length', timing=RequestTiming(60, 1, 1, 1.5, 1.5)
    )
    end = picture_of(one).steps[-1]
    assert 'as long as it may be' in end.caption.en
    assert not [said for said in texts(end) if said.startswith('TPOT')]


def test_lines_are_no_longer_than_the_room_and_nothing_is_lost():
    words = 'A small model that likes company.\n\nIncomprehensibilities, 你好，这是一个很长的句子，没有空格。'
    lines = wrapped(words, 168)
    assert max(map(width_of, lines)) <= 168
    assert ''.join(lines).replace(' ', '') == words.replace(' ', '').replace('\n', '')
    assert lines[0] == 'A small model that'


@pytest.mark.parametrize('language', ['en', 'zh'])
@pytest.mark.parametrize('letters', ['plain', 'wide', 'long'])
def test_it_is_small_in_both_languages_whatever_is_said(language, letters):
    made = got()
    if letters == 'wide':
        pieces = {token: '时间管理建议'[at % 6] + '清单' for at, token in enumerate(made.pieces)}
        made = got(pieces=pieces, streamed=['时间管理'] * 7, blocks=[40, *[41] * 6])
    elif letters == 'long':
        made = got(pieces=dict.fromkeys(made.pieces, ' Incomprehensibilities'), streamed=[' Incomprehensible'] * 7)
    picture = dataclasses.replace(picture_of(made), language=language)
    bundle = picture._repr_mimebundle_()
    assert sum(map(len, bundle.values())) < 60_000
    assert frame.turned(bundle, 'en') == dataclasses.replace(picture, language='en')._repr_mimebundle_()
    for step in picture.steps:
        assert max(a['y'] for a in drawn(step, 'text')) < picture.height
        if language == 'zh':
            said = ' '.join([*texts(step, 'zh'), step.caption.zh])
            assert not re.findall(r'\b(?:tokens?|blocks?|queue|cache|prefill|decode|sampler|stream|first)\b', said)


def test_the_scheduler_is_believed():
    """A block taken before it is needed, as LMDeploy takes them, is counted when it is taken."""
    trace = rehearse_blocks(20, [(53, 100)], max_batch_size=8)
    had = [followed._recorded(trace, 53 + n) for n in range(100)]
    assert had[0] == 2 > math.ceil(53 / 64)
    assert had == sorted(had)
    assert all(blocks * 64 >= 53 + n for n, blocks in enumerate(had))
    assert had[-1] == max(count for _, count in trace.history(1))


def test_what_is_no_probability_is_none():
    rows = [{1: math.log(0.75), 2: math.log(0.25)}]
    assert followed._probabilities(rows, None) == [{1: 0.75, 2: 0.25}]
    assert followed._probabilities(rows, SimpleNamespace(logprobs_mode='raw_logits')) is None
    assert followed._probabilities([{1: 0.0}, {2: 0.0}], None) is None, 'a sampler that keeps one calls it certain'
    assert followed._probabilities([], None) is None


class FakeTurboMind:
    """As much of TurboMind as `follow` asks: it streams two tokens at once, and has no scheduler in Python."""


FakeTurboMind.__module__ = 'lmdeploy.turbomind.fake'


@pytest.fixture
def turbomind():
    """A pipeline with it, which answers with the numbers that it is given."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    asked, chunks = [], [([3], 'Hel'), ([4, 5], 'lo'), ([], '!')]

    async def preprocess(prompt, session, gen_config):
        asked.append(gen_config)
        return SimpleNamespace(inputs={'input_ids': list(range(70))})

    async def generate(request, stream_response):
        count = 0
        for n, (tokens, said) in enumerate(chunks):
            count += len(tokens)
            rows = [{token: math.log(0.5), 9: math.log(0.25)} for token in tokens]
            why = 'stop' if n == len(chunks) - 1 else None
            out = Response(said, count, 70, why, token_ids=tokens, logprobs=rows)
            out.response = said
            yield out

    engine = SimpleNamespace(
        engine=FakeTurboMind(),
        backend_config=SimpleNamespace(cache_block_seq_len=64),
        session_mgr=SimpleNamespace(get=lambda: None),
        tokenizer=SimpleNamespace(decode=lambda ids, skip_special_tokens: f'<{ids[0]}>'),
        preprocess=preprocess,
        generate=generate,
    )
    pipe = SimpleNamespace(
        async_engine=engine, backend_config=engine.backend_config, internal_thread=SimpleNamespace(loop=loop)
    )
    yield pipe, asked, chunks
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_turbominds_blocks_are_worked_out(turbomind):
    pipe, asked, _ = turbomind
    made = follow(pipe, 'hello', GenerationConfig(max_new_tokens=3, do_sample=False))
    assert (asked[0].logprobs, asked[0].max_new_tokens) == (5, 3)
    assert (made.engine, made.answer, made.streamed) == ('turbomind', [3, 4, 5], ['Hel', '', 'lo!'])
    assert (made.blocks, made.num_blocks, made.kept_blocks) == ([2, 2, 2], None, None)
    assert made.probabilities[1] == pytest.approx({4: 0.5, 9: 0.25})
    assert made.pieces == {token: f'<{token}>' for token in (3, 4, 5, 9)}
    assert made.timing.first_tokens == 1
    assert made.timing.output_tokens == 3
    assert len(picture_of(made).steps) == 7


def test_no_answer_is_refused(turbomind):
    pipe, _, chunks = turbomind
    chunks[:] = [([], '')]
    with pytest.raises(ValueError, match="no token came, finish_reason 'stop'"):
        follow(pipe, 'hello', GenerationConfig())


@pytest.mark.deep
def test_it_is_the_same_request_as_without_the_picture():
    config = engine_config(cache_max_entry_count=0.01, max_batch_size=8)
    greedy = GenerationConfig(max_new_tokens=80, do_sample=False)
    with pipeline(str(EMBEDDED / 'tiny-chat'), backend_config=config, log_level='ERROR') as pipe:
        for prompt in ('hello', [{'role': 'user', 'content': 'please provide three suggestions'}]):
            plain, made = pipe(prompt, gen_config=greedy), follow(pipe, prompt, greedy)
            assert made.answer == plain.token_ids
            assert ''.join(made.streamed) == plain.text
            assert len(made.prompt) == plain.input_token_len
            assert made.finish_reason == plain.finish_reason
            assert made.num_blocks == cache_in(pipe)[0] - 1
            assert made.kept_blocks == 0
            assert all(held * 64 >= len(made.prompt) + n for n, held in enumerate(made.blocks))
            assert [likeliest(made, n)[0][0] for n in range(len(made.answer))] == made.answer, 'greedy'
            assert all(0.99 < sum(row.values()) <= 1.001 for row in made.probabilities[:1])
            assert 0 < made.timing.ttft_s < made.timing.latency_s
            picture = picture_of(made)
            for n, step in zip(told(made), picture.steps[3:], strict=False):
                assert repr(made.pieces[plain.token_ids[n]]) in step.caption.en
        assert pipe(prompt, gen_config=greedy).token_ids == plain.token_ids, 'nothing is left behind'
    release()
