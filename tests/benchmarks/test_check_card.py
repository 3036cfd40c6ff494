"""A record that somebody hands in: a whole one is taken, a file spoiled in any way is refused with the place."""

import copy
import dataclasses
import json
import os
import sys

import pytest

from benchmarks import check_card
from benchmarks.card_comparison import compare
from benchmarks.your_card import cases
from helpers.memory import MIB
from helpers.records import RECORDS, Record
from lessons.kv_cache import predict_memory

FREE = 14_500 * MIB


def start_of(case) -> dict:
    arguments = {
        'model': 'internlm2-chat-1_8b', 'free_bytes': FREE, 'engine': 'turbomind',
        'cache_max_entry_count': case.ratio, 'quant_policy': case.quant_policy, 'awq': case.weights == 'awq',
        'session_len': 4096, 'max_batch_size': 128,
    }  # fmt: skip
    p = predict_memory(**arguments)
    return {
        'arguments': arguments, 'slice_mib': None, 'outcome': 'started',
        'free_at_sizing_mib': p.free_at_sizing_bytes / MIB, 'budget_mib': 100.5, 'slab_bytes': p.slab_bytes,
        'block_bytes': p.block_bytes, 'tokens': p.tokens, 'engine_mib': p.engine_bytes / MIB, 'context_mib': 300.0,
        'start_s': 9.0,
    }  # fmt: skip


@pytest.fixture(scope='module')
def whole() -> dict:
    kinds = [('fp16', 'fp16'), ('W4A16', 'fp16'), ('fp16', 'int8'), ('fp16', 'int4')]
    speed = [
        {'weights': w, 'kv': k, 'batch': b, 'time_s': 1.5, 'output_tokens_per_s': 50.5 * b}
        for w, k in kinds for b in (1, 8, 32)
    ]  # fmt: skip
    data = {
        'slice_mib': None, 'dtype': 'float16', 'tokens_in': 61, 'tokens_out': 256, 'repeats': 2,
        'session_len': 4096, 'max_batch_size': 128,
        'roofline': [{'bytes_per_s': 2.4e11, 'fp16_flop_per_s': 4.1e13}],
        'rows': [start_of(case) for case in cases(None)], 'speed': speed,
    }  # fmt: skip
    data['comparison'] = compare(data)
    versions = {'python': '3.12.3', 'lmdeploy': '0.18.0', 'torch': '2.11.0+cu130', 'transformers': '5.17.0'}
    record = Record(
        'quick', 'Tesla T4', '580.159.04', versions, '2026-12-01', 'a' * 40, 'InternLM2-Chat-1.8B', 'random', data
    )
    return json.loads(json.dumps(dataclasses.asdict(record)))


def test_a_whole_one_belongs_where_its_device_says(whole, tmp_path):
    file = tmp_path / 'anything.json'
    file.write_text(json.dumps(whole))
    record, name = check_card.check_card(file)
    assert (name, record.device) == ('tesla-t4/quick', 'Tesla T4')


def test_every_quick_record_of_the_course_is_whole():
    for path in RECORDS.glob('*/quick*.json'):
        _, name = check_card.check_card(path)
        assert RECORDS / f'{name}.json' == path


SPOILED = [
    (('device',), '../../etc', 'device'),
    (('device',), 'T4/../x', 'device'),
    (('device',), 'a..b', 'device'),
    (('device',), '<script>alert(1)</script>', 'device'),
    (('device',), '[T4](http://x)', 'device'),
    (('device',), '`T4`', 'device'),
    (('device',), 'T4\n', 'device'),
    (('device',), 'T4\u202e', 'device'),
    (('device',), 'T' * 200, 'device'),
    (('device',), '', 'device'),
    (('device',), 7, 'device'),
    (('device',), '...', 'device'),
    (('topic',), 'speed', 'topic'),
    (('topic',), 'quick_slice', 'slice_mib'),
    (('driver',), '580; rm -rf', 'driver'),
    (('versions', 'torch'), '<b>2</b>', 'torch'),
    (('versions', 'extra'), '1.0', 'extra'),
    (('versions', 'lmdeploy'), None, 'lmdeploy'),
    (('date',), '2026-13-41', 'date'),
    (('date',), 'yesterday', 'date'),
    (('commit',), 'HEAD', 'commit'),
    (('model',), 'another', 'model'),
    (('weights',), 'trained', 'weights'),
    (('script',), 'x', 'script'),
    (('data',), [], 'data'),
    (('data', 'rows'), [], 'rows'),
    (('data', 'rows', 0, 'engine_mib'), -1, 'engine_mib'),
    (('data', 'rows', 0, 'engine_mib'), 1e300, 'engine_mib'),
    (('data', 'rows', 0, 'engine_mib'), '12', 'engine_mib'),
    (('data', 'rows', 0, 'engine_mib'), True, 'engine_mib'),
    (('data', 'rows', 0, 'engine_mib'), None, 'lacks a figure'),
    (('data', 'rows', 0, 'tokens'), 2**70, 'tokens'),
    (('data', 'rows', 0, 'outcome'), 'won', 'outcome'),
    (('data', 'rows', 0, 'slice_mib'), 8182, 'slice'),
    (('data', 'rows', 0, 'arguments', 'free_bytes'), 2**60, 'free_bytes'),
    (('data', 'rows', 0, 'arguments', 'model'), '/etc/passwd', 'model'),
    (('data', 'rows', 0, 'arguments', 'session_len'), 10**9, 'session_len'),
    (('data', 'speed', 0, 'output_tokens_per_s'), 0, 'output_tokens_per_s'),
    (('data', 'speed', 0, 'output_tokens_per_s'), 1e9, 'output_tokens_per_s'),
    (('data', 'speed', 0, 'output_tokens_per_s'), 99.5, 'comparison'),
    (('data', 'speed', 0, 'weights'), 'bf16', 'float16'),
    (('data', 'speed', 0, 'batch'), 3, 'batch'),
    (('data', 'roofline', 0, 'bytes_per_s'), 1e30, 'bytes_per_s'),
    (('data', 'roofline', 0, 'bf16_flop_per_s'), 1e14, 'one of them'),
    (('data', 'comparison', 0, 'what'), '<img src=x>', 'what'),
    (('data', 'comparison', 0, 'what'), 'another thing', 'comparison'),
    (('data', 'comparison', 0, 'off_percent'), 0.0, 'off_percent'),
    (('data', 'comparison', 0, 'by'), 'me', 'by'),
    (('data', 'comparison'), [], 'comparison'),
]


@pytest.mark.parametrize(
    ('place', 'value', 'named'), SPOILED, ids=[f'{".".join(map(str, p))}={v!r:.30}' for p, v, _ in SPOILED]
)
def test_a_spoiled_field_is_refused_and_named(whole, tmp_path, place, value, named):
    spoiled = copy.deepcopy(whole)
    inside = spoiled
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    (tmp_path / 'f').write_text(json.dumps(spoiled))
    with pytest.raises(ValueError, match=named):
        check_card.check_card(tmp_path / 'f')


@pytest.mark.parametrize(
    'field', ['topic', 'device', 'driver', 'versions', 'date', 'commit', 'model', 'weights', 'data']
)
def test_a_missing_field_is_named(whole, tmp_path, field):
    (tmp_path / 'f').write_text(json.dumps({k: v for k, v in whole.items() if k != field}))
    with pytest.raises(ValueError, match=field):
        check_card.check_card(tmp_path / 'f')


@pytest.mark.parametrize(
    ('content', 'named'),
    [
        (b'', 'not JSON'), (b'\xff\xfe{}', 'not JSON'), (b'[' * 50_000, 'not JSON'), (b'{"topic": NaN}', 'no number'),
        (b'{"topic": 1e999}', 'no number'), (b'{"topic": "\\ud800"}', 'not JSON'), (b'[]', 'object'),
        (b'null', 'object'),
        (b' ' * (check_card.MOST_BYTES + 1), 'more than'),
    ],
)  # fmt: skip
def test_what_is_no_record_at_all(tmp_path, content, named):
    (tmp_path / 'f').write_bytes(content)
    with pytest.raises(ValueError, match=named):
        check_card.check_card(tmp_path / 'f')


def test_links_folders_and_pipes_are_not_read(whole, tmp_path):
    (tmp_path / 'f').write_text(json.dumps(whole))
    (tmp_path / 'link').symlink_to(tmp_path / 'f')
    os.mkfifo(tmp_path / 'pipe')
    for name in ('link', 'pipe', '.'):
        with pytest.raises((OSError, ValueError)):
            check_card.check_card(tmp_path / name)


def test_the_command_takes_it_to_its_place_or_refuses(whole, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr('helpers.records.RECORDS', tmp_path / 'records')
    monkeypatch.setattr(check_card, 'RECORDS', tmp_path / 'records')
    monkeypatch.setattr(check_card, 'save_record', lambda r, name: check_card_save(r, name, tmp_path / 'records'))
    from benchmarks.saving import save_record as check_card_save

    (tmp_path / 'f').write_text(json.dumps(whole))
    monkeypatch.setattr(sys, 'argv', ['check_card', str(tmp_path / 'f'), '--take'])
    assert check_card.main() == 0
    assert json.loads((tmp_path / 'records' / 'tesla-t4' / 'quick.json').read_text()) == whole
    assert 'written: records/tesla-t4/quick.json' in capsys.readouterr().out
    (tmp_path / 'f').write_text('{}')
    assert check_card.main() == 1
    assert "'topic' is a required property" in capsys.readouterr().err
