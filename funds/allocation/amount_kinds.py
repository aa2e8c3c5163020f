"""Kinds of rules that bound amounts: shares, caps, floors, reserves, matching, mirror, guarantee, reinvestment."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from funds.allocation.problem import FUND, Base
from funds.allocation.rule_params import (
    NOT_A_SHARE,
    TOTALS,
    Params,
    base_words,
    is_share,
    quantity_words,
    scope_words,
)
from funds.allocation.words import Sentence, euros, gettext_noop, listed, percent, say, share_text

NEEDS_ONE = say(gettext_noop("Donnez au moins une limite."))
POSITIVE = say(gettext_noop("Un montant au-dessus de zéro est attendu."))
RANGE_KEYS = {"minimum": "min", "maximum": "max"}
CROSSED = say(gettext_noop("Le minimum dépasse le maximum."))


@dataclass(frozen=True)
class ShareRange(Params):
    """An asset class keeps between two shares of the base."""

    KIND: ClassVar[str] = "SHARE_RANGE"
    TITLE: ClassVar[str] = gettext_noop("Part d’une classe d’actifs")
    BASES: ClassVar[frozenset[Base]] = TOTALS
    KEYS: ClassVar[dict[str, str]] = {"asset_class": "class", **RANGE_KEYS}

    asset_class: str
    minimum: Fraction | None = None
    maximum: Fraction | None = None

    @property
    def needs_base(self) -> bool:
        return True

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        yield from _range_problems(self.minimum, self.maximum)

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("La classe « %(asset_class)s » représente %(range)s %(base)s."),
            asset_class=self.asset_class,
            range=_range_words(self.minimum, self.maximum),
            base=base_words(base, scope),
        )


@dataclass(frozen=True)
class MaxPerProject(Params):
    """What the fund holds in one project stays under the lower of a share and an amount."""

    KIND: ClassVar[str] = "MAX_PER_PROJECT"
    TITLE: ClassVar[str] = gettext_noop("Plafond par projet")
    BASES: ClassVar[frozenset[Base]] = TOTALS | {Base.PROJECT_TOTAL}
    SCOPES: ClassVar[frozenset[str]] = frozenset({"fund", "compartment", "campaign"})

    share: Fraction | None = None
    cents: int | None = None
    instrument: str = ""
    status: str = ""

    @property
    def needs_base(self) -> bool:
        return self.share is not None

    @property
    def base_is_of_the_fund(self) -> bool:
        return self.share is not None

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        yield from _quantity_problems(self.share, self.cents)

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("Aucun projet%(which)s ne reçoit %(scope)s plus de %(quantity)s."),
            which=_which(self.instrument, self.status),
            scope=scope_words(scope),
            quantity=quantity_words(self.share, self.cents, base, scope),
        )


@dataclass(frozen=True)
class StakeRange(Params):
    """A stake stays between two shares of the company's capital, counted once the round is done."""

    KIND: ClassVar[str] = "STAKE_RANGE"
    TITLE: ClassVar[str] = gettext_noop("Part du capital d’une entreprise")
    BASES: ClassVar[frozenset[Base]] = frozenset({Base.CAPITAL})
    SCOPES: ClassVar[frozenset[str]] = frozenset({"fund", "campaign"})
    KEYS: ClassVar[dict[str, str]] = RANGE_KEYS

    minimum: Fraction | None = None
    maximum: Fraction | None = None
    instrument: str = "SHARE"

    @property
    def base_is_of_the_fund(self) -> bool:
        return False

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        yield from _range_problems(self.minimum, self.maximum)

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("Une prise de participation %(scope)s représente %(range)s du capital de l’entreprise."),
            scope=scope_words(scope),
            range=_range_words(self.minimum, self.maximum),
        )


@dataclass(frozen=True)
class _SectorLimit(Params):
    BASES: ClassVar[frozenset[Base]] = TOTALS

    sector: str
    share: Fraction | None = None
    cents: int | None = None

    @property
    def needs_base(self) -> bool:
        return self.share is not None

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        yield from _quantity_problems(self.share, self.cents)


@dataclass(frozen=True)
class MaxPerSector(_SectorLimit):
    """A sector, named by the first characters of its activity code, stays under a share or an amount."""

    KIND: ClassVar[str] = "MAX_PER_SECTOR"
    TITLE: ClassVar[str] = gettext_noop("Plafond par secteur")

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("Le secteur « %(sector)s » ne dépasse pas %(quantity)s."),
            sector=self.sector,
            quantity=quantity_words(self.share, self.cents, base, scope),
        )


@dataclass(frozen=True)
class MinPerSector(_SectorLimit):
    """A sector receives at least a share or an amount."""

    KIND: ClassVar[str] = "MIN_PER_SECTOR"
    TITLE: ClassVar[str] = gettext_noop("Plancher par secteur")

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("Le secteur « %(sector)s » reçoit au moins %(quantity)s."),
            sector=self.sector,
            quantity=quantity_words(self.share, self.cents, base, scope),
        )


@dataclass(frozen=True)
class _PlaceFloor(Params):
    BASES: ClassVar[frozenset[Base]] = TOTALS

    share: Fraction | None = None
    cents: int | None = None
    winners: int | None = None

    @property
    def needs_base(self) -> bool:
        return self.share is not None

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        given = [value for value in (self.share, self.cents, self.winners) if value is not None]
        if len(given) != 1:
            yield "share", say(gettext_noop("Donnez une part, un montant ou un nombre de projets : un seul des trois."))
        elif self.winners is not None and self.winners < 1:
            yield "winners", say(gettext_noop("Au moins un projet est attendu."))
        elif self.winners is not None and scope != FUND:
            yield "winners", say(gettext_noop("Un nombre de projets se compte sur tout le fonds."))
        else:
            yield from _quantity_problems(self.share, self.cents, is_given=True)

    def quantity(self, base: Base | None, scope: str) -> Sentence:
        """Return what the floor asks, in words."""
        if self.winners is not None:
            return say(gettext_noop("%(count)s projet(s) financé(s)"), count=self.winners)
        return quantity_words(self.share, self.cents, base, scope)


@dataclass(frozen=True)
class MinPerTerritory(_PlaceFloor):
    """Each of these territories receives at least a share, an amount, or has a number of funded projects."""

    KIND: ClassVar[str] = "MIN_PER_TERRITORY"
    TITLE: ClassVar[str] = gettext_noop("Plancher par territoire")

    level: str = ""
    codes: tuple[str, ...] = ()

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        yield from super().problems(scope)
        if not self.level:
            yield "level", say(gettext_noop("Le niveau de territoire est obligatoire."))
        if not self.codes:
            yield "codes", say(gettext_noop("Au moins un territoire est attendu."))

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("Chacun de ces territoires (%(level)s : %(codes)s) reçoit au moins %(quantity)s."),
            level=self.level,
            codes=", ".join(self.codes),
            quantity=self.quantity(base, scope),
        )


@dataclass(frozen=True)
class ZoneFloor(_PlaceFloor):
    """A zone, made of all the territories of some levels (or of those named), receives at least so much in all."""

    KIND: ClassVar[str] = "ZONE_FLOOR"
    TITLE: ClassVar[str] = gettext_noop("Plancher par zone")

    levels: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        yield from super().problems(scope)
        if not self.levels:
            yield "levels", say(gettext_noop("Au moins un niveau de zone est attendu, comme QPV ou FRR."))

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("Les projets de la zone %(zone)s reçoivent ensemble au moins %(quantity)s."),
            zone=" + ".join(self.levels) + (f" ({', '.join(self.codes)})" if self.codes else ""),
            quantity=self.quantity(base, scope),
        )


@dataclass(frozen=True)
class LiquidityReserve(Params):
    """Cash left is at least a share of what savers could ask back within a horizon."""

    KIND: ClassVar[str] = "LIQUIDITY_RESERVE"
    TITLE: ClassVar[str] = gettext_noop("Réserve de liquidité")

    share: Fraction
    horizon_days: int = 365

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if not is_share(self.share):
            yield "share", NOT_A_SHARE
        if self.horizon_days < 1:
            yield "horizon_days", say(gettext_noop("Un horizon d’au moins un jour est attendu."))

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop(
                "Il reste en caisse %(scope)s au moins %(share)s de ce que les épargnants peuvent redemander"
                " sous %(days)s jours."
            ),
            scope=scope_words(scope),
            share=percent(self.share),
            days=self.horizon_days,
        )


@dataclass(frozen=True)
class LossReserve(Params):
    """Provisions already booked cover a share of what is outstanding, by risk class."""

    KIND: ClassVar[str] = "LOSS_RESERVE"
    TITLE: ClassVar[str] = gettext_noop("Réserve pour pertes")

    share: Fraction
    by_class: tuple[tuple[str, Fraction], ...] = ()

    def rate(self, risk_class: str) -> Fraction:
        """Return the share provisioned for a risk class, the general one when it has none of its own."""
        return dict(self.by_class).get(risk_class, self.share)

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if not is_share(self.share):
            yield "share", NOT_A_SHARE
        if not all(is_share(share) for _, share in self.by_class):
            yield "by_class", NOT_A_SHARE

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        own = "".join(f" ; {name} : {percent(share)}" for name, share in self.by_class)
        return say(
            gettext_noop("Les provisions %(scope)s couvrent au moins %(share)s de l’encours%(own)s."),
            scope=scope_words(scope),
            share=percent(self.share),
            own=own,
        )


@dataclass(frozen=True)
class Matching(Params):
    """A compartment of public money adds to citizen money: at most ratio × citizen euros, and at most a cap."""

    KIND: ClassVar[str] = "MATCHING"
    TITLE: ClassVar[str] = gettext_noop("Abondement")
    SCOPES: ClassVar[frozenset[str]] = frozenset({"compartment"})

    ratio: Fraction
    cap_cents: int | None = None
    needs_success: bool = True

    def ceiling_cents(self, citizen_cents: int, is_successful: bool) -> int:
        """Return the most that may be added to a project, in whole cents rounded down."""
        if self.needs_success and not is_successful:
            return 0
        most = citizen_cents * self.ratio.numerator // self.ratio.denominator
        return most if self.cap_cents is None else min(most, self.cap_cents)

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if self.ratio <= 0:
            yield "ratio", say(gettext_noop("Un rapport au-dessus de zéro est attendu."))
        if self.cap_cents is not None and self.cap_cents < 1:
            yield "cap_cents", POSITIVE

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        template = gettext_noop(
            "L’argent %(scope)s ajoute au plus %(ratio)s € par euro de citoyen encaissé%(cap)s%(condition)s."
        )
        return say(
            template,
            scope=scope_words(scope),
            ratio=share_text(self.ratio).replace(".", ","),
            cap=say(gettext_noop(", dans la limite de %(amount)s par projet"), amount=euros(self.cap_cents))
            if self.cap_cents is not None
            else "",
            condition=say(gettext_noop(", si la campagne réussit")) if self.needs_success else "",
        )


@dataclass(frozen=True)
class Mirror(Params):
    """For each unit of a local currency in circulation, at least so many euros are invested in its network."""

    KIND: ClassVar[str] = "MIRROR"
    TITLE: ClassVar[str] = gettext_noop("Miroir d’une monnaie locale")

    currency: str
    ratio: Fraction = Fraction(1)

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if self.ratio <= 0:
            yield "ratio", say(gettext_noop("Un rapport au-dessus de zéro est attendu."))

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop(
                "Pour chaque unité de « %(currency)s » en circulation, au moins %(ratio)s € %(scope)s"
                " est investi dans son réseau."
            ),
            currency=self.currency,
            ratio=share_text(self.ratio).replace(".", ","),
            scope=scope_words(scope),
        )


@dataclass(frozen=True)
class GuaranteeRule(Params):
    """An envelope guarantees at most a quota and an amount of each project, and in all a multiple of its endowment."""

    KIND: ClassVar[str] = "GUARANTEE"
    TITLE: ClassVar[str] = gettext_noop("Garantie")

    envelope: str
    quota: Fraction
    multiplier: Fraction
    cap_cents: int | None = None
    fee_bp: int = 0

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if not is_share(self.quota):
            yield "quota", NOT_A_SHARE
        if self.multiplier <= 0:
            yield "multiplier", say(gettext_noop("Un multiplicateur au-dessus de zéro est attendu."))
        if self.cap_cents is not None and self.cap_cents < 1:
            yield "cap_cents", POSITIVE

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop(
                "Le fonds de garantie « %(envelope)s » couvre au plus %(quota)s de chaque projet%(cap)s, et en"
                " tout %(multiplier)s fois sa dotation."
            ),
            envelope=self.envelope,
            quota=percent(self.quota),
            cap=say(gettext_noop(" (%(amount)s au plus)"), amount=euros(self.cap_cents)) if self.cap_cents else "",
            multiplier=share_text(self.multiplier).replace(".", ","),
        )


@dataclass(frozen=True)
class LtdFloor(Params):
    """Each territory's ratio of commitments to savings is at least a part of the region's (fact sheet §4.4, ρ)."""

    KIND: ClassVar[str] = "LTD_FLOOR"
    TITLE: ClassVar[str] = gettext_noop("Plancher de réinvestissement par territoire")

    level: str
    floor: Fraction
    disclosure_cents: int = 0

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if not is_share(self.floor):
            yield "floor", NOT_A_SHARE
        if self.disclosure_cents < 0:
            yield "disclosure_cents", POSITIVE

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop(
                "Chaque territoire (%(level)s) reçoit, pour ce que ses épargnants y placent, au moins %(floor)s de la"
                " moyenne régionale %(scope)s."
            ),
            level=self.level,
            floor=percent(self.floor),
            scope=scope_words(scope),
        )


AMOUNT_KINDS: tuple[type[Params], ...] = (
    ShareRange, MaxPerProject, StakeRange, MaxPerSector, MinPerSector, MinPerTerritory, ZoneFloor, LiquidityReserve,
    LossReserve, Matching, Mirror, GuaranteeRule, LtdFloor,
)  # fmt: skip


def _range_problems(minimum: Fraction | None, maximum: Fraction | None) -> Iterator[tuple[str, Sentence]]:
    if minimum is None and maximum is None:
        yield "max", NEEDS_ONE
    if not is_share(minimum):
        yield "min", NOT_A_SHARE
    if not is_share(maximum):
        yield "max", NOT_A_SHARE
    if minimum is not None and maximum is not None and minimum > maximum:
        yield "min", CROSSED


def _quantity_problems(
    share: Fraction | None, cents: int | None, *, is_given: bool = False
) -> Iterator[tuple[str, Sentence]]:
    if share is None and cents is None and not is_given:
        yield "share", NEEDS_ONE
    if not is_share(share):
        yield "share", NOT_A_SHARE
    if cents is not None and cents < 0:
        yield "cents", POSITIVE


def _range_words(minimum: Fraction | None, maximum: Fraction | None) -> Sentence:
    if minimum is None:
        return say(gettext_noop("au plus %(maximum)s"), maximum=percent(maximum or Fraction()))
    if maximum is None:
        return say(gettext_noop("au moins %(minimum)s"), minimum=percent(minimum))
    return say(gettext_noop("entre %(minimum)s et %(maximum)s"), minimum=percent(minimum), maximum=percent(maximum))


def _which(instrument: str, status: str) -> Sentence | str:
    given = [text for text in (instrument, status) if text]
    return say(gettext_noop(" (%(which)s)"), which=listed(given)) if given else ""
