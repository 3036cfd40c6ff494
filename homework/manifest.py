"""What a submission's archive is called, and the digest that its manifest carries."""

import hashlib
import re
import unicodedata

_SLUG_CHARACTERS = 40


def slug(name: str) -> str:
    """The name as it stands in the archive's: ASCII letters and digits; a hash of it where that tells too little."""
    plain = unicodedata.normalize('NFKD', name).encode('ascii', 'ignore').decode()
    plain = re.sub(r'[^A-Za-z0-9]+', '-', plain).strip('-').lower()
    kept = sum(character.isalnum() for character in plain)
    if kept == sum(c.isalnum() for c in unicodedata.normalize('NFKD', name)) and 0 < len(plain) <= _SLUG_CHARACTERS:
        return plain
    digits = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f'{plain[: _SLUG_CHARACTERS - 9].strip("-")}-{digits}'.strip('-')


def digest_of(files: dict[str, dict]) -> str:
    """The digest over a manifest's files: SHA-256 of what `sha256sum` would print for them, sorted by name."""
    lines = ''.join(f'{files[path]["sha256"]}  {path}\n' for path in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()
