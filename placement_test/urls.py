"""Every address of the product, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from placement_test.lib import http
from placement_test.sessions import api, files

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver

health: list[URLPattern | URLResolver] = [
    path("livez", http.livez, name="livez"),
]

sitting: list[URLPattern | URLResolver] = [
    path("api/csrf/", api.csrf, name="api-csrf"),
    path("api/sessions/<uuid:session_id>/begin/", api.begin, name="api-begin"),
    path("api/sessions/<uuid:session_id>/claim/", api.claim, name="api-claim"),
    path("api/sessions/<uuid:session_id>/answers/", api.answers, name="api-answers"),
    path("api/sessions/<uuid:session_id>/state/", api.state, name="api-state"),
    path("api/sessions/<uuid:session_id>/submit/", api.submit, name="api-submit"),
    path("api/sessions/<uuid:session_id>/exam/", api.exam, name="api-exam"),
    path(
        "sit/<uuid:session_id>/pages/<int:page_id>/<int:width>.webp",
        files.page_image,
        name="sit-page",
    ),
    path(
        "sit/<uuid:session_id>/pages/<int:page_id>/words.json", files.page_words, name="sit-words"
    ),
    path("sit/<uuid:session_id>/tracks/<int:track_id>", files.track, name="sit-track"),
]

urlpatterns: list[URLPattern | URLResolver] = [*health, *sitting]
