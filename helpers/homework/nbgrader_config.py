"""nbgrader's settings for chapter 9: copy this file into the course's folder (README.md tells how)."""

import os
import tempfile

c = get_config()  # noqa: F821 - nbgrader gives it
c.CourseDirectory.course_id = 'lmdeploy'
# A work cell is comments: it stays a cell that runs, so that tasks that nobody did cost no others their points.
c.ClearSolutions.code_stub = {'python': '# YOUR CODE HERE'}
c.ExecutePreprocessor.timeout = 900  # seconds for a cell: a benchmark takes a while on a CPU
# The learner's code runs here: what it collects must not land among one's own.
os.environ['COURSE_SUBMISSION'] = tempfile.mkdtemp(prefix='autograded-')
