"""Entities, funds, offers and commitments for tests: nothing random, dates around the demonstration's today.

Rows only: money moves by the operations under test. The one exception is the operator's own capital, without which a
provider's fee would leave less at the provider than is owed to savers, and `check_books` would say so.
"""

from datetime import UTC, date, datetime, timedelta

import factory
from djmoney.money import Money
from stdnum import luhn

from fres.kernel import clock
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.models import Commitment, Fund, LegalEntity, Offer, Payment, ReceiptEligibility, ReceiptMandate
from funds.states import CommitmentState, OfferState, PaymentState
from projects.models import Award
from projects.states import AwardState
from tests.investors.factories import PartyFactory
from tests.projects.factories import AwardFactory, ProjectFactory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # the demonstration's today, 10:00 in Paris (ruling C6)
OPERATOR_CAPITAL_CENTS = 5_000_000
CAPITAL_PAID_AT = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)


def euros(amount: int | str) -> Money:
    return Money(amount, "EUR")


def a_siren(rank: int) -> str:
    """Return a well-formed SIREN, always the same for a rank."""
    stem = f"{80_000_000 + rank:08d}"
    return stem + luhn.calc_check_digit(stem)


class LegalEntityFactory(factory.django.DjangoModelFactory):
    """The carrier of a fund; `operator=True` the operator, with capital; `association=True` the other chart."""

    class Meta:
        model = LegalEntity
        skip_postgeneration_save = True

    class Params:
        operator = factory.Trait(
            role=LegalEntity.Role.OPERATOR, name=factory.Sequence(lambda n: f"Opérateur régional {n}")
        )
        association = factory.Trait(chart=LegalEntity.Chart.ASSOCIATION)

    siren = factory.Sequence(a_siren)
    party = factory.SubFactory(PartyFactory, legal=True, siren=factory.SelfAttribute("..siren"))
    role = LegalEntity.Role.FUND
    name = factory.Sequence(lambda n: f"Fonds régional d’épargne solidaire {n}")
    chart = LegalEntity.Chart.PCG

    @factory.post_generation
    def capital_cents(entity, create, extracted, **kwargs):
        cents = extracted if extracted is not None else OPERATOR_CAPITAL_CENTS
        if create and cents and entity.role == LegalEntity.Role.OPERATOR:
            post_capital(entity, cents)


def post_capital(entity, cents, at=CAPITAL_PAID_AT):
    """Put an entity's own money at the payment provider."""
    on = clock.local(at).date()
    return post_entry(
        entity=entity,
        journal="OD",
        key=f"capital:{on}",
        transfers=[Line(account_for(entity, Purpose.PROVIDER), account_for(entity, Purpose.CAPITAL), cents)],
        accounting_date=on,
        value_date=on,
        label="Capital versé",
        piece_ref=f"Statuts {on}",
        piece_date=on,
        source=("capital", None),
        at=at,
    )


class FundFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Fund

    entity = factory.SubFactory(LegalEntityFactory)
    operator = factory.SubFactory(LegalEntityFactory, operator=True)
    name = factory.Sequence(lambda n: f"Fonds régional d’épargne solidaire des Hauts-de-France {n}")
    region_code = "32"
    accepted_labels = ["FRES-HDF@2024"]


def _award_of(project):
    """Return the label of the project: it is held once, whatever the number of its offers."""
    held = Award.objects.filter(subject_uuid=project.uuid, state=AwardState.GRANTED).first()
    return held or AwardFactory(project=project)


class OfferFactory(factory.django.DjangoModelFactory):
    """A loan offer, prepared. Traits: `gift`, `loan` (the default), `open`, `succeeded`, `failed`.

    `OfferFactory(gift=True, open=True, maximum=euros(1000))`. A gift that gives receipts: `receipts=True`.
    """

    class Meta:
        model = Offer
        skip_postgeneration_save = True

    class Params:
        loan = factory.Trait(lane="PROJECT", instrument="LOAN", rate_bp=350, months=24)
        gift = factory.Trait(lane="GIFT", instrument="DONATION", rate_bp=0, months=0)
        open = factory.Trait(state=OfferState.OPEN, opened_at=factory.SelfAttribute("opens_at"))
        succeeded = factory.Trait(state=OfferState.SUCCEEDED, decided_at=NOW)
        failed = factory.Trait(state=OfferState.FAILED, decided_at=NOW)
        receipts = factory.Trait(gives_receipt=True)

    slug = factory.Sequence(lambda n: f"offre-{n}")
    fund = factory.SubFactory(FundFactory)
    project = factory.SubFactory(ProjectFactory)
    award = factory.LazyAttribute(lambda offer: _award_of(offer.project))
    books = factory.LazyAttribute(lambda offer: offer.fund.operator)
    paying_agent = factory.LazyAttribute(lambda offer: offer.fund.operator)
    lane = "PROJECT"
    instrument = "LOAN"
    rate_bp = 350
    months = 24
    minimum = euros(1_000)
    maximum = euros(10_000)
    ticket_minimum = euros(20)
    ticket_maximum = euros(5_000)
    opens_at = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
    closes_at = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    settles_on = date(2027, 1, 26)
    risks = "Le projet peut ne pas rembourser : vous pouvez perdre tout ou partie de la somme prêtée."

    @factory.post_generation
    def receipt_rights(offer, create, extracted, **kwargs):
        """What a beneficiary needs to give receipts (ruling B7)."""
        if create and offer.gives_receipt and extracted is not False:
            party = offer.project.organisation.party
            if not party.receipt_eligibilities.exists():
                ReceiptEligibilityFactory(party=party)
                ReceiptMandateFactory(party=party, operator=offer.books)


class ReceiptEligibilityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReceiptEligibility

    party = factory.SubFactory(PartyFactory, legal=True)
    article = ReceiptEligibility.Article.CGI_200
    category = "Œuvre ou organisme d’intérêt général"
    purpose = "Concourir à la défense de l’environnement naturel."
    evidence = "Rescrit du 12 mars 2023"
    valid_from = date(2023, 3, 12)


class ReceiptMandateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReceiptMandate

    party = factory.SubFactory(PartyFactory, legal=True)
    operator = factory.SubFactory(LegalEntityFactory, operator=True)
    signatory = "Présidence de l’association"
    signed_on = date(2024, 1, 10)


class CommitmentFactory(factory.django.DjangoModelFactory):
    """A commitment, in reflection. By trait: `confirmed`, `processing`, `cleared`, `settled`, `revoked`."""

    class Meta:
        model = Commitment

    class Params:
        confirmed = factory.Trait(
            state=CommitmentState.CONFIRMED,
            confirmed_at=factory.SelfAttribute("reflection_ends_at"),
            pay_before=factory.LazyAttribute(lambda commitment: commitment.confirmed_at + timedelta(days=7)),
        )
        processing = factory.Trait(confirmed=True, state=CommitmentState.PROCESSING)
        cleared = factory.Trait(confirmed=True, state=CommitmentState.CLEARED, cleared_at=NOW)
        settled = factory.Trait(cleared=True, state=CommitmentState.SETTLED, settled_at=NOW)
        revoked = factory.Trait(state=CommitmentState.REVOKED, ended_at=NOW)

    offer = factory.SubFactory(OfferFactory, open=True)
    saver = factory.SubFactory(PartyFactory)
    by = factory.LazyAttribute(lambda commitment: commitment.saver.user)
    amount = euros(100)
    state = CommitmentState.IN_REFLECTION
    committed_at = NOW - timedelta(days=6)
    reflection_ends_at = factory.LazyAttribute(lambda commitment: commitment.committed_at + timedelta(days=5))
    commune_code = "62498"


class PaymentFactory(factory.django.DjangoModelFactory):
    """A payment asked for. `cleared=True`: the row only, without its entry."""

    class Meta:
        model = Payment

    class Params:
        cleared = factory.Trait(
            state=PaymentState.CLEARED,
            means="card",
            answered_at=NOW,
            cleared_at=NOW,
            intent_id=factory.Sequence(lambda n: f"pi_test_{n}"),
        )

    commitment = factory.SubFactory(CommitmentFactory, confirmed=True)
    amount = factory.LazyAttribute(lambda payment: payment.commitment.amount)
    asked_at = NOW
