"""Train tiny-chat: `python -m training.chat.train --corpus build/training --out models/tiny-chat --minutes 7`.

Conversations are rows of their own, right-padded among others of about their length, so every row begins at position 0
as it does in use.  The loss is on the assistant's words, and a tenth as much on the user's: to foresee how a question
goes on is to know which words go together.
"""

import argparse
import datetime
import json
import pathlib
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from safetensors.torch import save as serialized
from torch.nn import functional as F
from tqdm import tqdm

from helpers.files import write_whole
from training.files import current_commit, write_json
from training.model import ModelConfig, TinyChat, config_json
from training.tokenizer import BOS, EOS, IM_END, UNK, save_tokenizer

from . import build_corpus, texts
from .build_corpus import ASSISTANT, CONTEXT, MASKABLE, TEXT, USER, Corpus


@dataclass(frozen=True)
class Settings:
    """How to train.  It ends after `minutes`, or after `steps` where given (then a run can be repeated exactly)."""

    minutes: float = 7.0
    steps: int | None = None
    batch_tokens: int = 65536
    peak_lr: float = 2e-3
    warmup_share: float = 0.02  # of the run: the learning rate rises
    weight_decay: float = 0.05
    dropout: float = 0.1
    cooldown_share: float = 0.15  # of the run, at its end: without dropout and word dropout
    user_loss_weight: float = 0.1  # of the user's tokens, where the assistant's have 1
    word_dropout_share: float = 0.5  # of the rows lose some words of FAQ questions, up to three in ten
    seed: int = 0
    compile: bool = False
    tokenizer: str | None = None  # the folder whose tokenizer the corpus keeps; else it is trained from the texts


CONVERSATIONS = 1_000_000  # of the corpus that training.chat.run draws
SMOKE_MODEL = ModelConfig(num_layers=2, intermediate_size=256)
SMOKE = Settings(steps=40, batch_tokens=2048, peak_lr=4e-3, warmup_share=0.1)


class Batches:
    """Rows of about the same length, `batch_tokens` at a time, gathered on the device.

    Tokens int32 and kinds uint8 [tokens of the corpus] lie on the device; starts and lengths int64 [conversations] do
    not.
    """

    def __init__(self, corpus: Corpus, batch_tokens: int, device: str):
        self.tokens = torch.from_numpy(corpus.tokens.astype(np.int32)).to(device)
        self.kinds = torch.from_numpy(corpus.kinds).to(device)
        self.starts, self.lengths = corpus.offsets[:-1], np.diff(corpus.offsets)
        self.batch_tokens, self.device = batch_tokens, device

    def epoch(self, rng: np.random.Generator | None) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of every conversation once, as `gather` gives them; sorted by length where `rng` is None."""
        noise = rng.uniform(0, 24, len(self.lengths)) if rng is not None else 0
        order = np.argsort(self.lengths + noise, kind='stable')
        batches, at = [], 0
        while at < len(order):
            rows = max(1, self.batch_tokens // int(self.lengths[order[at]] + 24))
            batches.append(order[at : at + rows])
            at += rows
        if rng is not None:
            rng.shuffle(batches)
        for rows in batches:
            yield self.gather(rows)

    def gather(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Token ids int64 and kinds uint8 [rows, tokens] of the conversations `rows` (int64 [rows]).

        Right-padded with `</s>` of kind FRAME to a multiple of 16 tokens.
        """
        width = -(-int(self.lengths[rows].max()) // 16) * 16
        starts = torch.from_numpy(self.starts[rows]).to(self.device)
        lengths = torch.from_numpy(self.lengths[rows]).to(self.device)
        column = torch.arange(width, device=self.device)
        inside = column < lengths[:, None]
        index = torch.where(inside, starts[:, None] + column, 0)
        return torch.where(inside, self.tokens[index], EOS).long(), torch.where(inside, self.kinds[index], 0)


def word_dropout(tokens: torch.Tensor, kinds: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """`tokens` with some words of FAQ questions unknown or random: in `share` of the rows, up to three in ten.

    tokens int64, kinds uint8, result int64: all [rows, tokens].
    """
    probability = torch.rand(len(tokens), 1, device=tokens.device, generator=generator) / share
    probability = torch.where(probability < 1, probability * 0.3, 0)
    dropped = torch.rand(tokens.shape, device=tokens.device, generator=generator) < probability
    dropped &= kinds == MASKABLE
    # a third become random words: in use the model meets words that do not help, and never `<unk>`
    other = torch.randint(3, IM_END, tokens.shape, device=tokens.device, generator=generator)
    other = torch.where(torch.rand(tokens.shape, device=tokens.device, generator=generator) < 1 / 3, other, UNK)
    return torch.where(dropped, other, tokens)


def loss_and_counts(
    model: TinyChat, inputs: torch.Tensor, targets: torch.Tensor, kinds: torch.Tensor, user_loss_weight: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The loss to learn from, the summed loss of the assistant's tokens in nats, and their number: float32 scalars.

    inputs and targets int64 [rows, tokens]; kinds uint8 [rows, tokens], those of the targets.
    """
    logits = model(inputs)
    each = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction='none')
    kinds = kinds.flatten()
    assistant = (kinds == ASSISTANT).float()
    user = ((kinds == USER) | (kinds == MASKABLE)).float()
    weights = assistant + (kinds == TEXT).float() + user_loss_weight * user
    return (each * weights).sum() / weights.sum().clamp(min=1), (each * assistant).sum().detach(), assistant.sum()


def autocast(device: str) -> torch.autocast:
    """bfloat16 on a GPU, float32 on a CPU."""
    return torch.autocast('cuda', dtype=torch.bfloat16, enabled=device == 'cuda')


@torch.no_grad()
def perplexity(model: TinyChat, batches: Batches) -> float:
    """exp of the mean loss of the assistant's tokens; the model is in training mode afterwards."""
    model.eval()
    total, count = 0.0, 0.0
    for tokens, kinds in batches.epoch(None):
        with autocast(batches.device):
            _, loss, number = loss_and_counts(model, tokens[:, :-1], tokens[:, 1:], kinds[:, 1:], 0.0)
        total, count = total + loss.item(), count + number.item()
    model.train()
    return float(np.exp(total / count))


def save(model: TinyChat, tokenizer, out: pathlib.Path, log: dict) -> None:
    """The checkpoint folder; each file is whole or not there."""
    out.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().to('cpu', torch.bfloat16).contiguous() for name, value in model.state_dict().items()}
    write_whole(out / 'model.safetensors', serialized(state, metadata={'format': 'pt'}))
    save_tokenizer(tokenizer, out)
    generation = {'bos_token_id': BOS, 'eos_token_id': [EOS, IM_END], 'pad_token_id': EOS, 'max_new_tokens': 512}
    for name, content in (
        ('config.json', config_json(model.config, BOS, EOS, EOS)),
        ('generation_config.json', generation),
        ('training_log.json', log),
    ):
        write_json(out / name, content)


def learning_rate(progress: float, settings: Settings) -> float:
    """At `progress` (0..1) of the run: a linear rise to the peak, then half a cosine down to a hundredth of it."""
    if progress < settings.warmup_share:
        return settings.peak_lr * max(progress, 1e-3) / settings.warmup_share
    down = min(1.0, (progress - settings.warmup_share) / (1 - settings.warmup_share))
    return settings.peak_lr * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * down)))


def train(
    corpus: Corpus,
    valid: Corpus,
    out: pathlib.Path,
    settings: Settings,
    config: ModelConfig | None = None,
    device: str | None = None,
    commit: str | None = None,
) -> dict:
    """Train and save to `out`; returns the log that training_log.json holds.

    `commit`: that of the training texts, for the log.
    """
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    torch.manual_seed(settings.seed)
    torch.backends.cuda.enable_cudnn_sdp(False)  # it plans anew for every shape, and ours are many
    model = TinyChat(config or ModelConfig(), settings.dropout).to(device)
    decay = [p for p in model.parameters() if p.dim() > 1]
    no_decay = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{'params': decay, 'weight_decay': settings.weight_decay}, {'params': no_decay, 'weight_decay': 0.0}],
        lr=settings.peak_lr,
        betas=(0.9, 0.95),
        fused=device == 'cuda',
    )
    batches, held_out = Batches(corpus, settings.batch_tokens, device), Batches(valid, settings.batch_tokens, device)
    generator = torch.Generator(device).manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    forward = torch.compile(loss_and_counts, dynamic=True) if settings.compile else loss_and_counts
    log = {
        'device': torch.cuda.get_device_name() if device == 'cuda' else f'CPU ({torch.get_num_threads()} threads)',
        'date': datetime.date.today().isoformat(),
        'versions': {'python': platform.python_version(), 'torch': torch.__version__, 'numpy': np.__version__},
        'parameters': sum(p.numel() for p in model.parameters()),
        'model': asdict(model.config),
        'settings': asdict(settings),
        'commit': commit,
        'texts_sha256': texts.digest(),
        'corpus': {'conversations': corpus.num_conversations, 'tokens': len(corpus.tokens), 'sha256': corpus.sha256},
        'curve': [],
        'held_out_perplexity': [],
    }
    model.train()
    start = saved = time.perf_counter()
    step, seen, epochs, finished, cooldown = 0, 0, 0, False, False
    window = torch.zeros(2, device=device)
    bar = tqdm(desc='training', unit='step', total=settings.steps, mininterval=5)

    def log_progress() -> None:
        log.update(steps=step, tokens_seen=seen, epochs=epochs, time_s=round(time.perf_counter() - start, 1))

    while not finished:
        for tokens, kinds in batches.epoch(rng):
            elapsed = time.perf_counter() - start
            progress = step / settings.steps if settings.steps else elapsed / (settings.minutes * 60)
            if progress >= 1:
                finished = True
                break
            if not cooldown and progress >= 1 - settings.cooldown_share:
                cooldown = True
                for module in model.modules():
                    if isinstance(module, torch.nn.Dropout):
                        module.p = 0.0
            for group in optimizer.param_groups:
                group['lr'] = learning_rate(progress, settings)
            inputs = tokens[:, :-1]
            if not cooldown and settings.word_dropout_share:
                inputs = word_dropout(inputs, kinds[:, :-1], settings.word_dropout_share, generator)
            with autocast(device):
                loss, summed, number = forward(model, inputs, tokens[:, 1:], kinds[:, 1:], settings.user_loss_weight)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            window += torch.stack((summed, number))
            step, seen = step + 1, seen + tokens.numel()
            bar.update()
            if step % (10 if settings.steps and settings.steps < 1000 else 50) == 0:
                total, count = window.tolist()
                window.zero_()
                if not np.isfinite(total):
                    raise RuntimeError(f'the loss is {total} at step {step}: lower peak_lr')
                log['curve'].append(
                    {
                        'step': step,
                        'tokens': seen,
                        'loss': round(total / max(count, 1), 4),
                        'time_s': round(time.perf_counter() - start, 1),
                    }
                )
                bar.set_postfix(loss=log['curve'][-1]['loss'], tokens=f'{seen / 1e6:.0f}M')
                if time.perf_counter() - saved > 60:
                    saved = time.perf_counter()
                    log['held_out_perplexity'].append(
                        {'step': step, 'perplexity': round(perplexity(model, held_out), 4)}
                    )
                    log_progress()
                    save(model, corpus.tokenizer, out, log)
        else:
            epochs += 1
    bar.close()
    log['held_out_perplexity'].append({'step': step, 'perplexity': round(perplexity(model, held_out), 4)})
    log_progress()
    save(model, corpus.tokenizer, out, log)
    return log


# What a command line may change.
OPTIONS = ('minutes', 'steps', 'batch_tokens', 'peak_lr', 'dropout', 'user_loss_weight', 'seed', 'compile', 'tokenizer')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """OPTIONS, and the commit for the log."""
    parser.add_argument('--minutes', type=float, default=Settings.minutes, help='of training')
    parser.add_argument('--steps', type=int, default=None, help='instead of --minutes: repeatable')
    parser.add_argument('--batch-tokens', type=int, default=Settings.batch_tokens)
    parser.add_argument('--peak-lr', type=float, default=Settings.peak_lr)
    parser.add_argument('--dropout', type=float, default=Settings.dropout)
    parser.add_argument('--user-loss-weight', type=float, default=Settings.user_loss_weight)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--compile', action='store_true')
    parser.add_argument('--tokenizer', default=None, help='a folder whose tokenizer is kept instead of training one')
    parser.add_argument('--commit', default=None, help="of the training texts, for the log; default: git's")


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The settings of a parsed command line."""
    return replace(Settings(), **{name: getattr(arguments, name) for name in OPTIONS})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--corpus', type=pathlib.Path, default=pathlib.Path('build/training'))
    parser.add_argument('--out', type=pathlib.Path, default=pathlib.Path('models/tiny-chat'))
    parser.add_argument('--smoke', action='store_true', help='a small model for some steps, under a minute on a CPU')
    add_arguments(parser)
    arguments = parser.parse_args()
    if arguments.smoke:
        corpus, valid = corpora(arguments.corpus, 2000, 200, arguments.seed, processes=1, tokenizer_conversations=2000)
        settings, config = SMOKE, SMOKE_MODEL
    else:
        corpus = build_corpus.load(arguments.corpus)
        valid = validation(corpus, arguments.corpus, 4000, arguments.seed)
        settings, config = settings_from(arguments), None
    commit = arguments.commit or current_commit()
    log = train(corpus, valid, arguments.out, settings, config, commit=commit)
    print(json.dumps({**log['curve'][-1], **log['held_out_perplexity'][-1]}))


def validation(corpus: Corpus, folder: pathlib.Path, conversations: int, seed: int) -> Corpus:
    """Conversations drawn with a seed of their own, in the tokens of `corpus`; `folder` holds its tokenizer."""
    tokens, kinds, lengths = build_corpus.shard((str(folder), f'valid {seed}', 0, conversations))
    return Corpus(tokens, kinds, np.concatenate(([0], np.cumsum(lengths))), corpus.tokenizer)


def corpora(folder: pathlib.Path, conversations: int, held_out: int, seed: int, **options) -> tuple[Corpus, Corpus]:
    """The corpus and its validation part."""
    corpus = build_corpus.build(folder, conversations, seed, **options)
    return corpus, validation(corpus, folder, held_out, seed)


assert ModelConfig.max_position_embeddings >= CONTEXT

if __name__ == '__main__':
    main()
