"""Staff pages of exam making."""

from placement_test.exams.views import (
    cuts,
    files,
    key,
    listing,
    making,
    overview,
    paper,
    publishing,
    questions,
    tracks,
)

__all__ = [
    "cuts",
    "files",
    "key",
    "listing",
    "making",
    "overview",
    "paper",
    "publishing",
    "questions",
    "tracks",
]
