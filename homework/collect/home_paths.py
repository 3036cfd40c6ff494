r"""Paths that tell whose machine it is: home folders of every system, as text, `repr`, JSON or address; shared folders.

C:\Users\Wei Zhang\a.png   /mnt/c/Users/…   /c/Users/…   \\wsl.localhost\Ubuntu\home\…   \\server\share\…
'C:\\Users\\…'   file:///C:/Users/Wei%20Zhang/…   %2Fhome%2F…   /Users/…   /home/…   /user/NAME/lab
"""

import re

# Every repetition has an end, so that no text takes a time that grows with its square.
_SEP = r'(?:[\\/]{1,8}|%(?:25){0,3}(?:5[Cc]|2[Ff]))'  # doubled by repr and JSON, coded in addresses
_ENDS = r'\\/\s:*?"\'<>|&`,;()\[\]{}，。；：！？、（）《》“”‘’【】'
# Letters of a name; JSON's \u5f20 is one, and so is the apostrophe of O'Brien.
_LETTER = rf'(?:\\{{1,8}}u[0-9A-Fa-f]{{4}}|(?!%(?:25){{0,3}}(?:5[Cc]|2[Ff]))[^{_ENDS}]|(?<=\w)\'(?=\w))'
_WORD = rf'{_LETTER}{{1,200}}'
# On Windows a name has blanks.  How far it goes, tell what stands behind it: a separator, a quote, a prompt's `>`, the
# line's end; else words with a capital are taken for parts of it, as a word too much is better than half a name.
_WORDS = (
    rf'(?:{_WORD}(?: {_WORD}){{0,4}}(?={_SEP}|\\{{0,8}}["\'`>])'
    rf'|{_WORD}(?: {_WORD})?(?=[ \t]{{0,8}}(?:\n|$))|{_WORD}(?: [A-Z][\w.-]{{1,200}}){{0,2}})'
)
_USERS = r'(?i:Users|Documents(?: |%(?:25){{0,3}}20)and(?: |%(?:25){{0,3}}20)Settings|用户)'
_DRIVE = (
    rf'(?:(?<![A-Za-z0-9])[A-Za-z](?::|%(?:25){{0,3}}3[Aa])'
    rf'|(?:{_SEP}(?:mnt|cygdrive|host_mnt|mnt{_SEP}host))?{_SEP}[A-Za-z]\$?)'
)
_WSL = rf'(?:[\\/]{{2,8}}wsl(?:\.localhost|\$){_SEP}{_WORD})'
_HOMES = tuple(
    map(
        re.compile,
        (
            rf'(?:{_SEP}[?.])?{_DRIVE}{_SEP}{_USERS}{_SEP}{_WORDS}',
            rf'{_WSL}?\\{{1,8}}(?:{_USERS}|homes?)\\{{1,8}}{_WORDS}',
            rf'{_WSL}?{_SEP}(?:home[0-9]*|homes|Users){_SEP}{_WORD}(?:(?: [A-Z][\w.-]{{1,200}}){{1,2}}(?={_SEP}))?',
            rf'(?<![\w.:/~-])/users/{_WORD}',
        ),
    )
)
_DISK = re.compile(rf'(?<![\w.:/~-])/(?:run/media/{_WORD}|media/{_WORD}|Volumes/{_WORD}(?: {_WORD}){{0,4}})(?=/)')
_HUB = re.compile(  # JupyterHub's addresses
    rf'(?<=/user/){_WORD}(?=/(?:lab|tree|api|notebooks|files|proxy|voila|doc|edit|view|terminals|static|vscode)\b)'
)


def _shared(times: int) -> re.Pattern:
    r"""`\\server\share\…\file`, each backslash written `times` times."""
    one = rf'\\{{{times}}}(?!\\)'
    middle, last = r'[^\\/:*?"<>|\n\r\t{}()&`]{1,80}', rf'[^{_ENDS}]{{1,200}}'
    end = r'(?=[\s"\'<>|`,;:)\]，。；：、]|$)'
    server = rf'(?<!\\)\\{{{2 * times}}}(?!\\)[\w.$~-]{{2,100}}'
    return re.compile(rf'{server}(?:(?:{one}{middle}(?={one})){{0,30}}{one}({last}){end}|(?<=\w~))')


_SHARED = tuple(map(_shared, (1, 2, 4)))


def clean_paths(text: str) -> str:
    """`text` with `~` for home folders, `[share]` and `[disk]` for others, `[name]` in JupyterHub's addresses."""
    for home in _HOMES:
        text = home.sub('~', text)
    for shared in _SHARED:
        text = shared.sub(_share, text)
    return _HUB.sub('[name]', _DISK.sub('[disk]', text))


def has_path(text: str) -> bool:
    return any(pattern.search(text) for pattern in (*_HOMES, *_SHARED, _DISK)) or any(
        match[0] != '[name]' for match in _HUB.finditer(text)
    )


def _share(match: re.Match) -> str:
    """A file's own name may stay; the last folder may be somebody's name."""
    return '[share]' + (rf'\{match[1]}' if re.search(r'\.\w{1,6}$', match[1] or '') else '')
