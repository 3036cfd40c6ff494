"""The command line of a program: its docstring is the manual, and a record's name is checked before anything runs."""

import argparse
import signal
import sys
from pathlib import Path

from benchmarks.saving import require_savable


class CommandLine(argparse.ArgumentParser):
    """A parser with `--help` and, where a record is kept, `--save` and `--commit`.

    Args:
        manual: the program's docstring.
        record: an example of a record's name, such as 'h200/speed'; None: the program keeps none.
    """

    def __init__(self, manual: str, record: str | None = None):
        super().__init__(
            prog=f'python -m benchmarks.{Path(sys.argv[0]).stem}',
            description=manual,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if record:
            self.add_argument('--save', help=f'name of the record to write, such as {record}')
            self.add_argument('--commit', help="the course's commit, where git is not at hand")

    def parse_args(self, args=None, namespace=None) -> argparse.Namespace:
        """As always; with `--save`, `commit` is one that a record can bear.

        Raises:
            ValueError, RuntimeError: as `require_savable`.
        """
        found = super().parse_args(args, namespace)
        # `timeout` or a job scheduler: what a program has started ends with it, and gives the card's memory back.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        if getattr(found, 'save', None):
            found.commit = require_savable(found.save, found.commit)
        return found
