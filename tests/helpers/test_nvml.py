"""Every reading of NVML, from a library that is put in its place."""

import os
import sys
from types import SimpleNamespace

import pytest

from helpers import environment, nvml


@pytest.fixture
def library(monkeypatch):
    """A pynvml with two cards, of which the second is looked up by its UUID too."""
    started = []
    fake = SimpleNamespace(
        started=started,
        nvmlInit=lambda: started.append(True),
        nvmlSystemGetDriverVersion=lambda: '550.54.15',
        nvmlSystemGetCudaDriverVersion_v2=lambda: 12040,
        nvmlDeviceGetHandleByIndex=lambda index: ('card', index),
        nvmlDeviceGetHandleByUUID=lambda uuid: ('card', {'GPU-abc': 1}[uuid]),
        nvmlDeviceGetMemoryInfo=lambda card: SimpleNamespace(used=card[1] + 1, free=20, total=30),
        nvmlDeviceGetComputeRunningProcesses=lambda card: [
            SimpleNamespace(pid=1, usedGpuMemory=99),
            SimpleNamespace(pid=os.getpid(), usedGpuMemory=7 if card[1] else None),
        ],
    )
    monkeypatch.setitem(sys.modules, 'pynvml', fake)
    return fake


def test_driver_and_cuda(library):
    assert (nvml.driver_version(), nvml.newest_cuda()) == ('550.54.15', (12, 4))
    assert library.started


def test_cards_by_index_and_by_uuid(library):
    assert nvml.card_bytes(0) == (1, 20, 30)
    assert nvml.card_bytes('abc') == nvml.card_bytes('GPU-abc') == nvml.card_bytes(1) == (2, 20, 30)
    assert nvml.process_bytes('abc') == 7
    assert nvml.process_bytes(0) is None  # NVML lists this process, and does not say


def test_without_a_driver_there_is_none(monkeypatch):
    def no_driver():
        raise OSError('libnvidia-ml.so.1: cannot open')

    monkeypatch.setitem(sys.modules, 'pynvml', SimpleNamespace(nvmlInit=no_driver))
    with pytest.raises(OSError, match='cannot open'):
        nvml.driver_version()
    assert environment._nvidia_driver() == (None, (0, 0))
