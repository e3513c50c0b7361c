"""The Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacementTestConfig(AppConfig):
    """PrimePath."""

    name = "placement_test"
    verbose_name = _("Placement test")
