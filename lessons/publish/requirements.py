"""requirements.txt of a demo: every package that it needs, itself named or not, in the version that was tested.

A platform builds the folder anew months later: with ranges it would get other packages than were tried.
"""

import functools
import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PYTHON = '3.11'  # the oldest that LMDeploy, transformers and the course know; the platforms' own default is older still
NEEDED = ('lmdeploy', 'gradio', 'torch', 'torchvision', 'transformers', 'numpy', 'pillow', 'safetensors', 'xgrammar')
MODELSCOPE = 'modelscope==1.40.2'  # not in the course's environment: for a model that lies on that hub
# PyTorch's own index has builds without CUDA, 0.2 GB where PyPI's are 3.  The Dockerfile tries it for two packages; for
# an --extra-index-url in requirements.txt pip asks it about each of a hundred, for minutes where it is out of reach.
CPU_TORCH = 'https://download.pytorch.org/whl/cpu'
# Hugging Face installs a gradio Space's requirements with gradio[oauth,mcp]==SDK_VERSION and spaces, in one call of pip
# (its build log says so).  The extra mcp of Gradio 6.31 wants pydantic <= 2.12.5: beside a newer pin nothing is built.
BESIDE_GRADIO_SDK = {'pydantic': '2.12.5', 'pydantic-core': '2.41.5'}
_CUDA = re.compile(r'^(nvidia|cuda)-')


@functools.cache
def tested() -> dict[str, str]:
    """{name: version} of constraints.txt, and of what is installed where that has none."""
    text = (ROOT / 'constraints.txt').read_text(encoding='utf-8')
    return dict(re.findall(r'^([a-z0-9-]+)==(\S+)$', text, re.M))


def pins(tier: str, sdk: str = 'docker') -> dict[str, str]:
    """{name: version} of all packages that the app needs on a 'cpu' or 'gpu' tier, in the alphabet's order."""
    marks = {'python_version': PYTHON, 'python_full_version': f'{PYTHON}.9', 'extra': ''}
    waiting, found = [Requirement(name) for name in NEEDED], {}
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name in found:
            continue
        distribution = metadata.distribution(name)
        found[name] = tested().get(name, Version(distribution.version).public)
        for needed in map(Requirement, distribution.requires or ()):
            cuda = name == 'torch' and tier == 'cpu' and _CUDA.match(needed.name)  # torch for a CPU needs none
            if not cuda and (needed.marker is None or needed.marker.evaluate(marks)):
                waiting.append(needed)
    return dict(sorted((found | (BESIDE_GRADIO_SDK if sdk == 'gradio' else {})).items()))


def requirements(tier: str, sdk: str, hub: str = '') -> str:
    """The text of requirements.txt."""
    lines = [f'{name}=={version}' for name, version in pins(tier, sdk).items()]
    lines += [MODELSCOPE] * (hub == 'modelscope')
    return '\n'.join(lines) + '\n'
