"""Commitments: what is recorded, every refusal, reflection, revocation, confirmation and expiry."""

from datetime import UTC, date, datetime, timedelta

import pytest
from djmoney.money import Money

from fres.kernel.clock import PARIS
from fres.kernel.models import Message, Parameter, TransitionLog
from funds import commitment_rules as rules
from funds.books import check_books
from funds.ceilings import set_ceiling
from funds.commitments import (
    ReflectionRunning,
    TooLateToRevoke,
    check_commitment,
    commit_to_offer,
    confirm_commitment,
    confirm_due,
    expire_unpaid,
    remind_unpaid,
    revoke_commitment,
)
from funds.limits import GIFT_CAP
from funds.models import Commitment
from funds.selectors import offer_figures
from funds.states import CommitmentState, OfferState
from funds.texts import record_of, texts_of
from tests.funds.factories import CommitmentFactory, LegalEntityFactory, OfferFactory, PaymentFactory, euros
from tests.investors.factories import PartyFactory, TaxResidenceFactory
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Paris
DEADLINE = datetime(2026, 11, 27, 23, 59, 59, tzinfo=PARIS)


@pytest.fixture(autouse=True)
def books_stay_balanced():
    yield
    assert not check_books(NOW).problems


def a_saver(**fields):
    saver = PartyFactory(**fields)
    TaxResidenceFactory(party=saver)
    return saver


def commit(offer, saver, amount, at=NOW, **options):
    return commit_to_offer(
        offer=offer, saver=saver, amount=amount, by=saver.user, texts_shown=record_of(texts_of(offer)), at=at, **options
    )


def refusals(offer, saver, amount, at=NOW):
    return check_commitment(offer=offer, saver=saver, amount=amount, by=saver.user, at=at)


def test_a_loan_starts_its_reflection_and_records_what_was_shown():
    offer, saver = OfferFactory(open=True), a_saver()
    commitment = commit(offer, saver, euros(100))
    assert commitment.state == CommitmentState.IN_REFLECTION
    assert commitment.reflection_ends_at == DEADLINE
    assert (commitment.saver_class, commitment.fiscal_residence, commitment.commune_code) == ("RETL", "FR", "62498")
    assert commitment.committed_at == NOW
    assert set(commitment.texts_shown) == {"loan.warning", "loan.reflection", "loan.commitment", "offer.terms"}
    assert all(len(text["sha256"]) == 64 and text["version"] for text in commitment.texts_shown.values())


def test_the_legal_message_that_the_period_has_started_is_written_with_the_commitment():
    offer, saver = OfferFactory(open=True), a_saver()
    commitment = commit(offer, saver, euros(100))
    message = Message.objects.get(about_uuid=commitment.uuid)
    assert message.is_legal
    assert message.to == saver.user.email
    assert message.template == "offers/reflection_started"
    assert "27\u00a0novembre 2026" in message.context["ends_at"]


def test_a_gift_has_no_reflection_and_waits_for_its_payment():
    offer, saver = OfferFactory(gift=True, open=True), a_saver()
    commitment = commit(offer, saver, euros(40))
    assert commitment.state == CommitmentState.CONFIRMED
    assert commitment.reflection_ends_at is None
    assert commitment.pay_before == datetime(2026, 11, 30, 23, 59, 59, tzinfo=PARIS)
    assert not Message.objects.exists()


def test_a_receipt_is_only_noted_where_the_offer_gives_one():
    saver = a_saver()
    assert commit(OfferFactory(gift=True, open=True, receipts=True), saver, euros(40)).wants_receipt
    assert not commit(OfferFactory(gift=True, open=True), saver, euros(40)).wants_receipt


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        (euros(0), rules.AmountNotPositive),
        (euros(-50), rules.AmountNotPositive),
        (euros("0.001"), rules.AmountNotWholeCents),
        (euros("50.005"), rules.AmountNotWholeCents),
        (euros("19.99"), rules.BelowTicket),
        (euros("5000.01"), rules.AboveTicket),
        (Money(100, "USD"), rules.AmountNotWholeCents),
    ],
)
def test_an_amount_that_does_not_fit_is_refused_and_nothing_is_written(amount, refusal):
    offer, saver = OfferFactory(open=True), a_saver()
    with pytest.raises(refusal) as refused:
        commit(offer, saver, amount)
    assert refused.value.message
    assert refused.value.next_step
    assert not Commitment.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("amount", ["20", "20.01", "5000"])
def test_the_bounds_of_the_ticket_are_within(amount):
    assert commit(OfferFactory(open=True), a_saver(), euros(amount)).amount == euros(amount)


def test_the_largest_ticket_counts_what_the_saver_engaged_already():
    offer, saver = OfferFactory(open=True), a_saver()
    commit(offer, saver, euros(4_000))
    with pytest.raises(rules.AboveTicket, match="4\u202f000,00"):
        commit(offer, saver, euros("1000.01"))
    assert commit(offer, saver, euros(1_000))


def test_more_than_the_room_left_is_refused_with_the_room():
    offer = OfferFactory(open=True, maximum=euros(1_000))
    commit(offer, a_saver(), euros(900))
    with pytest.raises(rules.OfferFull) as refused:
        commit(offer, a_saver(), euros("100.01"))
    assert refused.value.room_cents == 10_000
    assert "0,01" in refused.value.message
    assert "liste d’attente" in refused.value.next_step
    assert commit(offer, a_saver(), euros(100))


@pytest.mark.parametrize("state", ["REVOKED", "EXPIRED", "CANCELLED", "REFUNDED", "REFUND_DUE"])
def test_a_commitment_that_ended_takes_no_room(state):
    offer = OfferFactory(open=True, maximum=euros(1_000))
    CommitmentFactory(offer=offer, amount=euros(1_000), state=state, ended_at=NOW)
    assert commit(offer, a_saver(), euros(1_000))


@pytest.mark.parametrize("state", sorted(set(OfferState) - {OfferState.OPEN}))
def test_an_offer_that_is_not_open_takes_nothing(state):
    decided = NOW if state in ("SUCCEEDED", "FAILED") else None
    offer = OfferFactory(state=state, decided_at=decided)
    with pytest.raises(rules.OfferNotOpen):
        commit(offer, a_saver(), euros(100))


def test_an_offer_closed_a_second_ago_takes_nothing():
    offer = OfferFactory(open=True, closes_at=NOW - timedelta(seconds=1))
    with pytest.raises(rules.OfferClosed, match="09\u202fh\u202f59"):
        commit(offer, a_saver(), euros(100))


def test_the_very_last_moment_is_within():
    offer = OfferFactory(open=True, closes_at=NOW)
    assert commit(offer, a_saver(), euros(100))


def test_an_incomplete_profile_is_refused_with_where_to_complete_it():
    with pytest.raises(rules.ProfileIncomplete, match="naissance"):
        commit(OfferFactory(open=True), a_saver(birth_place=""), euros(100))
    with pytest.raises(rules.ProfileIncomplete, match="résidence fiscale"):
        commit(OfferFactory(gift=True, open=True), PartyFactory(), euros(100))


def test_a_minor_is_refused_until_the_day_of_their_majority():
    offer, saver = OfferFactory(open=True), a_saver(birth_date=date(2008, 11, 24))
    with pytest.raises(rules.MinorMayNotCommit):
        commit(offer, saver, euros(100))
    assert commit(offer, saver, euros(100), at=NOW + timedelta(days=1))


def test_nobody_funds_the_project_they_own_or_sign_for():
    offer = OfferFactory(open=True)
    member = MembershipFactory(organisation=offer.project.organisation, is_legal_representative=True)
    signatory = a_saver(user=member.user)
    with pytest.raises(rules.OwnProject):
        commit(offer, signatory, euros(100))
    owner = offer.project.organisation.party
    TaxResidenceFactory(party=owner)
    found = check_commitment(offer=offer, saver=owner, amount=euros(100), by=member.user, at=NOW)
    assert rules.OwnProject in {type(one) for one in found}


def test_a_plain_member_of_the_organisation_may_lend_to_it():
    offer = OfferFactory(open=True)
    member = MembershipFactory(organisation=offer.project.organisation)
    assert commit(offer, a_saver(user=member.user), euros(100))


def test_the_operator_never_invests():
    operator = LegalEntityFactory(operator=True)
    TaxResidenceFactory(party=operator.party)
    found = check_commitment(
        offer=OfferFactory(open=True), saver=operator.party, amount=euros(100), by=a_saver().user, at=NOW
    )
    assert rules.OperatorMayNotInvest in {type(one) for one in found}


def test_a_gift_above_the_threshold_waits_for_a_verified_identity():
    offer, saver = OfferFactory(gift=True, open=True), a_saver(kyc_verified_at=None)
    assert commit(offer, saver, euros(250))
    with pytest.raises(rules.IdentityUnverified, match="250,00"):
        commit(offer, saver, euros("250.01"))


def test_every_reason_is_told_at_once():
    offer = OfferFactory(open=True, maximum=euros(1_000), minimum=euros(500), closes_at=NOW - timedelta(days=1))
    found = refusals(offer, a_saver(birth_date=date(2015, 1, 1)), euros(6_000))
    assert [type(one) for one in found] == [
        rules.OfferClosed,
        rules.MinorMayNotCommit,
        rules.AboveTicket,
        rules.OfferFull,
    ]
    with pytest.raises(rules.OfferClosed) as refused:
        commit(offer, a_saver(), euros(6_000))
    assert len(refused.value.refusals) == 3


def test_the_cap_on_gifts_holds_over_all_offers_of_a_project():
    Parameter.objects.create(
        key=GIFT_CAP, scope="national", value=500, unit=Parameter.Unit.EURO, valid_from=date(2026, 1, 1),
        source="test", status="chosen", label="Plafond",
    )  # fmt: skip
    first = OfferFactory(gift=True, open=True)
    second = OfferFactory(gift=True, open=True, project=first.project)
    saver = a_saver()
    commit(first, saver, euros(300))
    with pytest.raises(rules.GiftCapReached, match="200,00"):
        commit(second, saver, euros("200.01"))
    assert commit(second, saver, euros(200))
    assert commit(OfferFactory(gift=True, open=True), saver, euros(500))


def test_a_saver_never_lends_more_than_their_own_ceiling_over_all_projects():
    saver = a_saver()
    set_ceiling(saver=saver, amount=euros(500), by=saver.user, at=NOW)
    commit(OfferFactory(open=True), saver, euros(300))
    with pytest.raises(rules.SaverCeilingReached, match="300,00"):
        commit(OfferFactory(open=True), saver, euros("200.01"))
    assert commit(OfferFactory(gift=True, open=True), saver, euros(400)), "a gift is not lent"
    assert commit(OfferFactory(open=True), saver, euros(200))


def test_what_was_lent_more_than_twelve_months_ago_leaves_the_ceiling():
    saver = a_saver()
    set_ceiling(saver=saver, amount=euros(500), by=saver.user, at=NOW)
    CommitmentFactory(saver=saver, amount=euros(500), committed_at=datetime(2025, 11, 20, tzinfo=UTC))
    assert commit(OfferFactory(open=True), saver, euros(500))


def test_raising_a_ceiling_acts_a_day_later_and_lowering_it_at_once():
    saver, offer = a_saver(), OfferFactory(open=True)
    set_ceiling(saver=saver, amount=euros(100), by=saver.user, at=NOW)
    set_ceiling(saver=saver, amount=euros(1_000), by=saver.user, at=NOW)
    with pytest.raises(rules.SaverCeilingReached):
        commit(offer, saver, euros(200))
    later = NOW + timedelta(days=1)
    assert commit(offer, saver, euros(200), at=later)
    set_ceiling(saver=saver, amount=euros(250), by=saver.user, at=later)
    with pytest.raises(rules.SaverCeilingReached):
        commit(offer, saver, euros(100), at=later)


def test_an_owner_never_raises_more_than_five_million_over_twelve_months():
    big = {"open": True, "maximum": euros(5_000_000), "ticket_maximum": euros(5_000_000)}
    first = OfferFactory(**big)
    second = OfferFactory(**big, project__organisation=first.project.organisation)
    commit(first, a_saver(), euros(3_200_000))
    with pytest.raises(rules.OwnerCapReached):
        commit(second, a_saver(), euros("1800000.01"))
    assert commit(second, a_saver(), euros(1_800_000))


# ---- Reflection ----


def test_a_commitment_is_revoked_in_one_gesture_until_the_exact_deadline():
    offer, saver = OfferFactory(open=True), a_saver()
    commitment = commit(offer, saver, euros(100))
    revoked = revoke_commitment(commitment=commitment, by=saver.user, at=DEADLINE)
    assert revoked.state == CommitmentState.REVOKED
    assert revoked.ended_at == DEADLINE
    assert offer_figures(offer).room_cents == 1_000_000
    assert Message.objects.filter(template="offers/revoked").count() == 1
    assert TransitionLog.objects.filter(subject_uuid=commitment.uuid, transition="revoke", by=saver.user).exists()
    again = revoke_commitment(commitment=commitment, by=saver.user, at=DEADLINE)
    assert again.ended_at == DEADLINE, "a second click changes nothing"


def test_revoking_after_the_deadline_is_refused_with_the_deadline():
    offer, saver = OfferFactory(open=True), a_saver()
    commitment = commit(offer, saver, euros(100))
    with pytest.raises(TooLateToRevoke, match="27/11/2026 à 23"):
        revoke_commitment(commitment=commitment, by=saver.user, at=DEADLINE + timedelta(seconds=1))


def test_a_gift_has_nothing_to_revoke():
    offer, saver = OfferFactory(gift=True, open=True), a_saver()
    with pytest.raises(TooLateToRevoke):
        revoke_commitment(commitment=commit(offer, saver, euros(40)), by=saver.user, at=NOW)


def test_a_running_reflection_is_never_shortened():
    commitment = commit(OfferFactory(open=True), a_saver(), euros(100))
    with pytest.raises(ReflectionRunning):
        confirm_commitment(commitment=commitment, at=DEADLINE)
    assert confirm_due(at=DEADLINE + timedelta(milliseconds=500)) == 0


def test_a_reflection_that_is_over_makes_the_commitment_payable_for_seven_days():
    commitment = commit(OfferFactory(open=True), a_saver(), euros(100))
    at = DEADLINE + timedelta(hours=3)
    assert confirm_due(at=at) == 1
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.CONFIRMED
    assert commitment.confirmed_at == at
    assert commitment.pay_before == datetime(2026, 12, 5, 23, 59, 59, tzinfo=PARIS)
    assert Message.objects.filter(template="offers/to_pay").count() == 1
    assert confirm_due(at=at) == 0
    assert confirm_commitment(commitment=commitment, at=at).confirmed_at == at


def test_an_unpaid_commitment_is_reminded_twice_then_expires_and_frees_its_place():
    offer, saver = OfferFactory(gift=True, open=True, maximum=euros(1_000), minimum=euros(500)), a_saver()
    commitment = commit(offer, saver, euros(1_000))
    for day in range(9):
        remind_unpaid(at=NOW + timedelta(days=day))
    assert Message.objects.filter(template="offers/reminder").count() == 2
    assert expire_unpaid(at=commitment.pay_before) == 0
    assert expire_unpaid(at=commitment.pay_before + timedelta(seconds=1)) == 1
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.EXPIRED
    assert offer_figures(offer).room_cents == 100_000
    assert Message.objects.filter(template="offers/expired").count() == 1


def test_a_commitment_whose_payment_page_is_open_does_not_expire_under_the_payer():
    commitment = CommitmentFactory(confirmed=True)
    late = commitment.pay_before + timedelta(hours=1)
    PaymentFactory(commitment=commitment, state="OPENED", checkout_expires_at=late + timedelta(hours=1))
    assert expire_unpaid(at=late) == 0
    assert expire_unpaid(at=late + timedelta(hours=2)) == 1
