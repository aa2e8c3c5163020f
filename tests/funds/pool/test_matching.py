from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from djmoney.money import Money
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funds.books import check_books
from funds.closing import decide_offer
from funds.models import MatchingFund
from funds.pool.errors import GuaranteeRefused, MatchingRefused, MirrorRefused
from funds.pool.guarantees import call_guarantee, figures_of, grant_guarantee, open_envelope
from funds.pool.matching_funds import (
    last_year,
    left_cents,
    match_cents,
    match_offer,
    matched_cents,
    open_matching,
    release_matches,
    simulate_matching,
)
from funds.pool.mirror import open_currency, record_exchange
from tests.funds.campaign_scenes import a_saver, clear, commit
from tests.funds.factories import NOW, OfferFactory, euros
from tests.funds.pool.scenes import a_compartment, a_matching_fund
from tests.investors.factories import UserFactory
from tests.projects.factories import ProjectFactory

pytestmark = pytest.mark.django_db


def an_open_fund(fund, **fields):
    matching = a_matching_fund(fund, created_by=UserFactory(), **fields)
    simulate_matching(matching=matching, year=last_year(NOW), at=NOW)
    return open_matching(matching=matching, by=UserFactory(), at=NOW)


def a_campaign(**fields):
    return OfferFactory(gift=True, open=True, **{"minimum": euros(100), "maximum": euros(10_000), **fields})


def give(offer, amount):
    return clear(commit(offer, a_saver(), euros(amount)))


def test_a_match_follows_cleared_citizen_money_once_with_its_reason_and_its_entry():
    offer = a_campaign()
    matching = an_open_fund(offer.fund)
    assert match_offer(offer=offer, at=NOW) == []
    give(offer, 101)
    (match,) = match_offer(offer=offer, at=NOW)
    assert (match.amount, match_offer(offer=offer, at=NOW)) == (euros("50.50"), [])
    assert "50,50" in match.reason and match.entry.entity == matching.entity
    give(offer, 99)
    match_offer(offer=offer, at=NOW)
    assert (matched_cents(offer), left_cents(matching)) == (10_000, 190_000)
    assert check_books().is_right


def test_a_match_counts_towards_success_and_goes_back_when_the_campaign_fails():
    offer = a_campaign(minimum=euros(150), maximum=euros(150))
    an_open_fund(offer.fund)
    give(offer, 100)
    match_offer(offer=offer, at=NOW)
    late = NOW + timedelta(days=400)
    assert decide_offer(offer=offer, at=late).state == "SUCCEEDED"
    failing = a_campaign(fund=offer.fund, minimum=euros(200), maximum=euros(300))
    give(failing, 100)
    match_offer(offer=failing, at=NOW)
    assert decide_offer(offer=failing, at=late).state == "FAILED"
    assert release_matches(offer=failing, at=late) == 1 and matched_cents(failing) == 0
    assert release_matches(offer=failing, at=late) == 0


def test_an_open_fund_is_locked_even_for_sql():
    matching = an_open_fund(OfferFactory().fund)
    with pytest.raises(DatabaseError), transaction.atomic():
        MatchingFund.objects.filter(pk=matching.pk).update(ratio="2")
    with pytest.raises(MatchingRefused):
        simulate_matching(matching=matching, year=2025, at=NOW)


def test_a_fund_opens_once_tried_and_by_another_person():
    author = UserFactory()
    matching = a_matching_fund(created_by=author)
    with pytest.raises(MatchingRefused):
        open_matching(matching=matching, by=UserFactory(), at=NOW)
    simulate_matching(matching=matching, year=2025, at=NOW)
    with pytest.raises(MatchingRefused):
        open_matching(matching=matching, by=author, at=NOW)
    with pytest.raises(MatchingRefused):
        open_matching(matching=matching, by=UserFactory(), at=NOW + timedelta(days=400))


@given(citizen=st.integers(0, 10**9), savers=st.integers(0, 50), left=st.integers(0, 200_000), least=st.integers(0, 30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_match_never_passes_its_ratio_its_cap_or_what_is_left(citizen, savers, left, least):
    matching = MatchingFund(ratio="0.3333", cap=euros(500), budget=euros(2_000), needs_minimum=least)
    cents = match_cents(matching, citizen_cents=citizen, savers=savers, left_cents=left)
    assert 0 <= cents <= min(50_000, left) and cents * 10_000 <= citizen * 3_333
    if savers < least:
        assert cents == 0


def test_a_local_currency_is_exchanged_at_par_and_never_returned_beyond_what_circulates():
    compartment = a_compartment()
    common = {"keeper": compartment.issuer, "compartment": compartment, "on": NOW.date()}
    with pytest.raises(MirrorRefused):
        open_currency(code="ZZZ", name="Inconnue", network="Aucun", **common)
    currency = open_currency(code="TRL", name="Terril", network="Commerces", **common)
    by = UserFactory()

    def change(kind, units, reference):
        return record_exchange(
            currency=currency, kind=kind, units=units, party=None, by=by, at=NOW, reference=reference
        )

    change("IN", Money("30.50", "TRL"), "A")
    for kind, units, reference in (
        ("IN", Money(1, "EUR"), "B"), ("IN", Money(-1, "TRL"), "B"), ("IN", Money("0.001", "TRL"), "B"),
        ("IN", Money(1, "TRL"), "A"), ("OUT", Money(31, "TRL"), "B"), ("IN", Money(1, "TRL"), " "),
    ):  # fmt: skip
        with pytest.raises(MirrorRefused):
            change(kind, units, reference)
    exchange = change("OUT", Money(10, "TRL"), "B")
    exchange.refresh_from_db()
    assert str(exchange.units.currency) == "TRL" and currency.exchanges.count() == 2
    assert check_books().is_right


def test_an_envelope_keeps_its_quota_its_cap_and_its_multiple():
    compartment, by = a_compartment(), UserFactory()
    terms = {
        "fund": compartment.fund, "entity": compartment.issuer, "code": "g", "name": "G", "financed_by": "Région",
        "endowment": euros(1_000), "quota_bp": 5_000, "cap": euros(1_500), "multiplier": 2, "by": by, "at": NOW,
    }  # fmt: skip
    with pytest.raises(GuaranteeRefused):
        open_envelope(**{**terms, "quota_bp": 10_001})
    envelope = open_envelope(**terms)
    project = ProjectFactory()

    def guarantee(loan, amount, of=project):
        return grant_guarantee(
            envelope=envelope, project=of, lender="Banque", loan_amount=euros(loan), amount=euros(amount), by=by, at=NOW
        )

    for loan, amount in ((1_000, 501), (10_000, 1_501), (0, 1)):
        with pytest.raises(GuaranteeRefused):
            guarantee(loan, amount)
    first = guarantee(3_000, 1_500)
    with pytest.raises(GuaranteeRefused):
        guarantee(2_000, 501, ProjectFactory())
    with pytest.raises(GuaranteeRefused):
        call_guarantee(guarantee=first, amount=euros(1_001), by=by, at=NOW, reason="Défaut")
    call_guarantee(guarantee=first, amount=euros(600), by=by, at=NOW, reason="Défaut")
    assert figures_of(envelope).ceiling_cents == 80_000
    assert check_books().is_right
