"""What is changed in LMDeploy's proxy, where the course starts it."""

from lessons.serving.keys import ApiKey
from lessons.serving.patches import serve_on_socket
from lmdeploy_cpu.patches.patching import Patches

PROXY = Patches('proxy', on_gpu=True)


@PROXY.patch('lmdeploy.cli.serve:SubCliServe.proxy', "The key comes through a pipe, as the server's does.")
def proxy_with_key(old, key: ApiKey):

    def proxy(args):
        args.api_keys = [key]
        return old(args)

    return proxy


@PROXY.patch(
    'lmdeploy.serve.utils.server_utils:AuthenticationMiddleware.__init__',
    '/nodes was open even when keys are set: whoever reaches the port could add a node of his own, to which other '
    "people's requests and keys would go, or empty the list.",
)
def want_the_key_everywhere(old):

    def __init__(self, app, tokens):
        old(self, app, tokens)
        self.skip_prefixes = []

    return __init__


@PROXY.patch(
    'lmdeploy.serve.proxy.proxy:node_manager',
    'It keeps its nodes in a file in site-packages, shared by all that run there, and reads it even with '
    '--disable-cache-status: requests would go to servers of another day, or of another user.',
)
def begin_without_nodes(old):
    old.nodes.clear()
    return old


PROXY.patch('uvicorn.server:Server.run', 'The proxy too takes a socket that listens already.')(serve_on_socket)
