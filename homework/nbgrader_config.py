"""nbgrader's settings for chapter 9: copy this file into the course's folder (README.md tells how)."""

import json
import os

c = get_config()  # noqa: F821 - nbgrader gives it
c.CourseDirectory.course_id = 'lmdeploy'
# The work cells hold no solutions, and learners keep what stands in them: skeletons with blanks, which run undone, so
# that a task that nobody did costs no others their points.
c.ClearSolutions.enabled = False
c.ExecutePreprocessor.timeout = 900  # seconds for a cell: a benchmark takes a while on a CPU


def own_folder(notebook, resources):
    """What a learner's code collects lands beside the graded notebook, under the name by which nbgrader knows them:
    not among one's own, nor among another's."""
    folder = os.path.abspath(os.path.join(resources['metadata']['path'], 'collected'))
    os.environ.update(COURSE_SUBMISSION=folder, COURSE_HOME=folder)
    os.makedirs(os.path.join(folder, 'work'), exist_ok=True)
    with open(os.path.join(folder, 'work', 'learner.json'), 'w', encoding='utf-8') as file:  # of lessons/learner.py
        json.dump({'name': resources['nbgrader']['student']}, file)
    return notebook, resources


c.Autograde.autograde_preprocessors.prepend([own_folder])
