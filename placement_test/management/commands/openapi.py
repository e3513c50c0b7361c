"""Write the description of the HTTP API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from placement_test.management import api_description

if TYPE_CHECKING:
    from argparse import ArgumentParser

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"


def text() -> str:
    """Return what stands in the file."""
    return json.dumps(api_description.description(), indent=1, ensure_ascii=False) + "\n"


class Command(BaseCommand):
    """Write ``docs/openapi.json`` from the code."""

    help = "Writes the description of the HTTP API (OpenAPI 3.1) from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take another place for the file."""
        parser.add_argument("--output", type=Path, default=FILE)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        options["output"].write_text(text(), encoding="utf-8")
