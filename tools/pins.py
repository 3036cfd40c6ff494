"""Write constraints.txt anew: the version of every package that the course needs, itself named or not.

    .venv/bin/python tools/pins.py

Run it in an environment in which `make test-all` passed.  pyproject.toml says what the course can work with; with
constraints.txt everybody gets what it was tested with, and a package that changes overnight breaks nobody's lesson.  To
take newer versions: install them in .venv, run the tests, run this.
"""

from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CONSTRAINTS = Path(__file__).resolve().parents[1] / 'constraints.txt'
HEAD = '# What the course was tested with (tools/pins.py writes this file).  pip install -c constraints.txt …\n'


def installed(root: str = 'lmdeploy-course') -> dict[str, str]:
    """{name: version} of all that `root` needs in this environment, without `root`; extras are followed."""
    versions, waiting, seen = {}, [Requirement(root)], set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, extras := frozenset(wanted.extras)) in seen:
            continue
        seen.add((name, extras))
        found = distribution(name)
        versions[name] = Version(found.version).public  # 2.10.0 for 2.10.0+cpu
        for line in found.requires or ():
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({'extra': extra}) for extra in extras | {''}):
                waiting.append(needed)
    del versions[canonicalize_name(root)]
    return dict(sorted(versions.items()))


def main() -> None:
    lines = [f'{name}=={version}\n' for name, version in installed().items()]
    CONSTRAINTS.write_text(HEAD + ''.join(lines), encoding='utf-8')
    print(f'{len(lines)} packages')


if __name__ == '__main__':
    main()
