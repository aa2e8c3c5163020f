from datetime import date, timedelta

import pytest
from django.urls import reverse

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.books import check_books, record_check
from funds.chart import Purpose
from funds.ledger import account_for
from funds.models import BooksCheck, PayeeAccount, PayoutOrder
from funds.sealing import seal_entries
from funds.solvency import solvency
from tests.funds.books_scenes import post
from tests.funds.factories import NOW, CommitmentFactory, LegalEntityFactory, OfferFactory, euros
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 20)


@pytest.fixture
def offer():
    """An open offer with 100 € cleared and in the books, 30 € reserved."""
    offer = OfferFactory(open=True)
    commitment = CommitmentFactory(cleared=True, offer=offer)
    CommitmentFactory(confirmed=True, offer=offer, amount=euros(30))
    CommitmentFactory(revoked=True, offer=offer)
    held = account_for(offer.books, Purpose.SAVER_MONEY, party=commitment.saver, offer=offer)
    post(offer.books, "in", (account_for(offer.books, Purpose.PROVIDER), held, 10_000), on=ON)
    return offer


def block(page, entity):
    return next(one for one in page.entities if one.siren == entity.siren)


def test_what_is_held_for_others_is_told_apart_from_the_entitys_own_money(offer):
    page = solvency(on=ON)
    assert page.totals.held == page.totals.owed == page.totals.bank == euros(100)
    assert page.totals.gap == page.totals.in_projects == euros(0)
    rows = block(page, offer.books).rows
    assert [(str(row.name), row.held_total, row.owed_total) for row in rows] == [
        ("Argent reçu, campagne non décidée", euros(100), euros(100)),
        ("Argent de l’entité", euros(50_000), euros(50_000)),
    ]
    assert block(page, offer.books).total.gap == euros(0)


def test_a_shortfall_shows_as_a_gap_in_what_is_held_for_others(offer):
    spent = account_for(offer.books, Purpose.PROVIDER_FEES), account_for(offer.books, Purpose.PROVIDER)
    post(offer.books, "spent", (*spent, 5_000_400), on=ON)
    page = solvency(on=ON)
    assert page.totals.gap == from_cents(-400)


def test_each_fund_says_what_it_collected_engaged_paid_and_owes(offer):
    manager, treasurer = UserFactory(), UserFactory()
    payee = PayeeAccount.objects.create(
        party=offer.project.organisation.party, provider_id="acct_1", can_receive=True, checked_at=NOW
    )
    PayoutOrder.objects.create(
        offer=offer, payee=payee, amount=euros(60), state="PAID", prepared_by=manager, prepared_at=NOW,
        approved_by=treasurer, approved_at=NOW, paid_at=NOW,
    )  # fmt: skip
    (line,) = block(solvency(on=ON), offer.fund.entity).funds
    assert (line.collected, line.committed, line.invested, line.owed) == (euros(100), euros(30), euros(60), euros(100))


def test_a_night_with_one_failed_check_is_a_failed_night_and_failures_stay():
    problem = {"check": "Chaque encaissement a son écriture", "where": "payment x", "message": "nothing"}
    for days, problems in ((40, [problem]), (2, []), (1, [problem, problem]), (1, []), (0, [])):
        BooksCheck.objects.create(
            checked_at=NOW - timedelta(days=days), entries=1, transfers=1, problems=problems
        )  # fmt: skip
    page = solvency(on=clock.local(NOW).date())
    assert [night.is_right for night in page.nights] == [True, False, True]
    assert [failure.problems for failure in page.failures] == [
        ("Faux pour 2 lignes : « Chaque encaissement a son écriture ».",),
        ("Faux pour une ligne : « Chaque encaissement a son écriture ».",),
    ]
    assert page.check.problems == ()


def test_the_page_is_open_to_all_and_shows_the_last_check_and_seal(client, offer):
    seal_entries(entity=offer.books, at=NOW)
    with clock.freeze(NOW):
        record_check(check_books(NOW))
        response = client.get(reverse("funds:solvency"))
    assert response.status_code == 200
    text = response.content.decode()
    assert "Les comptes sont justes, au centime près" in text
    assert offer.fund.name.replace("'", "&#x27;") in text


def test_the_page_of_empty_books_says_that_nothing_was_checked(client):
    LegalEntityFactory()
    response = client.get(reverse("funds:solvency"))
    assert "Les comptes n’ont pas encore été contrôlés" in response.content.decode()
