"""Text for `lmdeploy lite`: to calibrate on, and other text to measure the result with."""

import glob
import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

from helpers.files import cache_folder, read_json, tilde, whole_folder
from lessons.text_files import read_text_file
from lessons.texts import conversation_text, course_texts, load_tokenizer

# LMDeploy 0.18 reads `load_dataset('wikitext', 'wikitext-2-raw-v1', split='train')` (lite/utils/calib_dataloader.py).
# A folder of that name in the working directory is taken before the hub, and this is how a folder says what it holds.
# `datasets` keeps what it read under the name of the file, and looks no further: another text needs another name.
_README = """---
configs:
- config_name: wikitext-2-raw-v1
  data_files:
  - split: train
    path: {file}
---

Text for `lmdeploy lite`, in a folder of the name that `--calib-dataset wikitext2` looks for.
"""


@dataclass(frozen=True)
class CalibrationDataset:
    """A folder in which `lmdeploy lite … --calib-dataset wikitext2` finds this text, without a network."""

    folder: Path  # run the command in here: it holds `wikitext/`
    documents: int
    tokens: int  # in the model's own tokens, as LMDeploy joins the documents


def calibration_dataset(
    model: str | Path,
    source: str | Path | list[str] | None = None,
    *,
    calib_samples: int,
    calib_seqlen: int,
    field: str | None = None,
    encoding: str | None = None,
    format: str | None = None,
) -> CalibrationDataset:
    """Lay out text as the data set that LMDeploy's own `wikitext2` loader reads, and see that there is enough of it.

    LMDeploy draws `calib_samples` windows of `calib_seqlen` tokens from the joined text.

    Args:
        model: folder of the checkpoint to quantise; its tokenizer counts.
        source: None: the course's conversations in English and Chinese, in the model's chat template.  A path: a file
            of one's own, text, JSON or CSV; what was read is printed.  A list: one's own texts.
        calib_samples, calib_seqlen: as they are given to `lmdeploy lite`.
        field, encoding, format: of a file, where it is not clear; see `lessons.text_files.read_text_file`.

    The folder is made once for each text, under the course's cache, and appears whole.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is too short, it is not clear how it is to be read, or windows of this length do not fit into
            the model.
    """
    model = Path(model)
    if calib_samples < 1 or calib_seqlen < 1:
        raise ValueError(
            f'calib_samples={calib_samples}, calib_seqlen={calib_seqlen}: at least 1 each; LMDeploy takes '
            f'`--calib-samples 0` as plain rounding, which needs no text'
        )
    longest = read_json(model / 'config.json').get('max_position_embeddings', math.inf)
    if calib_seqlen > longest:
        raise ValueError(f'calib_seqlen={calib_seqlen}: this model knows {longest} positions; take at most that')
    name = tilde(source) if isinstance(source, str | Path) else 'the text'
    tokenizer = load_tokenizer(model)
    if source is None:
        texts = course_texts(tokenizer)
    elif isinstance(source, list):
        texts = source
    else:
        texts = own_texts(tokenizer, source, field=field, encoding=encoding, format=format)
    tokens = len(tokenizer('\n\n'.join(texts), verbose=False).input_ids)
    if tokens < calib_samples * calib_seqlen:
        fits = tokens // calib_seqlen
        instead = f'--calib-samples {fits}, ' if fits else f'not even one sample of {calib_seqlen}; '
        raise ValueError(
            f'{name} is too short: {tokens} tokens of this model, and {calib_samples} samples × {calib_seqlen} take '
            f'{calib_samples * calib_seqlen}.  What fits: {instead}or --calib-seqlen {tokens // calib_samples}; or '
            f'give more text'
        )
    rows = ''.join(json.dumps({'text': text}, ensure_ascii=False) + '\n' for text in texts)
    folders = cache_folder() / 'calibration'
    key = hashlib.sha256(rows.encode()).hexdigest()[:10]
    if not (folders / key).is_dir():
        with whole_folder(folders / key) as work:
            _write_dataset(work / 'wikitext', f'{key}.jsonl', rows, folders / key / 'wikitext')
    return CalibrationDataset(folders / key, len(texts), tokens)


def own_texts(
    tokenizer, path: str | Path, *, field: str | None = None, encoding: str | None = None, format: str | None = None
) -> list[str]:
    """The texts of a file: paragraphs, which joined by empty lines are its text; or what JSON or CSV hold,
    conversations in the model's chat template.  Prints what was read.

    Raises FileNotFoundError, or ValueError with the line.
    """
    found = read_text_file(path, field=field, encoding=encoding, format=format, separator='\n\n')
    texts = []
    for entry, content in zip(found.entries, found.whole(), strict=True):
        if isinstance(content, list):
            try:
                content = conversation_text(tokenizer, content)
            except Exception as error:  # jinja2's, from whatever a template says
                raise ValueError(
                    f"{tilde(found.path)}, line {entry.line}: the model's chat template refuses this conversation "
                    f'({error}): take it out'
                ) from None
        texts.append(content)
    print(found.shown(texts, 'texts'))
    return texts


def calibration_ids(model: str | Path, longest: int = 128) -> list[list[int]]:
    """The course's conversations in the model's tokens, each cut to `longest`; for training and for one layer."""
    tokenizer = load_tokenizer(Path(model))
    return [tokenizer(text, add_special_tokens=False).input_ids[:longest] for text in course_texts(tokenizer)]


def _write_dataset(folder: Path, file: str, rows: str, final: Path) -> None:
    """`final`: where `folder` will be; `datasets` reads its path as a pattern, so a [ in it must be escaped."""
    folder.mkdir()
    (folder / file).write_text(rows, encoding='utf-8')
    escaped = glob.escape(str(final.absolute()))
    path = file if escaped == str(final.absolute()) else json.dumps(f'{escaped}/{file}', ensure_ascii=False)
    (folder / 'README.md').write_text(_README.format(file=path), encoding='utf-8')
