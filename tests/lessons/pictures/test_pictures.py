"""The pictures say what the engine does: work counted in a model, blocks of the real scheduler, predicted bytes."""

import dataclasses
import re

import pytest
import torch

from helpers.memory import MIB
from helpers.models import EMBEDDED
from lessons.kv_cache import predict_memory
from lessons.kv_cache.explorer import free_on
from lessons.kv_cache.trace import BlockTrace, Conversation, Moment, rehearse_blocks
from lessons.llama import llama_folder
from lessons.pictures import block_explorer, block_picture, card_memory, one_token_at_a_time
from lessons.pictures.blocks import requests_of
from lessons.pictures.card import SETTINGS, parts_of, predictions
from lessons.pictures.one_token import work_of

TINY = EMBEDDED / 'tiny-chat'


def texts(step, language='en') -> list[str]:
    found = [shape.words for shape in step.shapes if shape.tag == 'text']
    return [words if isinstance(words, str) else getattr(words, language) for words in found]


def drawn(step, tag, **attributes) -> list:
    """The shapes of a step with these attributes."""
    wanted = {(name.replace('_', '-'), value) for name, value in attributes.items()}
    return [shape for shape in step.shapes if shape.tag == tag and wanted <= set(shape.attributes)]


@pytest.fixture(scope='module')
def language_model():
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(llama_folder(TINY), dtype=torch.float32)


@pytest.mark.parametrize('cached', [True, False])
def test_the_counter_of_work_is_what_a_model_works_through(language_model, cached):
    """The tokens that go through the first layer, step by step."""
    counted = []
    hook = language_model.model.layers[0].register_forward_hook(lambda *a: counted.append(a[2].shape[1]))
    prompt = torch.tensor([[1, 5, 9, 12, 7]])
    with torch.inference_mode():
        language_model.generate(prompt, max_new_tokens=6, min_new_tokens=6, do_sample=False, use_cache=cached)
    hook.remove()
    work = [w.cached_tokens if cached else w.uncached_tokens for w in work_of(5, 6)]
    assert counted == work
    assert sum(work) == (10 if cached else 45)


def test_one_token_at_a_time_fills_keys_and_values_and_counts():
    picture = one_token_at_a_time(['what', ' is', ' my', ' name', '?'], ['Your', ' name', ' is', ' L', 'ing', '.'])
    for number, step in enumerate(picture.steps):
        said = texts(step)
        assert said.count('K') == said.count('V') == 2 * (5 + number)
        assert len(drawn(step, 'rect', stroke_dasharray='5 4')) == 4 * (6 - number)
        work = work_of(5, 6)[: number + 1]
        totals = [sum(w.cached_tokens for w in work), sum(w.uncached_tokens for w in work)]
        assert [t for t in said if t.endswith(' tokens')] == [f'{n} tokens' for n in totals]
        fresh = [s for s in drawn(step, 'text', font_weight='bold') if s.words == 'K']
        assert len(fresh) == work[-1].cached_tokens + work[-1].uncached_tokens
    assert picture.steps[3].caption.en.startswith("Step 4 gives ' L': with the cache it works through 1 token")


@pytest.mark.parametrize(('prompt', 'answer'), [(0, 3), (3, 0), (10, 5)])
def test_one_token_at_a_time_has_room_for_some(prompt, answer):
    with pytest.raises(ValueError, match=f'{prompt} tokens of a prompt and {answer} of an answer'):
        one_token_at_a_time(['a'] * prompt, ['b'] * answer)


def trace(blocks=21, users=6) -> BlockTrace:
    return rehearse_blocks(blocks, requests_of(users), max_batch_size=8)


def test_the_boxes_are_the_blocks_of_the_trace():
    made = trace()
    picture = block_picture(made)
    assert len(picture.steps) == len(made.moments)
    for step, moment in zip(picture.steps, made.moments, strict=True):
        assert len(drawn(step, 'rect', stroke_dasharray='5 4')) == made.num_blocks - moment.taken
        assert step.caption.en.startswith(f'{moment.taken} of {made.num_blocks} blocks taken: ')
        waiting = [c for c in moment.conversations if c.state == 'waiting']
        assert len(drawn(step, 'circle', fill='paper')) == len(waiting)
        for user in moment.conversations:
            assert texts(step).count(str(user.number)) >= len(user.blocks) + 1
    assert 'who goes back into the queue' in picture.steps[picture.still].caption.en
    assert 'who goes back into the queue' not in picture.steps[0].caption.en


def test_a_long_trace_keeps_the_moments_in_which_somebody_comes_or_goes():
    made = trace(36, 10)
    few = block_picture(made)
    assert len(made.moments) > 22 >= len(few.steps)
    said = ' '.join(step.caption.en for step in few.steps)
    finished = {int(n) for part in re.findall(r'users? ([\d, ]+): finished', said) for n in part.split(', ')}
    assert finished == set(range(1, 11))


def test_a_trace_without_anybody_or_too_large_is_refused():
    with pytest.raises(ValueError, match='nobody came'):
        block_picture(BlockTrace(20, 64, []))
    with pytest.raises(ValueError, match='900 blocks and 1 users: at most 40'):
        block_picture(BlockTrace(900, 64, [Moment((Conversation(1, 'running', 9, (1,)),))]))


@pytest.mark.parametrize('device', ['cpu', 'cuda'])
def test_the_sliders_ask_predict_memory_and_lmdeploys_scheduler(device):
    model, free = (TINY, 2048 * MIB) if device == 'cpu' else ('internlm2-chat-1_8b', free_on(8182))
    explorer = block_explorer(model, free, device=device)
    for ratio in list(explorer._ratios)[:: len(explorer._ratios) - 1]:
        explorer.ratio.value, explorer.users.value = ratio, 8
        predicted = predict_memory(
            model, free, engine='pytorch', device=device, cache_max_entry_count=ratio, max_batch_size=8
        )
        assert explorer.trace.num_blocks == predicted.num_blocks - 1
        assert explorer.trace == rehearse_blocks(predicted.num_blocks, requests_of(8), max_batch_size=8)
        assert explorer._shown.outputs[0]['data']['text/html'] == explorer.picture._repr_mimebundle_()['text/html']
    data = explorer._repr_mimebundle_()
    assert 'application/vnd.jupyter.widget-view+json' in data
    assert data['image/png'] == explorer.picture._repr_mimebundle_()['image/png'], 'the still, where no widget runs'
    explorer.close()


def test_the_card_is_what_predict_memory_says():
    picture, predicted = card_memory('internlm2-chat-1_8b', 8182), predictions('internlm2-chat-1_8b', 8182)
    for step, p in zip(picture.steps, predicted, strict=True):
        parts = parts_of(p, 8182)
        assert sum(parts.values()) == 8182 * MIB
        assert min(parts.values()) >= 0
        said = texts(step)
        for name in ('weights', 'cache', 'rest'):
            assert f'{parts[name] / MIB:,.0f}' in said, name
        assert f'{p.tokens:,} tokens' in said
    again = predict_memory(
        'internlm2-chat-1_8b', free_on(8182), engine='turbomind', quant_policy=4, awq=True, max_batch_size=128,
        session_len=2048,
    )  # fmt: skip
    assert predicted[4] == again


def test_what_the_captions_of_the_card_claim():
    by = dict(zip(SETTINGS, predictions('internlm2-chat-1_8b', 8182), strict=True))
    plain, w4, int8, int4, both, low, least = by.values()
    assert plain.pool_bytes > plain.left_bytes, 'the cache takes most'
    assert abs(int8.pool_bytes - plain.pool_bytes) <= plain.slab_bytes, 'as large as at first'
    assert abs(int4.pool_bytes - plain.pool_bytes) <= plain.slab_bytes
    assert 0 < plain.engine_bytes - w4.engine_bytes < plain.weight_bytes - w4.weight_bytes
    assert plain.tokens < w4.tokens < int8.tokens < int4.tokens < both.tokens
    assert least.engine_bytes < low.engine_bytes < w4.engine_bytes, 'only a lower ratio frees the card'
    captions = [step.caption.en for step in card_memory('internlm2-chat-1_8b', 8182).steps]
    assert f'{int4.tokens / plain.tokens:.2f} times' in captions[3]
    assert f'{(plain.engine_bytes - low.engine_bytes) / MIB:,.0f} MiB less' in captions[5]


def test_a_model_too_large_for_the_card_is_refused():
    with pytest.raises(ValueError, match='internlm2-chat-7b on 8182 MiB would not start'):
        card_memory('internlm2-chat-7b', 8182)


def test_all_are_small_and_have_no_english_word_in_the_chinese():
    pictures = [
        one_token_at_a_time(list('abcdefgh'), list('ijklmn')),
        block_picture(trace()),
        block_picture(trace(36, 10)),
        card_memory('internlm2-chat-1_8b', 8182),
    ]
    for picture in pictures:
        assert sum(map(len, dataclasses.replace(picture, language='zh')._repr_mimebundle_().values())) < 60_000
        for step in picture.steps:
            said = ' '.join([*texts(step, 'zh'), step.caption.zh])
            assert not re.findall(r'\b(?:tokens?|blocks?|users?|waiting|running|cache|with|without|prompt)\b', said)
