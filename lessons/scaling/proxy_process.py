"""The process that `lessons.scaling.clusters` starts for LMDeploy's proxy; it ends as `lessons.serving.process`'s does.

    python -m lessons.scaling.proxy_process SOCKET [options of `lmdeploy serve proxy`]

What is put right in it on the way stands in `patches.py`.
"""

import socket
import sys

from lessons.serving.keys import ApiKey
from lessons.serving.process import main


def serve(key: ApiKey, listening: socket.socket, arguments: list[str]) -> None:
    """Run `lmdeploy serve proxy` in this process, with the key, on the socket."""
    sys.argv = ['lmdeploy', 'serve', 'proxy', *arguments, '--disable-cache-status']
    from lmdeploy.cli import run as lmdeploy

    from .patches import PROXY

    PROXY.apply(key=key, listening=listening)
    lmdeploy()


if __name__ == '__main__':
    main(serve)
