"""Say which migrations are pending, and whether a release that is running can live with them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from placement_test.management import old_release


class Command(BaseCommand):
    """Fail where the release that is running has to be stopped first; ``deploy/upgrade`` asks."""

    help = "Lists pending migrations; fails where the running release cannot live with them."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """List them.

        :raises CommandError: naming what old code cannot live with
        """
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        pending = [migration for migration, _backwards in plan]
        for migration in pending:
            self.stdout.write(f"Pending: {migration}")
        # An empty database has no release that uses it.
        found = old_release.conflicts(pending) if executor.loader.applied_migrations else []
        if found:
            raise CommandError("\n".join(found))
