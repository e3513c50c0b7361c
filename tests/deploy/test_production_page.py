"""What the pages for whoever runs it name exists: files, commands, options, variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.management import get_commands

from placement_test.lib import connection_room
from tests.deploy.settings_of_production import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

PAGES = [ROOT / "docs" / name for name in ("production.md", "scaling.md")]
VARIABLE = re.compile(r"PRIMEPATH_[A-Z_]*[A-Z]\b")
PATH = re.compile(r"\b(?:deploy|scripts|tests|bench)/[\w@./-]*\w")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
# Of tests and benchmarks; and read beside the settings or for them.
NOT_FOR_OPERATORS = re.compile(r"PRIMEPATH_(TEST|SETUP|NGINX$)")


def read_by_the_product() -> set[str]:
    """Return the variables that settings and the programs of ``deploy`` read."""
    folders = [ROOT / "primepath", ROOT / "placement_test", ROOT / "deploy"]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    texts = [file.read_text() for file in files if file.suffix in {"", ".py", ".example"}]
    return {name for text in texts for name in VARIABLE.findall(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    named = {*PATH.findall(page.read_text())}
    linked = {(page.parent / link).resolve() for link in LINK.findall(page.read_text())}

    # A result is there once somebody has measured it.
    named = {name for name in named if not name.startswith("bench/results/")}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    assert [link for link in sorted(linked) if not link.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_that_a_page_names_are_there(page: Path) -> None:
    named = {*re.findall(r"\bmanage(?:\.py)? ([a-z_]+)", page.read_text())} - {"of"}

    assert named
    assert named <= {*get_commands()}


def test_the_programs_have_the_options_that_the_page_gives_them() -> None:
    lines = PAGES[0].read_text().splitlines()
    given = [
        (program, option)
        for line in lines
        for program, words in re.findall(r"deploy/(backup|restore|upgrade)\b([^`]*)", line)
        for option in re.findall(r"--[a-z-]+", words)
    ]
    places = {
        "upgrade": ROOT / "deploy/upgrade",
        "backup": ROOT / "placement_test/management/safekeeping/backup.py",
        "restore": ROOT / "placement_test/management/safekeeping/restore.py",
    }

    assert {program for program, _option in given} == {*places}
    missing = [pair for pair in given if pair[1] not in places[pair[0]].read_text()]
    assert missing == []


def test_the_page_has_every_variable_and_no_other() -> None:
    page = PAGES[0].read_text().replace("PRIMEPATH_..._KEYS", "")

    named = {*VARIABLE.findall(page)}

    assert named == {name for name in read_by_the_product() if not NOT_FOR_OPERATORS.match(name)}


def test_the_table_of_connections_is_what_servers_count(settings: Settings) -> None:
    rows = re.findall(
        r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGES[1].read_text(), re.MULTILINE
    )

    assert len(rows) > 3
    for hosts, workers, threads, told in (map(int, row) for row in rows):
        settings.HOSTS, settings.WORKERS, settings.THREADS = hosts, workers, threads
        assert connection_room.needed() == told
