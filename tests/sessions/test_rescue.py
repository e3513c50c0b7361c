from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from placement_test.lib import rescue
from placement_test.models import AnswerEvent, AuditEntry, StaffUser, StudentSession
from placement_test.sessions import tickets
from tests import builders, sitting
from tests.bad_input.kept import kept
from tests.results.finished import logged_in, outsider
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine
    from django.test import Client

pytestmark = pytest.mark.django_db

CURVE = ec.SECP256R1()


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def sealed(session: str, plain: bytes) -> dict[str, Any]:
    """Encrypt as the page does, written down here a second time."""
    key = json.loads(rescue.public_key())
    raw = base64.urlsafe_b64decode(key["x962"] + "==")
    own = ec.generate_private_key(CURVE)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw))
    aes = HKDF(algorithm=SHA256(), length=32, salt=b"", info=b"primepath-rescue-1").derive(shared)
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {
        "v": 1,
        "session": session,
        "key_id": key["id"],
        "epk": base64url(point),
        "iv": base64url(b"i" * 12),
        "data": base64url(AESGCM(aes).encrypt(b"i" * 12, plain, session.encode())),
    }


def contents(page: Browser, *entries: dict[str, Any], **others: Any) -> dict[str, Any]:
    own = [{**entry, "writer": page.writer, "epoch": page.epoch} for entry in entries]
    return {
        "v": 1,
        "session": str(page.session.id),
        "made_at_ms": 1_773_000_000_000,
        "ticket": None,
        "entries": own,
        "submission": None,
        **others,
    }


def file_of(page: Browser, *entries: dict[str, Any], **others: Any) -> bytes:
    plain = json.dumps(contents(page, *entries, **others)).encode()
    return json.dumps(sealed(str(page.session.id), plain)).encode()


def desk() -> Client:
    return logged_in(builders.staff(role=StaffUser.Role.INVIGILATOR))


def bring(client: Client, content: bytes) -> Any:
    reply = client.post("/api/rescue/", {"file": SimpleUploadedFile("rescue.json", content)})
    return {"status": reply.status_code, **reply.json()}


def test_what_the_device_held_is_saved_once_however_often_it_is_brought_in() -> None:
    page = sitting.sitting()
    first, second, _third = (part.id for part in parts_of(page.session.version))
    content = file_of(page, page.entry(first, 1), page.entry(second, 2))
    client = desk()
    heard_at = StudentSession.objects.get().last_contact_at

    replies = [bring(client, content)["accepted"] for _ in "ab"]

    assert replies == [{"applied": 2}, {"duplicate": 2}]
    answers = page.get("state").json()["answers"]
    assert {part: value for part, (_e, _s, value) in answers.items()} == {
        str(first): 1,
        str(second): 2,
    }
    assert AuditEntry.objects.filter(action="emergency file brought in").count() == 2
    # The device has not been heard of since its claim.
    session = StudentSession.objects.get()
    assert (session.last_contact_at, page.save()["through"]) == (heard_at, 2)


def test_seventy_entries_of_two_claims_go_in_in_their_order() -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    entries = [page.entry(part, n % 3) for n in range(70)]
    other = {**page.entry(part, 4, seq=1), "writer": "f" * 32, "epoch": page.epoch + 1}
    held = contents(page, *entries)
    held["entries"] = [other, *reversed(held["entries"])]
    plain = json.dumps(held).encode()

    reply = bring(desk(), json.dumps(sealed(str(page.session.id), plain)).encode())

    assert (reply["entries"], sum(reply["accepted"].values())) == (71, 71)
    assert page.get("state").json()["answers"][str(part)] == [page.epoch + 1, 1, 4]


def test_what_arrives_after_the_deadline_is_late(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    content = file_of(page, page.entry(part, 1))
    noon.shift(2 * 3600)
    page.get("state")

    assert bring(desk(), content)["accepted"] == {"late": 1}
    assert AnswerEvent.objects.get().status == "late"


def test_a_submission_in_time_is_carried_out_and_gives_its_receipt() -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    entry = page.entry(part, 1)
    content = file_of(page, entry, submission=page.submission())
    client = desk()

    replies = [bring(client, content) for _ in "ab"]

    assert [reply["submission"] for reply in replies] == ["submitted", "submitted"]
    assert replies[0]["check_code"] == replies[1]["check_code"] != ""
    assert page.session.receipts.count() == page.session.results.count() == 1


def test_a_submission_that_is_too_late_is_told_to_staff(noon: time_machine.Traveller) -> None:
    page = sitting.sitting()
    content = file_of(page, submission=page.submission())
    noon.shift(2 * 3600)

    reply = bring(desk(), content)

    assert (reply["status"], reply["submission"]) == (200, "ended")
    assert reply["lines"][-1].startswith("Not handed in: This test has ended.")


def test_a_file_of_another_campus_is_answered_like_one_of_no_session() -> None:
    page = sitting.sitting()
    content = file_of(page)
    unknown = json.dumps(json.loads(content) | {"session": str(uuid.uuid4())}).encode()
    client = logged_in(outsider())

    replies = [bring(client, each) for each in (content, unknown)]

    assert replies[0] == replies[1]
    assert (replies[0]["status"], replies[0]["error"]) == (404, "rescue_session_unknown")


def test_a_file_makes_a_session_again_that_the_server_has_lost() -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    content = file_of(page, page.entry(part, 2), ticket=page.ticket())
    started_at = StudentSession.objects.get().started_at
    StudentSession.objects.all().delete()
    elsewhere, client = logged_in(outsider()), desk()

    refused = bring(elsewhere, content)
    gone = StudentSession.objects.count()
    reply = bring(client, content)

    assert (refused["status"], refused["error"], gone) == (404, "rescue_session_unknown", 0)
    assert (reply["status"], reply["accepted"]) == (200, {"applied": 1})
    made = StudentSession.objects.get()
    assert (made.id, made.state, made.started_at) == (page.session.id, "open", started_at)
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert [each for each in actions if "file" in each] == [
        "session made again from an emergency file",
        "emergency file brought in",
    ]
    # The browser itself goes on where it comes back.
    assert page.get("state").json()["answers"][str(part)][2] == 2


def test_a_file_starts_a_session_again_that_the_server_knows_only_as_registered() -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    content = file_of(page, page.entry(part, 2), ticket=page.ticket())
    StudentSession.objects.update(state="registered", started_at=None, deadline_at=None)

    reply = bring(desk(), content)

    assert (reply["status"], reply["accepted"]) == (200, {"applied": 1})


def test_a_lost_session_without_a_ticket_or_with_an_old_one_stays_lost(
    noon: time_machine.Traveller,
) -> None:
    page = sitting.sitting()
    contents_of = [{}, {"ticket": "x.y"}, {"ticket": page.ticket()}]
    files = [file_of(page, **each) for each in contents_of]
    StudentSession.objects.all().delete()
    noon.shift(tickets.TICKET_KEPT.total_seconds() + 1)

    client = desk()
    codes = [bring(client, content)["error"] for content in files]

    assert codes == ["rescue_session_unknown"] * 3


def damaged(kind: str, page: Browser, other: Browser) -> bytes:
    session = str(page.session.id)
    part = parts_of(page.session.version)[0].id
    entry = page.entry(part, 1)
    good = json.loads(file_of(page, entry))
    held = contents(page, entry)
    first = held["entries"][0]
    inner: dict[str, Any] = {
        "lists 20000 deep inside": b"[" * 20_000 + b"]" * 20_000,
        "no JSON inside": b"hello",
        "text that is not UTF-8": json.dumps(held)
        .encode()
        .replace(b'"v": 1', b'"v": 1, "x": "\xff"'),
        "entries of the wrong type": {**held, "entries": {"seq": 1}},
        "an entry without a writer": {**held, "entries": [{**first, "writer": None}]},
        "a seq of 0": {**held, "entries": [{**first, "seq": 0}]},
        "a submission without a digest": {**held, "submission": {"submit_id": "x"}},
        "another session inside": {**held, "session": str(other.session.id)},
    }
    if kind in inner:
        plain = inner[kind]
        plain = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
        return json.dumps(sealed(session, plain)).encode()
    outer: dict[str, bytes] = {
        "nothing": b" ",
        "a picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        "objects 5000 deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        "a truncated file": json.dumps(good).encode()[:-40],
        "a truncated ciphertext": json.dumps(good | {"data": good["data"][:-8]}).encode(),
        "one sign changed": json.dumps(good | {"data": "AAAA" + good["data"][4:]}).encode(),
        "no base64": json.dumps(good | {"data": "%%%"}).encode(),
        "a point that is none": json.dumps(good | {"epk": base64url(b"\x04" + b"1" * 64)}).encode(),
        "a short iv": json.dumps(good | {"iv": base64url(b"1")}).encode(),
        "the name of another session": json.dumps(
            good | {"session": str(other.session.id)}
        ).encode(),
    }
    return outer[kind]


DAMAGE = (
    "nothing",
    "a picture",
    "objects 5000 deep",
    "a truncated file",
    "a truncated ciphertext",
    "one sign changed",
    "no base64",
    "a point that is none",
    "a short iv",
    "the name of another session",
    "lists 20000 deep inside",
    "no JSON inside",
    "text that is not UTF-8",
    "entries of the wrong type",
    "an entry without a writer",
    "a seq of 0",
    "a submission without a digest",
    "another session inside",
)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_file_that_cannot_be_read_changes_nothing_and_says_so(kind: str) -> None:
    page = sitting.sitting()
    other = sitting.sitting(page.session.version, name="Seo-yun")
    content = damaged(kind, page, other)
    client = desk()
    before = kept()

    reply = bring(client, content)

    assert (reply["status"], reply["error"]) == (422, "rescue_unreadable")
    assert reply["message"].startswith("This emergency file cannot be read.")
    assert kept() == before


def test_a_file_for_a_key_that_is_not_here_says_so() -> None:
    page = sitting.sitting()
    content = json.dumps(json.loads(file_of(page)) | {"key_id": "gone"}).encode()

    reply = bring(desk(), content)

    assert (reply["status"], reply["error"]) == (422, "rescue_key_unknown")


def test_a_file_larger_than_any_test_makes_is_refused_unread() -> None:
    reply = bring(desk(), b"x" * 12_000_001)

    assert (reply["status"], reply["error"]) == (413, "rescue_too_large")


def test_no_browser_can_claim_the_authority_of_staff() -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    page.client.cookies.clear()

    assert page.post("answers", page.batch(page.entry(part, 1))).status_code == 401


def test_the_page_reports_on_each_file_without_javascript() -> None:
    page = sitting.sitting()
    part = parts_of(page.session.version)[0].id
    files = [
        SimpleUploadedFile("good.json", file_of(page, page.entry(part, 1))),
        SimpleUploadedFile("bad.json", b"{}"),
    ]
    client = desk()

    shown = client.post(reverse("staff-rescue"), {"file": files}).content.decode()
    empty = client.post(reverse("staff-rescue"), {})

    assert "1 entry, Applied: 1" in shown
    assert "This emergency file cannot be read." in shown
    assert empty.status_code == 422


def test_student_pages_carry_the_public_key_and_the_key_outlives_a_restart() -> None:
    page = sitting.sitting()
    page.submit()

    shown = page.client.get(f"/sit/{page.session.id}/done/").content.decode()

    key = json.loads(rescue.public_key())
    assert f'name="rescue-key" content="{{&quot;id&quot;: &quot;{key["id"]}&quot;' in shown
    assert "data-rescue-key=" in shown
    rescue._private_key.cache_clear()
    assert json.loads(rescue.public_key()) == key
