"""Evidence is read from what runs; what is out of order is said so, and nothing half-made is stored."""

import errno
import json
import os
from types import SimpleNamespace

import pytest
from homework_good import STORY, TINY_CHAT, Builder, screenshot, typed

from helpers import engine_config
from homework import begin_task, submission_card
from homework.checkpoint import checkpoint_identity, is_w4a16
from homework.collect import work
from homework.collect.engines import describe
from homework.evidence import HomeworkError, read_all, read_evidence, short_code, write_evidence
from homework.missing import missing
from homework.schema import Engine, checked
from homework.tasks import TASKS, characters


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_SUBMISSION', str(tmp_path / 'submission'))
    return tmp_path / 'submission'


def response(text='hello', tokens=5):
    return SimpleNamespace(text=text, generate_token_len=tokens, input_token_len=3, finish_reason='stop')


@pytest.fixture(scope='module')
def pipe():
    from lmdeploy import pipeline

    config = engine_config(cache_max_entry_count=0.2, session_len=512, max_batch_size=4, quant_policy=8)
    with pipeline(str(TINY_CHAT), backend_config=config, log_level='ERROR') as running:
        yield running


def test_an_engine_is_told_as_it_runs(pipe):
    task = begin_task('story', 'Ada')
    task.engine('W', pipe)
    reply = pipe('hello')
    task.answer('hello', reply, time_s=0.5, sampling={'temperature': 0})
    evidence = task.evidence().plain()
    (engine,) = evidence['engines']
    assert (engine['way'], engine['engine'], engine['device']) == ('pipeline', 'pytorch', 'cpu')
    real = engine['real']
    cache = pipe.async_engine.engine.cache_config
    assert real['num_blocks'] == cache.num_gpu_blocks == engine['predicted']['num_blocks']
    assert (real['cache_max_entry_count'], real['quant_policy'], real['session_len']) == (0.2, 8, 512)
    assert (real['max_batch_size'], real['dtype'], real['block_tokens']) == (4, 'float32', 64)
    assert engine['asked']['cache_max_entry_count'] == 0.2
    assert engine['checkpoint'] == checkpoint_identity(TINY_CHAT).plain()
    assert engine['used_bytes'] == engine['after']['used_bytes'] - engine['before']['used_bytes']
    (answer,) = evidence['answers']
    assert (answer['text'], answer['output_tokens']) == (reply.text, reply.generate_token_len)
    assert answer['tokens_per_s'] == pytest.approx(reply.generate_token_len / 0.5)
    assert answer['messages'] == [{'role': 'user', 'content': 'hello'}]
    assert json.loads(json.dumps(evidence, allow_nan=False)) == evidence


def test_a_text_is_counted_by_the_models_tokenizer(pipe):
    task = begin_task('story', 'Ada')
    task.engine('W', pipe)
    reply = pipe('hello')
    task.answer('hello', reply.text, client='terminal')
    assert abs(task.evidence().answers[0].output_tokens - reply.generate_token_len) <= 1


def test_turbomind_is_told_by_its_own_configuration():
    """There is none here: an object of its shape stands for it (`turbomind.py` keeps what it resolved there)."""
    from lmdeploy import TurbomindEngineConfig

    asked = TurbomindEngineConfig(cache_max_entry_count=0.4, quant_policy=4, model_format='awq')
    resolved = TurbomindEngineConfig(
        cache_max_entry_count=0.4, quant_policy=4, model_format='awq', max_batch_size=384, session_len=32768
    )
    turbomind = type('TurboMind', (), {'__module__': 'lmdeploy.turbomind.turbomind', 'engine_config': resolved})()
    inside = SimpleNamespace(engine=turbomind, backend_config=asked, model_name=str(TINY_CHAT))
    facts = describe(SimpleNamespace(async_engine=inside))
    assert (facts.way, facts.engine, facts.device, facts.folder) == ('pipeline', 'turbomind', 'cuda', TINY_CHAT)
    assert facts.asked == {'cache_max_entry_count': 0.4, 'quant_policy': 4, 'model_format': 'awq'}
    assert facts.real == {
        'cache_max_entry_count': 0.4, 'quant_policy': 4, 'session_len': 32768, 'max_batch_size': 384,
        'dtype': 'auto', 'tp': 1, 'model_format': 'awq', 'block_tokens': 64, 'num_blocks': None,
    }  # fmt: skip
    inside.model_name = 'my-model'
    with pytest.raises(HomeworkError, match='give the folder of the checkpoint'):
        describe(SimpleNamespace(async_engine=inside))
    assert describe(SimpleNamespace(async_engine=inside), TINY_CHAT).folder == TINY_CHAT


def test_a_command_is_told_by_its_words():
    words = ['lmdeploy', 'chat', str(TINY_CHAT), '--backend', 'pytorch', '--device', 'cpu', '--model-format=awq']
    facts = describe([*words, '--cache-max-entry-count', '0.4', '--quant-policy', '4'])
    assert (facts.way, facts.engine, facts.device, facts.folder) == ('cli', 'pytorch', 'cpu', TINY_CHAT)
    assert (facts.real['cache_max_entry_count'], facts.real['quant_policy']) == (0.4, 4)
    assert facts.real['model_format'] == 'awq'
    with pytest.raises(HomeworkError, match='names no folder of a model'):
        describe(['lmdeploy', 'chat', 'nowhere'])
    with pytest.raises(HomeworkError, match='not int'):
        describe(3)


def test_a_closed_pipeline_is_refused(pipe):
    closed = SimpleNamespace(async_engine=SimpleNamespace(engine=None))
    with pytest.raises(HomeworkError, match='this pipeline is closed: start it again after begin_task'):
        begin_task('story', 'Ada').engine('W', closed)


def test_an_identity_changes_with_the_weights(tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    (tmp_path / 'config.json').write_bytes((TINY_CHAT / 'config.json').read_bytes())
    tensors = load_file(TINY_CHAT / 'model.safetensors')
    save_file(tensors, tmp_path / 'model.safetensors')
    same, own = checkpoint_identity(tmp_path), checkpoint_identity(TINY_CHAT)
    assert same.model_copy(update={'name': ''}) == own.model_copy(update={'name': ''})
    first = sorted(tensors)[0]
    tensors[first].view(-1)[3] += torch.ones((), dtype=tensors[first].dtype)
    save_file(tensors, tmp_path / 'model.safetensors')
    other = checkpoint_identity(tmp_path)
    assert other.weights_sample_sha256 != own.weights_sample_sha256
    assert other.tensors_sha256 == own.tensors_sha256
    assert not is_w4a16(own)
    assert is_w4a16(own.model_copy(update={'quantization_config': {'quant_method': 'awq', 'bits': 4}}))


def noted(task, monkeypatch):
    """A task with an engine, without one having been started."""
    engine = Builder('Ada', 'en').engine('16 bit', 'terminal', awq=False) | {'way': 'cli'}
    task._collected.engines.append(checked(engine, Engine))
    task._folders = {'16 bit': TINY_CHAT}
    monkeypatch.setattr(work, '_cell', lambda: (7, 'reply = pipe(question)'))
    return task


def test_an_answer_before_its_engine():
    with pytest.raises(HomeworkError, match=r"answer\(\) before engine\(\): since begin_task\('story'\)"):
        begin_task('story', 'Ada').answer('hello', response())


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'client': 'telephone'}, "client='telephone': one of pipeline"),
        ({'engine': 'W4A16'}, 'no engine of that label was noted; there are: 16 bit'),
        ({'image': 'nowhere.png'}, "image='nowhere.png' cannot be read"),
    ],
)
def test_answers_that_are_none(monkeypatch, arguments, message):
    task = noted(begin_task('story', 'Ada'), monkeypatch)
    with pytest.raises(HomeworkError, match=message):
        task.answer('hello', response(), **arguments)
    with pytest.raises(HomeworkError, match='takes'):
        task.answer('hello', 3)
    assert task.evidence().answers == []


def test_cells_run_in_another_order_are_noticed(monkeypatch):
    count = iter([5, 8, 6, 9])
    monkeypatch.setattr(work, '_cell', lambda: (next(count), 'x'))
    task = begin_task('story', 'Ada')
    task._collected.engines.append(checked(Builder('Ada', 'en').engine('16 bit', 'cli', awq=False), Engine))
    task._folders = {'16 bit': TINY_CHAT}
    task._step('engine')
    task.answer('hello', response(STORY))
    said = missing(task.evidence())
    assert said[:-1] == [
        "The cell of 'answer' ran before the one above it (In [6] after In [8]): run this task's cells again from its "
        'begin_task() on, from top to bottom.'
    ]
    assert said[-1].startswith('A screenshot is missing')
    assert '自上而下' in missing(task.evidence(), 'zh')[0]


def test_finishing_stores_the_evidence_and_the_card(folder, monkeypatch):
    task = noted(begin_task('story', 'Ada'), monkeypatch)
    task.answer('hello', response(STORY), time_s=2.0)
    card = task.finish()
    (stored,) = read_all()
    assert stored == card.evidence
    assert stored.plain()['run']['code'] == [{'cell': 7, 'source': 'reply = pipe(question)'}]
    assert {str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file()} == {
        'evidence/story.json', 'cards/story.png'
    }  # fmt: skip


def test_checking_finishes_what_is_complete_and_nothing_else(folder, monkeypatch, capsys, tmp_path):
    task = noted(begin_task('story', 'Ada'), monkeypatch)
    task.answer('hello', response('too short'))
    assert task.check() == 0
    assert 'has 9 characters; 300 are asked for' in capsys.readouterr().out
    assert not folder.exists()
    task.answer('hello', response(STORY))
    assert task.check() == 0
    assert capsys.readouterr().out.startswith('- A screenshot is missing, which the document asks for')
    (tmp_path / 'shot.png').write_bytes(screenshot('Ada'))
    task.screenshot(tmp_path / 'shot.png', 'the terminal')
    assert task.check() == TASKS['story'].points
    assert (folder / 'evidence/story.json').is_file()


def test_without_a_name_nothing_is_stored(folder, monkeypatch, capsys):
    task = noted(begin_task('story', 'your name here'), monkeypatch)
    task.answer('hello', response(STORY))
    assert '(your name here)' in repr(task.finish())
    assert task.check() == 0
    assert 'Nothing is stored' in capsys.readouterr().out
    assert not folder.exists()
    with pytest.raises(HomeworkError, match='your own name'):
        begin_task('story', '  ')


def test_two_notebooks_at_one_task(monkeypatch):
    """The later one does not overwrite in silence what the other finished meanwhile."""
    task = noted(begin_task('story', 'Ada'), monkeypatch)
    task.answer('hello', response(STORY))
    other = Builder('Ada', 'en', run='b2' * 8).all()['story']
    other = other | {'finished': '2100-01-01T00:00:00Z'}
    write_evidence(typed(other | {'code': short_code(other)}))
    with pytest.raises(HomeworkError, match=r"another notebook finished 'story' at 2100.*finish\(replace=True\)"):
        task.finish()
    assert read_all()[0].run.id == 'b2' * 8
    task.finish(replace=True)
    assert read_all()[0].run.id != 'b2' * 8


def test_a_clock_that_was_set_back_is_no_second_notebook(monkeypatch):
    """After a restart of the kernel: what was stored before looks as if it came later."""
    earlier = Builder('Ada', 'en', run='b2' * 8).all()['story'] | {'finished': '2100-01-01T00:00:00Z'}
    write_evidence(typed(earlier | {'code': short_code(earlier)}))
    task = noted(begin_task('story', 'Ada'), monkeypatch)
    task.answer('hello', response(STORY))
    task.finish()
    assert read_all()[0].run.id != 'b2' * 8


def test_a_full_disk_leaves_the_older_evidence(folder, monkeypatch):
    task = noted(begin_task('story', 'Ada'), monkeypatch)
    task.answer('hello', response(STORY))
    task.finish()
    before = (folder / 'evidence/story.json').read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(
        OSError, match=r'story\.json cannot be written \(No space left on device\): nothing was changed'
    ):
        task.finish()
    assert (folder / 'evidence/story.json').read_bytes() == before
    assert not [path for path in folder.rglob('*') if path.name.startswith('.')]


def test_rows_of_memory_stand_beside_their_prediction(monkeypatch):
    task = noted(begin_task('memory-kv', 'Ada'), monkeypatch)
    engine = task._collected.engines[0]
    engine.predicted.weight_bytes, engine.predicted.pool_bytes = 1, 2
    task.memory_row('16 bit', engine.before.used_bytes + 1000, weights='16 bit', kv='16 bit', batch=8, length=2048)
    (row,) = task.evidence().rows
    assert row['used_bytes'] == 1000
    assert row['predicted_bytes'] == engine.predicted.engine_bytes
    with pytest.raises(HomeworkError, match='no engine of that label'):
        task.memory_row('int8', 1, kv='int8')


def test_a_conversation_keeps_its_words_and_no_pictures():
    picture = {'type': 'image_url', 'image_url': {'url': 'data:image/png;base64,AAAA'}}
    messages = [{'role': 'user', 'content': [{'type': 'text', 'text': 'what?'}, picture]}]
    assert work._messages(messages) == [
        {'role': 'user', 'content': [{'type': 'text', 'text': 'what?'}, {'type': 'image'}]}
    ]


def test_the_card_of_a_chapter(folder, pipe):
    card = submission_card(3, 'Ada', engine=pipe, answer=('hello', pipe('hello')), time_s=0.1, tokens_that_fit=1234)
    page = card._repr_html_()
    for text in ('Chapter 3', 'Ada', 'tokens that fit', '1234', 'cache_max_entry_count 0.2', 'hello'):
        assert text in page
    stored = read_evidence(folder / 'evidence/chapter-03.json')
    assert stored.chapter == '03'
    assert 'Chapter 4' in submission_card(4, 'your name here', language='en')._repr_html_()
    assert not (folder / 'evidence/chapter-04.json').exists()


SPOILED = {
    'checks fail': ('chat', lambda e: e['checks'][0].update(state='FAIL'), "The check 'Python' fails"),
    'no screenshot': (
        'story', lambda e: e['screenshots'].clear(),
        'A screenshot is missing (there: 0, wanted: 1, of the terminal): take one while the answer is to be seen, then '
        'story.screenshot(FILE, …).',
    ),
    'one of two screenshots': (
        'server-w4a16', lambda e: e['screenshots'].pop(), '(there: 1, wanted: 2, of the terminal and the web page)'
    ),
    'no checks': ('chat', lambda e: e['checks'].clear(), 'The environment was not checked'),
    'no engine': ('chat', lambda e: e['engines'].clear(), 'No engine: start an engine'),
    'no answer': ('chat', lambda e: e['answers'].clear(), 'No answer: ask the model something, then chat.answer('),
    'short': ('story', lambda e: e['answers'][0].update(text='abc'), 'has 3 characters'),
    'not quantised': (
        'api-kv', lambda e: e['engines'][0]['checkpoint'].update(quantization_config=None), 'has no 4-bit weights'
    ),
    'KV': ('api-kv', lambda e: e['engines'][0]['real'].update(quant_policy=0), 'The KV cache was not quantised'),
    'way': ('api-kv', lambda e: e['engines'][0].update(way='pipeline'), 'No engine: start a server'),
    'ratio': (
        'chat-w4a16', lambda e: e['engines'][0]['real'].update(cache_max_entry_count=0.8),
        'cache_max_entry_count was 0.8, not 0.4',
    ),
    'one client': ('server-w4a16', lambda e: e['answers'].pop(), "No answer through client='page'"),
    'no vision': ('vision-page', lambda e: e['engines'][0]['checkpoint'].update(vision=False), 'is no vision model'),
    'no picture': ('vision-page', lambda e: e['answers'][0].pop('image_sha256'), 'No picture'),
    'one row': ('memory-w4a16', lambda e: e['rows'].pop(), 'No row with weights=W4A16'),
    'length': ('memory-kv', lambda e: e['rows'][0].update(length=512), 'of batch 8 and length 512; asked for: 8 and'),
    'no engine of a row': ('memory-kv', lambda e: e['rows'][1].update(engine='x'), 'names the engine'),
    'four rows': ('benchmark', lambda e: e['rows'].pop(), "No row of case='transformers'"),
    'other data': ('benchmark', lambda e: e['rows'][2].update(data_sha256='0' * 64), 'The rows differ in data_sha256'),
    'no mul': ('tools', lambda e: e['answers'][0]['tool_calls'].pop(), 'The model never called mul'),
    'a wrong sum': ('tools', lambda e: e['answers'][0]['tool_calls'][0].update(result='9'), "gave '9'"),
}  # fmt: skip


@pytest.mark.parametrize('kind', SPOILED)
def test_what_is_missing_is_said(kind):
    task, change, message = SPOILED[kind]
    evidence = Builder('Ada', 'en').all()[task]
    evidence = json.loads(json.dumps(evidence))
    assert missing(typed(evidence)) == []
    change(evidence)
    said, chinese = missing(typed(evidence)), missing(typed(evidence), 'zh')
    assert any(message in line for line in said), said
    assert len(chinese) == len(said)
    assert all(any('\u4e00' <= c <= '\u9fff' for c in line) for line in chinese)


def test_characters():
    assert characters('一二 三\n\n四 ') == 6
    assert characters(STORY) >= 300
