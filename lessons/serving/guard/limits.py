"""How large a request may be, and how one is refused."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Of one request; what is larger gets a 4xx."""

    body_bytes: int = 32 << 20  # pictures travel in it as base64
    body_time_s: float = 20.0  # to arrive in, after the last piece of it
    values: int = 400_000
    depth: int = 64
    characters_per_token: int = 32  # times the session's length: more text than any tokenizer fits into it
    stop_words: int = 16
    stop_characters: int = 256
    prompts: int = 128
    pictures: int = 16
    pixels: int = 50_000_000  # of all pictures of a request, which are in memory at once


@dataclass(frozen=True)
class Engine:
    """What the guard knows of the engine behind it; None: unknown."""

    session_len: int | None = None  # tokens
    vocabulary: int | None = None  # tokens
    stop_tokens: Callable[[str], list[int]] | None = None  # those at which LMDeploy stops for a word


class Refused(Exception):
    """The request's answer: `status`, and why."""

    def __init__(self, reason: str, status: int = 400):
        super().__init__(reason)
        self.status = status
