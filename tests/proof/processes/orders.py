"""Which days are run: the whole product under every trouble, and each control until it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.proof.processes.days import Order

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

DATABASES = ("sqlite", "postgresql")
# A backup is taken early and restored late; the power is cut on top of that.
TROUBLES = (
    "worker_killed",
    "backup_taken",
    "worker_stopped",
    "lock_held",
    "lock_holder_stopped",
    "web_killed",
    "database_killed",
    "disk_full",
    "connections_taken",
    "periodic_killed",
    "backup_restored",
    "power_cut",
)
# Beside the others a long day has some of them in another order each time.
LONG_TROUBLES = tuple(name for name in TROUBLES if not name.startswith("backup"))

_SMALL = Order("", students=16, seconds=4, pause=0.25)
_SERVER = "tests.proof.controls.server"


def _control(name: str, order: Order) -> Order:
    words = "".join(word.capitalize() for word in name.split("_"))
    return replace(order, seed=name, control=f"{_SERVER}.{words}")


CONTROLS: dict[str, tuple[str, Order]] = {
    name: (database, _control(name, order))
    for name, database, order in (
        (
            "acknowledge_before_commit",
            "sqlite",
            replace(_SMALL, troubles=("web_killed",)),
        ),
        ("last_writer_by_client_clock", "sqlite", replace(_SMALL, parts=3)),
        ("no_epoch_fence", "sqlite", replace(_SMALL, parts=3, second_share=1.0, seconds=6)),
        ("late_entries_dropped", "sqlite", replace(_SMALL, deadline_share=1.0)),
        ("saving_stopped_near_end", "sqlite", replace(_SMALL, deadline_share=1.0)),
        ("cached_state", "sqlite", replace(_SMALL, second_share=1.0, parts=4)),
        (
            "same_key_other_content_duplicate",
            "postgresql",
            replace(_SMALL, second_share=1.0, copied_share=0.6, seconds=6, students=30),
        ),
        (
            "submit_without_lock",
            "postgresql",
            replace(_SMALL, second_share=1.0, deadline_share=0.0, students=24),
        ),
        # Twice: a log that something else has just flushed loses nothing.
        (
            "durability_off",
            "postgresql",
            replace(_SMALL, seconds=5, troubles=("power_cut", "power_cut")),
        ),
        # The last one: its database has lost a constraint.
        ("no_deduplication", "postgresql", replace(_SMALL, chances={"duplicated": 0.4})),
    )
}


def quick(database: str, seed: int) -> Order:
    """Return the one day that meets everything."""
    return Order(f"quick/{database}/{seed}", students=60, seconds=24, pause=0.9, troubles=TROUBLES)


def tiny(database: str, seed: int) -> Order:
    """Return a day for the tests of the stage itself."""
    return Order(
        f"tiny/{database}/{seed}", students=6, seconds=3, pause=0.3, troubles=("worker_killed",)
    )


def controls(database: str) -> list[Order]:
    """Return the days of the controls that are shown on this database."""
    return [order for where, order in CONTROLS.values() if where == database]


def long(database: str, seed: int, dice: random.Random) -> Iterator[Order]:
    """Yield days for ever: many students and some troubles each, every third day a restore."""
    number = 0
    while True:
        number += 1
        troubles = dice.sample(LONG_TROUBLES, 4)
        if number % 3 == 0:
            troubles = ["backup_taken", *troubles[:2], "backup_restored"]
        yield Order(
            f"long/{database}/{seed}/{number}",
            students=180,
            seconds=26,
            pause=3.0,
            troubles=tuple(troubles),
        )
