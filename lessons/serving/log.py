"""What the log of a server that did not start most likely means."""

import re
from pathlib import Path

from helpers.files import tilde
from lessons.kernels import who_holds_memory

# The first that is found in the log, anywhere, is taken.
_MEANINGS = [
    (
        r'out of memory|OutOfMemory|MemoryAllocation|killed by signal 9|memory budget|not enough.{0,20}memory',
        'Out of memory.  See who else uses it (`helpers.device_memory()`, another notebook\'s kernel), then lower '
        'cache_max_entry_count or session_len, or serve W4A16 weights',
    ),
    (
        r'not a valid model identifier|Repository Not Found|RepositoryNotFound|LocalEntryNotFound|does not appear to '
        r'have a file|HFValidationError|Unrecognized model|MaxRetryError|OfflineMode|no config.json',
        'The model was not found, or its folder is no checkpoint.  `helpers.model_path(NAME)` says where a model lies',
    ),
    (
        r'mismatched quant method|qweight|is not quantised|unsupported quant config',
        'The checkpoint is not in the format that model_format names',
    ),
    (r'[Aa]ddress already in use', 'Another process took the port'),
    (r'api_server: error:|not registered|unrecognized arguments', 'LMDeploy does not know an argument, or its value'),
    (r'does not run on the CPU', 'The CPU engine cannot do that'),
]  # fmt: skip


def why_it_ended(log: Path) -> str:
    """What the log most likely means, and its end."""
    text = _text(log)
    errors = re.findall(r'^[\w.]+(?:Error|Exception): .*', text, re.M)
    meaning = next((meaning for pattern, meaning in _MEANINGS if re.search(pattern, text)), None)
    if meaning and meaning.startswith('Out of memory'):
        meaning += who_holds_memory()
    return f'{meaning or (errors or ["its log may say why"])[-1]}.\n{end_of_log(log)}'


def end_of_log(log: Path, lines: int = 15) -> str:
    """The last lines, under the log's name."""
    return '\n'.join([f'The end of {tilde(log)}:', *(f'    {line}' for line in _text(log).splitlines()[-lines:])])


def _text(log: Path) -> str:
    try:
        text = log.read_text(encoding='utf-8', errors='replace')
    except OSError:
        return ''
    return re.sub(r'\x1b\[[0-9;]*m', '', text)  # without colours
