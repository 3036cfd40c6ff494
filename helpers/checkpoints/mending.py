"""Is this checkpoint fit for an engine?  If small files are at fault: a corrected view of it, the share untouched."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path

from helpers.files import cache_folder, fingerprint, is_lfs_pointer, read_json, tilde, whole_folder, write_json

from .contents import CheckpointError, weight_faults
from .geometry import architecture_of
from .shards import FAMILIES, astray, shard_names, visible, write_index
from .tokenizer_files import EARLY_NAMES, FOLD_SYSTEM, chat_template, drops_tools, refusal, token_ids
from .tokenizer_files import plain_tokenizer_files as plain_files

TOKENIZER_SOURCES = ('tokenizer.json', 'tokenizer.model', 'vocab.json')
OTHER_TOKENIZERS = ('*.tiktoken', '*.model', 'vocab.txt', 'tekken.json')  # which transformers knows, and we not


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a checkpoint.

    `mendable`: `mended()` puts it right in its overlay.  `fatal`: no engine can load the folder, mended or not.
    """

    name: str
    detail: str
    mendable: bool = False
    fatal: bool = False


@dataclass(frozen=True)
class CheckpointReport:
    """What `inspect_checkpoint` found in the folder `path`."""

    path: Path
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def loadable(self) -> bool:
        """Whether an engine can load it (after mending, where that is needed)."""
        return not any(problem.fatal for problem in self.problems)

    def __str__(self) -> str:
        lines = [f'  {p.name}: {p.detail}' + ('  → mended in an overlay' if p.mendable else '') for p in self.problems]
        return '\n'.join([f'{tilde(self.path)}: ' + ('in order' if self.ok else 'has problems'), *lines])


def inspect_checkpoint(path: str | Path) -> CheckpointReport:
    """Look a checkpoint folder over, in well under a second: no weight is read and no remote code is run.

    Finds missing, truncated or unfetched weight files, files that not every engine finds, tensors that config.json
    promises and the files lack or have in another shape; a missing chat template (LMDeploy would silently send the bare
    prompt), or one that drops `tools`; `<|im_end|>` missing among the stop ids (the answer would not end); chat tokens
    under their early names (`[UNUSED_TOKEN_145]`); a tokenizer that only remote code reads as it is meant.
    """
    path = Path(path)
    if not (path / 'config.json').is_file():
        found = 'no such folder' if not path.is_dir() else 'no config.json: not a checkpoint, or a download broken off'
        return CheckpointReport(path, (Problem('folder', found, fatal=True),))
    problems = []
    try:
        problems += _weight_problems(path)
        problems += _tokenizer_problems(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        problems.append(Problem('small files', str(error), fatal=True))
    return CheckpointReport(path, tuple(problems))


def _weight_problems(path: Path) -> list[Problem]:
    config, problems = read_json(path / 'config.json'), []
    # LMDeploy's classes, read without importing its engines: TurboMind's are among them.  `auto_map` goes first.
    engine = run_path(find_spec('lmdeploy').origin.replace('__init__', 'pytorch/models/module_map'))['MODULE_MAP']
    remote = (config.get('auto_map') or {}).get('AutoModelForCausalLM', '').split('.')[-1]
    known = [name for name in config.get('architectures') or [architecture_of(config)] if name in engine]
    if remote not in engine and (remote or not known or not config.get('architectures')):
        named = remote or ', '.join(config.get('architectures') or ['none at all'])
        detail = f'config.json names no class that LMDeploy has ({named}): '
        detail += f'{known[0]} is taken' if known else 'put that of its kind of model under `architectures`'
        problems.append(Problem('architecture', detail, mendable=bool(known), fatal=not known))
    problems += [Problem('weights', fault, fatal=True) for fault in weight_faults(path)]
    if not any(problem.name == 'weights' for problem in problems) and (detail := astray(path)):
        problems.append(Problem('weights', detail, mendable=True))
    return problems


def _tokenizer_problems(path: Path) -> list[Problem]:
    sources = [path / name for name in TOKENIZER_SOURCES if (path / name).is_file()]
    others = [name for pattern in OTHER_TOKENIZERS for name in visible(path, pattern)]
    if not sources and not others:
        return [Problem('tokenizer', 'neither tokenizer.json nor tokenizer.model: a download broken off', fatal=True)]
    if not others and sources[0].name == 'vocab.json' and not (path / 'merges.txt').is_file():
        return [Problem('tokenizer', 'vocab.json without merges.txt: a download broken off', fatal=True)]
    if sources and is_lfs_pointer(sources[0]):
        return [Problem('tokenizer', f'{sources[0].name} is a git-lfs pointer: run `git lfs pull` there', fatal=True)]
    problems = []
    config = read_json(path / 'tokenizer_config.json')
    if 'AutoTokenizer' in (config.get('auto_map') or {}):
        problems.append(Problem('tokenizer', 'asks for remote code (auto_map in tokenizer_config.json)', mendable=True))
    elif sources and sources[0].name == 'tokenizer.model':
        detail = 'tokenizer.model alone: transformers reads it without its dummy prefix'
        problems.append(Problem('tokenizer', detail, mendable=True))

    ids = token_ids(path)
    if early := [f'{old} for {new}' for old, new in EARLY_NAMES.items() if old in ids and 'im_' in new]:
        problems.append(Problem('chat tokens', f'early names: {", ".join(early)}', mendable=True))
    end_id = ids.get('<|im_end|>', ids.get('[UNUSED_TOKEN_145]'))

    template = chat_template(path)
    if template is None:
        detail = 'none in the tokenizer files: the model would get the bare prompt'
        problems.append(Problem('chat template', detail, mendable=end_id is not None))
    elif 'UNUSED_TOKEN' in template:
        problems.append(Problem('chat template', 'writes the early names of the chat tokens', mendable=True))
    elif drops_tools(template, ids):
        problems.append(Problem('chat template', 'drops `tools`: the model would not see them', mendable=True))
    elif why := refusal(path, template, ['user']) or refusal(path, template, ['user', 'assistant']):
        problems.append(Problem('chat template', f'fails ({why}): LMDeploy would send the bare prompt instead'))
    elif why := refusal(path, template, ['system', 'user']):
        detail = f'takes no system turn ({why}): it belongs at the beginning of the first user turn'
        problems.append(Problem('system turn', detail, mendable=True))

    if end_id is not None and (template is None or 'im_end' in template or 'UNUSED_TOKEN' in template):
        stops = stop_ids(path)
        if end_id not in stops:
            detail = f'<|im_end|> ({end_id}) is not among the stop ids {stops}: answers would not end there'
            problems.append(Problem('stop ids', detail, mendable=True))
    return problems


def stop_ids(path: Path) -> list[int]:
    """The ids that end an answer: of generation_config.json, or of config.json where that names none."""
    eos = [read_json(path / name).get('eos_token_id') for name in ('generation_config.json', 'config.json')]
    eos = next((ids for ids in eos if ids is not None), [])
    return eos if isinstance(eos, list) else [eos]


def generation_config(path: Path) -> dict:
    """The generation config of the checkpoint, with `<|im_end|>` among its stop ids if the tokenizer has that token."""
    config = read_json(path / 'config.json')
    generation = {key: config[key] for key in ('bos_token_id', 'pad_token_id') if config.get(key) is not None}
    generation |= read_json(path / 'generation_config.json')
    ids, stops = token_ids(path), stop_ids(path)
    end_id = ids.get('<|im_end|>', ids.get('[UNUSED_TOKEN_145]'))
    return generation | {'eos_token_id': stops + [end_id] * (end_id is not None and end_id not in stops)}


def mended(path: str | Path) -> Path:
    """A folder that both engines can load and chat with: `path` itself if nothing is wrong with it.

    Else an overlay under `$XDG_CACHE_HOME/lmdeploy-course` (default `~/.cache`): links to the files of `path`, and
    corrected small files in place of the faulty ones.  `path` is never written to.  The overlay is made once, again
    when `path` has changed, and appears whole, so that several processes may ask for it at once.

    Raises CheckpointError when the checkpoint cannot be loaded at all.
    """
    path = Path(path).absolute()
    report = inspect_checkpoint(path)
    if not report.loadable:
        raise CheckpointError(str(report))
    if not any(problem.mendable for problem in report.problems):
        return path
    source = path.resolve()
    texts = f'{source} {path.name}', json.dumps([3, fingerprint(source)])  # 3: raised when what is written changes
    key, state = (hashlib.sha256(text.encode()).hexdigest()[:10] for text in texts)
    version = f'{key}-{state}'
    overlays = cache_folder() / 'overlays'
    overlay = overlays / version / path.name
    if overlay.is_dir():
        return overlay
    try:
        with whole_folder(overlays / version) as work:
            _write_overlay(source, work / path.name)
    except (ValueError, FileNotFoundError) as error:
        raise CheckpointError(f'{tilde(path)} cannot be mended: {error}') from error
    for old in {*overlays.glob(f'{key}-*')} - {overlays / version}:
        shutil.rmtree(old, ignore_errors=True)
    return overlay


def _write_overlay(source: Path, overlay: Path) -> None:
    faulty = {problem.name for problem in inspect_checkpoint(source).problems if problem.mendable}
    config, names = read_json(source / 'config.json'), shard_names(source)
    config['architectures'] = config.get('architectures') or [architecture_of(config)]
    config.pop('auto_map', None)  # nothing in here asks for remote code any more
    overlay.mkdir()
    write_json(overlay / 'config.json', config)
    left_out = set()
    if faulty & {'tokenizer', 'chat tokens', 'chat template'}:
        for name, content in plain_files(source).items():
            (overlay / name).write_text(content, encoding='utf-8')
        # These repeat, perhaps with early names, what the new tokenizer_config.json says.
        left_out |= {'tokenizer.model', 'special_tokens_map.json', 'added_tokens.json', 'chat_template.jinja',
                     'chat_template.json', 'vocab.json', 'merges.txt'}  # fmt: skip
    if 'system turn' in faulty:
        (overlay / 'chat_template.jinja').write_text(FOLD_SYSTEM + chat_template(source), encoding='utf-8')
    write_json(overlay / 'generation_config.json', generation_config(source))
    if 'weights' in faulty:  # only what is read, where every engine looks for it
        single, _ = FAMILIES[Path(names[0]).suffix]
        for name in names:
            (overlay / (name if len(names) > 1 else single)).symlink_to(source / name)
        write_index(overlay, names)
        left_out |= {file for _, file in FAMILIES.values()} | {'adapter_config.json'}
    for file in source.iterdir():
        weights = 'weights' in faulty and file.suffix in ('.safetensors', '.bin', '.pt')
        hidden = file.name.startswith('.') or file.suffix == '.py'
        if file.is_file() and not (weights or hidden or file.name in left_out or (overlay / file.name).exists()):
            (overlay / file.name).symlink_to(file)
