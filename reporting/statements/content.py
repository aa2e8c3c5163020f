"""What a yearly statement says: frozen, complete, in whole cents. No model is imported: rendering needs no database.

Every table adds up by itself, and `problems` says where one does not: `gathering` refuses such a statement.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class CommitmentLine:
    """One commitment over the year. Opening + paid in − given back − given − repaid = closing.

    What a saver has engaged in it is what we hold for them before the offer is decided, then what they have lent; a
    gift leaves it when the project receives it. `place` is a commune, `territory` what it belongs to.
    """

    project: str
    holder: str
    place: str
    territory: str
    label: str
    terms: str
    committed_on: date
    opening_cents: int
    paid_in_cents: int
    given_back_cents: int
    given_cents: int
    repaid_cents: int
    closing_cents: int
    lent_cents: int  # of the closing, what is lent; the rest is held for the saver


@dataclass(frozen=True, slots=True)
class Movement:
    """A dated event; `cents` is its effect on what is engaged, signed, 0 when money only changes place."""

    on: date
    label: str
    cents: int


@dataclass(frozen=True, slots=True)
class InterestLine:
    """Interest of one loan under one set of rates: gross, and what was withheld."""

    project: str
    rates: str
    gross_cents: int
    income_tax_cents: int
    social_levy_cents: int

    @property
    def net_cents(self) -> int:
        return self.gross_cents - self.income_tax_cents - self.social_levy_cents


@dataclass(frozen=True, slots=True)
class ToBePaid:
    """What we owe the saver (ruling B35). Opening + principal + net interest − kept − paid = closing."""

    opening_cents: int = 0
    principal_cents: int = 0
    net_interest_cents: int = 0
    kept_cents: int = 0
    paid_cents: int = 0
    closing_cents: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What the saver owes after a contested debit. Opening + contested − returned − kept − written off = closing."""

    opening_cents: int = 0
    contested_cents: int = 0
    returned_cents: int = 0
    kept_cents: int = 0
    written_off_cents: int = 0
    closing_cents: int = 0


@dataclass(frozen=True, slots=True)
class GiftLine:
    """A receipt given for a gift paid in the year; `voided_on` when it no longer has effect."""

    paid_on: date
    project: str
    beneficiary: str
    receipt_number: str
    cents: int
    voided_on: date | None


@dataclass(frozen=True, slots=True)
class YearAhead:
    """What the loans give back in one year to come if every instalment is paid: the saver's part."""

    year: int
    principal_cents: int
    interest_cents: int


@dataclass(frozen=True, slots=True)
class Statement:
    """All that the PDF prints, but for its number. `replaces` is the number of the statement that it corrects."""

    year: int
    issuer: str
    issuer_siren: str
    saver_number: str
    saver_name: str
    saver_address: tuple[str, ...]
    commitments: tuple[CommitmentLine, ...]
    movements: tuple[Movement, ...]
    interest: tuple[InterestLine, ...]
    to_be_paid: ToBePaid
    claim: Claim
    gifts: tuple[GiftLine, ...]
    years_ahead: tuple[YearAhead, ...]
    issued_at: datetime
    issued_on: date  # the day of `issued_at` in Paris
    replaces: str = ""

    @property
    def opening_cents(self) -> int:
        return sum(line.opening_cents for line in self.commitments)

    @property
    def closing_cents(self) -> int:
        return sum(line.closing_cents for line in self.commitments)

    @property
    def gross_interest_cents(self) -> int:
        return sum(line.gross_cents for line in self.interest)

    @property
    def levies_cents(self) -> int:
        return sum(line.income_tax_cents + line.social_levy_cents for line in self.interest)

    @property
    def amounts_cents(self) -> dict[str, int]:
        """What the document certifies, kept when its bytes are destroyed (ruling B22)."""
        return {
            "opening": self.opening_cents,
            "closing": self.closing_cents,
            "interest": self.gross_interest_cents,
            "levies": self.levies_cents,
            "to_be_paid": self.to_be_paid.closing_cents,
            "claim": self.claim.closing_cents,
            "gifts": sum(line.cents for line in self.gifts if line.voided_on is None),
        }


def problems(statement: Statement) -> Iterator[str]:
    """Yield each sum of a statement that does not add up to the cent."""
    for line in statement.commitments:
        expected = (
            line.opening_cents + line.paid_in_cents - line.given_back_cents - line.given_cents - line.repaid_cents
        )
        if expected != line.closing_cents:
            yield f"commitment to {line.project}: {expected} cents, not {line.closing_cents}"
        if not 0 <= line.lent_cents <= line.closing_cents:
            yield f"commitment to {line.project}: {line.lent_cents} cents lent of {line.closing_cents}"
    moved = statement.opening_cents + sum(movement.cents for movement in statement.movements)
    if moved != statement.closing_cents:
        yield f"movements lead to {moved} cents, not {statement.closing_cents}"
    owed = statement.to_be_paid
    due = owed.opening_cents + owed.principal_cents + owed.net_interest_cents - owed.kept_cents - owed.paid_cents
    if due != owed.closing_cents or due < 0:
        yield f"to be paid: {due} cents, not {owed.closing_cents}"
    if owed.principal_cents != sum(line.repaid_cents for line in statement.commitments):
        yield f"principal to be paid: {owed.principal_cents} cents, not what was repaid"
    if owed.net_interest_cents != sum(line.net_cents for line in statement.interest):
        yield f"net interest to be paid: {owed.net_interest_cents} cents, not what was earned"
    claim = statement.claim
    left = (
        claim.opening_cents + claim.contested_cents - claim.returned_cents - claim.kept_cents - claim.written_off_cents
    )
    if left != claim.closing_cents or left < 0:
        yield f"claim: {left} cents, not {claim.closing_cents}"
    if owed.kept_cents != claim.kept_cents:
        yield f"kept {owed.kept_cents} cents of what was due, {claim.kept_cents} against the claim"
    lent = sum(line.lent_cents for line in statement.commitments)
    ahead = sum(one.principal_cents for one in statement.years_ahead)
    if ahead > lent:  # less is right: a loan not yet paid out has no dated instalments
        yield f"instalments to come give back {ahead} cents of {lent} lent"
