"""Which page shows the money of a project: the public page of its last offer (projects do not know offers)."""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse

from funds.models import Offer
from funds.selectors import public_offers
from projects.models import Project
from projects.organisations.links import project_link_source


@project_link_source
def offer_pages(projects: Iterable[Project]) -> dict[int, str]:
    """Return the address of the last public offer of each project that has one, by key of project. One query."""
    found = public_offers().filter(Q(project__in=projects)).order_by("opens_at", "pk")
    return {offer.project_id: _address(offer) for offer in found}


def _address(offer: Offer) -> str:
    return reverse("funds:offer", args=[offer.slug])
