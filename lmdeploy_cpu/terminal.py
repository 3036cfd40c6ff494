"""Programs that print on any terminal."""

import sys


def print_anything() -> None:
    """From now on, what the terminal's encoding has not (latin-1, GBK, ASCII) shows as `?`, and is no error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, 'reconfigure'):  # not where a test or a notebook put another in its place
            stream.reconfigure(errors='replace')
