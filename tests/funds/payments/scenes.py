"""Payments made through the whole chain, against the Stripe test server; books told so that two runs compare."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fres.kernel import clock
from funds.books import check_books
from funds.models import Account, Commitment, Entry, LegalEntity, Offer, Payment
from funds.payments.charging import refresh_payment, start_payment
from funds.payments.gateway import Gateway
from funds.payments.sync import handle_events, send_refunds, sync_payments
from investors.models import Party
from reporting.statements.content import problems
from reporting.statements.gathering import Gatherer
from tests.funds.factories import NOW, CommitmentFactory, OfferFactory
from tests.stripe_server.process import StripeServer

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass
class Provider:
    """The Stripe test server and the gateway to it, on one clock that starts at the demonstration's today."""

    server: StripeServer
    gateway: Gateway

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.server.now(), UTC)

    def advance(self, **duration: float) -> datetime:
        return datetime.fromtimestamp(self.server.advance(**duration), UTC)

    def start(self, commitment: Commitment) -> Payment:
        return start_payment(commitment=commitment, by=commitment.by, at=self.now, gateway=self.gateway)

    def choose(self, payment: Payment, outcome: str) -> None:
        self.server.choose(payment.checkout_id or "", outcome)

    def refresh(self, payment: Payment) -> Payment:
        return refresh_payment(payment_id=payment.pk, at=self.now, gateway=self.gateway)

    def pay(self, commitment: Commitment, outcome: str = "card_paid") -> Payment:
        """Start, choose the outcome on the hosted page, come back: what the provider then says is recorded."""
        payment = self.start(commitment)
        self.choose(payment, outcome)
        return self.refresh(payment)

    def repair(self) -> None:
        """Do what the duties of payments do."""
        for act in (handle_events, sync_payments, send_refunds):
            report = act(at=self.now, gateway=self.gateway)
            assert not report.unanswered, report.unanswered


def provider_at_now(server: StripeServer, gateway: Gateway) -> Provider:
    server.set_time(NOW.timestamp())
    return Provider(server, gateway)


def a_commitment(*, gift: bool = False, **given: Any) -> Commitment:
    """A confirmed commitment of an open offer, in books of its own."""
    offer = given.pop("offer", None) or OfferFactory(open=True, gift=gift)
    return CommitmentFactory(offer=offer, confirmed=True, **given)


Movement = tuple[str, tuple[tuple[str, str, int], ...]]


def digest(offer: Offer) -> Counter[Movement]:
    """Tell the books of an offer without times nor numbers of rows: which kind of entry moved how much, whence, where.

    Savers are told by their rank among the offer's commitments, so that the same story told twice compares equal.
    """
    ranks = {pk: f"saver {rank}" for rank, pk in enumerate(_savers(offer))}
    told: Counter[Movement] = Counter()
    for entry in entries_of(offer.books):
        moved = sorted(
            (_account(one.debit, ranks), _account(one.credit, ranks), one.amount_cents) for one in entry.transfers.all()
        )
        told[_UUID.sub("*", entry.key), tuple(moved)] += 1
    return told


def entries_of(entity: LegalEntity) -> Iterable[Entry]:
    entries = Entry.objects.filter(entity=entity).exclude(key__startswith="capital:").order_by("pk")
    return entries.prefetch_related("transfers__debit", "transfers__credit")


def assert_books_right() -> None:
    """Run `check_books` as of now, whatever the clock of the test shows."""
    report = check_books(at=clock.now())
    assert report.is_right, [str(problem) for problem in report.problems]


def assert_statement_adds_up(saver: Party, offer: Offer, at: datetime) -> None:
    """The statement of the year of `at`, as it would be issued then, agrees with itself and with the books."""
    (told,) = Gatherer(entity=offer.books, year=at.year).statements([saver.pk], issued_at=at)
    assert list(problems(told.statement)) == []


def _savers(offer: Offer) -> list[int]:
    return list(dict.fromkeys(offer.commitments.order_by("pk").values_list("saver_id", flat=True)))


def _account(account: Account, ranks: dict[int, str]) -> str:
    owner = "" if account.party_id is None else ranks.get(account.party_id, "owner")
    return f"{account.number} {owner}".strip()
