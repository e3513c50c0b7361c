"""Rules of resume codes.  Pure: no clock, no tables, no Django."""

from __future__ import annotations

import math
import unicodedata

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
    # A Korean keyboard may write full-width letters.
    narrow = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(letter for letter in narrow if letter.isalnum()).translate(_READ_AS)
    if len(plain) != CODE_LENGTH or not set(plain) <= set(ALPHABET):
        return None
    return plain


# Wrong codes for one locator, or for one session, before ten minutes of rest.
MOST_TRIES = 5
TRIES_WINDOW_SECONDS = 600
# A room of forty after a power cut, each with two slips in a minute, stays below this; guessing the
# eight secret symbols of a known session at this pace takes longer than ten thousand years.
MOST_TRIES_OF_ALL = 20
ALL_WINDOW_SECONDS = 10


def wait_before_try(wrong: int, *, since_first: float, since_last: float) -> int:
    """Return the seconds to wait before the next code for a target, 0 for none.

    ``wrong`` codes were typed in a window that began ``since_first`` seconds ago, the last one
    ``since_last`` seconds ago: 1, 2, 4, 8 seconds of rest, then what is left of the window.
    """
    if wrong == 0 or since_first >= TRIES_WINDOW_SECONDS:
        return 0
    if wrong >= MOST_TRIES:
        return _seconds_left(TRIES_WINDOW_SECONDS, since_first)
    return _seconds_left(2 ** (wrong - 1), since_last)


def wait_of_all(wrong: int, *, since_first: float) -> int:
    """Return the seconds that everybody waits after too many wrong codes anywhere."""
    if wrong < MOST_TRIES_OF_ALL or since_first >= ALL_WINDOW_SECONDS:
        return 0
    return _seconds_left(ALL_WINDOW_SECONDS, since_first)


def _seconds_left(of: float, passed: float) -> int:
    return max(0, math.ceil(of - passed))
