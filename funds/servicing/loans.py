"""The loan that a successful offer becomes: its register of holders at the decision, its schedule once it is paid."""

from datetime import date, datetime

from django.db import transaction

from fres.kernel import clock
from fres.kernel.errors import BooksBroken
from fres.kernel.money import to_cents
from fres.kernel.states import advance
from funds.contracts.issuing import issue_loan_contract
from funds.locks import lock_offer
from funds.models import Holding, Instalment, Loan, Offer
from funds.servicing.amortisation import ScheduleLine, months_later, schedule
from funds.states import START_MONITORING, CommitmentState, FinancingState


@transaction.atomic
def write_loan(*, offer: Offer, at: datetime) -> Loan:
    """Write the loan of a successful offer, its register of holders and its contract; a second call returns it.

    Called in the transaction of the decision, once its commitments are settled: one holding for each.
    Args: at: aware; when the contract binds.
    Raises: BooksBroken: the offer is no loan, or settled nothing.
    """
    offer = lock_offer(offer=offer)
    written = Loan.objects.filter(offer=offer).first()
    if written is not None:
        return written
    settled = list(offer.commitments.filter(state=CommitmentState.SETTLED).order_by("pk"))
    if offer.is_gift or not settled:
        raise BooksBroken(f"offer {offer.uuid} does not become a loan")
    loan = Loan.objects.create(
        offer=offer,
        borrower=offer.project.organisation.party,
        principal_cents=sum(to_cents(one.amount) for one in settled),
        rate_bp=offer.rate_bp,
        months=offer.months,
        signed_at=at,
    )
    Holding.objects.bulk_create(
        [
            Holding(loan=loan, commitment=one, party_id=one.saver_id, principal_cents=to_cents(one.amount))
            for one in settled
        ],
        batch_size=2_000,
    )
    issue_loan_contract(loan=loan, at=at)
    return Loan.objects.select_related("offer").get(pk=loan.pk)


def preview_schedule(*, offer: Offer, principal_cents: int, paid_on: date) -> tuple[ScheduleLine, ...]:
    """Return the instalments of a loan of this amount on the offer's terms, were the project paid on a day."""
    return schedule(
        principal_cents=principal_cents,
        rate_bp=offer.rate_bp,
        months=offer.months,
        first_due_on=months_later(paid_on, 1),
    )


@transaction.atomic
def start_schedule(*, loan: Loan, paid_at: datetime, at: datetime) -> Loan:
    """Write a loan's instalments, the first due one month (Paris) after its project was paid, and start monitoring it.

    A second call changes nothing. Args: paid_at, at: aware.
    """
    offer = lock_offer(offer=loan.offer)
    loan = Loan.objects.select_for_update(of=("self",), no_key=True).select_related("offer").get(pk=loan.pk)
    if loan.first_due_on is not None:
        return loan
    paid_on = clock.local(paid_at).date()
    lines = preview_schedule(offer=offer, principal_cents=loan.principal_cents, paid_on=paid_on)
    loan.first_due_on = lines[0].due_on
    loan.save(update_fields=["first_due_on"])
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan,
            rank=line.rank,
            due_on=line.due_on,
            principal_cents=line.principal_cents,
            interest_cents=line.interest_cents,
            balance_after_cents=line.balance_after_cents,
        )
        for line in lines
    )
    if offer.financing_state == FinancingState.FUNDED:
        advance(offer, START_MONITORING, by=None, at=at, field="financing_state")
    return loan
