"""Which of LMDeploy's engines runs on this machine, and its configuration in LMDeploy's own argument names.

TurboMind where there is a CUDA GPU, LMDeploy's PyTorch engine on the CPU device of `lmdeploy_cpu` elsewhere.  LMDeploy
itself falls back from TurboMind to the PyTorch engine in silence; here the choice comes with its reason.
"""

import dataclasses
import difflib
import shutil
import sys
from pathlib import Path

import lmdeploy_cpu  # before torch, whose OpenMP threads it tells not to spin; it loads neither torch nor LMDeploy
from lmdeploy_cpu.cards import has_bfloat16, why_no_cuda

TITLES = {'turbomind': 'TurboMind', 'pytorch': 'the PyTorch engine'}  # LMDeploy's engines
BLOCK_TOKENS = {'turbomind': 'cache_block_seq_len', 'pytorch': 'block_size'}  # one thing under two names
# The fields that both engines' configurations have, under these names.
SHARED_NAMES = (
    'cache_max_entry_count', 'quant_policy', 'dtype', 'session_len', 'max_batch_size', 'max_prefill_token_num', 'tp',
)  # fmt: skip
_CONFIG_CLASS = {'turbomind': 'TurbomindEngineConfig', 'pytorch': 'PytorchEngineConfig'}


@dataclasses.dataclass(frozen=True, slots=True)
class EngineChoice:
    """The engine for this machine, and why."""

    engine: str  # 'turbomind' | 'pytorch'
    device: str  # 'cuda' | 'cpu'
    dtype: str  # 'auto' | 'float16' | 'float32': what `engine_config` uses unless it is told otherwise
    reason: str

    @property
    def torch_dtype(self) -> str:
        """For transformers; cards have bfloat16 from compute capability 8.0 on (not T4, V100)."""
        return 'bfloat16' if self.dtype == 'auto' else self.dtype


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
        return EngineChoice('pytorch', 'cpu', 'float32', f'no CUDA device: {why_no_cuda(torch)}')
    dtype = 'auto' if has_bfloat16(torch.cuda) else 'float16'
    floats = '' if dtype == 'auto' else '; it has no bfloat16, so floats are float16'
    error = turbomind_import_error()
    if error is not None:
        return EngineChoice('pytorch', 'cuda', dtype, f'TurboMind cannot be imported: {error}{floats}')
    name = torch.cuda.get_device_name()
    return EngineChoice('turbomind', 'cuda', dtype, f'CUDA device {name}, and TurboMind can be imported{floats}')


def turbomind_import_error() -> str | None:
    """Say why TurboMind cannot be imported; None when it can."""
    from lmdeploy import turbomind

    if turbomind.is_available():
        return None
    return str(getattr(turbomind, '_import_error', None) or 'LMDeploy was built without it')


def engine_config(*, engine: str | None = None, **arguments):
    """Make the engine's configuration for this machine from LMDeploy's own argument names.

    On CUDA LMDeploy's defaults hold (but float16 on a card without bfloat16), and LMDeploy stays as it is.  For the CPU
    `lmdeploy_cpu.enable()` is called, or LMDeploy would refuse the configuration, and the default `dtype` is 'float32',
    because its results do not depend on the processor.  `cache_block_seq_len` (TurboMind) and `block_size` (PyTorch
    engine) are the same thing, so either name works with either engine.  The PyTorch engine reads a 4-bit checkpoint's
    format from its config.json, so `model_format` 'hf', 'awq' and 'gptq' are left to that.  Whether a model starts with
    the configuration on this device, `lessons.kv_cache.require_startable` says.

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
    if engine not in TITLES:
        raise ValueError(f"engine={engine!r}: LMDeploy's engines are 'turbomind' and 'pytorch'")
    if engine == 'turbomind' and choice.engine != 'turbomind':
        raise RuntimeError(f'TurboMind cannot run here ({choice.reason}); leave out engine= to get what can')

    import lmdeploy

    config_class = getattr(lmdeploy, _CONFIG_CLASS[engine])
    arguments = _one_block_length(engine, arguments)
    _check_names(engine, arguments)
    if 'cache_max_entry_count' in arguments:
        check_ratio(arguments['cache_max_entry_count'])
    if engine == 'turbomind':
        return config_class(**{'dtype': choice.dtype} | arguments)

    device = arguments.setdefault('device_type', choice.device)
    if device == 'cuda' and choice.device != 'cuda':
        raise ValueError(f"device_type='cuda': {choice.reason}")
    if arguments.get('model_format') in ('hf', 'awq', 'gptq'):
        del arguments['model_format']
    if device == 'cpu':
        lmdeploy_cpu.enable()
    arguments.setdefault('dtype', {'cpu': 'float32', 'cuda': choice.dtype}.get(device, 'auto'))
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
    dtype = [] if choice.dtype == 'auto' else ['--dtype', choice.dtype]
    return dtype if choice.engine == 'turbomind' else ['--backend', 'pytorch', *dtype]


def _one_block_length(engine: str, arguments: dict) -> dict:
    """Use the engine's own name for the block length."""
    arguments = dict(arguments)
    mine = BLOCK_TOKENS[engine]
    (other,) = set(BLOCK_TOKENS.values()) - {mine}
    if other in arguments:
        value = arguments.pop(other)
        if arguments.setdefault(mine, value) != value:
            raise ValueError(
                f'{other}={value} and {mine}={arguments[mine]} are two names of one thing, the tokens in a block of '
                f'the KV cache; give one'
            )
    return arguments


def _check_names(engine: str, arguments: dict) -> None:
    import lmdeploy

    other_engine = 'pytorch' if engine == 'turbomind' else 'turbomind'
    classes = [getattr(lmdeploy, _CONFIG_CLASS[name]) for name in (engine, other_engine)]
    mine, other = ({field.name for field in dataclasses.fields(kind)} for kind in classes)
    for name in arguments:
        if name in mine:
            continue
        if name in other:
            raise TypeError(
                f'{name} is an argument of {TITLES[other_engine]} ({_CONFIG_CLASS[other_engine]}) only; '
                f'here {TITLES[engine]} runs'
            )
        close = difflib.get_close_matches(name, sorted(mine), n=3)
        hint = f'; close to it: {", ".join(close)}' if close else ''
        raise TypeError(f'{_CONFIG_CLASS[engine]} has no argument {name!r}{hint}')


def check_ratio(ratio) -> None:
    """Raise ValueError unless `ratio` can be a `cache_max_entry_count`."""
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 < ratio < 1:
        raise ValueError(
            f'cache_max_entry_count={ratio!r}: it is the share of the memory left free after the weights are loaded '
            f'that the KV cache takes, a number between 0 and 1, both excluded'
        )
