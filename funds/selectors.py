"""Questions about offers and commitments: what the public sees, what a saver holds; figures in bulk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from djmoney.money import Money

from fres.kernel import charts, clock
from fres.kernel.access import Role, roles_of
from fres.kernel.models import Territory
from fres.kernel.money import from_cents, to_cents
from funds.models import Commitment, Entry, Offer, Seal, Transfer, WaitingPlace
from funds.places import Place, departments_of, locator_of, places_of
from funds.states import (
    COUNTED_CLEARED,
    LIVE,
    UNDER_WAY,
    CommitmentState,
    OfferState,
    WaitingState,
)
from investors.models import Party, User
from investors.selectors import parties_acted_for

PUBLIC = frozenset(OfferState) - {OfferState.PREPARED}
WAITING = (WaitingState.WAITING, WaitingState.PROPOSED)
FOLLOW_COMMITMENTS = frozenset(
    {Role.TREASURER, Role.COMPLIANCE, Role.MANAGER, Role.MONITORING, Role.AUDITOR, Role.ADMINISTRATOR}
)


@dataclass(frozen=True)
class OfferFigures:
    """The four figures of an offer (ruling B10), in cents, the savers behind each, and the room a newcomer has."""

    cleared_cents: int = 0
    under_way_cents: int = 0
    in_reflection_cents: int = 0
    waiting_cents: int = 0
    proposed_cents: int = 0
    savers_cleared: int = 0
    savers_under_way: int = 0
    savers_in_reflection: int = 0
    savers_waiting: int = 0
    is_waited_for: bool = False
    maximum_cents: int = 0
    minimum_cents: int = 0

    @property
    def room_cents(self) -> int:
        """What a newcomer may commit now: nothing while somebody waits for room (ruling B9)."""
        if self.is_waited_for:
            return 0
        taken = self.cleared_cents + self.under_way_cents + self.in_reflection_cents + self.proposed_cents
        return max(0, self.maximum_cents - taken)

    @property
    def cleared(self) -> Money:
        return from_cents(self.cleared_cents)

    @property
    def under_way(self) -> Money:
        return from_cents(self.under_way_cents)

    @property
    def in_reflection(self) -> Money:
        return from_cents(self.in_reflection_cents)

    @property
    def waiting(self) -> Money:
        return from_cents(self.waiting_cents)

    @property
    def room(self) -> Money:
        return from_cents(self.room_cents)

    @property
    def missing_cents(self) -> int:
        """What is still to be cleared to reach the minimum; zero once it is."""
        return max(0, self.minimum_cents - self.cleared_cents)

    @property
    def chart(self) -> charts.OfferFigures:
        return charts.OfferFigures(
            cleared_cents=self.cleared_cents,
            processing_cents=self.under_way_cents,
            reflecting_cents=self.in_reflection_cents,
            waiting_cents=self.waiting_cents,
            maximum_cents=self.maximum_cents,
            minimum_cents=self.minimum_cents,
        )


def figures_of(offers: Iterable[Offer]) -> Mapping[int, OfferFigures]:
    """Return the figures of each offer by its primary key; two grouped queries whatever their number."""
    listed = list(offers)
    keys = [offer.pk for offer in listed]
    committed = {
        row["offer_id"]: row
        for row in Commitment.objects.filter(offer__in=keys, state__in=LIVE)
        .values("offer_id")
        .annotate(
            cleared=Sum("amount", filter=Q(state__in=COUNTED_CLEARED)),
            under_way=Sum("amount", filter=Q(state__in=UNDER_WAY)),
            reflecting=Sum("amount", filter=Q(state=CommitmentState.IN_REFLECTION)),
            n_cleared=Count("saver", filter=Q(state__in=COUNTED_CLEARED), distinct=True),
            n_under_way=Count("saver", filter=Q(state__in=UNDER_WAY), distinct=True),
            n_reflecting=Count("saver", filter=Q(state=CommitmentState.IN_REFLECTION), distinct=True),
        )
    }
    # Nobody waits for an offer that is decided: its lines ended with it.
    waited_for = [offer.pk for offer in listed if offer.state in (OfferState.OPEN, OfferState.SUSPENDED)]
    waiting = {
        row["offer_id"]: row
        for row in WaitingPlace.objects.filter(offer__in=waited_for, state__in=WAITING)
        .values("offer_id")
        .annotate(
            waiting=Sum("amount"),
            proposed=Sum("proposed_amount", filter=Q(state=WaitingState.PROPOSED)),
            n_waiting=Count("pk"),
            n_unproposed=Count("pk", filter=Q(state=WaitingState.WAITING)),
        )
    }
    return {offer.pk: _figures(offer, committed.get(offer.pk, {}), waiting.get(offer.pk, {})) for offer in listed}


def offer_figures(offer: Offer) -> OfferFigures:
    """Return the figures of one offer."""
    return figures_of([offer])[offer.pk]


def _figures(offer: Offer, committed: Mapping[str, Any], waiting: Mapping[str, Any]) -> OfferFigures:
    return OfferFigures(
        cleared_cents=_cents(committed.get("cleared")),
        under_way_cents=_cents(committed.get("under_way")),
        in_reflection_cents=_cents(committed.get("reflecting")),
        waiting_cents=_cents(waiting.get("waiting")),
        proposed_cents=_cents(waiting.get("proposed")),
        savers_cleared=committed.get("n_cleared", 0),
        savers_under_way=committed.get("n_under_way", 0),
        savers_in_reflection=committed.get("n_reflecting", 0),
        savers_waiting=waiting.get("n_waiting", 0),
        is_waited_for=bool(waiting.get("n_unproposed")),
        maximum_cents=to_cents(offer.maximum),
        minimum_cents=to_cents(offer.minimum),
    )


def _cents(amount: Any) -> int:
    return int((amount or 0) * 100)


def public_offers() -> QuerySet[Offer]:
    """Return the offers anybody may read: all but those still in preparation and not announced."""
    seen = Q(state__in=PUBLIC) | Q(state=OfferState.PREPARED, file__announced_at__isnull=False)
    return Offer.objects.filter(seen).select_related("project__organisation__party", "award", "fund", "file")


def open_offers(at: datetime) -> QuerySet[Offer]:
    """Return the offers that take commitments at a moment, those that close first before the others."""
    return (
        public_offers().filter(state=OfferState.OPEN, opens_at__lte=at, closes_at__gte=at).order_by("closes_at", "pk")
    )


def filter_offers(offers: QuerySet[Offer], filters: Mapping[str, str]) -> QuerySet[Offer]:
    """Narrow offers down by the filters given: "search", "department", "epci", "theme", "lane", "instrument"."""
    for field, path in (("theme", "project__theme"), ("lane", "lane"), ("instrument", "instrument")):
        if filters.get(field):
            offers = offers.filter(**{path: filters[field]})
    for field, column in (("department", "departement_code"), ("epci", "epci_code")):
        if filters.get(field):
            inside = Territory.objects.filter(
                level=Territory.Level.COMMUNE, is_current=True, **{column: filters[field]}
            )
            offers = offers.filter(project__commune_code__in=inside.values("code"))
    for word in filters.get("search", "").split():
        named = Territory.objects.filter(level=Territory.Level.COMMUNE, is_current=True, name__icontains=word)
        offers = offers.filter(
            Q(project__title__icontains=word)
            | Q(project__summary__icontains=word)
            | Q(project__organisation__name__icontains=word)
            | Q(project__commune_code__in=named.values("code"))
        )
    return offers


@dataclass(frozen=True)
class OfferCard:
    """An offer as lists show it; `figures` are those of the bar."""

    offer: Offer
    place: str
    department: str
    locator: charts.Drawing | None
    figures: charts.OfferFigures
    remaining: Money
    is_full: bool


def offer_cards(offers: Iterable[Offer]) -> list[OfferCard]:
    """Return the cards of a page of offers; six queries whatever their number."""
    listed = list(offers)
    figures = figures_of(listed)
    places = places_of(offer.project.commune_code for offer in listed)
    departments = {code: departments_of(code) for code in {place.region_code for place in places.values()} if code}
    cards = []
    for offer in listed:
        place, own = places[offer.project.commune_code], figures[offer.pk]
        cards.append(
            OfferCard(
                offer=offer,
                place=place.name,
                department=place.department,
                locator=locator_of(place, departments=departments.get(place.region_code, ())),
                figures=own.chart,
                remaining=own.room,
                is_full=own.room_cents < to_cents(offer.ticket_minimum),
            )
        )
    return cards


def place_of(offer: Offer) -> Place:
    """Return where the project of an offer is."""
    return places_of([offer.project.commune_code])[offer.project.commune_code]


@dataclass(frozen=True)
class LedgerLine:
    """One sealed movement as the first page shows it: no name of a person."""

    on: date
    label: str
    number: int
    amount: Money


def ledger_extract(*, count: int = 5) -> list[LedgerLine]:
    """Return the last sealed entries, oldest first."""
    entries = (
        Entry.objects.filter(seal__isnull=False)
        .select_related("seal")
        .annotate(cents=Sum("transfers__amount_cents"))
        .order_by("-seal__sealed_at", "-seal__number")[:count]
    )
    lines = [
        LedgerLine(entry.accounting_date, _public_label(entry.label), entry.seal.number, from_cents(int(entry.cents)))
        for entry in entries
    ]
    return lines[::-1]


def _public_label(label: str) -> str:
    """Return an entry's label without the saver's number: the public needs to know what, not who."""
    return " ".join(word for word in label.split() if not (word[:1] == "S" and word[1:].isdigit()))


@dataclass(frozen=True)
class Totals:
    """What the ledger says since the first entry about offers."""

    since: date
    as_of: date
    collected: Money
    invested: Money
    returned: Money
    lost: Money
    savers: int
    projects: int
    lost_projects: int


def ledger_totals(as_of: date) -> Totals | None:
    """Return the figures of the first page, summed from the ledger; None when nothing was ever collected.

    Collected: what savers paid. Invested: what left for holders. Returned: refunds, and what was shared to savers.
    """
    sums = dict.fromkeys(("collected", "invested", "refunded", "taken_back", "shared", "lost"), 0)
    patterns = {
        "collected": Q(entry__key__regex=r"^payment:.*:cleared$", credit__number__startswith="4685"),
        "invested": Q(entry__key__startswith="payout:"),
        "refunded": Q(entry__key__startswith="refund:", debit__number__startswith="4685"),
        "taken_back": Q(entry__key__startswith="refund:", credit__number__startswith="4685"),
        "shared": Q(entry__key__startswith="distribution:", credit__number__startswith="4684"),
        "lost": Q(debit__number__startswith="654"),
    }
    row = Transfer.objects.aggregate(**{name: Sum("amount_cents", filter=test) for name, test in patterns.items()})
    sums.update({name: int(value or 0) for name, value in row.items()})
    if not sums["collected"]:
        return None
    first = (
        Entry.objects.filter(key__startswith="payment:")
        .order_by("accounting_date")
        .values_list("accounting_date", flat=True)[0]
    )
    counted = Commitment.objects.filter(state__in=COUNTED_CLEARED).aggregate(savers=Count("saver", distinct=True))
    projects = Offer.objects.filter(state=OfferState.SUCCEEDED).aggregate(n=Count("project", distinct=True))
    return Totals(
        since=first,
        as_of=as_of,
        collected=from_cents(sums["collected"]),
        invested=from_cents(sums["invested"]),
        returned=from_cents(sums["refunded"] - sums["taken_back"] + sums["shared"]),
        lost=from_cents(sums["lost"]),
        savers=counted["savers"],
        projects=projects["n"],
        lost_projects=0,
    )


def commitments_visible_to(user: User) -> QuerySet[Commitment]:
    """Return the commitments of the parties a user is or acts for; all of them for staff who follow the money."""
    found = Commitment.objects.select_related("offer__project__organisation", "saver", "by")
    if roles_of(user) & FOLLOW_COMMITMENTS:
        return found
    return found.filter(saver__in=parties_acted_for(user, clock.today()))


def commitments_of(user: User) -> QuerySet[Commitment]:
    """Return the commitments a user may act on: those of the parties they are or act for."""
    return Commitment.objects.select_related("offer__project__organisation", "saver", "by").filter(
        saver__in=parties_acted_for(user, clock.today())
    )


def live_commitments(offer: Offer, saver: Party | None) -> list[Commitment]:
    """Return a saver's live commitments to an offer, oldest first."""
    if saver is None:
        return []
    return list(offer.commitments.filter(saver=saver, state__in=LIVE).order_by("committed_at", "pk"))


def live_place(offer: Offer, saver: Party | None) -> WaitingPlace | None:
    """Return a saver's place in an offer's waiting list, or None."""
    if saver is None:
        return None
    return offer.waiting_places.filter(saver=saver, state__in=WAITING).first()


def waiting_places_of(user: User) -> QuerySet[WaitingPlace]:
    """Return the live places of the parties a user is or acts for, by date."""
    return (
        WaitingPlace.objects.select_related("offer__project", "saver")
        .filter(saver__in=parties_acted_for(user, clock.today()), state__in=WAITING)
        .order_by("asked_at", "pk")
    )


def last_sealed_at() -> datetime | None:
    """Return when the last entry was sealed, or None."""
    return Seal.objects.order_by("-sealed_at").values_list("sealed_at", flat=True).first()
