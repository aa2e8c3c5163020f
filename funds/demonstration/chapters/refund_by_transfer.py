"""Seven donors whose card was closed before their gift could come back: a transfer in each of its states (B29)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from fres.kernel import clock, jobs
from fres.kernel.money import from_cents
from funds.commitments import commit_to_offer
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import Region, make_saver
from funds.models import BankRefund, BankRefundOrder, BankRefundSending, Commitment, Offer, Refund
from funds.payments.bank_refunds import (
    approve_bank_refund,
    ask_bank_refund,
    prepare_bank_refund,
    record_bank_refund_sent,
    refuse_bank_refund,
    stop_bank_refund,
)
from funds.payments.charging import refresh_payment, start_payment
from funds.payments.refunds import ask_gift_refund, can_be_given_back
from funds.payments.stripe_gateway import gateway_from_settings
from funds.states import BankRefundState, CommitmentState
from funds.texts import record_of, texts_of
from investors.checks import record_check
from investors.models import Party, PartyCheck, User

OFFER = "theatre-des-ruelles-scene"
SILENT, ASKED, REFUSED, PREPARED, APPROVED, STOPPED, SENT = range(7)


@dataclass(frozen=True)
class Donor:
    """A donor of this chapter; `email` names the card of a person who could live in the region."""

    given_names: str
    family_name: str
    email: str
    euros: int


DONORS = (
    Donor("Solène", "Vandewalle", "solene.vandewalle@fres.example", 25),
    Donor("Marius", "Hocquet", "marius.hocquet@fres.example", 30),
    Donor("Aïcha", "Benamar", "aicha.benamar@fres.example", 40),
    Donor("Firmin", "Lesage", "firmin.lesage@fres.example", 35),
    Donor("Thérèse", "Carpentier", "therese.carpentier@fres.example", 60),
    Donor("Tanguy", "Roussel", "tanguy.roussel@fres.example", 20),
    Donor("Inès", "Delcourt", "ines.delcourt@fres.example", 50),
)


def _give(region: Region, at: datetime) -> None:
    """Each gives by a card that will be closed, then changes their mind while the campaign still runs."""
    offer, provider, gateway = _offer(), ProviderPages(settings.STRIPE_API_BASE), gateway_from_settings()
    for rank, donor in enumerate(DONORS):
        saver = _saver(rank, donor, at=at)
        assert saver.user is not None
        commitment = Commitment.objects.filter(offer=offer, saver=saver).first()
        if commitment is None:
            commitment = commit_to_offer(
                offer=offer, saver=saver, amount=from_cents(donor.euros * 100), by=saver.user,
                texts_shown=record_of(texts_of(offer)), at=at,
            )  # fmt: skip
        if commitment.state == CommitmentState.CONFIRMED:
            payment = start_payment(commitment=commitment, by=saver.user, at=at, gateway=gateway)
            assert payment.checkout_id is not None
            provider.choose(payment.checkout_id, "card_refund_fails")
            refresh_payment(payment_id=payment.pk, at=clock.now(), gateway=gateway)
            commitment = Commitment.objects.select_related("offer").get(pk=commitment.pk)
        if can_be_given_back(commitment):
            ask_gift_refund(commitment=commitment, by=saver.user, at=at)
        jobs.run_pending()


@transaction.atomic
def _ask(region: Region, at: datetime) -> None:
    """All but one name an account in their own name."""
    for rank, refund in _came_back():
        if rank != SILENT:
            commitment = refund.payment.commitment
            assert commitment is not None
            ask_bank_refund(refund=refund, iban=_iban(rank), holder=commitment.saver.name, by=commitment.by, at=at)


@transaction.atomic
def _check_and_prepare(region: Region, at: datetime) -> None:
    """Compliance reads the bank details; one is not in order; the treasury prepares the others."""
    compliance = User.objects.get(email="conformite@fres.example")
    for rank, refund in _came_back():
        if rank in (SILENT, ASKED):
            continue
        bank_refund = refund.bank_refunds.get()
        if rank == REFUSED:
            reason = "Le relevé d’identité bancaire est illisible : envoyez-en un autre"
            refuse_bank_refund(bank_refund=bank_refund, by=region.second_treasurer, reason=reason, at=at)
            continue
        evidence = (
            f"Relevé d’identité bancaire du {clock.local(at) - timedelta(days=3):%d/%m/%Y}, au nom de l’épargnant"
        )
        record_check(party=bank_refund.party, kind=PartyCheck.Kind.IBAN, evidence=evidence, by=compliance, at=at)
        prepare_bank_refund(bank_refund=bank_refund, by=region.treasurer, at=at)


@transaction.atomic
def _approve(region: Region, at: datetime) -> None:
    for rank, refund in _came_back():
        if rank in (APPROVED, STOPPED, SENT):
            approve_bank_refund(bank_refund=refund.bank_refunds.get(), by=region.second_treasurer, at=at)


@transaction.atomic
def _send(region: Region, at: datetime) -> None:
    """One transfer is on the bank's statement; the bank would not take another, which is stopped."""
    for rank, refund in _came_back():
        if rank == SENT:
            record_bank_refund_sent(
                bank_refund=refund.bank_refunds.get(), sent_on=clock.local(at).date() - timedelta(days=1),
                reference="VIR SEPA 2026-11 0417", by=region.treasurer, at=at,
            )  # fmt: skip
        elif rank == STOPPED:
            reason = "La banque refuse le virement : compte clôturé"
            stop_bank_refund(bank_refund=refund.bank_refunds.get(), by=region.manager, reason=reason, at=at)


def _came_back() -> list[tuple[int, Refund]]:
    rank_of = {donor.email: rank for rank, donor in enumerate(DONORS)}
    found = Refund.objects.filter(payment__commitment__saver__user__email__in=rank_of, state="FAILED")
    related = ("payment__commitment__by", "payment__commitment__saver__user", "payment__commitment__offer__books")
    refunds = [(rank_of[one.payment.commitment.saver.user.email], one) for one in found.select_related(*related)]  # type: ignore[union-attr]
    return sorted(refunds, key=lambda pair: pair[0])


def _offer() -> Offer:
    return Offer.objects.select_related("project", "fund").get(slug=OFFER)


def _saver(rank: int, donor: Donor, *, at: datetime) -> Party:
    found = Party.objects.filter(user__email=donor.email).select_related("user").first()
    place = cast.PLACES[(rank * 3) % len(cast.PLACES)]
    return found or make_saver(
        cast.SaverCard(
            email=donor.email, given_names=donor.given_names, family_name=donor.family_name,
            birth_date=date(1961 + rank * 4, 2 + rank, 5 + rank), place=place, address=f"{3 + rank} rue des Tisserands",
        ),
        at=at,
    )  # fmt: skip


def _iban(rank: int) -> str:
    """Return a well-formed account of a bank that does not exist."""
    bank = f"9999900001{rank:011d}{rank:02d}"
    return f"FR{98 - int(bank + '152700') % 97:02d}{bank}"


def _is_given(region: Region) -> bool:
    return Refund.objects.filter(payment__commitment__saver__user__email=DONORS[-1].email).exists()


ACTS = (
    Act(date(2026, 9, 7), _give, _is_given),
    Act(date(2026, 10, 12), _ask, lambda region: BankRefund.objects.exists()),
    Act(date(2026, 10, 19), _check_and_prepare, lambda region: BankRefund.objects.exclude(prepared_by=None).exists()),
    Act(date(2026, 10, 26), _approve, lambda region: BankRefundOrder.objects.exists()),
    Act(date(2026, 11, 9), _send, lambda region: BankRefundSending.objects.exists()),
)
STATES = {
    ASKED: BankRefundState.ASKED, REFUSED: BankRefundState.REFUSED, PREPARED: BankRefundState.PREPARED,
    APPROVED: BankRefundState.APPROVED, STOPPED: BankRefundState.STOPPED, SENT: BankRefundState.SENT,
}  # fmt: skip
