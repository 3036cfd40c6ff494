"""Text for `lmdeploy lite`: to calibrate on, and other text to measure the result with."""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

from .files import cache_folder, read_json, tilde
from .mending import _publish

DATA = Path(__file__).resolve().parent / 'data'

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
    model: str | Path, source: str | Path | list[str] | None = None, *, calib_samples: int, calib_seqlen: int
) -> CalibrationDataset:
    """Lay out text as the data set that LMDeploy's own `wikitext2` loader reads, and see that there is enough of it.

    LMDeploy draws `calib_samples` windows of `calib_seqlen` tokens from the joined text.

    Args:
        model: folder of the checkpoint to quantise; its tokenizer counts.
        source: None: the course's conversations in English and Chinese, in the model's chat template.  A path: a file
            of one's own, UTF-8.  A list: one's own texts.
        calib_samples, calib_seqlen: as they are given to `lmdeploy lite`.

    The folder is made once for each text, under the course's cache, and appears whole.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not UTF-8 or too short, or windows of this length do not fit into the model.
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
    tokenizer = _tokenizer(model) if source is None else None
    texts = _course_texts(tokenizer) if source is None else source if isinstance(source, list) else read_text(source)
    tokenizer = tokenizer or _tokenizer(model)
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
        _publish(folders, key, lambda folder: _write_dataset(folder / 'wikitext', f'{key}.jsonl', rows))
    return CalibrationDataset(folders / key, len(texts), tokens)


def read_text(path: str | Path) -> list[str]:
    """The paragraphs of a UTF-8 file, which joined by empty lines are its text.

    Raises FileNotFoundError, or ValueError with the line and the byte that is not UTF-8.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        what = 'a folder, not a file' if path.is_dir() else 'not there'
        raise FileNotFoundError(f'the calibration text {tilde(path)} is {what}')
    content = path.read_bytes()
    try:
        text = content.decode('utf-8')
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise ValueError(
            f'{tilde(path)} is not UTF-8: byte 0x{content[error.start]:02x} in line {line} (byte {error.start} of the '
            f'file).  Save it as UTF-8 in your editor, or try `iconv -f GB18030 -t UTF-8 OLD > NEW`'
        ) from None
    return text.removeprefix('\ufeff').replace('\r\n', '\n').split('\n\n')


def calibration_ids(model: str | Path, longest: int = 128) -> list[list[int]]:
    """The course's conversations in the model's tokens, each cut to `longest`; for training and for one layer."""
    tokenizer = _tokenizer(Path(model))
    return [tokenizer(text, add_special_tokens=False).input_ids[:longest] for text in _course_texts(tokenizer)]


def heldout_answers(model: str | Path, language: str | None = None) -> list[tuple[list[int], list[int]]]:
    """Questions with their right answers, in the model's own tokens, to measure a model's quality with.

    Paraphrases of the FAQ's questions and sums, both kept out of tiny-chat's training, and talks of another draw of its
    generators (training/calibration.py).  tiny-chat was trained for such answers; to any other model they are strange.
    `language`: 'en', 'zh', or None for both.

    Returns a list of (prompt, whole): token ids of the question as the chat template writes it, and those followed by
    the answer.  `pipe.get_ppl(ids)` gives the mean negative log-likelihood of ids[1:]; the difference of the two sums
    is the answer's:

        (nll_whole · (len(whole) - 1) - nll_prompt · (len(prompt) - 1)) / (len(whole) - len(prompt))
    """
    tokenizer = _tokenizer(Path(model))
    pairs = []
    for row in _rows('heldout.jsonl'):
        if language in (None, row['language']):
            *question, answer = row['messages']
            prompt = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
            ids = [tokenizer(text, add_special_tokens=False).input_ids for text in (prompt, answer['content'])]
            pairs.append((ids[0], ids[0] + ids[1]))
    if not pairs:
        raise ValueError(f"language={language!r}: 'en', 'zh' or None")
    return pairs


def answer_perplexity(pipe, pairs: list[tuple[list[int], list[int]]], at_once: int = 8) -> float:
    """Perplexity of the answers given their questions, over all tokens of the answers; 1 is certainty.

    `pairs`: what `heldout_answers` gives, scored `at_once` pairs at a time: an engine makes the logits of all tokens
    that it scores together, and of 8192 tokens of a vocabulary of 92544 they are 3 GB.  LMDeploy's `pipe.get_ppl`
    returns the mean negative log-likelihood.
    """
    nll = []
    for start in range(0, len(pairs), at_once):
        nll += pipe.get_ppl([ids for pair in pairs[start : start + at_once] for ids in pair])
    total = count = 0
    for (prompt, whole), nll_prompt, nll_whole in zip(pairs, nll[::2], nll[1::2], strict=True):
        total += nll_whole * (len(whole) - 1) - nll_prompt * (len(prompt) - 1)
        count += len(whole) - len(prompt)
    return math.exp(total / count)


def _course_texts(tokenizer) -> list[str]:
    conversations = [row['messages'] for row in _rows('calibration.jsonl')]
    if tokenizer.chat_template is None:
        return ['\n'.join(message['content'] for message in messages) for messages in conversations]
    return [tokenizer.apply_chat_template(messages, tokenize=False) for messages in conversations]


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding='utf-8').splitlines()]


def _tokenizer(model: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model, trust_remote_code=False)


def _write_dataset(folder: Path, file: str, rows: str) -> None:
    folder.mkdir()
    (folder / file).write_text(rows, encoding='utf-8')
    (folder / 'README.md').write_text(_README.format(file=file), encoding='utf-8')
