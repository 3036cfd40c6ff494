"""LoRA by peft in a plain loop of torch: conversations → batches with the loss on the answers alone → AdamW."""

import random
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.files import whole_folder
from lessons.making import progress_bar
from lessons.texts import load_tokenizer

IGNORED = -100  # torch's cross entropy leaves such a target out
# A step's largest tensors are its logits in 32 bit, [positions, vocabulary], three of them with their gradients.  With
# a vocabulary of 92,544 sixteen answers of 250 tokens would take 1.4 GiB for each: more than a slice of 8 GB has left.
LOGITS_BYTES = 400_000_000
ALL_LINEAR = ('q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj')


@dataclass(frozen=True)
class Lora:
    """How to train.  The update of a matrix is alpha / rank · B · A, with A [rank, in] and B [out, rank]."""

    rank: int = 8
    alpha: int = 16
    epochs: int = 10
    learning_rate: float = 2e-3
    batch_size: int = 16
    seed: int = 0
    template: bool = True  # False, as a mistake: question and answer without the chat template's marks

    def __post_init__(self):
        least = min(self.rank, self.alpha, self.epochs, self.batch_size)
        if least < 1 or not 0 < self.learning_rate < 1:
            raise ValueError(f'{self}: rank, alpha, epochs, batch_size at least 1, learning_rate between 0 and 1')


@dataclass(frozen=True)
class Training:
    """What came of it."""

    adapter: Path  # the folder, as peft writes it
    losses: tuple[float, ...]  # of each step, in nats a token
    seconds: float
    trained: int  # parameters of A and B
    parameters: int  # of the model that they were added to


def train(base: str | Path, conversations: Sequence[list[dict]], to: str | Path, lora: Lora | None = None) -> Training:
    """Train a LoRA adapter for the checkpoint `base`, and write it to the folder `to`, which appears when it is whole.

    Only A and B learn; the base stays as it is.  On a GPU in bfloat16 and with gradient checkpointing.

    Args:
        base: a checkpoint that transformers reads, such as `llama_folder(model)`.
        conversations: lists of {'role', 'content'}, each with an answer at its end.

    Raises ValueError where a conversation does not end with an answer, FileExistsError where `to` is something else.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    lora, base = lora or Lora(), Path(base)
    tokenizer = load_tokenizer(base)
    examples = [example(tokenizer, conversation, lora.template) for conversation in conversations]
    torch.manual_seed(lora.seed)  # peft draws A; B begins as zeros, so the first answers are the base's
    model = load(base)
    parameters = model.num_parameters()
    if model.device.type == 'cuda':
        model.gradient_checkpointing_enable()
        model.enable_input_require_grads()
    config = LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, target_modules=list(ALL_LINEAR), lora_dropout=0.0, task_type='CAUSAL_LM'
    )
    with _quiet():
        model = get_peft_model(model, config).train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=lora.learning_rate, weight_decay=0.0)
    steps, losses, start = lora.epochs * -(-len(examples) // lora.batch_size), [], time.perf_counter()
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
    draw = random.Random(lora.seed)
    with progress_bar(steps, 'training', unit='step') as bar:
        for _ in range(lora.epochs):
            draw.shuffle(examples)
            for at in range(0, len(examples), lora.batch_size):
                losses.append(backward(model, examples[at : at + lora.batch_size], tokenizer.pad_token_id))
                optimizer.step()
                schedule.step()
                optimizer.zero_grad()
                bar.set_postfix_str(f'loss {losses[-1]:.3f}', refresh=False)
                bar.update()
    seconds = time.perf_counter() - start
    with whole_folder(Path(to), is_adapter) as work:
        model.save_pretrained(work)
    return Training(Path(to), tuple(losses), seconds, sum(weight.numel() for weight in trained), parameters)


def backward(model, examples: Sequence[tuple[list[int], int]], pad: int, logits_bytes: int = LOGITS_BYTES) -> float:
    """Add up the gradients of a batch, in parts whose logits take at most `logits_bytes`.

    Returns the loss of the whole, in nats a token of the answers.
    """
    row_bytes = 4 * model.config.vocab_size * max(len(ids) for ids, _ in examples)
    rows = max(1, logits_bytes // row_bytes)
    answers = sum(len(ids) - question for ids, question in examples)
    whole = 0.0
    for at in range(0, len(examples), rows):
        part = examples[at : at + rows]
        share = sum(len(ids) - question for ids, question in part) / answers  # the loss is a mean over these tokens
        loss = model(**batch(part, pad, model.device)).loss * share
        loss.backward()
        whole += loss.item()
    return whole


def load(base: Path):
    """The checkpoint as a transformers model: float32 on a CPU, bfloat16 on a GPU."""
    import torch
    from transformers import AutoModelForCausalLM

    cuda = torch.cuda.is_available()
    model = AutoModelForCausalLM.from_pretrained(
        base, dtype=torch.bfloat16 if cuda else torch.float32, trust_remote_code=False
    )
    return model.to('cuda' if cuda else 'cpu')


def with_adapter(model, adapter: str | Path):
    """The transformers model with a LoRA adapter of a folder on it.  Raises as peft does where it does not fit."""
    from peft import PeftModel

    with _quiet():
        return PeftModel.from_pretrained(model, adapter)


def _quiet():
    """Without transformers' warnings of names that peft still uses."""
    return warnings.catch_warnings(action='ignore', category=FutureWarning)


def example(tokenizer, conversation: list[dict], template: bool = True) -> tuple[list[int], int]:
    """(token ids of question and answer, how many of them are the question's, on which there is no loss)."""
    if not conversation or conversation[-1].get('role') != 'assistant':
        raise ValueError(f'{conversation!r}: a conversation to train on ends with an answer, of the role assistant')
    if template:
        before = tokenizer.apply_chat_template(conversation[:-1], tokenize=False, add_generation_prompt=True)
        whole = tokenizer.apply_chat_template(conversation, tokenize=False).rstrip('\n')
        if not whole.startswith(before):
            raise ValueError('the chat template writes an answer otherwise than it asks for one: it cannot be trained')
        after = whole[len(before) :]  # the mark that ends an answer belongs to it: the model learns to stop
    else:
        before, after = ''.join(m['content'] + '\n' for m in conversation[:-1]), conversation[-1]['content']
    question, answer = (tokenizer(text, add_special_tokens=False).input_ids for text in (before, after))
    return question + answer, len(question)


def batch(examples: Sequence[tuple[list[int], int]], pad: int, device) -> dict:
    """Examples side by side, padded on the right: `input_ids`, `attention_mask`, `labels`, each [examples, longest]."""
    import torch

    longest = max(len(ids) for ids, _ in examples)
    ids = torch.tensor([ids + [pad] * (longest - len(ids)) for ids, _ in examples])
    there = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in examples])
    labels = ids.masked_fill(there == 0, IGNORED)
    for row, (_, question) in enumerate(examples):
        labels[row, :question] = IGNORED
    return {'input_ids': ids.to(device), 'attention_mask': there.to(device), 'labels': labels.to(device)}


def is_adapter(folder: Path) -> bool:
    return (folder / 'adapter_config.json').is_file()
