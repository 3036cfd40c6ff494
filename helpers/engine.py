"""Which of LMDeploy's engines runs on this machine, and its configuration in LMDeploy's own argument names.

TurboMind where there is a CUDA GPU, LMDeploy's PyTorch engine on the CPU device of `lmdeploy_cpu` elsewhere.  LMDeploy
itself falls back from TurboMind to the PyTorch engine in silence; here the choice comes with its reason.
"""

import dataclasses
import difflib
import gc
import os
import shutil
import sys
import time
from pathlib import Path

import lmdeploy_cpu  # before torch, whose OpenMP threads it tells not to spin; it loads neither torch nor LMDeploy

from .kv_cache import check_ratio

# One idea under two names: tokens in a block of the KV cache.
_BLOCK_TOKENS = {'turbomind': 'cache_block_seq_len', 'pytorch': 'block_size'}
_CONFIG_CLASS = {'turbomind': 'TurbomindEngineConfig', 'pytorch': 'PytorchEngineConfig'}
_TITLE = {'turbomind': 'TurboMind', 'pytorch': 'the PyTorch engine'}


@dataclasses.dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engine for this machine, and why."""

    engine: str  # 'turbomind' | 'pytorch'
    device: str  # 'cuda' | 'cpu'
    dtype: str  # 'auto' | 'float32': what `engine_config` uses unless it is told otherwise
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class RunningEngine:
    """The engine that a pipeline really runs."""

    engine: str  # 'turbomind' | 'pytorch'
    device: str  # 'cuda' | 'cpu' | …
    module: str  # where the engine's class is defined


def engine_choice() -> EngineChoice:
    """Say which engine `engine_config` takes on this machine, and the reason."""
    import torch

    if not torch.cuda.is_available():
        return EngineChoice('pytorch', 'cpu', 'float32', f'no CUDA device: {_why_no_cuda(torch)}')
    error = turbomind_import_error()
    if error is not None:
        return EngineChoice('pytorch', 'cuda', 'auto', f'TurboMind cannot be imported: {error}')
    name = torch.cuda.get_device_name()
    return EngineChoice('turbomind', 'cuda', 'auto', f'CUDA device {name}, and TurboMind can be imported')


def turbomind_import_error() -> str | None:
    """Say why TurboMind cannot be imported; None when it can."""
    from lmdeploy import turbomind

    if turbomind.is_available():
        return None
    return str(getattr(turbomind, '_import_error', None) or 'LMDeploy was built without it')


def engine_config(*, engine: str | None = None, **arguments):
    """Make the engine's configuration for this machine from LMDeploy's own argument names.

    On CUDA nothing is changed: LMDeploy's defaults hold.  On the CPU the default `dtype` is 'float32', because its
    results do not depend on the processor.  `cache_block_seq_len` (TurboMind) and `block_size` (PyTorch engine) are
    the same thing, so either name works with either engine.  The PyTorch engine reads a 4-bit checkpoint's format
    from its config.json, so `model_format` 'hf', 'awq' and 'gptq' are left to that.  Whether a model starts with the
    configuration on this device, `require_startable` says.

    Args:
        engine: 'turbomind' or 'pytorch', to have that engine and no other; None: `engine_choice()` decides.
        arguments: fields of TurbomindEngineConfig or PytorchEngineConfig.

    Returns:
        TurbomindEngineConfig | PytorchEngineConfig, for `lmdeploy.pipeline(path, backend_config=…)`.

    Raises:
        TypeError: no engine has such an argument, or only the other one has.
        ValueError: `cache_max_entry_count` outside (0, 1), two different block lengths, a device that is not there.
        RuntimeError: TurboMind was asked for and cannot run here.
    """
    choice = engine_choice()
    engine = engine or choice.engine
    if engine not in _CONFIG_CLASS:
        raise ValueError(f"engine={engine!r}: LMDeploy's engines are 'turbomind' and 'pytorch'")
    if engine == 'turbomind' and choice.engine != 'turbomind':
        raise RuntimeError(f'TurboMind cannot run here ({choice.reason}); leave out engine= to get what can')

    import lmdeploy

    config_class = getattr(lmdeploy, _CONFIG_CLASS[engine])
    arguments = _one_block_length(engine, arguments)
    _check_names(engine, arguments)
    if 'cache_max_entry_count' in arguments:
        check_ratio(arguments['cache_max_entry_count'])
    lmdeploy_cpu.repair_pictures()  # of every engine: a picture that cannot be read is an error, no empty answer
    if engine == 'turbomind':
        return config_class(**arguments)

    device = arguments.setdefault('device_type', choice.device)
    if device == 'cuda' and choice.device != 'cuda':
        raise ValueError(f"device_type='cuda': {choice.reason}")
    if arguments.get('model_format') in ('hf', 'awq', 'gptq'):
        del arguments['model_format']
    if device == 'cpu':
        lmdeploy_cpu.enable()
        arguments.setdefault('dtype', 'float32')
    return config_class(**arguments)


def running_engine(pipe) -> RunningEngine:
    """Say which engine a `lmdeploy.pipeline` really runs, which need not be the one that was asked for."""
    module = type(pipe.async_engine.engine).__module__
    engine = 'turbomind' if module.startswith('lmdeploy.turbomind') else 'pytorch'
    device = getattr(pipe.async_engine.backend_config, 'device_type', 'cuda')  # TurboMind has CUDA only
    return RunningEngine(engine, device, module)


def cli_prefix() -> list[str]:
    """Give the start of an `lmdeploy` command line that works here, as `subprocess` takes it."""
    if engine_choice().device == 'cpu':
        return [sys.executable, '-m', 'lmdeploy_cpu']
    found = shutil.which('lmdeploy')
    if found and Path(found).parent.resolve() == Path(sys.executable).parent.resolve():
        return ['lmdeploy']
    return [sys.executable, '-m', 'lmdeploy']  # not on PATH, or another environment's is


def cli_engine_arguments() -> list[str]:
    """Give the options that make `lmdeploy chat` and `lmdeploy serve api_server` use this machine's engine."""
    choice = engine_choice()
    if choice.device == 'cpu':
        return ['--backend', 'pytorch', '--device', 'cpu', '--dtype', choice.dtype]
    return [] if choice.engine == 'turbomind' else ['--backend', 'pytorch']


def release(*things, timeout_s: float = 30.0) -> None:
    """Give back the memory of pipelines and transformers models, and wait until the device has it.

    On a slice of 8 GB two models do not fit: release one before the next is loaded.  A pipeline is closed; a model's
    weights are dropped although a variable still names it.  Neither can be used afterwards.

    Args:
        things: `lmdeploy.pipeline` objects (anything with `close()`) and `torch.nn.Module`s; None is passed over.
        timeout_s: wait no longer than this for the memory.
    """
    import torch

    for thing in things:
        if thing is None:
            continue
        if isinstance(thing, torch.nn.Module):
            thing.to('meta')
        elif hasattr(thing, 'close'):
            thing.close()
            _forget_weights(thing)
        else:
            raise TypeError(f'release() takes pipelines and models, not {type(thing).__name__}')
    _collect(torch)
    _wait_until_steady(timeout_s)


def _forget_weights(pipe) -> None:
    """TurboMind 0.18.0 keeps the weights in `source_model` after `close()`, as long as anything names the pipeline."""
    engine = getattr(getattr(pipe, 'async_engine', None), 'engine', None)
    if getattr(engine, 'source_model', None) is not None:
        engine.source_model = None


def _collect(torch) -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif sys.platform == 'linux':
        import ctypes

        # The C library keeps freed memory for later; the CPU's budget counts it until the system has it back.
        trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
        if trim is not None:
            trim(0)


def _wait_until_steady(timeout_s: float, interval_s: float = 0.1, slack_bytes: int = 1 << 20) -> None:
    """Wait until three readings in a row no longer fall: an engine frees its memory in threads of its own."""
    from .memory import device_memory

    deadline = time.monotonic() + timeout_s
    lowest, steady = device_memory().used_bytes, 0
    while steady < 3 and time.monotonic() < deadline:
        time.sleep(interval_s)
        used = device_memory().used_bytes
        steady = steady + 1 if used > lowest - slack_bytes else 0
        lowest = min(lowest, used)


def _why_no_cuda(torch) -> str:
    if torch.version.cuda is None:
        return 'this torch is built without CUDA'
    if os.environ.get('CUDA_VISIBLE_DEVICES') in ('', '-1'):
        return 'CUDA_VISIBLE_DEVICES hides them all'
    return 'torch finds none'


def _one_block_length(engine: str, arguments: dict) -> dict:
    """Use the engine's own name for the block length."""
    arguments = dict(arguments)
    mine = _BLOCK_TOKENS[engine]
    (other,) = set(_BLOCK_TOKENS.values()) - {mine}
    if other in arguments:
        value = arguments.pop(other)
        if arguments.setdefault(mine, value) != value:
            raise ValueError(
                f'{other}={value} and {mine}={arguments[mine]} are two names of one thing, the tokens in a block of '
                f'the KV cache; give one'
            )
    return arguments


def _field_names(engine: str) -> set[str]:
    import lmdeploy

    return {field.name for field in dataclasses.fields(getattr(lmdeploy, _CONFIG_CLASS[engine]))}


def _check_names(engine: str, arguments: dict) -> None:
    mine = _field_names(engine)
    other_engine = 'pytorch' if engine == 'turbomind' else 'turbomind'
    other = _field_names(other_engine)
    for name in arguments:
        if name in mine:
            continue
        if name in other:
            raise TypeError(
                f'{name} is an argument of {_TITLE[other_engine]} ({_CONFIG_CLASS[other_engine]}) only; '
                f'here {_TITLE[engine]} runs'
            )
        close = difflib.get_close_matches(name, sorted(mine), n=3)
        hint = f'; close to it: {", ".join(close)}' if close else ''
        raise TypeError(f'{_CONFIG_CLASS[engine]} has no argument {name!r}{hint}')
