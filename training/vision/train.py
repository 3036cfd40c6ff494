"""Train tiny-vlm from nothing: vision tower, projector and language model at once.

The loss is on the answers.  A second one helps the eyes along and fades: each image token shall resemble the tokens of
the words, in both languages, for the thing and the colour that cover its cell of the picture, and for the number of
things whose middle lies in it.

The batches are drawn while the GPU works.  Where the drawing is slower, chunks that were seen before come again, with
other noise; the log says how often.
"""

import datetime
import math
import os
import pathlib
import platform
import queue
import threading
import time
from dataclasses import asdict, dataclass

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm
from transformers import InternVLForConditionalGeneration

from lmdeploy_cpu.budget import processors

from . import evaluate, feed
from . import model as models
from .tokenizer import train_tokenizer
from .words import CLASSES, COLOURS, EN_NUMBERS, NOUNS, ZH_NUMBERS


@dataclass(frozen=True)
class Settings:
    """How to train.  It ends after `minutes`, or after `steps` where given."""

    minutes: float = 6.0
    steps: int | None = None
    chunks: int = 4  # a step; a chunk has feed.PICTURES pictures
    kept_chunks: int = 1500  # that may come again
    peak_lr: float = 1.2e-3
    warmup_share: float = 0.04
    weight_decay: float = 0.05
    cell_loss_weight: float = 1.0  # at the start; a tenth of it at the end
    texts: int = 4000  # pictures whose talk the tokenizer learns from
    processes: int | None = None  # that draw; default: one less than there are cores
    seed: int = 0
    compile: bool = False
    text_layers: int = 4
    text_ffn: int = 384  # hidden size of the language model's feed-forward layers


CELL_SCALE = 20.0  # of the products of image tokens and word embeddings, both small at first


def word_tokens(tokenizer: Tokenizer) -> dict[str, torch.Tensor]:
    """The first token of the word for each class but 'nothing': int64 [2 languages, classes - 1]; names, colours,
    numbers."""

    def first(words: list[tuple[str, str]]) -> torch.Tensor:
        def token(word: str) -> int:
            ids = tokenizer.encode(word, add_special_tokens=False).ids
            return ids[-1 if len(word) == 2 and word[0] == ' ' else 0]  # a space and a sign: the sign

        encode = [[token(word) for word in pair] for pair in words]
        return torch.tensor(encode).T.contiguous()

    names = [(f' {name}', NOUNS[name].zh if name in NOUNS else f' {name}') for name in CLASSES[1:]]
    return {
        'names': first(names),
        'colours': first([(f' {en}', f'{zh}的') for en, zh in COLOURS.items()]),
        'numbers': first([(f' {EN_NUMBERS[n]}', ZH_NUMBERS[n]) for n in (1, 2)]),
    }


class Learner(nn.Module):
    """The model and what the loss on the cells needs."""

    def __init__(self, model: InternVLForConditionalGeneration, tokenizer: Tokenizer):
        super().__init__()
        self.model = model
        self.nothing = nn.Parameter(torch.zeros(3, model.config.text_config.hidden_size))
        for name, tokens in word_tokens(tokenizer).items():
            self.register_buffer(name, tokens, persistent=False)

    def cell_loss(self, features: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """features [images, 36, hidden]; cells int64 [images, 3, 36]; the mean over both languages."""
        words, loss = self.model.get_input_embeddings().weight, 0.0
        for kind, tokens in enumerate((self.names, self.colours, self.numbers)):
            for language in tokens:
                classes = torch.cat((self.nothing[kind][None], words[language]))
                logits = (features @ classes.T).float() * CELL_SCALE
                loss = loss + F.cross_entropy(logits.flatten(0, 1), cells[:, kind].flatten()) / len(tokens)
        return loss

    def forward(
        self, pixels: torch.Tensor, cells: torch.Tensor, ids: torch.Tensor, where: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean loss of the answers' tokens and of the cells.

        pixels float [images, 3, size, size]; cells int64 [images, 3, 36]; ids int64 [rows, tokens]; where int64: the
        answers' tokens among those of ids[:, 1:], flattened.
        """
        features = models.see(self.model, pixels)
        hidden = models.read(self.model, ids[:, :-1], features)
        logits = self.model.lm_head(hidden.flatten(0, 1).index_select(0, where))
        loss = F.cross_entropy(logits.float(), ids[:, 1:].flatten().index_select(0, where))
        return loss, self.cell_loss(features, cells)


def augment(pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """uint8 [images, size, size, 3] -> normalised floats, with noise, blur and another contrast on some."""
    x = models.normalise(pixels)
    number, device = len(x), x.device

    def some(share: float) -> torch.Tensor:
        return (torch.rand(number, 1, 1, 1, device=device, generator=generator) < share).float()

    def amount(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(number, 1, 1, 1, device=device, generator=generator)

    blurred = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode='replicate'), 3, 1)
    coarse = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode='bilinear')
    blur, rough = some(0.2), some(0.12)
    x = x + blur * (blurred - x)
    x = x + rough * (coarse - x)
    x = x * (1 + some(0.4) * amount(-0.12, 0.04))
    noise = torch.randn(x.shape, device=device, generator=generator)
    return (x + some(0.3) * amount(0.0, 0.12) * noise).clamp(-1, 1)


class Arrivals:
    """Chunks on the device, as tuples of tensors: pixels, cells, ids, where (see Learner.forward).

    On a GPU a thread copies them ahead on a stream of its own, so that the training never waits for a copy.
    """

    def __init__(self, source: feed.Feed, device: str, ahead: int):
        self.source, self.device, self.error = source, device, None
        self.threaded = device == 'cuda' and bool(source.workers)
        if self.threaded:
            self.ready: queue.Queue = queue.Queue(ahead)
            self.stream = torch.cuda.Stream()
            threading.Thread(target=self._copy_ahead, daemon=True).start()

    def _one(self) -> tuple[torch.Tensor, ...]:
        chunk = self.source.get()
        where = np.flatnonzero(chunk.answers[:, 1:]).astype(np.int64)
        tensors = [torch.from_numpy(array) for array in (chunk.pixels, chunk.cells, chunk.ids, where)]
        tensors = [tensor.pin_memory() if self.device == 'cuda' else tensor.clone() for tensor in tensors]
        self.source.done()  # all is copied
        return tuple(tensor.to(self.device, non_blocking=True) for tensor in tensors)

    def _copy_ahead(self) -> None:
        try:
            while True:
                with torch.cuda.stream(self.stream):
                    tensors = self._one()
                self.stream.synchronize()
                for tensor in tensors:
                    tensor.record_stream(torch.cuda.default_stream())
                self.ready.put(tensors)
        except Exception as error:  # shown by the training's own thread
            self.error = error

    def get(self, wait: bool) -> tuple[torch.Tensor, ...] | None:
        """The next chunk; None where none is there and `wait` is false."""
        if not self.threaded:
            return self._one()
        while True:
            try:
                return self.ready.get(wait, 2 if wait else None)
            except queue.Empty:
                if self.error:
                    raise self.error from None
                if not wait:
                    return None


class Batches:
    """Fresh chunks as they come, the rest of a batch from those that are kept."""

    def __init__(self, source: feed.Feed, settings: Settings, device: str):
        self.arrivals, self.settings = Arrivals(source, device, 4 * settings.chunks), settings
        self.kept: list[tuple[torch.Tensor, ...]] = []
        self.rng = np.random.default_rng(settings.seed)
        self.fresh = 0

    def _take(self, wait: bool) -> tuple[torch.Tensor, ...] | None:
        chunk = self.arrivals.get(wait)
        if chunk is None:
            return None
        if len(self.kept) < self.settings.kept_chunks:
            self.kept.append(chunk)
        else:
            self.kept[self.fresh % len(self.kept)] = chunk
        self.fresh += 1
        return chunk

    def next(self) -> tuple[torch.Tensor, ...]:
        """A batch of `settings.chunks` chunks: pixels uint8, cells and ids int64, where int64."""
        number, chunks = self.settings.chunks, []
        while len(chunks) < number:
            # at least one fresh chunk a step, and no repetition before there is a choice
            chunk = self._take(wait=not chunks or len(self.kept) < 8 * number)
            if chunk is None:
                break
            chunks.append(chunk)
        while len(chunks) < number:
            chunks.append(self.kept[self.rng.integers(len(self.kept))])
        pixels, cells, ids = (torch.cat([chunk[i] for chunk in chunks]) for i in range(3))
        tokens = feed.ROWS * (feed.WIDTH - 1)  # of a chunk
        where = torch.cat([chunk[3] + index * tokens for index, chunk in enumerate(chunks)])
        return pixels, cells.flatten(2).long(), ids.long(), where


def learning_rate(progress: float, settings: Settings) -> float:
    """At `progress` (0..1) of the run: a linear rise to the peak, then half a cosine down to a hundredth of it."""
    if progress < settings.warmup_share:
        return settings.peak_lr * max(progress, 1e-3) / settings.warmup_share
    down = min(1.0, (progress - settings.warmup_share) / (1 - settings.warmup_share))
    return settings.peak_lr * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * down)))


def backward(forward, cell_weight: float, *batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both losses of a batch (see Learner.forward), after their gradients."""
    with torch.autocast('cuda', dtype=torch.bfloat16, enabled=batch[0].is_cuda):
        loss, cell_loss = forward(*batch)
    (loss + cell_weight * cell_loss).backward()
    return loss.detach(), cell_loss.detach()


def start_weights(model: InternVLForConditionalGeneration) -> None:
    """Normal with deviation 0.02 as transformers does it, but positions in the picture a little stronger."""
    embeddings = model.model.vision_tower.embeddings
    nn.init.normal_(embeddings.position_embeddings, std=0.02)
    nn.init.normal_(embeddings.cls_token, std=0.02)


def train(out: pathlib.Path, settings: Settings, smoke: bool = False, commit: str | None = None) -> dict:
    """Train and save to `out`; returns the log that training_log.json holds.  `smoke`: the small model."""
    begin = time.perf_counter()
    os.environ['TOKENIZERS_PARALLELISM'] = 'false'
    tokenizer = train_tokenizer(feed.texts(settings.texts))
    processes = settings.processes if settings.processes is not None else max(0, processors() - 1)
    source = feed.Feed(tokenizer, processes, settings.seed)  # before CUDA is used: it forks
    try:
        return _train(out, settings, smoke, commit, tokenizer, source, processes, begin)
    finally:
        source.close()


def _train(out, settings, smoke, commit, tokenizer, source, processes, begin) -> dict:
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    torch.manual_seed(settings.seed)
    if device == 'cuda':
        torch.set_float32_matmul_precision('high')
    config = models.make_config(tokenizer.get_vocab_size(), smoke, settings.text_layers, settings.text_ffn)
    model = InternVLForConditionalGeneration(config).float()
    start_weights(model)
    model.tie_weights()
    learner = Learner(model, tokenizer).to(device)
    parameters = list(learner.parameters())
    optimizer = torch.optim.AdamW(
        [
            {'params': [p for p in parameters if p.dim() > 1], 'weight_decay': settings.weight_decay},
            {'params': [p for p in parameters if p.dim() == 1], 'weight_decay': 0.0},
        ],
        lr=settings.peak_lr,
        betas=(0.9, 0.97),
        fused=device == 'cuda',
    )
    generator = torch.Generator(device).manual_seed(settings.seed)
    batches = Batches(source, settings, device)
    log = {
        'device': torch.cuda.get_device_name() if device == 'cuda' else f'CPU ({torch.get_num_threads()} threads)',
        'date': datetime.date.today().isoformat(),
        'versions': {
            'python': platform.python_version(),
            'torch': torch.__version__,
            'transformers': transformers.__version__,
        },
        'parameters': sum(p.numel() for p in model.parameters()),
        'vocabulary': tokenizer.get_vocab_size(),
        'model': {
            part: {
                name: getattr(getattr(model.config, f'{part}_config'), name)
                for name in ('hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads')
            }
            for part in ('vision', 'text')
        },
        'smoke': smoke,
        'settings': asdict(settings) | {'processes': processes},
        'commit': commit,
        'curve': [],
        'held_out': [],
    }
    forward = torch.compile(learner, dynamic=None) if settings.compile else learner
    start = time.perf_counter()
    limit = settings.minutes * 60
    window = torch.zeros(2, device=device)
    step, since, tested = 0, 0, 0.0
    bar = tqdm(desc='training', unit='step', total=settings.steps, mininterval=10)

    def note(progress: float) -> None:
        nonlocal since
        total, cells = (window / max(since, 1)).tolist()
        window.zero_()
        since = 0
        if not math.isfinite(total + cells):
            raise RuntimeError(f'the loss is {total} at step {step}: lower peak_lr')
        log['curve'].append(
            {
                'step': step,
                'pictures': step * settings.chunks * feed.PICTURES,
                'loss': round(total, 4),
                'cell_loss': round(cells, 4),
                'time_s': round(time.perf_counter() - start, 1),
            }
        )
        log.update(
            steps=step,
            pictures_seen=step * settings.chunks * feed.PICTURES,
            pictures_drawn=batches.fresh * feed.PICTURES,
            time_s=round(time.perf_counter() - start, 1),
            preparation_s=round(start - begin, 1),
        )
        bar.set_postfix(
            loss=log['curve'][-1]['loss'], cells=log['curve'][-1]['cell_loss'], drawn=batches.fresh * feed.PICTURES
        )

    while True:
        elapsed = time.perf_counter() - start
        progress = step / settings.steps if settings.steps else elapsed / limit
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group['lr'] = learning_rate(progress, settings)
        pixels, cells, ids, where = batches.next()
        if settings.compile:
            torch._dynamo.mark_dynamic(where, 0)
        weight = settings.cell_loss_weight * (1 - 0.9 * progress)
        try:
            loss, cell_loss = backward(forward, weight, augment(pixels, generator), cells, ids, where)
        except Exception as error:
            if forward is learner or step:
                raise
            print(f'torch.compile failed, going on without: {error}', flush=True)
            log['settings']['compile'], forward = False, learner
            optimizer.zero_grad(set_to_none=True)
            loss, cell_loss = backward(forward, weight, augment(pixels, generator), cells, ids, where)
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if not step and settings.compile:  # the time to compile is no part of the schedule: the rise would be over
            now = time.perf_counter()
            start, limit = now, max(1.0, limit - (now - start))
        window += torch.stack((loss, cell_loss))
        step, since = step + 1, since + 1
        bar.update()
        if step % (5 if settings.steps and settings.steps < 100 else 25) == 0:
            note(progress)
        if progress - tested > 0.1 and (settings.steps or 100) >= 100:
            tested = progress
            learner.eval()
            right = evaluate.quick(model, tokenizer, 100 if device == 'cuda' else 16)
            learner.train()
            log['held_out'].append({'step': step, 'pictures': step * settings.chunks * feed.PICTURES, 'right': right})
            print(f'\nstep {step}, {elapsed:.0f} s: {right}', flush=True)
            models.save(model, tokenizer, out, log)
    bar.close()
    if since:
        note(1.0)
    model.eval()
    models.save(model, tokenizer, out, log)
    return log
