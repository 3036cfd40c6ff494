"""Both editions of the course as pages that need no network and no server; `make site` sets up what this runs in.

    build/site-env/bin/python docs/build.py [--out build/site]

Nothing is executed.  A warning of Sphinx, such as a link or an anchor that leads nowhere, is an error.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=Path, default=ROOT / 'build' / 'site', help='default: %(default)s')
    out = parser.parse_args().out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix='site-trees-') as trees:
        builds = []
        for name, tag in (('en', ()), ('zh', ('-t', 'zh'))):
            options = ['-c', 'docs', '-d', f'{trees}/{name}', '-W', '--keep-going', '--quiet', *tag]
            builds.append(subprocess.Popen([sys.executable, '-m', 'sphinx', *options, '.', out / name], cwd=ROOT))
        if any(code for code in [build.wait() for build in builds]):
            return 1
    shutil.copy(ROOT / 'docs' / 'index.html', out)
    slides = ROOT / 'build' / 'slides'  # decks, where somebody made them
    if slides.is_dir():
        shutil.copytree(slides, out / 'slides')
    print(f'both editions, without a network: {out / "index.html"}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
