"""The receipt of a submission: signed, so that anyone with the public key can check it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from placement_test.lib import clock
from placement_test.models import Receipt
from placement_test.sessions.rules import ALPHABET

if TYPE_CHECKING:
    import uuid

    from placement_test.models import StudentSession

CHECK_CODE_LENGTH = 8


def issue(session: StudentSession, *, submit_id: uuid.UUID, digest: str, answers: int) -> Receipt:
    """Store and return the receipt of a submission: 1 query.

    ``body`` is JSON: session, exam version, submit id, when, number of answers, their digest.
    """
    key = settings.KEY_RINGS["receipt"][0]
    body = json.dumps(
        {
            "session": str(session.id),
            "exam_version": session.version_id,
            "submit_id": str(submit_id),
            "submitted_at": session.ended_at.isoformat() if session.ended_at else "",
            "answers": answers,
            "digest": digest,
            "key_id": key.id,
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    signature = Ed25519PrivateKey.from_private_bytes(key.secret).sign(body.encode())
    return Receipt.objects.create(
        session=session,
        submit_id=submit_id,
        body=body,
        signature=base64.b64encode(signature).decode(),
        key_id=key.id,
        check_code=check_code(signature),
        made_at=clock.now(),
    )


def public_keys() -> list[dict[str, str]]:
    """Return the public keys under which receipts were signed, newest first, in base64."""
    return [
        {
            "id": key.id,
            "algorithm": "Ed25519",
            "public_key": base64.b64encode(
                Ed25519PrivateKey.from_private_bytes(key.secret).public_key().public_bytes_raw()
            ).decode(),
        }
        for key in settings.KEY_RINGS["receipt"]
    ]


def check_code(signature: bytes) -> str:
    """Return eight characters that a person can read out to compare two receipts."""
    bits = int.from_bytes(hashlib.sha256(signature).digest()[:5])
    return "".join(
        ALPHABET[(bits >> shift) & 31] for shift in range(5 * (CHECK_CODE_LENGTH - 1), -1, -5)
    )
