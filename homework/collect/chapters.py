"""The card at the end of a chapter."""

from .work import TaskWork


def submission_card(
    chapter: int,
    name: str | None = None,
    *,
    engine=None,
    answer: tuple | None = None,
    time_s: float | None = None,
    before=None,
    language: str | None = None,
    **facts,
):
    """Draw and store the card of a chapter; return it, so that it shows under the cell.

    Args:
        chapter: its number.
        name: the learner's; None: as they said in learner_form().
        engine: what still runs at the end, a pipeline or a server; None where nothing does.
        answer: (question, reply) of what runs, as `TaskWork.answer` takes them.
        time_s: how long that answer took.
        before: a `device_memory()` from the chapter's start, or from before the engine's.
        language: 'en' or 'zh'; None: as they said there, or else the course's.
        facts: what else the card shows, a line each: `perplexity='1.06'`.
    """
    work = TaskWork(f'chapter-{chapter:02}', name, language)
    if before is not None:
        work.keep(before, 'before', alone=True)
    serves = hasattr(engine, 'base_url')
    if engine is not None:
        work.engine('server' if serves else 'pipeline', engine)
    if answer is not None:
        work.answer(*answer, time_s=time_s, client='openai' if serves else 'pipeline')
    for what, value in facts.items():
        work.row(what=what.replace('_', ' '), value=str(value))
    return work.finish(replace=True)
