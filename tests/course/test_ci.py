"""What runs the checks: the workflow for a code host, and the script that it calls."""

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
    lines = (ROOT / '.ci' / 'run').read_text().splitlines()
    assert lines[-2:] == ['make test', 'make test-deep']


def test_the_site_is_published_from_main_after_the_checks():
    workflow = yaml.safe_load(WORKFLOW.read_text())
    checks, pages = workflow['jobs']['checks'], workflow['jobs']['pages']
    assert workflow[True]['push'] == {'branches': ['main']}, 'YAML reads `on` as true'
    assert pages['if'] == checks['steps'][-1]['if'] == "github.event_name == 'push'"
    assert pages['needs'] == 'checks'
    assert checks['steps'][-1]['with'] == {'path': 'build/site'}
    assert any(line.startswith('make site') for line in (ROOT / '.ci' / 'run').read_text().splitlines())
