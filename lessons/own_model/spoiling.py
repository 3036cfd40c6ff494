"""Fine-tuned folders as people leave them behind, each with one fault, made of a whole one."""

import json
import shutil
from pathlib import Path

from helpers.checkpoints.mending import inspect_checkpoint
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


def _generation_config_lost(folder: Path, adapter: Path) -> None:
    (folder / 'generation_config.json').unlink()


def _tied_head_twice(folder: Path, adapter: Path) -> None:
    """config.json ties the output head to the embeddings, and the file holds that table under both names.

    A model whose own head was another one, such as tiny-chat, answers nonsense then: look at the files alone.
    """
    config, file = read_json(folder / 'config.json'), folder / 'model.safetensors'
    (folder / 'config.json').write_text(json.dumps(config | {'tie_word_embeddings': True}))
    tensors = dict(read_tensors(file))
    write_shard(tensors | {'lm_head.weight': tensors['model.embed_tokens.weight'].clone()}, file)


def _remote_code(folder: Path, adapter: Path) -> None:
    """config.json asks for code of the folder, as InternLM2's on the hub does; running it is an error."""
    config = read_json(folder / 'config.json')
    code = {'AutoConfig': 'remote.OwnConfig', 'AutoModelForCausalLM': f'remote.{config["architectures"][0]}'}
    (folder / 'config.json').write_text(json.dumps(config | {'auto_map': code}))
    (folder / 'remote.py').write_text("raise RuntimeError('the code of the folder was run')\n")


DEFECTS = {  # those that chapter 8 shows
    'adapter without base': _adapter_alone,
    '.bin alone': _bin_alone,
    'chat template lost': _template_lost,
    'half of the shards': _half_the_shards,
    'tokens added, not resized': _resized_in_part,
}
MORE_DEFECTS = {
    'generation config lost': _generation_config_lost,
    'tied head stored twice': _tied_head_twice,
    'remote code wanted': _remote_code,
}


def spoil(whole: str | Path, adapter: str | Path, defect: str, to: str | Path) -> Path:
    """Copy the checkpoint `whole`, whose weights are one safetensors file, to `to`, and give it a defect of
    `DEFECTS` or `MORE_DEFECTS`.

    `adapter`: the folder of a LoRA adapter.  Raises KeyError for a defect that there is not.
    """
    make = (DEFECTS | MORE_DEFECTS)[defect]
    folder = Path(shutil.copytree(whole, to))
    make(folder, Path(adapter))
    return folder


def said_of(folder: str | Path, defect: str) -> str:
    """What chapter 0's check says of a folder that `spoil` made; where it finds nothing wrong, what the defect does."""
    if problems := inspect_checkpoint(folder).problems:
        return '; '.join(f'{problem.name}: {problem.detail}' for problem in problems)
    if defect == 'tied head stored twice':
        return (
            'in order: the file is larger by a table, and no answer changes. LMDeploy takes the embeddings for the '
            'head; a stored head that is not equal to them is used by transformers, and ignored by LMDeploy'
        )
    return (
        'in order: LMDeploy has a class of this name in its own code, and the code of the folder is not run; a folder '
        'whose class it lacks is refused'
    )
