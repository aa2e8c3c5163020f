"""What the sources of a fund add up to, each euro once, and the lines each figure opens onto (R-002, R-007)."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from fres.kernel import parameters
from fres.kernel.errors import RuleViolation
from fres.kernel.models import Territory
from funds.models import Channel, Fund, Instrument, PartnerUpload, UploadLine
from funds.sources.once import Once, count_once
from funds.sources.states import UploadState

Nature = UploadLine.Nature
# Hours and services are never euros.
NOT_MONEY = frozenset({Instrument.SEL.value})


@dataclass
class SourceFigures:
    """One channel in activity and what its partner last declared of it."""

    channel: Channel
    period: str = ""
    upload: PartnerUpload | None = None
    gross_cents: int = 0
    lending_cents: int = 0
    savers: int = 0
    median_cents: int | None = None
    placed: dict[tuple[str, str], int] = field(default_factory=dict)
    outside_cents: int | None = None
    kept_cents: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        assert self.channel.partner is not None
        return self.channel.partner.siren, self.channel.instrument

    @property
    def name(self) -> str:
        return str(self.channel)

    @property
    def received_cents(self) -> int | None:
        """Of the gross, what other sources brought."""
        return None if self.outside_cents is None else self.gross_cents - self.outside_cents


@dataclass(frozen=True)
class Passage:
    """Money that one source brought and another keeps, in exact cents."""

    origin: str
    end: str
    cents: Fraction

    @property
    def rounded_cents(self) -> int:
        return round(self.cents)


@dataclass
class Totals:
    """The region's figures. `total_cents` is None, and `refusal` says why, when two declarations contradict."""

    sources: list[SourceFigures]
    total_cents: int | None = None
    gross_cents: int = 0
    twice_cents: int = 0
    lending_cents: int = 0
    savers: int = 0
    passages: list[Passage] = field(default_factory=list)
    refusal: RuleViolation | None = None
    silent: list[Channel] = field(default_factory=list)  # in activity, nothing declared yet
    unseen: list[str] = field(default_factory=list)  # placements in a source that has declared nothing


def latest_uploads(fund: Fund, on: date) -> QuerySet[PartnerUpload]:
    """Return the last accepted file of each partner, of a period over by a day."""
    return (
        PartnerUpload.objects.filter(partner__fund=fund, state=UploadState.ACCEPTED, period_ends_on__lte=on)
        .select_related("partner")
        .order_by("partner_id", "-period_ends_on", "-pk")
        .distinct("partner_id")
    )


def totals_of(fund: Fund, on: date) -> Totals:
    """Add the sources of a fund up as of a day. Four queries, whatever their number."""
    channels = (
        Channel.objects.filter(fund=fund, stage=Channel.Stage.ACTIVE)
        .select_related("partner")
        .order_by("instrument", "operator_name", "pk")
    )
    figures = {one.key: one for one in (SourceFigures(channel) for channel in channels)}
    uploads = {upload.pk: upload for upload in latest_uploads(fund, on)}
    sums = (
        UploadLine.objects.filter(upload__in=list(uploads))
        .values("upload_id", "nature", "instrument", "target_siren", "target_instrument")
        .annotate(cents=Sum("amount_cents"), people=Sum("count"))
        .order_by("upload_id", "nature", "instrument", "target_siren", "target_instrument")
    )
    for row in sums:
        upload = uploads[row["upload_id"]]
        one = figures.get((upload.partner.siren, row["instrument"]))
        if one is None:
            continue
        one.upload, one.period = upload, upload.period
        if row["nature"] == Nature.COLLECTION:
            one.gross_cents = row["cents"]
        elif row["nature"] == Nature.LENDING:
            one.lending_cents = row["cents"]
        elif row["nature"] == Nature.SAVERS:
            one.savers, one.median_cents = row["people"], row["cents"]
        else:
            one.placed[row["target_siren"], row["target_instrument"]] = row["cents"]
    return _added(figures)


def _added(figures: dict[tuple[str, str], SourceFigures]) -> Totals:
    told = {
        key: one for key, one in figures.items() if one.upload is not None and one.channel.instrument not in NOT_MONEY
    }
    found = Totals(
        sources=list(figures.values()),
        gross_cents=sum(one.gross_cents for one in told.values()),
        lending_cents=sum(one.lending_cents for one in told.values()),
        savers=sum(one.savers for one in told.values()),
        silent=[one.channel for one in figures.values() if one.upload is None],
    )
    names = {key: one.name for key, one in told.items()}
    holdings = {}
    for key, one in told.items():
        for target, cents in one.placed.items():
            if target in told:
                holdings[names[key], names[target]] = cents
            else:
                found.unseen.append(one.name)
    try:
        once: Once[str] = count_once({names[key]: one.gross_cents for key, one in told.items()}, holdings)
    except RuleViolation as refusal:
        found.refusal = refusal
        return found
    for key, one in told.items():
        one.outside_cents, one.kept_cents = once.outside[names[key]], once.kept[names[key]]
    found.total_cents, found.twice_cents = once.total_cents, once.twice_cents
    found.passages = [
        Passage(origin, end, cents) for (origin, end), cents in sorted(once.ends.items()) if origin != end
    ]
    return found


@dataclass
class PlaceRow:
    """Collection and lending of one place (R-034)."""

    code: str
    name: str
    collection_cents: int = 0
    lending_cents: int = 0
    savers: int = 0
    borrowers: int = 0
    by_class: dict[str, list[int]] = field(default_factory=dict)  # class → [collection, lending]

    @property
    def ratio_bp(self) -> int | None:
        """Lending for 100 of collection, rounded down; nothing to divide by, no ratio (§4.4)."""
        return self.lending_cents * 10_000 // self.collection_cents if self.collection_cents else None

    @property
    def classes(self) -> list[tuple[str, int, int]]:
        return [
            (label, *self.by_class.get(code, [0, 0]))  # type: ignore[misc]
            for code, label in UploadLine.ClientClass.choices
        ]


LEVELS = (Territory.Level.DEPARTEMENT, Territory.Level.EPCI, Territory.Level.COMMUNE)


def places_of(upload: PartnerUpload, level: str, *, instrument: str = "") -> list[PlaceRow]:
    """Return what a file says of each place of a level, by name. Three queries."""
    lines = UploadLine.objects.filter(upload=upload, nature__in=(Nature.COLLECTION, Nature.LENDING))
    if instrument:
        lines = lines.filter(instrument=instrument)
    sums = list(
        lines.values("commune_code", "client_class", "nature")
        .annotate(cents=Sum("amount_cents"), people=Sum("count"))
        .order_by("commune_code", "client_class", "nature")
    )
    communes = {
        place.code: place
        for place in Territory.objects.filter(
            level=Territory.Level.COMMUNE, is_current=True, code__in={row["commune_code"] for row in sums}
        )
    }
    names = dict(Territory.objects.filter(level=level, is_current=True).values_list("code", "name"))
    rows: dict[str, PlaceRow] = {}
    for line in sums:
        code = _code_at(communes.get(line["commune_code"]), line["commune_code"], level)
        row = rows.setdefault(code, PlaceRow(code, names.get(code, code or _("Sans intercommunalité"))))
        split = row.by_class.setdefault(line["client_class"], [0, 0])
        if line["nature"] == Nature.COLLECTION:
            row.collection_cents += line["cents"]
            row.savers += line["people"]
            split[0] += line["cents"]
        else:
            row.lending_cents += line["cents"]
            row.borrowers += line["people"]
            split[1] += line["cents"]
    return sorted(rows.values(), key=lambda row: (row.name, row.code))


def _code_at(commune: Territory | None, code: str, level: str) -> str:
    if level == Territory.Level.COMMUNE or commune is None:
        return code if level == Territory.Level.COMMUNE else ""
    return commune.departement_code if level == Territory.Level.DEPARTEMENT else commune.epci_code


def public_places(upload: PartnerUpload, instrument: str, on: date) -> tuple[list[PlaceRow], PlaceRow | None]:
    """Return the départements that may be published, and the others together (at least so many savers each, §4.3).

    When the others together are still too few, the smallest published one joins them: nothing can be subtracted.
    """
    floor = parameters.value_at("disclosure.min_savers", on).whole
    rows = places_of(upload, Territory.Level.DEPARTEMENT, instrument=instrument)
    shown = [row for row in rows if row.savers >= floor]
    hidden = [row for row in rows if row.savers < floor]
    if hidden and sum(row.savers for row in hidden) < floor and shown:
        smallest = min(shown, key=lambda row: (row.savers, row.code))
        shown.remove(smallest)
        hidden.append(smallest)
    if not hidden or sum(row.savers for row in hidden) < floor:
        return shown, None
    rest = PlaceRow("", _("Autres départements, trop peu d’épargnants pour chacun"))
    for row in hidden:
        rest.collection_cents += row.collection_cents
        rest.lending_cents += row.lending_cents
        rest.savers += row.savers
        rest.borrowers += row.borrowers
    return shown, rest
