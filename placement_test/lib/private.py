"""Personal data at rest: encryption, the blind index that finds it, and masking."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

VISIBLE_DIGITS = 4


class Unreadable(Exception):
    """No key of this installation opens the value."""


def encrypt(text: str) -> str:
    """Return ``text`` encrypted under the newest key; "" stays ""."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def decrypt(sealed: str) -> str:
    """Return what ``encrypt`` was given.

    :raises Unreadable: where no key fits
    """
    try:
        return _fernet().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken as error:
        raise Unreadable from error


def digits(phone: str) -> str:
    """Return a phone number's digits; +82 10 and 010 are one number."""
    plain = re.sub(r"\D", "", phone)
    return "0" + plain[2:] if plain.startswith("82") and len(plain) > 10 else plain  # noqa: PLR2004


def index(phone: str) -> str:
    """Return the blind index of a phone number: equal numbers have equal indices; "" stays ""."""
    plain = digits(phone)
    if not plain:
        return ""
    return hmac.new(
        settings.KEY_RINGS["index"][0].secret, plain.encode(), hashlib.sha256
    ).hexdigest()


def masked(phone: str) -> str:
    """Return ``phone`` with all but its last four digits hidden."""
    plain = digits(phone)
    return f"***-****-{plain[-VISIBLE_DIGITS:]}" if plain else ""


def _fernet() -> MultiFernet:
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(key.secret)) for key in settings.KEY_RINGS["field"]
    )
