"""Text for `lmdeploy lite`: the course's own, a learner's, and what is wrong with it."""

import json
import math

import pytest
from checkpoint_support import edit_json, files_of

from helpers.models import EMBEDDED
from lessons.kv_cache.perplexity import answer_perplexity, heldout_answers
from lessons.texts import DATA
from lessons.w4a16.calibration import calibration_dataset, calibration_ids, own_texts

TINY = EMBEDDED / 'tiny-chat'
ENOUGH = {'calib_samples': 2, 'calib_seqlen': 32}


@pytest.fixture(scope='module')
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(TINY, trust_remote_code=False)


def load_as_lmdeploy_does(folder, monkeypatch):
    from lmdeploy.lite.utils.calib_dataloader import get_calib_loaders

    monkeypatch.chdir(folder)
    return lambda tokenizer, samples, seqlen: get_calib_loaders('wikitext2', tokenizer, nsamples=samples, seqlen=seqlen)


def test_lmdeploys_own_loader_reads_the_course_text(tokenizer, monkeypatch, tmp_path):
    made = calibration_dataset(TINY, calib_samples=32, calib_seqlen=1024)
    samples = load_as_lmdeploy_does(made.folder, monkeypatch)(tokenizer, 32, 1024)
    assert [s.shape for s in samples] == [(1, 1024)] * 32
    text = ''.join(tokenizer.decode(s[0]) for s in samples)
    assert '<|im_start|>assistant\n' in text  # the chat template's newlines are still there
    assert '你' in text
    assert ' the ' in text
    assert made.documents > 100

    before = files_of(made.folder)
    assert calibration_dataset(TINY, calib_samples=32, calib_seqlen=1024) == made
    assert files_of(made.folder) == before


@pytest.mark.parametrize('name', ['a [1]', '课 程 *', '[x]?', '{a,b}'])
def test_a_cache_of_any_name(tokenizer, monkeypatch, tmp_path, name):
    """`datasets` takes paths for patterns."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / name))
    made = calibration_dataset(TINY, [f'hello {name}'] * 60, calib_samples=1, calib_seqlen=32)
    (sample,) = load_as_lmdeploy_does(made.folder, monkeypatch)(tokenizer, 1, 32)
    assert 'hello' in tokenizer.decode(sample[0])


def test_lmdeploys_own_loader_reads_a_learners_file(tokenizer, monkeypatch, tmp_path):
    text = '第一段\n还是第一段\n\nSecond paragraph.\n\n' + 'Some more words to read. ' * 40
    (tmp_path / 'mine.txt').write_bytes(b'\xef\xbb\xbf' + text.replace('\n', '\r\n').encode())
    assert '\n\n'.join(own_texts(tokenizer, tmp_path / 'mine.txt')) == text
    made = calibration_dataset(TINY, tmp_path / 'mine.txt', **ENOUGH)
    ids = tokenizer(text).input_ids
    assert made.tokens == len(ids)
    whole = load_as_lmdeploy_does(made.folder, monkeypatch)(tokenizer, 1, len(ids))
    assert whole[0][0].tolist() == ids  # and not what `datasets` keeps from an earlier text


def test_one_token_too_few(tokenizer):
    words = tokenizer.decode(tokenizer('one two three four five six ' * 40).input_ids[:128])
    tokens = len(tokenizer(words).input_ids)
    assert calibration_dataset(TINY, [words], calib_samples=1, calib_seqlen=tokens).tokens == tokens
    with pytest.raises(ValueError, match=f'{tokens} tokens of this model, and 1 samples × {tokens + 1} take'):
        calibration_dataset(TINY, [words], calib_samples=1, calib_seqlen=tokens + 1)


@pytest.mark.parametrize(
    ('content', 'says'),
    [
        ('好 words\n' * 30, r'mine\.txt is too short: \d+ tokens.*What fits: --calib-samples \d+, or --calib-seqlen'),
        ('short', r'not even one sample of 1024'),
        ('', r'0 tokens'),
        ('行\n你好'.encode('gb18030'), r'not UTF-8: byte 0xd0 in line 1 \(byte 0 of the file\)'),
        ('one\ntwo\n你好'.encode('gb18030'), r'not UTF-8: byte 0xc4 in line 3 \(byte 8 of the file\)'),
        ('你好'.encode()[:-1], r'not UTF-8: byte 0xe5 in line 1 \(byte 3 of the file\)'),
        ('text'.encode('utf-16'), r'not even one sample of 1024'),  # read, as its mark says what it is
        (None, r'mine\.txt is not there'),
    ],
)
def test_text_that_cannot_be_used(tmp_path, content, says):
    path = tmp_path / 'mine.txt'
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    if content and isinstance(content, str) and len(content) > 100:
        sizes = {'calib_samples': 128, 'calib_seqlen': 16}
    else:
        sizes = {'calib_samples': 128, 'calib_seqlen': 1024}
    with pytest.raises((ValueError, FileNotFoundError), match=says):
        calibration_dataset(TINY, path, **sizes)
    with pytest.raises(FileNotFoundError, match='a folder, not a file'):
        calibration_dataset(TINY, tmp_path, **sizes)


CONVERSATION = [{'role': 'user', 'content': 'What is it?'}, {'role': 'assistant', 'content': 'A token. ' * 60}]
FILES = {
    'mine.jsonl': json.dumps({'messages': CONVERSATION}),
    'mine.json': json.dumps([{'instruction': 'What is it?', 'input': '', 'output': 'A token. ' * 60}]),
    'mine.csv': 'question;answer\nWhat is it?;' + 'A token. ' * 60,
    'mine.tsv': 'text\tn\n<|im_start|>user\\nWhat is it?' + 'A token. ' * 60 + '\t1',
}


@pytest.mark.parametrize('name', FILES)
def test_a_learners_data_set(tokenizer, tmp_path, name, capsys):
    (tmp_path / name).write_text(FILES[name], encoding='utf-16')
    made = calibration_dataset(TINY, tmp_path / name, **ENOUGH)
    (file,) = made.folder.glob('wikitext/*.jsonl')
    text = json.loads(file.read_text())['text']
    assert text.removeprefix('<s>').startswith('<|im_start|>user')
    assert 'What is it?' in text
    assert text.count('A token.') == 60
    assert f'{name}: 1 text, ' in capsys.readouterr().out
    if name != 'mine.tsv':
        assert text == tokenizer.apply_chat_template(CONVERSATION, tokenize=False)


def test_a_conversation_that_the_template_refuses(tmp_path):
    for file in TINY.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / 'tokenizer_config.json').unlink()
    (tmp_path / 'tokenizer_config.json').write_bytes((TINY / 'tokenizer_config.json').read_bytes())
    edit_json(tmp_path / 'tokenizer_config.json', chat_template="{{ raise_exception('no system, please') }}")
    (tmp_path / 'mine.jsonl').write_text('"text"\n' + FILES['mine.jsonl'])
    with pytest.raises(ValueError, match=r'line 2: .*no system, please'):
        calibration_dataset(tmp_path, tmp_path / 'mine.jsonl', **ENOUGH)


def test_windows_that_cannot_be(tmp_path):
    for sizes in ({'calib_samples': 0, 'calib_seqlen': 32}, {'calib_samples': 2, 'calib_seqlen': 0}):
        with pytest.raises(ValueError, match='at least 1 each'):
            calibration_dataset(TINY, **sizes)
    with pytest.raises(ValueError, match='knows 2048 positions'):
        calibration_dataset(TINY, calib_samples=1, calib_seqlen=2049)


def test_without_a_chat_template_the_words_alone(tmp_path):
    for file in TINY.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / 'tokenizer_config.json').unlink()
    (tmp_path / 'tokenizer_config.json').write_bytes((TINY / 'tokenizer_config.json').read_bytes())
    edit_json(tmp_path / 'tokenizer_config.json', chat_template=None)
    made = calibration_dataset(tmp_path, **ENOUGH)
    (file,) = made.folder.glob('wikitext/*.jsonl')
    assert '<|im_start|>' not in file.read_text()


def test_the_texts_that_ship():
    assert (DATA / 'calibration.jsonl').stat().st_size <= 300_000
    assert (DATA / 'heldout.jsonl').stat().st_size <= 50_000
    rows = {
        name: [json.loads(line) for line in (DATA / f'{name}.jsonl').read_text().splitlines()]
        for name in ('calibration', 'heldout')
    }
    told = {m['content'] for row in rows['calibration'] for m in row['messages']}
    asked = [row['messages'] for row in rows['heldout']]
    assert all([m['role'] for m in messages] == ['user', 'assistant'] for messages in asked)
    assert not any('<|' in m['content'] for name in rows for row in rows[name] for m in row['messages'])
    assert sum(messages[0]['content'] in told for messages in asked) <= 0.1 * len(asked)
    for language in ('en', 'zh'):
        assert sum(row['language'] == language for row in rows['calibration']) > 100


def test_conversations_in_tokens(tokenizer):
    ids = calibration_ids(TINY, longest=40)
    assert max(map(len, ids)) == 40
    assert all(tokenizer.decode(row).startswith('<s><|im_start|>') for row in ids)


def test_heldout_answers(tokenizer):
    pairs = heldout_answers(TINY, 'zh')
    assert len(pairs) == len(heldout_answers(TINY)) / 2
    for prompt, whole in pairs:
        assert whole[: len(prompt)] == prompt
        assert tokenizer.decode(prompt).endswith('<|im_start|>assistant\n')
        assert len(prompt) < len(whole) <= 1024
    with pytest.raises(ValueError, match="'en', 'zh' or None"):
        heldout_answers(TINY, 'de')


def test_perplexity_is_the_answers_alone():
    """With a model for which each token is as surprising as its id says, in nats."""

    class Pipe:
        def get_ppl(self, sequences):
            return [sum(ids[1:]) / (len(ids) - 1) for ids in sequences]

    pairs = [([9, 900, 30], [9, 900, 30, 1, 2]), ([7, 700], [7, 700, 3])]
    assert answer_perplexity(Pipe(), pairs) == pytest.approx(math.exp((1 + 2 + 3) / 3))
