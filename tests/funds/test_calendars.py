"""Dated steps and the loan's example: the figures beside the risk are those of the schedule and of today's levies."""

from datetime import UTC, date, datetime

import pytest

from fres.kernel.money import to_cents
from funds.calendars import commitment_steps, loan_example, offer_steps
from funds.servicing.amortisation import schedule
from tests.funds.campaign_scenes import NOW
from tests.funds.factories import CommitmentFactory, OfferFactory, PaymentFactory, euros

pytestmark = pytest.mark.django_db


def labels(steps):
    return [step.label for step in steps]


def now(steps):
    return [step.label for step in steps if step.status == "now"]


def test_an_open_loan_tells_its_whole_calendar_in_order():
    steps = offer_steps(OfferFactory(open=True), at=NOW)
    assert [(step.on, step.status) for step in steps] == [
        (date(2026, 10, 1), "done"),
        (date(2026, 11, 23), "now"),
        (date(2026, 12, 31), ""),
        (date(2027, 1, 4), ""),
        (date(2027, 1, 26), ""),
        (date(2027, 2, 26), ""),
        (date(2029, 1, 26), ""),
    ]
    assert labels(steps)[1] == "Aujourd’hui"


def test_a_gift_has_no_reflection_and_no_instalment():
    steps = offer_steps(OfferFactory(gift=True, open=True), at=NOW)
    assert len(steps) == 4
    assert not any("réflexion" in label for label in labels(steps))


def test_a_decided_offer_says_what_was_decided_and_when():
    steps = offer_steps(OfferFactory(succeeded=True, decided_at=NOW), at=datetime(2026, 12, 1, tzinfo=UTC))
    decided = next(step for step in steps if "Réussie" in step.label)
    assert (decided.on, decided.status) == (date(2026, 11, 23), "done")
    assert now(steps) == []


def test_the_example_adds_up_to_the_cent():
    offer = OfferFactory(open=True, rate_bp=350, months=48)
    example, drawing = loan_example(offer, at=NOW)
    lines = schedule(principal_cents=50_000, rate_bp=350, months=48, first_due_on=date(2027, 2, 26))
    assert example.amount == euros(500)
    assert to_cents(example.interest) == sum(line.interest_cents for line in lines)
    assert example.received == example.amount + example.interest - example.levies
    assert str(example.levy_rate.normalize()) == "31.4"
    assert drawing.table.rows[-1][0] == "Total"
    assert loan_example(OfferFactory(gift=True), at=NOW) is None


def test_the_example_stays_within_the_tickets():
    assert loan_example(OfferFactory(ticket_minimum=euros(1_000)), at=NOW)[0].amount == euros(1_000)
    assert loan_example(OfferFactory(ticket_maximum=euros(100)), at=NOW)[0].amount == euros(100)


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({}, "Fin du délai de réflexion"),
        ({"confirmed": True}, "À payer, au plus tard"),
        ({"cleared": True}, "Décision de l’offre, au plus tard"),
        ({"settled": True}, None),
        ({"revoked": True}, None),
    ],
)
def test_a_commitment_tells_its_one_present_step(fields, step):
    commitment = CommitmentFactory(offer=OfferFactory(open=True), **fields)
    steps = commitment_steps(commitment, at=NOW)
    assert now(steps) == ([step] if step else [])
    assert [one.on for one in steps] == sorted(one.on for one in steps)
    assert labels(steps)[0] == "Engagement enregistré"


def test_the_steps_of_the_payment_stand_among_those_of_the_commitment():
    commitment = CommitmentFactory(offer=OfferFactory(open=True), cleared=True)
    PaymentFactory(commitment=commitment, cleared=True)
    assert "Encaissé" in labels(commitment_steps(commitment, at=NOW))
