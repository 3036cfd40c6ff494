"""The code behind each chapter: `lessons.NAME` belongs to `notebooks/NN_NAME.ipynb`."""

import os

if os.environ.get('COURSE_CLASS'):  # a class: the learner may have agreed that the instructor sees who is where
    from .progress.kernel import watch

    watch()
