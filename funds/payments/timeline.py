"""A payment told as dated steps: asked, sent to the bank, cleared, no longer contestable; and what undid it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.money import format_cents, to_cents
from funds.models import BankRefund, ClaimRecovery, Payment, Refund
from funds.payments import notices
from funds.payments.gateway import Means
from funds.states import BankRefundState, PaymentState, RefundState


@dataclass(frozen=True)
class Step:
    """One step. `on`: Paris date, past or foreseen. `status`: "done", "now", "failed", or "" for what is to come."""

    on: date
    label: str
    detail: str = ""
    status: str = ""


BANK_ANSWERS_IN = 6  # days: what a SEPA debit usually takes, told as a forecast only


def payment_steps(payment: Payment, *, at: datetime) -> list[Step]:
    """Return the steps of a payment in their order, done ones first, with at most one "now".

    Args: payment: with its refunds and dispute reachable; at: aware.
    """
    steps = [Step(_day(payment.asked_at), _("Demandé"), _("Vous avez ouvert la page de paiement."), "done")]
    if payment.state in (PaymentState.ASKED, PaymentState.OPENED):
        last = notices.failure_sentence(payment.failure_code)
        steps.append(Step(_day(at), _("À terminer sur la page de paiement"), last, "now"))
        return steps
    if payment.processing_at is not None:
        steps.append(Step(_day(payment.processing_at), _("Transmis à votre banque"), payment.means_detail, "done"))
    if payment.state == PaymentState.PROCESSING:
        assert payment.processing_at is not None
        expected = date.fromordinal(_day(payment.processing_at).toordinal() + BANK_ANSWERS_IN)
        steps.append(Step(expected, _("Réponse de votre banque attendue"), _("Date prévue, non garantie."), "now"))
        return steps
    if payment.cleared_at is None:
        return [*steps, _ended_without_money(payment, at=at)]
    steps.append(Step(_day(payment.cleared_at), _("Encaissé"), "", "done"))
    steps += _what_came_back(payment)
    if payment.state == PaymentState.CLEARED and payment.final_on is not None:
        is_final = payment.final_on <= _day(at)
        detail = _("Délai de huit semaines d’un prélèvement.") if payment.means == Means.SEPA_DEBIT else ""
        steps.append(
            Step(payment.final_on, _("Ne peut plus être contesté sans motif"), detail, "done" if is_final else "")
        )
    return steps


def bank_refund_steps(refund: Refund, bank_refund: BankRefund | None, *, at: datetime) -> list[Step]:
    """Return the steps of a refund that came back: asked again on an account, checked, signed by two, sent."""
    came_back = notices.failure_sentence(refund.failure_code)
    steps = [
        Step(_day(refund.asked_at), _("Remboursement demandé"), refund.get_cause_display(), "done"),
        Step(_day(refund.answered_at or refund.asked_at), _("Revenu : moyen de paiement fermé"), came_back, "failed"),
    ]
    if bank_refund is None:
        return [*steps, Step(_day(at), _("Un compte à votre nom est attendu"), "", "now")]
    steps.append(Step(_day(bank_refund.asked_at), _("Virement demandé"), bank_refund.iban_masked, "done"))
    if bank_refund.state in (BankRefundState.REFUSED, BankRefundState.STOPPED):
        return [*steps, Step(_day(at), bank_refund.get_state_display(), bank_refund.refused_reason, "failed")]
    if bank_refund.prepared_at is None:
        is_checked = bank_refund.party.iban_verified_at is not None
        detail = "" if is_checked else _("Le compte est en cours de vérification.")
        return [*steps, Step(_day(at), _("À préparer par la trésorerie"), detail, "now")]
    preparer = str(bank_refund.prepared_by)
    steps.append(Step(_day(bank_refund.prepared_at), _("Préparé"), preparer, "done"))
    order = getattr(bank_refund, "order", None)
    if order is None:
        return [*steps, Step(_day(at), _("À approuver par une autre personne"), "", "now")]
    steps.append(Step(_day(order.approved_at), _("Approuvé, dette à virer"), str(order.approved_by), "done"))
    sending = getattr(order, "sending", None)
    if sending is None:
        return [*steps, Step(_day(at), _("Virement à faire à la banque"), "", "now")]
    return [*steps, Step(sending.sent_on, _("Viré"), sending.reference, "done")]


def _ended_without_money(payment: Payment, *, at: datetime) -> Step:
    on = _day(payment.failed_at or at)
    if payment.state == PaymentState.EXPIRED:
        return Step(on, _("Page de paiement fermée"), _("Rien n’a été prélevé."), "failed")
    return Step(on, _("Refusé"), notices.failure_sentence(payment.failure_code), "failed")


def _what_came_back(payment: Payment) -> list[Step]:
    steps = []
    for refund in payment.refunds.order_by("asked_at", "pk"):
        amount = format_cents(to_cents(refund.amount))
        detail = f"{refund.get_cause_display()}, {amount}"
        if refund.state == RefundState.FAILED:
            steps.append(Step(_day(refund.answered_at or refund.asked_at), _("Remboursement revenu"), detail, "failed"))
        elif refund.done_at is not None:
            steps.append(Step(_day(refund.done_at), _("Rendu"), detail, "done"))
        else:
            steps.append(Step(_day(refund.asked_at), _("Remboursement en cours"), detail, "now"))
    dispute = getattr(payment, "dispute", None)
    if dispute is not None:
        detail = format_cents(to_cents(dispute.amount))
        steps.append(Step(_day(dispute.opened_at), _("Contesté auprès de la banque"), detail, "failed"))
        if dispute.won_at is not None:
            steps.append(Step(_day(dispute.won_at), _("Contestation close, argent revenu"), detail, "done"))
    elif payment.failed_at is not None:
        steps.append(
            Step(_day(payment.failed_at), _("Rejeté"), notices.failure_sentence(payment.failure_code), "failed")
        )
    steps += [_recovered(one) for one in payment.recoveries.all() if one.undone_at is None]
    return sorted(steps, key=lambda step: step.on)


def _recovered(recovery: ClaimRecovery) -> Step:
    amount = format_cents(to_cents(recovery.amount))
    return Step(recovery.received_on, _("Virement reçu"), f"{amount}, {recovery.reference}", "done")


def _day(moment: datetime) -> date:
    return clock.local(moment).date()
