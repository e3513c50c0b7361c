"""The Django app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class PlacementTestConfig(AppConfig):
    """PrimePath."""

    name = "placement_test"
    verbose_name = _("Placement test")

    def ready(self) -> None:
        """Have ``manage.py check`` look at what the database offers."""
        # Not before the apps are there: it reads settings and tables.
        from placement_test.lib import connection_room  # noqa: PLC0415

        checks.register(connection_room.check_room, checks.Tags.database)
