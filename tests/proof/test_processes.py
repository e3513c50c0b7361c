"""The stage of real processes, in small: clients, lanes and what they add up to."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.proof import processes
from tests.proof.history import Entry, Outage
from tests.proof.processes import orders
from tests.proof.processes.disk import MEGABYTE, Disk
from tests.proof.processes.outages import Outages
from tests.proof.processes.page import FAST, Page, Seat
from tests.proof.processes.profile import Profile
from tests.proof.processes.sitter import Day, Sitter
from tests.proof.processes.wire import Reply
from tests.proof.results import CONTROLS
from tests.proof.stages import Budget, StageResult

if TYPE_CHECKING:
    from pathlib import Path

SESSION = "0" * 31 + "1"
WRITER = "a" * 32


def page(profile: Profile) -> Page:
    seat = Seat(SESSION, "pp-x=y", ((1, "choice"), (2, "short")), (1, 2), lambda: 1)
    made = Page(seat, profile, random.Random(1), FAST)  # noqa: S311
    made.writer, made.epoch, made.state = WRITER, 1, "open"
    return made


def entry(seq: int, *, part: int = 1, value: object = 0, epoch: int = 1) -> Entry:
    return Entry(epoch, WRITER, seq, "answer", part, value)


def held(*seqs: int) -> Profile:
    profile = Profile("first")
    for seq in seqs:
        profile.add(entry(seq))
    return profile


def reply(nonce: str = "n", *, accepted: list[int], **others: object) -> Reply:
    body = {
        "nonce": nonce,
        "session": SESSION,
        "accepted": [{"seq": seq, "status": "applied"} for seq in accepted],
        "through": max(accepted, default=0),
        "rev": 0,
        "state": "open",
        **others,
    }
    return Reply(200, body)


def judge(made: Page, said: Reply, profile: Profile) -> bool:
    return asyncio.run(made._judge(said, profile.batch(), "n", WRITER))


def test_only_what_a_believed_reply_names_leaves_the_outbox() -> None:
    profile = held(1, 2, 3)

    assert judge(page(profile), reply(accepted=[1, 3]), profile)

    assert list(profile.unsent) == [(WRITER, 2)]
    assert [each.entry.seq for each in profile.acknowledged] == [1, 3]
    assert len(profile.entries) == 3


@pytest.mark.parametrize(
    "said",
    [
        Reply(0),
        Reply(200),
        Reply(503, {"error": "unavailable"}, 2.0),
        reply("another", accepted=[1]),
        reply(accepted=[1], session="0" * 32),
    ],
)
def test_what_is_no_acknowledgement_takes_nothing_out(said: Reply) -> None:
    profile = held(1)

    assert not judge(page(profile), said, profile)

    assert list(profile.unsent) == [(WRITER, 1)]
    assert profile.acknowledged == []


def test_gives_again_what_the_server_says_is_missing() -> None:
    profile = held(1, 2, 3, 4)
    for each in list(profile.entries.values())[:3]:
        profile.acknowledge(each, "applied")

    judge(page(profile), reply(accepted=[4], through=1, missing=[[2, 3]]), profile)

    assert sorted(profile.unsent) == [(WRITER, 2), (WRITER, 3)]


def test_gives_everything_again_above_what_a_restored_server_has() -> None:
    profile = held(1, 2, 3)
    made = page(profile)
    for each in list(profile.entries.values()):
        profile.acknowledge(each, "applied")
    profile.best_through[WRITER] = 3

    made._take_state({"state": "open", "rev": 0, "epoch": 1, "answers": {}, "through": {WRITER: 1}})

    assert sorted(profile.unsent) == [(WRITER, 2), (WRITER, 3)]


def test_finds_the_one_entry_that_the_server_cannot_take() -> None:
    profile = held(1, 2)
    made = page(profile)
    refused = Reply(400, {"error": "bad_request"})

    async def talk() -> list[list[int]]:
        sent = []
        for _ in range(3):
            batch = made._next_batch()
            sent.append([each.seq for each in batch])
            await made._judge(refused, batch, "n", WRITER)
        return sent

    assert asyncio.run(talk()) == [[1, 2], [1], [2]]
    assert sorted(profile.unsent) == [(WRITER, 1), (WRITER, 2)]


def test_a_fenced_page_takes_no_more_changes() -> None:
    profile = held(1)
    made = page(profile)

    judge(made, reply(accepted=[1], state="claimed"), profile)

    assert not made.may_write


@pytest.mark.django_db
def test_an_outage_knows_what_was_told_since_the_last_restore() -> None:
    profile = held(1, 2)
    seat = page(profile).seat
    day = Day(FAST, seconds=1, pause=1, over=asyncio.Event())
    sitter = Sitter(seat, day, random.Random(1), profiles=[profile])  # noqa: S311
    outages = Outages([sitter])
    first, second = profile.entries.values()

    profile.acknowledge(first, "applied")
    outages.begin()
    outages.end()
    outages.forget()
    profile.acknowledge(second, "applied")
    outages.begin()
    outages.end()

    assert outages.of[SESSION] == [
        Outage(frozenset({first.key}), frozenset()),
        Outage(frozenset({second.key}), frozenset()),
    ]


def test_every_control_of_the_server_has_a_day() -> None:
    browser = {
        "outbox_dropped_on_any_200",
        "epoch_reused_after_restore",
        "clock_by_ticks",
        "blur_only_collection",
    }

    assert set(orders.CONTROLS) == set(CONTROLS) - browser


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_power_cut_loses_what_was_not_synced_and_nothing_else(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.make()
    if not disk.is_real:
        pytest.skip("this machine mounts nothing")
    try:
        with (disk.folder / "synced").open("w") as file:
            file.write("kept")
            file.flush()
            os.fsync(file.fileno())
        disk.settle()
        disk.fill()
        disk.settle()
        disk.free()
        (disk.folder / "hoped").write_text("lost")
        disk.copy()

        disk.swap()

        assert shutil.disk_usage(disk.folder).free > 10 * MEGABYTE
        assert (disk.folder / "synced").read_text() == "kept"
        assert not (disk.folder / "hoped").exists()
    finally:
        disk.close()


def test_a_control_that_was_not_reached_is_told_as_not_caught() -> None:
    result = StageResult(controls={"cached_state": 3})

    processes._leave_no_control_untold(result, Budget("quick", 1.0))

    assert set(result.controls) == set(orders.CONTROLS)
    assert "cached_state" not in result.uncaught
