"""Where Prometheus lies on this machine; it is a program of its own, no package of Python."""

import os
import shutil

VARIABLE = 'PROMETHEUS'  # names the program where it is not in the PATH


def find_prometheus() -> str:
    """The path of the program: what $PROMETHEUS names, else `prometheus` in the PATH.

    Raises FileNotFoundError with the line that installs it.
    """
    given = os.environ.get(VARIABLE)
    if found := shutil.which(given or 'prometheus'):
        return found
    if given:
        raise FileNotFoundError(f'PROMETHEUS names {given}, and that is no program')
    raise FileNotFoundError(
        'Prometheus is not on this machine: sudo apt install prometheus, then sudo systemctl disable --now prometheus '
        '(else it runs all the time, and every machine of the network may read it).  Without root: unpack an archive '
        "from https://prometheus.io/download, then os.environ['PROMETHEUS'] = 'FOLDER/prometheus'"
    )
