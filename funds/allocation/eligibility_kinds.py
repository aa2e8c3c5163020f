"""Kinds of rules that say who may be financed, and by whose money: earmarks, labels, exclusions, conditions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from funds.allocation.problem import Base, Place, Target
from funds.allocation.rule_params import NOT_A_SHARE, Params, is_share, scope_words
from funds.allocation.words import Sentence, euros, gettext_noop, listed, percent, say, share_text

EVERYWHERE = frozenset({"fund", "compartment", "campaign"})


class Strictness(StrEnum):
    """Whose risk earmarked money bears (ruling B14)."""

    STRICT = "STRICT"
    PREFERENCE = "PREFERENCE"


class Fallback(StrEnum):
    """Where earmarked money goes when it is not used in time."""

    POOL = "POOL"
    REFUND = "REFUND"
    NEXT = "NEXT"


FALLBACK_WORDS = {
    Fallback.POOL: gettext_noop("rejoint le pot commun"),
    Fallback.REFUND: gettext_noop("est rendu aux épargnants"),
    Fallback.NEXT: gettext_noop("attend le tour suivant"),
}


@dataclass(frozen=True)
class EarmarkRule(Params):
    """Money of a compartment is meant for projects, sectors or territories.

    STRICT: it goes nowhere else, ever. PREFERENCE: `cents` of the pool (all of it when not given) go there first as
    far as possible. After `expires_on` the money follows `fallback`. Places are written LEVEL:CODE.
    """

    KIND: ClassVar[str] = "EARMARK"
    TITLE: ClassVar[str] = gettext_noop("Fléchage")
    SCOPES: ClassVar[frozenset[str]] = frozenset({"compartment"})
    IS_ELIGIBILITY: ClassVar[bool] = True

    strictness: Strictness
    fallback: Fallback
    projects: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    cents: int | None = None
    expires_on: date | None = None

    @property
    def target(self) -> Target:
        return Target(
            projects=self.projects,
            sectors=self.sectors,
            places=tuple(Place(*place.split(":", 1)) for place in self.places),
        )

    def is_expired(self, at: date) -> bool:
        return self.expires_on is not None and self.expires_on < at

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if not (self.projects or self.sectors or self.places):
            yield "projects", say(gettext_noop("Nommez au moins un projet, un secteur ou un territoire."))
        if any(not all(place.partition(":")[::2]) for place in self.places):
            yield "places", say(gettext_noop("Un territoire s’écrit NIVEAU:CODE, comme EPCI:200033579."))
        if self.strictness is Strictness.STRICT and self.fallback is Fallback.POOL:
            yield (
                "fallback",
                say(gettext_noop("Un fléchage strict n’est jamais mêlé au pot commun : rendez l’argent ou gardez-le.")),
            )
        if self.strictness is Strictness.STRICT and self.cents is not None:
            yield "cents", say(gettext_noop("Un fléchage strict porte sur tout son compartiment, sans montant."))
        if self.cents is not None and self.cents < 1:
            yield "cents", say(gettext_noop("Un montant au-dessus de zéro est attendu."))

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        where = listed([*self.projects, *self.sectors, *self.places])
        if self.strictness is Strictness.STRICT:
            template = gettext_noop(
                "L’argent %(scope)s ne finance que %(where)s ; ce qui n’est pas utilisé %(fallback)s."
            )
        elif self.cents is None:
            template = gettext_noop(
                "L’argent %(scope)s va d’abord, si possible, à %(where)s ; ce qui n’est pas utilisé %(fallback)s."
            )
        else:
            template = gettext_noop(
                "%(amount)s de l’argent %(scope)s vont d’abord, si possible, à %(where)s ; ce qui n’est pas utilisé"
                " %(fallback)s."
            )
        values = {"amount": euros(self.cents)} if self.cents is not None else {}
        return say(
            template, scope=scope_words(scope), where=where, fallback=say(FALLBACK_WORDS[self.fallback]), **values
        )


@dataclass(frozen=True)
class CoInvestRequired(Params):
    """A financier of a kind takes part, with at least a share of the project's budget or of the company's capital."""

    KIND: ClassVar[str] = "CO_INVEST_REQUIRED"
    TITLE: ClassVar[str] = gettext_noop("Co-investisseur exigé")
    BASES: ClassVar[frozenset[Base]] = frozenset({Base.PROJECT_TOTAL, Base.CAPITAL})
    SCOPES: ClassVar[frozenset[str]] = EVERYWHERE
    IS_ELIGIBILITY: ClassVar[bool] = True

    actor: str
    share: Fraction | None = None

    @property
    def needs_base(self) -> bool:
        return self.share is not None

    @property
    def base_is_of_the_fund(self) -> bool:
        return False

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if not is_share(self.share):
            yield "share", NOT_A_SHARE

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        if self.share is None:
            return say(
                gettext_noop("Un projet financé par l’argent %(scope)s l’est aussi par un acteur « %(actor)s »."),
                scope=scope_words(scope),
                actor=self.actor,
            )
        return say(
            gettext_noop("Un acteur « %(actor)s » apporte au moins %(share)s %(base)s de chaque projet financé."),
            actor=self.actor,
            share=percent(self.share),
            base=say(gettext_noop("du capital")) if base is Base.CAPITAL else say(gettext_noop("du budget")),
        )


@dataclass(frozen=True)
class EligibleLabel(Params):
    """Only projects with one of these labels in force may be financed."""

    KIND: ClassVar[str] = "ELIGIBLE_LABEL"
    TITLE: ClassVar[str] = gettext_noop("Label exigé")
    SCOPES: ClassVar[frozenset[str]] = EVERYWHERE
    IS_ELIGIBILITY: ClassVar[bool] = True

    labels: tuple[str, ...]

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("L’argent %(scope)s ne va qu’à des projets ayant l’un de ces labels en vigueur : %(labels)s."),
            scope=scope_words(scope),
            labels=", ".join(self.labels),
        )


@dataclass(frozen=True)
class Exclusion(Params):
    """These sectors, or these instruments, are never financed."""

    KIND: ClassVar[str] = "EXCLUSION"
    TITLE: ClassVar[str] = gettext_noop("Exclusion")
    SCOPES: ClassVar[frozenset[str]] = EVERYWHERE
    IS_ELIGIBILITY: ClassVar[bool] = True

    sectors: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if not (self.sectors or self.instruments):
            yield "sectors", say(gettext_noop("Nommez au moins un secteur ou un instrument."))

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("L’argent %(scope)s ne finance jamais : %(what)s."),
            scope=scope_words(scope),
            what=", ".join([*self.sectors, *self.instruments]),
        )


@dataclass(frozen=True)
class PayRatioMax(Params):
    """The five best paid, on average, and the best paid, earn at most so many times the minimum wage (ESUS-4)."""

    KIND: ClassVar[str] = "PAY_RATIO_MAX"
    TITLE: ClassVar[str] = gettext_noop("Écart de salaires")
    SCOPES: ClassVar[frozenset[str]] = EVERYWHERE
    IS_ELIGIBILITY: ClassVar[bool] = True

    mean: Fraction
    highest: Fraction

    def problems(self, scope: str) -> Iterator[tuple[str, Sentence]]:
        if self.mean < 1:
            yield "mean", say(gettext_noop("Un écart d’au moins 1 est attendu."))
        if self.highest < self.mean:
            yield "highest", say(gettext_noop("L’écart le plus fort ne peut être sous l’écart moyen."))

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop(
                "Dans un projet financé, les cinq mieux payés gagnent en moyenne au plus %(mean)s fois le SMIC, et"
                " aucun plus de %(highest)s fois."
            ),
            mean=share_text(self.mean).replace(".", ","),
            highest=share_text(self.highest).replace(".", ","),
        )


@dataclass(frozen=True)
class TwoStage(Params):
    """Only projects that the committee let through (in one of these states) may be financed."""

    KIND: ClassVar[str] = "TWO_STAGE"
    TITLE: ClassVar[str] = gettext_noop("Deux temps : comité, puis vote")
    SCOPES: ClassVar[frozenset[str]] = EVERYWHERE
    IS_ELIGIBILITY: ClassVar[bool] = True

    statuses: tuple[str, ...] = ("APPROVED", "LABELLED")

    def sentence(self, scope: str, base: Base | None) -> Sentence:
        return say(
            gettext_noop("Seuls les projets retenus par le comité (%(statuses)s) peuvent recevoir l’argent %(scope)s."),
            statuses=", ".join(self.statuses),
            scope=scope_words(scope),
        )


ELIGIBILITY_KINDS: tuple[type[Params], ...] = (
    EarmarkRule, CoInvestRequired, EligibleLabel, Exclusion, PayRatioMax, TwoStage,
)  # fmt: skip
