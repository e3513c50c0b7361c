"""The described calls against the real application, by calls that are made from the description."""

from __future__ import annotations

import json
from collections import Counter
from http import HTTPStatus
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from placement_test.management import api_description
from placement_test.management.commands import openapi
from tests.api.sessions import STATES, Prepared, prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemathesis import Case


def without_tuples(schema: dict[str, Any]) -> dict[str, Any]:
    # schemathesis does not get through tuples inside maps; REPLIES look into them.
    if schema.pop("prefixItems", None) is not None:
        schema["items"] = {}
    return schema


DESCRIBED = json.loads(openapi.FILE.read_text(encoding="utf-8"), object_hook=without_tuples)
REPLIES = {call.name: call.reply for call in api_description.CALLS if call.reply}
CALLS = {
    f"{operation['operationId']}": (path, method)
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
}
SECRET = "a" * 32
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# For each state of a session, twice: as they are made, and with what its own browser knows.
FITTING = 3
UNFITTING = 40


def test_the_description_is_what_the_code_says() -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.text()


def test_every_call_of_the_api_is_described() -> None:
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}

    assert {name for name in names if name.startswith("api-")} <= set(CALLS)


@pytest.fixture
def halls() -> dict[str, Prepared]:
    return prepared()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", CALLS)
def test_replies_are_as_described(name: str, halls: dict[str, Prepared]) -> None:
    path, method = CALLS[name]
    schema = schemathesis.openapi.from_dict(DESCRIBED)
    schema.app = closing(get_wsgi_application())
    operation = schema[path][method]
    has_body = "requestBody" in DESCRIBED["paths"][path][method]
    fitting = operation.as_strategy(GenerationMode.POSITIVE)
    seen: Counter[int] = Counter()

    def call(case: Case[Any], state: str, is_own: bool) -> None:
        seen[answered(name, case, halls[state], is_own=is_own)] += 1

    for number, (state, is_own) in enumerate(product(STATES, (True, False))):
        examples = FITTING if has_body else 1
        play(call, examples, number, case=fitting, state=st.just(state), is_own=st.just(is_own))
    if has_body:
        unfitting = operation.as_strategy(GenerationMode.NEGATIVE)
        anywhere = st.sampled_from(STATES)
        play(call, UNFITTING, 0, case=unfitting, state=anywhere, is_own=st.just(False))

    assert seen[HTTPStatus.OK], seen


def closing(application: Any) -> Any:
    """Close what is replied with, as a server does: files are read from disk."""

    def answer(environ: Any, start: Any) -> list[bytes]:
        reply = application(environ, start)
        try:
            return [b"".join(reply)]
        finally:
            reply.close()

    return answer


def answered(name: str, case: Case[Any], place: Prepared, *, is_own: bool) -> int:
    place.put_back()
    if is_own:
        place.fill_in(name, case)
    if "session_id" in case.path_parameters:
        case.path_parameters["session_id"] = str(place.session)
    if is_own:
        known = place.files.items()
        case.path_parameters.update(
            {name: value for name, value in known if name in case.path_parameters}
        )
    response = case.call(
        # It reads what a browser has unpacked.
        headers={"X-CSRFToken": SECRET, "Accept-Language": "en", "Accept-Encoding": "identity"},
        cookies=place.cookies | {settings.CSRF_COOKIE_NAME: SECRET},
    )
    if response.status_code == HTTPStatus.OK and name in REPLIES:
        msgspec.json.decode(response.content, type=REPLIES[name])
    case.validate_response(response, checks=CHECKS)
    return response.status_code


def play(call: Callable[..., None], examples: int, number: int, **drawn: Any) -> None:
    """Make that many calls, the same ones in every run."""

    @seed(number)
    @settings_of_hypothesis(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(**drawn)
    def example(**values: Any) -> None:
        call(**values)

    example()
