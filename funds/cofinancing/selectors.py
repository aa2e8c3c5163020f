"""What pages show of co-financing rounds: to the staff and the holder whole, to a partner its own lines only."""

from dataclasses import dataclass

from django.db.models import QuerySet
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.cofinancing.states import ContributionState
from funds.cofinancing.tables import PlatformLine, Totals, placed_cents, platform_lines, totals_of
from funds.models import Contribution, FundingSource, Partner, RoundTable
from funds.servicing.selectors import organisations_of
from funds.sources.permissions import partners_of
from investors.models import User
from projects.models import Project


@dataclass(frozen=True)
class TableView:
    """A round as it stands: what the platform brings, each line, and the totals against the need."""

    table: RoundTable
    platform: tuple[PlatformLine, ...]
    lines: tuple[Contribution, ...]
    totals: Totals


def table_view(table: RoundTable) -> TableView:
    """Return a round for its page; its contributions are read once."""
    platform = platform_lines(table.project)
    lines = tuple(table.contributions.select_related("channel", "partner", "file"))
    return TableView(table, tuple(platform), lines, totals_of(table, platform))


def tables() -> QuerySet[RoundTable]:
    """Return every round, the last opened first."""
    return RoundTable.objects.select_related("project__organisation", "fund")


def tables_held_by(user: User) -> QuerySet[RoundTable]:
    """Return the rounds of the projects of a person's organisations."""
    return tables().filter(project__organisation__in=organisations_of(user, clock.today()))


def lines_of_partners(user: User) -> QuerySet[Contribution]:
    """Return the lines of the partners a person acts for, and no other's."""
    own: QuerySet[Partner] = partners_of(user)
    return (
        Contribution.objects.filter(partner__in=own)
        .select_related("table__project__organisation", "table__fund", "partner", "channel")
        .order_by("-asked_on", "-pk")
    )


_KIND_OF = {
    Partner.Kind.BANK: FundingSource.Kind.BANK,
    Partner.Kind.PUBLIC_BANK: FundingSource.Kind.BANK,
    Partner.Kind.REGION: FundingSource.Kind.REGION,
    Partner.Kind.AUTHORITY: FundingSource.Kind.REGION,
    Partner.Kind.STATE: FundingSource.Kind.REGION,
}


def public_plan(project: Project, plan: list[FundingSource]) -> list[FundingSource]:
    """Return the lines of an offer's public plan, never saved.

    Once a project has its round, the plan keeps the offer's own line; others come from the round, when confirmed, and
    from the pot's books: what the holder wrote before is not told a second time.
    """
    table: RoundTable | None = getattr(project, "round_table", None)
    if table is None:
        return plan
    lines = [line for line in plan if line.kind == FundingSource.Kind.SAVERS]
    if placed := placed_cents(project):
        lines.append(_line(FundingSource.Kind.POOL, "", from_cents(placed)))
    confirmed = table.contributions.filter(state=ContributionState.CONFIRMED).select_related("partner")
    for one in confirmed:
        assert one.amount is not None
        lines.append(_line(_kind(one), one.financer, one.amount))
    return lines


def _kind(one: Contribution) -> str:
    if one.nature == Contribution.Nature.GUARANTEE:
        return FundingSource.Kind.GUARANTEE
    if one.nature == Contribution.Nature.OWN:
        return FundingSource.Kind.OWN
    if one.partner is None:
        return FundingSource.Kind.OTHER
    return _KIND_OF.get(Partner.Kind(one.partner.kind), FundingSource.Kind.OTHER)


def _line(kind: str, label: str, amount: Money) -> FundingSource:
    return FundingSource(kind=kind, label=label[:120], amount=amount, is_obtained=True)
