"""What runs the checks: the workflow for a code host, and the script that it calls."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / '.github' / 'workflows' / 'ci.yml'


def zizmor(folder: Path) -> subprocess.CompletedProcess:
    """The linter's word on the workflows in `folder`, without asking anybody outside."""
    command = [
        Path(sys.executable).with_name('zizmor'),
        '--offline',
        '--no-progress',
        '--pedantic',
        '--strict-collection',
    ]
    return subprocess.run([*command, folder], capture_output=True, text=True)


def test_the_workflow_is_clean():
    done = zizmor(WORKFLOW.parent)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ('change', 'finding'),
    [
        (('@11bd71901bbe5b1630ceea73d27597364c9af683  # v4.2.2', '@v4'), 'unpinned-uses'),
        (('permissions: {}\n', 'permissions: write-all\n'), 'excessive-permissions'),
        (('.ci/run', 'echo ${{ github.head_ref }}'), 'template-injection'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_the_linter_sees(tmp_path, change, finding):
    folder = shutil.copytree(WORKFLOW.parent, tmp_path / '.github' / 'workflows')
    text = WORKFLOW.read_text()
    assert change[0] in text
    (folder / 'ci.yml').write_text(text.replace(*change))
    done = zizmor(folder)
    assert done.returncode != 0
    assert finding in done.stdout


def test_it_runs_what_readme_says():
    jobs = yaml.safe_load(WORKFLOW.read_text())['jobs']
    assert [step['run'] for job in jobs.values() for step in job['steps'] if 'run' in step] == ['.ci/run']


# Stands for make: each call is a line of calls.log; `failures` holds for each call of a target which tests fail.
MAKE = """#!/bin/sh
echo "$@" >> calls.log
next=$(ls failures/$1.* 2>/dev/null | head -1)
[ -n "$next" ] || exit 0
mkdir -p .pytest_cache/v/cache
mv "$next" .pytest_cache/v/cache/lastfailed
exit 2
"""


@pytest.mark.parametrize(
    ('failures', 'calls', 'passes'),
    [
        ({}, ['test', 'test-deep'], True),
        ({'test.1': ['a.py::b[x y]', 'a.py::c', 'd.py::e']}, ['test', 'test ARGS=a.py d.py', 'test-deep'], True),
        ({'test-deep.1': ['n.ipynb::Cell 3']}, ['test', 'test-deep', 'test-deep ARGS=n.ipynb'], True),
        ({'test.1': ['a.py::b'], 'test.2': ['a.py::b']}, ['test', 'test ARGS=a.py'], False),
        ({'test.1': ['a.py::b', 'a.py::c', 'a.py::d', 'a.py::e']}, ['test'], False),
        ({'test.1': None}, ['test'], False),  # the linter: no test failed, no second try
        ({'test.1': []}, ['test'], False),  # pytest itself ended, after a run without a failed test
    ],
    ids=['all pass', 'a race', 'a race in a notebook', 'broken', 'much is broken', 'the linter', 'no test failed'],
)
def test_ci_calls_what_readme_says_and_a_failed_test_twice(tmp_path, failures, calls, passes):
    (tmp_path / '.ci').mkdir()
    script = shutil.copy(ROOT / '.ci' / 'run', tmp_path / '.ci')
    (tmp_path / 'failures').mkdir()
    for name, tests in failures.items():
        (tmp_path / 'failures' / name).write_text('' if tests is None else json.dumps(dict.fromkeys(tests, True)))
    programs = tmp_path / 'bin'
    programs.mkdir()
    there = dict.fromkeys(('chromium', 'npm', 'prometheus'), '')
    for name, text in {'make': MAKE, 'fc-list': '#!/bin/sh\necho font\n', **there}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    done = subprocess.run(
        [script], env={**os.environ, 'PATH': f'{programs}:{os.environ["PATH"]}'}, capture_output=True, text=True
    )
    assert (done.returncode == 0) == passes, done.stdout + done.stderr
    assert (tmp_path / 'calls.log').read_text().splitlines() == ['nbgrader', 'hub', 'site', *calls]
    named = [test for tests in failures.values() for test in tests or () if passes]
    assert done.stdout.splitlines()[-len(named) or len(done.stdout) :] == named


def test_the_site_is_published_from_main_after_the_checks():
    workflow = yaml.safe_load(WORKFLOW.read_text())
    checks, pages = workflow['jobs']['checks'], workflow['jobs']['pages']
    assert workflow[True]['push'] == {'branches': ['main']}, 'YAML reads `on` as true'
    assert pages['if'] == checks['steps'][-1]['if'] == "github.event_name == 'push'"
    assert pages['needs'] == 'checks'
    assert checks['steps'][-1]['with'] == {'path': 'build/site'}
    assert any(line.startswith('make site') for line in (ROOT / '.ci' / 'run').read_text().splitlines())
