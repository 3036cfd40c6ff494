"""Could this model have written this answer?  The mean log-probability of its tokens under the grader's own copy.

A model gives the text that it wrote a high probability, and a text that somebody typed, or that was changed, a lower
one.  How low an honest answer goes was measured (`benchmarks/homework_bands.py`).
"""

from pathlib import Path


def answer_scores(pipe, model: Path | str, answers: list[tuple[list[dict], str]], at_once: int = 8) -> list[float]:
    """Mean natural log-probability of the tokens of each answer after its messages, as `pipe` sees them; at most 0.

    Args:
        pipe: an `lmdeploy.pipeline` of the checkpoint in `model`, whose chat template and tokenizer are used.
        answers: pairs of messages (`role` and `content` each) and the answer's text.
        at_once: how many answers the engine gets at a time.

    LMDeploy's `pipe.get_ppl(ids)` returns the mean negative log-likelihood of ids[1:]; the answer's is the difference
    of the sums with and without it.

    Raises ValueError for an answer without a token.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    pairs = []
    for messages, text in answers:
        prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        before, answer = (tokenizer(part, add_special_tokens=False).input_ids for part in (prompt, text))
        if not answer:
            raise ValueError('an empty answer has no score')
        pairs.append((before, before + answer))
    nll = []
    for start in range(0, len(pairs), at_once):
        nll += pipe.get_ppl([ids for pair in pairs[start : start + at_once] for ids in pair])
    return [
        -(nll_whole * (len(whole) - 1) - nll_before * (len(before) - 1)) / (len(whole) - len(before))
        for (before, whole), nll_before, nll_whole in zip(pairs, nll[::2], nll[1::2], strict=True)
    ]
