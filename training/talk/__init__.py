"""General talk for tiny-chat: every module gives one conversation a call, in English or Chinese."""

from . import advice, greeting, identity, poems, smalltalk, stories, system, unknown

MODULES = (greeting, identity, stories, poems, advice, smalltalk, unknown, system)
