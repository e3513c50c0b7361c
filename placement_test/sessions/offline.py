"""The test page, and the service worker that keeps it: a test goes on without network.

The page says nothing of a session, so it is made once for each language.
"""

from __future__ import annotations

import functools
import hashlib
import json
import posixpath
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from placement_test.lib.rescue import public_key
from placement_test.lib.static_files import IMPORTED, REFERRED

WORKER = "js/worker.js"
# The colours of static/css/tokens.css.
THEMES = {"auto", "light", "dark", "contrast"}
LOADED = re.compile(r'(?:src|href)="([^"#]+)')
# Ends itself at once and takes with it what it kept; pages go on without.
ENDED = """addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil((async () => {
  const own = (await caches.keys()).filter((name) => name.startsWith("primepath-"));
  for (const name of own) await caches.delete(name);
  await registration.unregister();
})()));
"""


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """Send the service worker of this release, or the one that ends all others."""
    content = _worker() if settings.SERVICE_WORKER else ENDED
    response = HttpResponse(content, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def shell(_request: HttpRequest, language: str) -> HttpResponse:
    """Send the test page of no session, for browsers to keep."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    response = HttpResponse(_shell(language))
    response["Cache-Control"] = "no-cache"
    return response


def page(request: HttpRequest) -> str:
    """Return the test page with this browser's token and colours in it."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    theme = request.COOKIES.get("theme", "")
    own = f' data-theme="{theme}"' if theme in THEMES else ""
    token = f'<meta name="csrf-token" content="{get_token(request)}">'
    head, _end, rest = _shell(language).partition("</head>")
    root = f'<html lang="{language}"'
    return f"{head.replace(root, root + own, 1)}{token}</head>{rest}"


def _shell(language: str) -> str:
    return _released_shell(language) if settings.RELEASED else _make_shell(language)


@functools.cache
def _released_shell(language: str) -> str:
    return _make_shell(language)


def _make_shell(language: str) -> str:
    # Without the request: no token, no colours of somebody else.
    with translation.override(language):
        return render_to_string("student/runner.html", {"rescue_key": public_key()})


def _worker() -> str:
    return _released_worker() if settings.RELEASED else _make_worker()


@functools.cache
def _released_worker() -> str:
    return _make_worker()


def _make_worker() -> str:
    shells = {language: _shell(language) for language, _ in settings.LANGUAGES}
    files: dict[str, str] = {}
    prefix = settings.STATIC_URL
    for page in shells.values():
        for address in LOADED.findall(page):
            if address.startswith(prefix):
                _collect(address.removeprefix(prefix), files)
    script = _text(staticfiles_storage.url(WORKER).removeprefix(prefix))
    state = json.dumps([files, shells, script])
    release = {
        "id": hashlib.sha256(state.encode()).hexdigest()[:16],
        "files": [f"{prefix}{name}" for name in sorted(files)],
        "shells": {language: reverse("sit-shell", args=[language]) for language in shells},
    }
    return f"self.RELEASE = {json.dumps(release)};\n{script}"


def _collect(name: str, files: dict[str, str]) -> None:
    """Add the file and all that it loads, under the names that it calls them by."""
    if name in files:
        return
    files[name] = text = _text(name)
    pattern = {".js": IMPORTED, ".css": REFERRED}.get(posixpath.splitext(name)[1])
    for found in pattern.finditer(text) if pattern else ():
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), found["name"]))
        if not target.endswith(".ts"):
            _collect(target.partition("#")[0], files)


def _text(name: str) -> str:
    if settings.RELEASED:
        return Path(staticfiles_storage.path(name)).read_text()
    return Path(str(finders.find(name))).read_text()
