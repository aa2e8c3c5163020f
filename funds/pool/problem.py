"""The allocation's problem, gathered from the database: cash, demands, what is held, rules in force, wishes.

Everything read from the books is as of the end of a day, so that the same question about the past has one answer.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from django.db.models import Sum

from fres.kernel import parameters
from fres.kernel.models import Territory
from fres.kernel.money import to_cents
from funds.allocation.problem import (
    FUND,
    Base,
    BaseAmount,
    Collection,
    Demand,
    Envelope,
    Exchanged,
    Holding,
    LabelAward,
    Place,
    PlaceShare,
    Preference,
    Problem,
    Provision,
    Target,
)
from funds.allocation.problem import Compartment as Purse
from funds.allocation.rules import Rule
from funds.models import Compartment, Fund, LocalCurrency, Placement, Subscription
from funds.pool.accounts import capital_cents, cash_cents, placed_cents, provision_cents
from funds.pool.facts import Facts, facts_of, labels_of_projects, places_of_projects
from funds.pool.guarantees import figures_of
from funds.pool.mirror import in_circulation_cents
from funds.pool.placing import Outstanding, outstanding
from funds.rules.register import rules_in_force
from projects.models import Application, Project
from projects.states import ApplicationState

ASKING = (ApplicationState.LABELLED,)


def gather_problem(
    fund: Fund,
    on: date,
    *,
    demands: Iterable[Demand] | None = None,
    rules: Iterable[Rule] | None = None,
    winners: tuple[str, ...] | None = None,
) -> Problem:
    """Return all that an allocation of a fund is decided from on a day.

    Args: demands: those of labelled applications by default. rules: those in force by default.
        winners: of a ballot, None without one (ruling B15).
    Codes: a compartment's and a project's are their slugs.
    """
    purses = list(fund.compartments.select_related("issuer", "fund").order_by("issuer", "rank"))
    held = {purse.pk: outstanding(purse, on) for purse in purses}
    asking = tuple(demands_of(fund, on) if demands is None else demands)
    in_force = tuple(rules_in_force(fund, on) if rules is None else rules)
    wanted = [one.project for lines in held.values() for one in lines]
    places = places_of_projects(wanted)
    labels = labels_of_projects(wanted, on)
    capital = {purse.pk: capital_cents(purse, on) for purse in purses}
    return Problem(
        at=on,
        compartments=tuple(
            Purse(
                code=purse.slug, name=purse.name, is_strict=purse.is_strict,
                available_cents=max(0, cash_cents(purse, on)), redeemable_cents=capital[purse.pk],
            )
            for purse in purses
        ),
        demands=asking,
        rules=in_force,
        winners=winners,
        preferences=tuple(_preferences(purses, asking, on)),
        holdings=tuple(
            _holding(purse, one, places[one.project.pk], labels[one.project.pk])
            for purse in purses
            for one in held[purse.pk]
        ),
        bases=tuple(_bases(purses, capital, on)),
        collections=tuple(_collections(fund, on)),
        envelopes=tuple(_envelopes(fund)),
        provisions=tuple(_provisions(purses, on)),
        exchanged=tuple(
            Exchanged(one.code, in_circulation_cents(one, on))
            for one in LocalCurrency.objects.filter(compartment__fund=fund, opened_on__lte=on).order_by("code")
        ),
    )  # fmt: skip


def demands_of(fund: Fund, on: date) -> list[Demand]:
    """Return what labelled applications of the fund's region ask for and the pool has not given them, by project."""
    rows = Application.objects.filter(
        state__in=ASKING, requested_cents__gt=0, project__commune_code__in=_communes(fund.region_code)
    ).select_related("project__organisation")
    given = {
        row["project"]
        for row in Placement.objects.filter(compartment__fund=fund, kind="PLACED").values("project").distinct()
    }
    latest = {row.project_id: row for row in rows.order_by("submitted_at", "pk") if row.project_id not in given}
    projects = [row.project for row in latest.values()]
    facts = facts_of(projects, on)
    share = Fraction(parameters.value_at("pool.demand.minimum", on).rate)
    found = []
    for row in latest.values():
        asked = row.requested_cents or 0
        least = max(1, asked * share.numerator // share.denominator)
        found.append(
            demand_for(
                row.project, minimum_cents=least, maximum_cents=asked, facts=facts[row.project_id],
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: one.project)


def demand_for(
    project: Project,
    *,
    minimum_cents: int,
    maximum_cents: int,
    facts: Facts,
    instrument: str = "LOAN",
    risk_class: str = "",
    currency: str = "",
) -> Demand:
    """Return a project as a demand, with what is established of it. Without a plan, its budget is what it asks."""
    return Demand(
        project=project.slug, title=project.title, minimum_cents=minimum_cents, maximum_cents=maximum_cents,
        instrument=instrument, sector=project.nace_code, places=facts.places, labels=facts.labels,
        statuses=facts.statuses, classes=_classes(facts.labels), risk_class=risk_class, currency=currency,
        score=facts.score, budget_cents=facts.budget_cents or maximum_cents, pay_ratio_mean=facts.pay_ratio_mean,
        pay_ratio_highest=facts.pay_ratio_highest, co_investors=facts.co_investors, guarantee=facts.guarantee,
        citizen_cents=facts.citizen_cents, is_successful=facts.is_successful,
    )  # fmt: skip


def _classes(labels: tuple[LabelAward, ...]) -> tuple[str, ...]:
    return tuple(sorted({one.code for one in labels}))


def _communes(region: str) -> list[str]:
    rows = Territory.objects.filter(level=Territory.Level.COMMUNE, region_code=region, is_current=True)
    return list(rows.values_list("code", flat=True))


def _holding(
    purse: Compartment, one: Outstanding, places: tuple[PlaceShare, ...], labels: tuple[LabelAward, ...]
) -> Holding:
    return Holding(
        code=f"{purse.slug}/{one.project.slug}/{one.instrument}", compartment=purse.slug, amount_cents=one.cents,
        project=one.project.slug, instrument=one.instrument, sector=one.project.nace_code, places=places,
        classes=_classes(labels), risk_class=one.risk_class, currency=one.currency,
    )  # fmt: skip


def _preferences(purses: list[Compartment], demands: tuple[Demand, ...], on: date) -> Iterable[Preference]:
    """What savers of pooled compartments wish: a theme is the projects that have it, a département its code."""
    slugs = {one.project for one in demands}
    themes: dict[str, list[str]] = defaultdict(list)
    for slug, theme in Project.objects.filter(slug__in=slugs).order_by("slug").values_list("slug", "theme"):
        themes[theme].append(slug)
    wishes = (
        Subscription.objects.filter(compartment__in=purses, state="ISSUED", issue__entry__accounting_date__lte=on)
        .exclude(wish="NONE")
        .values("compartment", "wish", "wish_code")
        .order_by("compartment", "wish", "wish_code")
        .annotate(sum=Sum("amount"))
    )
    by_key = {purse.pk: purse for purse in purses if not purse.is_strict}
    for row in wishes:
        purse = by_key.get(row["compartment"])
        if purse is None:
            continue
        if row["wish"] == Subscription.Wish.THEME:
            target = Target(projects=tuple(themes[row["wish_code"]]))
            if not target.projects:
                continue
        else:
            target = Target(places=(Place("DEPARTEMENT", row["wish_code"]),))
        yield Preference(purse.slug, target, int(row["sum"] * 100))


def _bases(purses: list[Compartment], capital: dict[int, int], on: date) -> Iterable[BaseAmount]:
    totals: dict[Base, int] = defaultdict(int)
    for purse in purses:
        # Provisions are in the account of what is placed, on its other side: net assets are cash and what is placed.
        net = max(0, cash_cents(purse, on) + placed_cents(purse, on) - provision_cents(purse, on))
        for base, cents in ((Base.NAV, net), (Base.COLLECTED, capital[purse.pk]), (Base.CAPITAL, capital[purse.pk])):
            yield BaseAmount(base, f"compartment:{purse.slug}", cents)
            totals[base] += cents
    for base in (Base.NAV, Base.COLLECTED, Base.CAPITAL):
        yield BaseAmount(base, FUND, totals[base])


def _collections(fund: Fund, on: date) -> Iterable[Collection]:
    """Savings outstanding by the saver's département: units issued and not bought back, by where holders live."""
    sums: dict[str, int] = defaultdict(int)
    for compartment in fund.compartments.all():
        nominal = to_cents(compartment.nominal)
        moves = compartment.moves.filter(moved_at__date__lte=on)
        for side, sign in (("receiver", 1), ("giver", -1)):
            rows = moves.exclude(**{side: None}).values(f"{side}__commune_code").order_by(f"{side}__commune_code")
            for row in rows.annotate(sum=Sum("units")):
                code = row[f"{side}__commune_code"]
                if code:
                    sums[code[:3] if code.startswith("97") else code[:2]] += sign * row["sum"] * nominal
    for code in sorted(sums):
        if sums[code] > 0:
            yield Collection("DEPARTEMENT", code, sums[code])


def _envelopes(fund: Fund) -> Iterable[Envelope]:
    for one in fund.guarantee_envelopes.order_by("code"):
        figures = figures_of(one)
        yield Envelope(one.code, figures.endowment_cents - figures.called_cents, figures.guaranteed_cents)


def _provisions(purses: list[Compartment], on: date) -> Iterable[Provision]:
    total = 0
    for purse in purses:
        cents = provision_cents(purse, on)
        total += cents
        yield Provision(f"compartment:{purse.slug}", cents)
    yield Provision(FUND, total)
