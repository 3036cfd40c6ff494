"""Counting broken JSON: what counts, and the questions asked of a real engine that is repaired."""

import types
from pathlib import Path

import lmdeploy
import pytest

import lmdeploy_cpu
from benchmarks import guided_json
from helpers import engine_config, load_record, release
from helpers.models import EMBEDDED


def answer(text: str, finish_reason: str = 'stop'):
    return types.SimpleNamespace(text=text, finish_reason=finish_reason)


def test_what_ends_with_stop_has_to_be_an_object_of_the_schema():
    answers = [
        answer('{"joke": "a", "topic": "b"}'),
        answer('{"joke": "a", "topic": "b'),  # ended inside of a string
        answer('{"joke": "a"}'),  # JSON, and not of the schema
        answer('{"joke": "a", "topic": "b', 'length'),  # cut: nobody promised
    ]
    assert guided_json.counted(answers) == {'answers': 4, 'stop': 3, 'length': 1, 'stop_and_no_json': 2}


def test_readme_says_what_the_record_of_both_engines_does():
    names = {'turbomind': 'TurboMind', 'pytorch': 'PyTorch engine'}
    rows = load_record('h200/guided_json').data['rows']
    assert {(row['engine'], row['repaired']): row['stop_and_no_json'] > 0 for row in rows} == {
        (engine, repaired): not repaired for engine in names for repaired in (False, True)
    }
    said = (Path(lmdeploy_cpu.__file__).parent / 'README.md').read_text(encoding='utf-8')
    for row in rows:
        counts = [row[key] for key in ('answers', 'stop', 'stop_and_no_json')]
        cells = [names[row['engine']], 'repaired' if row['repaired'] else 'as it is', *map(str, counts)]
        assert f'| {" | ".join(cells)} |' in said


def test_on_the_cpu_device_none_is_broken(monkeypatch):
    monkeypatch.setattr(guided_json, 'QUESTIONS', guided_json.QUESTIONS[:6])
    config = engine_config(engine='pytorch', session_len=512, cache_max_entry_count=0.1)
    with lmdeploy.pipeline(str(EMBEDDED / guided_json.MODEL), backend_config=config, log_level='ERROR') as pipe:
        counted = guided_json.ask(pipe)
    release()
    assert counted['answers'] == counted['stop'] + counted['length'] == 6
    assert counted['stop_and_no_json'] == 0


def test_it_says_that_it_needs_a_gpu(capsys, monkeypatch):
    monkeypatch.setattr('sys.argv', ['guided_json'])
    with pytest.raises(SystemExit):
        guided_json.main()
    assert 'torch finds none' in capsys.readouterr().err
