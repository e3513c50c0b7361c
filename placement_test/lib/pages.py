"""What lists and forms of staff pages share: paging, sorting and the plain form page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.core.paginator import Page, Paginator
from django.shortcuts import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import Model, QuerySet
    from django.forms import BaseForm
    from django.http import HttpRequest, HttpResponse

M = TypeVar("M", bound="Model")

# Fits two screens, and a page of it takes a few milliseconds.
PAGE_ROWS = 50
UNPROCESSABLE = 422


class Link(NamedTuple):
    """A place to go to and its name."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Column:
    """The head of one column: where its link leads and how it is sorted now ("" for not)."""

    label: str
    url: str
    sorted: str


def page(request: HttpRequest, rows: QuerySet[M], *, number: int | None = None) -> Page[M]:
    """Return the page of ``rows`` that the address asks for: 2 queries, whatever their number.

    1 where their ``number`` is known.
    """
    paginator = Paginator(rows, PAGE_ROWS)
    if number is not None:
        paginator.count = number
    return paginator.get_page(request.GET.get("page"))


def querystring(request: HttpRequest, *, without: Sequence[str] = ("page",)) -> str:
    """Return the address's filters for links to the other pages of the list."""
    kept = request.GET.copy()
    for name in without:
        kept.pop(name, None)
    return kept.urlencode()


def ordered(
    request: HttpRequest, rows: QuerySet[M], *, by: Mapping[str, str], default: str
) -> QuerySet[M]:
    """Return ``rows`` in the order of ``?sort=``; ``by`` maps its names to fields.

    ``-`` before a name turns the order around; an unknown name means ``default``.  Rows that are
    alike keep one order, so that paging shows each once.
    """
    name, sign = _sort(request, by, default)
    return rows.order_by(f"{sign}{by[name]}", f"{sign}pk")


def columns(
    request: HttpRequest, labels: Mapping[str, str], *, by: Mapping[str, str], default: str
) -> list[Column]:
    """Return the heads of a list that ``ordered`` sorts; a name not in ``by`` has no link."""
    current, sign = _sort(request, by, default)
    kept = querystring(request, without=("page", "sort"))
    heads = []
    for name, label in labels.items():
        direction = ("descending" if sign else "ascending") if name == current else ""
        turned = "-" if direction == "ascending" else ""
        url = f"?{kept}{'&' if kept else ''}sort={turned}{name}" if name in by else ""
        heads.append(Column(label, url, direction))
    return heads


def form_page(
    request: HttpRequest,
    form: BaseForm,
    *,
    title: str,
    back: Link,
    lead: str = "",
    submit: str = "",
) -> HttpResponse:
    """Show ``form`` on a page of its own: 422 where it was sent and cannot be taken."""
    context = {"form": form, "title": title, "back": back, "lead": lead, "submit": submit}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "staff/academy/form.html", context, status=status)


def _sort(request: HttpRequest, by: Mapping[str, str], default: str) -> tuple[str, str]:
    wanted = request.GET.get("sort", "")
    chosen = wanted if wanted.removeprefix("-") in by else default
    return chosen.removeprefix("-"), "-" if chosen.startswith("-") else ""
