from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from placement_test.saving import entries
from tests import sitting
from tests.bad_input import tables
from tests.bad_input.kept import kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sitting import Browser

pytestmark = pytest.mark.django_db

CASES = tables.rows("api")
VALUES = tables.rows("values")
TAKEN_AWAY = "-"
ENGLISH = {"Accept-Language": "en"}


def body_of(browser: Browser, call: str) -> dict[str, Any]:
    part = sitting.parts_of(browser.session.version)[0].id
    return {
        "begin": {"writer": "f" * 32, "seen_epoch": 0},
        "claim": {"writer": "f" * 32, "seen_epoch": 0},
        "answers": browser.batch(browser.entry(part, 1, seq=1)),
        "submit": browser.submission(last_seq=0),
    }[call]


def many_entries(body: dict[str, Any], count: int) -> bytes:
    first = body["entries"][0]
    return json.dumps(
        {**body, "entries": [{**first, "seq": seq} for seq in range(1, count + 1)]}
    ).encode()


MADE: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "empty": lambda _body: b"",
    "nested objects": lambda _body: b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "nested lists": lambda _body: b"[" * 20_000 + b"]" * 20_000,
    "a nested value": lambda body: (
        json.dumps(body)
        .replace('"value": 1', '"value": ' + "[" * 10_000 + "]" * 10_000)
        .encode()[:-1]
    ),
    "70 KB": lambda body: json.dumps({**body, "padding": "x" * 70_000}).encode(),
    "64 KiB and a byte": lambda body: json.dumps(body).encode().ljust(64 * 1024 + 1),
    "65 entries": lambda body: many_entries(body, 65),
    "invalid UTF-8": lambda body: json.dumps(body).encode().replace(b'"1', b'"\xff\xfe') + b"\xff",
    "UTF-16": lambda body: json.dumps(body).encode("utf-16"),
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + json.dumps(body).encode(),
    "cut off": lambda body: json.dumps(body).encode()[:-5],
    "two documents": lambda body: json.dumps(body).encode() * 2,
    "a form": lambda _body: b"writer=" + b"f" * 32 + b"&seen_epoch=0",
    "a control character": lambda body: json.dumps(body).encode().replace(b": 1,", b': "\0",'),
    "a number of 10000 digits": lambda body: (
        json.dumps(body).replace('"seq": 1', '"seq": ' + "9" * 10_000).encode()
    ),
}


def sent_by(row: tables.Row, body: dict[str, Any]) -> bytes:
    kind, _colon, rest = row["sends"].partition(":")
    if kind == "made":
        return MADE[rest](body)
    if kind == "text":
        return rest.encode()
    change = json.loads(rest)
    if kind == "entry":
        return json.dumps({**body, "entries": [changed(body["entries"][0], change)]}).encode()
    return json.dumps(changed(body, change)).encode()


def changed(body: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (body | change).items() if value != TAKEN_AWAY}


@pytest.mark.parametrize("case", CASES)
def test_a_call_that_cannot_be_read_is_answered_with_its_code_and_saves_nothing(case: str) -> None:
    row = CASES[case]
    browser = sitting.sitting()
    content = sent_by(row, body_of(browser, row["call"]))
    before = kept()

    reply = browser.client.post(
        f"/api/sessions/{browser.session.id}/{row['call']}/",
        content,
        content_type=row["type"] or "application/json",
        headers=ENGLISH,
    )

    answer = reply.json()
    assert (reply.status_code, answer["error"]) == (int(row["status"]), row["code"])
    assert answer["message"].startswith(row["message"])
    assert kept() == before


@pytest.mark.parametrize("case", VALUES)
def test_a_value_that_cannot_be_an_answer_is_kept_raw_and_never_becomes_one(case: str) -> None:
    row = VALUES[case]
    version = sitting.published(choices=1, shorts=1)
    browser = sitting.sitting(version)
    parts = {part.kind: part.id for part in sitting.parts_of(version)}
    batch = browser.batch(browser.entry(parts.get(row["kind"], 999_999), "?", seq=1))
    batch["entries"][0]["kind"] = row["entry"]  # type: ignore[index]
    value = row["value"].encode().decode("unicode_escape").encode("latin-1")
    before = kept()

    reply = browser.post("answers", json.dumps(batch).encode().replace(b'"?"', value))

    after = kept()
    assert reply.status_code == 200, reply.content
    assert reply.json()["accepted"] == [{"seq": 1, "status": "rejected", "reason": row["reason"]}]
    assert [name for name in after if after[name] != before[name]] == [
        "placement_test.StudentSession",
        "placement_test.Writer",
        "placement_test.AnswerEvent",
    ]


def test_a_body_of_many_digits_is_refused_by_its_length_alone() -> None:
    browser = sitting.sitting()

    reply = browser.client.post(
        f"/api/sessions/{browser.session.id}/claim/",
        b"{}",
        content_type="application/json",
        headers={**ENGLISH, "Content-Length": "99999999999"},
    )

    assert (reply.status_code, reply.json()["error"]) == (413, "too_large")


def test_of_a_name_that_stands_twice_the_last_one_counts() -> None:
    browser = sitting.sitting()
    part = sitting.parts_of(browser.session.version)[0].id
    body = json.dumps(browser.batch(browser.entry(part, 1, seq=1))).encode()

    reply = browser.post("answers", body.replace(b'"value": 1', b'"value": 1, "value": 2'))

    assert reply.status_code == 200
    answers = browser.get("state").json()["answers"]
    assert {part: value for part, (_epoch, _seq, value) in answers.items()} == {str(part): 2}


def test_the_highest_epoch_does_not_lock_the_student_out() -> None:
    browser = sitting.sitting()
    part = sitting.parts_of(browser.session.version)[0].id
    highest = entries.HIGHEST_BELIEVED_EPOCH
    browser.epoch = highest
    browser.save(browser.entry(part, 1))

    replies = [
        browser.post("claim", {"writer": digit * 32, "seen_epoch": highest}) for digit in "abc"
    ]

    assert [reply.json()["epoch"] - highest for reply in replies] == [1, 2, 3]
