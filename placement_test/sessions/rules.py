"""Rules of resume codes.  Pure: no clock, no tables, no Django."""

from __future__ import annotations

# Crockford's base 32: no I, L, O or U, which people take for others.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOCATOR_LENGTH = 4
CODE_LENGTH = 12
GROUP = 4
BITS_A_SYMBOL = 5

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def symbols(digest: bytes) -> str:
    """Return a code's symbols from the first 60 bits of a digest."""
    bits = int.from_bytes(digest[:8]) >> (64 - BITS_A_SYMBOL * CODE_LENGTH)
    places = range(BITS_A_SYMBOL * (CODE_LENGTH - 1), -1, -BITS_A_SYMBOL)
    return "".join(ALPHABET[(bits >> place) & 31] for place in places)


def grouped(code: str) -> str:
    """Return a code as people read it: ``7K3M-9QXT-2ABC``."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def typed_code(text: str) -> str | None:
    """Return the twelve symbols that somebody meant, or None where it cannot be a code.

    Case, spaces and dashes do not matter; O is 0, I and L are 1.
    """
    plain = "".join(letter for letter in text.upper() if letter.isalnum()).translate(_READ_AS)
    if len(plain) != CODE_LENGTH or not set(plain) <= set(ALPHABET):
        return None
    return plain
