"""Recorded actions, and what they were done to, in the reader's language.

An action is stored as its fixed English words; each area that records one names it here, so that
translators see it.
"""

from __future__ import annotations

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_noop as _

ACTIONS = frozenset(
    {
        _("account changed"),
        _("account created"),
        _("added in the admin"),
        _("answer marked"),
        _("campus changed"),
        _("campus created"),
        _("changed in the admin"),
        _("clock goes on"),
        _("clock stopped"),
        _("consent text revised"),
        _("cuts changed"),
        _("draft deleted"),
        _("draft made"),
        _("emergency file brought in"),
        _("entries exported"),
        _("event changed"),
        _("event created"),
        _("exam archived"),
        _("exam duplicated"),
        _("exam made"),
        _("exam previewed"),
        _("exam published"),
        _("exam settings changed"),
        _("exam unarchived"),
        _("key changed"),
        _("late answers counted"),
        _("late answers left"),
        _("level changed"),
        _("level created"),
        _("level moved"),
        _("page moved"),
        _("page removed"),
        _("pages turned"),
        _("paper replaced"),
        _("password changed"),
        _("password reset"),
        _("phone shown"),
        _("policies changed"),
        _("program changed"),
        _("program created"),
        _("question renumbered"),
        _("questions changed"),
        _("resume code renewed"),
        _("resume code shown"),
        _("rule set made"),
        _("school changed"),
        _("school created"),
        _("schools imported"),
        _("session made again from an emergency file"),
        _("session transferred"),
        _("sessions archived"),
        _("sessions exported"),
        _("sessions marked again"),
        _("student changed"),
        _("student split"),
        _("students merged"),
        _("sub-program changed"),
        _("sub-program created"),
        _("test ended"),
        _("test opened again"),
        _("time given"),
        _("track removed"),
        _("track replaced"),
        _("tracks added"),
        _("tracks changed"),
    }
)


def action_words(action: str) -> str:
    """Return a recorded action in the active language, or as it is where nobody named it."""
    return gettext(action)


def object_words(object_type: str) -> str:
    """Return what a recorded model is called, or its name where nobody decides about such."""
    words = {
        "academy": pgettext("decided about", "Academy"),
        "browsererror": pgettext("decided about", "Browser error"),
        "campus": pgettext("decided about", "Campus"),
        "consenttext": pgettext("decided about", "Consent text"),
        "exam": pgettext("decided about", "Exam"),
        "examversion": pgettext("decided about", "Exam version"),
        "keyrevision": pgettext("decided about", "Key revision"),
        "level": pgettext("decided about", "Level"),
        "program": pgettext("decided about", "Program"),
        "ruleset": pgettext("decided about", "Rule set"),
        "school": pgettext("decided about", "School"),
        "staffuser": pgettext("decided about", "Account"),
        "student": pgettext("decided about", "Student"),
        "studentsession": pgettext("decided about", "Session"),
        "subprogram": pgettext("decided about", "Sub-program"),
        "testevent": pgettext("decided about", "Test event"),
    }
    return words.get(object_type, object_type)
