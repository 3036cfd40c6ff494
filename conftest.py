"""What the tests of notebooks compare: the outputs of the embedded models on the CPU, whatever else the machine has."""

import os
import tempfile

os.environ['COURSE_MODEL'] = 'tiny-chat'
os.environ['COURSE_VLM'] = 'tiny-vlm'
os.environ['CUDA_VISIBLE_DEVICES'] = ''
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
_submission = tempfile.TemporaryDirectory(prefix='submission-')  # a learner's own is left alone
os.environ['COURSE_SUBMISSION'] = _submission.name


def pytest_collectstart(collector):
    """Leave stderr out: warnings and logs differ from machine to machine."""
    if collector.path.suffix == '.ipynb':
        collector.skip_compare += ('stderr',)
