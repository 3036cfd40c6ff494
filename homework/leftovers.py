"""What systems leave beside people's files: macOS, Windows, NAS boxes, editors.  Nobody made it, nobody misses it."""

_FOLDERS = {
    '__macosx', '.appledouble', '.spotlight-v100', '.trashes', '.fseventsd', '.temporaryitems',
    '.documentrevisions-v100', '$recycle.bin', 'system volume information', '@eadir', '#recycle', '.ipynb_checkpoints',
}  # fmt: skip
_FILES = {'.ds_store', '.localized', 'icon\r', '.apdisk', 'thumbs.db', 'ehthumbs.db', 'desktop.ini', '.directory'}
_BEGINNINGS = ('._', '~$', '.nfs', '.fuse_hidden')  # AppleDouble, Office's locks, files still open when deleted
_ENDINGS = (':zone.identifier', '#zone.identifier')  # "from the internet", as WSL and Samba copy it


def is_leftover(path: str) -> bool:
    """Whether the file or folder at `path`, a relative one with `/`, is one of these, or lies in one."""
    *folders, name = path.removesuffix('/').casefold().split('/')
    if _FOLDERS & {*folders, name} or name in _FILES:
        return True
    return name.startswith(_BEGINNINGS) or name.endswith(_ENDINGS)
