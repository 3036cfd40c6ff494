"""The lines that publish a demo, and those that take it down again; the tokens stay in the environment."""

import re
from pathlib import Path

from helpers.files import tilde

from .faults import demo_faults, front_matter
from .folder import MODELSCOPE_GRADIO, MODELSCOPE_IMAGE

PLATFORMS = ('huggingface', 'modelscope')
# git asks this for the name and the token, so they stand in no address, no file and no list of processes.
_CREDENTIALS = """'credential.helper=!f() { echo username=oauth2; echo "password=$MODELSCOPE_API_TOKEN"; }; f'"""


def upload_commands(folder: str | Path, platform: str, name: str, *, remote: str = '') -> dict[str, list[str]]:
    """{what for: lines for a terminal}, in order, for 'huggingface' or 'modelscope'.

    `name` is OWNER/NAME of the demo there.  hf is part of the course's environment; `modelscope` is not
    (`pip install modelscope`, in an environment of its own; these lines fit the help of version 1.40.2): what it does,
    the website does as well.  `remote`: another git repository in the place of ModelScope's.

    Raises ValueError for another platform, a name that is none, or a folder with faults.
    """
    if platform not in PLATFORMS:
        raise ValueError(f'platform={platform!r}: it is one of {", ".join(PLATFORMS)}')
    if not re.fullmatch(r'[A-Za-z0-9][\w.-]*/[\w.-]+', name):
        raise ValueError(f'{name!r}: a demo is named OWNER/NAME there')
    if faults := demo_faults(folder):
        raise ValueError('; '.join(faults))
    folder = Path(folder).expanduser().absolute()
    sdk, there = front_matter(folder)['sdk'], _quoted(tilde(folder))
    if platform == 'huggingface':
        return {
            'token': ['read -rs HF_TOKEN && export HF_TOKEN'],
            'create': [f'hf repos create {name} --type space --sdk {sdk} --private --exist-ok'],
            'upload': [f'hf upload {name} {there} . --type space'],
            'watch': [f'hf spaces logs {name}', f'hf spaces info {name}'],
            'take down': [f'hf spaces pause {name}', f'hf repos delete {name} --type space'],
        }
    versions = f' --sdk-version {MODELSCOPE_GRADIO} --base-image {MODELSCOPE_IMAGE}' if sdk == 'gradio' else ''
    clone, url = _quoted(f'{tilde(folder)}-studio'), remote or f'https://www.modelscope.cn/studios/{name}.git'
    return {
        'token': ['read -rs MODELSCOPE_API_TOKEN && export MODELSCOPE_API_TOKEN'],
        'create': [f'modelscope create {name} --repo-type studio --sdk-type {sdk} --visibility private{versions}'],
        # The studio is created with a first commit, and takes no forced push: so clone, copy, push.
        'upload': [
            f'git -c {_CREDENTIALS} clone {url} {clone}',
            f'cp -R {there}/. {clone}',
            f'git -C {clone} lfs install --local',
            f'git -C {clone} add --all',
            f'git -C {clone} commit --quiet --message demo',
            f'git -C {clone} -c {_CREDENTIALS} push origin HEAD:master',
            f'modelscope deploy {name} --repo-type studio',
        ],
        'watch': [f'modelscope logs {name} --log-type build', f'modelscope logs {name} --log-type run'],
        'take down': [f'modelscope stop {name} --repo-type studio'],
    }


def _quoted(path: str) -> str:
    """For a shell that still expands the ~ before it."""
    return re.sub(r'([^\w@%+=:,./~-])', r'\\\1', path)
