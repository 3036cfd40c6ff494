"""Fine-tuned folders as people leave them behind, each with one fault, made of a whole one."""

import json
import shutil
from pathlib import Path

from helpers.checkpoints.shards import read_tensors, write_index
from helpers.files import read_json, write_json
from lessons.making import write_shard


def _adapter_alone(folder: Path, adapter: Path) -> None:
    (folder / 'model.safetensors').unlink()
    for file in adapter.glob('adapter_*'):
        shutil.copy(file, folder)


def _bin_alone(folder: Path, adapter: Path) -> None:
    """Under another name than `pytorch_model`: an engine does not look for it."""
    (folder / 'model.safetensors').rename(folder / 'weights.bin')


def _template_lost(folder: Path, adapter: Path) -> None:
    for name in ('chat_template.jinja', 'chat_template.json'):
        (folder / name).unlink(missing_ok=True)
    settings = read_json(folder / 'tokenizer_config.json')
    settings.pop('chat_template', None)
    write_json(folder / 'tokenizer_config.json', settings)


def _half_the_shards(folder: Path, adapter: Path) -> None:
    """Two shards with their index, of which the second never came."""
    whole = folder / 'model.safetensors'
    tensors = list(read_tensors(whole))
    names = [f'model-0000{n}-of-00002.safetensors' for n in (1, 2)]
    for name, part in zip(names, (tensors[: len(tensors) // 2], tensors[len(tensors) // 2 :]), strict=True):
        write_shard(dict(part), folder / name)
    write_index(folder, names)
    whole.unlink()
    (folder / names[1]).unlink()


def _resized_in_part(folder: Path, adapter: Path) -> None:
    """Tokens were added, and config.json says so; embeddings and output head were not resized."""
    config = read_json(folder / 'config.json')
    (folder / 'config.json').write_text(json.dumps(config | {'vocab_size': config['vocab_size'] + 2}))


DEFECTS = {
    'adapter without base': _adapter_alone,
    '.bin alone': _bin_alone,
    'chat template lost': _template_lost,
    'half of the shards': _half_the_shards,
    'tokens added, not resized': _resized_in_part,
}


def spoil(whole: str | Path, adapter: str | Path, defect: str, to: str | Path) -> Path:
    """Copy the checkpoint `whole`, whose weights are one safetensors file, to `to`, and give it a defect of `DEFECTS`.

    `adapter`: the folder of a LoRA adapter.  Raises KeyError for a defect that there is not.
    """
    make = DEFECTS[defect]
    folder = Path(shutil.copytree(whole, to))
    make(folder, Path(adapter))
    return folder
