"""The Django app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class PlacementTestConfig(AppConfig):
    """PrimePath."""

    name = "placement_test"
    verbose_name = _("Placement test")

    def ready(self) -> None:
        """Have the checks and the thread of each process do what areas have for them."""
        # Not before the apps are there: it reads settings and tables.
        from placement_test.lib import connection_room  # noqa: PLC0415
        from placement_test.monitoring.flushing import flusher  # noqa: PLC0415
        from placement_test.saving import crowd  # noqa: PLC0415

        flusher.beside(crowd.count)
        checks.register(connection_room.check_room, checks.Tags.database)
