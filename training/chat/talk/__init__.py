"""The talk of tiny-chat: each of MODULES gives one conversation a call, in English or Chinese.

Beside them lie arithmetic, extract, memory and tools, which mix.py takes as sources of their own.
"""

from . import advice, greeting, identity, poems, smalltalk, stories, system, unknown

MODULES = (greeting, identity, stories, poems, advice, smalltalk, unknown, system)
