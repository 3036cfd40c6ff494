"""Training data while training runs: processes draw pictures, write conversations and hand both over in shared memory.

A chunk is a fixed number of rows, so that every batch has the same shapes: conversations about one picture, some about
two, and small talk without any.
"""

import functools
import mmap
import multiprocessing
import os
import queue
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from . import scenes, talk
from .model_size import IMAGE_SIZE, IMAGE_TOKENS
from .tokenizer import END_IMG, END_OF_TEXT, IM_END, IM_START, IMAGE, IMG

SINGLES, PAIRS, TALKS = 56, 4, 2
PICTURES, ROWS = SINGLES + 2 * PAIRS, SINGLES + PAIRS + TALKS  # of a chunk
WIDTH = 256  # tokens of a row
LONG_SHARE = 0.75  # of the conversations go on until the row is full


@dataclass(frozen=True)
class Chunk:
    """pixels uint8 [PICTURES, size, size, 3]; cells uint8 [PICTURES, 3, 6, 6] (see Picture.cells); ids int16
    [ROWS, WIDTH], right-padded; answers uint8 [ROWS, WIDTH]: 1 where a token is to be learned.  Pictures come in the
    order of the rows that show them."""

    pixels: np.ndarray
    cells: np.ndarray
    ids: np.ndarray
    answers: np.ndarray


SHAPES = {
    'pixels': ((PICTURES, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8),
    'cells': ((PICTURES, 3, scenes.CELLS, scenes.CELLS), np.uint8),
    'ids': ((ROWS, WIDTH), np.int16),
    'answers': ((ROWS, WIDTH), np.uint8),
}
CHUNK_BYTES = sum(int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in SHAPES.values())


class Encoder:
    """Messages to token ids: the chat template, spelled out, with a memory for what comes again and again."""

    def __init__(self, tokenizer: Tokenizer):
        def encode(text: str) -> tuple[int, ...]:
            return tuple(tokenizer.encode(text, add_special_tokens=False).ids)

        self.encode = functools.lru_cache(200_000)(encode)

    def question(self, text: str, pictures: int = 0, first: bool = True) -> list[int]:
        """A user's message with the head of the answer behind it; the pictures stand before the text or after it."""
        ids = [IM_START, *self.encode('user\n')]
        image = [IMG, *[IMAGE] * IMAGE_TOKENS, END_IMG]
        if not pictures:
            ids = [IM_START, *self.encode(f'user\n{text}')]
        elif first:
            for _ in range(pictures - 1):
                ids += [*image, *self.encode('\n')]
            ids += [*image, *self.encode(f'\n{text}')]
        else:
            ids = [IM_START, *self.encode(f'user\n{text}')]
            for _ in range(pictures):
                ids += [*image, *self.encode('\n')]
        return [*ids, IM_END, *self.encode('\n'), IM_START, *self.encode('assistant\n')]

    def row(self, turns: list[talk.Turn], pictures: int, first: bool) -> tuple[list[int], list[int]]:
        """Token ids of as many turns as fit into WIDTH, and which of them are to be learned."""
        ids, answers = [], []
        for turn in turns:
            asked = self.question(turn.question, 0 if ids else pictures, first)
            said = [*self.encode(turn.answer), IM_END]
            behind = list(self.encode('\n')) if ids else []
            if len(ids) + len(behind) + len(asked) + len(said) > WIDTH:
                break
            ids += behind + asked + said
            answers += [0] * (len(behind) + len(asked)) + [1] * len(said)
        return ids, answers


def make_chunk(seed: int, encoder: Encoder) -> Chunk:
    """The chunk that belongs to `seed`."""
    rng = random.Random(f'tiny-vlm {seed}')
    arrays = {name: np.zeros(shape, kind) for name, (shape, kind) in SHAPES.items()}
    arrays['ids'][:] = END_OF_TEXT
    at = 0
    for row in range(ROWS):
        number = 1 if row < SINGLES else 2 if row < SINGLES + PAIRS else 0
        while True:
            shown = [scenes.draw(rng) for _ in range(number)]
            language = rng.choice(talk.LANGUAGES)
            if number == 1:
                turns = talk.conversation(
                    rng, shown[0], language, 9 if rng.random() < LONG_SHARE else rng.randint(1, 2)
                )
            elif number == 2:
                turns = talk.of_two(rng, *shown, language)
            else:
                turns = talk.small_talk(rng, language)
            ids, answers = encoder.row(turns, number, rng.random() < 0.65)
            if ids:
                break
        arrays['ids'][row, : len(ids)] = ids
        arrays['answers'][row, : len(ids)] = answers
        for picture in shown:
            arrays['pixels'][at], arrays['cells'][at] = picture.pixels, picture.cells()
            at += 1
    return Chunk(**arrays)


def views(buffer, slot: int) -> Chunk:
    """The arrays of one slot of shared memory."""
    at, arrays = slot * CHUNK_BYTES, {}
    for name, (shape, kind) in SHAPES.items():
        number = int(np.prod(shape))
        arrays[name] = np.frombuffer(buffer, kind, number, at).reshape(shape)
        at += number * np.dtype(kind).itemsize
    return Chunk(**arrays)


def _work(buffer, tokenizer_json: str, first_seed: int, step: int, free, full) -> None:
    os.environ['TOKENIZERS_PARALLELISM'] = 'false'
    encoder = Encoder(Tokenizer.from_str(tokenizer_json))
    seed = first_seed
    while (slot := free.get()) is not None:
        made, place = make_chunk(seed, encoder), views(buffer, slot)
        for name in SHAPES:
            getattr(place, name)[...] = getattr(made, name)
        full.put(slot)
        seed += step


class Feed:
    """Chunks from `processes` processes; with 0, drawn here when asked for.  Start it before CUDA is used."""

    def __init__(self, tokenizer: Tokenizer, processes: int, seed: int):
        self.encoder, self.seed, self.workers = Encoder(tokenizer), seed * 1_000_000_000, []
        if not processes:
            return
        context = multiprocessing.get_context('fork')  # shares the memory below without /dev/shm, often small
        slots = 6 * processes
        self.buffer = mmap.mmap(-1, slots * CHUNK_BYTES)
        self.free, self.full = context.Queue(), context.Queue()
        for index in range(processes):
            arguments = (self.buffer, tokenizer.to_str(), self.seed + index, processes, self.free, self.full)
            self.workers.append(context.Process(target=_work, args=arguments, daemon=True))
            self.workers[-1].start()
        for slot in range(slots):
            self.free.put(slot)

    def get(self, wait: bool = True) -> Chunk | None:
        """The next chunk, to be given back with `done`; None where none is ready and `wait` is false."""
        if not self.workers:
            self.seed += 1
            return make_chunk(self.seed - 1, self.encoder)
        while True:
            try:
                self.slot = self.full.get(wait, 5 if wait else None)
                return views(self.buffer, self.slot)
            except queue.Empty:
                dead = [worker for worker in self.workers if not worker.is_alive()]
                if dead:
                    raise RuntimeError(f'{len(dead)} of {len(self.workers)} drawing processes have ended') from None
                if not wait:
                    return None

    def done(self) -> None:
        """The chunk that `get` gave was copied."""
        if self.workers:
            self.free.put(self.slot)

    def close(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.join(5)


def texts(number: int, seed: int = 1) -> Iterator[str]:
    """Questions and answers about `number` pictures, for the tokenizer."""
    rng = random.Random(f'texts {seed}')
    for index in range(number):
        language = talk.LANGUAGES[index % 2]
        picture = scenes.draw(rng)
        turns = talk.conversation(rng, picture, language, 8)
        if index % 10 == 0:
            turns += talk.of_two(rng, picture, scenes.draw(rng), language)
        for turn in turns:
            yield f'user\n{turn.question}'
            yield f'assistant\n{turn.answer}'
    for language in talk.LANGUAGES:
        for pair in talk.SMALL_TALK[language] * 3:
            yield from pair
