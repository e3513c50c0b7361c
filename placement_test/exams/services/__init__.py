"""What may be done with exams."""

from placement_test.exams.queries.serving import published_for
from placement_test.exams.services.importing import build_from_description
from placement_test.exams.services.keys import correct_key, save_key
from placement_test.exams.services.making import (
    NewExam,
    change_settings,
    delete_draft,
    duplicate_exam,
    make_draft,
    make_version,
)
from placement_test.exams.services.outlines import set_outline
from placement_test.exams.services.papers import check_paper, render_paper, replace_paper
from placement_test.exams.services.publishing import (
    archive_exam,
    publish,
    unarchive_exam,
    what_is_missing,
)

__all__ = [
    "NewExam",
    "archive_exam",
    "build_from_description",
    "change_settings",
    "check_paper",
    "correct_key",
    "delete_draft",
    "duplicate_exam",
    "make_draft",
    "make_version",
    "publish",
    "published_for",
    "render_paper",
    "replace_paper",
    "save_key",
    "set_outline",
    "unarchive_exam",
    "what_is_missing",
]
