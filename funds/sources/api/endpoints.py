"""The calls: who I am, send a file, read my files and my totals. A file goes through the same operation as the page's.

Every call carries `Authorization: Bearer KEY`. A key sees its own partner and nothing else: a file of somebody else
does not exist. A refusal is a problem with its rule and the next step; a refused file says line, column and reason.
"""

import logging
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import File, NinjaAPI, Path, Query, Status, UploadedFile
from ninja.errors import Throttled
from ninja.security import HttpBearer

from fres.kernel import clock
from fres.kernel.problems import problem
from funds.models import Channel, PartnerKey, PartnerUpload, UploadLine
from funds.sources.api.limits import KeyThrottle, is_guessing
from funds.sources.api.problems import ScopeMissing, register
from funds.sources.api.schemas import (
    PartnerOut,
    ProblemOut,
    TotalsOut,
    UploadOut,
    UploadsOut,
    errors_of,
    upload_out,
)
from funds.sources.format import FORMAT
from funds.sources.keys import recognise
from funds.sources.states import UploadState
from funds.sources.uploading import receive_upload

logger = logging.getLogger(__name__)
PER_PAGE = 50
REFUSALS = {401: ProblemOut, 403: ProblemOut, 429: ProblemOut}


class PartnerKeyBearer(HttpBearer):
    """A partner's key, in the header `Authorization: Bearer`."""

    def authenticate(self, request: HttpRequest, token: str) -> PartnerKey | None:
        key = recognise(token, clock.now())
        if key is None:
            logger.warning("partner api: a key that is not in force was refused")
            if is_guessing(request):
                raise Throttled(wait=None)
        return key


api = NinjaAPI(
    title="FRES – partenaires",
    version="1.0.0",
    description=(
        "Déposer les fichiers d’un partenaire et lire ce qui en a été fait. Chaque appel porte une clé de l’espace "
        "partenaire. Les montants sont en centimes entiers."
    ),
    urls_namespace="partner_api",
    openapi_url=None,
    docs_url=None,
    auth=PartnerKeyBearer(),
    throttle=[KeyThrottle()],
)
register(api)


@api.get("/moi", response={200: PartnerOut, **REFUSALS}, url_name="me", summary="Le partenaire et sa clé")
def me(request: HttpRequest) -> dict[str, Any]:
    """Return the partner whose key this is, what the key may do, and the channels in activity."""
    key = _key(request)
    active = key.partner.channels.filter(stage=Channel.Stage.ACTIVE).order_by("instrument")
    return {
        "nom": key.partner.name,
        "siren": key.partner.siren,
        "fonds": key.partner.fund.name,
        "format": FORMAT,
        "droits": key.scopes,
        "cle": key.prefix,
        "vaut_jusqu_au": key.expires_at,
        "canaux": [
            {"code": one.instrument, "nom": one.get_instrument_display(), "mode": one.mode, "depuis": one.updated_at}
            for one in active
        ],
    }


@api.post(
    "/fichiers", url_name="uploads", summary="Déposer un fichier",
    response={200: UploadOut, 201: UploadOut, 202: UploadOut, 409: ProblemOut, 413: ProblemOut, 422: ProblemOut,
              **REFUSALS},
)  # fmt: skip
def send(request: HttpRequest, fichier: File[UploadedFile]) -> Any:
    """Take a CSV or JSON file of one period (field `fichier` of a form) and decide it.

    201: accepted. 200: the same content was there already, counted once. 202: heavy, decided in a moment.
    422: refused, with each line, column and reason; nothing of it is counted.
    """
    key = _key(request, PartnerKey.Scope.UPLOAD)
    upload, is_new = receive_upload(partner=key.partner, file=fichier, by=key.created_by, at=clock.now(), key=key)
    if upload.state == UploadState.REFUSED:
        return refused_file(upload)
    status = 202 if upload.state == UploadState.TO_VERIFY else 201 if is_new else 200
    return Status(status, upload_out(upload))


@api.get("/fichiers", response={200: UploadsOut, **REFUSALS}, url_name="uploads", summary="Mes fichiers")
def uploads(request: HttpRequest, page: int = Query(1, ge=1, le=100_000)) -> dict[str, Any]:
    """Return the files of the partner, the last received first, fifty a page."""
    key = _key(request, PartnerKey.Scope.READ)
    shown = Paginator(key.partner.uploads.order_by("-received_at", "-pk"), PER_PAGE).get_page(page)
    return {
        "page": shown.number,
        "pages": shown.paginator.num_pages,
        "total": shown.paginator.count,
        "fichiers": [upload_out(one) for one in shown.object_list],
    }


@api.get(
    "/fichiers/{uuid}", response={200: UploadOut, 404: ProblemOut, **REFUSALS}, url_name="upload", summary="Un fichier"
)
def upload(request: HttpRequest, uuid: Path[UUID]) -> dict[str, object]:
    """Return one file of the partner: its state, its errors, what was done with old codes."""
    key = _key(request, PartnerKey.Scope.READ)
    return upload_out(get_object_or_404(key.partner.uploads, uuid=uuid))


@api.get(
    "/totaux", response={200: TotalsOut, 404: ProblemOut, **REFUSALS}, url_name="totals",
    summary="Mes totaux d’une période",
)  # fmt: skip
def totals(request: HttpRequest, periode: str = Query(..., max_length=7)) -> dict[str, Any]:
    """Return what the accepted file of a period (2025, 2026-T3) adds up to, by channel and nature."""
    key = _key(request, PartnerKey.Scope.READ)
    accepted = key.partner.uploads.filter(period=periode, state=UploadState.ACCEPTED).first()
    if accepted is None:
        raise Http404
    rows = (
        UploadLine.objects.filter(upload=accepted)
        .values("instrument", "nature")
        .order_by("instrument", "nature")
        .annotate(cents=Sum("amount_cents"), people=Sum("count"))
    )
    return {
        "periode": accepted.period,
        "fichier": accepted.uuid,
        "totaux": [
            {"canal": row["instrument"], "nature": row["nature"], "montant_centimes": row["cents"],
             "nombre": row["people"]}
            for row in rows
        ],
    }  # fmt: skip


def refused_file(upload: PartnerUpload) -> HttpResponse:
    """Return what is wrong in a file: every error, with its line, its column and its reason."""
    return problem(
        422, _("Le fichier est refusé : rien n’en est compté."), rule="upload-refused", instance=str(upload.uuid),
        errors=errors_of(upload), more_errors=upload.has_more_errors,
        next_step=_("Corrigez ces lignes, puis envoyez le fichier entier."),
    )  # fmt: skip


def _key(request: HttpRequest, scope: str = "") -> PartnerKey:
    """Return the key of a call. Raises: ScopeMissing: it has not this right."""
    key: PartnerKey = request.auth  # type: ignore[attr-defined]
    if scope and scope not in key.scopes:
        label = PartnerKey.Scope(scope).label
        raise ScopeMissing(
            _("Cette clé n’a pas le droit « %(scope)s ».") % {"scope": label},
            next_step=_("Faites une clé qui l’a, dans l’espace partenaire."),
        )
    return key
