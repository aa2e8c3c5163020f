"""What a loan contract says, gathered once. No name of a lender: each is in the register under a number, and the
register's fingerprint is in the contract, so that one document binds all and shows nobody to the others.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.conf import settings

from fres.kernel import clock
from fres.kernel.models import Territory
from fres.kernel.money import share_cents, to_cents
from fres.kernel.parameters import value_at
from funds.models import Holding, LegalEntity, Loan, Offer
from funds.servicing.amortisation import schedule
from investors.models import Party, Representation
from projects.models import Membership

EXAMPLE_CENTS = 100_000  # what the model's schedule is drawn for


@dataclass(frozen=True, slots=True)
class ContractParty:
    """A party as the contract identifies it; a text that is not known is empty."""

    name: str
    legal_form: str
    siren: str
    address: str
    email: str
    represented_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One instalment in cents; no date before the project is paid."""

    rank: int
    due_on: date | None
    principal_cents: int
    interest_cents: int
    balance_after_cents: int


@dataclass(frozen=True, slots=True)
class Register:
    """The lenders as the contract counts them; `sha256` is that of the list "number;cents", one line each."""

    lenders: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LoanContract:
    """All that the PDF prints. A model has no register, and its schedule is drawn for `EXAMPLE_CENTS`."""

    offer_reference: str
    project_title: str
    project_purpose: str
    place: str
    borrower: ContractParty
    operator: ContractParty
    paying_agent: str
    minimum_cents: int
    maximum_cents: int
    ticket_minimum_cents: int
    ticket_maximum_cents: int
    principal_cents: int
    rate_bp: int
    months: int
    fee_bp: int
    fee_cents: int
    rows: tuple[ScheduleRow, ...]
    closes_at: datetime
    settles_on: date
    reflection_days: int
    reflection_hours: int
    payment_days: int
    default_days: int
    risks: str
    complaints_email: str
    mediator: str
    at: datetime
    signed_at: datetime | None = None
    register: Register | None = None

    @property
    def is_model(self) -> bool:
        return self.register is None

    @property
    def interest_cents(self) -> int:
        return sum(row.interest_cents for row in self.rows)

    @property
    def cost_cents(self) -> int:
        """What the loan costs the borrower: interest and fees, in cents."""
        return self.interest_cents + self.fee_cents


def gather_model(*, offer: Offer, at: datetime) -> LoanContract:
    """Return the model contract of an offer, with the schedule of an example of 1 000 €."""
    return _gather(offer, principal_cents=EXAMPLE_CENTS, rows=_planned(offer, EXAMPLE_CENTS), at=at)


def gather_contract(*, loan: Loan, at: datetime) -> LoanContract:
    """Return the contract of a loan, with its instalments as written in the register, or as they will be."""
    rows = tuple(
        ScheduleRow(one.rank, one.due_on, one.principal_cents, one.interest_cents, one.balance_after_cents)
        for one in loan.instalments.order_by("rank")
    ) or _planned(loan.offer, loan.principal_cents)
    return _gather(
        loan.offer,
        principal_cents=loan.principal_cents,
        rows=rows,
        at=at,
        signed_at=loan.signed_at,
        register=register_of(Holding.objects.filter(loan=loan).values_list("party__number", "principal_cents")),
    )


def register_of(lines: Iterable[tuple[str, int]]) -> Register:
    """Return the count and fingerprint of a register of lenders, whatever the order of its lines."""
    texts = sorted(f"{number};{cents}\n" for number, cents in lines)
    return Register(lenders=len(texts), sha256=hashlib.sha256("".join(texts).encode()).hexdigest())


def _planned(offer: Offer, principal_cents: int) -> tuple[ScheduleRow, ...]:
    undated = date(2000, 1, 1)  # amounts do not depend on the dates, which are not printed
    lines = schedule(principal_cents=principal_cents, rate_bp=offer.rate_bp, months=offer.months, first_due_on=undated)
    return tuple(
        ScheduleRow(one.rank, None, one.principal_cents, one.interest_cents, one.balance_after_cents) for one in lines
    )


def _gather(
    offer: Offer,
    *,
    principal_cents: int,
    rows: Sequence[ScheduleRow],
    at: datetime,
    signed_at: datetime | None = None,
    register: Register | None = None,
) -> LoanContract:
    on, project = clock.local(at).date(), offer.project
    organisation = project.organisation
    return LoanContract(
        offer_reference=offer.identifier or offer.slug,
        project_title=project.title,
        project_purpose=project.purpose,
        place=_place(project.commune_code),
        borrower=_party(organisation.party, _signatories(organisation.pk, on)),
        operator=_entity(offer.books, on),
        paying_agent=offer.paying_agent.name,
        minimum_cents=to_cents(offer.minimum),
        maximum_cents=to_cents(offer.maximum),
        ticket_minimum_cents=to_cents(offer.ticket_minimum),
        ticket_maximum_cents=to_cents(offer.ticket_maximum),
        principal_cents=principal_cents,
        rate_bp=offer.rate_bp,
        months=offer.months,
        fee_bp=offer.holder_fee_bp,
        fee_cents=share_cents(principal_cents, Fraction(offer.holder_fee_bp, 10_000)),
        rows=tuple(rows),
        closes_at=offer.closes_at,
        settles_on=offer.settles_on,
        reflection_days=value_at("offer.reflection_days", on).whole,
        reflection_hours=value_at("offer.reflection_hours", on).whole,
        payment_days=value_at("offer.payment_days", on).whole,
        default_days=value_at("default.project_days", on).whole,
        risks=offer.risks,
        complaints_email=settings.LEGAL_NOTICES["complaints_email"],
        mediator=settings.LEGAL_NOTICES["mediator"],
        at=at,
        signed_at=signed_at,
        register=register,
    )


def _place(commune_code: str) -> str:
    communes = Territory.objects.filter(level=Territory.Level.COMMUNE, code=commune_code).order_by("-is_current", "pk")
    return communes.values_list("name", flat=True).first() or commune_code


def _signatories(organisation_pk: int, on: date) -> tuple[str, ...]:
    members = Membership.objects.filter(
        organisation_id=organisation_pk, is_legal_representative=True, joined_on__lte=on
    ).exclude(left_on__lte=on)
    return tuple(member.user.display_name for member in members.select_related("user").order_by("pk"))


def _entity(entity: LegalEntity, on: date) -> ContractParty:
    representatives = (
        Representation.objects.filter(
            party=entity.party, role=Representation.Capacity.LEGAL_REPRESENTATIVE, valid_from__lte=on
        )
        .exclude(valid_to__lte=on)
        .select_related("user")
        .order_by("pk")
    )
    return _party(entity.party, tuple(one.user.display_name for one in representatives))


def _party(party: Party, represented_by: tuple[str, ...]) -> ContractParty:
    return ContractParty(
        name=party.name,
        legal_form=party.legal_form,
        siren=party.siren,
        address=", ".join(party.address_lines),
        email=party.email,
        represented_by=tuple(name for name in represented_by if name),
    )
