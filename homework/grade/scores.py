"""Could this model have written this answer?  The mean log-probability of its tokens under the grader's own copy.

A model gives the text that it wrote a high probability, and a text that somebody typed, or that was changed, a lower
one.  How low an honest answer goes was measured (`benchmarks/homework_bands.py`).
"""

import functools
import tempfile
from pathlib import Path

from helpers.models import EMBEDDED
from homework.checkpoint import checkpoint_identity
from homework.schema import Answer, Engine
from lessons.kv_cache.perplexity import answer_nlls, prompt_and_answer
from lessons.llama import internlm2_to_llama
from lessons.texts import load_tokenizer

from .expected import shape_of
from .rubric import SCORED
from .verdicts import Finding

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

    Raises ValueError for an answer without a token.
    """
    tokenizer = load_tokenizer(model)
    pairs = [prompt_and_answer(tokenizer, messages, text) for messages, text in answers]
    if any(len(prompt) == len(whole) for prompt, whole in pairs):
        raise ValueError('an empty answer has no score')
    nlls = answer_nlls(pipe, pairs, at_once)
    return [-nll / (len(whole) - len(prompt)) for nll, (prompt, whole) in zip(nlls, pairs, strict=True)]


def score_submissions(submissions: list, wanted: bool = True) -> dict[tuple[int, str], list]:
    """Scores of all answers, under the grader's own tiny-chat, in fp32 on the CPU device.

    Where they are not wanted, each answer that could have one has the finding `why-no-scores` in its place.

    Returns, for the number of a submission and a task, a list with an entry for each answer: its score, or a `Finding`
    why it has none.  The model is started only if there is something to score.
    """
    found, places, answers = {}, [], []
    for number, submission in enumerate(submissions):
        for task, evidence in submission.tasks.items():
            entries = found[number, task] = []
            engines = {engine.label: engine for engine in evidence.engines}
            for answer in evidence.answers:
                engine = engines.get(answer.engine)
                why = _why_not(answer, engine)
                if why is None and not wanted:
                    why = Finding('why-no-scores')
                elif why is None and not _is_own(engine):
                    why = Finding('why-other-weights', {'name': engine.checkpoint.name})
                if why is None:
                    places.append((entries, len(entries)))
                    messages = [{'role': m.role, 'content': m.content} for m in answer.messages]
                    answers.append((messages, answer.text.strip()))
                entries.append(why)
    for (entries, at), score in zip(places, _scores(answers), strict=True):
        entries[at] = score
    return found


def _why_not(answer: Answer, engine: Engine | None) -> Finding | None:
    """Why an answer is not scored; None: it is, if the weights are the grader's own."""
    if engine is None:
        return Finding('why-no-engine', {'name': answer.engine})
    checkpoint = engine.checkpoint
    shape = shape_of(checkpoint)
    if shape is None or shape.model != TINY_CHAT.name:
        return Finding('why-other-model', {'name': checkpoint.name})
    plain = all(isinstance(m.content, str) and m.role in _ROLES for m in answer.messages)
    if not plain or not answer.messages or answer.tool_calls or answer.image_sha256:
        return Finding('why-picture-or-tools')
    temperature = (answer.sampling or {}).get('temperature')
    if isinstance(temperature, int | float) and temperature > 1:
        return Finding('why-sampling', {'found': temperature})
    if len(answer.text.strip()) < LEAST_CHARACTERS:
        return Finding('why-short', {'least': LEAST_CHARACTERS})
    return None


def _is_own(engine: Engine) -> bool:
    """Whether the weights can be the grader's tiny-chat; the first call takes seconds."""
    checkpoint = engine.checkpoint
    return shape_of(checkpoint).awq or checkpoint.weights_sample_sha256 in _own_samples()


def left_out(found: dict[tuple[int, str], list]) -> dict[tuple[int, str], int]:
    """Of the scores that `score_submissions` found: for a submission and a task, how many answers of a task that is
    judged by them were not checked because nobody wanted it; those with none are not there."""
    counts = {
        (number, task): sum(isinstance(e, Finding) and e.key == 'why-no-scores' for e in entries)
        for (number, task), entries in found.items()
        if task in SCORED
    }
    return {place: count for place, count in counts.items() if count}


def _scores(answers: list[tuple[list[dict], str]]) -> list:
    """A score or a `Finding` for each answer."""
    if not answers:
        return []
    try:
        from lmdeploy import pipeline

        from helpers.engine import engine_config

        tokenizer = load_tokenizer(TINY_CHAT)
        fits = []
        for messages, text in answers:
            prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            fits.append(len(tokenizer(prompt + text, add_special_tokens=False).input_ids) <= _LONGEST_TOKENS)
        config = engine_config(engine='pytorch', device_type='cpu', session_len=2048, cache_max_entry_count=0.2)
        with pipeline(str(TINY_CHAT), backend_config=config, log_level='ERROR') as pipe:
            short = [answer for answer, fit in zip(answers, fits, strict=True) if fit]
            scores = iter(answer_scores(pipe, TINY_CHAT, short) if short else [])
            return [next(scores) if fit else Finding('why-long') for fit in fits]
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        return [Finding('why-failed', {'error': f'{type(error).__name__}: {error}'[:150]})] * len(answers)


@functools.cache
def _own_samples() -> set[str]:
    """What 16-bit checkpoints of tiny-chat are known by: packed as it ships, and unpacked for transformers and AWQ."""
    samples = {checkpoint_identity(TINY_CHAT).weights_sample_sha256}
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = internlm2_to_llama(TINY_CHAT, Path(scratch, 'llama'))
        samples.add(checkpoint_identity(unpacked).weights_sample_sha256)
    return samples
