"""The corpus that the next training of tiny-chat draws, and texts for chapter 4 with it, are the ones held here.

A text changed on purpose changes these digests: put in the new ones, as the failed assertion shows them.  Where the
texts are those that models/tiny-chat was trained on, its log has the same digests; else its card says that it is older.
"""

import hashlib
import json
import pathlib
import random

import pytest

from training.chat import build_corpus, calibration, mix, texts

MODEL = pathlib.Path(__file__).parents[3] / 'models' / 'tiny-chat'
# SHA-256 of what seeds draw.
DIGESTS = {
    'mix': 'b5e2c5807f6148a81d82fe82b934a5c96f840e1e08385557397b4bc3fc7e2e2f',
    'for the tokenizer': '266bfa3808dbd39d451a765cf3470874e76239b8381f1652cb1990e2c15fffd3',
    'calibration.jsonl': '62ccb047fbe27219d64980ae45d140de1b031c810ebe435a7149aced0ea4f172',
    'heldout.jsonl': '6fb3f985e274f87b801190c3bee52588cacc442e04f59212b1c4dd52ae131b63',
    'advice': '7b89d969e79b875da5db78023c2f46ae46edff2318bf7a30bc3b5ed9931451c2',
    'greeting': '340bb4fc6a0d2ac213a1a780799a230c26e1b20c403c7f11ec4fdf55167aab7b',
    'identity': '42a38bffb035cea0fe2ca5d86addb25012f83cd85d15302cc71c38bed1cd32c0',
    'poems': '6a18b943f940c825799eff61848cb3af2637469c9e2af3a1adc1981fdec6dc7e',
    'smalltalk': '6579e3b0d8d1ab9afd6f6af5258c2114bba5f192a2933e3a0a7de7cc91e4221a',
    'stories': '0bf1413d7d297122ccc96493489bb8eb248e008db382fb7d405616fe008ba5d6',
    'system': '84e7cf563986e67beee065ffed8ecc6d0ee258442460b2e039289ab060f72876',
    'unknown': 'f2c38e5ee5451f15c282cb7786b2ded35ad4b43a4a4416a1cee1ab4cf36662fe',
}
FIRST_SHARD = 'c7bf497a02fcb236a26db245663fea7e125cabc47414ac7d054c17562ff30b75'
EVERY_WORD = '16dea919f5a7404a62760055514a09ba6150677a97c719a7b93d11e51fafeed2'


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def drawn() -> dict[str, str]:
    """What is drawn, by name: a part of the corpus with each of its sources, the texts of chapter 4."""
    rng = random.Random('digest')
    turns = [turn for _ in range(3000) for turn in mix.draw(rng)]
    rows = calibration.calibration(random.Random('calibration'))
    held_out = [row for x in texts.LANGUAGES for row in calibration.heldout(random.Random(f'heldout {x}'), x)]
    return {
        'mix': repr([(turn.role, turn.content, turn.maskable, turn.copied, turn.special) for turn in turns]),
        'for the tokenizer': '\n'.join(build_corpus.tokenizer_texts(0, 500)),
        'calibration.jsonl': ''.join(json.dumps(row, ensure_ascii=False) + '\n' for row in rows),
        'heldout.jsonl': ''.join(json.dumps(row, ensure_ascii=False) + '\n' for row in held_out),
        **{
            talk.name: repr([talk.weight, *(talk.conversation(random.Random(seed)) for seed in range(400))])
            for talk in texts.talks()
        },
    }


def test_every_word():
    """What the draws of these tests seldom reach too: all of the tables and of the FAQ."""
    assert texts.digest() == EVERY_WORD


def test_what_is_drawn():
    assert {name: sha256(text) for name, text in drawn().items()} == DIGESTS


def test_the_corpus_begins_alike():
    """Its first shard, in the model's own tokens."""
    arrays = build_corpus.shard((str(MODEL), 0, 0, 2000))
    assert hashlib.sha256(b''.join(array.tobytes() for array in arrays)).hexdigest() == FIRST_SHARD


@pytest.mark.slow
def test_the_whole_corpus_is_the_cards(tmp_path):
    """The one of a million conversations that the card names: minutes on two cores."""
    log = json.loads((MODEL / 'training_log.json').read_text('utf-8'))
    if log['texts_sha256'] != texts.digest():
        pytest.skip('the texts have moved on since the training, and the card says so')
    corpus = build_corpus.build(tmp_path, log['corpus']['conversations'], 0, tokenizer=MODEL)
    assert corpus.sha256 == log['corpus']['sha256']


def test_the_model_was_trained_on_these_texts_or_its_card_says_so():
    same = json.loads((MODEL / 'training_log.json').read_text('utf-8'))['texts_sha256'] == EVERY_WORD
    assert ('The texts have moved on since' in (MODEL / 'README.md').read_text('utf-8')) != same
