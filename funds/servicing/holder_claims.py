"""What a borrower owes of an instalment taken back after it was shared, as they read it."""

from dataclasses import dataclass

from djmoney.money import Money

from fres.kernel.money import from_cents
from funds.models import Payment
from funds.payments.claims import Claim, claim_of, contested_instalments, reference_of


@dataclass(frozen=True)
class HolderClaim:
    """What a borrower owes of an instalment taken back after it was shared. `reference`: what to write on the transfer.

    Attributes: iban: the verified account to pay to, "" when the staff gives it.
    """

    payment: Payment
    rank: int
    taken: Money
    recovered: Money
    owed: Money
    reference: str
    iban: str
    iban_holder: str


def holder_claim(claim: Claim) -> HolderClaim:
    """Return a claim as its borrower reads it."""
    instalment = claim.payment.instalment
    assert instalment is not None
    creditor = instalment.loan.offer.books.party
    is_verified = creditor.iban_verified_at is not None
    return HolderClaim(
        payment=claim.payment,
        rank=instalment.rank,
        taken=from_cents(claim.taken_cents),
        recovered=from_cents(claim.recovered_cents),
        owed=from_cents(claim.owed_cents),
        reference=reference_of(claim.payment),
        iban=_by_fours(creditor.iban) if is_verified else "",
        iban_holder=creditor.iban_holder if is_verified else "",
    )


def claim_for_holder(payment: Payment) -> HolderClaim | None:
    """Return what is owed on a payment of an instalment, or None: nothing was ever claimed, or nothing is any more."""
    found = contested_instalments().filter(pk=payment.pk).first()
    claim = claim_of(found) if found is not None else None
    return holder_claim(claim) if claim is not None and claim.owed_cents else None


def _by_fours(iban: str) -> str:
    """Write an account as banks print it, in groups of four."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
