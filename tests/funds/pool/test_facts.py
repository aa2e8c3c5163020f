"""What rules look at in a project comes from acts: committee, signed plan, assessment, guarantee, cleared money."""

from datetime import timedelta

import pytest

from funds.allocation.problem import CoInvestor
from funds.pool.facts import Facts, facts_of, score_of
from tests.funds.factories import CommitmentFactory, OfferFactory
from tests.projects.factories import ProjectFactory


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
