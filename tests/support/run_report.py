"""What a run of the tests says: the file it is at, how far it is, and at the end what a person reads in ten seconds."""

import collections
import os
import re
import time

import pytest

HEARTBEAT_S = 30


def _file(nodeid: str) -> str:
    return nodeid.split('::', 1)[0]


def _what(nodeid: str) -> str:
    """What counts as one in the list of the slowest: a test, or a notebook with all its cells."""
    return _file(nodeid) if _file(nodeid).endswith('.ipynb') else nodeid


def _clock(seconds: float) -> str:
    return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


class RunReport:
    """Replaces pytest's dots; with -v or -q pytest's own lines stay."""

    def __init__(self, config):
        self.config, self.begin, self.last_line = config, time.monotonic(), 0.0
        self.total = self.done = 0
        self.files, self.outcomes = set(), collections.Counter()
        self.seconds, self.skipped = collections.Counter(), collections.defaultdict(list)
        self.plain = config.option.verbose == 0

    def line(self, text: str) -> None:
        self.last_line = time.monotonic()
        share = f'{100 * self.done // self.total:3} %' if self.total else ''
        reporter = self.config.pluginmanager.getplugin('terminalreporter')
        reporter.write_line(f'{_clock(time.monotonic() - self.begin):>6} {share}  {text}', flush=True)

    def pytest_sessionstart(self):
        if self.plain:
            self.config.pluginmanager.getplugin('terminalreporter').showfspath = False

    def pytest_collection_finish(self, session):
        self.total = self.total or len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        self.total = len(ids)

    def pytest_runtest_logstart(self, nodeid):
        if _file(nodeid) not in self.files:
            self.files.add(_file(nodeid))
            if self.plain:
                self.line(_file(nodeid))
        elif self.plain and time.monotonic() - self.last_line > HEARTBEAT_S:
            self.line('at ' + nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report):
        if not self.plain or hasattr(report, 'wasxfail') or (report.passed and report.when != 'call'):
            return None
        outcome = 'error' if report.failed and report.when != 'call' else report.outcome
        return outcome, '', outcome.upper()  # counted, and no dot

    def pytest_runtest_logreport(self, report):
        self.seconds[_what(report.nodeid)] += report.duration
        if report.when == 'call' or report.outcome != 'passed':
            self.outcomes[report.outcome] += 1
        if report.when == 'teardown':
            self.done += 1
        if report.skipped:
            why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            why = f'known to fail, {report.wasxfail}' if hasattr(report, 'wasxfail') else why
            self.skipped[re.sub('^Skipped: ', '', why)].append(_file(report.nodeid))
        if report.failed and self.plain:
            self.line(f'FAILED {report.nodeid} ({report.when})')

    def pytest_unconfigure(self):
        """After all that pytest itself says."""
        terminalreporter = self.config.pluginmanager.getplugin('terminalreporter')
        used = os.times()
        processor_min = (used.user + used.system + used.children_user + used.children_system) / 60
        notebooks = sum(name.endswith('.ipynb') for name in self.files)
        outcomes = ', '.join(f'{count} {outcome}' for outcome, count in sorted(self.outcomes.items()))
        terminalreporter.section('in short')
        write = terminalreporter.write_line
        where = f'{len(self.files) - notebooks} files and {notebooks} notebooks'
        write(f'ran      {self.done} tests in {where}: {outcomes}')
        write(f'took     {_clock(time.monotonic() - self.begin)} min, and {processor_min:.1f} min of processor time')
        if self.config.option.markexpr:
            write(f'chosen   {self.config.option.markexpr}; the rest: make test-deep, make test-all')
        for why, files in self.skipped.items():
            write(f'skipped  {len(files)}: {why} ({", ".join(sorted(set(files)))})')
        for what, seconds in self.seconds.most_common(5):
            write(f'slowest  {seconds:5.0f} s  {what}')
