"""What must hold of a capital table. Pure: shares in, sentences out; limits are dated values given by the caller.

Source: R-047 (territories bring more than half; the public bank keeps an important minority), law of 10 September 1947,
art. 19 septies (public authorities together at most half of a SCIC's capital).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from funds.founding.governance import LOCAL
from funds.models import CapitalTable, Family


@dataclass(frozen=True)
class Limits:
    """Dated limits on the shares of a capital, as fractions of the whole."""

    local_above: Fraction
    public_bank_below: Fraction
    public_bank_least: Fraction
    scic_authorities_most: Fraction


@dataclass(frozen=True)
class Invariant:
    """One thing that must hold of a capital table, and whether it does; `is_due` once the entity is autonomous."""

    rule: str
    sentence: str
    is_kept: bool
    is_due: bool
    next_step: str = ""


def invariants(shares: Mapping[str, int], *, stage: str, is_scic: bool, limits: Limits) -> tuple[Invariant, ...]:
    """Return each invariant with its figures. Args: shares: by family.

    While an entity starts as a subsidiary of the public bank (R-046), the end state is told and not yet due; what law
    says of a SCIC always is.
    """
    return tuple(
        _invariants(shares, is_autonomous=stage == CapitalTable.Stage.AUTONOMOUS, is_scic=is_scic, limits=limits)
    )


def _invariants(
    shares: Mapping[str, int], *, is_autonomous: bool, is_scic: bool, limits: Limits
) -> Iterator[Invariant]:
    total = sum(shares.values())
    local = Fraction(sum(shares.get(family, 0) for family in LOCAL), total) if total else Fraction(0)
    public_bank = Fraction(shares.get(Family.PUBLIC_BANK, 0), total) if total else Fraction(0)
    authorities = Fraction(shares.get(Family.AUTHORITY, 0), total) if total else Fraction(0)
    yield Invariant(
        "R-047",
        _("Les territoires apportent %(part)s %% du capital : il leur faut plus de %(limit)s %%.")
        % {"part": percent(local), "limit": percent(limits.local_above)},
        local > limits.local_above,
        is_autonomous,
        _("Augmentez leur apport."),
    )
    yield Invariant(
        "R-047",
        _("La banque publique détient %(part)s %% : il lui faut au moins %(least)s %%, et moins de %(most)s %%.")
        % {"part": percent(public_bank), "least": percent(limits.public_bank_least),
           "most": percent(limits.public_bank_below)},
        limits.public_bank_least <= public_bank < limits.public_bank_below,
        is_autonomous,
        _("Ramenez sa part entre ces deux bornes."),
    )  # fmt: skip
    if is_scic:
        yield Invariant(
            "SCIC-4",
            _("Les collectivités détiennent %(part)s %% : dans une SCIC, %(limit)s %% au plus.")
            % {"part": percent(authorities), "limit": percent(limits.scic_authorities_most)},
            authorities <= limits.scic_authorities_most,
            True,
            _("Diminuez leur part, ou ouvrez le capital à d’autres acteurs du territoire."),
        )


def percent(share: Fraction) -> str:
    """Return a share in percent with two decimals, rounded down (ruling B19): "49,99"."""
    hundredths = share.numerator * 10_000 // share.denominator
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02}".removesuffix(",00")
