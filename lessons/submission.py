"""Where a learner's work is collected: evidence, cards, predictions, archives."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER_VARIABLE = 'COURSE_SUBMISSION'


def submission_folder() -> Path:
    """$COURSE_SUBMISSION, or `submission` in the project's folder."""
    return Path(os.environ.get(FOLDER_VARIABLE) or ROOT / 'submission').expanduser()
