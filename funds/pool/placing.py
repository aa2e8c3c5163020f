"""Money of a compartment placed in projects: what an executed decision does to the books and the register."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import format_cents, to_cents
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.models import Compartment, Placement, RuleEvaluation
from funds.pool.accounts import cash_cents, compartment_account
from funds.pool.errors import NotEnoughCash, PoolRefused
from funds.pool.locking import lock_compartment
from investors.models import User
from projects.models import Project

JOURNAL = "PT"
ACCOUNT_OF = {
    Placement.Instrument.LOAN: Purpose.PLACED_LOANS,
    Placement.Instrument.SHARE: Purpose.PLACED_STAKES,
}


class RulesNotEvaluated(Exception):
    """Money was about to be placed without asking the rules: a fault of the code."""


@dataclass(frozen=True)
class Outstanding:
    """What a compartment still has in a project by one instrument, in cents above zero."""

    project: Project
    instrument: str
    risk_class: str
    currency: str
    cents: int


def outstanding(compartment: Compartment, on: date | None = None) -> list[Outstanding]:
    """Return what a compartment has in projects, by title, at the end of a day (or now)."""
    found: dict[tuple[int, str], Outstanding] = {}
    for move in moves_of(compartment, on):
        key = (move.project_id, move.instrument)
        before = found[key].cents if key in found else 0
        sign = 1 if move.kind == Placement.Kind.PLACED else -1
        kept = move if sign > 0 or key not in found else None
        found[key] = Outstanding(
            project=move.project,
            instrument=move.instrument,
            risk_class=kept.risk_class if kept else found[key].risk_class,
            currency=kept.currency if kept else found[key].currency,
            cents=before + sign * to_cents(move.amount),
        )
    kept_rows = [one for one in found.values() if one.cents]
    return sorted(kept_rows, key=lambda one: (one.project.title, one.project.pk, one.instrument))


def moves_of(compartment: Compartment, on: date | None = None) -> Iterator[Placement]:
    """Yield the placements of a compartment, oldest first, with their projects."""
    moves = compartment.placements.select_related("project__organisation")
    if on is not None:
        moves = moves.filter(entry__accounting_date__lte=on)
    yield from moves.order_by("placed_at", "pk")


@transaction.atomic
def place_money(
    *,
    compartment: Compartment,
    project: Project,
    amount: Money,
    instrument: str,
    by: User,
    at: datetime,
    reason: str,
    evaluated_as: str,
    risk_class: str = "",
    currency: str = "",
    order_uuid: UUID | None = None,
) -> Placement:
    """Place cash of a compartment in a project: the entry takes it from the issuer's bank.

    Args: reason: public. evaluated_as: the subject under which the caller has just looked at the rules, at this very
        `at` (`funds.rules.evaluation.evaluate_before`); the caller looks at them again afterwards. currency: the local
        currency whose network the project belongs to, for the mirror.
    Raises: RulesNotEvaluated: no such evaluation: nobody places money that no rule was asked about. NotEnoughCash: read
        under the compartment's lock. PoolRefused: no reason, or an amount of nothing.
    """
    compartment = lock_compartment(compartment.pk)
    looked = RuleEvaluation.objects.filter(
        fund=compartment.fund, moment=RuleEvaluation.Moment.BEFORE, subject=evaluated_as[:120], evaluated_at=at
    )
    if not looked.exists():
        raise RulesNotEvaluated(f"placement in {project.slug}: no evaluation of {evaluated_as}")
    cents = _checked(amount, reason)
    cash = cash_cents(compartment)
    if cents > cash:
        raise NotEnoughCash(
            _("Le compartiment a %(cash)s en caisse ; le placement est de %(amount)s.")
            % {"cash": format_cents(cash), "amount": format_cents(cents)},
            next_step=_("Diminuez le placement, ou attendez de nouvelles souscriptions."),
        )
    placement = Placement(
        compartment=compartment, project=project, kind=Placement.Kind.PLACED, instrument=instrument, amount=amount,
        decided_by=by, placed_at=at, reason=reason.strip(), risk_class=risk_class, currency=currency,
        order_uuid=order_uuid,
    )  # fmt: skip
    account = compartment_account(compartment, ACCOUNT_OF[Placement.Instrument(instrument)])
    bank = account_for(compartment.issuer, Purpose.BANK)
    return _write(placement, Line(account, bank, cents), at=at)


@transaction.atomic
def record_repayment(
    *, compartment: Compartment, project: Project, amount: Money, instrument: str, by: User, at: datetime, reason: str
) -> Placement:
    """Write what a project pays back to a compartment. Raises: PoolRefused: more than is outstanding."""
    return _give_back(compartment, project, amount, instrument, Placement.Kind.REPAID, by=by, at=at, reason=reason)


@transaction.atomic
def record_loss(
    *, compartment: Compartment, project: Project, amount: Money, instrument: str, by: User, at: datetime, reason: str
) -> Placement:
    """Write off what a project will not pay back: the compartment bears it. Raises: PoolRefused."""
    return _give_back(compartment, project, amount, instrument, Placement.Kind.LOST, by=by, at=at, reason=reason)


def _give_back(
    compartment: Compartment, project: Project, amount: Money, instrument: str, kind: str, *, by: User, at: datetime,
    reason: str,
) -> Placement:  # fmt: skip
    compartment = lock_compartment(compartment.pk)
    cents = _checked(amount, reason)
    left = sum(
        one.cents for one in outstanding(compartment) if one.project.pk == project.pk and one.instrument == instrument
    )
    if cents > left:
        raise PoolRefused(
            _("%(left)s restent placés dans ce projet ; l’écriture est de %(amount)s.")
            % {"left": format_cents(left), "amount": format_cents(cents)},
            next_step=_("Corrigez le montant."),
        )
    placement = Placement(
        compartment=compartment, project=project, kind=kind, instrument=instrument, amount=amount, decided_by=by,
        placed_at=at, reason=reason.strip(),
    )  # fmt: skip
    account = compartment_account(compartment, ACCOUNT_OF[Placement.Instrument(instrument)])
    debit = (
        account_for(compartment.issuer, Purpose.BANK)
        if kind == Placement.Kind.REPAID
        else compartment_account(compartment, Purpose.PLACEMENT_LOSS)
    )
    return _write(placement, Line(debit, account, cents), at=at)


def _checked(amount: Money, reason: str) -> int:
    cents = to_cents(amount)
    if cents <= 0 or not reason.strip():
        raise PoolRefused(
            _("Un placement est d’un montant positif et dit son motif."), next_step=_("Complétez le formulaire.")
        )
    return cents


def _write(placement: Placement, line: Line, *, at: datetime) -> Placement:
    on = clock.local(at).date()
    what = {"PLACED": "Placement", "REPAID": "Remboursement", "LOST": "Perte"}[placement.kind]
    placement.entry = post_entry(
        entity=placement.compartment.issuer,
        journal=JOURNAL,
        key=f"placement:{placement.uuid}",
        transfers=[line],
        accounting_date=on,
        value_date=on,
        label=f"{what}, {placement.project.slug}"[:200],
        piece_ref=str(placement.uuid),
        piece_date=on,
        source=("placement", placement.uuid),
        at=at,
    )
    placement.save(force_insert=True)
    return placement
