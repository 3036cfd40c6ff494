"""tiny-vlm: pictures and their facts, what is said about them, rows of tokens, a small training run."""

import hashlib
import json
import random
import re
from collections import Counter

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from training.vision import evaluate, feed, run, scenes, talk
from training.vision import model as models
from training.vision.pictures import HELD_OUT_FONTS, TRAINING_FONTS
from training.vision.scenes import Picture, Thing
from training.vision.tokenizer import IMAGE, SPECIAL, VOCAB_SIZE, train_tokenizer
from training.vision.train import word_tokens
from training.vision.words import CLASSES, GLYPHS, NOUNS

PIXELS = np.full((8, 8, 3), 255, np.uint8)
TWO = Picture(
    PIXELS,
    (Thing('circle', 'red', 0.2, 0.5, 0.2, 0.2), Thing('square', 'blue', 0.8, 0.5, 0.3, 0.3)),
    background='white',
)
THREE_STARS = Picture(
    PIXELS,
    (
        Thing('star', 'green', 0.2, 0.2, 0.2, 0.2),
        Thing('star', 'green', 0.8, 0.2, 0.2, 0.2),
        Thing('star', 'pink', 0.2, 0.8, 0.2, 0.2),
    ),
    background='black',
)


@pytest.fixture(scope='module')
def tokenizer():
    return train_tokenizer(feed.texts(150))


@pytest.fixture(scope='module')
def smoke(tmp_path_factory):
    """The folder of a smoke run."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp('tiny-vlm')
    run.main(['--smoke', '--out', str(folder), '--commit', 'none', '--archive', str(folder / 'all.tar.gz')])
    return folder


# ---------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize('name', [*NOUNS, *GLYPHS])
def test_everything_can_be_drawn_where_the_facts_say(name):
    scene = scenes.Scene(random.Random(name), held_out=False)
    scene.draw.rectangle((0, 0, scene.size, scene.size), (0, 255, 255))
    scene.put(name, '' if name in scenes.OWN_COLOURS else 'red', 0.5, 0.5, 0.5)
    changed = (scene.picture().pixels != (0, 255, 255)).any(-1)
    inside = changed[40:152, 40:152]
    assert inside.mean() > 0.03
    assert changed.sum() - inside.sum() < 0.1 * changed.sum()


def test_the_same_seed_draws_the_same_picture():
    first, again, other = (scenes.draw(random.Random(seed)) for seed in (4, 4, 5))
    assert (first.pixels == again.pixels).all()
    assert first.things == again.things
    assert (first.pixels != other.pixels).any()


@pytest.mark.parametrize('kind', [scenes.shapes, scenes.glyph, scenes.animals])
def test_held_out_pictures_differ_from_those_of_training(kind):
    rng = random.Random(1)
    trained = [thing for _ in range(40) for thing in kind(rng).things]
    held_out = [thing for _ in range(10) for thing in kind(rng, held_out=True).things]
    assert not any(scenes.reserved_place(thing.x, thing.y) for thing in trained)
    assert held_out
    assert all(scenes.reserved_place(thing.x, thing.y) for thing in held_out)
    assert not set(HELD_OUT_FONTS) & set(TRAINING_FONTS)


def test_counts_are_the_numbers_asked_for():
    rng = random.Random(2)
    for number in range(1, 6):
        for _ in range(8):
            names = Counter(thing.name for thing in scenes.counts(rng, number=number).things)
            assert number in names.values()


def test_cells_say_what_covers_them():
    names, colours, numbers = TWO.cells()
    assert CLASSES[names[2, 1]] == CLASSES[names[3, 1]] == 'circle'
    assert CLASSES[names[3, 4]] == 'square'
    assert names[0].sum() == colours[5].sum() == 0
    assert numbers.sum() == 2
    assert numbers[3, 1] == numbers[3, 4] == 1


# ---------------------------------------------------------------------------------------------- talk


def ask(question, picture, language='en', tries=40):
    """All the turns that a question function finds for a picture."""
    rng = random.Random(0)
    return {turn for turn in (question(rng, picture, language) for _ in range(tries)) if turn}


def test_relations_are_right():
    for turn in ask(talk.where, TWO):
        if turn.question == 'Is the circle to the right of the square?':
            assert turn.answer == 'No, the circle is to the left of the square.'
        assert 'above' not in turn.answer
        assert 'below' not in turn.answer
    answers = {turn.answer for turn in ask(talk.where, TWO)}
    assert 'The circle is to the left of the square.' in answers
    assert 'The square is to the right of the circle.' in answers
    assert '圆形在正方形的左边。' in {turn.answer for turn in ask(talk.where, TWO, 'zh')}


def test_numbers_are_right():
    found = {(turn.question, turn.answer) for turn in ask(talk.count, THREE_STARS, tries=300)}
    assert ('How many stars are there?', 'There are three stars.') in found
    assert ('How many green stars do you see?', 'There are two green stars.') in found
    assert ('How many pink stars are there?', 'There is one pink star.') in found
    assert not any('stars' in question and ' no ' in answer for question, answer in found)
    assert ('图中有几个五角星？', '有三个五角星。') in {
        (t.question, t.answer) for t in ask(talk.count, THREE_STARS, 'zh', 300)
    }


def test_existence_is_right():
    for turn in ask(talk.exists, TWO, tries=200):
        noun = re.search(r'\b(circle|square)\b', turn.question)
        if turn.question.startswith('Is the circle'):
            assert turn.answer.endswith('the circle is red.')
            assert turn.answer.startswith('Yes') == ('red' in turn.question)
        elif not turn.question.startswith('Is the'):
            assert turn.answer.startswith('Yes' if noun else 'No')


def test_descriptions_name_everything_and_nothing_else():
    rng = random.Random(3)
    cases = []
    for index in range(150):
        picture = scenes.draw(rng)
        cases.append(
            evaluate.Case(
                '', talk.LANGUAGES[index % 2], (picture,), talk.describe(rng, picture, talk.LANGUAGES[index % 2])
            )
        )
    score = evaluate.score_descriptions(cases, [case.turn.answer for case in cases])
    assert score['things_there'] == score['things_there_named'] == score['things_named']
    assert score['groups_there'] == score['groups_with_right_number_and_colour']
    assert score['things_named_not_there'] == 0
    # and what is wrong is seen
    wrong = evaluate.score_descriptions(
        [evaluate.Case('', 'en', (TWO,), talk.Turn('', ''))], ['A red circle and a cat…']
    )
    assert (wrong['things_there_named'], wrong['things_named_not_there'], wrong['ended']) == (1, 1, 0)


def test_the_same_seed_says_the_same():
    """SHA-256 of what is said of the first pictures: a text changed on purpose changes it."""
    said = hashlib.sha256('\n'.join(feed.texts(100)).encode()).hexdigest()
    assert said == '4068b0a8c8e95181e29403a77f7e5dc29bd1d7c376f51ba56846382fd23ee2d0'


# ---------------------------------------------------------------------------------------------- rows


def test_the_tokenizer_has_its_tokens_where_they_belong(tokenizer):
    assert tokenizer.get_vocab_size() == VOCAB_SIZE
    assert [tokenizer.token_to_id(token) for token in SPECIAL] == list(range(len(SPECIAL)))
    text = 'Which digit is it? 图里有什么？ 🙂'
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_a_chinese_word_for_a_thing_or_colour_is_one_token(tokenizer):
    text = '图中有一个橙色的正方形和两个红色的三角形。'
    pieces = [tokenizer.decode([token]) for token in tokenizer.encode(text).ids]
    for word in ('橙色的', '正方形', '红色的', '三角形'):
        assert word in pieces
    assert ''.join(pieces) == text


def test_words_of_the_classes_begin_differently(tokenizer):
    for tokens in word_tokens(tokenizer).values():
        assert all(len(set(row)) > 0.9 * len(row) for row in tokens.tolist())


def test_chunks_are_whole_and_come_again(tokenizer):
    chunk = feed.make_chunk(3, feed.Encoder(tokenizer))
    assert (chunk.ids == IMAGE).sum() == feed.PICTURES * models.IMAGE_TOKENS
    assert chunk.answers[:, 0].sum() == 0
    assert (chunk.answers.sum(1) > 1).all()
    source = feed.Feed(tokenizer, processes=1, seed=0)
    try:
        got = source.get()
        want = feed.make_chunk(0, feed.Encoder(tokenizer))
        assert all((getattr(got, name) == getattr(want, name)).all() for name in feed.SHAPES)
    finally:
        source.close()


# ---------------------------------------------------------------------------------------------- the run


def test_a_smoke_run_learns_and_leaves_a_whole_folder(smoke):
    log = json.loads((smoke / 'training_log.json').read_text('utf-8'))
    assert log['curve'][-1]['loss'] < 0.98 * np.log(VOCAB_SIZE)
    assert log['steps'] == run.SMOKE.steps
    assert set(log['evaluation']['scores']) >= {*evaluate.AIMED, 'two pictures', 'in a conversation'}
    readme = (smoke / 'README.md').read_text('utf-8')
    assert '# tiny-vlm' in readme
    assert 'Below it: ' in readme
    assert (smoke / 'loss.png').stat().st_size > 5000
    assert (smoke / 'all.tar.gz').exists()
    assert not [path.name for path in smoke.iterdir() if path.name.startswith('.')]  # half written ones


def test_transformers_sees_the_same(smoke):
    """The prompt, the pixels and the logits: ours for training and scores, theirs from the folder."""
    processor = AutoProcessor.from_pretrained(smoke, trust_remote_code=False)
    model = AutoModelForImageTextToText.from_pretrained(smoke, dtype=torch.float32, trust_remote_code=False).eval()
    ours = evaluate.Eyes(models.load(smoke), processor.tokenizer.backend_tokenizer)
    pictures = tuple(scenes.draw(random.Random(seed)) for seed in (1, 2))
    before = (talk.Turn('What is this?', 'I see a red circle.'),)
    for shown, earlier in (pictures[:1], ()), (pictures, ()), (pictures[:1], before):
        case = evaluate.Case('', 'en', shown, talk.Turn('图中有几个圆形？', ''), earlier)
        texts = [(turn.question, turn.answer) for turn in (*earlier, case.turn)]
        messages = []
        for index, (question, answer) in enumerate(texts):
            images = [{'type': 'image', 'image': torch.from_numpy(p.pixels.copy()).permute(2, 0, 1)} for p in shown]
            content = [*(images if not index else []), {'type': 'text', 'text': question}]
            messages.append({'role': 'user', 'content': content})
            if answer:
                messages.append({'role': 'assistant', 'content': [{'type': 'text', 'text': answer}]})
        inputs = processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors='pt'
        )
        assert inputs['input_ids'][0].tolist() == ours.prompt(case)
        pixels = models.normalise(torch.from_numpy(np.stack([p.pixels for p in shown])))
        torch.testing.assert_close(inputs['pixel_values'], pixels, atol=1e-5, rtol=0)
        with torch.no_grad():
            want = model(**inputs).logits
            features = models.see(ours.model, pixels)
            got = ours.model.lm_head(models.read(ours.model, inputs['input_ids'], features))
        torch.testing.assert_close(got, want, atol=1e-4, rtol=0)
