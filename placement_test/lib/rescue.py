"""Emergency files: encrypted in the browser to this server's public key, bound to one session.

ECDH on P-256, HKDF-SHA256, AES-256-GCM.  The private key follows from the secret of the key ring,
so that a backup of the keys is a backup of this one too.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from placement_test.errors import RescueKeyUnknown, RescueUnreadable

if TYPE_CHECKING:
    from django.http import HttpRequest

CURVE = ec.SECP256R1()
# The order of P-256's group (FIPS 186-5): private keys are 1 .. ORDER - 1.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# 128 bits more than the order has, so that the remainder favours no key (FIPS 186-5, A.2.1).
SEED_BYTES = 48
FILE_INFO = b"primepath-rescue-1"
KEY_INFO = b"primepath-rescue-key-1"
IV_BYTES = 12


def public_key() -> str:
    """Return ``{"id", "x962"}`` as JSON: what a page needs to encrypt an emergency file."""
    key = settings.KEY_RINGS["rescue"][0]
    point = _private_key(key.secret).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return json.dumps({"id": key.id, "x962": base64.urlsafe_b64encode(raw).decode().rstrip("=")})


def context(_request: HttpRequest) -> dict[str, object]:
    """Give templates ``rescue_key``; it is worked out only where a page shows it."""
    return {"rescue_key": public_key}


def opened(*, session: str, key_id: str, epk: str, iv: str, data: str) -> bytes:
    """Return the plain text of a file that was made for ``session`` (its UUID with dashes).

    :raises RescueKeyUnknown: where it was encrypted to a key that is not here
    :raises RescueUnreadable: where it was damaged, or made for another session
    """
    secret = next((key.secret for key in settings.KEY_RINGS["rescue"] if key.id == key_id), None)
    if secret is None:
        raise RescueKeyUnknown
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _decoded(epk))
        shared = _private_key(secret).exchange(ec.ECDH(), theirs)
        key = HKDF(algorithm=SHA256(), length=32, salt=b"", info=FILE_INFO).derive(shared)
        nonce = _decoded(iv)
        if len(nonce) != IV_BYTES:
            raise RescueUnreadable
        return AESGCM(key).decrypt(nonce, _decoded(data), session.encode())
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise RescueUnreadable from error


@functools.cache
def _private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    seed = HKDF(algorithm=SHA256(), length=SEED_BYTES, salt=b"", info=KEY_INFO).derive(secret)
    return ec.derive_private_key(int.from_bytes(seed) % (ORDER - 1) + 1, CURVE)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
