"""Homework: evidence collected while a task is worked on, its card, the submission, and (for instructors) grading.

`begin_task` collects, `submission_card` is the card of a chapter, `pack_submission` writes `submission-NAME.zip`.
`python -m homework` packs, too, and grades.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        'collect.chapters': ['submission_card'],
        'collect.pack': ['check_tasks', 'pack_submission'],
        'collect.work': ['begin_task'],
        'evidence': ['HomeworkError'],
        'tasks': ['TASKS'],
    },
)
