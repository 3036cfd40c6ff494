"""What an engine is and does, read from the running one: for a pipeline, a server, a command, a transformers model."""

import dataclasses
import enum
from pathlib import Path

from helpers.engine import BLOCK_TOKENS, SHARED_NAMES
from homework.checkpoint import checkpoint_identity
from homework.evidence import HomeworkError
from homework.schema import Checkpoint
from lessons.kv_cache.settings import EngineSettings

# Of an engine's configuration: LMDeploy's names.
_SETTINGS = ('cache_max_entry_count', 'quant_policy', 'session_len', 'max_batch_size', 'dtype', 'tp')


@dataclasses.dataclass(frozen=True, slots=True)
class EngineFacts:
    """An engine as it runs: see `describe`."""

    way: str  # 'pipeline' | 'api_server' | 'cli' | 'transformers'
    engine: str  # 'turbomind' | 'pytorch' | 'transformers'
    device: str  # 'cpu' | 'cuda'
    folder: Path
    asked: dict  # what differs from LMDeploy's defaults, or stands on the command line
    real: dict
    config: object | None  # for the prediction; None for transformers


def describe(running, folder: Path | str | None = None) -> EngineFacts:
    """Read what runs: a `lmdeploy.pipeline`, an `api_server`, the words of an `lmdeploy chat` command, or
    a transformers model (with its `folder`).

    Raises HomeworkError where it has ended, or is none of these.
    """
    from lessons.serving.server import Server

    if isinstance(running, list | tuple) and all(isinstance(word, str) for word in running):
        return _command(list(running), 'cli')
    if hasattr(running, 'async_engine'):
        return _pipeline(running, folder)
    if isinstance(running, Server):
        return _server(running)
    if hasattr(running, 'generate') and hasattr(running, 'config'):
        return _transformers(running, folder)
    raise HomeworkError(
        f'engine() takes a pipeline, a server, the words of a command or a transformers model, not '
        f'{type(running).__name__}'
    )


def identity_of(facts: EngineFacts) -> Checkpoint:
    """Of its checkpoint; HomeworkError where that cannot be read."""
    try:
        return checkpoint_identity(facts.folder)
    except (OSError, ValueError, KeyError) as error:
        raise HomeworkError(f'the checkpoint of this engine cannot be read: {error}') from None


def _pipeline(pipe, folder) -> EngineFacts:
    from helpers.engine import running_engine

    engine = getattr(pipe.async_engine, 'engine', None)
    if engine is None:
        raise HomeworkError('this pipeline is closed: start it again after begin_task(), in the order of the cells')
    running, config = running_engine(pipe), pipe.async_engine.backend_config
    real = _real(getattr(engine, 'engine_config', None) or config)
    real['num_blocks'] = None
    if running.engine == 'pytorch' and getattr(engine, 'cache_config', None) is not None:
        real['num_blocks'] = engine.cache_config.num_gpu_blocks
        real['dtype'] = str(engine.model_config.dtype).removeprefix('torch.')
        real['session_len'] = real['session_len'] or engine.max_session_len
    elif real['session_len'] is None:
        real['session_len'] = getattr(engine, 'session_len', None)
    path = folder or getattr(engine, 'model_path', None) or pipe.async_engine.model_name
    if not (Path(path) / 'config.json').is_file():
        raise HomeworkError('engine(…, folder=FOLDER): give the folder of the checkpoint, too')
    return EngineFacts('pipeline', running.engine, running.device, Path(path), _asked(config), real, config)


def _server(server) -> EngineFacts:
    if not server.running:
        raise HomeworkError('this server has ended: start it again after begin_task(), in the order of the cells')
    return _command(list(server.line), 'api_server')


def _command(words: list[str], way: str) -> EngineFacts:
    """Of a command line: what it said, and LMDeploy's defaults for the rest."""
    from helpers.engine import engine_choice, engine_config

    words = words[words.index('chat') + 1 :] if way == 'cli' and 'chat' in words else words
    options, folder = _options(words)
    if folder is None:
        raise HomeworkError(f'this command names no folder of a model: {" ".join(words)}')
    choice = engine_choice()
    engine = options.get('backend', choice.engine)
    names = {*SHARED_NAMES, *BLOCK_TOKENS.values()}
    settings = {name: value for name, value in options.items() if name in names}
    config = engine_config(engine=engine, **settings)
    real = _real(config)
    real['model_format'] = options.get('model_format', real['model_format'])
    device = options.get('device', 'cuda') if engine == 'pytorch' else 'cuda'
    return EngineFacts(way, engine, device, folder, options, real | {'num_blocks': None}, config)


def _options(words: list[str]) -> tuple[dict, Path | None]:
    """Options by name, and the first word that is a model's folder."""
    options, folder, name = {}, None, None
    for word in words:
        if word.startswith('--'):
            name, _, value = word[2:].partition('=')
            name = name.replace('-', '_')
            options[name] = _value(value) if value else True
        elif name is not None and options[name] is True:
            options[name] = _value(word)
        elif folder is None and (Path(word).expanduser() / 'config.json').is_file():
            folder = Path(word).expanduser()
    return options, folder


def _value(word: str):
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _transformers(model, folder) -> EngineFacts:
    folder = Path(folder or getattr(model.config, '_name_or_path', ''))
    if not (folder / 'config.json').is_file():
        raise HomeworkError('engine(…, folder=FOLDER): give the folder of the checkpoint, too')
    real = {'dtype': str(model.dtype).removeprefix('torch.')}
    return EngineFacts('transformers', 'transformers', model.device.type, folder, {}, real, None)


def _plain(value):
    return value.value if isinstance(value, enum.Enum) else value


def _real(config) -> dict:
    settings = EngineSettings.of(config)
    real = {name: getattr(settings, name) for name in (*_SETTINGS, 'block_tokens')}
    return real | {'model_format': _plain(config.model_format)}


def _asked(config) -> dict:
    """The fields of a configuration that differ from its class's defaults and are plain values."""
    asked = {}
    for field in dataclasses.fields(config):
        value = _plain(getattr(config, field.name))
        default = field.default if field.default is not dataclasses.MISSING else None
        if value != _plain(default) and isinstance(value, str | int | float | bool) and field.name != 'num_gpu_blocks':
            asked[field.name] = value
    return asked
