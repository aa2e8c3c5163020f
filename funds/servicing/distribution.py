"""An instalment shared among the holders of a loan: to the cent, levies withheld, left "to be paid" (B8, B11, B35).

One transaction, whatever the number of holders: the lines and the entry exist together or not at all.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, jobs
from fres.kernel.errors import BooksBroken, RuleViolation
from fres.kernel.money import CURRENCY, split_cents
from fres.kernel.states import advance
from funds.chart import Purpose, heading
from funds.ledger import Line, account_for, accounts_for, first_open_day, post_entry
from funds.locks import lock_offer
from funds.models import Account, Distribution, Instalment, Offer
from funds.servicing.levies import Levies, levies_at
from funds.states import LIFT_ALERT, START_EXIT, FinancingState, PaymentState
from investors.models import Party

JOURNAL = "RP"
TAXED_AT = "FR"  # the country whose residents' interest bears its levies


class InstalmentNotHeld(RuleViolation):
    """The instalment was not received, or its payment was taken back: there is nothing to share."""

    rule = "INSTALMENT"


@dataclass(frozen=True, slots=True)
class AccountRead:
    """All that posting asks of an account: ten thousand models of the ORM would take longer to make than to post."""

    pk: int
    entity_id: int
    currency: str


@dataclass(frozen=True, slots=True)
class Holder:
    """One part of a loan on the day an instalment is shared. Amounts in cents.

    Attributes:
        outstanding_cents: capital not yet given back. claim_cents: what the saver owes after a contested debit.
        is_withheld: a natural person resident in France, whose interest bears levies.
    """

    holding_id: int
    party_id: int
    outstanding_cents: int
    claim_cents: int
    is_withheld: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What one holder gets of an instalment, in cents; `kept_cents` of the net goes to what the holder owes."""

    holding_id: int
    party_id: int
    principal_cents: int
    interest_cents: int
    income_tax_cents: int
    social_levy_cents: int
    kept_cents: int

    @property
    def is_withheld(self) -> bool:
        return bool(self.income_tax_cents or self.social_levy_cents)

    @property
    def net_cents(self) -> int:
        return self.principal_cents + self.interest_cents - self.income_tax_cents - self.social_levy_cents


def share_instalment(
    *, principal_cents: int, interest_cents: int, holders: Sequence[Holder], levies: Levies
) -> tuple[Share, ...]:
    """Share an instalment in proportion to the capital each holder is still owed; nothing is lost. Pure.

    Principal and interest are split apart, by the largest remainder, ties by the order of the register. Nobody gets
    more capital back than they are owed. Levies are on each holder's own gross interest, rounded to the cent once.
    What is kept for a saver's claim is taken from their nets in the order of the register, up to the claim.
    """
    outstanding = {one.holding_id: one.outstanding_cents for one in holders}
    principal, interest = split_cents(principal_cents, outstanding), split_cents(interest_cents, outstanding)
    withheld: dict[int, tuple[int, int]] = {}  # many holders get the same interest
    claims = {one.party_id: one.claim_cents for one in holders if one.claim_cents}
    shares = []
    for one in holders:
        gross = interest[one.holding_id]
        tax = social = 0
        if one.is_withheld and gross:
            if gross not in withheld:
                withheld[gross] = levies.on(gross)
            tax, social = withheld[gross]
        kept = 0
        if one.party_id in claims:
            kept = min(claims[one.party_id], principal[one.holding_id] + gross - tax - social)
            claims[one.party_id] -= kept
        shares.append(Share(one.holding_id, one.party_id, principal[one.holding_id], gross, tax, social, kept))
    return tuple(shares)


@transaction.atomic
def distribute_instalment(*, instalment: Instalment, at: datetime) -> Distribution:
    """Share a received instalment among its holders, withhold levies, and owe each holder the rest.

    A second call returns what the first one wrote. Rates are those of the day it is shared: that is when the interest
    is paid. Args: at: aware.
    Raises: InstalmentNotHeld: nothing was received, or it was taken back; an earlier instalment waits.
        ParameterMissing: the rates of the day are not known.
    """
    offer = lock_offer(offer=instalment.loan.offer)
    instalment = Instalment.objects.select_related("loan__borrower").get(pk=instalment.pk)
    written = Distribution.objects.filter(instalment=instalment).first()
    if written is not None:
        return written
    paid_at = _held_since(instalment)
    if offer.paying_agent_id != offer.books_id:
        raise BooksBroken(f"offer {offer.uuid} withholds levies in other books than those that hold its money")
    on = clock.local(at).date()
    levies = levies_at(on)
    shares = share_instalment(
        principal_cents=instalment.principal_cents,
        interest_cents=instalment.interest_cents,
        holders=holders_of(instalment, on=on),
        levies=levies,
    )
    distribution = Distribution.objects.create(instalment=instalment, distributed_at=at)
    _write_lines(distribution, shares, levies)
    _post(distribution, offer, shares, paid_on=clock.local(paid_at).date(), at=at)
    _close_if_over(offer, instalment, at=at)
    _tell_later(distribution)
    return distribution


def share_from(*, instalment: Instalment, held_in: Purpose, at: datetime) -> Distribution:
    """Share capital that another account of the borrower's holds: nothing is received, there is no interest.

    In the caller's transaction, under the lock of the offer. Args: held_in: whose account pays. at: aware.
    """
    offer, on = instalment.loan.offer, clock.local(at).date()
    levies = levies_at(on)
    shares = share_instalment(
        principal_cents=instalment.principal_cents, interest_cents=0, holders=holders_of(instalment, on=on),
        levies=levies,
    )  # fmt: skip
    distribution = Distribution.objects.create(instalment=instalment, distributed_at=at)
    _write_lines(distribution, shares, levies)
    _post(distribution, offer, shares, paid_on=on, at=at, held_in=held_in)
    return distribution


def holders_of(instalment: Instalment, *, on: date) -> list[Holder]:
    """Return the holders of an instalment's loan, in the order of the register, as they are before it is shared.

    Args: on: the Paris day whose tax residences count; one who declared none is taxed as they said when they lent.
    """
    offer = instalment.loan.offer
    claims = _claims(offer)
    query = """
        SELECT holding.id, holding.party_id, holding.principal_cents - coalesce(back.cents, 0),
            party.kind, coalesce(residence.country, commitment.fiscal_residence)
        FROM funds_holding holding
        JOIN funds_commitment commitment ON commitment.id = holding.commitment_id
        JOIN investors_party party ON party.id = holding.party_id
        LEFT JOIN (
            SELECT line.holding_id, sum(line.principal_cents) AS cents FROM funds_distributionline line
            JOIN funds_holding held ON held.id = line.holding_id WHERE held.loan_id = %(loan)s GROUP BY line.holding_id
        ) back ON back.holding_id = holding.id
        LEFT JOIN LATERAL (
            SELECT country FROM investors_taxresidence
            WHERE party_id = holding.party_id AND valid_from <= %(on)s AND (valid_to IS NULL OR valid_to > %(on)s)
            ORDER BY valid_from DESC LIMIT 1
        ) residence ON true
        WHERE holding.loan_id = %(loan)s ORDER BY holding.id"""
    with connection.cursor() as cursor:
        cursor.execute(query, {"loan": instalment.loan_id, "on": on})
        rows = cursor.fetchall()
    return [
        Holder(
            holding_id=holding,
            party_id=party,
            outstanding_cents=int(outstanding),
            claim_cents=claims.get(party, 0),
            is_withheld=kind == Party.Kind.PERSON and country == TAXED_AT,
        )
        for holding, party, outstanding, kind, country in rows
    ]


def _held_since(instalment: Instalment) -> datetime:
    payment = instalment.payments.filter(state=PaymentState.CLEARED, instalment_payment__isnull=False).first()
    if payment is None or payment.cleared_at is None or payment.refunded_cents:
        raise InstalmentNotHeld(
            _("L’échéance n’est pas encaissée, ou la banque l’a reprise : rien n’est à répartir."),
            next_step=_("Attendez le paiement du porteur, ou demandez-lui de payer de nouveau."),
        )
    earlier = Instalment.objects.filter(loan=instalment.loan_id, rank__lt=instalment.rank, distribution=None)
    if earlier.exists():
        raise InstalmentNotHeld(
            _("Une échéance plus ancienne n’est pas encore répartie."), next_step=_("Elle passe d’abord.")
        )
    return payment.cleared_at


def _claims(offer: Offer) -> dict[int, int]:
    """Return what each saver of an offer owes after a contested debit, in cents, by party."""
    number = heading(offer.books.chart, Purpose.CLAIM_ON_SAVER).number
    query = """
        SELECT account.party_id, sum(CASE WHEN transfer.debit_id = account.id THEN transfer.amount_cents
            ELSE -transfer.amount_cents END)
        FROM funds_account account
        JOIN funds_transfer transfer ON account.id IN (transfer.debit_id, transfer.credit_id)
        WHERE account.entity_id = %s AND account.number = %s AND account.offer_id = %s
        GROUP BY account.party_id"""
    with connection.cursor() as cursor:
        cursor.execute(query, [offer.books_id, number, offer.pk])
        return {party: int(cents) for party, cents in cursor.fetchall() if cents > 0}


def _write_lines(distribution: Distribution, shares: Iterable[Share], levies: Levies) -> None:
    """Write every line by COPY: ten thousand rows of the ORM would cost more than sharing them."""
    rates = {False: "{}", True: json.dumps(levies.rows)}
    rows = "".join(
        f"{distribution.pk}\t{one.holding_id}\t{one.principal_cents}\t{one.interest_cents}\t{one.income_tax_cents}"
        f"\t{one.social_levy_cents}\t{one.kept_cents}\t{rates[one.is_withheld]}\n"
        for one in shares
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY funds_distributionline (distribution_id, holding_id, principal_cents, interest_cents, "
            "income_tax_cents, social_levy_cents, kept_cents, rates_used) FROM STDIN"
        ) as into,
    ):
        into.write(rows)


def _post(
    distribution: Distribution,
    offer: Offer,
    shares: Sequence[Share],
    *,
    paid_on: date,
    at: datetime,
    held_in: Purpose = Purpose.INSTALMENTS,
) -> None:
    books, borrower = offer.books, distribution.instalment.loan.borrower
    received = account_for(books, held_in, party=borrower, offer=offer)
    owed = _accounts(offer, Purpose.TO_BE_PAID, {one.party_id for one in shares})
    lines = [Line(received, owed[one.party_id], one.net_cents) for one in shares if one.net_cents]
    withheld = (
        (Purpose.INCOME_TAX_WITHHELD, sum(one.income_tax_cents for one in shares)),
        (Purpose.SOCIAL_LEVIES, sum(one.social_levy_cents for one in shares)),
    )
    lines += [Line(received, account_for(books, purpose), cents) for purpose, cents in withheld if cents]
    claims = _accounts(offer, Purpose.CLAIM_ON_SAVER, {one.party_id for one in shares if one.kept_cents})
    lines += [Line(owed[one.party_id], claims[one.party_id], one.kept_cents) for one in shares if one.kept_cents]
    on = clock.local(at).date()
    post_entry(
        entity=books,
        journal=JOURNAL,
        key=f"distribution:{distribution.uuid}",
        transfers=lines,
        accounting_date=first_open_day(books, on),
        value_date=paid_on,
        label=f"Répartition de l’échéance {distribution.instalment.rank} {borrower.number}",
        piece_ref=str(distribution.uuid),
        piece_date=on,
        source=("distribution", distribution.uuid),
        at=at,
    )


def _accounts(offer: Offer, purpose: Purpose, party_ids: set[int]) -> dict[int, Account]:
    """Return the account of each party for a purpose; those that exist are read without making models of them."""
    number = heading(offer.books.chart, purpose).number
    owned = Account.objects.filter(entity=offer.books, number=number, offer=offer, currency=CURRENCY)
    found = dict(owned.values_list("party_id", "pk")) if party_ids else {}  # an offer's accounts are its holders'
    missing = [Party(pk=pk) for pk in sorted(party_ids - found.keys())]
    made = accounts_for(offer.books, purpose, parties=missing, offer=offer) if missing else {}
    known = {party: cast(Account, AccountRead(pk, offer.books_id, CURRENCY)) for party, pk in found.items()}
    return known | made


def _close_if_over(offer: Offer, instalment: Instalment, *, at: datetime) -> None:
    """The last instalment shared starts the exit, until the final report; an alert that stood is lifted with it."""
    if instalment.balance_after_cents or instalment.loan.instalments.filter(distribution=None).exists():
        return
    if offer.financing_state == FinancingState.ALERT:
        note = _("Le prêt est remboursé.")
        offer.concerns.filter(closed_at=None).update(closed_at=at, close_note=note)
        offer = advance(offer, LIFT_ALERT, by=None, at=at, field="financing_state", reason=note)
    if offer.financing_state == FinancingState.MONITORED:
        advance(offer, START_EXIT, by=None, at=at, field="financing_state")


def _tell_later(distribution: Distribution) -> None:
    from funds.servicing import tasks

    jobs.defer(
        tasks.tell_distribution_job,
        queueing_lock=f"tell-distribution-{distribution.uuid}",
        distribution_uuid=str(distribution.uuid),
    )


def distribute_due(*, at: datetime) -> int:
    """Share every instalment received and not shared, the oldest first; return how many."""
    waiting = (
        Instalment.objects.filter(
            distribution=None, payments__state=PaymentState.CLEARED, payments__instalment_payment__isnull=False
        )
        .select_related("loan__offer").order_by("loan_id", "rank").distinct()
    )  # fmt: skip
    shared = 0
    for instalment in waiting:
        try:
            distribute_instalment(instalment=instalment, at=at)
        except InstalmentNotHeld:
            continue  # an earlier one is unpaid: the desk shows it
        shared += 1
    return shared
