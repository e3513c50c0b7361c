"""The HTTP API as OpenAPI 3.1: made from the structs that requests are read as and replies written.

One line a call says what it takes, what it answers and which anticipated errors it knows; paths,
methods and words come from the addresses and their views.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from django.urls import URLPattern, get_resolver
from msgspec import Meta

from placement_test import errors
from placement_test.browser_errors import rules as browser_errors
from placement_test.saving.entries import (
    JS_SAFE_INTEGER_MAX,
    Batch,
    Claim,
    SaveReply,
    Start,
    Submission,
)
from placement_test.sessions import bodies, replies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.urls import URLResolver

COMPONENT = "#/components/schemas/{name}"
JSON = "application/json"
PARAMETER = re.compile(r"<(\w+):(\w+)>")
PARAMETER_SCHEMAS = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0, "maximum": JS_SAFE_INTEGER_MAX},
}

Text = Annotated[str, Meta(max_length=browser_errors.STACK_LENGTH)]
OWNED = (errors.SessionUnknown, errors.TokenMissing)
FOR_STAFF = (302, 403, 404)
READ = (errors.BadRequest, errors.BodyTooLarge)
Error = type[errors.PlacementError]


class Report(msgspec.Struct):
    """One error of a page; texts are scrubbed and cut."""

    kind: Literal["uncaught", "rejection", "handled", "memory"]
    count: Annotated[int, Meta(ge=1, le=browser_errors.MOST_REPEATS)] = 1
    message: Text = ""
    stack: Text = ""
    context: Text = ""
    page: Text = ""


class Reports(msgspec.Struct):
    """A batch of reports; ``batch`` is its name, the same when it is sent again."""

    batch: Annotated[str, Meta(pattern=f"^{browser_errors.BATCH_NAME.pattern}$")]
    reports: Annotated[list[Report], Meta(min_length=1, max_length=browser_errors.MOST_REPORTS)]


class Taken(msgspec.Struct, forbid_unknown_fields=True):
    """How many reports were taken in; 0 where the batch was there before."""

    accepted: int


class Health(msgspec.Struct, forbid_unknown_fields=True):
    """How the system is; details only for directors, administrators and the monitor's token."""

    status: Literal["healthy", "degraded", "unhealthy"]
    checks: dict[str, str]
    details: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    timestamp: str | msgspec.UnsetType = msgspec.UNSET


class ExportedEntry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry as staff export it."""

    epoch: int
    writer: str
    seq: int
    kind: str
    part: int
    value: str
    status: str
    reason: str
    received_at: str


class Exported(msgspec.Struct, forbid_unknown_fields=True):
    """Every entry of a session, in the order of arrival."""

    session: str
    entries: list[ExportedEntry]


@dataclass(frozen=True, slots=True)
class Call:
    """What the code of a view does not say of itself.

    ``pages`` are statuses that show a person a page, ``failing`` those with a reply all the same.
    Without ``needs_body`` an empty one will do.  A call without ``reply`` sends a file of the type
    ``sends``; ``is_kept`` says that a browser that has the reply still is told so.
    """

    name: str
    method: Literal["get", "post"]
    reply: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    errors: tuple[Error, ...] = ()
    needs_body: bool = True
    is_upload: bool = False
    pages: tuple[int, ...] = ()
    failing: tuple[int, ...] = ()
    sends: str = ""
    is_kept: bool = False


CALLS = (
    Call("api-csrf", "get", replies.CsrfToken),
    Call(
        "api-begin",
        "post",
        replies.Begun,
        Start,
        (*READ, *OWNED, errors.CodeNeeded, errors.TooManySaves),
        needs_body=False,
    ),
    Call(
        "api-restore",
        "post",
        replies.Times,
        bodies.Restoration,
        (*READ, errors.TicketUnreadable, errors.TokenMissing, errors.CannotRestore),
    ),
    Call(
        "api-resume",
        "post",
        replies.Resumed,
        bodies.Resumption,
        (*READ, errors.CodeWrong, errors.TooManyTries),
    ),
    Call(
        "api-claim",
        "post",
        replies.Claimed,
        Claim,
        (*READ, *OWNED, errors.CodeNeeded, errors.SessionEnded, errors.TooManySaves),
    ),
    Call(
        "api-answers",
        "post",
        SaveReply,
        Batch,
        (*READ, *OWNED, errors.CodeNeeded, errors.SessionNotStarted, errors.TooManySaves),
    ),
    Call("api-state", "get", replies.Stored, errors=OWNED),
    Call(
        "api-submit",
        "post",
        replies.Submitted,
        Submission,
        (
            *READ,
            *OWNED,
            errors.CodeNeeded,
            errors.SessionNotStarted,
            errors.SessionEnded,
            errors.AnswersMissing,
            errors.DigestDiffers,
            errors.TooManySaves,
        ),
    ),
    Call("api-exam", "get", replies.Exam, errors=OWNED, is_kept=True),
    Call("sit-page", "get", sends="image/webp", pages=(401, 404), is_kept=True),
    Call("sit-words", "get", sends=JSON, pages=(401, 404), is_kept=True),
    Call("sit-track", "get", sends="audio/*", pages=(401, 404), is_kept=True),
    Call(
        "api-rescue",
        "post",
        replies.Rescued,
        errors=(
            errors.BadRequest,
            errors.RescueUnreadable,
            errors.RescueKeyUnknown,
            errors.RescueSessionUnknown,
            errors.RescueTooLarge,
            errors.SessionNotStarted,
        ),
        is_upload=True,
        pages=(302, 403),
    ),
    Call("receipt-keys", "get", replies.PublicKeys),
    Call("sit-receipt", "get", replies.ReceiptFile, pages=(401, 404)),
    Call("staff-session-receipt", "get", replies.ReceiptFile, pages=FOR_STAFF),
    Call("staff-session-export", "get", Exported, pages=FOR_STAFF),
    Call("api-errors", "post", Taken, Reports, (*READ, errors.TooManyReports)),
    Call("api-health", "get", Health, failing=(503,)),
)

# What the reply to an error says beside code and words.
FACTS: dict[Error, dict[str, Any]] = {
    errors.BadRequest: {"detail": {"type": "string"}},
    errors.AnswersMissing: {
        "missing": {
            "type": "array",
            "items": {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "integer"}],
                "minItems": 2,
                "maxItems": 2,
                "items": False,
            },
        }
    },
}
OPTIONAL_FACTS = {"detail"}
WITH_RETRY_AFTER = {errors.TooMany.status, errors.Unavailable.status}


def description() -> dict[str, Any]:
    """Return the whole document."""
    addresses = _addresses(get_resolver().url_patterns)
    components = _components()
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        address = addresses[call.name]
        path = "/" + PARAMETER.sub(r"{\2}", str(address.pattern))
        paths.setdefault(path, {})[call.method] = _operation(call, address, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "PrimePath",
            "version": "1",
            "description": "What docs/api.md says in words.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _addresses(patterns: Iterable[URLPattern | URLResolver]) -> dict[str, URLPattern]:
    found: dict[str, URLPattern] = {}
    for each in patterns:
        if not isinstance(each, URLPattern):
            found |= _addresses(each.url_patterns)
        elif each.name:
            found[each.name] = each
    return found


def _components() -> dict[str, Any]:
    """Return the shapes by name."""
    shapes = [call.reply for call in CALLS] + [call.body for call in CALLS]
    structs = [shape for shape in shapes if shape]
    _, found = msgspec.json.schema_components([*structs, replies.Differing], ref_template=COMPONENT)
    # The end of a text is \Z in Python, where $ would allow a line's end before it.
    text = msgspec.json.encode(dict(sorted(found.items()))).replace(rb'\\Z"', b'$"')
    return dict(msgspec.json.decode(text))


def _operation(call: Call, address: URLPattern, components: dict[str, Any]) -> dict[str, Any]:
    words = (inspect.getdoc(inspect.unwrap(address.callback)) or "").partition("\n\n")[0]
    operation: dict[str, Any] = {
        "operationId": call.name,
        "summary": " ".join(words.split()),
        "responses": _responses(call, components),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": PARAMETER_SCHEMAS[kind]}
        for kind, name in PARAMETER.findall(str(address.pattern))
    ]
    if parameters:
        operation["parameters"] = parameters
    if call.body is not None:
        content = _content(_name(call.body))
        operation["requestBody"] = {"required": call.needs_body, "content": content}
    if call.is_upload:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        schema = {"type": "object", "required": ["file"], "properties": {"file": file}}
        operation["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": schema}},
        }
    return operation


def _responses(call: Call, components: dict[str, Any]) -> dict[str, Any]:
    content = _content(_name(call.reply)) if call.reply else {call.sends: {"schema": {}}}
    done = {"description": "Done.", "content": content}
    responses: dict[str, Any] = {"200": done}
    if call.is_kept:
        responses["304"] = {"description": "What `If-None-Match` names is still right."}
    if call.sends and call.sends != JSON:
        part = {"description": "The part that `Range` names.", "content": content}
        responses |= {"206": part, "416": {"description": "`Range` is beyond the end."}}
    for status, names in sorted(_refusals(call, components).items()):
        responses[str(status)] = {"description": " / ".join(names), "content": _content(*names)}
        if status in WITH_RETRY_AFTER:
            seconds = {"schema": {"type": "integer", "minimum": 0}, "required": True}
            responses[str(status)]["headers"] = {"Retry-After": seconds}
    for status in call.failing:
        responses[str(status)] = done | {"description": "The same, in trouble."}
    for status in call.pages:
        known = responses.setdefault(str(status), {"description": HTTPStatus(status).phrase})
        known.setdefault("content", {})["text/html"] = {"schema": {"type": "string"}}
    return responses


def _refusals(call: Call, components: dict[str, Any]) -> dict[int, list[str]]:
    """Return the names of what each status may mean."""
    found: dict[int, list[str]] = {}
    for error in call.errors:
        found.setdefault(error.status, []).append(_error(error, components))
    if call.method == "post":
        found.setdefault(403, []).append(_plain("csrf", "CsrfFailed", components))
    unavailable = errors.Unavailable
    if call.name.startswith("api-") and unavailable.status not in call.failing:
        found.setdefault(unavailable.status, []).append(_error(unavailable, components))
    return found


def _content(*names: str) -> dict[str, Any]:
    refs = [{"$ref": COMPONENT.format(name=name)} for name in names]
    return {JSON: {"schema": refs[0] if len(refs) == 1 else {"oneOf": refs}}}


def _error(error: Error, components: dict[str, Any]) -> str:
    if error is errors.DigestDiffers:
        return _name(replies.Differing)
    return _plain(error.code, error.__name__, components, FACTS.get(error, {}))


def _plain(
    code: str, name: str, components: dict[str, Any], facts: dict[str, Any] | None = None
) -> str:
    properties = {"error": {"const": code}, "message": {"type": "string"}, **(facts or {})}
    components[name] = {
        "type": "object",
        "required": [each for each in properties if each not in OPTIONAL_FACTS],
        "properties": properties,
        "additionalProperties": False,
    }
    return name


def _name(struct: type[msgspec.Struct]) -> str:
    return struct.__name__
