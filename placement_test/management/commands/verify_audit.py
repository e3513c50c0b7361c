"""Check the chain of staff decisions."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from placement_test.lib import audit_chain
from placement_test.models import AuditHead


class Command(BaseCommand):
    """Say whether every recorded decision is what it was and where it was."""

    help = "Checks the chain of staff decisions; fails and names the first entry that is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check all of it.

        :raises CommandError: where an entry was changed, removed or moved
        """
        found = audit_chain.verify()
        if not found.is_whole:
            entry = f" (id {found.entry_id})" if found.entry_id else ""
            raise CommandError(
                f"The audit trail is broken: entry {found.broken_at}{entry} {found.why}."
            )
        end = AuditHead.objects.get(id=1).digest
        self.stdout.write(f"Whole: {found.length} decisions; the last one's digest is {end}")
