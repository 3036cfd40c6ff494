"""Putting the tables of changes into place, here and in the processes that LMDeploy spawns."""

import os
from typing import Any

from .budget import memory_budget, set_memory_budget
from .ops.internlm2 import register
from .patches import CPU, accept, device, processes, repairs, speculative  # noqa: F401  they fill the table
from .patches.guided import GUIDED
from .patches.patching import apply_tables
from .patches.pictures import PICTURES


def apply_all() -> None:
    """Make all changes once, or none of them, and tell transformers of InternLM2."""
    if apply_tables(CPU, PICTURES, GUIDED):
        register()


@CPU.patch(
    'lmdeploy.messages:PytorchEngineConfig.__reduce_ex__',
    'api_server runs the engine in a spawned process, which learns of this package through the configuration it gets.',
    inherited=True,
)
def bring_this_package(old):

    def __reduce_ex__(self, protocol):
        if self.device_type != 'cpu':
            return old(self, protocol)
        return rebuild_config, (dict(vars(self)), memory_budget(), os.getpid())

    return __reduce_ex__


def rebuild_config(fields: dict[str, Any], budget_bytes: int, of_process: int):
    """Unpickle a PytorchEngineConfig: in another process this package and the memory budget come along.

    In this one it is a copy (`pipeline` makes one), and the budget stays what the environment says.
    """
    apply_all()
    if os.getpid() != of_process:
        set_memory_budget(budget_bytes)
    from lmdeploy.messages import PytorchEngineConfig

    config = PytorchEngineConfig.__new__(PytorchEngineConfig)
    config.__dict__.update(fields)
    return config
