"""What the tests of campaigns share: a GPU that is none, and records that are kept in a list."""

import os

import pytest

from benchmarks import campaign


@pytest.fixture
def saved(monkeypatch):
    """(name, record) of each record that a campaign saves; nothing is written, and torch sees four GPUs."""
    records = []
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    monkeypatch.setattr('torch.cuda.is_available', lambda: True)
    monkeypatch.setattr('torch.cuda.device_count', lambda: 4)
    monkeypatch.setattr('benchmarks.saving.device_and_driver', lambda: ('NVIDIA H200', '550.54'))
    monkeypatch.setattr(campaign, 'save_record', lambda record, name: records.append((name, record)))
    return records
