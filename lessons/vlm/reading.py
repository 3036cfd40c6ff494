"""What a VLM's config and processor make of a picture: tiles, patches, vectors, tokens; for InternVL's family."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from transformers import AutoConfig, AutoProcessor, PretrainedConfig
from transformers.models.got_ocr2.image_processing_got_ocr2 import get_optimal_tiled_canvas


@dataclass(frozen=True)
class Numbers:
    """What becomes of a picture: sides in pixels, widths in numbers of a vector, `patches` and `tokens` of one tile."""

    tiles: int
    tile_side: int
    patch_side: int
    patches: int
    tower_width: int
    joined: int  # patches to a side of what becomes one token
    joined_width: int
    tokens: int
    text_width: int

    @property
    def across(self) -> int:
        """Patches to a side of a tile."""
        return self.tile_side // self.patch_side

    @property
    def image_tokens(self) -> int:
        """Of the whole picture."""
        return self.tiles * self.tokens


@dataclass(frozen=True)
class Read:
    """A picture and a question as the model's processor gives them.

    `tile` is what the tower gets, RGB (of several tiles the last one, which shows the whole); `grid` says how many
    tiles (columns, rows) the picture was cut into.  `pieces` is the text of each token; `is_image` says which of them
    stand for the picture.  `followed` is one of the tile's tokens, (row, column): the most coloured one.
    """

    numbers: Numbers
    tile: Image.Image
    grid: tuple[int, int]
    pieces: list[str]
    is_image: list[bool]
    followed: tuple[int, int]

    @property
    def text_tokens(self) -> int:
        """All others: the words of the question, the chat template's marks, the marks around the picture."""
        return len(self.is_image) - sum(self.is_image)


def numbers_of(config: PretrainedConfig, tiles: int = 1) -> Numbers:
    """The five stages by the config of a model of InternVL's family.

    Raises:
        ValueError: another family, or tiles that are not squares of whole groups of patches.
    """
    _known(config.model_type)
    seen, joined = config.vision_config, round(1 / config.downsample_ratio)
    (height, width), (patch, patch_width) = (_pair(n) for n in (seen.image_size, seen.patch_size))
    if height != width or patch != patch_width or height % (patch * joined):
        raise ValueError(
            f'image_size {seen.image_size}, patch_size {seen.patch_size}: no square of groups of {joined} × {joined} '
            'patches'
        )
    patches = (height // patch) ** 2
    return Numbers(
        tiles=tiles,
        tile_side=height,
        patch_side=patch,
        patches=patches,
        tower_width=seen.hidden_size,
        joined=joined,
        joined_width=seen.hidden_size * joined**2,
        tokens=patches // joined**2,
        text_width=config.text_config.hidden_size,
    )


def _known(family: str) -> None:
    if family != 'internvl':
        raise ValueError(
            f"a model of the family {family!r} takes another way than InternVL's, which is the one known here "
            '(internvl: InternVL3-1B-hf, tiny-vlm)'
        )


def _pair(side) -> tuple[int, int]:
    return (side, side) if isinstance(side, int) else tuple(side)


def read(picture: Image.Image, folder: str | Path, question: str) -> Read:
    """The picture and the question in one turn, question first, as LMDeploy hands them to the model.

    Raises:
        ValueError: a model of a family that is not known here, or whose processor does not follow its config.
    """
    _known(json.loads((Path(folder) / 'config.json').read_text(encoding='utf-8')).get('model_type'))
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=False)
    parts = [{'type': 'text', 'text': question}, {'type': 'image', 'image': picture.convert('RGB')}]
    inputs = processor.apply_chat_template(
        [{'role': 'user', 'content': parts}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors='pt',
    )
    ids, pixels = inputs['input_ids'][0].tolist(), inputs['pixel_values'].float().numpy()  # [tiles, 3, side, side]
    numbers = numbers_of(config, tiles=len(pixels))
    is_image = [token == config.image_token_id for token in ids]
    if sum(is_image) != numbers.image_tokens or pixels.shape[-1] != numbers.tile_side:
        raise ValueError(
            f'{folder}: the processor gives {sum(is_image)} image tokens and tiles of {pixels.shape[-1]} pixels, the '
            f'config {numbers.image_tokens} and {numbers.tile_side}'
        )
    makes = processor.image_processor
    tile = pixels[-1].transpose(1, 2, 0) * np.array(makes.image_std) + np.array(makes.image_mean)
    tile = Image.fromarray((tile * 255).round().clip(0, 255).astype(np.uint8))
    size, side = (picture.height, picture.width), (numbers.tile_side, numbers.tile_side)
    grid = get_optimal_tiled_canvas(size, side, makes.min_patches, makes.max_patches) if len(pixels) > 1 else (1, 1)
    pieces = [processor.tokenizer.decode([token]) for token in ids]
    return Read(numbers, tile, grid, pieces, is_image, _most_coloured(tile, numbers))


def patches_of(token: tuple[int, int], numbers: Numbers) -> set[int]:
    """Which patches of a tile, counted row by row from 0, become the image token in this row and column."""
    (row, column), side = token, numbers.joined
    return {(row * side + i) * numbers.across + column * side + j for i in range(side) for j in range(side)}


def _most_coloured(tile: Image.Image, numbers: Numbers) -> tuple[int, int]:
    """(row, column) of the token whose part of the tile differs most from the tile's mean colour."""
    cell = numbers.patch_side * numbers.joined
    across = numbers.tile_side // cell
    pixels = np.asarray(tile, dtype=float).reshape(across, cell, across, cell, 3)
    away = np.abs(pixels - pixels.mean((0, 1, 2, 3))).sum(-1).mean((1, 3))
    row, column = np.unravel_index(away.argmax(), away.shape)
    return int(row), int(column)
