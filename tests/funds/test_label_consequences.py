"""Losing a label follows through to the offer: it stops, savers are told, nothing promised changes (A6, B24)."""

from datetime import date, timedelta

import pytest

from fres.kernel.models import Message
from funds import label_consequences
from funds.books import check_books
from funds.commitment_rules import LabelNotInForce
from funds.commitments import check_commitment, commit_to_offer
from funds.label_consequences import NoLabelAccepted, accept_labels, repair_offers
from funds.label_duties import end_labels
from funds.offers import LabelMissing, resume_offer
from funds.states import CommitmentState, OfferState
from projects.labels import awarding
from projects.models import Award, Label
from projects.states import AwardState
from tests.funds.factories import NOW, CommitmentFactory, FundFactory, OfferFactory, euros
from tests.investors.factories import PartyFactory, UserFactory
from tests.projects.factories import AwardFactory
from tests.projects.labels.scenes import a_project, grant, label_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer():
    return OfferFactory(open=True)


def lost_messages():
    return Message.objects.filter(template="offers/label_lost")


def test_suspending_a_label_stops_its_offers_and_tells_savers_once(offer):
    saver = PartyFactory()
    reflecting = CommitmentFactory(offer=offer, saver=saver)
    CommitmentFactory(offer=offer, saver=saver, confirmed=True)
    CommitmentFactory(offer=offer, revoked=True)
    other = OfferFactory(open=True)
    award = label_consequences.suspend_award(award=offer.award, by=UserFactory(), at=NOW, reason="Comptes non fournis")
    offer.refresh_from_db()
    other.refresh_from_db()
    reflecting.refresh_from_db()
    assert (award.state, offer.state, other.state) == (AwardState.SUSPENDED, OfferState.SUSPENDED, OfferState.OPEN)
    assert reflecting.state == CommitmentState.IN_REFLECTION
    assert [message.to for message in lost_messages()] == [saver.user.email]
    assert lost_messages().get().is_legal
    with pytest.raises(LabelMissing):
        resume_offer(offer=offer, by=UserFactory(), at=NOW, reason="Reprise")
    awarding.reinstate_award(award=award, by=UserFactory(), at=NOW, reason="Comptes reçus")
    assert resume_offer(offer=offer, by=UserFactory(), at=NOW, reason="Reprise").state == OfferState.OPEN
    assert check_books(at=NOW).problems == ()


def test_an_expired_label_stops_its_offer_the_day_after_its_last_day(offer):
    Award.objects.filter(pk=offer.award_id).update(state=AwardState.RENEWAL_DUE, valid_to=date(2026, 11, 23))
    end_labels(NOW)
    offer.refresh_from_db()
    assert offer.state == OfferState.OPEN
    end_labels(NOW + timedelta(days=1))
    offer.refresh_from_db()
    offer.award.refresh_from_db()
    assert (offer.state, offer.award.state) == (OfferState.SUSPENDED, AwardState.EXPIRED)


def test_a_status_lost_stops_the_offer_that_stands_on_it(offer):
    Award.objects.filter(pk=offer.award_id).update(state=AwardState.VERIFIED)
    offer.award.refresh_from_db()
    lost = label_consequences.record_loss(award=offer.award, by=UserFactory(), at=NOW, reason="Agrément abrogé")
    offer.refresh_from_db()
    assert (lost.state, offer.state) == (AwardState.LOST, OfferState.SUSPENDED)


def test_the_nightly_repair_stops_what_an_award_changed_alone_left_open(offer):
    awarding.suspend_award(award=offer.award, by=UserFactory(), at=NOW, reason="Comptes")
    assert repair_offers(at=NOW) == 1
    assert repair_offers(at=NOW) == 0
    offer.refresh_from_db()
    assert offer.state == OfferState.SUSPENDED


@pytest.mark.parametrize(
    "change",
    [{"valid_to": date(2026, 11, 22)}, {"state": "SUSPENDED", "published_reason": "Comptes"}, {"label": "ESUS"}],
)
def test_a_commitment_is_refused_the_moment_the_label_does_not_count(offer, change):
    Award.objects.filter(pk=offer.award_id).update(**change)
    saver = PartyFactory()
    refusals = check_commitment(offer=offer, saver=saver, amount=euros(100), by=saver.user, at=NOW)
    assert LabelNotInForce in {type(one) for one in refusals}
    with pytest.raises(LabelNotInForce):
        commit_to_offer(offer=offer, saver=saver, amount=euros(100), by=saver.user, at=NOW)
    assert not offer.commitments.exists()


def test_the_last_day_of_a_label_still_counts(offer):
    Award.objects.filter(pk=offer.award_id).update(valid_to=date(2026, 11, 23))
    saver = PartyFactory()
    refusals = check_commitment(offer=offer, saver=saver, amount=euros(100), by=saver.user, at=NOW)
    assert LabelNotInForce not in {type(one) for one in refusals}


def test_a_fund_accepts_at_least_one_label_and_none_that_nobody_holds():
    fund = FundFactory()
    charter, scop = label_of("CCES@2015"), label_of("SCOP@1978")
    for chosen in ([], [charter.uuid]):
        with pytest.raises(NoLabelAccepted):
            accept_labels(fund=fund, labels=chosen, by=UserFactory(), at=NOW)
    fund.refresh_from_db()
    assert fund.accepted_labels == ["FRES-HDF@2024"]
    assert accept_labels(fund=fund, labels=[scop.uuid], by=UserFactory(), at=NOW).accepted_labels == ["SCOP@1978"]


def test_an_open_offer_on_a_label_no_longer_accepted_stops_at_once(offer):
    accept_labels(fund=offer.fund, labels=[label_of("SCOP@1978").uuid], by=UserFactory(), at=NOW)
    offer.refresh_from_db()
    assert offer.state == OfferState.SUSPENDED


def test_a_granted_label_renews_and_is_lost_with_its_offer():
    subject = a_project()
    award = grant(subject, at=NOW)
    from projects.models import Project

    offer = OfferFactory(open=True, project=Project.objects.get(uuid=subject.uuid), award=award)
    assert Label.objects.filter(code=award.label).exists()
    assert AwardFactory().state == AwardState.GRANTED
    suspended = label_consequences.suspend_award(award=award, by=UserFactory(), at=NOW, reason="Contrôle")
    label_consequences.withdraw_award(award=suspended, by=UserFactory(), at=NOW, reason="Contrôle")
    offer.refresh_from_db()
    assert offer.state == OfferState.SUSPENDED
