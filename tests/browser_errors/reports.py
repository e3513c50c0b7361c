from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"


def report(**facts: object) -> dict[str, object]:
    return {
        "kind": "uncaught",
        "message": "TypeError: x is not a function",
        "stack": "TypeError: x is not a function\n    at run (http://host/static/js/a.js:3:5)",
        "context": "",
        "page": "/staff/exams/7/",
        "count": 1,
        **facts,
    }


def batch(*reports: object, **facts: object) -> str:
    return json.dumps({"batch": uuid.uuid4().hex, "dropped": 0, "reports": reports, **facts})


def send(client: Client, body: str) -> Reply:
    return client.post(
        "/api/errors/", body, content_type="application/json", headers={"User-Agent": CHROME}
    )
