"""The two reserves of a compartment, exact and shown: what must stay liquid, what must be set aside for losses."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from funds.allocation.amount_kinds import LiquidityReserve, LossReserve
from funds.chart import Purpose
from funds.ledger import Line, post_entry
from funds.models import Compartment
from funds.pool.accounts import capital_cents, cash_cents, compartment_account, placed_cents, provision_cents
from funds.pool.errors import PoolRefused
from funds.pool.locking import lock_compartment
from funds.pool.placing import outstanding
from funds.rules.register import rules_in_force
from investors.models import User


@dataclass(frozen=True)
class Reserves:
    """What a compartment has and what it must keep, in cents."""

    capital_cents: int
    cash_cents: int
    placed_cents: int
    provision_cents: int
    liquidity_needed_cents: int
    loss_needed_cents: int

    @property
    def spendable_cents(self) -> int:
        """Cash above the liquidity reserve."""
        return max(0, self.cash_cents - self.liquidity_needed_cents)

    @property
    def liquidity_missing_cents(self) -> int:
        return max(0, self.liquidity_needed_cents - self.cash_cents)

    @property
    def loss_missing_cents(self) -> int:
        return max(0, self.loss_needed_cents - self.provision_cents)


def liquidity_reserve_cents(compartment: Compartment, on: date, *, of_cents: int) -> int:
    """Return what must stay in cash for a capital: the rule in force, else the dated parameter; rounded up."""
    share = _share(compartment, on, LiquidityReserve, "pool.liquidity_reserve")
    return -(-of_cents * share.numerator // share.denominator)


def loss_reserve_cents(compartment: Compartment, on: date) -> int:
    """Return what must be set aside for losses on what is outstanding, by risk class; rounded up."""
    rule = next((one for one in _rules(compartment, on, LossReserve)), None)
    default = _parameter("pool.loss_reserve", on)
    total = Fraction()
    for one in outstanding(compartment, on=on):
        rate = rule.rate(one.risk_class) if isinstance(rule, LossReserve) else default
        total += rate * one.cents
    return -(-total.numerator // total.denominator)


def reserves_of(compartment: Compartment, on: date) -> Reserves:
    """Return the figures of a compartment, from its issuer's books and the rules in force on a day."""
    capital = capital_cents(compartment, on)
    return Reserves(
        capital_cents=capital,
        cash_cents=cash_cents(compartment, on),
        placed_cents=placed_cents(compartment, on),
        provision_cents=provision_cents(compartment, on),
        liquidity_needed_cents=liquidity_reserve_cents(compartment, on, of_cents=capital),
        loss_needed_cents=loss_reserve_cents(compartment, on),
    )


@transaction.atomic
def set_loss_reserve(*, compartment: Compartment, by: User, at: datetime) -> int:
    """Book what the loss reserve lacks, once a day at most; return the cents set aside.

    Raises: PoolRefused: nothing is missing.
    """
    compartment = lock_compartment(compartment.pk)
    on = clock.local(at).date()
    missing = loss_reserve_cents(compartment, on) - provision_cents(compartment)
    if missing <= 0:
        raise PoolRefused(_("La réserve pour pertes est complète."), next_step=_("Il n’y a rien à inscrire."))
    post_entry(
        entity=compartment.issuer,
        journal="PT",
        key=f"compartment:{compartment.uuid}:provision:{on.isoformat()}",
        transfers=[
            Line(
                compartment_account(compartment, Purpose.PROVISION_CHARGE),
                compartment_account(compartment, Purpose.PROVISION),
                missing,
            )
        ],
        accounting_date=on,
        value_date=on,
        label=f"Réserve pour pertes, compartiment {compartment.rank:02}",
        piece_ref=f"PROV-{compartment.rank:02}-{on:%Y%m%d}",
        piece_date=on,
        source=("compartment", compartment.uuid),
        at=at,
    )
    return missing


def _rules(compartment: Compartment, on: date, kind: type) -> list[object]:
    """Return the parameters of the rules of a kind on a compartment, its own before the fund's."""
    rules = [one for one in rules_in_force(compartment.fund, on) if isinstance(one.params, kind)]
    own = [one.params for one in rules if one.compartment == compartment.slug]
    return [*own, *(one.params for one in rules if one.scope == "fund")]


def _share(compartment: Compartment, on: date, kind: type[LiquidityReserve], parameter: str) -> Fraction:
    rule = next(iter(_rules(compartment, on, kind)), None)
    return rule.share if isinstance(rule, LiquidityReserve) else _parameter(parameter, on)


def _parameter(key: str, on: date) -> Fraction:
    return Fraction(parameters.value_at(key, on).rate)
