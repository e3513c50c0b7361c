"""Say in a template where the reader is."""

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template.context import Context
from django.utils.html import format_html

from placement_test.lib.access import Role, has_role
from placement_test.models import StaffUser

register = template.Library()


@register.simple_tag(takes_context=True)
def aria_current(context: Context, *names: str) -> str:
    """Return ``aria-current`` for a link to the page shown, or to the section it belongs to.

    The first name is the link's own view; any name also covers the views that begin with it,
    so ``{% aria_current "staff-exams" "staff-exam" %}`` marks ``staff-exam-key`` too.
    """
    match = getattr(context.get("request"), "resolver_match", None)
    shown = match.view_name if match else ""
    if not shown or not names:
        return ""
    if shown == names[0]:
        return format_html(' aria-current="{}"', "page")
    if shown in names or shown.startswith(tuple(f"{name}-" for name in names)):
        return format_html(' aria-current="{}"', "true")
    return ""


@register.filter
def may(user: StaffUser | AnonymousUser, role: str) -> bool:
    """Return whether ``user`` may do what ``role`` may: ``{% if user|may:"teacher" %}``."""
    return has_role(user, Role(role))
