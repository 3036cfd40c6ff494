"""Exercises of "Pictures from strangers": the largest picture that is read, and the hosts that one trusts."""

import math
from collections.abc import Iterator
from urllib.parse import urlsplit

from lmdeploy_cpu.patches.pictures import MOST_PIXELS

from .checking import exercise
from .judging import Result, amount, expect, judged

_PILLOW_PIXELS = 178_956_970  # above which Pillow refuses by itself
HOSTS = ('images.example', 'pictures.example')


@exercise('pictures_from_strangers.1')
def largest_square(side) -> Result:
    """The side in pixels of the largest square picture that the course's server reads."""
    right = math.isqrt(MOST_PIXELS)
    return amount(
        side,
        right,
        'pixels a side',
        slips=[
            (math.isqrt(_PILLOW_PIXELS), "That is Pillow's own limit; here it is lower."),
            (math.sqrt(MOST_PIXELS), 'Whole pixels: round down.'),
            (right + 1, 'Round down: that one is too large by some pixels.'),
            (math.isqrt(MOST_PIXELS // 3), 'The limit counts pixels; the three bytes of each come on top.'),
            (MOST_PIXELS, 'Those are the pixels of all: the side is their square root.'),
            (MOST_PIXELS / 4, 'That is a quarter of them; the side is their square root.'),
            (20_000, 'That is the bomb, which is refused.'),
        ],
        tolerance=0,
        because=f'It is {3 * right**2 / 1e6:.0f} MB in memory, however few bytes came over the wire.',
    )


@exercise('pictures_from_strangers.2')
def trusted_hosts(may_fetch) -> Result:
    """A function of an address and a list of hosts: may a server fetch a picture there?"""
    expect(callable(may_fetch), 'may_fetch is a function: give its name, without brackets.')
    for address, words in _addresses():
        try:
            taken = bool(may_fetch(address, list(HOSTS)))
        except Exception as error:
            return judged(False, f'It raises {type(error).__name__} when it gets {address}.')
        if taken != _right(address):
            return judged(False, f'{address}: {words}')
    return judged(True, 'Right: but what the name means, its owner decides. Trust the hosts, not their names alone.')


def _right(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ('http', 'https') and parts.hostname in HOSTS
    except ValueError:
        return False


def _addresses() -> Iterator[tuple[str, str]]:
    """Addresses, and what to say of each where the answer is the wrong one."""
    yield 'http://images.example/cat.png', 'that host is on the list.'
    yield 'https://pictures.example/cat.png', 'that host is on the list, and https is as good as http.'
    yield 'http://images.example:8080/cat.png', 'the port does not belong to the name of the host.'
    yield 'http://IMAGES.example/cat.png', 'names of hosts know no capital letters: it is the same host.'
    yield 'http://127.0.0.2/cat.png', 'that host is not on the list.'
    yield 'http://images.example.evil.test/cat.png', 'this belongs to evil.test. Compare the whole host.'
    yield 'http://evilimages.example/cat.png', 'another host, which only ends like that. Compare the whole host.'
    yield 'http://evil.test/images.example/cat.png', 'the host is evil.test; what follows is a folder of its own.'
    yield 'http://evil.test?images.example', 'the host is evil.test; what follows is its question.'
    yield 'http://images.example@127.0.0.2/cat.png', 'that is the trap: before the @ stands a user, the host follows.'
    yield 'http://images.example:80@127.0.0.2/', 'that is the trap: before the @ stand user and password.'
    yield 'file://images.example/etc/passwd', "that is a file of the server's: http and https alone."
    yield '/etc/passwd', 'that is no address, but a file.'
    yield 'http://[images.example/cat.png', 'nobody can read that: no.'
    yield '', 'that is no address.'
