"""Search words in an address that nobody can read: names and phones stand in no URL and no log."""

from __future__ import annotations

from placement_test.lib import private

# As long as any name or phone number that is searched for.
MOST_CHARACTERS = 60


def seal(words: str) -> str:
    """Return ``words`` as they may stand in an address."""
    return private.encrypt(words.strip()[:MOST_CHARACTERS])


def opened(sealed: str) -> str:
    """Return what ``seal`` was given; "" where this installation did not seal it."""
    try:
        return private.decrypt(sealed)
    except private.Unreadable:
        return ""
