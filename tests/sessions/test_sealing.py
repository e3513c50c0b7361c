from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from tests import builders, sitting
from tests.results.finished import logged_in
from tests.sitting import parts_of

if TYPE_CHECKING:
    from tests.sitting import Browser

pytestmark = pytest.mark.django_db

VERIFY = Path(__file__).resolve().parents[2] / "deploy" / "verify_receipt.py"


def handed_in() -> Browser:
    page = sitting.sitting(sitting.published(choices=2, shorts=1))
    first, second, text = (part.id for part in parts_of(page.session.version))
    page.save(page.entry(first, 0), page.entry(text, '파란 "blue"\n'))
    page.save(page.entry(first, 1), page.entry(second, 2))
    page.save(page.entry(second, 3))
    assert page.submit().status_code == 200
    return page


def files(page: Browser, folder: Path) -> list[Path]:
    """Download what a parent and the academy would: receipt, keys, entries."""
    staff = logged_in(builders.staff())
    session = page.session.id
    replies = {
        "receipt": page.client.get(f"/sit/{session}/receipt.json"),
        "keys": page.client.get("/receipt-keys.json"),
        "entries": staff.get(f"/staff/sessions/{session}/entries.json"),
    }
    paths = []
    for name, reply in replies.items():
        assert reply.status_code == 200, name
        paths.append(folder / f"{name}.json")
        paths[-1].write_bytes(reply.content)
    return paths


def verified(*paths: Path) -> tuple[int, list[str]]:
    """Run the verifier alone, without the product on its path."""
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFY), *map(str, paths)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def changed(path: Path, change: Any) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_receipt_is_checked_with_nothing_but_the_public_key(tmp_path: Path) -> None:
    page = handed_in()
    receipt, keys, entries = files(page, tmp_path)

    code, said = verified(receipt, keys, entries)

    assert (code, said[-1]) == (0, "VALID")
    assert said[-2] == "entries: the first 5 of 5 are sealed"
    assert f"session: {page.session.id}" in said
    assert f"check_code: {page.session.receipts.get().check_code}" in said


def test_entries_that_came_after_the_submission_do_not_break_its_seal(tmp_path: Path) -> None:
    page = handed_in()
    page.save(page.entry(parts_of(page.session.version)[0].id, 3))

    code, said = verified(*files(page, tmp_path))

    assert (code, said[-2]) == (0, "entries: the first 5 of 6 are sealed")


def test_a_changed_receipt_is_invalid(tmp_path: Path) -> None:
    receipt, keys, _entries = files(handed_in(), tmp_path)
    changed(receipt, lambda it: it.update(body=it["body"].replace('"answers":3', '"answers":4')))

    code, said = verified(receipt, keys)

    assert (code, said) == (1, ["INVALID: the signature does not fit: the receipt was changed"])


def test_a_check_code_of_another_receipt_is_invalid(tmp_path: Path) -> None:
    receipt, keys, _entries = files(handed_in(), tmp_path)
    changed(receipt, lambda it: it.update(check_code="00000000"))

    assert verified(receipt, keys)[1] == ["INVALID: the check code belongs to another receipt"]


def test_a_changed_answer_is_found(tmp_path: Path) -> None:
    receipt, keys, entries = files(handed_in(), tmp_path)
    changed(entries, lambda it: it["entries"][2].update(value="2"))

    code, said = verified(receipt, keys, entries)

    assert (code, said[-1]) == (1, "INVALID: these entries are not the ones that were handed in")


def test_the_command_prints_what_the_address_gives() -> None:
    written = StringIO()
    call_command("receipt_key", stdout=written)

    assert (
        json.loads(written.getvalue()) == sitting.sitting().client.get("/receipt-keys.json").json()
    )


def test_a_session_without_a_receipt_has_none_to_download() -> None:
    page = sitting.sitting()

    assert page.client.get(f"/sit/{page.session.id}/receipt.json").status_code == 404
