"""What holds for every test and notebook, however the run was started.

What is compared are the outputs of the embedded models on the CPU, whatever else the machine has.
"""

import gc
import os
import shutil
import signal
import tempfile

import pytest
from run_report import RunReport
from side_by_side import FilesTogether, longest_first

# The Chinese edition has the same code and outputs; tests/tools/test_translate.py holds it so.
collect_ignore = ['notebooks/zh']
WORKER = 'PYTEST_XDIST_WORKER' in os.environ
NEEDS = {'05_watching.ipynb': 'prometheus'}  # programs; without one a notebook is skipped, and fails in CI
LONG = ('08_your_own_model.ipynb',)  # of the chapters; it trains for minutes

os.environ['COURSE_MODEL'] = 'tiny-chat'
os.environ['COURSE_VLM'] = 'tiny-vlm'
os.environ['COURSE_LANG'] = 'en'  # whatever the locale: what is compared was stored so
os.environ['CUDA_VISIBLE_DEVICES'] = ''
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
if WORKER:  # side by side, each with a core of its own
    os.environ.setdefault('OMP_NUM_THREADS', '1')
_submission = tempfile.TemporaryDirectory(prefix='submission-')  # a learner's own is left alone
os.environ['COURSE_SUBMISSION'] = _submission.name
os.environ['COURSE_HOME'] = _submission.name  # nor do the tests read who learns here


def _heed_signals():
    """`nohup make test &` ignores SIGINT and SIGHUP, and so would every child; those with a handler get the default."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


def pytest_configure(config):
    if WORKER or not getattr(config.option, 'numprocesses', None):  # tests run in this process
        _heed_signals()
    if not WORKER:
        config.pluginmanager.register(RunReport(config), 'run_report')


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """A core and 7 GB for each."""
    memory_bytes = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return max(1, min(len(os.sched_getaffinity(0)), int(memory_bytes / 7e9), 4))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return FilesTogether(config, log)


def pytest_collectstart(collector):
    """Leave stderr out: warnings and logs differ from machine to machine."""
    if collector.path.suffix == '.ipynb':
        collector.skip_compare += ('stderr',)


def pytest_collection_finish(session):
    """Closing an engine collects garbage; what the imports left is not looked through again each time."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.suffix == '.ipynb' and (item.path.parent.name in ('deep', 'solutions') or item.path.name in LONG):
            item.add_marker('deep')
        program = NEEDS.get(item.path.name) if item.path.parent.name == 'deep' else None
        if program and not (os.environ.get(program.upper()) or shutil.which(program) or os.environ.get('CI')):
            item.add_marker(pytest.mark.skip(reason=f'no {program} on this machine: sudo apt install {program}'))
    items.sort(key=longest_first)
