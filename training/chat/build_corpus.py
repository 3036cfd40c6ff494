"""Generate the corpus once: `python -m training.chat.build_corpus --conversations 600000 --out build/training`.

The corpus is three arrays: all token ids in a row (uint16), what each token is for (uint8, see `KINDS`), and where
each conversation begins.  The same seed and texts give the same bytes, whatever the number of processes.
"""

import argparse
import hashlib
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import re
import time
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer
from tqdm import tqdm

from lmdeploy_cpu.budget import processors
from training.chat.talk import memory
from training.tokenizer import (
    BOS,
    EOS,
    IM_END,
    IM_START,
    THINK_END,
    THINK_START,
    encode_plain,
    head,
    load_tokenizer,
    save_tokenizer,
    train_tokenizer,
    with_thinking,
)

from . import mix, texts

# What a token is for: a frame nobody learns, the user's words, the assistant's, the user's where words may be hidden,
# a text without roles.
KINDS = FRAME, USER, ASSISTANT, MASKABLE, TEXT = range(5)
AS_TYPED = ('user', 'system', 'tools', 'tool')  # roles in whose texts `<|im_end|>` is the token, as in use
SHARD = 4000  # conversations
CONTEXT = 1024  # tokens; a longer conversation loses its last turns
SPLIT_SHARE = 0.25  # of the user's turns have some words cut into unusual tokens
SPLIT_COPIED_SHARE = 0.3  # of the words to copy are cut so, the same way wherever the conversation has them


@dataclass(frozen=True)
class Corpus:
    """All conversations in a row; conversation i is `tokens[offsets[i] : offsets[i + 1]]`."""

    tokens: np.ndarray  # uint16 [tokens]
    kinds: np.ndarray  # uint8 [tokens], of KINDS
    offsets: np.ndarray  # int64 [conversations + 1]
    tokenizer: Tokenizer

    @property
    def sha256(self) -> str:
        """Of the bytes of tokens, kinds and offsets, in hexadecimal."""
        digest = hashlib.sha256()
        for array in (self.tokens, self.kinds, self.offsets):
            digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def num_conversations(self) -> int:
        return len(self.offsets) - 1


def tokenizer_texts(seed: int, conversations: int):
    """What the tokenizer is trained on: every phrasing and answer, and `conversations` drawn ones.

    Latin names to copy are left out: none becomes one token, so the trained ones look like those never seen.  Each
    character of Chinese names does become one: three bytes that many characters share are harder to copy.
    """
    yield from (memory.ZH_SURNAMES + memory.ZH_GIVEN + memory.ZH_FOREIGN,) * 200
    for entry in texts.faq():
        yield from entry.asks
        yield from (entry.answer,) * 3
    rng = random.Random(f'tokenizer {seed}')
    for _ in range(conversations):
        for turn in mix.draw(rng):
            if turn.role not in ('system', 'tools') and not turn.special:
                pieces = re.split(f'{THINK_START}|{THINK_END}', turn.content)  # tokens of their own
                for value in filter(str.isascii, turn.copied):
                    pieces = [part for piece in pieces for part in piece.split(value)]
                yield from pieces


def copied_cuts(rng: random.Random, turns: list[mix.Turn]) -> dict[str, list[int]]:
    """Where to cut some of the words that the conversation repeats: word → characters from its start."""
    cuts = {}
    for value in dict.fromkeys(value for turn in turns for value in turn.copied):
        if len(value) > 2 and value.isascii() and rng.random() < SPLIT_COPIED_SHARE:
            cuts[value] = sorted(rng.sample(range(1, len(value)), min(len(value) - 1, rng.choice((1, 1, 2, 3)))))
    return cuts


def cut_words(
    rng: random.Random, text: str, words: bool = True, copied: dict[str, list[int]] | None = None
) -> list[str]:
    """`text` in pieces: some of its Latin words cut in two, so that the model also learns their parts, and the words to
    copy where `copied` says."""
    cuts = set()
    for value, places in (copied or {}).items():
        for match in re.finditer(rf'(?<![A-Za-z]){re.escape(value)}(?![A-Za-z])', text):
            cuts.update(match.start() + place for place in places)
    if words:
        cuts.update(
            rng.randrange(m.start() + 1, m.end()) for m in re.finditer(r'[A-Za-z]{4,}', text) if rng.random() < 0.35
        )
    return [text[a:b] for a, b in itertools.pairwise([0, *sorted(cuts), len(text)])]


def _layout(turn: mix.Turn, content: list[int], begin: list[int], newline: list[int]) -> tuple[list[int], list[int]]:
    """Token ids and kinds of one message in the chat template: `begin` (role), `content`, `<|im_end|>`, `newline`."""
    if turn.role == 'assistant':
        kind, end = ASSISTANT, ASSISTANT
        if turn.content.startswith(THINK_START):  # the tag and its line break are the template's
            begin, content = [*begin, *content[:2]], content[2:]
    elif turn.maskable:
        kind, end = MASKABLE, FRAME
    else:
        kind, end = USER if turn.role == 'user' else FRAME, FRAME
    tokens = [*begin, *content, IM_END, *newline]
    return tokens, [FRAME] * len(begin) + [kind] * len(content) + [end] + [FRAME] * len(newline)


def encode(
    tokenizer: Tokenizer, conversations: list[list[mix.Turn]], rng: random.Random
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Token ids (uint16) and kinds (uint8) of each conversation, [tokens], laid out as the chat template does.

    A conversation of which no answer fits into CONTEXT is left out.
    """
    # Every text of the batch, encoded at once: the user's as in use, where `<|im_end|>` typed is the token itself.
    asked, said, counts = [], [], []
    for turns in conversations:
        copied = copied_cuts(rng, turns)
        for turn in turns:
            # a word to copy is cut everywhere or nowhere
            words = turn.role == 'user' and not turn.copied and rng.random() < SPLIT_SHARE
            parts = cut_words(rng, turn.content, words, copied) if words or copied else [turn.content]
            counts.append(len(parts))
            if turn.special or turn.role in AS_TYPED:
                asked += parts
            else:
                said += parts
    asked = iter([encoding.ids for encoding in tokenizer.encode_batch_fast(asked, add_special_tokens=False)])
    said, counts = iter(encode_plain(tokenizer, said)), iter(counts)
    frame = {
        role: [IM_START, *tokenizer.encode(f'{head(role)}\n', add_special_tokens=False).ids]
        for role in ('assistant', *AS_TYPED)
    }
    newline = tokenizer.encode('\n', add_special_tokens=False).ids
    all_tokens, all_kinds = [], []
    for turns in conversations:
        tokens, kinds = [BOS], [FRAME]
        whole = True
        for turn in turns:
            source = asked if turn.special or turn.role in AS_TYPED else said
            content = [token for _ in range(next(counts)) for token in next(source)]
            if turn.role == 'text':
                tokens += [*content, EOS]
                kinds += [TEXT] * (len(content) + 1)
                continue
            turn_tokens, turn_kinds = _layout(turn, content, frame[turn.role], newline)
            whole = whole and len(tokens) + len(turn_tokens) <= CONTEXT
            if whole:
                tokens += turn_tokens
                kinds += turn_kinds
        if ASSISTANT in kinds or turns[0].role == 'text':
            all_tokens.append(np.array(tokens[:CONTEXT], dtype=np.uint16))
            all_kinds.append(np.array(kinds[:CONTEXT], dtype=np.uint8))
    return all_tokens, all_kinds


def shard(arguments: tuple[str, int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of `count` conversations in a row: tokens uint16 [tokens], kinds uint8 [tokens], lengths int64 [conversations].

    `arguments`: the tokenizer's folder, the seed, the shard's index, count (one tuple, for `Pool.imap`).
    """
    folder, seed, index, count = arguments
    rng = random.Random(f'corpus {seed} {index}')
    tokenizer = load_tokenizer(folder)
    tokens, kinds = encode(tokenizer, [mix.draw(rng) for _ in range(count)], rng)
    return np.concatenate(tokens), np.concatenate(kinds), np.array([len(row) for row in tokens], dtype=np.int64)


def build(
    out: pathlib.Path,
    conversations: int,
    seed: int = 0,
    processes: int | None = None,
    tokenizer_conversations: int = 12000,
    tokenizer: str | pathlib.Path | None = None,
) -> Corpus:
    """Train the tokenizer (kept in `out`), or take that of the folder `tokenizer`, with the tags of thoughts where it
    lacks them; draw and encode `conversations`.

    Raises ValueError where a held-out question is in the training texts.
    """
    found = list(texts.leaks(samples=500))
    if found:
        raise ValueError('held-out questions are in the training texts:\n' + '\n'.join(found))
    trained = (
        load_tokenizer(tokenizer) if tokenizer else train_tokenizer(tokenizer_texts(seed, tokenizer_conversations))
    )
    trained = with_thinking(trained)
    save_tokenizer(trained, out)
    jobs = [
        (str(out), seed, index, min(SHARD, conversations - start))
        for index, start in enumerate(range(0, conversations, SHARD))
    ]
    processes = processes or processors()
    # spawned, not forked: the tokenizer's threads of this process would not survive a fork
    os.environ['TOKENIZERS_PARALLELISM'] = 'false'
    try:
        if processes == 1 or len(jobs) == 1:
            parts = [shard(job) for job in tqdm(jobs, desc='corpus', unit='shard')]
        else:
            with multiprocessing.get_context('spawn').Pool(min(processes, len(jobs))) as pool:
                parts = list(tqdm(pool.imap(shard, jobs), total=len(jobs), desc='corpus', unit='shard'))
    finally:
        del os.environ['TOKENIZERS_PARALLELISM']
    tokens, kinds, lengths = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Corpus(tokens, kinds, np.concatenate(([0], np.cumsum(lengths))), trained)


def save(corpus: Corpus, out: pathlib.Path) -> None:
    """The three arrays as .npy files in `out`, which holds the tokenizer already."""
    for name in ('tokens', 'kinds', 'offsets'):
        np.save(out / f'{name}.npy', getattr(corpus, name))


def load(folder: pathlib.Path) -> Corpus:
    """What `save` wrote."""
    return Corpus(*(np.load(folder / f'{name}.npy') for name in ('tokens', 'kinds', 'offsets')), load_tokenizer(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=pathlib.Path, default=pathlib.Path('build/training'))
    parser.add_argument('--conversations', type=int, default=600_000)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--processes', type=int, default=None)
    parser.add_argument('--tokenizer', default=None, help='a folder whose tokenizer is kept instead of training one')
    arguments = parser.parse_args()
    start = time.perf_counter()
    corpus = build(
        arguments.out, arguments.conversations, arguments.seed, arguments.processes, tokenizer=arguments.tokenizer
    )
    save(corpus, arguments.out)
    print(
        json.dumps(
            {
                'conversations': corpus.num_conversations,
                'tokens': len(corpus.tokens),
                'sha256': corpus.sha256,
                'time_s': round(time.perf_counter() - start, 1),
            }
        )
    )


if __name__ == '__main__':
    main()
