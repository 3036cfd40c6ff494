"""Records are whole or refused, and say where their figures come from."""

import dataclasses
import datetime
import json

import pytest

from helpers import records
from helpers.records import Record, load_record, new_record, save_record

RECORD = Record(
    topic='speed',
    device='NVIDIA H200',
    driver='580.95.05',
    versions={'lmdeploy': '0.18.0', 'torch': '2.10.0'},
    date='2026-11-20',
    commit='0123abc',
    model='internlm2-chat-1_8b',
    weights='random',
    data={'batch': [1, 8], 'output_tokens_per_s': [527.0, 4027.5]},
)


def test_a_saved_record_is_loaded_as_it_was(tmp_path):
    path = save_record(RECORD, 'h200/speed', tmp_path)
    assert path == tmp_path / 'h200' / 'speed.json'
    assert load_record('h200/speed', tmp_path) == RECORD
    assert [p.name for p in path.parent.iterdir()] == ['speed.json']


def test_describe_says_it_in_one_line():
    assert RECORD.describe() == (
        'measured on NVIDIA H200, driver 580.95.05, LMDeploy 0.18.0, 2026-11-20, '
        'internlm2-chat-1_8b with random weights'
    )
    assert ', driver' not in dataclasses.replace(RECORD, driver='').describe()


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('topic', ' '),
        ('device', None),
        ('driver', None),
        ('versions', {'torch': '2.10.0'}),
        ('versions', {'lmdeploy': 18}),
        ('date', '20.11.2026'),
        ('date', '20261120'),
        ('commit', 'HEAD'),
        ('weights', 'unknown'),
        ('data', {}),
        ('data', [1]),
    ],
)
def test_a_bad_field_is_named_with_its_file(tmp_path, field, value):
    fields = dataclasses.asdict(RECORD) | {field: value}
    (tmp_path / 'bad.json').write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=rf'bad\.json: {field} must be'):
        load_record('bad', tmp_path)


def test_missing_and_unknown_fields_are_named(tmp_path):
    fields = dataclasses.asdict(RECORD)
    (tmp_path / 'bad.json').write_text(json.dumps({k: v for k, v in fields.items() if k != 'driver'}))
    with pytest.raises(ValueError, match=r'bad\.json lacks driver'):
        load_record('bad', tmp_path)
    (tmp_path / 'bad.json').write_text(json.dumps(fields | {'gpu': 1}))
    with pytest.raises(ValueError, match=r'bad\.json has unknown gpu'):
        load_record('bad', tmp_path)


def test_a_file_cut_short_and_a_list_are_refused(tmp_path):
    (tmp_path / 'bad.json').write_text('{"topic": "spe')
    with pytest.raises(ValueError, match=r'bad\.json is not JSON'):
        load_record('bad', tmp_path)
    (tmp_path / 'bad.json').write_text('[]')
    with pytest.raises(ValueError, match='holds a list'):
        load_record('bad', tmp_path)


def test_a_record_that_is_not_there_lists_those_that_are(tmp_path):
    save_record(RECORD, 'h200/speed', tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no record 'h200/memory'.*there are: h200/speed"):
        load_record('h200/memory', tmp_path)


@pytest.mark.parametrize('name', ['../speed', '/speed', 'speed.json', ''])
def test_a_name_stays_inside_the_folder(tmp_path, name):
    with pytest.raises(ValueError, match='not a record'):
        save_record(RECORD, name, tmp_path)


@pytest.mark.parametrize('value', [float('nan'), object()])
def test_a_save_that_fails_keeps_the_old_record(tmp_path, value):
    save_record(RECORD, 'speed', tmp_path)
    with pytest.raises((TypeError, ValueError)):
        save_record(dataclasses.replace(RECORD, data={'x': value}), 'speed', tmp_path)
    assert load_record('speed', tmp_path) == RECORD
    assert len(list(tmp_path.iterdir())) == 1


def test_a_save_that_breaks_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    save_record(RECORD, 'speed', tmp_path)

    def no_room(self, target):
        raise OSError('no space left on device')

    monkeypatch.setattr(records.Path, 'replace', no_room)
    with pytest.raises(OSError, match='no space'):
        save_record(dataclasses.replace(RECORD, topic='memory'), 'speed', tmp_path)
    assert load_record('speed', tmp_path) == RECORD
    assert len(list(tmp_path.iterdir())) == 1


def test_a_new_record_looks_up_device_versions_and_date():
    record = new_record('speed', model='tiny-chat', weights='trained', data={'tokens': 1}, commit='0123abc')
    assert record.versions['lmdeploy'] == '0.18.0'
    assert abs(datetime.date.fromisoformat(record.date) - datetime.date.today()) <= datetime.timedelta(days=1)
    assert record.device.startswith(('CPU', 'NVIDIA'))
    origin = records.row_origin('0123abc')
    assert (origin['commit'], origin['transformers']) == (record.commit, record.versions['transformers'])
    datetime.date.fromisoformat(origin['date'])


def test_records_in_the_project_can_be_loaded():
    for path in (records.RECORDS / 'h200').rglob('*.json'):
        assert load_record(str(path.relative_to(records.RECORDS).with_suffix(''))).device == 'NVIDIA H200'
