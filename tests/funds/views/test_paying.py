"""The pages of payments: a saver pays once, comes back, follows the steps; nobody sees another's."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from fres.kernel.messages import deliver
from fres.kernel.models import Message
from funds.models import Payment, Refund
from funds.states import CommitmentState, PaymentState
from tests.funds.factories import CommitmentFactory
from tests.funds.payments.conftest import _application, _running, gateway, provider, server  # noqa: F401
from tests.funds.payments.scenes import Provider, a_commitment, assert_books_right
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(provider: Provider, settings, clock):  # noqa: F811
    """The site on the provider's clock, speaking to the test server."""
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = provider.server.secret_key, provider.server.url
    settings.STRIPE_WEBHOOK_SECRET = provider.server.webhook_secret
    clock.move_to(provider.now)

    def advance(**duration: float) -> None:
        provider.advance(**duration)
        clock.move_to(provider.now)

    provider.pass_time = advance  # type: ignore[attr-defined]
    return provider


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response) -> str:
    return response.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def pay(commitment) -> str:
    return reverse("funds:pay", args=[commitment.uuid])


def page(payment) -> str:
    return reverse("funds:payment", args=[payment.uuid])


def test_a_saver_is_sent_to_the_hosted_page_and_comes_back_to_dated_steps(site):
    commitment = a_commitment()
    client = browser(commitment.by)
    sent = client.post(pay(commitment))
    payment = Payment.objects.get()
    assert (sent.status_code, sent.headers["Location"]) == (302, payment.checkout_url)
    redirect = site.server.choose(payment.checkout_id, "card_paid")["redirect"]
    assert reverse("funds:payment_return", args=[payment.uuid]) in redirect
    shown = client.get(reverse("funds:payment_return", args=[payment.uuid]), follow=True)
    assert shown.redirect_chain[-1][0] == page(payment)
    assert "Votre paiement est encaissé" in text(shown)
    assert "Ne peut plus être contesté sans motif" in text(shown)
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.CLEARED
    assert_books_right()


def test_a_slow_debit_is_told_as_normal_and_its_second_payment_refused(site):
    commitment = a_commitment()
    client = browser(commitment.by)
    client.post(pay(commitment))
    payment = Payment.objects.get()
    site.choose(payment, "sepa_paid")
    client.get(reverse("funds:payment_return", args=[payment.uuid]))
    shown = text(client.get(page(payment)))
    assert "Votre banque n’a pas encore répondu" in shown
    assert "Transmis à votre banque" in shown
    again = client.post(pay(commitment), follow=True)
    assert "Ne payez pas une seconde fois" in text(again)
    assert Payment.objects.count() == 1
    site.pass_time(days=6)
    call_command("sync_payments", stdout=(out := io.StringIO()))
    assert out.getvalue().splitlines()[-1] == "payments synced: 1 asked, 1 changed, 0 unanswered, 0 broken"
    assert "Votre paiement est encaissé" in text(client.get(page(payment)))


def test_a_refused_debit_says_why_and_offers_to_pay_again(site):
    commitment = a_commitment()
    client = browser(commitment.by)
    client.post(pay(commitment))
    payment = Payment.objects.get()
    site.choose(payment, "sepa_insufficient_funds")
    site.pass_time(days=3, minutes=5)
    client.get(reverse("funds:payment_return", args=[payment.uuid]))
    shown = text(client.get(page(payment)))
    assert "provision insuffisante" in shown
    assert pay(commitment) in shown
    client.post(pay(commitment))
    assert Payment.objects.count() == 2


def test_clicking_twice_opens_one_page(site):
    commitment = a_commitment()
    client = browser(commitment.by)
    first, second = client.post(pay(commitment)), client.post(pay(commitment))
    assert first.headers["Location"] == second.headers["Location"]
    assert Payment.objects.count() == 1


def test_a_provider_that_does_not_answer_is_told_in_french_and_nothing_is_lost(site):
    commitment = a_commitment()
    client = browser(commitment.by)
    site.server.fail("drop_before", method="POST", path="/v1/checkout/sessions", times=3)
    shown = text(client.post(pay(commitment), follow=True))
    assert "Le prestataire de paiement ne répond pas" in shown
    assert client.post(pay(commitment)).headers["Location"] == Payment.objects.get().checkout_url


def test_the_sync_fails_loudly_when_the_provider_does_not_answer(site):
    commitment = a_commitment()
    payment = site.pay(commitment, "sepa_paid")
    site.server.fail("drop_before", method="GET", times=50)
    with pytest.raises(CommandError, match="unanswered"):
        call_command("sync_payments", stdout=io.StringIO(), stderr=io.StringIO())
    payment.refresh_from_db()
    assert payment.state == PaymentState.PROCESSING


@pytest.mark.parametrize("name", ["payment", "payment_return"])
def test_somebody_else_does_not_know_of_a_payment(site, name: str):
    payment = site.pay(a_commitment())
    assert browser(UserFactory()).get(reverse(f"funds:{name}", args=[payment.uuid])).status_code == 404
    assert Client().get(reverse(f"funds:{name}", args=[payment.uuid])).status_code == 302


def test_nobody_pays_or_gives_back_what_is_not_theirs(site):
    commitment = a_commitment(gift=True)
    stranger = browser(UserFactory())
    assert stranger.post(pay(commitment)).status_code == 404
    site.pay(commitment)
    assert stranger.post(reverse("funds:refund", args=[commitment.uuid])).status_code == 404
    assert not Refund.objects.exists()


def test_a_commitment_still_in_reflection_cannot_be_paid(site):
    commitment = CommitmentFactory()
    shown = text(browser(commitment.by).post(pay(commitment), follow=True))
    assert "Le délai de réflexion court encore" in shown
    assert not Payment.objects.exists()


def test_a_donor_has_a_gift_given_back_and_reads_it(site):
    commitment = a_commitment(gift=True)
    site.pay(commitment)
    client = browser(commitment.by)
    shown = client.post(reverse("funds:refund", args=[commitment.uuid]), follow=True)
    assert "Votre don vous sera rendu en entier" in text(shown)
    call_command("sync_payments", stdout=io.StringIO())
    payment = Payment.objects.get()
    shown = text(client.get(page(payment)))
    assert "Ce paiement est rendu ou contesté" in shown
    assert "Demande du donateur" in shown
    again = text(client.post(reverse("funds:refund", args=[commitment.uuid]), follow=True))
    assert "Ce n’est plus le cas de celui-ci" in again
    assert Refund.objects.count() == 1


def test_every_message_of_payments_renders_in_text_and_page(site):
    gift = a_commitment(gift=True)
    site.pay(gift, "card_refund_fails")
    browser(gift.by).post(reverse("funds:refund", args=[gift.uuid]))
    site.pay(a_commitment(), "sepa_insufficient_funds")
    site.pay(a_commitment(), "card_disputed")
    late = a_commitment()
    site.pay(late, "sepa_paid")
    late.refresh_from_db()
    late.state = CommitmentState.EXPIRED
    late.save(update_fields=["state"])
    site.repair()
    site.pass_time(days=35)
    site.repair()
    told = list(Message.objects.filter(template__startswith="payments/"))
    assert {message.template.partition("/")[2] for message in told} == {
        "processing", "cleared", "failed", "returning", "refunded", "refund_came_back", "contested",
    }  # fmt: skip
    for message in told:
        deliver(message=message, at=site.now)
        message.refresh_from_db()
        for part in (message.subject, message.body, message.body_html):
            assert part
            assert "unknown variable" not in part
            assert "&#x27;" not in part or part is message.body_html
        assert (
            "/remboursements/" if message.template == "payments/refund_came_back" else "/paiements/"
        ) in message.body
