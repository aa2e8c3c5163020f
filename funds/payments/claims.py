"""What a borrower owes of an instalment that the bank took back after it was shared, read from the books.

A claim has no row of its own: the entries that name its payment say what was taken, recovered, given up, and what came
back of it. They are found by their keys, so that a page of claims costs as many queries as one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy

from funds.chart import Purpose, heading
from funds.models import ClaimRecovery, Dispute, InstalmentPayment, LegalEntity, Payment, Refund, Transfer

LABELS = {
    "OWED": gettext_lazy("À recouvrer"),
    "LOST": gettext_lazy("Passée en perte, encore due"),
    "REFUNDED": gettext_lazy("Argent revenu"),
    "RECOVERED": gettext_lazy("Recouvrée"),
}


@dataclass(frozen=True)
class Claim:
    """The claim of one payment, in cents; nothing is negative.

    Attributes:
        taken_cents: what the bank took that had been shared already, less what it gave back since.
        recovered_cents: what its borrower paid of it by transfer. open_cents: what is still expected.
        lost_cents: written off, and not recovered since. returned_cents: recovered, then owed to the borrower again,
            because the bank gave the money back after all. kept_cents: what of it we hold now.
    """

    payment: Payment
    taken_cents: int = 0
    recovered_cents: int = 0
    open_cents: int = 0
    lost_cents: int = 0
    returned_cents: int = 0
    kept_cents: int = 0

    @property
    def owed_cents(self) -> int:
        """What a transfer of the borrower may still pay: a claim given up in our books is still owed."""
        return self.open_cents + self.lost_cents

    @property
    def is_claim(self) -> bool:
        return bool(self.taken_cents or self.recovered_cents)

    @property
    def state(self) -> str:
        """How it is shown: OWED, LOST, REFUNDED (the bank gave it back) or RECOVERED."""
        if self.open_cents:
            return "OWED"
        if self.lost_cents:
            return "LOST"
        return "RECOVERED" if self.taken_cents else "REFUNDED"

    @property
    def state_label(self) -> str:
        return str(LABELS[self.state])


def claim_of(payment: Payment) -> Claim:
    """Return the claim of an instalment's payment as the books tell it now."""
    return claims_of([payment])[0]


def claims_of(payments: Iterable[Payment]) -> list[Claim]:
    """Return the claims of payments of instalments, in their order: the payments' rows, then one query for the books.

    Args: payments: with `instalment__loan__offer__books` and `dispute`, `refunds`, `recoveries` loaded, or they are
        read one by one.
    """
    found = list(payments)
    owner = {key: payment.pk for payment in found for key in _keys(payment)}
    moved: dict[int, dict[str, int]] = {payment.pk: {} for payment in found}
    books = {_books(payment).pk: _books(payment) for payment in found}
    numbers = {pk: _numbers(entity.chart) for pk, entity in books.items()}
    rows = Transfer.objects.filter(entry__key__in=owner, entry__entity__in=books).values_list(
        "entry__key", "entry__entity", "debit__number", "credit__number", "amount_cents"
    )
    for key, entity, debit, credit, cents in rows:
        sums = moved[owner[key]]
        for number, signed in ((debit, cents), (credit, -cents)):
            purpose = numbers[entity].get(number)
            if purpose is not None:
                _count(sums, purpose, _kind(key), signed)
    return [_claim(payment, moved[payment.pk]) for payment in found]


def contested_instalments() -> QuerySet[Payment]:
    """Return the payments of instalments that were shared, and then taken by the bank or given back outside of us, with
    all that their claims are read from; the last one first. One that was given back before may stand among them."""
    given_back = Exists(Refund.objects.filter(payment=OuterRef("pk")))
    took = Q(dispute__isnull=False) | Q(failed_at__isnull=False) | given_back
    later = InstalmentPayment.objects.filter(
        instalment=OuterRef("instalment"), pk__gt=OuterRef("instalment_payment__pk")
    )
    shared = Payment.objects.filter(
        took, ~Exists(later), instalment__distribution__isnull=False, instalment_payment__isnull=False
    )
    return with_claims(shared).order_by("-pk")


def with_claims(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Load what `claims_of` reads."""
    recoveries = ClaimRecovery.objects.select_related("recorded_by", "undone_by").order_by("recorded_at", "pk")
    return payments.select_related(
        "instalment__loan__offer__books__party", "instalment__loan__offer__project__organisation",
        "instalment__loan__borrower", "dispute",
    ).prefetch_related("refunds__bank_refunds", Prefetch("recoveries", queryset=recoveries))  # fmt: skip


def open_claims() -> list[Claim]:
    """Return the claims of which something is expected, the oldest first; what it costs depends on these only."""
    found = contested_instalments().filter(instalment__loan__offer__in=_offers_owed())
    standing = [claim for claim in claims_of(found) if claim.open_cents]
    return sorted(standing, key=lambda claim: claim.payment.pk)


def _offers_owed() -> list[int]:
    """Return the offers whose borrower's account of claims shows a debt."""
    numbers = sorted({heading(chart, Purpose.CLAIM_ON_SAVER).number for chart in LegalEntity.Chart.values})
    query = """SELECT account.offer_id FROM funds_account account
        JOIN funds_loan loan ON loan.offer_id = account.offer_id AND loan.borrower_id = account.party_id
        WHERE account.number = ANY(%s)
            AND (SELECT coalesce(sum(amount_cents), 0) FROM funds_transfer WHERE debit_id = account.id)
                > (SELECT coalesce(sum(amount_cents), 0) FROM funds_transfer WHERE credit_id = account.id)"""
    with connection.cursor() as cursor:
        cursor.execute(query, [numbers])
        return [offer for (offer,) in cursor.fetchall()]


def overpaid_key(payment: Payment, rank: int) -> str:
    """Return the key of the entry that owes a recovery back; one at most for each time the bank gave money back."""
    return f"payment:{payment.uuid}:overpaid:{rank}"


def times_given_back(payment: Payment) -> int:
    """Return how many times, at most, the bank may have given back what it had taken of a payment."""
    return 1 + len(payment.refunds.all())


def reference_of(payment: Payment) -> str:
    """Return what a borrower writes on the transfer that pays a claim."""
    assert payment.instalment is not None
    return f"{payment.instalment.loan.borrower.number} {str(payment.uuid)[:8]}"


def _keys(payment: Payment) -> Iterator[str]:
    """Yield the keys of every entry about a payment after it cleared: an entry that was not posted is not found."""
    yield f"payment:{payment.uuid}:failed"
    dispute: Dispute | None = getattr(payment, "dispute", None)
    if dispute is not None:
        key = f"dispute:{dispute.uuid}"
        yield from (key, f"{key}:won", f"{key}:writeoff", f"{key}:writeoff:undone")
    for refund in payment.refunds.all():
        yield from (f"refund:{refund.uuid}", f"refund:{refund.uuid}:failed")
        yield from _keys_of_transfers(refund)
    for recovery in payment.recoveries.all():
        yield from (f"recovery:{recovery.uuid}", f"recovery:{recovery.uuid}:undone")
    for rank in range(1, times_given_back(payment) + 1):
        yield overpaid_key(payment, rank)


def _keys_of_transfers(refund: Refund) -> Iterator[str]:
    for one in refund.bank_refunds.all():
        yield from (f"bank_refund:{one.uuid}", f"bank_refund:{one.uuid}:stopped")


def _books(payment: Payment) -> LegalEntity:
    assert payment.instalment is not None
    return payment.instalment.loan.offer.books


def _numbers(chart: str) -> dict[str, Purpose]:
    read = (Purpose.CLAIM_ON_SAVER, Purpose.LOSS, Purpose.INSTALMENTS)
    return {heading(chart, purpose).number: purpose for purpose in read}


def _kind(key: str) -> str:
    if key.startswith("recovery:"):
        return "recovery"
    if ":overpaid:" in key:
        return "overpaid"
    return "writeoff" if ":writeoff" in key else "taken"


def _count(sums: dict[str, int], purpose: Purpose, kind: str, cents: int) -> None:
    """Add a movement, debits positive, to the account it touches and to what the kind of its entry says."""
    for name in (purpose.name, f"{kind} {purpose.name}"):
        sums[name] = sums.get(name, 0) + cents


def _claim(payment: Payment, sums: dict[str, int]) -> Claim:
    claim, loss = Purpose.CLAIM_ON_SAVER.name, Purpose.LOSS.name
    recovered = -sum(sums.get(f"recovery {account}", 0) for account in (claim, loss))
    returned = sum(sums.get(f"overpaid {account}", 0) for account in (claim, loss))
    return Claim(
        payment=payment,
        taken_cents=sums.get(f"taken {claim}", 0),
        recovered_cents=recovered,
        open_cents=sums.get(claim, 0),
        lost_cents=sums.get(loss, 0),
        returned_cents=returned,
        kept_cents=-sums.get(Purpose.INSTALMENTS.name, 0),
    )


def overpaid_cents(claim: Claim) -> dict[Purpose, int]:
    """Return what was recovered beyond what is now owed, by the account that shows it: to be owed back at once."""
    beyond = {Purpose.CLAIM_ON_SAVER: -claim.open_cents, Purpose.LOSS: -claim.lost_cents}
    return {purpose: cents for purpose, cents in beyond.items() if cents > 0}
