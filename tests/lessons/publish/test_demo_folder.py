"""The folder of a demo: what platforms read in it, and what is said of one that is unfit."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from lessons.publish import Limits, demo, demo_faults, dry_run, upload_commands
from lessons.publish import folder as folder_module
from lessons.publish.faults import front_matter, requirement_lines

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / 'models' / 'tiny-chat'
KEY = 'hf_' + 'a1B2c3D4' * 4  # as a key looks


@pytest.fixture(scope='module')
def made(tmp_path_factory):
    """{sdk: its folder}"""
    where = tmp_path_factory.mktemp('demos')
    return {sdk: demo(TINY, where / sdk, sdk=sdk) for sdk in ('gradio', 'docker')}


@pytest.fixture
def spoiled(made, tmp_path):
    """A copy, to spoil; the weights are the same file."""
    return Path(shutil.copytree(made['gradio'], tmp_path / 'a demo', copy_function=os.link))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding='utf-8')
    assert old in text
    path.unlink()  # a link to the good one
    path.write_text(text.replace(old, new), encoding='utf-8')


@pytest.mark.parametrize('sdk', ['gradio', 'docker'])
def test_each_platform_finds_what_it_reads(made, sdk):
    folder = made[sdk]
    assert demo_faults(folder) == []
    head, deploy = front_matter(folder), json.loads((folder / 'ms_deploy.json').read_text())
    assert (head['sdk'], head['app_file'], head['deployspec']) == (sdk, 'app.py', {'entry_file': 'app.py'})
    assert head['python_version'] == '3.11', 'a text: 3.10 as a number would be 3.1'
    assert deploy['sdk_type'] == sdk
    assert deploy['resource_configuration'] == 'platform/2v-cpu-16g-mem'
    if sdk == 'docker':
        assert head['app_port'] == deploy['port'] == 7860
        assert 'sdk_version' not in deploy, 'ModelScope refuses it with docker'
        assert 'base_image' not in deploy
    else:
        assert f'gradio=={head["sdk_version"]}' in requirement_lines(folder)
        assert {'sdk_version', 'base_image'} <= deploy.keys()


def test_versions_are_those_of_constraints(made):
    tested = dict(re.findall(r'^(\S+)==(\S+)$', (ROOT / 'constraints.txt').read_text(), re.M))
    pinned = dict(line.split('==') for line in requirement_lines(made['docker']))
    assert {'lmdeploy', 'torch', 'transformers', 'gradio', 'fastapi', 'tokenizers'} <= pinned.keys()
    assert {name: tested.get(name, version) for name, version in pinned.items()} == pinned
    assert len(pinned.keys() & tested.keys()) > 100
    assert 'nvidia-cudnn-cu12' not in pinned, 'torch for a processor has no use for it'
    for_spaces = dict(line.split('==') for line in requirement_lines(made['gradio']))
    assert dict(for_spaces.items() - pinned.items()) == {'pydantic': '2.12.5', 'pydantic-core': '2.41.5'}
    assert for_spaces.keys() == pinned.keys()
    assert not pinned.keys() & {'pytest', 'jupyterlab', 'lmdeploy-course'}


def test_what_the_builder_of_spaces_adds_can_be_installed_beside_it(made):
    """It installs gradio[oauth,mcp] in the same call: with another pydantic no Space was built."""
    pinned = dict(line.split('==') for line in requirement_lines(made['gradio']))
    marks = {'extra': 'mcp'}
    needed = [Requirement(line) for line in metadata.distribution('gradio').requires]
    added = [r for r in needed if r.marker and r.marker.evaluate(marks) and not r.marker.evaluate({'extra': ''})]
    assert 'pydantic' in {r.name for r in added}
    assert not [str(r) for r in added if r.name in pinned and not r.specifier.contains(pinned[r.name])]


def test_a_card_gets_torch_with_cuda(tmp_path):
    folder = demo(TINY, tmp_path / 'demo', sdk='docker', tier='gpu')
    assert 'nvidia-cudnn-cu12' in (folder / 'requirements.txt').read_text()
    assert 'whl/cpu' not in (folder / 'Dockerfile').read_text()
    assert front_matter(folder)['suggested_hardware'] == 't4-small'
    assert json.loads((folder / 'ms_deploy.json').read_text())['resource_configuration'].startswith('xgpu/')


def test_the_container_runs_as_a_user_and_listens_outwards(made):
    lines = (made['docker'] / 'Dockerfile').read_text().splitlines()
    assert 'FROM python:3.11-slim' in lines
    assert lines.index('USER user') < next(n for n, line in enumerate(lines) if line.startswith('RUN pip'))
    assert any('GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860' in line for line in lines)
    assert lines[-1] == 'CMD ["python", "app.py"]'
    assert '{' not in ''.join(lines).replace('["python", "app.py"]', '')
    assert '0.0.0.0' not in re.sub(r'""".*?"""', '', (made['docker'] / 'app.py').read_text(), flags=re.S)


def test_the_model_and_the_device_are_inside(made):
    folder = made['gradio']
    assert (folder / 'model' / 'model.safetensors').read_bytes() == (TINY / 'model.safetensors').read_bytes()
    assert not {'loss.png', 'training_log.json'} & {path.name for path in (folder / 'model').iterdir()}
    code = [sys.executable, '-c', 'import lmdeploy_cpu, sys; print(lmdeploy_cpu.__file__, "helpers" in sys.modules)']
    there = subprocess.run(code, cwd=folder, env={'PATH': os.environ['PATH']}, capture_output=True, text=True)
    assert there.stdout.split() == [str(folder / 'lmdeploy_cpu' / '__init__.py'), 'False'], there.stderr


def test_a_hubs_id_stands_in_the_settings(tmp_path):
    folder = demo('Qwen/Qwen2.5-0.5B-Instruct', tmp_path / 'demo', hub='modelscope')
    settings = json.loads((folder / 'settings.json').read_text())
    assert (settings['model'], settings['hub']) == ('Qwen/Qwen2.5-0.5B-Instruct', 'modelscope')
    assert front_matter(folder)['models'] == ['Qwen/Qwen2.5-0.5B-Instruct']
    assert any(line.startswith('modelscope==') for line in requirement_lines(folder))
    assert not (folder / 'model').exists()
    assert demo_faults(folder) == []


def test_the_page_speaks_the_courses_language(tmp_path, monkeypatch):
    monkeypatch.setenv('COURSE_LANG', 'zh')
    folder = demo(TINY, tmp_path / 'demo', title='小助手')
    words = json.loads((folder / 'settings.json').read_text(encoding='utf-8'))['words']
    assert not [text for text in words.values() if not re.search('[\u4e00-\u9fff]', text)]
    assert front_matter(folder)['title'] == '小助手'
    assert front_matter(folder)['language'] == ['zh']


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ({'sdk': 'streamlit'}, "sdk='streamlit'"),
        ({'tier': 'tpu'}, "tier='tpu'"),
        ({'hub': 'openxlab'}, "hub='openxlab'"),
        ({'model': '/nowhere/at/all'}, 'no model at /nowhere/at/all'),
    ],
    ids=str,
)
def test_wrong_arguments_are_named(tmp_path, arguments, said):
    with pytest.raises((ValueError, FileNotFoundError), match=re.escape(said)):
        demo(**{'model': TINY, 'folder': tmp_path / 'demo'} | arguments)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize('limits', [{'users': 0}, {'answer_tokens': 2000}, {'question_characters': 1.5}], ids=str)
def test_limits_that_are_none_are_refused(limits):
    with pytest.raises(ValueError, match=next(iter(limits))):
        Limits(**limits)


def test_pickled_weights_are_refused_before_anything_is_written(tmp_path):
    model = Path(shutil.copytree(TINY, tmp_path / 'model'))
    (model / 'model.safetensors').rename(model / 'pytorch_model.bin')
    with pytest.raises(ValueError, match=r'pickled .*safetensors'):
        demo(model, tmp_path / 'demo')
    assert not (tmp_path / 'demo').exists()


def test_a_model_that_no_engine_loads_is_refused(tmp_path):
    model = Path(shutil.copytree(TINY, tmp_path / 'model'))
    (model / 'tokenizer.json').unlink()
    with pytest.raises(ValueError, match=r'(?s)no engine can load it.*tokenizer'):
        demo(model, tmp_path / 'demo')


def test_a_model_too_large_for_the_tier_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, '_weights_gib', lambda _: 14.0)
    with pytest.raises(ValueError, match=r'14\.0 GiB of weights, too many for the cpu tier'):
        demo(TINY, tmp_path / 'demo')


def test_a_folder_that_is_there_stays(tmp_path):
    (tmp_path / 'demo').mkdir()
    (tmp_path / 'demo' / 'mine.txt').write_text('mine')
    with pytest.raises(FileExistsError, match='is there already'):
        demo(TINY, tmp_path / 'demo')
    assert (tmp_path / 'demo' / 'mine.txt').read_text() == 'mine'


FAULTS = {
    'lacks app.py': lambda f: (f / 'app.py').unlink(),
    'names no model': lambda f: change(f / 'settings.json', '"model": "model"', '"model": ""'),
    'no model is in it that an engine can load': lambda f: shutil.rmtree(f / 'model'),
    "'torch' names no exact version": lambda f: change(f / 'requirements.txt', 'torch==2.10.0\n', 'torch\n'),
    "'gradio>=6' names no exact version": lambda f: change(f / 'requirements.txt', 'gradio==6', 'gradio>=6\n#'),
    'python_version is missing': lambda f: change(f / 'README.md', "python_version: '3.11'\n", ''),
    'python_version is 3.10;': lambda f: change(f / 'README.md', "'3.11'", "'3.10'"),
    'sdk_version is 5.0.0': lambda f: change(f / 'README.md', 'sdk_version: 6', 'sdk_version: 5.0.0 #'),
    'name two SDKs': lambda f: change(f / 'ms_deploy.json', '"sdk_type": "gradio"', '"sdk_type": "docker"'),
    'would run as root': lambda f: change(f / 'Dockerfile', 'USER user', 'USER root'),
    'EXPOSE 7860 is missing': lambda f: change(f / 'Dockerfile', 'EXPOSE 7860', 'EXPOSE 8080'),
    'settings.json holds what looks like a key': lambda f: change(f / 'settings.json', 'tiny-chat', KEY),
    'model/old.bin is pickled': lambda f: (f / 'model' / 'old.bin').write_bytes(b''),
}


@pytest.mark.parametrize('said', FAULTS)
def test_a_fault_is_said_before_anything_is_started(spoiled, said, monkeypatch):
    FAULTS[said](spoiled)
    assert [fault for fault in demo_faults(spoiled) if said in fault]
    assert KEY not in str(demo_faults(spoiled)), 'the key itself is not repeated'
    monkeypatch.setattr(subprocess, 'Popen', None)  # nothing is started
    with pytest.raises(ValueError, match=re.escape(said)):
        dry_run(spoiled, environment='this')
    with pytest.raises(ValueError, match=re.escape(said)):
        upload_commands(spoiled, 'huggingface', 'me/mine')


def test_a_key_of_this_terminal_is_found_whatever_it_looks_like(spoiled, monkeypatch):
    monkeypatch.setenv('MY_PLATFORM_TOKEN', 'nothing-special-1234')
    assert demo_faults(spoiled) == []
    (spoiled / 'model' / 'notes.txt').write_text('log in with nothing-special-1234')
    assert [fault for fault in demo_faults(spoiled) if 'model/notes.txt holds what looks like a key' in fault]


def test_another_environment_and_a_taken_port_are_said(spoiled, monkeypatch):
    import socket

    monkeypatch.setattr(subprocess, 'Popen', None)
    with socket.create_server(('127.0.0.1', 0)) as taken, pytest.raises(OSError, match='is taken'):
        dry_run(spoiled, environment='this', port=taken.getsockname()[1])
    change(spoiled / 'requirements.txt', 'einops==', 'einops==0.0.')
    with pytest.raises(ValueError, match=r'einops 0\.0\.\S+ is asked for, and \S+ is here'):
        dry_run(spoiled, environment='this')
    with pytest.raises(ValueError, match="'new' or 'this'"):
        dry_run(spoiled, environment='old')


def options_of(program: Path, words: list[str]) -> str:
    return subprocess.run([program, *words, '--help'], capture_output=True, text=True, check=True).stdout


def test_the_lines_for_hugging_face_are_those_of_hf(made):
    """Every command and option of them stands in the help of the installed hf."""
    hf = Path(sys.executable).with_name('hf')
    commands = upload_commands(made['docker'], 'huggingface', 'me/mine')
    lines = [shlex.split(line) for part in commands.values() for line in part if line.startswith('hf ')]
    assert len(lines) == 6
    for line in lines:
        words = [line[1]] if line[1] == 'upload' else line[1:3]
        described = options_of(hf, words)
        assert described.startswith(f'Usage: hf {" ".join(words)} ')
        assert not [word for word in line if word.startswith('--') and word not in described], line
    assert 'TOKEN' not in ''.join(commands['upload'] + commands['create'])


def test_the_lines_for_modelscope_hold_no_token_and_name_the_sdk(made, monkeypatch):
    commands = upload_commands(made['gradio'], 'modelscope', 'me/mine')
    assert '--sdk-type gradio' in commands['create'][0]
    assert '--base-image' in commands['create'][0]
    assert '--sdk-version' not in upload_commands(made['docker'], 'modelscope', 'me/mine')['create'][0]
    assert list(commands) == ['token', 'create', 'upload', 'watch', 'take down']
    with pytest.raises(ValueError, match='OWNER/NAME'):
        upload_commands(made['gradio'], 'modelscope', 'mine; rm -rf /')
    with pytest.raises(ValueError, match='openxlab'):
        upload_commands(made['gradio'], 'openxlab', 'me/mine')


LFS = """#!/bin/sh
# Stands for git-lfs, where that is not installed: the pointer it leaves in the place of a file.
case "$1" in
install) git config filter.lfs.clean "git-lfs clean" && git config filter.lfs.required true ;;
clean) cat > "$PWD/.git/whole" && printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n' \
    "$(sha256sum < "$PWD/.git/whole" | cut -d' ' -f1)" "$(stat -c %s "$PWD/.git/whole")" ;;
esac
"""


def test_the_push_reaches_a_repository_with_pointers_in_the_place_of_weights(tmp_path):
    """A bare repository with a first commit stands for the platform's."""
    made = demo(TINY, tmp_path / 'demo', sdk='docker')  # beside it the clone
    tools = tmp_path / 'tools'
    tools.mkdir()
    if not shutil.which('git-lfs'):
        (tools / 'git-lfs').write_text(LFS)
        (tools / 'git-lfs').chmod(0o755)
    who = {f'GIT_{role}_{what}': 'me@example.com' for role in ('AUTHOR', 'COMMITTER') for what in ('NAME', 'EMAIL')}
    environment = os.environ | who | {
        'PATH': f'{tools}:{os.environ["PATH"]}', 'MODELSCOPE_API_TOKEN': KEY, 'HOME': str(tmp_path),
        'GIT_CONFIG_NOSYSTEM': '1',
    }  # fmt: skip

    def shell(line):
        return subprocess.run(['sh', '-c', line], env=environment, capture_output=True, text=True, check=True).stdout

    there, first = tmp_path / 'platform.git', tmp_path / 'first'
    shell(f'git init -q --bare -b master {there} && git init -q -b master {first}')
    shell(f'cd {first} && echo theirs > README.md && git add . && git commit -qm first && git push -q {there} master')
    for line in upload_commands(made, 'modelscope', 'me/mine', remote=str(there))['upload']:
        if not line.startswith('modelscope '):
            shell(line)
    assert shell(f'git -C {there} rev-list --count master').strip() == '2'
    listed = shell(f'git -C {there} ls-tree -r --name-only master').split()
    assert {'app.py', 'ms_deploy.json', 'model/model.safetensors', 'lmdeploy_cpu/__init__.py'} <= set(listed)
    pointer = shell(f'git -C {there} show master:model/model.safetensors')
    assert pointer.startswith('version https://git-lfs.github.com/spec/v1\n')
    assert f'size {(TINY / "model.safetensors").stat().st_size}' in pointer
    assert 'sdk: docker' in shell(f'git -C {there} show master:README.md')
    kept = subprocess.run(['grep', '-rl', KEY, there, f'{made}-studio'], capture_output=True, text=True)
    assert kept.stdout == '', 'the token is in no file'


def test_the_command_writes_a_folder_and_shows_the_lines(tmp_path):
    command = [sys.executable, '-m', 'lessons.publish', TINY, '--folder', tmp_path / 'demo', '--upload', 'huggingface']
    done = subprocess.run([*command, 'me/mine'], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert 'hf upload me/mine' in done.stdout
    again = subprocess.run([*command, 'me/mine'], capture_output=True, text=True, cwd=ROOT)
    assert again.returncode == 1
    assert again.stderr.startswith('make demo: ')
    assert 'Traceback' not in again.stderr
    assert yaml.safe_load((tmp_path / 'demo' / 'README.md').read_text().split('---')[1])['sdk'] == 'gradio'
