"""The process that `helpers.clusters` starts for LMDeploy's proxy; it ends as `helpers.serve`'s does.

    python -m helpers.serve_proxy SOCKET [options of `lmdeploy serve proxy`]

Two things are put right on the way.  LMDeploy 0.18.0 leaves /nodes open even when keys are set: whoever reaches the
port could add a node of his own, to which other people's requests and keys would go, or empty the list.  Here they need
the key too.  And the proxy keeps its nodes in a file of LMDeploy's own folder in site-packages, shared by all that
run there, and reads it even with `--disable-cache-status`: a proxy would send requests to servers of another day, or of
another user.  Here it begins with none, and keeps no file.
"""

import functools
import socket
import sys

from .serve import main
from .server_keys import ApiKey


def serve(key: ApiKey, listening: socket.socket, arguments: list[str]) -> None:
    """Run `lmdeploy serve proxy` in this process, with the key, on the socket."""
    sys.argv = ['lmdeploy', 'serve', 'proxy', *arguments, '--disable-cache-status']
    import uvicorn
    from lmdeploy.cli import run as lmdeploy
    from lmdeploy.cli.serve import SubCliServe
    from lmdeploy.serve.proxy import proxy as module
    from lmdeploy.serve.utils import server_utils

    start, run = SubCliServe.proxy, uvicorn.Server.run

    @functools.wraps(start)
    def with_key(args):
        args.api_keys = [key]
        return start(args)

    class Authentication(server_utils.AuthenticationMiddleware):
        def __init__(self, app, tokens):
            super().__init__(app, tokens)
            self.skip_prefixes = []

    server_utils.AuthenticationMiddleware = Authentication
    module.node_manager.nodes.clear()
    SubCliServe.proxy = staticmethod(with_key)
    uvicorn.Server.run = lambda self, sockets=None: run(self, [listening])
    lmdeploy()


if __name__ == '__main__':
    main(serve)
