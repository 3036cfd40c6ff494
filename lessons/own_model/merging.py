"""An adapter merged into its base: a checkpoint like any other, which every engine runs."""

from pathlib import Path

from helpers.checkpoints.mending import CheckpointError, inspect_checkpoint
from helpers.files import read_json, tilde
from lessons.own_model.training import is_adapter, with_adapter
from lessons.w4a16.compress import load_llama, save_llama


def merge(base: str | Path, adapter: str | Path, to: str | Path) -> Path:
    """Write base + alpha / rank · B · A to the folder `to`, with tokenizer, chat template and generation config.

    peft's `merge_and_unload` in float32, then rounded to the type of the base's file, as safetensors.  The folder
    appears when it is whole; one that an earlier merge left there is replaced.

    Raises FileNotFoundError where `adapter` holds none, CheckpointError for a base that cannot be loaded or an adapter
    of other shapes, FileExistsError where `to` is something else.
    """
    base, adapter = Path(base), Path(adapter)
    if not is_adapter(adapter):
        raise FileNotFoundError(f'{tilde(adapter)} holds no LoRA adapter: it has no adapter_config.json')
    report = inspect_checkpoint(base)
    if not report.loadable:
        raise CheckpointError(str(report))
    try:
        model = with_adapter(load_llama(base), adapter)
    except (RuntimeError, ValueError) as error:
        why = str(error).strip().splitlines()[-1].strip()
        raise CheckpointError(f'{tilde(adapter)} was not trained on {tilde(base)}: {why}') from None
    config = read_json(base / 'config.json')
    dtype = config.get('dtype') or config.get('torch_dtype') or 'float32'
    return save_llama(model.merge_and_unload(safe_merge=True), base, to, dtype)
