"""A model's weights: as the checkpoint stores them, and as an engine holds them."""

import dataclasses
import math
import re
from pathlib import Path

from helpers.checkpoints.contents import weight_headers
from helpers.checkpoints.geometry import DTYPE_BYTES, GEOMETRIES, GROUP_SIZES, Geometry

# Of safetensors' types; of a tensor in a file, the file says how many bytes it takes, whatever its type.
STORED_BYTES = {
    'F64': 8, 'F32': 4, 'F16': 2, 'BF16': 2, 'F8_E4M3': 1, 'F8_E5M2': 1, 'F8_E8M0': 1, 'F8_E4M3FNUZ': 1,
    'F8_E5M2FNUZ': 1, 'I64': 8, 'I32': 4, 'I16': 2, 'I8': 1, 'U64': 8, 'U32': 4, 'U16': 2, 'U8': 1, 'BOOL': 1, 'C64': 8,
}  # fmt: skip
# transformers' and InternVL's own names of what is not the language model
_VISION = re.compile(r'^(model\.)?(vision_tower|vision_model|visual|multi_modal_projector|mlp1|image_newline)\b')
_DTYPE = {'float32': 'F32', 'bfloat16': 'BF16', 'float16': 'F16', 'int32': 'I32'}


@dataclasses.dataclass(frozen=True, slots=True)
class WeightTensor:
    """One tensor of a checkpoint, as its file has it."""

    name: str
    dtype: str  # as safetensors names it: 'BF16', 'I32', …
    shape: tuple[int, ...]
    file_bytes: int | None = dataclasses.field(default=None, compare=False)  # whatever its type; None: of no file

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.numel * STORED_BYTES[self.dtype] if self.file_bytes is None else self.file_bytes

    @property
    def is_vision(self) -> bool:
        """Whether it belongs to a model's vision tower, or to the projector behind it."""
        return bool(_VISION.search(self.name))


def weight_tensors(model: Path | str | Geometry, dtype: str = 'bfloat16', awq: bool = False) -> list[WeightTensor]:
    """Give name, dtype and shape of every tensor of a model.

    Args:
        model: the folder of a checkpoint, of which the headers of those files are read that an engine loads; or a
            Geometry or a name of GEOMETRIES, whose tensors have `dtype`, and, with `awq`, 4-bit layers (W4A16).

    Raises CheckpointError for a folder whose weights no engine can load.
    """
    geometry = geometry_without_folder(model)
    if geometry is None:
        held = {name: tensor for header in weight_headers(Path(model)).values() for name, tensor in header.items()}
        return [_as_stored(name, **tensor) for name, tensor in held.items()]
    shapes = awq_tensors(geometry) if awq else geometry.tensors()
    return [WeightTensor(name, _DTYPE[stored_dtype(name, dtype)], shape) for name, shape in shapes.items()]


def _as_stored(name: str, dtype: str, shape: list[int], data_offsets: list[int]) -> WeightTensor:
    begin, end = data_offsets
    return WeightTensor(name, dtype, tuple(shape), end - begin)


def awq_tensors(geometry: Geometry, packed: bool = False, group_size: int | None = None) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a W4A16 checkpoint, as `lmdeploy lite auto_awq` writes it.

    Each matrix [out, in] of a layer becomes `qweight` [in, out / 8] and `qzeros` [in / group_size, out / 8], both
    int32 with eight 4-bit numbers, and `scales` [in / group_size, out].  Embeddings, output and norms stay.
    `group_size`: None: 128, or the largest of 64 and 32 that divides where 128 does not, as the course quantises.
    """
    shapes, tensors = {}, geometry.tensors(packed)
    inputs = {shape[1] for name, shape in tensors.items() if len(shape) == 2 and '.layers.' in name}
    group_size = group_size or next((n for n in GROUP_SIZES if not any(i % n for i in inputs)), 128)
    for name, shape in tensors.items():
        if len(shape) == 1 or '.layers.' not in name:
            shapes[name] = shape
            continue
        rows, columns = shape
        if columns % group_size or rows % 8:
            raise ValueError(f'{name} {list(shape)} cannot be quantised in groups of {group_size} inputs')
        stem = name.removesuffix('weight')
        shapes[stem + 'qweight'] = (columns, rows // 8)
        shapes[stem + 'qzeros'] = (columns // group_size, rows // 8)
        shapes[stem + 'scales'] = (columns // group_size, rows)
    return shapes


def stored_dtype(name: str, dtype: str) -> str:
    """The dtype of the tensor `name` in a checkpoint whose other numbers are in `dtype`, W4A16 or not."""
    return {'qweight': 'int32', 'qzeros': 'int32', 'scales': 'float16'}.get(name.rsplit('.', 1)[-1], dtype)


def weight_bytes(model: Path | str | Geometry, dtype: str = 'bfloat16', awq: bool = False) -> int:
    """Bytes of a model's weights as they are stored; the arguments are those of `weight_tensors`."""
    return sum(tensor.nbytes for tensor in weight_tensors(model, dtype, awq))


def engine_weight_bytes(
    tensors: list[WeightTensor],
    geometry: Geometry,
    engine: str,
    dtype: str = 'bfloat16',
    tp: int = 1,
    device: str = 'cuda',
) -> int:
    """Bytes that the weights take on each device once an engine has them.

    Floats take `dtype` (TurboMind: 16 bits).  4-bit weights stay as they are; scale and zero point of each group of
    them become two halves in TurboMind (`LinearWeight::prepare` in src/turbomind/models/linear_weight.cc) and on the
    CPU, and stay as the checkpoint has them in the PyTorch engine on CUDA.  TurboMind makes a second copy of embeddings
    that the output head is tied to (`lm_pfx` in lmdeploy/turbomind/models/qwen3.py).  Of `tp` devices each has its part
    of the matrices and all of the norms.  A vision tower counts like the rest.
    """
    total = 0
    repacks = engine == 'turbomind' or device == 'cpu'  # scale and zero point as two halves
    for tensor in tensors:
        kind = tensor.name.rsplit('.', 1)[-1]
        if kind == 'qzeros' and repacks:
            continue
        if kind == 'scales' and repacks:
            held = tensor.numel * 4
        elif kind == 'scales' or not tensor.dtype.endswith(('F64', 'F32', 'F16')):  # integers, 8-bit floats
            held = tensor.nbytes
        else:
            held = tensor.numel * DTYPE_BYTES[dtype]
        is_table = tensor.name.endswith(('embed_tokens.weight', 'tok_embeddings.weight'))
        copies = 2 if engine == 'turbomind' and geometry.tie_word_embeddings and is_table else 1
        total += copies * held // (tp if len(tensor.shape) > 1 else 1)
    if device != 'cpu':
        return total
    # The CPU device counts a scale of keys and of values for each layer too, and the rotary embedding's frequencies;
    # and the number of each place in LLaVA's vision tower.  (Qwen's has frequencies of its own: some 64 bytes.)
    places = sum(tensor.shape[0] for tensor in tensors if tensor.name.endswith('.position_embedding.weight'))
    return total + 4 * (2 * geometry.num_layers + geometry.head_dim // 2) + 8 * places


def geometry_without_folder(model: Path | str | Geometry) -> Geometry | None:
    return model if isinstance(model, Geometry) else GEOMETRIES.get(str(model))
