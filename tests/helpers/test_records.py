"""Records are whole or refused, and say where their figures come from."""

import dataclasses
import json

import pytest
from record_support import RECORD

from helpers import records
from helpers.records import load_record


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
    (tmp_path / 'h200').mkdir()
    (tmp_path / 'h200' / 'speed.json').write_text(json.dumps(dataclasses.asdict(RECORD)))
    assert load_record('h200/speed', tmp_path) == RECORD
    with pytest.raises(FileNotFoundError, match=r"no record 'h200/memory'.*there are: h200/speed"):
        load_record('h200/memory', tmp_path)


def test_records_in_the_project_can_be_loaded():
    for path in (records.RECORDS / 'h200').rglob('*.json'):
        assert load_record(str(path.relative_to(records.RECORDS).with_suffix(''))).device == 'NVIDIA H200'
