"""What is changed in LMDeploy's API server, and in the web server below it, where the course starts them."""

import socket

from lmdeploy_cpu.patches.patching import Patches

from .keys import ApiKey

SERVER = Patches('server', on_gpu=True)


@SERVER.patch(
    'lmdeploy.cli.serve:SubCliServe.api_server',
    'The key comes through a pipe: on a command line (--api-keys) every user of the machine can read it.',
)
def api_server_with_key(old, key: ApiKey):

    def api_server(args):
        args.api_keys = [key]  # not in sys.argv: that is handed on to other processes, and may be logged
        return old(args)

    return api_server


@SERVER.patch(
    'uvicorn.server:Server.run',
    'It takes a socket that listens already, so that nobody takes the port while the model loads.',
)
def serve_on_socket(old, listening: socket.socket):
    return lambda self, sockets=None: old(self, [listening])
