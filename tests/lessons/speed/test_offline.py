"""The definitions, on an engine that keeps to a clock; then each engine of this machine on a tiny model."""

import asyncio
import json
import statistics
import threading
import time
from types import SimpleNamespace

import pytest

from helpers.checkpoints.geometry import Geometry
from lessons.serving.figures import RequestTiming
from lessons.speed import engines
from lessons.speed.engines import ContinuousBatching, LMDeployEngine, TransformersGenerate, answer_timing
from lessons.speed.offline import BatchMeasurement, measure_batch, measure_engine, token_prompts

TINY = Geometry(
    'LlamaForCausalLM', 4096, 128, 256, num_layers=2, num_heads=4, num_kv_heads=2, head_dim=32, dynamic_rope_factor=2.0
)


def test_a_tied_output_head_is_counted_once():
    import torch

    model = torch.nn.ModuleDict({'embed': torch.nn.Embedding(8, 4), 'head': torch.nn.Linear(4, 8, bias=False)})
    model['head'].weight = torch.nn.Parameter(model['embed'].weight.data)  # another parameter, the same numbers
    model['more'] = torch.nn.Linear(4, 4, bias=False)
    pipe = SimpleNamespace(async_engine=SimpleNamespace(engine=SimpleNamespace(executor=SimpleNamespace())))
    pipe.async_engine.engine.executor.model_agent = SimpleNamespace(
        patched_model=SimpleNamespace(get_model=lambda: model)
    )
    assert LMDeployEngine.held_weight_bytes(SimpleNamespace(pipe=pipe)) == 4 * (8 * 4 + 4 * 4)


class Clock:
    """The first call takes WARM_S longer; then 40 ms until the first token, 10 ms for each further one."""

    WARM_S = 0.2

    def __init__(self, lacking: int = 0):
        self.asked, self.lacking = [], lacking

    def generate(self, prompts, output_tokens):
        time.sleep(0.04 + 0.01 * (output_tokens - 1) + (0 if self.asked else self.WARM_S))
        self.asked.append((len(prompts), output_tokens))
        return [output_tokens - self.lacking] * len(prompts)


def test_figures_by_hand():
    m = BatchMeasurement(4, 61, 11, (2.0, 3.0, 2.2), (0.2, 0.1, 0.3), 9.0)
    assert (m.time_s, m.ttft_s, m.tpot_s, m.output_tokens_per_s) == (2.2, 0.2, 0.2, 4 * 11 / 2.2)
    row = m.row()
    assert json.loads(json.dumps(row)) == row
    assert m.input_tokens_per_s == 4 * 61 / 0.2
    assert str(m) == 'batch   4:     20.0 tokens/s (14.7 to 22.0 in 3 runs), TTFT    200 ms, TPOT  200.0 ms'
    assert (row['output_tokens_per_s_min'], row['output_tokens_per_s_max']) == (round(44 / 3, 1), 22.0)
    assert (row['repeats'], row['warm_up_s']) == (3, 9.0)


def test_a_warm_up_of_the_same_shape_does_not_count():
    m = measure_batch(clock := Clock(), token_prompts(3, 7), output_tokens=11)
    assert clock.asked == [(3, 11)] * 4 + [(3, 1)] * 3
    assert (m.batch, m.input_tokens, m.output_tokens, len(m.times_s)) == (3, 7, 11, 3)
    assert m.warm_up_s >= 0.14 + Clock.WARM_S
    assert min(m.times_s) >= 0.14
    assert min(m.times_s) < 0.14 + Clock.WARM_S
    assert min(m.ttfts_s) >= 0.04


def test_what_takes_long_is_measured_once():
    m = measure_batch(
        clock := Clock(), token_prompts(1, 7), output_tokens=11, repeats=3, repeat_below_s=0.1, warm_up_tokens=2
    )
    assert clock.asked == [(1, 2), (1, 11), (1, 1), (1, 1), (1, 1)]
    assert len(m.times_s) == 1


def test_an_engine_that_does_other_work_is_no_measurement():
    with pytest.raises(RuntimeError, match=r'Clock made \[10\] tokens of 2 prompts, not 11 of 2'):
        measure_batch(Clock(lacking=1), token_prompts(2, 7), output_tokens=11)


@pytest.mark.parametrize(
    ('prompts', 'options', 'said'),
    [
        ([[1, 2], [1]], {'output_tokens': 4}, r'one length, not \[1, 2\]'),
        ([], {'output_tokens': 4}, 'none at all'),
        ([[1]], {'output_tokens': 1}, 'two output tokens'),
        ([[1]], {'output_tokens': 4, 'repeats': 0}, 'one repeat'),
    ],
)
def test_nothing_to_measure(prompts, options, said):
    with pytest.raises(ValueError, match=said):
        measure_batch(Clock(), prompts, **options)


def test_prompts_are_the_same_for_all_and_share_no_prefix():
    prompts = token_prompts(64, 61)
    assert prompts == token_prompts(64, 61)
    assert token_prompts(8, 61) == prompts[:8]
    assert token_prompts(8, 61, seed=1) != prompts[:8]
    assert {len(prompt) for prompt in prompts} == {61}
    assert len({tuple(prompt[:3]) for prompt in prompts}) == 64
    assert all(0 <= number < 1000 for prompt in prompts for number in prompt)


class Steps:
    """Answers one prompt at a time: 40 ms until the first token, 10 ms for each further one."""

    def __init__(self, lacking=0, interrupted_at=None):
        self.lacking, self.interrupted_at = lacking, interrupted_at

    def stream(self, prompts, lengths, at_once, keep):
        self.at_once = at_once
        for number, (prompt, length) in enumerate(zip(prompts, lengths, strict=True)):
            if number == self.interrupted_at:
                raise KeyboardInterrupt
            count = length - self.lacking
            times_s = [1.04 + 0.01 * i for i in range(count)]
            keep(answer_timing(prompt, 1.0, times_s, range(1, count + 1)))


def test_every_token_has_its_time():
    m = measure_engine(steps := Steps(), [[1] * 5, [1] * 7], output_tokens=11)
    assert (m.clients, steps.at_once, m.requests, m.input_tokens, m.output_tokens) == (2, 2, 2, 12, 22)
    assert (m.ttft.p50_s, m.tpot.p50_s, m.itl.p99_s) == pytest.approx((0.04, 0.01, 0.01))
    assert m.latency.mean_s == pytest.approx(0.14)
    assert len(m.timings[0].itls_s) == 10
    assert m.row()['output_tokens'] == 22


def test_ctrl_c_gives_the_answers_there_are():
    m = measure_engine(Steps(interrupted_at=2), [[1]] * 5, output_tokens=3, at_once=1)
    assert (m.requests, m.errors) == (2, ('interrupted',) * 3)
    with pytest.raises(KeyboardInterrupt):
        measure_engine(Steps(interrupted_at=0), [[1]] * 5, output_tokens=3)


def test_wrong_work_is_no_measurement():
    with pytest.raises(RuntimeError, match=r'Steps made \[10\] tokens, not \[11\]'):
        measure_engine(Steps(lacking=1), [[1]], output_tokens=11)
    with pytest.raises(ValueError, match='1 prompts, and lengths for 2 answers'):
        measure_engine(Steps(), [[1]], output_tokens=[2, 3])
    for wrong in ({'prompts': []}, {'output_tokens': 0}, {'at_once': 0}):
        with pytest.raises(ValueError, match=f'{next(iter(wrong))}: at least one'):
            measure_engine(Steps(), **{'prompts': [[1]], 'output_tokens': 2} | wrong)


def test_compiling_without_a_compiler_is_refused_in_a_line(monkeypatch):
    monkeypatch.setattr('shutil.which', lambda name: None)
    with pytest.raises(RuntimeError, match=r'needs a C\+\+ compiler'):
        TransformersGenerate('a folder', device='cpu', dtype='float32', static_cache=True, compile_on_cpu=True)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    from benchmarks.random_checkpoint import random_checkpoint

    return random_checkpoint(TINY, tmp_path_factory.mktemp('offline') / 'tiny', packed=False, device='cpu')


CPU = {'device': 'cpu', 'dtype': 'float32'}


@pytest.mark.parametrize(
    'start',
    [
        lambda folder: TransformersGenerate(folder, **CPU),
        lambda folder: TransformersGenerate(folder, static_cache=True, **CPU),
        lambda folder: ContinuousBatching(folder, **CPU),
        lambda folder: LMDeployEngine(
            folder, engine='pytorch', device_type='cpu', session_len=256, cache_max_entry_count=0.02
        ),
    ],
    ids=['generate', 'static cache', 'continuous batching', 'LMDeploy'],
)
def test_each_engine_makes_exactly_so_many_tokens(folder, start):
    engine = start(folder)
    ragged = [prompt[:length] for prompt, length in zip(token_prompts(5, 9), (9, 3, 5, 9, 2), strict=True)]
    try:
        for batch, tokens in ((2, 3), (1, 1), (3, 5)):
            assert engine.generate(token_prompts(batch, 9), tokens) == [tokens] * batch
        held_bytes = engine.held_weight_bytes()
        m = measure_engine(engine, ragged, output_tokens=4, at_once=2, progress=False)
        mixed = measure_engine(engine, ragged, output_tokens=[2, 7, 3, 5, 4], at_once=2, progress=False)
    finally:
        engine.close()
    more_bytes = 4 * (2 * TINY.num_layers + TINY.head_dim // 2) if isinstance(engine, LMDeployEngine) else 0
    assert held_bytes == TINY.weight_bytes('float32') + more_bytes
    assert (m.requests, m.clients, m.errors, m.output_tokens) == (5, 2, (), 20)
    assert sorted((t.input_tokens, t.output_tokens) for t in mixed.timings) == [(2, 4), (3, 7), (5, 3), (9, 2), (9, 5)]
    assert sorted(t.input_tokens for t in m.timings) == [2, 3, 5, 9, 9]
    for t in m.timings:
        assert t.start_s < t.first_s < t.end_s
        assert len(t.itls_s) <= 3
        assert sum(t.itls_s) == pytest.approx(t.end_s - t.first_s)
    begun = sorted(t.start_s for t in m.timings)
    ended = sorted(t.end_s for t in m.timings)
    assert all(begin >= end for begin, end in zip(begun[2:], ended, strict=False)), 'never more than two at once'


def test_padding_changes_no_token(folder):
    """A short prompt beside a long one gets the answer that it gets alone."""
    import torch

    engine, answers = TransformersGenerate(folder, **CPU), []
    generate = engine.model.generate
    engine.model.generate = lambda **asked: answers.append(generate(**asked))
    short, long = token_prompts(2, 9)
    for prompts in ([short[:3]], [short[:3], long]):
        with pytest.MonkeyPatch.context() as patch:  # the tokens matter here, not their times
            patch.setattr(engines, 'answer_timing', lambda *_: None)
            engine.stream(prompts, [6] * len(prompts), 2, lambda _: None)
    alone, beside = answers[0][0, 3:], answers[1][0, 9:]
    engine.close()
    assert torch.equal(alone, beside)


def test_a_closed_engine_gives_turbominds_weights_back_while_a_variable_names_it():
    kept = SimpleNamespace(source_model=object())

    class Pipe:
        async_engine = SimpleNamespace(engine=kept)
        closed = False

        def close(self):
            self.closed = True

    engine = LMDeployEngine.__new__(LMDeployEngine)
    engine.pipe = pipe = Pipe()
    engine.close()
    assert pipe.closed
    assert kept.source_model is None
    engine.close()  # a second time does nothing


# ---------------------------------------------------------------- beside LMDeploy's own profiler


@pytest.fixture(scope='module')
def lmdeploy_engine(folder):
    engine = LMDeployEngine(folder, engine='pytorch', device_type='cpu', session_len=256, cache_max_entry_count=0.02)
    yield engine
    engine.close()


def profile(engine, prompts, output_tokens, at_once):
    """LMDeploy's profiler alone, as benchmark/profile_throughput.py in its repository uses it."""
    from lmdeploy import GenerationConfig
    from lmdeploy.profiler import Profiler, Session

    profiler = Profiler(stream_output=True, percentages=[50, 95, 99])
    config = GenerationConfig(max_new_tokens=output_tokens, ignore_eos=True, do_sample=False)
    sessions = [(prompt, profiler.new_session(len(prompt), output_tokens)) for prompt in prompts]
    left, lmdeploy = iter(sessions), engine.pipe.async_engine

    async def worker():
        for prompt, session in left:
            session.tick(0)
            request = await lmdeploy.preprocess(
                None, lmdeploy.session_mgr.get(), gen_config=config, input_ids=list(prompt)
            )
            async for out in lmdeploy.generate(request, stream_response=True):
                if out.generate_token_len > session.ns[-1]:
                    session.tick(out.generate_token_len)
            session.finish(Session.SUCCESS)

    async def together():
        profiler.start()
        await asyncio.gather(*(worker() for _ in range(at_once)))
        profiler.finish()

    asyncio.run_coroutine_threadsafe(together(), engine.pipe.internal_thread.loop).result()
    profiler.compute_metrics()
    return profiler


def test_lmdeploys_profiler_sees_the_same_in_the_same_run(lmdeploy_engine, monkeypatch):
    """The profiler's clock at the engine, ours where the answers arrive."""
    from lmdeploy.profiler import Profiler, Session

    profiler, inner = Profiler(stream_output=True, percentages=[50, 95, 99]), lmdeploy_engine.pipe.async_engine.generate

    async def ticking(request, **options):
        session = profiler.new_session(20, 24)
        session.tick(0)
        async for out in inner(request, **options):
            if out.generate_token_len > session.ns[-1]:
                session.tick(out.generate_token_len)
            yield out
        session.finish(Session.SUCCESS)

    monkeypatch.setattr(lmdeploy_engine.pipe.async_engine, 'generate', ticking)
    profiler.start()
    ours = measure_engine(lmdeploy_engine, token_prompts(12, 20), output_tokens=24, at_once=4, progress=False)
    profiler.finish()
    profiler.compute_metrics()
    assert (ours.requests, ours.output_tokens) == (profiler.success, profiler.total_output) == (12, 12 * 24)
    for name, mine, theirs in (
        ('throughput', ours.output_tokens_per_s, profiler.output_throughput),
        ('TTFT', ours.ttft.mean_s, profiler.ttft_mean),
        ('TPOT', ours.tpot.mean_s, profiler.tpot_mean),
        ('ITL', ours.itl.mean_s, profiler.itls_mean),
        ('latency', ours.latency.p95_s, profiler.e2e_stat[1]),
    ):
        assert mine == pytest.approx(theirs, rel=0.03), name


def test_lmdeploys_profiler_alone_measures_the_same_of_an_engine_by_the_clock():
    """Runs of their own, of an engine whose tokens come when they are due, busy as the machine may be."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)

    class ByTheClock:
        class session_mgr:
            get = staticmethod(lambda: None)

        @staticmethod
        async def preprocess(*_, **__):
            return None

        @staticmethod
        async def generate(*_, **__):
            due_s = time.perf_counter() + 0.1
            for count in range(1, 25):
                await asyncio.sleep(due_s - time.perf_counter())
                due_s += 0.02
                yield SimpleNamespace(generate_token_len=count)

    engine = LMDeployEngine.__new__(LMDeployEngine)
    engine.pipe = SimpleNamespace(async_engine=ByTheClock, internal_thread=SimpleNamespace(loop=loop))
    prompts = token_prompts(6, 10)
    thread.start()
    ours, theirs = [], []

    def medians(get, rows):
        return [statistics.median(map(one, rows)) for one in get]

    def apart():
        """{figure: (ours, theirs)} of what differs by more than 3 %, by the medians of all turns so far."""
        names = ('throughput', 'TTFT', 'TPOT', 'ITL', 'latency')
        mine = medians((lambda m: m.output_tokens_per_s, lambda m: m.ttft.p50_s, lambda m: m.tpot.p50_s,
                        lambda m: m.itl.mean_s, lambda m: m.latency.p50_s), ours)  # fmt: skip
        others = medians((lambda t: t.output_throughput, lambda t: t.ttft_stat[0], lambda t: t.tpot_stat[0],
                          lambda t: t.itls_mean, lambda t: t.e2e_stat[0]), theirs)  # fmt: skip
        rows = zip(names, mine, others, strict=True)
        return {name: (a, b) for name, a, b in rows if a != pytest.approx(b, rel=0.03)}

    try:
        while len(ours) < 3 or (apart() and len(ours) < 15):  # a busy machine wakes both late, now and then
            ours.append(measure_engine(engine, prompts, output_tokens=24, at_once=3, progress=False))
            theirs.append(profile(engine, prompts, 24, 3))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert not apart()


@pytest.mark.slow
def test_lmdeploys_profiler_alone_measures_the_same(lmdeploy_engine):
    """The two take turns, until the median of their ratios is known well enough to tell 3 % from nothing."""
    prompts, ratios = token_prompts(16, 32), {'throughput': [], 'TPOT': [], 'latency': []}
    deadline = time.monotonic() + 240
    while len(ratios['TPOT']) < 20 or max(map(_error_of_median, ratios.values())) > 0.015:
        if time.monotonic() > deadline:
            pytest.skip('too busy a machine: four minutes do not tell 3 % from nothing')
        ours = measure_engine(lmdeploy_engine, prompts, output_tokens=32, at_once=8, progress=False)
        theirs = profile(lmdeploy_engine, prompts, 32, 8)
        assert (theirs.success, theirs.total_output) == (ours.requests, ours.output_tokens)
        ratios['throughput'].append(ours.output_tokens_per_s / theirs.output_throughput)
        ratios['TPOT'].append(ours.tpot.mean_s / theirs.tpot_mean)
        ratios['latency'].append(ours.latency.mean_s / theirs.e2e_mean)
    for name, found in ratios.items():
        assert statistics.median(found) == pytest.approx(1, abs=0.03), name


def _error_of_median(values) -> float:
    """Its standard error, by the median of the distances to it, which a few wild values do not move."""
    median = statistics.median(values)
    return 1.4826 * 1.2533 * statistics.median(abs(v - median) for v in values) / len(values) ** 0.5


def test_what_measuring_costs(lmdeploy_engine):
    """Less than a hundredth of a token's time: with an engine that takes no time, all the time is the harness's."""

    class NoTime:
        class async_engine:
            class session_mgr:
                get = staticmethod(lambda: None)

            @staticmethod
            async def preprocess(*_, **__):
                return None

            @staticmethod
            async def generate(*_, **__):
                out = type('Out', (), {})()
                for count in range(1, 513):
                    out.generate_token_len = count
                    yield out

        internal_thread = lmdeploy_engine.pipe.internal_thread

    empty = LMDeployEngine.__new__(LMDeployEngine)
    empty.pipe = NoTime
    prompts = token_prompts(8, 32)
    least_s = min(measure_engine(empty, prompts, output_tokens=512, progress=False).wall_time_s for _ in range(5))
    harness_s = least_s / (8 * 512)
    real = [measure_engine(lmdeploy_engine, prompts, output_tokens=48, progress=False) for _ in range(3)]
    token_s = min(m.wall_time_s / m.output_tokens for m in real)
    assert 0 < harness_s < 0.01 * token_s


def test_a_timing_holds_what_the_profiler_would():
    t = answer_timing([1, 2, 3], 1.0, [1.5, 1.75, 2.75], [1, 3, 4])
    assert t == RequestTiming(3, 4, 1.0, 1.5, 2.75, 1, (0.25, 1.0))
