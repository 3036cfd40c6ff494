"""Folders for sockets, through which a server and its engine speak."""

import os

# Of the 107 bytes that Linux has for a socket's name, multiprocessing adds these.
_LONGEST_FOLDER = 107 - len('/pymp-XXXXXXXX/listener-XXXXXXXX')


def has_room_for_sockets(folder: str) -> bool:
    """Whether the folder's name is short enough for multiprocessing to make its sockets there."""
    return len(os.fsencode(folder)) <= _LONGEST_FOLDER
