"""A program in a terminal of its own, typed into by another program, and a picture of what stands on its screen.

    with Terminal(['python', '-m', 'lessons.serving.clients.terminal', URL]) as terminal:
        terminal.wait_for('>>> ')
        said = terminal.typed('What is TurboMind?', '', until='>>> ')
        terminal.picture('terminal.png')

The screen is kept by pyte, as a window would show it: wrapped, scrolled, coloured.
"""

import contextlib
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from homework.evidence import HomeworkError

_CELL = 10, 22  # pixels of a character, and of a line
_COLOURS = {
    'default': '#e6e6e6', 'black': '#101418', 'red': '#e06c75', 'green': '#7ec699', 'brown': '#f0c674',
    'blue': '#81a2be', 'magenta': '#b294bb', 'cyan': '#8abeb7', 'white': '#ffffff',
}  # fmt: skip
_CODES = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07')  # colours, and what moves the cursor
_GROUND, _CHINESE = '#101418', Path(__file__).resolve().parent / 'fonts' / 'CourseSansSC.ttf'


class Terminal:
    """The running program and its screen, `columns` by `rows`; at the end of the block the program is ended.

    `env`: variables that it sees besides this process's own; `cwd`: the folder that it begins in.
    """

    def __init__(
        self, command: Sequence[str], *, env: dict[str, str] | None = None, cwd: Path | None = None,
        columns: int = 100, rows: int = 30, timeout_s: float = 300.0,
    ):  # fmt: skip
        import pexpect
        import pyte

        self.command, self.timeout_s = list(command), timeout_s
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._child = pexpect.spawn(
            self.command[0], self.command[1:], encoding='utf-8', codec_errors='replace', dimensions=(rows, columns),
            env=os.environ | (env or {}), cwd=cwd,
        )  # fmt: skip
        self._child.delaybeforesend = 0.2
        self._since = ''  # what came since the last line that was typed

    def __enter__(self) -> 'Terminal':
        return self

    def __exit__(self, *_) -> None:
        import pexpect

        with contextlib.suppress(pexpect.ExceptionPexpect):  # killed, and a busy machine takes a while over it
            self._child.close(force=True)

    def wait_for(self, text: str) -> str:
        """All that came since the last line was typed, up to `text`.

        Raises HomeworkError: the program ended, or said it nowhere within `timeout_s`.
        """
        import pexpect

        deadline = time.monotonic() + self.timeout_s
        while text not in self._since:
            if time.monotonic() > deadline:
                raise HomeworkError(f'the terminal does not say {text!r}: {self._since[-300:]!r}')
            try:
                piece = self._child.read_nonblocking(4096, timeout=0.2)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                raise HomeworkError(f'the program has ended: {self._since[-300:]!r}') from None
            self._since += piece
            self._stream.feed(piece)
        return self._since[: self._since.index(text)]

    def typed(self, *lines: str, until: str) -> str:
        """Type lines, each with Enter; returns what the program said then up to `until`, without their echo."""
        self._since = ''
        for line in lines:
            self._child.send(f'{line}\r')
        said = _CODES.sub('', self.wait_for(until)).replace('\r\n', '\n').replace('\r', '')
        for line in filter(None, lines):
            said = said.removeprefix('\n').removeprefix(line)
        return said.strip()

    def end(self, *lines: str) -> None:
        """Type lines, each with Enter, and wait until the program has ended by itself."""
        import pexpect

        for line in lines:
            self._child.send(f'{line}\r')
        self._child.expect(pexpect.EOF, timeout=self.timeout_s)

    def picture(self, path: Path | str) -> Path:
        """Store the screen as a PNG; returns its path."""
        from matplotlib import get_data_path
        from PIL import Image, ImageDraw, ImageFont

        latin = ImageFont.truetype(Path(get_data_path(), 'fonts', 'ttf', 'DejaVuSansMono.ttf'), 16)
        chinese = ImageFont.truetype(_CHINESE, 18)
        width, height = _CELL
        image = Image.new('RGB', (self._screen.columns * width + 20, self._screen.lines * height + 20), _GROUND)
        draw = ImageDraw.Draw(image)
        for row in range(self._screen.lines):
            for column in range(self._screen.columns):
                cell = self._screen.buffer[row][column]
                if not cell.data.strip():
                    continue
                font = latin if ord(cell.data[0]) < 0x2E80 else chinese
                colour = _COLOURS.get(cell.fg, _COLOURS['default'])
                draw.text((10 + column * width, 27 + row * height), cell.data, colour, font, anchor='ls')
        image.save(path)
        return Path(path)
