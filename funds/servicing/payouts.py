"""Money leaves for a project holder: one person prepares the order, another approves it, the worker sends it.

The web process only writes the approved order; the worker's own restricted key is the only one that may transfer. The
order is marked sent before the provider is asked, and looked for there before it is asked again: never paid twice.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fres.kernel import clock, jobs
from fres.kernel.errors import BooksBroken, RuleViolation
from fres.kernel.money import format_cents, from_cents, to_cents
from fres.kernel.states import advance
from funds.campaigns.refusals import NotReleased
from funds.campaigns.tranches import current_tranche, record_tranche_paid
from funds.chart import Purpose
from funds.contracts.issuing import issue_loan_contract
from funds.four_eyes import earlier_act
from funds.ledger import Line, account_for, balance_cents, first_open_day, post_entry
from funds.locks import lock_offer
from funds.models import Loan, Offer, PayeeAccount, PayoutOrder, Tranche
from funds.payments.gateway import (
    EventObject,
    Gateway,
    GatewayError,
    GatewayRefused,
    RefusalCode,
    TransferOutcome,
)
from funds.payments.steps import outside_transaction
from funds.payments.webhooks import NOT_OURS, handles
from funds.servicing.loans import start_schedule
from funds.states import (
    APPROVE_PAYOUT,
    FUND_PROJECT,
    PAY_PAYOUT,
    POSTPONE_PAYOUT,
    REFUSE_PAYOUT,
    SEND_PAYOUT,
    FinancingState,
    OfferState,
    PayoutState,
)
from investors.models import Party, User
from projects.models import Condition, Membership

JOURNAL = "PS"


class PayoutRefused(RuleViolation):
    """The order cannot be prepared, approved or refused as things stand; the message says why and what to do."""

    rule = "PAYOUT"


class FourEyes(PayoutRefused):
    """One person would do two of the acts that two must do, or pay their own organisation (ruling A7)."""

    rule = "FOUR_EYES"


@outside_transaction
def open_payee_account(*, party: Party, at: datetime, gateway: Gateway) -> PayeeAccount:
    """Open, at the provider, the account of a project's holder; one that exists is read again.

    It receives nothing until its owner has answered the provider (`Gateway.onboard_payee`).
    Raises: GatewayError: nothing was written; asked again within a day, the provider opens no second account.
    """
    known = PayeeAccount.objects.filter(party=party).first()
    if known is not None:
        return refresh_payee_account(payee=known, at=at, gateway=gateway)
    opened = gateway.open_payee_account(
        key=f"payee-{party.uuid}", legal_name=party.name, email=contact_of(party), siren=party.siren
    )
    PayeeAccount.objects.bulk_create(
        [PayeeAccount(party=party, provider_id=opened.account_id, can_receive=opened.can_receive, checked_at=at)],
        ignore_conflicts=True,
    )
    return PayeeAccount.objects.get(party=party)


def contact_of(party: Party) -> str:
    """Return where the provider writes to an organisation: its own address, else its first legal representative's."""
    members = Membership.objects.filter(organisation__party=party, is_legal_representative=True, left_on=None)
    first = members.order_by("joined_on", "pk").values_list("user__email", flat=True).first()
    return party.email or first or ""


@outside_transaction
def refresh_payee_account(*, payee: PayeeAccount, at: datetime, gateway: Gateway) -> PayeeAccount:
    """Ask the provider whether an account can receive now, and write it."""
    answer = gateway.read_payee_account(account_id=payee.provider_id)
    PayeeAccount.objects.filter(pk=payee.pk).update(can_receive=answer.can_receive, checked_at=at)
    return PayeeAccount.objects.get(pk=payee.pk)


@handles(EventObject.PAYEE_ACCOUNT)
def read_payee_account_again(object_id: str, at: datetime, gateway: Gateway) -> str:
    payee = PayeeAccount.objects.filter(provider_id=object_id).first()
    if payee is None:
        return NOT_OURS
    return f"payee can receive: {refresh_payee_account(payee=payee, at=at, gateway=gateway).can_receive}"


def payable_cents(offer: Offer) -> int:
    """Return what the books owe the holder for an offer: what was settled, less our fee, less what was paid."""
    owner = offer.project.organisation.party
    return balance_cents(entity=offer.books, purpose=Purpose.HOLDER_MONEY, party=owner, offer=offer)


def why_not_payable(offer: Offer) -> str:
    """Return, in French, what must happen before an order can be prepared; "" when it can be now."""
    if offer.state != OfferState.SUCCEEDED:
        return _("L’offre n’attend pas de versement.")
    try:
        tranche = current_tranche(offer)
    except NotReleased as waits:
        return str(waits)
    if offer.financing_state != FinancingState.CONTRACTING and tranche is None:
        return _("L’offre n’attend pas de versement.")
    unmet = conditions_precedent(offer).count()
    if unmet:
        return ngettext(
            "Une condition suspensive du comité n’est pas levée.",
            "%(count)s conditions suspensives du comité ne sont pas levées.",
            unmet,
        ) % {"count": unmet}
    owner = offer.project.organisation.party
    if owner.kyc_verified_at is None or owner.screened_at is None:
        return _("L’identité du porteur, ou sa recherche dans les listes de sanctions, est à refaire (E24).")
    payee = PayeeAccount.objects.filter(party=owner).first()
    if payee is None:
        return _("Le porteur n’a pas encore de compte chez le prestataire.")
    if not payee.can_receive:
        return _("Le porteur n’a pas terminé son dossier chez le prestataire : son compte ne peut pas recevoir.")
    return ""


def conditions_precedent(offer: Offer) -> QuerySet[Condition]:
    """Return what the committee still waits for before money leaves for the project of an offer."""
    return Condition.objects.filter(met_at=None, decision__item__application__project=offer.project)


def why_not_decide(order: PayoutOrder, user: User) -> str:
    """Return, in French, the act that forbids a person to approve an order; "" when none does (ruling A7)."""
    if order.prepared_by_id == user.pk:
        return _("Vous avez préparé cet ordre : une autre personne l’approuve.")
    return other_act(order.offer, user)


@transaction.atomic
def prepare_payout(*, offer: Offer, by: User, at: datetime) -> PayoutOrder:
    """Prepare the order that pays a successful offer's holder all that the books owe them, or its released tranche.

    The loan's contract is issued first, if it was not. Args: at: aware.
    Raises: FourEyes: this person acted on the offer, or belongs to the organisation. PayoutRefused: the offer waits for
        no payment, an order is alive, the holder cannot receive, nothing is owed.
    """
    offer = lock_offer(offer=offer)
    _refuse_own_act(other_act(offer, by))
    if PayoutOrder.objects.filter(offer=offer).exclude(state__in=_over(offer)).exists():
        raise PayoutRefused(_("Un ordre de versement existe déjà pour cette offre."), next_step=_("Ouvrez-le."))
    if obstacle := why_not_payable(offer):
        raise PayoutRefused(obstacle, next_step=_("Aidez le porteur à ouvrir son compte, puis préparez l’ordre."))
    tranche = current_tranche(offer)
    cents = payable_cents(offer) if tranche is None else _of_tranche(offer, tranche)
    if cents <= 0:
        raise PayoutRefused(_("Les livres ne doivent rien au porteur pour cette offre."))
    loan = Loan.objects.filter(offer=offer).first()
    if loan is not None:
        issue_loan_contract(loan=loan, at=at)
    payee = PayeeAccount.objects.get(party=offer.project.organisation.party)
    return PayoutOrder.objects.create(
        offer=offer, tranche=tranche, payee=payee, amount=from_cents(cents), prepared_by=by, prepared_at=at
    )


@transaction.atomic
def approve_payout(*, order: PayoutOrder, by: User, at: datetime) -> PayoutOrder:
    """Sign an order as its second person, and queue its sending by the worker.

    Raises: FourEyes: this person prepared it, acted on the offer, or belongs to the organisation. PayoutRefused: the
        books no longer owe that amount. TransitionRefused: it is no longer waiting for a signature.
    """
    from funds.servicing import tasks

    offer = lock_offer(offer=order.offer)
    order = _lock(order.pk)
    _refuse_own_act(why_not_decide(order, by))
    owed = payable_cents(offer) if order.tranche is None else _of_tranche(offer, order.tranche)
    if owed != to_cents(order.amount):
        raise PayoutRefused(
            _("Les livres doivent %(owed)s au porteur, l’ordre en paierait %(amount)s.")
            % {"owed": format_cents(owed), "amount": format_cents(to_cents(order.amount))},
            next_step=_("Refusez cet ordre et préparez-en un autre."),
        )
    order = advance(order, APPROVE_PAYOUT, by=by, at=at, approved_by=by, approved_at=at)
    jobs.defer(tasks.send_payout_job, queueing_lock=f"payout-{order.uuid}", order_uuid=str(order.uuid))
    return order


@transaction.atomic
def refuse_payout(*, order: PayoutOrder, by: User, reason: str, at: datetime) -> PayoutOrder:
    """Refuse an order, or give up one that was approved and is not on its way; another may then be prepared.

    Raises: PayoutRefused: no reason. FourEyes: whoever belongs to the organisation decides nothing about it.
        TransitionRefused: it is sent, paid or refused.
    """
    if not reason.strip():
        raise PayoutRefused(_("Un refus porte un motif."), next_step=_("Écrivez-le en une phrase."))
    lock_offer(offer=order.offer)
    order = _lock(order.pk)
    _refuse_own_act(_membership(order.offer, by))
    reason = reason.strip()[:200]
    return advance(order, REFUSE_PAYOUT, by=by, at=at, reason=reason, refused_reason=reason)


@outside_transaction
def send_payout(*, order_id: int, at: datetime, gateway: Gateway) -> PayoutOrder:
    """Have the provider pay an approved order, and record its answer. Sent twice at once, it is paid once.

    A refusal puts the order off: it stays approved, says why, and is sent again later under another key.
    Args: at: aware. gateway: the worker's, with the restricted key.
    Raises: GatewayUnreachable: ask again later. GatewayRefused: the key was used for another content; look at it.
    """
    order = _mark_sent(order_id=order_id, at=at)
    if order.state != PayoutState.SENT:
        return order
    reference = str(order.uuid)
    try:
        outcome = gateway.find_transfer(reference=reference) or gateway.transfer(
            key=f"payout-{order.uuid}-{order.attempt}", account_id=order.payee.provider_id,
            amount_cents=to_cents(order.amount), reference=reference,
        )  # fmt: skip
    except GatewayRefused as refusal:
        if refusal.code is RefusalCode.KEY_REUSED:
            raise  # something was done under this key: asking under another could pay twice
        return _postpone(order_id=order_id, attempt=order.attempt, code=refusal.code, at=at)
    return record_payout(order_id=order_id, outcome=outcome, at=at)


@transaction.atomic
def record_payout(*, order_id: int, outcome: TransferOutcome, at: datetime) -> PayoutOrder:
    """Write that an order was paid: entry, project funded, schedule started. A second call changes nothing.

    With tranches, the first one funds the project and starts the schedule of the whole loan.

    Args: at: aware, the moment of recording; the value date is the provider's.
    Raises: BooksBroken: the answer is of another order, account or amount: nothing is written.
    """
    order = PayoutOrder.objects.select_related("offer").get(pk=order_id)
    offer = lock_offer(offer=order.offer)
    order = _lock(order_id)
    if order.state == PayoutState.PAID:
        return order
    paid = (outcome.reference, outcome.account_id, outcome.amount_cents)
    if paid != (str(order.uuid), order.payee.provider_id, to_cents(order.amount)):
        raise BooksBroken(f"the provider paid {paid}, which is not what payout {order.uuid} orders")
    if order.state == PayoutState.APPROVED:  # put off by another process, and found paid since
        order = advance(order, SEND_PAYOUT, by=None, at=at, sent_at=at)
    order = advance(
        order, PAY_PAYOUT, by=None, at=at, paid_at=outcome.sent_at, provider_id=outcome.transfer_id, failure_code=""
    )
    _post(order, offer, paid_at=outcome.sent_at, at=at)
    if order.tranche is not None:
        record_tranche_paid(tranche=order.tranche, at=at)
    if offer.financing_state == FinancingState.CONTRACTING:
        advance(offer, FUND_PROJECT, by=None, at=at, field="financing_state")
    loan = Loan.objects.filter(offer=offer).select_related("offer").first()
    if loan is not None:
        start_schedule(loan=loan, paid_at=outcome.sent_at, at=at)
    _tell_later(offer)
    return order


def send_due(*, at: datetime, gateway: Gateway) -> tuple[int, int, list[str]]:
    """Send every order approved, or sent and not answered; return how many were paid, put off, and those unanswered."""
    paid = postponed = 0
    unanswered = []
    waiting = PayoutOrder.objects.filter(state__in=(PayoutState.APPROVED, PayoutState.SENT)).order_by("approved_at")
    for pk, uuid in list(waiting.values_list("pk", "uuid")):
        try:
            order = send_payout(order_id=pk, at=at, gateway=gateway)
        except GatewayError:
            unanswered.append(f"payout {uuid}")
            continue
        paid += order.state == PayoutState.PAID
        postponed += order.state == PayoutState.APPROVED
    return paid, postponed, unanswered


def refresh_payees(*, at: datetime, gateway: Gateway) -> int:
    """Ask again about every account that could not receive; return how many can now. An unanswered one waits."""
    ready = 0
    for payee in PayeeAccount.objects.filter(can_receive=False).order_by("pk"):
        try:
            ready += refresh_payee_account(payee=payee, at=at, gateway=gateway).can_receive
        except GatewayError:
            continue
    return ready


def _over(offer: Offer) -> tuple[str, ...]:
    """States of an order that leave room for another: refused, and paid where the money goes by tranches."""
    by_tranches = offer.tranches.exists()
    return (PayoutState.REFUSED, PayoutState.PAID) if by_tranches else (PayoutState.REFUSED,)


def _of_tranche(offer: Offer, tranche: Tranche) -> int:
    """What a released tranche pays, in cents; 0 when the books do not owe it any more."""
    assert tranche.amount is not None
    cents = to_cents(tranche.amount)
    return cents if cents <= payable_cents(offer) else 0


def _lock(order_pk: int) -> PayoutOrder:
    return (
        PayoutOrder.objects.select_for_update(of=("self",))
        .select_related("offer__project__organisation__party", "offer__award", "offer__books", "payee", "tranche")
        .get(pk=order_pk)
    )


def _refuse_own_act(why: str) -> None:
    if why:
        raise FourEyes(why, next_step=_("Demandez à une personne qui n’a rien décidé sur ce dossier."))


def other_act(offer: Offer, user: User) -> str:
    """Return, in French, what a person did on an offer that keeps them away from its money; "" for nothing (A7)."""
    if offer.opened_by_id == user.pk:
        return _("Vous avez ouvert cette offre : une autre personne s’occupe de son versement.")
    if offer.award.decided_by_id == user.pk:
        return _("Vous avez décidé du label de ce projet : une autre personne s’occupe de son versement.")
    return earlier_act(offer.project, user) or _membership(offer, user)


def _membership(offer: Offer, user: User) -> str:
    if offer.project.organisation.memberships.filter(user=user).exists():
        return _("Vous êtes, ou avez été, membre de l’organisation à payer.")
    return ""


@transaction.atomic
def _mark_sent(*, order_id: int, at: datetime) -> PayoutOrder:
    """Write that the provider is about to be asked: whatever happens to this process, the order is then looked for."""
    order = _lock(order_id)
    if order.state == PayoutState.APPROVED:
        advance(order, SEND_PAYOUT, by=None, at=at, sent_at=at)
        order = _lock(order_id)
    return order


@transaction.atomic
def _postpone(*, order_id: int, attempt: int, code: RefusalCode, at: datetime) -> PayoutOrder:
    """Nothing was done, and this key will never do it: the next try has another, unless somebody was faster."""
    order = _lock(order_id)
    if order.state == PayoutState.SENT and order.attempt == attempt:
        order = advance(
            order, POSTPONE_PAYOUT, by=None, at=at, reason=str(code), failure_code=str(code), attempt=attempt + 1
        )
    return order


def _post(order: PayoutOrder, offer: Offer, *, paid_at: datetime, at: datetime) -> None:
    owner = offer.project.organisation.party
    recorded_on, value_on = clock.local(at).date(), clock.local(paid_at).date()
    post_entry(
        entity=offer.books,
        journal=JOURNAL,
        key=f"payout:{order.uuid}",
        transfers=[
            Line(
                debit=account_for(offer.books, Purpose.HOLDER_MONEY, party=owner, offer=offer),
                credit=account_for(offer.books, Purpose.PROVIDER),
                amount_cents=to_cents(order.amount),
            )
        ],
        accounting_date=first_open_day(offer.books, recorded_on),
        value_date=value_on,
        label=f"Versement au porteur {owner.number}",
        piece_ref=str(order.uuid),
        piece_date=min(value_on, recorded_on),
        source=("payout", order.uuid),
        at=at,
    )


def _tell_later(offer: Offer) -> None:
    from funds.servicing import tasks

    jobs.defer(tasks.tell_paid_job, queueing_lock=f"tell-paid-{offer.uuid}", offer_uuid=str(offer.uuid))
