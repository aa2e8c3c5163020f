"""Three instalments that a bank took back after they were shared: one recovered, one in part, one won back since."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.demonstration.chapters import Act
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import Region
from funds.models import Dispute, Payment
from funds.payments.charging import refresh_payment
from funds.payments.claims import claim_of
from funds.payments.recording import read_payment
from funds.payments.recoveries import record_recovery
from funds.payments.stripe_gateway import gateway_from_settings
from funds.states import PaymentState
from investors.checks import record_check
from investors.models import PartyCheck, User
from investors.parties import record_iban

ACCOUNT = "FR7699999000010000000467170"  # of a bank that does not exist
ALL = 0
BANK_TOLD_AFTER = timedelta(days=3)  # received on a Friday, read on the Monday


@dataclass(frozen=True)
class Incident:
    """A repayment contested at the holder's bank, what the holder then transfers, and how it ends.

    Attributes: transfers: days, and cents received by the bank days before; ALL for what is left. won_on: the bank
    gives the money back that day, within the two weeks it has to answer a card's dispute.
    """

    slug: str
    contested_on: date
    transfers: tuple[tuple[date, int], ...] = ()
    won_on: date | None = None

    @property
    def payment(self) -> Payment | None:
        """The repayment: the one contested, or else the last that was shared."""
        shared = Payment.objects.filter(
            instalment__loan__offer__slug=self.slug, instalment__distribution__isnull=False, cleared_at__isnull=False
        ).order_by("-instalment__rank", "-pk")
        return shared.exclude(dispute=None).first() or shared.filter(state=PaymentState.CLEARED).first()

    def acts(self) -> Iterator[Act]:
        yield Act(self.contested_on, self._contest, lambda region: self._dispute() is not None)
        for rank, (day, cents) in enumerate(self.transfers):
            yield Act(day, self._pays(cents), self._has_paid(rank))
        if self.won_on is not None:
            yield Act(self.won_on, self._win, lambda region: getattr(self._dispute(), "won_at", None) is not None)

    def _dispute(self) -> Dispute | None:
        return Dispute.objects.filter(payment__instalment__loan__offer__slug=self.slug).first()

    def _has_paid(self, rank: int) -> Callable[[Region], bool]:
        def has_paid(region: Region) -> bool:
            payment = self.payment
            return payment is not None and payment.recoveries.count() > rank

        return has_paid

    def _contest(self, region: Region, at: datetime) -> None:
        payment = self.payment
        if payment is not None and payment.intent_id is not None and self._dispute() is None:
            ProviderPages(settings.STRIPE_API_BASE).contest(payment.intent_id)
            refresh_payment(payment_id=payment.pk, at=clock.now(), gateway=gateway_from_settings())

    def _pays(self, cents: int) -> Callable[[Region, datetime], None]:
        def pay(region: Region, at: datetime) -> None:
            payment = self.payment
            if payment is None or payment.instalment is None:
                return
            owed = claim_of(read_payment(payment.pk)).owed_cents
            received_on = clock.local(at).date() - BANK_TOLD_AFTER
            if owed:
                record_recovery(
                    payment=payment, amount=from_cents(min(owed, cents or owed)), received_on=received_on,
                    reference=f"VIR RECU {received_on:%Y%m%d} {payment.instalment.rank}", by=region.treasurer, at=at,
                )  # fmt: skip

        return pay

    def _win(self, region: Region, at: datetime) -> None:
        dispute = self._dispute()
        if dispute is not None and dispute.won_at is None:
            ProviderPages(settings.STRIPE_API_BASE).close_dispute(dispute.provider_id)
            refresh_payment(payment_id=dispute.payment_id, at=clock.now(), gateway=gateway_from_settings())


@transaction.atomic
def _name_account(region: Region, at: datetime) -> None:
    """The operator names the account on which it is paid, and compliance reads it."""
    party = region.operator.party
    record_iban(party=party, iban=ACCOUNT, holder=party.name)
    compliance = User.objects.get(email="conformite@fres.example")
    record_check(
        party=party, kind=PartyCheck.Kind.IBAN, evidence="Relevé d’identité de la banque", by=compliance, at=at
    )


INCIDENTS = (
    Incident("la-fournee-commune-four", date(2026, 4, 13), ((date(2026, 4, 20), 10_000),), won_on=date(2026, 4, 20)),
    Incident("soleil-de-gohelle-toits-des-ecoles", date(2026, 9, 14), ((date(2026, 10, 5), ALL),)),
    Incident("atelier-remettre-roubaix", date(2026, 10, 12), ((date(2026, 11, 9), 5_000),)),
)
ACTS = (
    Act(date(2026, 4, 7), _name_account, lambda region: bool(region.operator.party.iban)),
    *(act for incident in INCIDENTS for act in incident.acts()),
)
