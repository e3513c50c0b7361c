"""Print the public keys of receipts."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from placement_test.sessions import receipts


class Command(BaseCommand):
    """Print what ``deploy/verify_receipt.py`` takes as keys."""

    help = "Prints the public keys with which receipts can be checked."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print JSON."""
        self.stdout.write(json.dumps({"keys": receipts.public_keys()}, indent=1))
