"""Homework: evidence collected while a task is worked on, its card, the submission, and (for instructors) grading.

`begin_task` collects, `submission_card` is the card of a chapter, `pack_submission` writes `submission-NAME.zip`.
`python -m helpers.homework` packs, too, and grades.
"""

import importlib

_MODULE_OF = {
    'HomeworkError': 'evidence',
    'TASKS': 'tasks',
    'begin_task': 'work',
    'check_tasks': 'pack',
    'pack_submission': 'pack',
    'submission_card': 'chapters',
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str):
    if name not in _MODULE_OF:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(importlib.import_module(f'.{_MODULE_OF[name]}', __name__), name)
