"""What a server of LMDeploy takes of the processor."""

import os
from pathlib import Path


def server_cpu_s(server) -> float:
    """Processor time of the thread that serves HTTP: the main one of the process below the watcher."""
    children = Path(f'/proc/{server.pid}/task/{server.pid}/children').read_text().split()
    ticks = Path(f'/proc/{children[0]}/task/{children[0]}/stat').read_text().rpartition(')')[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf('SC_CLK_TCK')
