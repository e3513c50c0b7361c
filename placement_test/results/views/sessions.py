"""The list of sessions and its export."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from placement_test.lib import clock, pages, sealed
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.results import access
from placement_test.results.forms import ExportForm, FilterForm
from placement_test.results.queries import exporting, listing
from placement_test.results.services import exporting as sheets

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse, QueryDict

    from placement_test.models import StudentSession

ENCODINGS = {"csv": "utf-8", "csv-cp949": "cp949"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(Role.INVIGILATOR)
def sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions: 4 queries beside login, whatever their number and the filters.

    Filters come by POST and go on in the address, words sealed: names stand in no address.
    """
    if request.method == "POST":
        return redirect(f"{reverse('staff-sessions')}?{_address(request.POST)}")
    user = actor(request)
    form = FilterForm(request.GET, user=user)
    rows = _rows(request, form)
    paginator = listing.BoundedPaginator(rows, pages.PAGE_ROWS)
    page = paginator.get_page(request.GET.get("page"))
    labels = {
        "name": _("Student"),
        "registered": _("Registered"),
        "grade": _("Grade"),
        "exam": _("Exam"),
        "state": _("State"),
        "percent": _("Score"),
        "level": _("Level"),
    }
    context = {
        "filters": form,
        "page_obj": page,
        "is_cut": paginator.is_cut,
        "most": listing.MOST_COUNTED,
        "querystring": pages.querystring(request),
        "columns": pages.columns(request, labels, by=listing.SORTS, default=listing.DEFAULT_SORT),
        "sort": request.GET.get("sort", ""),
        "export_form": ExportForm() if has_role(user, Role.TEACHER) else None,
    }
    return render(request, "staff/results/sessions.html", context)


@require_POST
@requires(Role.TEACHER)
def export(request: HttpRequest) -> HttpResponse:
    """Send the filtered list as a file; the filters are those of the address."""
    user = actor(request)
    form, chosen = FilterForm(request.GET, user=user), ExportForm(request.POST)
    if not chosen.is_valid():
        return redirect(f"{reverse('staff-sessions')}?{request.GET.urlencode()}")
    kind = chosen.cleaned_data["format"]
    sheet = sheets.prepare(
        exporting.ids(_rows(request, form)), kind=kind, filters=_recorded(form), actor=user
    )
    name = f"sessions-{timezone.localtime(clock.now()):%Y%m%d-%H%M}"
    if kind == "xlsx":
        book = FileResponse(
            sheets.xlsx_file(sheet), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX
        )
        return cast("HttpResponse", book)
    encoding = ENCODINGS[kind]
    lines = StreamingHttpResponse(
        sheets.csv_lines(sheet, encoding=encoding),
        content_type=f"text/csv; charset={encoding}",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
    return cast("HttpResponse", lines)


def _address(posted: QueryDict) -> str:
    """Return the filters that were given as they stand in an address."""
    given = {name: posted.get(name, "") for name in (*FilterForm.base_fields, "sort")}
    words = given.pop("q").strip()
    given["find"] = sealed.seal(words) if words else ""
    return urlencode({name: value for name, value in given.items() if value})


def _rows(request: HttpRequest, form: FilterForm) -> QuerySet[StudentSession]:
    rows = listing.narrowed(access.sessions(actor(request)), form.filters())
    rows = listing.sortable(rows, request.GET.get("sort", ""))
    return pages.ordered(request, rows, by=listing.SORTS, default=listing.DEFAULT_SORT)


def _recorded(form: FilterForm) -> dict[str, object]:
    """Return the filters as the record keeps them: of words only that there were some."""
    given = {
        name: str(value) if name in {"from_date", "to_date", "event"} else value
        for name, value in form.cleaned_data.items()
        if value
    }
    if "q" in given:
        given["q"] = True
    return given
