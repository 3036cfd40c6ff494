"""The three tools as a server of the Model Context Protocol, for any program that speaks it.

    python -m lessons.agent.mcp_server

It talks on standard input and output; nothing listens on a network.  `--now 2026-03-02T12:00+00:00` stops its clock.
"""

import argparse
import functools
from datetime import datetime

from .clock import utc_now
from .pages import Pages
from .tools import course_tools


def make_server(now=utc_now, pages: Pages | None = None):
    """The server, not yet running; the SDK reads each tool's schema from its function's types."""
    from mcp.server import MCPServer

    server = MCPServer('lmdeploy-course', log_level='CRITICAL')
    for tool in course_tools(pages or Pages(), now):
        server.add_tool(_speaking(tool.run), name=tool.name, description=tool.what, structured_output=False)
    return server


def _speaking(function):
    """The SDK tells a client that a tool failed, and not why, unless the tool says so by a ToolError."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(function)
    def called(**arguments):
        try:
            return function(**arguments)
        except ValueError as error:
            raise ToolError(str(error)) from None

    return called


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--now', type=datetime.fromisoformat, help='a moment with its zone, for a clock that stands')
    moment = parser.parse_args().now
    make_server(utc_now if moment is None else lambda: moment).run('stdio')


if __name__ == '__main__':
    main()
