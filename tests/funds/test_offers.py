"""Opening a campaign: every reason why not, the dated limits, and what the demonstration alone may do (ruling B5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.parameters import ParameterMissing
from funds import offers
from funds.limits import RULES, limits_at, months_before, owner_total_cents, unenforced_rules
from funds.offers import check_offer, open_offer, resume_offer, settles_on_for, suspend_offer
from funds.states import OfferState
from projects.states import AwardState
from tests.funds.campaign_scenes import NOW
from tests.funds.factories import LegalEntityFactory, OfferFactory, euros
from tests.investors.factories import UserFactory

declared = {"raised_elsewhere_declared_on": date(2026, 11, 1)}


def reasons(offer):
    return {type(one) for one in check_offer(offer=offer, at=NOW)}


def loan(**fields):
    return OfferFactory(**(declared | fields))


@pytest.fixture
def manager(db):
    return UserFactory()


def test_an_offer_that_meets_every_rule_opens_and_says_who_opened_it(manager):
    opened = open_offer(offer=loan(), by=manager, at=NOW)
    assert (opened.state, opened.opened_at, opened.opened_by) == (OfferState.OPEN, NOW, manager)


def test_outside_of_the_demonstration_a_loan_waits_for_every_protective_rule(manager, settings):
    settings.DEMONSTRATION = False
    with pytest.raises(offers.ProtectionMissing) as refused:
        open_offer(offer=loan(), by=manager, at=NOW)
    for code in ("E07", "E09", "E13"):
        assert code in refused.value.message
    assert open_offer(offer=OfferFactory(gift=True), by=manager, at=NOW).state == OfferState.OPEN


@pytest.mark.parametrize(
    "state", [AwardState.SUSPENDED, AwardState.WITHDRAWN, AwardState.EXPIRED, AwardState.CLAIMED, AwardState.REFUSED]
)
def test_no_offer_without_a_label_in_force(manager, state):
    offer = loan()
    offer.award.state, offer.award.published_reason = state, "Comptes non fournis"
    offer.award.save()
    assert reasons(offer) == {offers.LabelMissing}


@pytest.mark.parametrize("state", [AwardState.GRANTED, AwardState.RENEWAL_DUE, AwardState.VERIFIED])
def test_a_label_granted_verified_or_to_renew_is_in_force(manager, state):
    offer = loan()
    offer.award.state = state
    offer.award.save()
    assert reasons(offer) == set()


def test_a_label_out_of_its_dates_of_another_or_not_accepted_does_not_count(manager):
    late, other, foreign = loan(), loan(), loan()
    late.award.valid_to = date(2026, 11, 22)
    late.award.save()
    other.award = late.award
    other.save()
    foreign.fund.accepted_labels = ["ESUS@2019"]
    foreign.fund.save()
    for offer in (late, other, foreign):
        assert reasons(offer) == {offers.LabelMissing}


def test_the_operator_borrows_from_nobody_here(manager):
    offer = loan()
    LegalEntityFactory(
        operator=True, party=offer.project.organisation.party, siren=offer.project.organisation.party.siren
    )
    assert reasons(offer) == {offers.OperatorInvolved}


def test_the_decision_leaves_time_to_reflect_to_pay_and_to_clear(manager):
    offer = loan(settles_on=date(2027, 1, 25))
    assert reasons(offer) == {offers.DatesUnfit}
    earliest = settles_on_for(offer.closes_at, limits=limits_at(date(2026, 11, 23)))
    assert earliest == date(2027, 1, 26)
    assert reasons(loan(settles_on=earliest)) == set()
    assert settles_on_for(offer.closes_at, limits=limits_at(date(2026, 11, 23)), is_gift=True) == date(2027, 1, 21)
    assert reasons(loan(closes_at=NOW)) == {offers.DatesUnfit}


def test_an_owner_declares_what_was_raised_elsewhere(manager):
    assert reasons(OfferFactory()) == {offers.OwnerCapExceeded}


def million(amount, **fields):
    return loan(maximum=euros(amount), ticket_maximum=euros(1_000), **fields)


def test_exactly_five_million_is_within_and_a_cent_more_is_not(manager):
    assert reasons(million(1_800_000, raised_elsewhere=euros(3_200_000))) == set()
    assert reasons(million("1800000.01", raised_elsewhere=euros(3_200_000))) == {offers.OwnerCapExceeded}


def test_the_owner_s_other_offers_count_for_a_year_back_and_no_more(manager):
    first = million(3_200_000)
    organisation = first.project.organisation
    open_offer(offer=first, by=manager, at=NOW)
    launch = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    new = million("1800000.01", project__organisation=organisation, opens_at=launch)
    assert reasons(new) == {offers.OwnerCapExceeded}
    first.refresh_from_db()
    first.opens_at = datetime(2025, 11, 19, 8, 0, tzinfo=UTC)  # twelve months and a day before
    first.save(update_fields=["opens_at"])
    assert reasons(new) == set()
    first.opens_at = datetime(2025, 11, 20, 8, 0, tzinfo=UTC)
    first.save(update_fields=["opens_at"])
    assert reasons(new) == {offers.OwnerCapExceeded}


def test_an_offer_that_failed_counts_for_nothing(manager):
    failed = million(5_000_000, failed=True)
    assert reasons(million(5_000_000, project__organisation=failed.project.organisation)) == set()


def test_receipts_are_promised_only_by_who_may_give_them(manager):
    offer = OfferFactory(gift=True, gives_receipt=True, receipt_rights=False)
    assert reasons(offer) == {offers.ReceiptRightMissing}
    assert reasons(OfferFactory(gift=True, receipts=True)) == set()


def test_a_suspended_offer_resumes_only_with_its_label(manager):
    offer = open_offer(offer=loan(), by=manager, at=NOW)
    offer = suspend_offer(offer=offer, by=manager, at=NOW, reason="Question sans réponse")
    assert offer.state == OfferState.SUSPENDED
    offer.award.state, offer.award.published_reason = AwardState.SUSPENDED, "Comptes non fournis"
    offer.award.save()
    with pytest.raises(offers.LabelMissing):
        resume_offer(offer=offer, by=manager, at=NOW, reason="Réponse donnée")
    offer.award.state = AwardState.GRANTED
    offer.award.save()
    assert resume_offer(offer=offer, by=manager, at=NOW, reason="Réponse donnée").state == OfferState.OPEN


def test_every_reason_is_told_at_once(manager, settings):
    settings.DEMONSTRATION = False
    offer = OfferFactory(closes_at=NOW - timedelta(days=1))
    offer.fund.accepted_labels = []
    offer.fund.save()
    with pytest.raises(offers.OfferNotReady) as refused:
        open_offer(offer=offer, by=manager, at=NOW)
    assert {type(one) for one in refused.value.reasons} == {
        offers.DatesUnfit,
        offers.LabelMissing,
        offers.ProtectionMissing,
        offers.OwnerCapExceeded,
        offers.SheetMissing,
    }


# ---- Dated limits ----


def test_limits_are_those_of_their_day_and_none_are_invented(db):
    limits = limits_at(date(2026, 11, 23))
    assert (limits.owner_cap_cents, limits.owner_cap_months) == (500_000_000, 12)
    assert (limits.reflection_hours, limits.reflection_days, limits.payment_days) == (96, 4, 7)
    assert limits.proposal_lasts == timedelta(hours=72)
    assert limits.gift_saver_project_cap_cents is None
    assert set(limits.rows) >= {"ecspr.offer_cap", "offer.reflection_days"}
    with pytest.raises(ParameterMissing):
        limits_at(date(2001, 1, 1))


def test_a_loan_whose_paying_agent_keeps_other_books_does_not_open(manager):
    offer = loan(paying_agent=LegalEntityFactory())
    with pytest.raises(offers.PayingAgentElsewhere, match="établissement payeur"):
        open_offer(offer=offer, by=manager, at=NOW)
    offer.refresh_from_db()
    assert offer.state == OfferState.PREPARED


def test_the_rules_still_missing_are_the_ones_the_ruling_names():
    assert [rule.code for rule in unenforced_rules()] == ["E07", "E09", "E13"]
    assert all(
        RULES[code].is_enforced
        for code in ("E06", "E08", "E10", "E11", "E12", "E14", "E16", "E17", "E18", "E19", "E20", "E21")
    )


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        (date(2026, 11, 23), 12, date(2025, 11, 23)),
        (date(2028, 2, 29), 12, date(2027, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
    ],
)
def test_months_before_keeps_the_day_or_takes_the_last_of_a_shorter_month(on, months, expected):
    assert months_before(on, months) == expected


@given(st.dates(date(2000, 1, 31), date(2100, 12, 31)), st.integers(0, 48))
def test_months_before_is_never_later_and_goes_back_by_whole_months(on, months):
    before = months_before(on, months)
    assert before <= on
    assert (on.year * 12 + on.month) - (before.year * 12 + before.month) == months
    assert before.day <= on.day


def test_the_vectors_of_the_threshold():
    assert owner_total_cents(raised=320_000_000, raised_elsewhere=0, new_maximum=180_000_000) == 500_000_000
