"""The tools of an MCP server as a toolbox for the loop: it neither knows nor cares where its tools are."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence

from .pages import NOTEBOOKS
from .tools import MOST_CHARACTERS, described


class McpToolbox:
    """What the loop asks for, from the session of a server; `open_toolbox` makes it."""

    def __init__(self, portal, client):
        self._portal, self._client = portal, client
        self.descriptions = [
            described(tool.name, tool.description or '', tool.input_schema)
            for tool in portal.call(client.list_tools).tools
        ]

    def call(self, name: str, arguments: str) -> str:
        """What the server's tool gives; 'error: …' for whatever went wrong, as `Toolbox.call`."""
        try:
            given = json.loads(arguments)
            result = self._portal.call(self._client.call_tool, name, given)
        except Exception as error:
            return f'error: {str(error) or type(error).__name__}'[:MOST_CHARACTERS]
        text = '\n'.join(part.text for part in result.content if part.type == 'text')
        return (f'error: {text}' if result.is_error else text)[:MOST_CHARACTERS]


@contextlib.contextmanager
def open_toolbox(arguments: Sequence[str] = ()) -> Iterator[McpToolbox]:
    """Start `lessons.agent.mcp_server` as a process of its own, and end it with the block.

    The SDK is asynchronous and the loop is not: a thread with an event loop stands between them.  The process gets a
    short list of this one's variables: no key that may be among them.
    """
    from anyio.from_thread import start_blocking_portal
    from mcp import Client, StdioServerParameters, stdio_client

    own = {name: os.environ[name] for name in ('PYTHONPATH',) if name in os.environ}
    server = StdioServerParameters(
        command=sys.executable,
        args=['-m', 'lessons.agent.mcp_server', *arguments],
        cwd=NOTEBOOKS.parent,
        env=own,
    )
    with start_blocking_portal() as portal:
        client = Client(stdio_client(server, errlog=sys.__stderr__))
        with portal.wrap_async_context_manager(client) as session:
            yield McpToolbox(portal, session)
