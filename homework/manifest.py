"""What a submission's archive is called, and the digest that its manifest carries."""

import hashlib
import re
import unicodedata

_SLUG_CHARACTERS = 40


def slug(name: str) -> str:
    """The name as it stands in a file's: letters and digits of any script; a hash of it where that tells too little."""
    plain = re.sub(r'[\W_]+', '-', unicodedata.normalize('NFC', name)).strip('-').lower()
    left_out = [
        c for c in name if unicodedata.category(c)[0] not in 'LNPZC'
    ]  # such as pictures: two may differ in them
    if 0 < len(plain) <= _SLUG_CHARACTERS and not left_out:
        return plain
    digits = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f'{plain[: _SLUG_CHARACTERS - 9].strip("-")}-{digits}'.strip('-')


def digest_of(files: dict[str, dict]) -> str:
    """The digest over a manifest's files: SHA-256 of what `sha256sum` would print for them, sorted by name."""
    lines = ''.join(f'{files[path]["sha256"]}  {path}\n' for path in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()
