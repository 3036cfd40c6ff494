"""Exercises of "How a model sees": what stands behind an image token, and pictures that fit into one prefill."""

from .checking import exercise
from .judging import Result, amount

_INTERNVL, _LLAVA, _PATCH, _JOINED = (
    448,
    336,
    14,
    2,
)  # pixels of a tile's side and of a patch's; patches a token, a side
_ROOM_BYTES, _TILE_TOKENS = 256 * 2**20, 256  # of how_a_model_sees.2


@exercise('how_a_model_sees.1')
def pixels_of_a_token(times) -> Result:
    """How many times as many pixels stand behind a token of InternVL3 as behind one of LLaVA-1.5."""
    tokens = {'internvl': (_INTERNVL // _PATCH // _JOINED) ** 2, 'llava': (_LLAVA // _PATCH) ** 2}
    right = (_INTERNVL**2 / tokens['internvl']) / (_LLAVA**2 / tokens['llava'])
    side = _PATCH * _JOINED
    return amount(
        times,
        right,
        'times',
        slips=[
            (_JOINED, 'That is one side: patches are joined across and down.'),
            (1 / right, 'Turn it over: InternVL3 by LLaVA-1.5.'),
            (tokens['llava'] / tokens['internvl'], 'Those are the tokens of a tile; the tiles differ in size, too.'),
            (tokens['internvl'] / tokens['llava'], 'Those are the tokens of a tile; the tiles differ in size, too.'),
            ((_INTERNVL / _LLAVA) ** 2, 'Those are the pixels of a tile: divide by its tokens.'),
            (1, 'A patch has 14 × 14 pixels in both: how many patches make a token?'),
            (side**2, 'Those are the pixels behind a token of InternVL3: divide by those of LLaVA-1.5.'),
        ],
        because=f'{side} × {side} pixels against {_PATCH} × {_PATCH}.',
    )


@exercise('how_a_model_sees.2')
def tokens_of_a_prefill(tokens) -> Result:
    """The largest max_prefill_token_num, in whole tiles of InternVL3, whose pixels and vectors take 256 MiB."""
    from transformers import InternVLVisionConfig

    seen = InternVLVisionConfig(
        image_size=[_INTERNVL] * 2, patch_size=[_PATCH] * 2, hidden_size=1024, intermediate_size=4096
    )
    pixels = seen.num_channels * seen.image_size[0] * seen.image_size[1] * 2
    positions = (seen.image_size[0] // seen.patch_size[0]) ** 2 + 1
    widest = positions * max(seen.intermediate_size, 3 * seen.hidden_size) * 2

    def tiles(tile_bytes, room_bytes=_ROOM_BYTES):
        return int(room_bytes // tile_bytes)

    right = tiles(pixels + widest)
    return amount(
        tokens,
        right * _TILE_TOKENS,
        'tokens',
        slips=[
            (right, 'Those are the tiles; each has 256 tokens.'),
            (tiles(widest) * _TILE_TOKENS, 'The pixels are in memory, too.'),
            (tiles(pixels) * _TILE_TOKENS, 'Those are the pixels alone: the vectors inside the tower are more.'),
            ((right + 1) * _TILE_TOKENS, 'Round down: the last tile does not fit.'),
            (_ROOM_BYTES / (pixels + widest) * _TILE_TOKENS, 'Whole tiles: round down before you take their tokens.'),
            (tiles(2 * (pixels + widest)) * _TILE_TOKENS, 'Those are numbers of 4 bytes; these have 16 bit.'),
            (tiles((pixels + widest) / 2) * _TILE_TOKENS, 'Those are numbers of 1 byte; these have 16 bit.'),
            (tiles(pixels + widest, 256e6) * _TILE_TOKENS, 'Those are MB: a MiB has 2**20 bytes.'),
            (8192, 'That is what LMDeploy takes by itself: work out how many tiles 256 MiB hold.'),
        ],
        tolerance=0,
        because=f'{right} tiles of {(pixels + widest) / 2**20:.2f} MiB.',
    )
