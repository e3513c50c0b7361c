"""Recorded actions in the reader's language.

An action is stored as its fixed English words; each area that records one names it here, so that
translators see it.
"""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

ACTIONS = frozenset(
    {
        _("account changed"),
        _("added in the admin"),
        _("changed in the admin"),
        _("account created"),
        _("campus changed"),
        _("campus created"),
        _("consent text revised"),
        _("event changed"),
        _("event created"),
        _("level changed"),
        _("level created"),
        _("level moved"),
        _("password changed"),
        _("password reset"),
        _("phone shown"),
        _("policies changed"),
        _("program changed"),
        _("program created"),
        _("rule set made"),
        _("school changed"),
        _("school created"),
        _("schools imported"),
        _("student changed"),
        _("student split"),
        _("students merged"),
        _("sub-program changed"),
        _("sub-program created"),
    }
)


def action_words(action: str) -> str:
    """Return a recorded action in the active language, or as it is where nobody named it."""
    return gettext(action)
