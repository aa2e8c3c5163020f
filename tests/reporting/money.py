"""Money that moves, written as the operations write it: same rows, same keys, same accounts (docs: the life of a euro).

Statements only read; these few lines let a test date every event by itself, over several years.
"""

from datetime import UTC, date, datetime

from fres.kernel import clock
from fres.kernel.money import share_cents, split_cents, to_cents
from fres.kernel.parameters import value_at
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.models import (
    Dispute,
    Distribution,
    DistributionLine,
    Entry,
    Holding,
    Instalment,
    Loan,
    Offer,
    Payment,
    Refund,
)
from funds.servicing.amortisation import schedule
from funds.states import CommitmentState, OfferState, PaymentState, RefundState
from tests.funds.factories import CommitmentFactory, OfferFactory, euros


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 11, tzinfo=UTC)


def post(offer, key, lines, at, source):
    on = clock.local(at).date()
    return post_entry(
        entity=offer.books, journal="PS", key=key, transfers=lines, accounting_date=on, value_date=on, label=key[:60],
        piece_ref=key[:80], piece_date=on, source=source, at=at,
    )  # fmt: skip


def an_offer(**fields):
    return OfferFactory(open=True, opens_at=noon(2023, 6, 1), closes_at=noon(2023, 12, 1), **fields)


def paid(offer, saver, amount, at, **fields):
    """Return a commitment whose payment cleared at `at`."""
    commitment = CommitmentFactory(
        offer=offer, saver=saver, by=saver.user, amount=euros(amount), cleared=True, cleared_at=at,
        committed_at=at, reflection_ends_at=at, **fields,
    )  # fmt: skip
    payment = Payment.objects.create(
        commitment=commitment,
        amount=euros(amount),
        state=PaymentState.CLEARED,
        asked_at=at,
        cleared_at=at,
        means="card",
    )
    held = account_for(offer.books, Purpose.SAVER_MONEY, party=saver, offer=offer)
    line = Line(account_for(offer.books, Purpose.PROVIDER), held, to_cents(payment.amount))
    post(offer, f"payment:{payment.uuid}:cleared", [line], at, ("payment", payment.uuid))
    return commitment


def given_back(commitment, amount, at):
    """Give back part or all of what was paid, before the offer's success."""
    offer, payment = commitment.offer, commitment.payments.get()
    refund = Refund.objects.create(
        payment=payment, amount=euros(amount), cause="SAVER", state=RefundState.DONE, asked_at=at, done_at=at,
        provider_id=f"re_{payment.uuid}",
    )  # fmt: skip
    held = account_for(offer.books, Purpose.SAVER_MONEY, party=commitment.saver, offer=offer)
    line = Line(held, account_for(offer.books, Purpose.PROVIDER), to_cents(refund.amount))
    post(offer, f"refund:{refund.uuid}", [line], at, ("payment", payment.uuid))
    left = to_cents(commitment.amount) - to_cents(refund.amount)
    if left:
        commitment.amount = euros(left) / 100
    else:
        commitment.state = CommitmentState.REFUNDED
    commitment.save()


def settled(offer, at, rate_bp=0):
    """Write an offer's success; return its loan, or None for a gift."""
    commitments = list(offer.commitments.filter(state=CommitmentState.CLEARED).order_by("pk"))
    owner = offer.project.organisation.party
    owed = account_for(offer.books, Purpose.HOLDER_MONEY, party=owner, offer=offer)
    lines = [
        Line(account_for(offer.books, Purpose.SAVER_MONEY, party=one.saver, offer=offer), owed, to_cents(one.amount))
        for one in commitments
    ]
    post(offer, f"offer:{offer.uuid}:success", lines, at, ("offer", offer.uuid))
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.SUCCEEDED, decided_at=at)
    offer.commitments.filter(pk__in=[one.pk for one in commitments]).update(
        state=CommitmentState.SETTLED, settled_at=at
    )
    if offer.is_gift:
        return None
    principal = sum(line.amount_cents for line in lines)
    loan = Loan.objects.create(
        offer=offer, borrower=owner, principal_cents=principal, rate_bp=offer.rate_bp, months=offer.months, signed_at=at
    )
    for one in commitments:
        Holding.objects.create(loan=loan, commitment=one, party=one.saver, principal_cents=to_cents(one.amount))
    return loan


def scheduled(loan, first_due_on: date):
    lines = schedule(
        principal_cents=loan.principal_cents, rate_bp=loan.rate_bp, months=loan.months, first_due_on=first_due_on
    )
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan, rank=one.rank, due_on=one.due_on, principal_cents=one.principal_cents,
            interest_cents=one.interest_cents, balance_after_cents=one.balance_after_cents,
        )
        for one in lines
    )  # fmt: skip


def distributed(loan, rank, at, kept=()):
    """Share one instalment among the holders, with the levies of the day; `kept`: parties whose part is kept."""
    offer, instalment = loan.offer, loan.instalments.get(rank=rank)
    on = clock.local(at).date()
    parameters = (value_at("pfu.income_tax", on), value_at("ps.total.products", on))
    rates = [one.rate for one in parameters]
    received = account_for(offer.books, Purpose.INSTALMENTS, party=loan.borrower, offer=offer)
    post(
        offer, f"payment:{instalment.uuid}:cleared",
        [Line(account_for(offer.books, Purpose.PROVIDER), received, instalment.total_cents)], at, ("instalment", None),
    )  # fmt: skip
    holdings = list(loan.holdings.select_related("party").order_by("pk"))
    weights = {one.pk: one.principal_cents for one in holdings}
    principal = split_cents(instalment.principal_cents, weights)
    interest = split_cents(instalment.interest_cents, weights)
    distribution = Distribution.objects.create(instalment=instalment, distributed_at=at)
    lines = []
    for one in holdings:
        tax, social = (share_cents(interest[one.pk], rate) for rate in rates)
        net = principal[one.pk] + interest[one.pk] - tax - social
        due = account_for(offer.books, Purpose.TO_BE_PAID, party=one.party, offer=offer)
        lines.append(Line(received, due, net))
        for purpose, cents in ((Purpose.INCOME_TAX_WITHHELD, tax), (Purpose.SOCIAL_LEVIES, social)):
            if cents:
                lines.append(Line(received, account_for(offer.books, purpose), cents))
        is_kept = one.party in kept
        if is_kept:
            claim = account_for(offer.books, Purpose.CLAIM_ON_SAVER, party=one.party, offer=offer)
            lines.append(Line(due, claim, net))
        DistributionLine.objects.create(
            distribution=distribution, holding=one, principal_cents=principal[one.pk],
            interest_cents=interest[one.pk], income_tax_cents=tax, social_levy_cents=social,
            kept_cents=net if is_kept else 0, rates_used={one.key: one.pk for one in parameters},
        )  # fmt: skip
    post(offer, f"distribution:{distribution.uuid}", lines, at, ("distribution", distribution.uuid))


def contested(commitment, at):
    """Contest a debit after the offer's success: a claim on the saver."""
    offer, payment = commitment.offer, commitment.payments.get()
    dispute = Dispute.objects.create(
        payment=payment, provider_id=f"dp_{payment.uuid}", amount=payment.amount,
        claim_cents=to_cents(payment.amount), opened_at=at, recorded_at=at,
    )  # fmt: skip
    claim = account_for(offer.books, Purpose.CLAIM_ON_SAVER, party=commitment.saver, offer=offer)
    line = Line(claim, account_for(offer.books, Purpose.PROVIDER), to_cents(payment.amount))
    post(offer, f"dispute:{dispute.uuid}", [line], at, ("payment", payment.uuid))
    offer.commitments.filter(pk=commitment.pk).update(state=CommitmentState.DISPUTED)
    return dispute


def paid_out(offer, saver, cents, at):
    """Pay a saver what is due to them, as a later batch will."""
    due = account_for(offer.books, Purpose.TO_BE_PAID, party=saver, offer=offer)
    key = f"transfer:{saver.uuid}:{Entry.objects.count()}"
    post(offer, key, [Line(due, account_for(offer.books, Purpose.BANK), cents)], at, ("transfer", None))
