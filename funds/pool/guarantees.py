"""Guarantee envelopes: what they may still carry, guarantees given to loans, calls and what they cost."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import format_cents, from_cents, to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.models import Fund, GuaranteeEnvelope, LegalEntity, LoanGuarantee
from funds.pool.errors import GuaranteeRefused
from funds.pool.locking import lock_row
from funds.pool.states import CALL_GUARANTEE, RELEASE_GUARANTEE, GuaranteeState
from investors.models import User
from projects.models import Project


@dataclass(frozen=True)
class EnvelopeFigures:
    """Where an envelope stands, in cents."""

    endowment_cents: int
    called_cents: int
    guaranteed_cents: int
    ceiling_cents: int

    @property
    def left_cents(self) -> int:
        """What it may still guarantee."""
        return max(0, self.ceiling_cents - self.guaranteed_cents)


@transaction.atomic
def open_envelope(
    *,
    fund: Fund,
    entity: LegalEntity,
    code: str,
    name: str,
    financed_by: str,
    endowment: Money,
    quota_bp: int,
    cap: Money,
    multiplier: Fraction,
    by: User,
    at: datetime,
    fee_bp: int = 0,
) -> GuaranteeEnvelope:
    """Receive an endowment in an entity's bank and open its envelope.

    Raises: GuaranteeRefused: terms that make no sense, each limit being positive and the quota at most 100 %.
    """
    if to_cents(endowment) <= 0 or to_cents(cap) <= 0 or not 0 < quota_bp <= 10_000 or multiplier <= 0:
        raise GuaranteeRefused(
            _("Dotation, plafond et multiplicateur sont positifs ; la quotité va à 100 %."),
            next_step=_("Corrigez les conditions."),
        )
    envelope = GuaranteeEnvelope(
        fund=fund, entity=entity, code=code, name=name, financed_by=financed_by, endowment=endowment,
        quota_bp=quota_bp, cap=cap, multiplier=_decimal(multiplier), fee_bp=fee_bp, opened_at=at, opened_by=by,
    )  # fmt: skip
    on = clock.local(at).date()
    envelope.entry = post_entry(
        entity=entity,
        journal="PT",
        key=f"envelope:{envelope.uuid}:endowment",
        transfers=[
            Line(
                account_for(entity, Purpose.BANK),
                account_for(entity, Purpose.GUARANTEE_ENDOWMENT),
                to_cents(endowment),
            )
        ],
        accounting_date=on,
        value_date=on,
        label=f"Dotation de garantie {code}",
        piece_ref=f"DOT-{code}"[:80],
        piece_date=on,
        source=("envelope", envelope.uuid),
        at=at,
    )
    envelope.save(force_insert=True)
    return envelope


@transaction.atomic
def grant_guarantee(
    *,
    envelope: GuaranteeEnvelope,
    project: Project,
    lender: str,
    loan_amount: Money,
    amount: Money,
    by: User,
    at: datetime,
) -> LoanGuarantee:
    """Guarantee part of a loan, under the envelope's lock: quota, cap per project, and what the envelope carries.

    Raises: GuaranteeRefused, saying which limit and by how much.
    """
    envelope = lock_row(envelope)
    cents, loan = to_cents(amount), to_cents(loan_amount)
    if cents <= 0 or loan <= 0 or cents * 10_000 > loan * envelope.quota_bp:
        raise GuaranteeRefused(
            _("La garantie couvre au plus %(most)s de ce prêt ; vous demandez %(amount)s.")
            % {"most": format_cents(max(0, loan) * envelope.quota_bp // 10_000), "amount": format_cents(cents)},
            next_step=_("Diminuez la somme garantie."),
        )
    active = envelope.guarantees.filter(project=project, state=GuaranteeState.ACTIVE)
    already = int((active.aggregate(sum=Sum("amount"))["sum"] or 0) * 100)
    if already + cents > to_cents(envelope.cap):
        raise GuaranteeRefused(
            _("Le plafond par projet est de %(cap)s ; ce projet en utilise %(already)s.")
            % {"cap": format_cents(to_cents(envelope.cap)), "already": format_cents(already)},
            next_step=_("Diminuez la somme garantie."),
        )
    left = figures_of(envelope).left_cents
    if cents > left:
        raise GuaranteeRefused(
            _("L’enveloppe peut encore garantir %(left)s.") % {"left": format_cents(left)},
            next_step=_("Attendez qu’une garantie se lève, ou augmentez la dotation."),
        )
    return LoanGuarantee.objects.create(
        envelope=envelope, project=project, lender=lender, loan_amount=loan_amount, amount=amount, granted_by=by,
        granted_at=at,
    )  # fmt: skip


@transaction.atomic
def release_guarantee(*, guarantee: LoanGuarantee, by: User, at: datetime, reason: str) -> LoanGuarantee:
    """End a guarantee whose loan is repaid: its envelope may guarantee another."""
    lock_row(guarantee.envelope)
    return advance(guarantee, RELEASE_GUARANTEE, by=by, at=at, reason=reason, ended_at=at, end_reason=reason[:200])


@transaction.atomic
def call_guarantee(*, guarantee: LoanGuarantee, amount: Money, by: User, at: datetime, reason: str) -> LoanGuarantee:
    """Owe the lender what it lost, within the guarantee and the endowment that is left; to be paid (ruling B35).

    Raises: GuaranteeRefused: more than is guaranteed, or than the endowment has.
    """
    envelope = lock_row(guarantee.envelope)
    guarantee = lock_row(guarantee)
    cents = to_cents(amount)
    figures = figures_of(envelope)
    most = min(to_cents(guarantee.amount), figures.endowment_cents - figures.called_cents)
    if not 0 < cents <= most or not reason.strip():
        raise GuaranteeRefused(
            _("On appelle au plus %(most)s sur cette garantie, avec un motif.") % {"most": format_cents(most)},
            next_step=_("Corrigez la somme ou le motif."),
        )
    on = clock.local(at).date()
    entry = post_entry(
        entity=envelope.entity,
        journal="PT",
        key=f"guarantee:{guarantee.uuid}:called",
        transfers=[
            Line(
                account_for(envelope.entity, Purpose.GUARANTEE_ENDOWMENT),
                account_for(envelope.entity, Purpose.GUARANTEE_CALLED),
                cents,
            )
        ],
        accounting_date=on,
        value_date=on,
        label=f"Appel de garantie {envelope.code}",
        piece_ref=str(guarantee.uuid),
        piece_date=on,
        source=("guarantee", guarantee.uuid),
        at=at,
    )
    return advance(
        guarantee, CALL_GUARANTEE, by=by, at=at, reason=reason, called=from_cents(cents), call_entry=entry,
        ended_at=at, end_reason=reason.strip()[:200],
    )  # fmt: skip


def figures_of(envelope: GuaranteeEnvelope) -> EnvelopeFigures:
    """Return where an envelope stands, from its guarantees."""
    sums = envelope.guarantees.aggregate(called=Sum("called"))
    active = envelope.guarantees.filter(state=GuaranteeState.ACTIVE).aggregate(sum=Sum("amount"))["sum"]
    endowment, called = to_cents(envelope.endowment), int((sums["called"] or 0) * 100)
    multiplier = Fraction(envelope.multiplier)
    ceiling = (endowment - called) * multiplier.numerator // multiplier.denominator
    return EnvelopeFigures(endowment, called, int((active or 0) * 100), ceiling)


def _decimal(multiplier: Fraction) -> str:
    hundredths = multiplier * 100
    if hundredths.denominator != 1:
        raise GuaranteeRefused(_("Le multiplicateur a au plus deux décimales."), next_step=_("Corrigez-le."))
    return f"{hundredths.numerator // 100}.{hundredths.numerator % 100:02}"
