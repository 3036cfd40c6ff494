"""What the engine does beside greedy decoding: sampling, stopping, schemas, many requests, cancelled ones."""

import asyncio
import collections
import json
import random
import string

import jsonschema
import pytest
import torch
from cpu_support import EOS_IDS, VOCAB_SIZE, assert_same
from lmdeploy import GenerationConfig
from patience import PATIENCE_S

SCHEMA = {
    'type': 'object',
    'properties': {
        'name': {'type': 'string', 'maxLength': 8},
        'age': {'type': 'integer', 'minimum': 0, 'maximum': 150},
        'tags': {'type': 'array', 'items': {'enum': ['a', 'b']}, 'minItems': 1, 'maxItems': 3},
    },
    'required': ['name', 'age', 'tags'],
    'additionalProperties': False,
}


# ---------------------------------------------------------------- sampling


def sampling(seed, **kwargs):
    return GenerationConfig(do_sample=True, random_seed=seed, max_new_tokens=16, ignore_eos=True, **kwargs)


def test_a_seed_gives_the_same_answer_again(engine, prompts):
    eng = engine('llama')
    (ids,) = prompts([20], seed=31)
    config = {'temperature': 1.0, 'top_k': 0, 'top_p': 1.0}

    def answer(seed, **kwargs):
        return eng.generate([ids], sampling(seed, **config | kwargs))[0].token_ids

    first = answer(1)
    assert answer(1) == first
    assert len({tuple(answer(seed)) for seed in range(1, 9)}) == 8
    # in a batch of others as well, whatever their seeds and wherever it stands
    others = prompts([5, 33, 64], seed=32)
    seeds = [7, 1, 8, 9]
    configs = [sampling(s, **config) for s in seeds]
    batch = [others[0], ids, *others[1:]]
    assert eng.generate(batch, configs)[1].token_ids == first
    # filters keep it repeatable
    filtered = {'temperature': 0.7, 'top_k': 40, 'top_p': 0.9, 'min_p': 0.01, 'repetition_penalty': 1.1}
    assert answer(5, **filtered) == answer(5, **filtered)
    # the seed can be large: LMDeploy draws 64 bits when none is given
    assert answer(2**63 + 11) == answer(2**63 + 11) != answer(2**63 + 12)


def test_the_random_numbers_are_philox():
    """The published first word of Philox 4x32-10 for key 0 and counter 0, as Triton's `tl.rand` maps it to [0, 1)."""
    from lmdeploy_cpu.ops.sampling import philox_uniform

    assert philox_uniform(0, 0) == pytest.approx(0x6627E8D5 * 4.6566127342e-10, rel=1e-12)
    draws = [philox_uniform(seed, offset) for seed in (1, 2**64 - 1) for offset in range(2000)]
    assert min(draws) >= 0
    assert max(draws) < 1
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.02)
    assert len(set(draws)) == len(draws)


def test_without_a_seed_answers_differ(engine, prompts):
    (ids,) = prompts([20], seed=31)
    answers = engine('llama').generate([ids] * 4, sampling(None, temperature=1.0, top_k=0))
    assert len({tuple(a.token_ids) for a in answers}) == 4


def test_sampling_follows_the_distribution(engine, reference, prompts):
    """1280 answers of two tokens, one seed each, against the probabilities of transformers for all pairs."""
    eng, ref = engine('llama'), reference('llama')
    (ids,) = prompts([20], seed=33)

    def top4(ids):
        top = (ref.logits(ids)[-1] / 0.7).topk(4)
        return zip(top.indices.tolist(), top.values.softmax(-1).tolist(), strict=True)

    expected = {(a, b): 1280 * p * q for a, p in top4(ids) for b, q in top4([*ids, a])}
    counts = collections.Counter()
    for start in range(0, 1280, 32):
        configs = [
            GenerationConfig(do_sample=True, random_seed=s, max_new_tokens=2, temperature=0.7, top_k=4, ignore_eos=True)
            for s in range(start, start + 32)
        ]
        counts.update(tuple(a.token_ids) for a in eng.generate([ids] * 32, configs))
    assert set(counts) <= set(expected)
    # pairs that are expected fewer than five times are counted together
    rare = [pair for pair, n in expected.items() if n < 5]
    cells = [(counts[pair], n) for pair, n in expected.items() if n >= 5]
    if rare:
        cells.append((sum(counts[pair] for pair in rare), sum(expected[pair] for pair in rare)))
    chi_square = sum((seen - n) ** 2 / n for seen, n in cells)
    assert len(cells) > 8
    assert chi_square < 37.7, (counts, expected)  # 15 degrees of freedom: one correct sampler in 1000 is above


def test_repetition_penalty_and_bad_words(engine, reference, prompts):
    eng, ref = engine('llama'), reference('llama')
    (ids,) = prompts([20], seed=34)
    (greedy,) = ref.greedy([ids])
    (answer,) = eng.generate([ids], bad_token_ids=[greedy[0]])
    assert greedy[0] not in answer.token_ids
    # very high: no token of the prompt or the answer comes again
    config = sampling(3, temperature=0.01, repetition_penalty=1e4)
    (answer,) = eng.generate([ids], config)
    assert len({*answer.token_ids, *ids}) == len(answer.token_ids) + len(set(ids))


# ---------------------------------------------------------------- stopping


def test_stop_tokens_words_and_lengths(engine, reference, prompts, tokenizer):
    eng = engine('llama')
    (ids,) = prompts([20], seed=35)
    (greedy,) = reference('llama').greedy([ids])
    first = next(i for i in range(4, 20) if greedy[i] not in greedy[:i])

    (answer,) = eng.generate([ids], stop_token_ids=[greedy[first]], ignore_eos=False)
    assert (answer.token_ids, answer.finish_reason) == (greedy[:first], 'stop')
    (answer,) = eng.generate([ids], stop_token_ids=[greedy[first]], ignore_eos=False, min_new_tokens=first + 2)
    assert len(answer.token_ids) >= first + 2
    (answer,) = eng.generate([ids], max_new_tokens=7)
    assert (answer.token_ids, answer.finish_reason) == (greedy[:7], 'length')

    # a stop word is a word of one token
    letters = string.ascii_letters
    index, word = next(
        (i, tokenizer.decode([t]))
        for i, t in enumerate(greedy)
        if t not in greedy[:i]
        and i > 0
        and set(tokenizer.decode([t])) <= set(letters)
        and tokenizer.encode(tokenizer.decode([t]), add_special_tokens=False) == [t]
    )
    (answer,) = eng.generate([ids], stop_words=[word], ignore_eos=False)
    assert (answer.token_ids, answer.finish_reason) == (greedy[:index], 'stop')
    (answer,) = eng.generate([ids], stop_words=[word], ignore_eos=False, include_stop_str_in_output=True)
    assert answer.token_ids == greedy[: index + 1]


def test_the_end_token_ends_an_answer(engine, reference, prompts):
    """The first of 60 prompts whose greedy answer, by transformers, ends by itself."""
    batch = prompts([9] * 60, seed=36)
    ids = torch.tensor(batch)
    out = reference('internlm2').model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=40, pad_token_id=0
    )
    ends = [next((i for i, t in enumerate(row) if t in EOS_IDS), None) for row in out[:, 9:].tolist()]
    which = next((i for i, end in enumerate(ends) if end is not None and end > 2), None)
    assert which is not None, 'none of these prompts ends by itself: change the seed'
    (got,) = engine('internlm2').generate([batch[which]], max_new_tokens=40, ignore_eos=False)
    assert (got.token_ids, got.finish_reason) == (out[which, 9 : 9 + ends[which]].tolist(), 'stop')


def test_text_and_chat_template(engine, reference, tokenizer):
    """The public way: `pipe(...)` and `pipe.stream_infer(...)` on text, through the chat template."""
    eng = engine('internlm2')
    messages = [{'role': 'user', 'content': 'hello there'}]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    (want,) = reference('internlm2').greedy([ids])
    config = GenerationConfig(max_new_tokens=24, ignore_eos=True)
    response = eng.pipe('hello there', gen_config=config)
    assert (response.token_ids, response.input_token_len) == (want, len(ids))
    pieces = list(eng.pipe.stream_infer('hello there', gen_config=config))
    assert ''.join(p.text for p in pieces) == response.text
    assert [t for p in pieces for t in p.token_ids] == want
    assert len(pieces) > 12
    session = eng.pipe.chat('hello there', gen_config=config)
    assert session.response.text == response.text


# ---------------------------------------------------------------- structured output


def test_a_json_schema_is_kept(engine, prompts, tokenizer):
    eng = engine('llama')
    form = {'type': 'json_schema', 'json_schema': {'name': 'person', 'schema': SCHEMA}}
    regex = {'type': 'regex_schema', 'regex_schema': 'call me [A-Za-z]{1,10}'}
    batch = prompts([3, 20, 40, 64], seed=37)
    # a random model likes to write line breaks for ever, which JSON allows
    blank = [t for t in range(VOCAB_SIZE) if tokenizer.decode([t]).isspace()]
    limits = {'max_new_tokens': 200, 'response_format': form, 'bad_token_ids': blank}
    configs = [
        GenerationConfig(**limits),
        GenerationConfig(**limits, do_sample=True, random_seed=1, temperature=1.0),
        GenerationConfig(max_new_tokens=40, response_format=regex),
        GenerationConfig(max_new_tokens=24, ignore_eos=True),
    ]
    answers = eng.generate(batch, configs)
    for answer in answers[:2]:
        assert answer.finish_reason == 'stop', answer.text
        jsonschema.validate(json.loads(answer.text), SCHEMA)
    name = answers[2].text.removeprefix('call me ')
    assert name != answers[2].text
    assert 1 <= len(name) <= 10
    assert set(name) <= set(string.ascii_letters)
    # and the request beside them is its own self
    assert answers[3].token_ids == eng.generate(batch[3:])[0].token_ids
    assert eng.generate(batch[:1], configs[:1])[0].text == answers[0].text


# ---------------------------------------------------------------- many requests


def mixed_requests(count, seed):
    """Prompts of 1 to 400 tokens and answers of 1 to 40."""
    draw = random.Random(seed)
    for _ in range(count):
        length = draw.choice([1, 2, 15, 16, 17, 63, 64, 65, draw.randint(3, 400)])
        ids = [draw.randrange(5, VOCAB_SIZE) for _ in range(length)]
        yield ids, draw.randint(1, 40), draw


@pytest.mark.parametrize(
    'config', [{}, {'enable_prefix_caching': True, 'max_prefill_token_num': 128, 'block_size': 16}]
)
def test_stress_of_48_mixed_requests(config, engine, reference, monkeypatch):
    """Arriving while others run, in a pool too small for all; each answer is the one of its prompt alone."""
    eng = engine('internlm2', num_gpu_blocks=16 if not config else 120, max_batch_size=16, **config)
    requests = list(mixed_requests(48, seed=41))
    evictions = eng.evictions(monkeypatch)

    async def one(i, ids, length):
        await asyncio.sleep(0.01 * (i % 12))
        return await eng.ask(ids, GenerationConfig(max_new_tokens=length, ignore_eos=True))

    async def all_of_them():
        return await asyncio.gather(*[one(i, ids, n) for i, (ids, n, _) in enumerate(requests)])

    answers = eng.run(all_of_them())
    ref = reference('internlm2')
    want = [ref.greedy([ids], 40)[0][:n] for ids, n, _ in requests]
    assert_same([a.token_ids for a in answers], want, [ids for ids, *_ in requests])
    assert any(evictions), 'the pool was large enough for all'


def test_after_200_requests_with_some_cancelled_every_block_is_free(engine, reference, prompts):
    eng = engine('llama', num_gpu_blocks=64, block_size=16, max_batch_size=16)
    draw = random.Random(42)
    requests = list(mixed_requests(200, seed=43))
    cancelled = []

    async def one(ids, length):
        how = draw.choice(['finish', 'finish', 'abort', 'drop', 'drop at once'])
        config = GenerationConfig(max_new_tokens=length + 8, ignore_eos=True)
        task = asyncio.create_task(eng.ask(ids, config, cancel_after=draw.randint(1, 8) if how == 'abort' else None))
        if how.startswith('drop'):  # as a client that goes away: the task is cancelled wherever it stands
            await asyncio.sleep(0 if how == 'drop at once' else draw.random() * 0.3)
            task.cancel()
        cancelled.append(how != 'finish')
        return await asyncio.gather(task, return_exceptions=True)

    async def waves():
        for start in range(0, len(requests), 25):
            await asyncio.gather(*[one(ids[:200], n) for ids, n, _ in requests[start : start + 25]])
        for _ in range(20 * PATIENCE_S):  # the engine ends sessions in its own time
            if eng.num_free_blocks == eng.num_usable_blocks and not eng.scheduler.sessions:
                break
            await asyncio.sleep(0.05)

    eng.run(waves(), timeout=2 * PATIENCE_S)
    assert 60 < sum(cancelled) < 180
    assert eng.num_free_blocks == eng.num_usable_blocks
    assert not eng.scheduler.sessions
    assert not eng.scheduler.has_unfinished()
    batch = prompts([7, 65, 130], seed=44)
    assert_same(eng.greedy(batch), reference('llama').greedy(batch), batch)
