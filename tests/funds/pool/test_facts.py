"""What rules look at in a project comes from acts: committee, signed plan, assessment, guarantee, cleared money."""

from datetime import timedelta

import pytest

from funds.allocation.problem import CoInvestor
from funds.pool.facts import Facts, facts_of, score_of
from projects.committee.deciding import decide
from projects.labels.loading import load_labels
from projects.labels.subjects import find_subject
from tests.funds.factories import CommitmentFactory, OfferFactory
from tests.projects.committee.scenes import a_ready_item, a_vote, axis
from tests.projects.factories import MembershipFactory, ProjectFactory
from tests.projects.labels.answers import just_enough
from tests.projects.labels.scenes import assess


@pytest.mark.parametrize(
    ("text", "scale_max", "score"),
    [("", 5, 1), ("0", 5, 1), ("5", 5, 1_000), ("7/2", 5, 700), ("10/3", 5, 666), ("20", 20, 1_000)],
)
def test_a_score_of_the_committee_is_out_of_a_thousand_rounded_down(text, scale_max, score):
    assert score_of(text, scale_max) == score


@pytest.mark.django_db
def test_what_nobody_established_is_absent(clock):
    project = ProjectFactory()
    facts = facts_of([project], clock.now.date())[project.pk]
    assert facts == Facts(places=facts.places)


@pytest.mark.django_db
def test_citizen_money_counts_once_cleared_and_makes_a_co_investor(clock):
    offer = OfferFactory(succeeded=True)
    commitment = CommitmentFactory(offer=offer, settled=True)
    on = (commitment.cleared_at + timedelta(days=10)).date()
    facts = facts_of([offer.project], on)[offer.project_id]
    cents = int(commitment.amount.amount * 100)
    assert facts.citizen_cents == cents and CoInvestor("CITIZENS", cents) in facts.co_investors
    before = facts_of([offer.project], (commitment.cleared_at - timedelta(days=1)).date())[offer.project_id]
    assert before.citizen_cents == 0 and before.co_investors == ()


@pytest.mark.django_db
def test_the_facts_of_many_projects_take_a_fixed_number_of_queries(clock, django_assert_max_num_queries):
    projects = [ProjectFactory() for _rank in range(20)]
    with django_assert_max_num_queries(9):
        assert len(facts_of(projects, clock.now.date())) == 20


@pytest.mark.django_db
def test_the_score_of_the_last_decision_and_the_state_of_the_file_are_read(clock):
    item = a_ready_item()
    project = item.application.project
    assert facts_of([project], clock.now.date())[project.pk].score == 1, "nothing is decided yet"
    a_vote(item, "approve", "yyyyyy")
    decision = decide(
        item=item, outcome="approve", axis=axis(), motive="Utile.", by=item.session.chair.user, at=clock.now
    )
    facts = facts_of([project], clock.now.date())[project.pk]
    assert facts.score == score_of(decision.score, item.session.grid.scale_max) > 1
    assert facts.statuses == ("APPROVED",)


@pytest.mark.django_db
def test_pay_ratios_come_from_a_concluded_assessment_of_the_organisation(clock):
    load_labels()
    project = ProjectFactory()
    MembershipFactory(organisation=project.organisation, is_legal_representative=True)
    subject = find_subject("organisation", project.organisation.uuid)
    answers = just_enough("esus-2019", "STANDARD")
    assess("ESUS@2019", subject, answers, branch="STANDARD", at=clock.now)
    facts = facts_of([project], clock.now.date())[project.pk]
    assert (facts.pay_ratio_mean, facts.pay_ratio_highest) == (7, 10), "what just passes the law"
    assert facts_of([project], clock.now.date() - timedelta(days=1))[project.pk].pay_ratio_mean is None
