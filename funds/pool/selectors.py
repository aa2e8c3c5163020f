"""What pages of the pot show: compartments with their figures, and where one saver's euros are."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import from_cents, split_cents, to_cents
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import Compartment, LegalEntity, RedemptionRequest, RedemptionTerms, Subscription
from funds.places import places_of
from funds.pool.placing import Outstanding, outstanding
from funds.pool.register import holders
from funds.pool.reserves import Reserves, reserves_of
from investors.models import Party, User
from investors.selectors import parties_acted_for
from projects.models import Theme


@dataclass(frozen=True)
class PotView:
    """One compartment as the public sees it."""

    compartment: Compartment
    reserves: Reserves
    units: int
    holders: int
    placed: list[Outstanding]
    terms: RedemptionTerms | None
    is_open: bool


@dataclass(frozen=True)
class Till:
    """Where an issuer's cash is, in cents. A bank below zero has paid what the provider has not sent yet."""

    entity: LegalEntity
    bank_cents: int
    provider_cents: int

    @property
    def is_short(self) -> bool:
        return self.bank_cents < 0


@dataclass(frozen=True)
class EuroLine:
    """Where part of a saver's units is now: a project, or cash."""

    title: str
    slug: str
    theme: str
    place: str
    amount: Money


@dataclass(frozen=True)
class WishLine:
    """What a saver wished, and what the pot does of it: the gap is said."""

    wish: str
    wished: Money
    served: Money

    @property
    def gap(self) -> Money:
        return from_cents(max(0, to_cents(self.wished) - to_cents(self.served)))


@dataclass(frozen=True)
class MyPot:
    """A saver's part of one compartment."""

    compartment: Compartment
    units: int
    amount: Money
    euros: list[EuroLine]
    wishes: list[WishLine]


def pot_views(on: date, compartments: QuerySet[Compartment] | None = None) -> list[PotView]:
    """Return the compartments with their figures on a day, in the order of their issuers."""
    rows = list((Compartment.objects.all() if compartments is None else compartments).select_related("issuer", "fund"))
    held = holders(rows)
    return [
        PotView(
            compartment=row,
            reserves=reserves_of(row, on),
            units=sum(held.get(row.pk, {}).values()),
            holders=len(held.get(row.pk, {})),
            placed=outstanding(row, on),
            terms=row.redemption_terms.filter(valid_from__lte=on).order_by("-valid_from").first(),
            is_open=row.opens_on <= on and (row.closes_on is None or on <= row.closes_on),
        )
        for row in rows
    ]


def tills() -> list[Till]:
    """Return where the cash of each issuer is: at its bank, or still at the provider of payments."""
    issuers = LegalEntity.objects.filter(compartments__isnull=False).distinct().order_by("name")
    return [
        Till(
            entity=one,
            bank_cents=balance_cents(entity=one, purpose=Purpose.BANK),
            provider_cents=balance_cents(entity=one, purpose=Purpose.PROVIDER),
        )
        for one in issuers
    ]


def my_pots(holder: Party) -> list[MyPot]:
    """Return where a holder's units are: each compartment's money shared by units, to the cent."""
    rows = list(Compartment.objects.filter(moves__receiver=holder).distinct().select_related("issuer", "fund"))
    held = holders(rows)
    found = []
    for row in rows:
        units = held.get(row.pk, {}).get(holder.pk, 0)
        if units:
            amount = units * to_cents(row.nominal)
            euros = _euros(row, amount)
            found.append(MyPot(row, units, from_cents(amount), euros, _wishes(row, holder, euros)))
    return found


def subscriptions_of(user: User) -> QuerySet[Subscription]:
    """Return the subscriptions of the people an account acts for, the last one first."""
    parties = parties_acted_for(user, clock.today())
    return (
        Subscription.objects.filter(saver__in=parties)
        .select_related("compartment__issuer", "compartment__fund", "saver")
        .order_by("-subscribed_at", "-pk")
    )


def redemptions_of(user: User) -> QuerySet[RedemptionRequest]:
    """Return the requests of the people an account acts for, the last one first."""
    parties = parties_acted_for(user, clock.today())
    return RedemptionRequest.objects.filter(holder__in=parties).select_related("compartment").order_by("-asked_at")


def shares_of_holders(compartment: Compartment) -> dict[int, dict[int, int]]:
    """Return, by holder's key, the cents of their units that are in each project, by its key; in a few queries."""
    lines = outstanding(compartment)
    weights = _weights(compartment, lines)
    nominal = to_cents(compartment.nominal)
    found: dict[int, dict[int, int]] = {}
    for holder, units in holders([compartment]).get(compartment.pk, {}).items():
        parts = split_cents(units * nominal, weights) if any(weights.values()) else {}
        mine = found.setdefault(holder, defaultdict(int))
        for rank, one in enumerate(lines):
            mine[one.project.pk] += parts[rank]
    return found


def _weights(compartment: Compartment, lines: list[Outstanding]) -> dict[int, int]:
    """What the compartment's money is in: its projects by rank, then cash."""
    cash = max(0, reserves_of(compartment, clock.today()).cash_cents)
    return dict(enumerate([*(one.cents for one in lines), cash]))


def _euros(compartment: Compartment, amount_cents: int) -> list[EuroLine]:
    """Share a holder's nominal over what the compartment's money is in: largest remainder, projects then cash."""
    lines = outstanding(compartment)
    weights = _weights(compartment, lines)
    if not any(weights.values()):
        return []
    parts = split_cents(amount_cents, weights)
    places = places_of(one.project.commune_code for one in lines)
    found = [
        EuroLine(
            one.project.title, one.project.slug, one.project.theme, places[one.project.commune_code].name,
            from_cents(cents),
        )
        for one, cents in zip(lines, parts.values(), strict=False)
    ]  # fmt: skip
    return [*found, EuroLine("", "", "", "", from_cents(parts[len(lines)]))]


def _wishes(compartment: Compartment, holder: Party, euros: list[EuroLine]) -> list[WishLine]:
    wished: dict[tuple[str, str], int] = defaultdict(int)
    for one in compartment.subscriptions.filter(saver=holder, state="ISSUED").exclude(wish="NONE"):
        wished[one.wish, one.wish_code] += to_cents(one.amount)
    communes = {one.project.slug: one.project.commune_code for one in outstanding(compartment)}
    found = []
    for (wish, code), cents in sorted(wished.items()):
        if wish == Subscription.Wish.THEME:
            served = sum(to_cents(one.amount) for one in euros if one.theme == code)
            label = str(Theme(code).label)
        else:
            served = sum(to_cents(one.amount) for one in euros if communes.get(one.slug, "").startswith(code))
            label = code
        found.append(WishLine(label, from_cents(cents), from_cents(min(served, cents))))
    return found
