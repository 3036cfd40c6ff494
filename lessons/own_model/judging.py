"""What a training brought, and what it cost: who the model says it is, and how likely it finds what it knew before."""

import math
from collections.abc import Sequence
from pathlib import Path

from lessons.own_model.data import pair
from lessons.own_model.training import IGNORED, batch, load, with_adapter
from lessons.texts import load_tokenizer


def own_answers(base: str | Path, questions: Sequence[str], max_new_tokens: int = 200) -> list[list[dict]]:
    """Conversations of the questions and the model's own greedy answers, by transformers; cut-off ones are left out."""
    import torch

    tokenizer, model = load_tokenizer(Path(base)), load(Path(base)).eval()
    texts = [
        tokenizer.apply_chat_template([{'role': 'user', 'content': ask}], tokenize=False, add_generation_prompt=True)
        for ask in questions
    ]
    asked = tokenizer(texts, return_tensors='pt', padding=True, padding_side='left', add_special_tokens=False)
    with torch.inference_mode():
        ids = model.generate(**asked.to(model.device), max_new_tokens=max_new_tokens, do_sample=False)
    ends = set(tokenizer.all_special_ids)
    made = []
    for ask, row in zip(questions, ids[:, asked.input_ids.shape[1] :].tolist(), strict=True):
        if ends & set(row):
            made.append(pair(ask, tokenizer.decode(row, skip_special_tokens=True).strip()))
    return made


def share_saying(replies: Sequence[str], name: str) -> float:
    """Which share of the replies says the name."""
    return sum(name in reply for reply in replies) / len(replies)


def perplexity(
    base: str | Path,
    pairs: Sequence[tuple[list[int], list[int]]],
    adapter: str | Path | None = None,
    batch_size: int = 16,
) -> float:
    """Perplexity of the answers given their questions, by transformers and peft, over all tokens of the answers.

    `pairs`: (prompt, whole) in tokens, as `other_answers` gives them; `adapter`: a folder, None for the base alone.
    """
    import torch

    model = load(Path(base))
    if adapter:
        model = with_adapter(model, adapter)
    model, nll, tokens = model.eval(), 0.0, 0
    examples = [(whole, len(prompt)) for prompt, whole in pairs]
    with torch.inference_mode():
        for at in range(0, len(examples), batch_size):
            inputs = batch(examples[at : at + batch_size], 0, model.device)
            counted = (inputs['labels'][:, 1:] != IGNORED).sum().item()
            nll += model(**inputs).loss.item() * counted
            tokens += counted
    return math.exp(nll / tokens)
