"""What the product keeps, row by row and file by file, to show that nothing was half-saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings

if TYPE_CHECKING:
    from django.db.models import Model

Kept = dict[str, list[str]]

# A call that is refused is counted against the session's limit all the same.
COUNTERS = {"limit_window", "limit_calls"}


def kept() -> Kept:
    """Return every row of every table of the product, and the names of its files."""
    found: Kept = {
        model._meta.label: sorted(map(repr, model._default_manager.values_list(*_columns(model))))
        for model in apps.get_app_config("placement_test").get_models(include_auto_created=True)
    }
    folder = Path(settings.FILES_DIR)
    found["files"] = sorted(str(path) for path in folder.rglob("*") if path.is_file())
    return found


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.name not in COUNTERS]
