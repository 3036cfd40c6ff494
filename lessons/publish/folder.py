"""The folder of a demo: what ModelScope Studio, Hugging Face Spaces and a plain machine need to run a model's page."""

import dataclasses
import json
import math
import os
import re
import shutil
from pathlib import Path

import yaml

from helpers.checkpoints.mending import inspect_checkpoint, mended
from helpers.files import tilde, whole_folder, write_json
from translations.messages import course_language, shown

from .requirements import CPU_TORCH, PYTHON, pins, requirements

TEMPLATE = Path(__file__).resolve().parent / 'template'
ROOT = Path(__file__).resolve().parents[2]
SDKS, TIERS, HUBS = ('gradio', 'docker'), ('cpu', 'gpu'), ('huggingface', 'modelscope')
SCHEMA = 'https://modelscope.cn/api/v1/studios/deploy_schema.json'
# ModelScope's list for the gradio SDK is closed, and grows; these stand in it (modelscope.cn/docs/studios/quick-create,
# read in November 2026).  The SDK is what is there before requirements.txt is installed, which brings its own Gradio.
# `modelscope studio sdk-versions` and `base-images` show today's.
MODELSCOPE_GRADIO, MODELSCOPE_IMAGE = '6.2.0', 'ubuntu22.04-py311-torch2.9.1-modelscope1.35.0'
MODELSCOPE_HARDWARE = {'cpu': 'platform/2v-cpu-16g-mem', 'gpu': 'xgpu/8v-cpu-32g-mem-16g'}
HUGGINGFACE_HARDWARE = {'cpu': 'cpu-basic', 'gpu': 't4-small'}
TIER_GIB = {'cpu': 16, 'gpu': 16}  # of memory, of the free processor and of the small card
FLOAT32_BELOW_GIB = 1.0  # exact, and quick enough; larger models keep their checkpoint's type
# git takes no large file without LFS: from 10 MB on Hugging Face, 100 MB on ModelScope.
LFS = ('*.safetensors', '*.model', 'tokenizer.json', 'vocab.json')
_KEPT = re.compile(
    r'(.*\.safetensors(\.index\.json)?|.*config\.json|(tokenizer|vocab|merges|added_tokens|special_tokens_map)\S*'
    r'|chat_template\S*|README\.md|LICENSE\S*)$'
)
_PICKLED = ('.bin', '.pt', '.pth', '.ckpt', '.pkl')
_HUB_ID = re.compile(r'[\w.-]+/[\w.-]+')


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What strangers may take of the machine."""

    question_characters: int = 1000
    answer_tokens: int = 256
    conversation_tokens: int = 1024  # what is older is forgotten
    questions_a_minute_each: int = 10
    questions_a_minute: int = 60  # by all together, whatever address they come from
    users: int = 2  # answered at a time
    waiting: int = 16  # in the queue behind them

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f'{field.name}={value!r}: a limit is a whole number from 1 on')
        if self.answer_tokens >= self.conversation_tokens:
            raise ValueError(
                f'answer_tokens={self.answer_tokens} leaves no room for a question in '
                f'conversation_tokens={self.conversation_tokens}'
            )


def demo(
    model: str | Path,
    folder: str | Path = 'build/demo',
    *,
    sdk: str = 'gradio',
    tier: str = 'cpu',
    title: str = '',
    hub: str = 'huggingface',
    limits: Limits | None = None,
) -> Path:
    """Write the folder of a demo, whole or not at all.

    Args:
        model: a checkpoint's folder, which is copied into it, or a hub's id ('Qwen/Qwen2.5-0.5B-Instruct'), which the
            app fetches when it starts.
        folder: where; it must not be there yet.
        sdk: how the platform builds it: 'gradio' from requirements.txt, 'docker' from the Dockerfile.
        tier: 'cpu' (2 cores, 16 GB; LMDeploy's PyTorch engine) or 'gpu' (a card of 16 GB; TurboMind).
        title: of the page; '': the model's name.
        hub: where an id is looked up, 'huggingface' or 'modelscope'.

    Raises:
        ValueError: an argument is none of these; the model is unfit, pickled, or too large for the tier.
        FileNotFoundError: there is no such model.  FileExistsError: there is such a folder.
    """
    for name, value, known in (('sdk', sdk, SDKS), ('tier', tier, TIERS), ('hub', hub, HUBS)):
        if value not in known:
            raise ValueError(f'{name}={value!r}: it is one of {", ".join(known)}')
    target, inside = Path(folder).expanduser().absolute(), _checked(model, tier)
    if os.path.lexists(target):
        raise FileExistsError(f'{tilde(target)} is there already: remove it, or choose another folder')
    title = title or (inside or Path(model)).name
    weights_gib = _weights_gib(inside) if inside else 4.0
    exact = tier == 'cpu' and inside is not None and weights_gib < FLOAT32_BELOW_GIB
    settings = {
        'title': title,
        'model': 'model' if inside else str(model),
        'hub': '' if inside else hub,
        'cpu_dtype': 'float32' if exact else 'auto',
        'memory_gib': math.ceil(weights_gib * (2 if exact else 1) + 1),
        'cache_ratio': 0.4,
        'sampling': {'do_sample': True, 'temperature': 0.7, 'top_p': 0.9},
        'limits': dataclasses.asdict(limits or Limits()),
        'words': _words(),
    }
    with whole_folder(target, needed_bytes=int(weights_gib * 2**30) if inside else 0) as work:
        shutil.copy(TEMPLATE / 'app.py', work)
        (work / 'Dockerfile').write_text(_dockerfile(tier), encoding='utf-8')
        shutil.copytree(ROOT / 'lmdeploy_cpu', work / 'lmdeploy_cpu', ignore=shutil.ignore_patterns('__pycache__'))
        (work / 'requirements.txt').write_text(requirements(tier, sdk, settings['hub']), encoding='utf-8')
        write_json(work / 'settings.json', settings)
        write_json(work / 'ms_deploy.json', _ms_deploy(sdk, tier))
        (work / 'README.md').write_text(_readme(settings, sdk, tier, pins(tier)['gradio']), encoding='utf-8')
        lines = [f'{pattern} filter=lfs diff=lfs merge=lfs -text' for pattern in LFS]
        (work / '.gitattributes').write_text('\n'.join(lines) + '\n', encoding='utf-8')
        (work / '.gitignore').write_text('__pycache__/\n.env\n', encoding='utf-8')
        if inside:
            (work / 'model').mkdir()
            for path in _files(inside):
                shutil.copy(path, work / 'model')  # links too: as files
    return target


def _checked(model: str | Path, tier: str) -> Path | None:
    """The model's folder, fit for an engine and for this tier; None: a hub's id."""
    path = Path(model).expanduser()
    if not path.exists() and isinstance(model, str) and _HUB_ID.fullmatch(model) and not model.startswith('.'):
        return None
    if not path.is_dir():
        raise FileNotFoundError(f'no model at {tilde(path)}: no such folder, and no id as NAME/MODEL either')
    pickled = sorted(p.name for p in path.iterdir() if p.suffix in _PICKLED)
    if pickled and not list(path.glob('*.safetensors')):
        raise ValueError(
            f'{tilde(path)} has its weights pickled ({pickled[0]}): whoever loads such a file runs what is in it; '
            f'save them as safetensors (`save_pretrained` does)'
        )
    report = inspect_checkpoint(path)
    if not report.loadable:
        raise ValueError(f'no engine can load it: {report}')
    if (gib := _weights_gib(path)) > 0.6 * TIER_GIB[tier]:
        raise ValueError(
            f'{tilde(path)} has {gib:.1f} GiB of weights, too many for the {tier} tier with its {TIER_GIB[tier]} GB: '
            f'quantise it (chapter 4), or take a smaller model'
        )
    return mended(path)


def _files(model: Path) -> list[Path]:
    return sorted(path for path in model.iterdir() if path.is_file() and _KEPT.fullmatch(path.name))


def _weights_gib(model: Path) -> float:
    return sum(path.stat().st_size for path in model.glob('*.safetensors')) / 2**30


def _words() -> dict[str, str]:
    """What the page says, in the course's language."""
    return {
        'description': shown(
            'Answers are written by a small language model, and may be wrong. Tell it nothing private.'
        ),
        'placeholder': shown('A message; Enter sends'),
        'too_long': shown('That is empty, or too long for this page: ask in fewer words.'),
        'too_often': shown('Too many questions at once: wait a minute, then ask again.'),
        'failed': shown('The model could not answer that: begin a new conversation.'),
    }


def _dockerfile(tier: str) -> str:
    """For a processor with PyTorch's builds without CUDA, where they are within reach."""
    wanted = ' '.join(f'{name}=={pins(tier)[name]}' for name in ('torch', 'torchvision'))
    quick = '--timeout 20 --retries 1 --no-cache-dir --user --no-deps'
    torch = (
        f'# Small builds; where that index is out of reach, the next line takes the large ones.\n'
        f'RUN pip install {quick} --index-url {CPU_TORCH} {wanted} || true\n'
    )
    text = (TEMPLATE / 'Dockerfile').read_text(encoding='utf-8')
    return text.replace('{python}', PYTHON).replace('{torch}', torch if tier == 'cpu' else '')


def _ms_deploy(sdk: str, tier: str) -> dict:
    """ModelScope's file: with docker neither SDK nor image may be named, and the port must be 7860."""
    of_sdk = {'sdk_version': MODELSCOPE_GRADIO, 'base_image': MODELSCOPE_IMAGE} if sdk == 'gradio' else {'port': 7860}
    return {'$schema': SCHEMA, 'sdk_type': sdk, **of_sdk, 'resource_configuration': MODELSCOPE_HARDWARE[tier]}


def _readme(settings: dict, sdk: str, tier: str, gradio: str) -> str:
    """The card: front matter for both platforms, which read their own fields of it, and a text for people."""
    head = {
        # huggingface.co/docs/hub/spaces-config-reference
        'title': settings['title'],
        'emoji': '💬',
        'colorFrom': 'indigo',
        'colorTo': 'blue',
        'sdk': sdk,
        **({'sdk_version': gradio} if sdk == 'gradio' else {'app_port': 7860}),
        'python_version': PYTHON,  # without it the platform's own, once 3.10; lmdeploy_cpu needs 3.11
        'app_file': 'app.py',
        'suggested_hardware': HUGGINGFACE_HARDWARE[tier],
        'pinned': False,
        **({} if settings['model'] == 'model' else {'models': [settings['model']]}),
        # modelscope.cn/docs/studios/studio-card
        'domain': ['nlp'],
        'tags': ['lmdeploy'],
        'language': [course_language()],
        'deployspec': {'entry_file': 'app.py'},
    }
    limits = settings['limits']
    text = [
        shown('A chat page on LMDeploy, from the course on deploying language models; settings.json holds its limits.'),
        shown(
            f'A question has at most {limits["question_characters"]} characters, an answer '
            f'{limits["answer_tokens"]} tokens; {limits["questions_a_minute"]} questions are answered a minute.'
        ),
        shown('Nothing that is asked here is stored.'),
    ]
    front = yaml.safe_dump(head, allow_unicode=True, sort_keys=False)
    return f'---\n{front}---\n\n# {settings["title"]}\n\n' + '\n\n'.join(text) + '\n'


def read_settings(folder: Path) -> dict:
    return json.loads((folder / 'settings.json').read_text(encoding='utf-8'))
