"""What the page of a fund shows: acts, who is engaged, who governs, who owns, conventions, the regional scheme."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Count, Max, Prefetch, Q, Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel.charts import Drawing
from fres.kernel.models import Territory
from fres.kernel.money import NO_BREAK_SPACE, from_cents, to_cents
from funds.founding.capital import table_invariants
from funds.founding.conventions import share_cents_of
from funds.founding.governance import seats_on
from funds.founding.invariants import Invariant, percent
from funds.founding.pictures import capital_picture
from funds.models import (
    CapitalLine,
    CapitalTable,
    Convention,
    ConventionPayment,
    EarmarkedShare,
    Engagement,
    EngagementText,
    Family,
    FoundingAct,
    Fund,
    GoverningBody,
    Mandate,
    RegionalScheme,
)
from projects.models import SchemeAxis


@dataclass(frozen=True)
class FamilySeats:
    """The seats of one family in a body, and who sits on them."""

    family: str
    seats: int
    sitting: tuple[Mandate, ...]

    @property
    def vacant(self) -> int:
        return max(0, self.seats - len(self.sitting))


@dataclass(frozen=True)
class BodyView:
    """A body on a day: `rows` by family, and who sat before."""

    body: GoverningBody
    rows: tuple[FamilySeats, ...]
    past: tuple[Mandate, ...]

    @property
    def seats(self) -> int:
        return sum(row.seats for row in self.rows)


@dataclass(frozen=True)
class Owned:
    """One holder of a capital: its shares, what they are worth at nominal, its part of the whole."""

    line: CapitalLine
    amount: Money
    part: str


@dataclass(frozen=True)
class CapitalView:
    """The capital of an entity: the table in force, its picture, what must hold of it, and the versions before."""

    table: CapitalTable
    rows: tuple[Owned, ...]
    total: Money
    shares: int
    picture: Drawing
    invariants: tuple[Invariant, ...]
    past: tuple[CapitalTable, ...]

    @property
    def identifier(self) -> str:
        """Unique on a page, for the drawing."""
        return f"capital-picture-{self.table.pk}"


@dataclass(frozen=True)
class ShareView:
    """An earmarked share: what it promises and what was paid, all versions of its convention together."""

    share: EarmarkedShare
    towards: str
    promised: Money
    paid: Money


@dataclass(frozen=True)
class ConventionView:
    """The last version of a convention, with its shares."""

    convention: Convention
    shares: tuple[ShareView, ...]
    paid: Money


@dataclass(frozen=True)
class AxisView:
    """An axis and how many decisions of committees named it."""

    axis: SchemeAxis
    decisions: int
    approvals: int


@dataclass(frozen=True)
class SchemeView:
    """A regional scheme and its axes; `scheme` is None for axes whose scheme is not adopted here."""

    name: str
    scheme: RegionalScheme | None
    axes: tuple[AxisView, ...]


@dataclass(frozen=True)
class FundView:
    """All that founds a fund, on a day."""

    fund: Fund
    acts: tuple[FoundingAct, ...]
    texts: tuple[EngagementText, ...]
    engaged: tuple[Engagement, ...]
    revoked: tuple[Engagement, ...]
    bodies: tuple[BodyView, ...]
    capitals: tuple[CapitalView, ...]
    conventions: tuple[ConventionView, ...]
    schemes: tuple[SchemeView, ...]


def fund_view(fund: Fund, on: date) -> FundView:
    """Return what the page of a fund shows on a day; the number of queries does not grow with its rows."""
    engagements = Engagement.objects.filter(partner__fund=fund).select_related("partner", "text", "file")
    texts: dict[str, EngagementText] = {}
    for text in fund.engagement_texts.filter(valid_from__lte=on):
        texts[text.audience] = text
    return FundView(
        fund=fund,
        acts=tuple(fund.founding_acts.select_related("file").prefetch_related("signatures__partner")),
        texts=tuple(texts.values()),
        engaged=tuple(engagements.filter(revoked_on=None).order_by("partner__name", "pk")),
        revoked=tuple(engagements.exclude(revoked_on=None)),
        bodies=tuple(_bodies(fund, on)),
        capitals=tuple(_capitals(fund, on)),
        conventions=tuple(_conventions(fund)),
        schemes=tuple(_schemes(fund)),
    )


def _bodies(fund: Fund, on: date) -> list[BodyView]:
    found = []
    for body in fund.bodies.prefetch_related("allotments", "mandates"):
        mandates = list(body.mandates.all())
        running = [
            one
            for one in mandates
            if one.starts_on <= on <= one.ends_on and (one.ended_on is None or one.ended_on > on)
        ]
        seats = seats_on(body, on)
        rows = tuple(
            FamilySeats(str(family.label), seats.get(family, 0), tuple(one for one in running if one.family == family))
            for family in Family
            if seats.get(family)
        )
        past = tuple(one for one in mandates if one not in running and one.starts_on <= on)
        found.append(BodyView(body, rows, past))
    return found


def _capitals(fund: Fund, on: date) -> list[CapitalView]:
    by_entity: dict[int, list[CapitalTable]] = {}
    tables = fund.capital_tables.filter(effective_on__lte=on).select_related("entity__party", "fund")
    for table in tables.prefetch_related("lines__partner").order_by("entity__name", "-version"):
        by_entity.setdefault(table.entity_id, []).append(table)
    found = []
    for last, *past in by_entity.values():
        lines = list(last.lines.all())
        shares, nominal = sum(line.shares for line in lines), to_cents(last.nominal)
        rows = tuple(
            Owned(
                line,
                from_cents(line.shares * nominal),
                f"{percent(Fraction(line.shares, shares))}{NO_BREAK_SPACE}%",
            )
            for line in lines
        )
        found.append(
            CapitalView(
                table=last,
                rows=rows,
                total=from_cents(shares * nominal),
                shares=shares,
                picture=capital_picture(lines),
                invariants=table_invariants(last, on),
                past=tuple(past),
            )
        )
    return found


def _conventions(fund: Fund) -> list[ConventionView]:
    paid: dict[tuple[str, str], int] = {}
    sums = ConventionPayment.objects.filter(share__convention__fund=fund)
    for row in sums.values("share__convention__reference", "share__name").order_by().annotate(sum=Sum("amount")):
        paid[row["share__convention__reference"], row["share__name"]] = int(row["sum"] * 100)
    last_versions = fund.conventions.values_list("reference").order_by().annotate(last=Max("version"))
    wanted = Q(pk__in=[])
    for reference, version in last_versions:
        wanted |= Q(reference=reference, version=version)
    shares = Prefetch("shares", EarmarkedShare.objects.select_related("compartment", "convention"))
    placed = EarmarkedShare.objects.filter(convention__fund=fund, target=EarmarkedShare.Target.PLACE)
    codes = {code.partition(":")[2] for code in placed.values_list("target_code", flat=True)}
    names = {f"{row.level}:{row.code}": row.name for row in Territory.objects.filter(code__in=codes, is_current=True)}
    found = []
    for convention in fund.conventions.filter(wanted).select_related("partner", "file").prefetch_related(shares):
        rows = tuple(
            ShareView(
                share, _towards(share, names), from_cents(share_cents_of(share)),
                from_cents(paid.get((convention.reference, share.name), 0)),
            )
            for share in convention.shares.all()
        )  # fmt: skip
        total = sum(cents for (reference, _name), cents in paid.items() if reference == convention.reference)
        found.append(ConventionView(convention, rows, from_cents(total)))
    return found


def _towards(share: EarmarkedShare, names: dict[str, str]) -> str:
    """Return in French what a share is meant for."""
    if share.target == EarmarkedShare.Target.PLACE:
        return names.get(share.target_code, share.target_code)
    if share.target == EarmarkedShare.Target.SECTOR:
        return _("Activités %(code)s") % {"code": share.target_code}
    return str(share.get_target_display())


def _schemes(fund: Fund) -> list[SchemeView]:
    axes = SchemeAxis.objects.filter(fund_uuid=fund.uuid).annotate(
        decided=Count("decisions"), approved=Count("decisions", filter=Q(decisions__outcome="approve"))
    )
    by_name: dict[str, list[AxisView]] = {}
    for axis in axes.order_by("scheme", "code"):
        by_name.setdefault(axis.scheme, []).append(AxisView(axis, axis.decided, axis.approved))
    adopted = {one.name: one for one in fund.schemes.select_related("file")}
    names = [*adopted, *(name for name in by_name if name not in adopted)]
    return [SchemeView(name, adopted.get(name), tuple(by_name.get(name, ()))) for name in names]
