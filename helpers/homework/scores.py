"""Could this model have written this answer?  The mean log-probability of its tokens under the grader's own copy.

A model gives the text that it wrote a high probability, and a text that somebody typed, or that was changed, a lower
one.  How low an honest answer goes was measured (`benchmarks/homework_bands.py`).
"""

import functools
import tempfile
from pathlib import Path

from ..checkpoints import internlm2_to_llama
from ..models import EMBEDDED
from .checkpoint import checkpoint_identity
from .expected import shape_of
from .verdicts import Said

TINY_CHAT = EMBEDDED / 'tiny-chat'
LEAST_CHARACTERS = 40  # a shorter answer says too little
_LONGEST_TOKENS = 2000  # prompt and answer, of the 2048 that tiny-chat reads
_ROLES = {'system', 'user', 'assistant'}


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


def score_submissions(submissions: list, wanted: bool = True) -> dict[tuple[int, str], list]:
    """Scores of all answers, under the grader's own tiny-chat, in fp32 on the CPU device.

    Returns, for the number of a submission and a task, a list with an entry for each answer: its score, or a `Said` why
    it has none.  The model is started only if there is something to score.
    """
    found, places, answers = {}, [], []
    for number, submission in enumerate(submissions):
        for task, evidence in submission.tasks.items():
            entries = found[number, task] = []
            engines = {engine['label']: engine for engine in evidence['engines']}
            for answer in evidence['answers']:
                engine = engines.get(answer['engine'])
                why = _why_not(answer, engine) if wanted else Said('why-no-scores')
                if why is None:
                    places.append((entries, len(entries)))
                    answers.append((answer['messages'], answer['text'].strip()))
                entries.append(why)
    for (entries, at), score in zip(places, _scores(answers), strict=True):
        entries[at] = score
    return found


def _why_not(answer: dict, engine: dict | None) -> Said | None:
    """Why an answer is not scored; None: it is."""
    if engine is None:
        return Said('why-no-engine', {'name': answer['engine']})
    checkpoint = engine['checkpoint']
    shape = shape_of(checkpoint)
    if shape is None or shape.model != TINY_CHAT.name:
        return Said('why-other-model', {'name': checkpoint['name']})
    if not shape.awq and checkpoint['weights_sample_sha256'] not in _own_samples():
        return Said('why-other-weights', {'name': checkpoint['name']})
    plain = all(isinstance(m['content'], str) and m['role'] in _ROLES for m in answer['messages'])
    if not plain or not answer['messages'] or answer.get('tool_calls') or answer.get('image_sha256'):
        return Said('why-picture-or-tools')
    temperature = (answer.get('sampling') or {}).get('temperature')
    if isinstance(temperature, int | float) and temperature > 1:
        return Said('why-sampling', {'found': temperature})
    if len(answer['text'].strip()) < LEAST_CHARACTERS:
        return Said('why-short', {'least': LEAST_CHARACTERS})
    return None


def _scores(answers: list[tuple[list[dict], str]]) -> list:
    """A score or a `Said` for each answer."""
    if not answers:
        return []
    try:
        from lmdeploy import pipeline
        from transformers import AutoTokenizer

        from ..engine import engine_config

        tokenizer = AutoTokenizer.from_pretrained(TINY_CHAT, trust_remote_code=False)
        fits = []
        for messages, text in answers:
            prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            fits.append(len(tokenizer(prompt + text, add_special_tokens=False).input_ids) <= _LONGEST_TOKENS)
        config = engine_config(engine='pytorch', device_type='cpu', session_len=2048, cache_max_entry_count=0.2)
        with pipeline(str(TINY_CHAT), backend_config=config, log_level='ERROR') as pipe:
            short = [answer for answer, fit in zip(answers, fits, strict=True) if fit]
            scores = iter(answer_scores(pipe, TINY_CHAT, short) if short else [])
            return [next(scores) if fit else Said('why-long') for fit in fits]
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        return [Said('why-failed', {'error': f'{type(error).__name__}: {error}'[:150]})] * len(answers)


@functools.cache
def _own_samples() -> set[str]:
    """What 16-bit checkpoints of tiny-chat are known by: packed as it ships, and unpacked for transformers and AWQ."""
    samples = {checkpoint_identity(TINY_CHAT)['weights_sample_sha256']}
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = internlm2_to_llama(TINY_CHAT, Path(scratch, 'llama'))
        samples.add(checkpoint_identity(unpacked)['weights_sample_sha256'])
    return samples
