"""The command line of `lmdeploy serve api_server` from Python keywords, checked before anything starts."""

import argparse
import contextlib
import difflib
import enum
import io
import json
import re
from pathlib import Path

from helpers.checkpoints.contents import CheckpointError
from helpers.checkpoints.geometry import Geometry
from helpers.checkpoints.mending import inspect_checkpoint
from helpers.checkpoints.shards import FAMILIES
from helpers.engine import SHARED_NAMES, cli_engine_arguments, engine_config
from helpers.files import read_json, tilde
from lessons.kv_cache.startable import require_startable

# Options that `api_server` sets itself, and why.
_RESERVED = {
    'model_path': 'it is the first argument',
    'api_keys': 'every server gets a fresh key, which `server.client`, `server.get` and `server.post` carry',
    'ssl': 'the server is for this machine; to reach it from another, use the line of `lessons.serving.tunnel_command`',
}


def command_line(model: Path | str, **arguments) -> list[str]:
    """The arguments after `lmdeploy serve api_server`, with this machine's engine unless `arguments` choose another.

    Raises TypeError for a name that LMDeploy does not have, ValueError for a value that it does not take or with which
    the engine would not start, FileNotFoundError where there is no such model, CheckpointError for one that the engine
    cannot load.
    """
    parser = _parser()
    line = [_model(model), *_as_options(parser, _engine_defaults(arguments) | arguments)]
    args = _parse(parser, line)
    _check_names(args)
    _check_hosts(args.allowed_media_domains or [])
    folder = Path(line[0])
    if folder.is_dir():
        _check_files(folder, args.backend)
        _check_format(folder, args.model_format)
        _check_engine(folder, args)
    return line


def _parser() -> argparse.ArgumentParser:
    """The parser that the installed LMDeploy reads `serve api_server` with."""
    if '--backend' in cli_engine_arguments():  # not TurboMind
        import lmdeploy_cpu

        lmdeploy_cpu.enable()  # knows `--device cpu`, `--dtype float32`
    from lmdeploy.cli.serve import SubCliServe

    if 'api_server' not in SubCliServe.subparsers.choices:
        SubCliServe.add_parser_api_server()
    return SubCliServe.subparsers.choices['api_server']


def _engine_defaults(arguments: dict) -> dict:
    words = cli_engine_arguments()
    own = {name.removeprefix('--'): value for name, value in zip(words[::2], words[1::2], strict=True)}
    return {name: value for name, value in own.items() if name not in arguments}


def _as_options(parser: argparse.ArgumentParser, arguments: dict) -> list[str]:
    actions = {action.dest: action for action in parser._actions if action.option_strings and action.dest != 'help'}
    options = []
    for name, value in arguments.items():
        if name in _RESERVED:
            raise TypeError(f'{name} is not to be given: {_RESERVED[name]}')
        if name not in actions:
            close = difflib.get_close_matches(name, sorted(actions), n=3)
            hint = f'; close to it: {", ".join(close)}' if close else ''
            raise TypeError(f'`lmdeploy serve api_server` has no argument {name!r}{hint}')
        if value is not None:
            options += _as_option(actions[name], name, value)
    return options


def _as_option(action: argparse.Action, name: str, value) -> list[str]:
    option = action.option_strings[-1]
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ValueError(f'{name}={value!r}: True or False')
        return [option] if value else []
    if isinstance(value, bool):
        raise ValueError(f'{name}={value!r}: a value is wanted, not True or False')
    if action.nargs is None:
        return [f'{option}={_to_word(value)}']  # so that a value may begin with a dash
    return [option, *map(_to_word, value if isinstance(value, list | tuple) else [value])]


def _to_word(value) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _parse(parser: argparse.ArgumentParser, line: list[str]) -> argparse.Namespace:
    stderr = io.StringIO()
    try:
        with contextlib.redirect_stderr(stderr):
            return parser.parse_args(line)
    except SystemExit:
        reason = stderr.getvalue().strip().splitlines()[-1].partition('error: ')[2]
        raise ValueError(f'`lmdeploy serve api_server`: {reason}') from None


def _model(model: Path | str) -> str:
    """The folder, or the id of a repository that LMDeploy fetches."""
    folder = Path(model).expanduser()
    if (folder / 'config.json').is_file():
        return str(folder)
    if folder.is_dir():
        raise FileNotFoundError(f'{tilde(folder)} holds no model: it has no config.json')
    if isinstance(model, str) and re.fullmatch(r'[\w-][\w.-]*/[\w-][\w.-]*', model):
        return model
    raise FileNotFoundError(
        f'no model at {tilde(model)}: no such folder.  `helpers.model_path(NAME)` says where a model lies on this '
        f'machine, or how to get it'
    )


def _check_names(args: argparse.Namespace) -> None:
    """Names that LMDeploy looks up only while it starts."""
    from lmdeploy.cli.utils import get_chat_template
    from lmdeploy.serve.parsers import validate_parser_names

    try:
        get_chat_template(args.chat_template, args.model_path)
        validate_parser_names(args.reasoning_parser, args.tool_call_parser)
    except (AssertionError, ValueError) as error:
        raise ValueError(f'`lmdeploy serve api_server`: {error}') from None


def _check_hosts(names: list[str]) -> None:
    """LMDeploy compares them with an address's host as they stand: others never match."""
    for name in names:
        if not re.fullmatch(r'[A-Za-z0-9.-]+|[0-9A-Fa-f:]+', name):
            raise ValueError(f'allowed_media_domains: {name!r} is no name of a host, such as www.example.org')


def _check_files(folder: Path, backend: str) -> None:
    """A checkpoint that this engine cannot load, as it lies."""
    report = inspect_checkpoint(folder)
    looked_for = [name for names in FAMILIES.values() for name in names]
    found = backend == 'turbomind' or any((folder / name).is_file() for name in looked_for)
    if not report.loadable:
        raise CheckpointError(str(report))
    if not found or any(problem.name == 'architecture' for problem in report.problems):
        raise CheckpointError(f'{report}\nServe that overlay: give what helpers.model_path({str(folder)!r}) returns')


def _check_format(folder: Path, model_format: str | None) -> None:
    """A 4-bit format that the checkpoint does not have: LMDeploy would say so late, or not at all."""
    method = (read_json(folder / 'config.json').get('quantization_config') or {}).get('quant_method')
    if model_format in ('awq', 'gptq') and method != model_format:
        has = f'{method} in the' if method else 'no'
        raise ValueError(
            f'model_format={model_format!r}, but {tilde(folder)} is not such a checkpoint (its config.json has {has} '
            f'quantization_config): leave model_format out, or serve the folder that `lmdeploy lite auto_awq` wrote'
        )


def _check_engine(folder: Path, args: argparse.Namespace) -> None:
    """Refuse what the engine would not start with, or hang."""
    shared = {name: getattr(args, name) for name in SHARED_NAMES if getattr(args, name) is not None}
    device = {'device_type': args.device} if args.backend == 'pytorch' else {}
    config = engine_config(engine=args.backend, cache_block_seq_len=args.cache_block_seq_len, **shared, **device)
    if args.backend == 'pytorch' and args.num_gpu_blocks:
        return  # then the ratio does not count
    try:
        Geometry.from_config(folder)
    except (OSError, ValueError):
        return  # of a kind that the arithmetic does not know; LMDeploy may
    require_startable(folder, config)
