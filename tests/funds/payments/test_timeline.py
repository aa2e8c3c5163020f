"""A payment told as dated steps."""

from datetime import timedelta

import pytest

from funds.payments.timeline import payment_steps
from tests.funds.payments.scenes import Provider, a_commitment

pytestmark = pytest.mark.django_db


def told(payment, at) -> list[tuple[str, str]]:
    return [(step.label, step.status) for step in payment_steps(payment, at=at)]


def test_a_debit_from_its_page_to_the_day_it_can_no_longer_be_contested(provider: Provider):
    payment = provider.start(a_commitment())
    assert told(payment, provider.now) == [("Demandé", "done"), ("À terminer sur la page de paiement", "now")]
    provider.choose(payment, "sepa_paid")
    payment = provider.refresh(payment)
    steps = payment_steps(payment, at=provider.now)
    assert [step.label for step in steps] == [
        "Demandé", "Transmis à votre banque", "Réponse de votre banque attendue",
    ]  # fmt: skip
    assert steps[1].detail  # last figures and mandate
    assert steps[-1].on > steps[1].on
    provider.advance(days=6)
    payment = provider.refresh(payment)
    labels = [("Demandé", "done"), ("Transmis à votre banque", "done"), ("Encaissé", "done")]
    assert told(payment, provider.now) == [*labels, ("Ne peut plus être contesté sans motif", "")]
    much_later = provider.now + timedelta(days=60)
    assert told(payment, much_later) == [*labels, ("Ne peut plus être contesté sans motif", "done")]


@pytest.mark.parametrize(
    ("outcome", "days", "last"),
    [
        ("sepa_account_closed", 4, ("Refusé", "failed")),
        ("", 2, ("Page de paiement fermée", "failed")),
        ("card_disputed", 30, ("Contesté auprès de la banque", "failed")),
    ],
)
def test_what_went_wrong_is_a_step_too(provider: Provider, outcome: str, days: int, last: tuple[str, str]):
    payment = provider.start(a_commitment())
    if outcome:
        provider.choose(payment, outcome)
        provider.refresh(payment)
    provider.advance(days=days)
    payment = provider.refresh(payment)
    assert told(payment, provider.now)[-1] == last
