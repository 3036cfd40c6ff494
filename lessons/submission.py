"""Where a learner's work is collected: evidence, cards, predictions, archives."""

import os
from pathlib import Path

from .learner import course_home

FOLDER_VARIABLE = 'COURSE_SUBMISSION'


def submission_folder() -> Path:
    """$COURSE_SUBMISSION, or `submission` in the learner's folder."""
    return Path(os.environ.get(FOLDER_VARIABLE) or course_home() / 'submission').expanduser()
