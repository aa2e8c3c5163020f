"""The crowd beside the cast: as many savers as wanted, with two years of history, in books of their own.

The cast lives its story act by act; the crowd's past is taken over whole, as a fund takes over the books of an earlier
keeper. Accounts, promises and payments are written in bulk; the entries go through `post_entry`, and what is decided
(opening, success, payout, sharing) through the product's own operations, each dated when it happened: every control of
the books holds as for any other entity. A block of savers is one transaction: interrupted, the crowd goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.money import from_cents, to_cents
from funds.chart import Purpose
from funds.closing import decide_offer
from funds.demonstration import cast
from funds.demonstration.campaigns import Campaign
from funds.demonstration.crowd_plan import (
    BLOCK,
    KEEPER,
    LAST_DAY,
    MOST,
    Course,
    Promise,
    at_nine,
    cards,
    gift_of,
    gift_promises,
    holder_of,
    identifier,
    loan_of,
    loan_promises,
)
from funds.demonstration.region import Region, make_entity, make_organisation, post_capital
from funds.demonstration.story import make_offer
from funds.ledger import Line, account_for, accounts_for
from funds.limits import Limits, limits_at
from funds.models import Commitment, InstalmentPayment, LegalEntity, Offer, PayeeAccount, Payment, Refund
from funds.offers import open_offer
from funds.payments.gateway import Means, TransferOutcome
from funds.payments.recording import final_on, post_cash
from funds.reflection import end_of_day, reflection_deadline
from funds.sealing import close_months, months_to_close, seal_entries
from funds.servicing.distribution import distribute_instalment
from funds.servicing.payouts import approve_payout, prepare_payout, record_payout
from funds.states import CommitmentState, PaymentState, RefundState
from funds.texts import record_of, texts_of
from investors.encryption import keyed_hash
from investors.models import Party, TaxResidence, User
from investors.parties import next_party_numbers

DEBIT_FEE_CENTS, DEBIT_TAKES, CARD_FEE_CENTS = 35, timedelta(days=5), 70

Say = Callable[[str], None]


class CrowdRefused(RuleViolation):
    """The crowd cannot be made as asked: too large, too early, or another number once its books are closed."""

    rule = "CROWD"


def make_crowd(*, region: Region, count: int, say: Say = lambda line: None) -> int:
    """Make the crowd, up to `count` savers, close its books, and return how many were missing.

    Run again, or taken up after an interruption, it writes only what is missing.
    Raises: CrowdRefused.
    """
    at = clock.now()
    if not 0 < count <= MOST:
        raise CrowdRefused(f"the crowd has from 1 to {MOST} savers")
    if clock.local(at).date() <= LAST_DAY:
        raise CrowdRefused(f"the crowd's history ends on {LAST_DAY}, which is still to come")
    there = User.objects.filter(email__startswith="foule", party__isnull=False).count()
    keeper = _keeper(region)
    is_closed = keeper.closings.filter(month=LAST_DAY.replace(day=1)).exists()
    if there > count or (is_closed and there != count):
        raise CrowdRefused(
            f"the crowd has {there} savers and its books are closed: another number starts from an empty database"
        )
    for first in range(there - there % BLOCK, count, BLOCK):
        if first >= there:
            _live_block(region, keeper, first // BLOCK, min(BLOCK, count - first))
            say(f"{min(first + BLOCK, count)}/{count} savers")
        elif there < min(first + BLOCK, count):
            raise CrowdRefused(f"the crowd was begun with {there} savers: ask for that many, or start anew")
    if months_to_close(keeper, LAST_DAY):
        say("closing its books…")
        close_months(entity=keeper, through=LAST_DAY, by=region.treasurer, at=at)
    seal_entries(entity=keeper, at=at)
    return count - there


@transaction.atomic
def _keeper(region: Region) -> LegalEntity:
    """Return the entity in whose books the crowd's money is, with its own capital, made at its first use."""
    found = LegalEntity.objects.filter(siren=KEEPER.siren).first()
    if found is not None:
        return found
    founded = loan_of(0, [])[1] - timedelta(days=3)
    entity = make_entity(KEEPER, LegalEntity.Role.OPERATOR, LegalEntity.Chart.PCG, at=founded)
    post_capital(entity, at=founded)
    return entity


@transaction.atomic
def _live_block(region: Region, keeper: LegalEntity, block: int, count: int) -> None:
    """Live two years of one block: its savers, its holder's loan until the last instalment, then its gifts."""
    lends = loan_promises(block, count)
    gives = gift_promises(block, lends)
    loan, opened_at = loan_of(block, lends)
    own = replace(region, operator=keeper)
    savers = _savers(block * BLOCK, count, at=opened_at - timedelta(days=2))
    holder = holder_of(block)
    evaluator = User.objects.get(email="label@fres.example")
    organisation = make_organisation(holder, operator=keeper, evaluator=evaluator, at=opened_at - timedelta(days=2))
    PayeeAccount.objects.create(
        party=organisation.party, provider_id=f"acct_foule_{block:03d}", can_receive=True, checked_at=opened_at
    )
    offer = _campaign(own, loan, lends, savers, opened_at=opened_at)
    _repay(offer)
    gift, opened_at = gift_of(block, gives)
    _campaign(own, gift, gives, savers, opened_at=opened_at)


def _savers(first: int, count: int, *, at: datetime) -> dict[int, Party]:
    """Write the accounts, identities and tax residences of a block; return the parties by rank."""
    password = make_password(cast.PASSWORD)
    told = list(cards(first, count))
    users = User.objects.bulk_create(
        User(
            uuid=identifier("user", first + rank), email=card.email, password=password, created_at=at,
            display_name=f"{card.given_names} {card.family_name}",
        )
        for rank, card in enumerate(told)
    )  # fmt: skip
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    numbers = next_party_numbers(Party.Kind.PERSON, count)
    parties = Party.objects.bulk_create(
        Party(
            uuid=identifier("party", first + rank), number=numbers[rank], kind=Party.Kind.PERSON, user=users[rank],
            family_name=card.family_name, given_names=card.given_names, birth_date=card.birth_date,
            birth_place=card.place.city, birth_country="FR", address_line=card.address,
            postal_code=card.place.postal_code, city=card.place.city, commune_code=card.place.commune,
            email=card.email, kyc_verified_at=at, screened_at=at, created_at=at,
        )
        for rank, card in enumerate(told)
    )  # fmt: skip
    TaxResidence.objects.bulk_create(
        TaxResidence(
            party=party, country="FR", tax_identifier_hash=keyed_hash(""), valid_from=clock.local(at).date(),
            declared_at=at,
        )
        for party in parties
    )  # fmt: skip
    return {first + rank: party for rank, party in enumerate(parties)}


def _campaign(
    region: Region, campaign: Campaign, promises: Sequence[Promise], savers: dict[int, Party], *, opened_at: datetime
) -> Offer:
    """Live a campaign from its opening to its payout, and return its offer."""
    with clock.freeze(opened_at):
        offer = make_offer(campaign, region=region, opens_at=opened_at, closes_on=campaign.closes_on)
        offer = open_offer(offer=offer, by=region.manager, at=opened_at)
    limits = limits_at(clock.local(opened_at).date(), fund_id=region.fund.pk)
    _promise_and_pay(offer, promises, savers, limits)
    decided_at = at_nine(offer.settles_on - timedelta(days=1))
    with clock.freeze(decided_at):
        offer = decide_offer(offer=offer, at=decided_at)
    prepared_at, approved_at = decided_at + timedelta(days=2), decided_at + timedelta(days=3)
    with clock.freeze(approved_at):
        order = prepare_payout(offer=offer, by=region.treasurer, at=prepared_at)
        order = approve_payout(order=order, by=region.second_treasurer, at=approved_at)
        outcome = TransferOutcome(
            transfer_id=f"tr_{offer.slug}", account_id=order.payee.provider_id, amount_cents=to_cents(order.amount),
            reversed_cents=0, reference=str(order.uuid), sent_at=approved_at,
        )  # fmt: skip
        record_payout(order_id=order.pk, outcome=outcome, at=approved_at)
    return Offer.objects.select_related("project__organisation__party", "books").get(pk=offer.pk)


def _promise_and_pay(offer: Offer, promises: Sequence[Promise], savers: dict[int, Party], limits: Limits) -> None:
    texts = record_of(texts_of(offer))
    commitments = Commitment.objects.bulk_create(
        _commitment(offer, one, savers[one.saver], limits, texts) for one in promises
    )
    paid = [pair for pair in zip(promises, commitments, strict=True) if pair[1].cleared_at is not None]
    payments = Payment.objects.bulk_create(_payment(commitment, promise) for promise, commitment in paid)
    parties = [commitment.saver for _promise, commitment in paid]
    held = accounts_for(offer.books, Purpose.SAVER_MONEY, parties=parties, offer=offer)
    provider = account_for(offer.books, Purpose.PROVIDER)
    fees = account_for(offer.books, Purpose.PROVIDER_FEES)
    for payment, (promise, commitment) in zip(payments, paid, strict=True):
        owed = held[commitment.saver_id]
        _post_collected(payment, Line(provider, owed, promise.cents), Line(fees, provider, payment.fee_cents))
        if promise.course is Course.GIVEN_BACK:
            _give_back(payment, Line(owed, provider, promise.cents))


def _commitment(
    offer: Offer, promise: Promise, saver: Party, limits: Limits, texts: dict[str, dict[str, str]]
) -> Commitment:
    at, ends_at = promise.committed_at, None
    confirmed_at = at
    if not offer.is_gift:
        ends_at = reflection_deadline(at, hours=limits.reflection_hours, days=limits.reflection_days)
        confirmed_at = ends_at + timedelta(seconds=1)
    pay_before = end_of_day(confirmed_at, days=limits.payment_days)
    commitment = Commitment(
        uuid=identifier("commitment", offer.slug, promise.saver), offer=offer, saver=saver, by=saver.user,
        amount=from_cents(promise.cents), committed_at=at, reflection_ends_at=ends_at, confirmed_at=confirmed_at,
        pay_before=pay_before, commune_code=saver.commune_code, texts_shown=texts, state=CommitmentState.CLEARED,
        wants_receipt=False,
    )  # fmt: skip
    asked_at = confirmed_at + timedelta(hours=9)
    match promise.course:
        case Course.REVOKED:
            commitment.state, commitment.confirmed_at, commitment.pay_before = CommitmentState.REVOKED, None, None
            commitment.ended_at = at + timedelta(days=1)
        case Course.UNPAID:
            commitment.state, commitment.ended_at = CommitmentState.EXPIRED, pay_before + timedelta(hours=1)
        case Course.GIVEN_BACK:
            commitment.state, commitment.cleared_at = CommitmentState.REFUNDED, _cleared_at(asked_at, promise)
            commitment.ended_at, commitment.end_reason = _cleared_at(asked_at, promise) + _BACK_AFTER, "Don rendu"
        case _:
            commitment.cleared_at = _cleared_at(asked_at, promise)
    return commitment


_BACK_AFTER = timedelta(days=2)


def _cleared_at(asked_at: datetime, promise: Promise) -> datetime:
    return asked_at + DEBIT_TAKES if promise.is_debit else asked_at


def _payment(commitment: Commitment, promise: Promise) -> Payment:
    cleared_at = commitment.cleared_at
    assert cleared_at is not None and commitment.confirmed_at is not None
    asked_at = commitment.confirmed_at + timedelta(hours=9)
    means = Means.SEPA_DEBIT if promise.is_debit else Means.CARD
    is_back = promise.course is Course.GIVEN_BACK
    return Payment(
        uuid=identifier("payment", commitment.offer.slug, promise.saver), commitment=commitment,
        amount=commitment.amount, state=PaymentState.REVERSED if is_back else PaymentState.CLEARED, asked_at=asked_at,
        asked_by=commitment.by, answered_at=asked_at, means=str(means), means_detail=f"{1000 + promise.saver % 9000}",
        fee_cents=DEBIT_FEE_CENTS if promise.is_debit else CARD_FEE_CENTS, cleared_at=cleared_at,
        processing_at=asked_at if promise.is_debit else None, final_on=final_on(means=means, cleared_at=cleared_at),
        refunded_cents=promise.cents if is_back else 0,
    )  # fmt: skip


def _post_collected(payment: Payment, received: Line, fee: Line) -> None:
    at = payment.cleared_at
    assert at is not None
    payer = payment.commitment.saver if payment.commitment is not None else payment.instalment.loan.borrower  # type: ignore[union-attr]
    post_cash(
        payment=payment, key=f"payment:{payment.uuid}:cleared", lines=[received], label=f"Encaissement {payer.number}",
        value_at=at, at=at,
    )  # fmt: skip
    post_cash(
        payment=payment, key=f"payment:{payment.uuid}:fee", lines=[fee], label="Frais du prestataire de paiement",
        value_at=at, at=at,
    )  # fmt: skip


def _give_back(payment: Payment, line: Line) -> None:
    assert payment.cleared_at is not None and payment.commitment is not None
    at = payment.cleared_at + _BACK_AFTER
    refund = Refund.objects.create(
        uuid=identifier("refund", str(payment.uuid)), payment=payment, amount=payment.amount,
        cause=Refund.Cause.SAVER, state=RefundState.DONE, asked_at=at, answered_at=at, done_at=at,
        provider_id=f"re_{payment.uuid}", asked_by=payment.asked_by,
    )  # fmt: skip
    label = f"Remboursement {payment.commitment.saver.number}"
    post_cash(payment=payment, key=f"refund:{refund.uuid}", lines=[line], label=label, value_at=at, at=at)


def _repay(offer: Offer) -> None:
    """Have the holder pay each instalment on its day, and share it among the lenders the day after."""
    received, provider, fees = (
        account_for(offer.books, Purpose.INSTALMENTS, party=offer.loan.borrower, offer=offer),
        account_for(offer.books, Purpose.PROVIDER),
        account_for(offer.books, Purpose.PROVIDER_FEES),
    )
    holder = offer.project.organisation.memberships.select_related("user").get().user
    for instalment in offer.loan.instalments.select_related("loan__offer__books", "loan__borrower").order_by("rank"):
        paid_at = at_nine(instalment.due_on)
        payment = Payment.objects.create(
            uuid=identifier("instalment", offer.slug, instalment.rank), instalment=instalment,
            amount=from_cents(instalment.total_cents), state=PaymentState.CLEARED, asked_at=paid_at, asked_by=holder,
            answered_at=paid_at, means=str(Means.CARD), means_detail="4242", fee_cents=CARD_FEE_CENTS,
            cleared_at=paid_at, final_on=final_on(means=Means.CARD, cleared_at=paid_at),
        )  # fmt: skip
        _post_collected(payment, Line(provider, received, instalment.total_cents), Line(fees, provider, CARD_FEE_CENTS))
        InstalmentPayment.objects.create(instalment=instalment, payment=payment, received_at=paid_at)
        shared_at = paid_at + timedelta(days=1)
        with clock.freeze(shared_at):
            distribute_instalment(instalment=instalment, at=shared_at)
