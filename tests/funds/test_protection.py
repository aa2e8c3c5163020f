"""What stands before a loan, in the commitment itself: E06 to E08, the alert threshold E13, the class, E24."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from fres.kernel import locked_texts
from fres.kernel.access import Role
from fres.kernel.money import from_cents
from funds import commitment_rules as rules
from funds import offers
from funds.commitment_rules import CommitmentRefused
from funds.commitments import check_commitment, commit_to_offer
from funds.limits import RULES, gate_of, limits_at, unenforced_rules
from funds.models import Commitment
from funds.offers import check_offer
from funds.payments.charging import IdentityNotVerified, start_payment
from funds.servicing.payouts import why_not_payable
from investors.models import LossSimulation
from investors.protection.assessing import (
    acknowledge_warning,
    record_simulation,
    refuse_assessment,
    take_assessment,
)
from investors.protection.classifying import approve_class
from tests.funds.factories import CommitmentFactory, OfferFactory, euros
from tests.investors.factories import (
    EntryAssessmentFactory,
    LossSimulationFactory,
    PartyFactory,
    RoleGrantFactory,
    TaxResidenceFactory,
)
from tests.investors.protection.scenes import a_request, answers
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
YEAR_END = date(2025, 12, 31)


def a_saver(**fields):
    saver = PartyFactory(**({"ready": False} | fields))
    TaxResidenceFactory(party=saver)
    return saver


def refused(offer, saver, amount=100, at=NOW):
    found = check_commitment(offer=offer, saver=saver, amount=euros(amount), by=saver.user, at=at)
    return [one.rule for one in found]


def lend(offer, saver, amount, at=NOW):
    return commit_to_offer(offer=offer, saver=saver, amount=euros(amount), by=saver.user, at=at)


def sends(saver, result):
    return record_simulation(party=saver, result=euros(result), reference_date=YEAR_END, by=saver.user, at=NOW)


def test_whoever_did_neither_step_hears_of_both_and_lends_once_they_are_done():
    offer, saver = OfferFactory(open=True), a_saver()
    assert refused(offer, saver) == ["E06", "E08"]
    with pytest.raises(rules.EntryTestMissing, match="moins de deux ans") as told:
        lend(offer, saver, 100)
    assert told.value.next_step
    take_assessment(party=saver, answers=answers(), by=saver.user, at=NOW)
    assert refused(offer, saver) == ["E08"]
    record_simulation(party=saver, result=None, reference_date=None, by=saver.user, at=NOW)
    assert refused(offer, saver) == []
    assert lend(offer, saver, 100).saver_class == "RETL"


def test_a_gift_asks_for_none_of_it():
    assert refused(OfferFactory(open=True, gift=True), a_saver()) == []


@pytest.mark.parametrize("outcome", ["failed", "refused"])
def test_a_questionnaire_failed_or_refused_is_gated_by_the_warning_never_by_the_result(outcome):
    offer, saver = OfferFactory(open=True), a_saver()
    if outcome == "failed":
        take_assessment(party=saver, answers=answers(wrong=10), by=saver.user, at=NOW)
    else:
        refuse_assessment(party=saver, by=saver.user, at=NOW)
    LossSimulationFactory(party=saver)
    assert refused(offer, saver) == ["E07"]
    acknowledge_warning(party=saver, by=saver.user, at=NOW)
    assert lend(offer, saver, 1_000).pk


def test_both_steps_end_the_day_they_say_and_what_was_lent_stays():
    offer, saver = OfferFactory(open=True), a_saver()
    EntryAssessmentFactory(party=saver, expires_on=date(2026, 11, 24))
    LossSimulationFactory(party=saver, expires_on=date(2026, 11, 24))
    made = lend(offer, saver, 100)
    tomorrow = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # the 24th in Paris
    assert refused(offer, saver, at=tomorrow) == ["E06", "E08"]
    made.refresh_from_db()
    assert made.state == "IN_REFLECTION"


def test_the_thresholds_of_the_fact_sheet_are_exact():
    limits = limits_at(NOW.date())
    for net_worth_tenth, gate in ((2_860_00, 1_430_00), (700_00, 1_000_00), (0, 1_000_00), (7_000_00, 3_500_00)):
        assert gate_of(limits, net_worth_tenth) == gate
    assert gate_of(limits, 2_000_00) == 1_000_00
    assert gate_of(limits, 2_000_01) == Decimal("100000.5")
    assert gate_of(limits, None) == 1_000_00
    assert gate_of(replace(limits, gate_share=Decimal("0.10")), 2_860_00) == 2_860_00


def test_beyond_the_threshold_a_questionnaire_that_was_failed_no_longer_suffices():
    offer, saver = OfferFactory(open=True), a_saver()
    take_assessment(party=saver, answers=answers(wrong=10), by=saver.user, at=NOW)
    acknowledge_warning(party=saver, by=saver.user, at=NOW)
    sends(saver, 2_860)
    assert refused(offer, saver, "1430") == []
    assert refused(offer, saver, "1430.01") == ["E13"]
    take_assessment(party=saver, answers=answers(), by=saver.user, at=NOW)
    assert refused(offer, saver, "1430.01") == []


def test_a_sum_split_on_one_offer_is_added_up_and_another_offer_is_not():
    offer, saver = OfferFactory(open=True), a_saver()
    EntryAssessmentFactory(party=saver, refused=True)
    acknowledge_warning(party=saver, by=saver.user, at=NOW)
    sends(saver, 2_860)
    lend(offer, saver, 900)
    with pytest.raises(rules.UnderstandingUnproven, match=r"1\s500,00.*1\s430,00") as told:
        lend(offer, saver, 600)
    assert "530,00" in told.value.next_step
    assert lend(OfferFactory(open=True), saver, 600).pk
    assert Commitment.objects.filter(saver=saver).count() == 2


def test_a_result_withheld_leaves_the_threshold_at_its_floor():
    offer, saver = OfferFactory(open=True), a_saver()
    EntryAssessmentFactory(party=saver, failed=True)
    acknowledge_warning(party=saver, by=saver.user, at=NOW)
    sends(saver, 7_000)
    record_simulation(party=saver, result=None, reference_date=None, by=saver.user, at=NOW)
    assert refused(offer, saver, 1_000) == []
    assert refused(offer, saver, "1000.01") == ["E13"]


def test_a_sophisticated_investor_needs_none_of_it_and_their_class_is_frozen_on_the_commitment():
    offer, saver = OfferFactory(open=True), a_saver()
    officer = RoleGrantFactory(role=Role.COMPLIANCE).user
    held = approve_class(classification=a_request(party=saver), reason="Pièces vues.", by=officer, at=NOW)
    made = lend(offer, saver, 4_000)
    assert made.saver_class == "SOPH"
    assert made.reflection_ends_at > NOW
    assert refused(offer, saver, at=datetime(2028, 11, 23, 9, tzinfo=UTC))[0] == "E14"
    type(held).objects.filter(pk=held.pk).update(expires_on=date(2026, 11, 23))
    assert refused(offer, saver) == ["E06", "E08"]
    made.refresh_from_db()
    assert made.saver_class == "SOPH"


def test_every_refusal_has_a_next_step():
    saver = a_saver()
    EntryAssessmentFactory(party=saver, failed=True)
    found = check_commitment(offer=OfferFactory(open=True), saver=saver, amount=euros(2_000), by=saver.user, at=NOW)
    assert [one.rule for one in found] == ["E07", "E08", "E13"]
    assert all(isinstance(one, CommitmentRefused) and one.next_step for one in found)


def test_nothing_is_written_of_the_figures_behind_a_result():
    columns = {field.name for field in LossSimulation._meta.concrete_fields}
    assert columns == {
        "id", "uuid", "party", "by", "is_sent", "result", "result_currency", "reference_date", "tool_version",
        "made_at", "expires_on",
    }  # fmt: skip


def test_a_loan_is_paid_once_the_identity_and_the_lists_were_checked_and_a_gift_as_before():
    for missing in ("kyc_verified_at", "screened_at"):
        commitment = CommitmentFactory(confirmed=True, saver=a_saver(**{missing: None}))
        Commitment.objects.filter(pk=commitment.pk).update(pay_before=datetime(2026, 11, 30, 9, tzinfo=UTC))
        commitment.refresh_from_db()
        with pytest.raises(IdentityNotVerified, match="identité") as told:
            start_payment.__wrapped__(commitment=commitment, by=commitment.by, at=NOW, gateway=None)
        assert "30/11/2026" in told.value.next_step
        assert not commitment.payments.exists()


def test_a_holder_whose_identity_is_to_be_checked_again_is_not_paid():
    offer = OfferFactory(succeeded=True, financing_state="CONTRACTING")
    owner = offer.project.organisation.party
    owner.screened_at = None
    owner.save()
    assert "E24" in why_not_payable(offer)


def test_a_project_of_somebody_who_works_for_the_operator_is_not_offered_here():
    offer = OfferFactory()
    member = MembershipFactory(organisation=offer.project.organisation)
    assert offers.OperatorInvolved not in {type(one) for one in check_offer(offer=offer, at=NOW)}
    RoleGrantFactory(user=member.user, role=Role.TREASURER)
    assert offers.OperatorInvolved in {type(one) for one in check_offer(offer=offer, at=NOW)}


def test_a_rule_is_enforced_when_no_wording_of_the_law_is_awaited(monkeypatch):
    assert [rule.code for rule in unenforced_rules()] == ["E07", "E09", "E13"]
    official = {one.key: replace(one, wording="official") for one in locked_texts.register()}
    monkeypatch.setattr(locked_texts, "_register", lambda: official)
    assert unenforced_rules() == ()
    assert all(rule.is_enforced for rule in RULES.values())


def test_from_cents_is_what_the_page_shows():
    assert from_cents(int(gate_of(limits_at(NOW.date()), 2_000_01))) == euros(1_000)
