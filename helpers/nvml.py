"""NVML, NVIDIA's management library: the driver, and whole cards.  Unlike torch it makes no CUDA context.

Every function raises where there is no library, no driver or no permission.
"""

import os


def driver_version() -> str:
    """The NVIDIA driver's version, such as '580.95.05'."""
    return _nvml().nvmlSystemGetDriverVersion()


def newest_cuda() -> tuple[int, int]:
    """The newest CUDA that the driver runs, such as (13, 0)."""
    version = _nvml().nvmlSystemGetCudaDriverVersion_v2()
    return version // 1000, version % 1000 // 10


def card_bytes(card: int | str) -> tuple[int, int, int]:
    """Used, free and total bytes of a whole card: by NVML's index, which counts all cards, or by its UUID."""
    info = _nvml().nvmlDeviceGetMemoryInfo(_handle(card))
    return info.used, info.free, info.total


def process_bytes(card: int | str) -> int | None:
    """Bytes that this process uses of a card; None where NVML cannot tell.

    In a container it may know this process by another id, or not say how much it uses.
    """
    processes = _nvml().nvmlDeviceGetComputeRunningProcesses(_handle(card))
    return next(filter(None, (p.usedGpuMemory for p in processes if p.pid == os.getpid())), None)


def _nvml():
    import pynvml

    pynvml.nvmlInit()  # after the first time it only counts
    return pynvml


def _handle(card: int | str):
    if isinstance(card, int):
        return _nvml().nvmlDeviceGetHandleByIndex(card)
    return _nvml().nvmlDeviceGetHandleByUUID(f'GPU-{card.removeprefix("GPU-")}')
