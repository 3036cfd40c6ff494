"""What records and evidence say of the machine."""

import os
import platform

from helpers.nvml import driver_version


def device_and_driver() -> tuple[str, str]:
    """The device's name and the NVIDIA driver's version, '' on a CPU: what a record says of its machine."""
    import torch

    if not torch.cuda.is_available():
        return f'CPU ({platform.machine()}, {os.cpu_count()} cores)', ''
    try:
        driver = driver_version()
    except Exception:
        driver = 'unknown'
    return torch.cuda.get_device_name(), driver
