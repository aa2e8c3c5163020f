"""Public pages: the sources of a fund, what they add up to, and the format of the files that say so."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from fres.kernel import clock, parameters
from fres.kernel.access import open_to_all, reads_only
from funds.models import Channel, Fund, Instrument, UploadLine
from funds.sources.format import COLUMNS, FORMAT, NAMES
from funds.sources.totals import PlaceRow, public_places, totals_of


@open_to_all
@require_safe
@reads_only
def sources(request: HttpRequest) -> HttpResponse:
    """Every fund's sources in activity and their total, each euro once."""
    today = clock.today()
    funds = [(fund, totals_of(fund, today)) for fund in Fund.objects.order_by("name")]
    return render(request, "sources/public.html", {"funds": funds, "today": today})


@open_to_all
@require_safe
@reads_only
def source(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One source: its figures, where its money comes from and goes, by département as far as may be published."""
    channel = get_object_or_404(
        Channel.objects.select_related("partner", "fund"), uuid=uuid, stage=Channel.Stage.ACTIVE
    )
    today = clock.today()
    found = totals_of(channel.fund, today)
    figures = next((one for one in found.sources if one.channel.pk == channel.pk), None)
    if figures is None:
        raise Http404
    places: list[PlaceRow] = []
    rest: PlaceRow | None = None
    if figures.upload is not None:
        places, rest = public_places(figures.upload, channel.instrument, today)
    context = {
        "channel": channel,
        "figures": figures,
        "places": places,
        "rest": rest,
        "passages": [one for one in found.passages if figures.name in (one.origin, one.end)],
        "refusal": found.refusal,
        "floor": parameters.value_at("disclosure.min_savers", today).whole,
    }
    return render(request, "sources/source.html", context)


@open_to_all
@require_safe
@reads_only
def file_format(request: HttpRequest) -> HttpResponse:
    """The format of partners' files, printed from what the validator reads."""
    today = clock.today()
    context = {
        "format": FORMAT,
        "columns": COLUMNS.items(),
        "instruments": Instrument.choices,
        "classes": UploadLine.ClientClass.choices,
        "limit_mb": parameters.value_at("upload.partner_max_mb", today).whole,
        "max_errors": parameters.value_at("sources.max_errors", today).whole,
    }
    return render(request, "sources/format.html", context)


@open_to_all
@require_safe
def partner_api(request: HttpRequest) -> HttpResponse:
    """The partners' API, printed from its own description (OpenAPI)."""
    schema = _description()
    calls = [
        {
            "method": method.upper(),
            "path": path,
            "summary": call["summary"],
            "answers": sorted(map(str, call["responses"])),
            "asks": [one["name"] for one in call.get("parameters", [])],
        }
        for path, methods in schema["paths"].items()
        for method, call in methods.items()
    ]
    today = clock.today()
    context = {
        "calls": calls,
        "limit_mb": parameters.value_at("upload.partner_max_mb", today).whole,
        "per_minute": parameters.value_at("sources.api.calls_per_minute", today).whole,
        "site_url": settings.SITE_URL,
    }
    return render(request, "sources/api.html", context)


@open_to_all
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of the partners' API that programs read (OpenAPI 3.1)."""
    return JsonResponse(_description(), json_dumps_params={"ensure_ascii": False})


def _description() -> dict[str, Any]:
    # Imported here: the API's library is for the API, not for every page.
    from funds.sources.api.endpoints import api

    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


_EXAMPLE = (
    ("COLLECTE", "LIVRET_SOLIDAIRE", "62498", "PARTICULIERS", "125000,50", "84", "", ""),
    ("CREDIT", "LIVRET_SOLIDAIRE", "62498", "TPE", "40000", "3", "", ""),
    ("EPARGNANTS", "LIVRET_SOLIDAIRE", "", "", "650", "84", "", ""),
    ("TOTAL_COLLECTE", "", "", "", "125000,50", "", "", ""),
    ("TOTAL_CREDIT", "", "", "", "40000", "", "", ""),
)


@open_to_all
@require_safe
def template(request: HttpRequest) -> HttpResponseBase:
    """A file to start from: the heading, and lines that show each nature; the SIREN is left to write."""
    rows = [";".join(NAMES), *(";".join((FORMAT, "SIREN", "2026-T3", *line)) for line in _EXAMPLE)]
    response = HttpResponse("\ufeff" + "\r\n".join(rows) + "\r\n", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="fres-sources-1.csv"'
    return response
