"""How likely a model finds answers: their log-likelihood and perplexity, from LMDeploy's own engine."""

import math
from pathlib import Path

from lessons.texts import load_tokenizer, rows


def heldout_answers(model: str | Path, language: str | None = None) -> list[tuple[list[int], list[int]]]:
    """Questions with their right answers, in the model's own tokens, to measure a model's quality with.

    Paraphrases of the FAQ's questions and sums, both kept out of tiny-chat's training, and talks of another draw of its
    generators (training/chat/calibration.py).  tiny-chat was trained for such answers; to any other model they are
    strange.
    `language`: 'en', 'zh', or None for both.

    Returns a list of (prompt, whole), as `prompt_and_answer` makes them.
    """
    tokenizer = load_tokenizer(Path(model))
    pairs = []
    for row in rows('heldout.jsonl'):
        if language in (None, row['language']):
            *question, answer = row['messages']
            pairs.append(prompt_and_answer(tokenizer, question, answer['content']))
    if not pairs:
        raise ValueError(f"language={language!r}: 'en', 'zh' or None")
    return pairs


def prompt_and_answer(tokenizer, messages: list[dict], answer: str) -> tuple[list[int], list[int]]:
    """(prompt, whole): token ids of the messages as the chat template writes them, and those followed by the answer."""
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    before, after = (tokenizer(text, add_special_tokens=False).input_ids for text in (prompt, answer))
    return before, before + after


def answer_nlls(pipe, pairs: list[tuple[list[int], list[int]]], at_once: int = 8) -> list[float]:
    """Negative log-likelihood of each answer given its prompt, in nats, summed over the answer's tokens.

    `pairs` as `prompt_and_answer` makes them, scored `at_once` pairs at a time: an engine makes the logits of all
    tokens that it scores together, and of 8192 tokens of a vocabulary of 92544 they are 3 GB.
    LMDeploy's `pipe.get_ppl(ids)` returns the mean over ids[1:]; the answer's is the difference of the two sums.
    """
    means = []
    for start in range(0, len(pairs), at_once):
        means += pipe.get_ppl([ids for pair in pairs[start : start + at_once] for ids in pair])
    return [
        mean_whole * (len(whole) - 1) - mean_prompt * (len(prompt) - 1)
        for (prompt, whole), mean_prompt, mean_whole in zip(pairs, means[::2], means[1::2], strict=True)
    ]


def answer_perplexity(pipe, pairs: list[tuple[list[int], list[int]]], at_once: int = 8) -> float:
    """Perplexity of the answers given their questions, over all tokens of the answers; 1 is certainty.

    `pairs`: what `heldout_answers` gives, scored `at_once` pairs at a time.
    """
    tokens = sum(len(whole) - len(prompt) for prompt, whole in pairs)
    return math.exp(sum(answer_nlls(pipe, pairs, at_once)) / tokens)
