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
    'mix': '19c4c3a571dc8a19567198060caa932a8aff38fd18816440d6757098e458f2b0',
    'for the tokenizer': '79934723a3ce3b74125653ca47983c3d35c44dbc8f7d2340e3cd23997ebd95f1',
    'calibration.jsonl': 'b3e62e2eb596a7c6a71ffaa3ef5fe5d34145a3dfe6e4e280941b860161323f32',
    'heldout.jsonl': '0338291b4e48ad63426792d3610054edb56314ed23071e4525273566d461a75d',
    'advice': '7b89d969e79b875da5db78023c2f46ae46edff2318bf7a30bc3b5ed9931451c2',
    'greeting': '73ef7e3af9889413e0e1cc103931ca5e4752dd35edd57dbab1fa208420165bf2',
    'identity': '768310bfc0956c02f72e88c8bc863361e72fe9a5d13710e6964017c16c62f146',
    'poems': 'd9fa8fb81650d124022fad0154a18842cd288b0bd71a3375ef7ba4422e4b649c',
    'smalltalk': '8debafa3efaffff9db38a886fde7ddb0e8c1be67d268d523c1ee9509697a3b3b',
    'stories': 'a07b57bee898e8dd7d50664c32f86c937cd0c1afd7a6fb026d8335b6ade491cd',
    'system': 'c30aceb55191600cc6b7a9ca94d1ddd88e0f08658bcd545fbcf29a228ccf990c',
    'unknown': '17fc25b80ff333a0c4f0da33f6e3b70a2d741ec515847477a8d487d927c968f9',
}
FIRST_SHARD = 'd65c79b40bcb112c95589533de51e75bfb6f132a1f665eeb1676c0236b391ce9'
EVERY_WORD = '9f24358568d21ebe6f0bb7d138c7ffaaf12abaa3cb6f83011fad40961d66474b'


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
