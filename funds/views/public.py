"""Pages anybody reads: the first one, the offers, one offer."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fres.kernel import clock
from fres.kernel.access import open_to_all, reads_only
from fres.kernel.models import Document, Territory
from fres.kernel.money import from_cents, to_cents
from funds import selectors
from funds.calendars import loan_example, offer_steps
from funds.campaigns.forms import IntentionForm, QuestionForm
from funds.campaigns.selectors import campaign_of, with_campaign
from funds.forms import OfferFilterForm
from funds.limits import unenforced_rules
from funds.models import Fund, Offer
from funds.places import departments_of, locator_of, map_of
from funds.states import OfferState
from investors.selectors import party_of
from projects.labels.selectors import badges_of_project
from projects.monitoring.selectors import public_reports

CARDS_ON_FIRST_PAGE = 3
OFFERS_A_PAGE = 10


@open_to_all
@require_safe
@reads_only
def home(request: HttpRequest) -> HttpResponse:
    """What the fund is, what the ledger says, the projects that close first."""
    at = clock.now()
    open_now = selectors.open_offers(at)
    extract = selectors.ledger_extract()
    context = {
        "cards": selectors.offer_cards(open_now[:CARDS_ON_FIRST_PAGE]),
        "open_count": open_now.count(),
        "extract": extract,
        "extract_total": from_cents(sum(to_cents(line.amount) for line in extract)),
        "sealed_at": selectors.last_sealed_at(),
        "totals": selectors.ledger_totals(clock.local(at).date()),
    }
    return render(request, "home.html", context)


@open_to_all
@require_safe
@reads_only
def offers(request: HttpRequest) -> HttpResponse:
    """The open offers, narrowed down by place, theme, lane and words."""
    departments, epcis = _territory_choices()
    form = OfferFilterForm(request.GET, departments=departments, epcis=epcis)
    form.is_valid()
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    open_now = selectors.open_offers(clock.now())
    found = selectors.filter_offers(open_now, filters)
    page = Paginator(found, OFFERS_A_PAGE).get_page(request.GET.get("page"))
    page.object_list = selectors.offer_cards(page.object_list)  # type: ignore[assignment]
    context = {
        "form": form,
        "page": page,
        "open_count": open_now.count(),
        "chosen": [{"label": label, "url": _without(filters, name)} for name, label in _chosen(form, filters)],
        "alternatives": [] if page.object_list else _alternatives(form, open_now, filters),
    }
    return render(request, "funds/offers.html", context)


@open_to_all
@require_safe
@reads_only
def offer(request: HttpRequest, slug: str) -> HttpResponse:
    """One offer: figures, risks beside the return, calendar, documents, place."""
    at = clock.now()
    found = get_object_or_404(with_campaign(selectors.public_offers()), slug=slug)
    figures = selectors.offer_figures(found)
    place = selectors.place_of(found)
    departments = departments_of(place.region_code) if place.region_code else []
    saver = party_of(request.user) if request.user.is_authenticated else None
    planned = loan_example(found, at=at)
    context = {
        "offer": found,
        "place": place,
        "locator": locator_of(place, departments=departments),
        "map": map_of(place, departments=departments, title=_("Autour de %(place)s") % {"place": place.name}),
        "figures": figures.chart,
        "counts": {
            "cleared": figures.savers_cleared,
            "processing": figures.savers_under_way,
            "reflecting": figures.savers_in_reflection,
            "waiting": figures.savers_waiting,
        },
        "remaining": figures.room,
        "missing": from_cents(figures.missing_cents),
        "is_full": figures.room_cents < to_cents(found.ticket_minimum),
        "is_open": is_open(found, at),
        "mine": selectors.live_commitments(found, saver),
        "my_place": selectors.live_place(found, saver),
        "steps": offer_steps(found, at=at),
        "example": planned[0] if planned else None,
        "schedule": planned[1] if planned else None,
        "documents": documents_about("offer", found.uuid),
        "unenforced": missing_protections(found),
        "campaign": campaign_of(found, user=request.user if request.user.is_authenticated else None),
        "badges": list(badges_of_project(found.project.uuid, found.project.organisation.uuid, clock.local(at).date())),
        "reports": public_reports([found.project_id]) if found.financing_state else [],
        "question_form": QuestionForm(),
        "intention_form": IntentionForm(),
    }
    return render(request, "funds/offer.html", context)


def is_open(offer: Offer, at: datetime) -> bool:
    """Return whether an offer takes commitments at a moment."""
    return offer.state == OfferState.OPEN and offer.opens_at <= at <= offer.closes_at


def missing_protections(offer: Offer) -> list[str]:
    """Return the rules a real opening of this loan would wait for (ruling B5); none outside of the demonstration."""
    if offer.is_gift or not settings.DEMONSTRATION:
        return []
    return [f"{rule.label} ({rule.code})" for rule in unenforced_rules()]


def documents_about(kind: str, uuid: Any) -> list[dict[str, Any]]:
    """Return the issued documents about an object as `_documents.html` shows them, newest first."""
    found = Document.objects.filter(about_type=kind, about_uuid=uuid).select_related("void", "superseded_by", "purge")
    return [document_line(document) for document in found.order_by("-pk")]


def document_line(document: Document) -> dict[str, Any]:
    """Return a document as `_documents.html` shows it; its void and successor loaded."""
    successor = getattr(document, "superseded_by", None)
    return {
        "uuid": document.uuid,
        "title": document.title,
        "number": document.number,
        "issued_at": document.issued_at,
        "size": document.size,
        "voided": hasattr(document, "void") or successor is not None,
        "purged": hasattr(document, "purge"),
        "replaced_by": successor.number if successor is not None else "",
    }


def _territory_choices() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the choices of département and of EPCI, in the regions of the funds."""
    regions = set(Fund.objects.values_list("region_code", flat=True))
    rows = Territory.objects.filter(
        level__in=(Territory.Level.DEPARTEMENT, Territory.Level.EPCI), region_code__in=regions, is_current=True
    ).order_by("name")
    departments: list[tuple[str, str]] = []
    epcis: list[tuple[str, str]] = []
    for row in rows:
        (departments if row.level == Territory.Level.DEPARTEMENT else epcis).append((row.code, row.name))
    return departments, epcis


def _chosen(form: OfferFilterForm, filters: dict[str, str]) -> list[tuple[str, str]]:
    labels = []
    for name, value in filters.items():
        choices = dict(getattr(form.fields[name], "choices", ()))
        labels.append((name, str(choices.get(value, value))))
    return labels


def _without(filters: dict[str, str], name: str) -> str:
    left = urlencode({key: value for key, value in filters.items() if key != name})
    return f"{reverse('funds:offers')}?{left}" if left else reverse("funds:offers")


def _alternatives(form: OfferFilterForm, offers: QuerySet[Offer], filters: dict[str, str]) -> list[dict[str, Any]]:
    """Return, for the empty page, what each filter hides: those whose removal would show something."""
    found = []
    for name, label in _chosen(form, filters):
        count = selectors.filter_offers(offers, {key: filters[key] for key in filters if key != name}).count()
        if count:
            found.append({"label": label, "count": count, "url": _without(filters, name)})
    return found
