"""A record is saved whole or not at all, and knows where its figures come from."""

import dataclasses
import datetime
from pathlib import Path

import pytest
from record_support import RECORD

from benchmarks.saving import earlier_of, new_record, require_savable, row_origin, save_record
from helpers.records import load_record


def test_a_saved_record_is_loaded_as_it_was(tmp_path):
    path = save_record(RECORD, 'h200/speed', tmp_path)
    assert path == tmp_path / 'h200' / 'speed.json'
    assert load_record('h200/speed', tmp_path) == RECORD
    assert [p.name for p in path.parent.iterdir()] == ['speed.json']


@pytest.mark.parametrize('name', ['../speed', '/speed', 'speed.json', ''])
def test_a_saved_records_name_stays_inside_the_folder(tmp_path, name):
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

    monkeypatch.setattr(Path, 'replace', no_room)
    with pytest.raises(OSError, match='no space'):
        save_record(dataclasses.replace(RECORD, topic='memory'), 'speed', tmp_path)
    assert load_record('speed', tmp_path) == RECORD
    assert len(list(tmp_path.iterdir())) == 1


def test_a_new_record_looks_up_device_versions_and_date():
    record = new_record('speed', model='tiny-chat', weights='trained', data={'tokens': 1}, commit='0123abc')
    assert record.versions['lmdeploy'] == '0.18.0'
    assert abs(datetime.date.fromisoformat(record.date) - datetime.date.today()) <= datetime.timedelta(days=1)
    assert record.device.startswith(('CPU', 'NVIDIA'))
    origin = row_origin('0123abc')
    assert (origin['commit'], origin['transformers']) == (record.commit, record.versions['transformers'])
    datetime.date.fromisoformat(origin['date'])


def test_what_could_not_be_saved_is_refused_before():
    assert require_savable('h200/speed', '0123abc') == '0123abc'
    with pytest.raises(ValueError, match=r"'\.\./speed' is not a record's name"):
        require_savable('../speed', '0123abc')
    with pytest.raises(ValueError, match='commit must be a git commit'):
        require_savable('h200/speed', 'main')


def test_what_a_record_keeps_of_earlier_runs_stays(tmp_path):
    assert earlier_of('speed', tmp_path) == {}
    save_record(RECORD, 'speed', tmp_path)
    assert earlier_of('speed', tmp_path) == {}
    save_record(dataclasses.replace(RECORD, data={'rows': [1], 'earlier': [2]}), 'speed', tmp_path)
    assert earlier_of('speed', tmp_path) == {'earlier': [2]}
