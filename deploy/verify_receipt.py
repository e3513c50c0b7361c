#!/usr/bin/env python3
"""Check a PrimePath receipt with nothing but the academy's public key.

    verify_receipt.py RECEIPT.json KEYS.json [ENTRIES.json]

KEYS.json is /receipt-keys.json of the server (or `manage.py receipt_key`).  With an export of the
session's entries, it also checks that they are the ones that were handed in.  Needs `cryptography`.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def facts_of(receipt: dict, keys: dict) -> dict:
    """Return what the receipt says; ValueError where its signature does not fit."""
    key = next((k for k in keys["keys"] if k["id"] == receipt["key_id"]), None)
    if key is None:
        raise ValueError(f"the key {receipt['key_id']} is not among the given ones")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["public_key"]))
    signature = base64.b64decode(receipt["signature"], validate=True)
    try:
        public.verify(signature, receipt["body"].encode())
    except InvalidSignature:
        raise ValueError("the signature does not fit: the receipt was changed") from None
    facts = json.loads(receipt["body"])
    facts["check_code"] = check_code(signature)
    if receipt.get("check_code", facts["check_code"]) != facts["check_code"]:
        raise ValueError("the check code belongs to another receipt")
    return facts


def check_code(signature: bytes) -> str:
    """Return the eight characters that a person can read out."""
    bits = int.from_bytes(hashlib.sha256(signature).digest()[:5], "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> s & 31] for s in range(35, -1, -5))


def sealed(facts: dict, export: dict) -> int:
    """Return how many entries, from the first, the receipt seals; ValueError where none do."""
    if export["session"] != facts["session"]:
        raise ValueError("the entries are of another session")
    answers: dict = {}
    for count, entry in enumerate([None, *export["entries"]]):
        if entry and (entry["kind"], entry["status"]) == ("answer", "applied"):
            order = (entry["epoch"], entry["seq"], entry["writer"])
            answers[entry["part"]] = max(
                answers.get(entry["part"], (order,)), (order, entry["value"])
            )
        pairs = (
            f"[{part},{answers[part][1]}]" for part in sorted(answers) if answers[part][1] != "null"
        )
        if hashlib.sha256(f"[{','.join(pairs)}]".encode()).hexdigest() == facts["digest"]:
            return count
    raise ValueError("these entries are not the ones that were handed in")


def main(paths: list) -> int:
    """Say whether the receipt is valid, and what it says."""
    if len(paths) not in {2, 3}:
        sys.exit(__doc__)
    try:
        receipt, keys, *export = (json.loads(Path(path).read_bytes()) for path in paths)
        facts = facts_of(receipt, keys)
        for name, value in facts.items():
            print(f"{name}: {value}")
        if export:
            count = sealed(facts, export[0])
            print(f"entries: the first {count} of {len(export[0]['entries'])} are sealed")
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        print(f"INVALID: {error}")
        return 1
    print("VALID")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
