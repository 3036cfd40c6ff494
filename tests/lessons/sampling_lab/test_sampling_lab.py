"""The sampling laboratory: its probabilities are those that LMDeploy draws from, its draws those of the CPU engine."""

import asyncio
import concurrent.futures
import inspect
import json
import re
from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from ipywidgets.embed import dependency_state, embed_data
from lmdeploy import GenerationConfig
from lmdeploy.pytorch.backends.default.multinomial_sampling import DefaultMultinomialSamplingImpl
from lmdeploy.pytorch.engine import logits_process
from lmdeploy.pytorch.messages import SamplingParam
from lmdeploy.pytorch.strategies.ar.sampling import ARSamplingStrategy
from widget_support import widgets_alive

from lessons.sampling_lab import Sampling, after_sampling, draw_tokens, sampling_lab
from lessons.sampling_lab.panel import DRAWS, PROMPTS
from lmdeploy_cpu.ops import sampling as cpu_sampling

VOCABULARY = 1000
SETTINGS = [
    {},
    {'temperature': 0},
    {'temperature': 0.2, 'top_k': 0},
    {'temperature': 2.0, 'top_k': 0},
    {'temperature': 1.0, 'top_k': 1, 'top_p': 0.5, 'min_p': 0.1},
    {'temperature': 1.5, 'top_k': 7},
    {'temperature': 1.5, 'top_k': 0, 'top_p': 0.6},
    {'temperature': 1.5, 'top_k': 0, 'top_p': 0.0},
    {'temperature': 1.5, 'top_k': 0, 'min_p': 0.2},
    {'temperature': 1.5, 'top_k': 0, 'min_p': 1.0},
    {'temperature': 0.9, 'repetition_penalty': 1.7},
    {'temperature': 1.4, 'top_k': 40, 'top_p': 0.9, 'min_p': 0.05, 'repetition_penalty': 1.3},
]
BROAD = {'temperature': 1.4, 'top_k': 40, 'top_p': 0.9, 'min_p': 0.05}


def is_greedy(settings) -> bool:
    return settings.get('top_k') == 1 or settings.get('temperature') == 0


def each_of(settings):
    return pytest.mark.parametrize('settings', settings, ids=lambda s: ' '.join(f'{k}={v}' for k, v in s.items()))


def logits(seed=0) -> torch.Tensor:
    """Some are far above the others, as a model has them; of both signs."""
    made = torch.Generator().manual_seed(seed)
    return torch.randn(VOCABULARY, generator=made) * 1.5


def answered() -> list[int]:
    """Tokens of an answer: likely and unlikely ones, one of them twice."""
    order = logits().argsort(descending=True).tolist()
    return [order[0], order[3], order[3], order[-2]]


def request(settings, seed=0, position=13) -> SimpleNamespace:
    """What LMDeploy's scheduler knows of a request."""
    config = GenerationConfig(do_sample=True, random_seed=seed, **settings)
    return SimpleNamespace(
        sampling_param=SamplingParam.from_gen_config(config),
        num_valid_ids=position,
        num_new_tokens=len(answered()),
        generated_ids=answered(),
        session=SimpleNamespace(session_id=0),
        seq_id=0,
    )


def lmdeploy_samples(settings, rows=1, sampler=None, seed=0):
    """LMDeploy's own way from logits to token ids [rows]; `sampler` takes the place of its `sampling`."""
    strategy = ARSamplingStrategy(pad_token_id=0)
    inputs = strategy.make_sampling_inputs([request(settings, seed + n) for n in range(rows)]).to_device('cpu')
    processor = logits_process.FusedLogitsProcessor(inputs)
    scores, _ = asyncio.run(processor(logits().expand(rows, -1).clone()))
    return sampler(scores, inputs) if sampler else own_sampling()(processor, scores)


def own_sampling():
    """`FusedLogitsProcessor.sampling` as LMDeploy has it, whether or not an engine on the CPU ran here before."""
    method = logits_process.FusedLogitsProcessor.sampling
    return inspect.getclosurevars(method).nonlocals.get('old', method)


@each_of(SETTINGS)
def test_the_probabilities_are_those_that_lmdeploy_draws_from(monkeypatch, settings):
    handed = []

    def multinomial(p, seeds, offsets, ids):
        handed.append(torch.zeros(1, VOCABULARY).scatter(1, ids, p)[0])
        return ids[:, 0]

    monkeypatch.setattr(logits_process, '_multinomial_sampling', multinomial)
    (token,) = lmdeploy_samples(settings).tolist()
    ours = after_sampling(logits(), Sampling(**settings), answered())
    if is_greedy(settings):
        assert not handed, 'it takes the likeliest and draws nothing'
        handed.append(torch.nn.functional.one_hot(torch.tensor(token), VOCABULARY).float())
    assert (ours.after - handed[0]).abs().max() < 1e-6
    assert torch.equal(ours.after > 0, handed[0] > 0)
    assert ours.after.sum() == pytest.approx(1, abs=1e-5)
    assert torch.equal(ours.cut == 0, ours.after > 0), 'what was cut cannot be drawn'
    assert torch.equal(ours.before, logits().softmax(-1)), 'nothing acts on what was before'


@each_of([settings for settings in SETTINGS if not is_greedy(settings)])  # one candidate is left to LMDeploy
def test_the_probabilities_are_those_that_the_cpu_engine_draws_from(monkeypatch, settings):
    handed = []
    monkeypatch.setattr(cpu_sampling, 'draw', lambda p, seeds, offsets, ids: handed.append((p[0], ids[0])))
    lmdeploy_samples(settings, sampler=cpu_sampling.sample)
    ours = after_sampling(logits(), Sampling(**settings), answered())
    (p, ids) = handed[0]
    assert torch.equal(ours.order[: len(ids)], ids)
    assert (ours.after[ids] - p).abs().max() < 1e-6
    assert ours.after[ids].sum() == pytest.approx(1, abs=1e-5)


def chi_squared(counts: Counter, p: torch.Tensor) -> float:
    """How likely draws from `p` [vocabulary] differ from it at least so much as these; tokens too rare count as one."""
    expected = p.double() * counts.total()
    often = (expected >= 5).nonzero().flatten().tolist()
    pairs = [(counts[token], float(expected[token])) for token in often]
    rest = counts.total() - sum(n for n, _ in pairs), counts.total() - sum(e for _, e in pairs)
    if rest[1] >= 5:
        pairs.append(rest)
    statistic = sum((n - e) ** 2 / e for n, e in pairs)
    freedom = torch.tensor((len(pairs) - 1) / 2)
    return float(torch.special.gammaincc(freedom, torch.tensor(statistic / 2)))


@pytest.mark.parametrize('engine', ['LMDeploy', 'CPU'])
def test_draws_of_lmdeploy_follow_the_probabilities(monkeypatch, engine):
    """2000 requests with seeds 0 to 1999, drawn in one batch."""
    default = DefaultMultinomialSamplingImpl()
    monkeypatch.setattr(logits_process, '_multinomial_sampling', default.forward)
    torch.manual_seed(0)  # LMDeploy's default sampler drops the requests' seeds
    sampler = cpu_sampling.sample if engine == 'CPU' else None
    counts = Counter(lmdeploy_samples(BROAD, 2000, sampler).tolist())
    ours = after_sampling(logits(), Sampling(**BROAD))
    assert all(ours.after[token] > 0 for token in counts)
    assert chi_squared(counts, ours.after) > 0.001
    for other in ({'temperature': 1.1}, {'top_k': 20}, {'top_p': 0.7}):
        wrong = after_sampling(logits(), Sampling(**BROAD | other)).after
        assert chi_squared(counts, wrong) < 1e-6, f'2000 draws would show {other}'


def test_twenty_draws_are_what_requests_with_these_seeds_get():
    ours = after_sampling(logits(), Sampling(**BROAD))
    drawn = draw_tokens(ours, 20, random_seed=5, position=13)
    assert drawn == Counter(lmdeploy_samples(BROAD, 20, cpu_sampling.sample, seed=5).tolist())
    assert drawn.total() == 20
    assert drawn == draw_tokens(ours, 20, 5, 13)
    assert drawn != draw_tokens(ours, 20, 6, 13) != draw_tokens(ours, 20, 6, 14)


def kept(p: list[float], **settings) -> list[float]:
    """What stays of a small vocabulary, at temperature 1."""
    settings = {'temperature': 1, 'top_k': 0} | settings
    return after_sampling(torch.tensor(p).log(), Sampling(**settings)).after.tolist()


@pytest.mark.parametrize('temperature', [0, 0.1, 1, 2])
def test_top_k_1_is_the_argmax(temperature):
    after = after_sampling(logits(), Sampling(temperature=temperature, top_k=1, top_p=0.1, min_p=1)).after
    assert after.nonzero().flatten().tolist() == [logits().argmax().item()]
    assert after.max() == 1


@pytest.mark.parametrize(
    ('settings', 'left'),
    [
        ({}, [0.4, 0.3, 0.2, 0.1]),
        ({'top_k': 2}, [4 / 7, 3 / 7, 0, 0]),
        ({'top_k': 9}, [0.4, 0.3, 0.2, 0.1]),
        ({'top_p': 0.5}, [4 / 7, 3 / 7, 0, 0]),  # the one that passes 0.5 stays
        ({'top_p': 0.35}, [1, 0, 0, 0]),
        ({'top_p': 0}, [1, 0, 0, 0]),
        ({'min_p': 0.4}, [4 / 9, 3 / 9, 2 / 9, 0]),
        ({'min_p': 0.6}, [4 / 7, 3 / 7, 0, 0]),
        ({'min_p': 1}, [1, 0, 0, 0]),
        ({'top_p': 0.42}, [4 / 7, 3 / 7, 0, 0]),
        ({'top_k': 3, 'top_p': 0.42}, [1, 0, 0, 0]),  # top_k first: 4/9 of what it left is more than 0.42
        ({'temperature': 2, 'top_p': 0.5}, None),  # temperature first: see below
    ],
)
def test_a_small_vocabulary_is_cut_as_by_hand(settings, left):
    p = [0.4, 0.3, 0.2, 0.1]
    if left is None:
        roots = [value**0.5 for value in p]
        shares = [root / sum(roots) for root in roots]
        assert shares[0] < 0.5 < sum(shares[:2])
        left = [root / sum(roots[:2]) for root in roots[:2]] + [0, 0]
    assert kept(p, **settings) == pytest.approx(left, abs=1e-6)


def test_at_the_edge_a_token_stays_and_equal_ones_go_by_their_id():
    quarter = [0.25] * 4
    assert kept(quarter, top_p=0.5) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0]), 'two quarters are not more than 0.5'
    assert kept(quarter, min_p=1) == quarter
    assert kept(quarter, top_k=2) == [0.5, 0.5, 0, 0]


def test_who_cut_a_token_is_told():
    cut = after_sampling(torch.tensor([0.4, 0.3, 0.2, 0.06, 0.04]).log(), Sampling(1, 4, 0.8, 0.6))
    assert [cut.cut_by(token) for token in range(5)] == ['', '', 'min_p', 'top_p', 'top_k']


def test_a_penalty_divides_positive_logits_and_multiplies_negative_ones_once():
    z = torch.tensor([2.0, -1.0, 0.5])
    after = after_sampling(z, Sampling(temperature=1, repetition_penalty=2), [0, 1, 0]).after
    assert torch.allclose(after, torch.tensor([1.0, -2.0, 0.5]).softmax(-1))
    assert z.tolist() == [2.0, -1.0, 0.5], 'the logits stay as they were'


@pytest.mark.parametrize(
    ('settings', 'why'),
    [
        ({'temperature': 2.1}, 'temperature=2.1: it must be 0 to 2'),
        ({'top_p': -0.1}, 'top_p=-0.1: it must be 0 to 1'),
        ({'min_p': 1.5}, 'min_p=1.5: it must be 0 to 1'),
        ({'top_k': -1}, r'top_k=-1: it must be 0 \(all tokens\) or more'),
        ({'repetition_penalty': 0}, 'repetition_penalty=0: it must be above 0'),
    ],
)
def test_what_lmdeploy_would_not_take_is_refused(settings, why):
    with pytest.raises(ValueError, match=why):
        Sampling(**settings)


def test_more_than_one_tokens_logits_are_refused():
    with pytest.raises(ValueError, match=r'logits of shape \[2, 3\]: those of one token are wanted'):
        after_sampling(torch.zeros(2, 3), Sampling())


class Pipe:
    """Gives each prompt logits of its own; letters are tokens, and a message that is too long fails."""

    def __init__(self):
        self.async_engine = self
        self.tokenizer = SimpleNamespace(model=SimpleNamespace(model=Letters()))
        self.asked = []

    async def async_get_logits(self, input_ids):
        self.asked += input_ids
        if len(input_ids[0]) > 100:
            raise RuntimeError('too <long>')
        return [logits(seed=sum(input_ids[0])).expand(len(input_ids[0]), -1)]

    def _run(self, coro):
        done = concurrent.futures.Future()
        try:
            done.set_result(asyncio.run(coro))
        except RuntimeError as error:
            done.set_exception(error)
        return done


class Letters:
    def __call__(self, text, add_special_tokens):
        return {'input_ids': [ord(letter) for letter in text]}

    def apply_chat_template(self, chat, add_generation_prompt, return_dict):
        assert add_generation_prompt
        assert [message['role'] for message in chat] == ['user']
        return {'input_ids': [1, *(ord(letter) for letter in chat[0]['content']), 2]}

    def decode(self, tokens):
        return ''.join(chr(0x2E80 + token) if token % 2 else f'<{token}>' for token in tokens)


@pytest.fixture
def lab():
    lab = sampling_lab(Pipe(), temperature=1.5, top_k=25, top_p=0.9, min_p=0.4)
    yield lab
    lab.close()


def texts(lab) -> list[str]:
    return re.findall(r'<text [^>]*>([^<]*)</text>', lab.result.value)


def test_the_sliders_stand_for_generation_configs_parameters(lab):
    assert lab.sampling == Sampling(1.5, 25, 0.9, 0.4)
    for name, value in {'temperature': 0.5, 'top_k': 9, 'top_p': 0.8, 'min_p': 0.1, 'repetition_penalty': 1.5}.items():
        getattr(lab, name).value = value
        assert getattr(lab, name).description == name
        assert hasattr(GenerationConfig(), name)
        assert getattr(lab.sampling, name) == value
        after = after_sampling(lab._logits, lab.sampling, lab._answered).after
        assert torch.equal(lab.probabilities.after, after)
    assert len(lab._pipe.asked) == 1, 'the engine is asked once for a prompt'


def test_thirty_tokens_stand_in_the_order_of_before_whatever_the_settings(lab):
    def names():
        lines = lab._text.splitlines()
        assert len(lines) == 1 + 30 + 1 + 1
        return [line.split(maxsplit=1)[0] for line in lines[1:31]]

    likely = lab._logits.topk(30).indices.tolist()
    first = names()
    assert first == [repr(Letters().decode([token])) for token in likely]
    lab.temperature.value = 2
    lab.top_p.value = 0.3
    assert names() == first
    assert f'{lab.probabilities.before[likely[0]]:.1%}' in lab._text.splitlines()[1]
    assert f'{lab.probabilities.after[likely[0]]:.1%}' in lab._text.splitlines()[1]


def test_bars_are_as_long_as_probabilities_and_the_cut_have_none(lab):
    p = lab.probabilities
    likely = p.before.topk(30).indices
    bars = [
        (float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)"', lab.result.value)
    ]
    before, after = ([w for x, w in bars if (x < 300) == (part == 0)] for part in (0, 1))
    unit = 150 / max(p.before.max(), p.after.max(), 1 - p.before[likely].sum())
    assert before[:30] == pytest.approx([max(0.5, float(p.before[t] * unit)) for t in likely], abs=0.06)
    stay = [float(p.after[t] * unit) for t in likely if p.after[t] > 0]
    assert after[: len(stay)] == pytest.approx([max(0.5, width) for width in stay], abs=0.06)
    for name in ('top_k', 'top_p', 'min_p'):
        cut = [p.cut_by(token) for token in likely.tolist()]
        assert texts(lab).count(f'cut off by {name}') == cut.count(name) > 0
    assert f'{int((p.after > 0).sum())} of 1,000 tokens may be drawn; top_k cut 975, then' in lab.result.value


def test_the_button_draws_twenty_by_the_seed(lab):
    lab._draw_button.click()
    first = dict(lab.drawn)
    position = len(lab._pipe.asked[0])
    assert first == draw_tokens(lab.probabilities, DRAWS, 0, position)
    told = [int(words.split()[0]) for words in texts(lab) if words.endswith(' ×')]
    assert sum(told) == DRAWS == 20
    assert str(DRAWS) in lab._draw_button.description
    lab.random_seed.value = 1000
    assert lab.draw() != first
    lab.random_seed.value = 0
    assert lab.draw() == first
    lab.temperature.value = 0.3
    assert not lab.drawn, 'they were of other probabilities'
    assert not [words for words in texts(lab) if words.endswith(' ×')]


def test_another_prompt_is_one_question_to_the_engine(lab):
    lab.prompt.value = 'peaked'
    message, answer = PROMPTS['peaked']
    assert lab._pipe.asked[1:] == [[1, *map(ord, message), 2, *map(ord, answer)]]
    assert set(lab._answered) == set(map(ord, answer))
    assert 'Violet: tokens of the answer so far' in lab.result.value
    lab.message.value = 'my own'
    lab.answer.value = 'a'
    assert lab._pipe.asked[3:] == [[1, *map(ord, 'my own'), 2, ord('a')]]


def test_a_penalty_without_an_answer_says_why_nothing_moves(lab):
    why = 'There is no answer yet whose tokens repetition_penalty could act on.'
    before = lab.probabilities.after
    assert why not in lab.result.value
    lab.repetition_penalty.value = 2
    assert torch.equal(lab.probabilities.after, before)
    assert why in lab.result.value
    assert why in lab._repr_mimebundle_()['text/plain']


def test_what_the_engine_refuses_is_shown_and_passes(lab):
    lab.message.value = 'x' * 200
    assert 'The engine gave no answer: too &lt;long&gt;' in lab.result.value
    assert lab.draw() == {}
    lab.temperature.value = 1
    assert 'too &lt;long&gt;' in lab.result.value
    lab.message.value = 'x'
    assert '<svg' in lab.result.value


def test_where_no_widget_runs_there_is_a_table_and_all_is_small(lab):
    lab.draw()
    bundle = lab._repr_mimebundle_()
    assert 'application/vnd.jupyter.widget-view+json' in bundle
    assert bundle['text/plain'].splitlines()[0].split() == ['token', 'before', 'after', 'drawn']
    assert repr(lab) == 'SamplingLab()'
    assert len(json.dumps(bundle)) < 60_000
    # Its own state alone: other tests of this process may have left widgets of theirs.
    own = embed_data(views=[lab], state=dependency_state(lab))['manager_state']
    assert len(own['state']) > 10
    assert len(json.dumps(own)) < 60_000


def test_it_speaks_chinese(monkeypatch):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    lab = sampling_lab(Pipe(), repetition_penalty=1.5, top_k=5)
    words = ' '.join([lab._text, *(w.description for w in (lab.prompt, lab.message, lab.answer, lab._draw_button))])
    words = re.sub('<[0-9]+>|top_[kp]|min_p|repetition_penalty', '', words)
    assert not re.findall('[A-Za-z]{2,}', words)
    assert [name for name, _ in lab.prompt.options] == ['分散', '集中']
    lab.close()


def test_closed_it_leaves_no_widget():
    before = widgets_alive()
    sampling_lab(Pipe()).close()
    assert widgets_alive() == before
