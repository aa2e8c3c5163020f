"""From "could we?" to a published report, without a break: each step by who does it, on their own screen."""

from datetime import datetime

import pytest

from fres.kernel import clock
from funds.books import check_books
from funds.models import Offer
from funds.states import FinancingState, OfferState
from investors.models import User
from tests.browser import holder_decisions as decisions
from tests.browser import holder_money as money
from tests.browser import holder_steps as steps
from tests.browser.conftest import Town
from tests.browser.holder_scene import Region, a_person, a_region
from tests.projects.applications.scenes import complete_answers

HOLDER, COLLEAGUE = "nadia.vasseur@fres.example", "omar.benali@fres.example"


@pytest.fixture
def region(transactional_db: None, town: Town) -> Region:
    return a_region()


def at(year: int, month: int, day: int, hour: int = 14, minute: int = 5) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=clock.PARIS)


def write_and_send(town: Town, region: Region) -> User:
    """Anonymous questions, account, organisation, draft on a phone, completed at a desk, signed; return the holder."""
    answers = complete_answers(region.body)
    steps.ask_whether_one_may(town)
    steps.follow(town, "Reprendre ces réponses", "Se connecter")
    steps.open_account(town, HOLDER)
    steps.see(town, "Garder vos réponses")
    steps.found_an_organisation(town)
    steps.start_the_file(town, region.call.title)
    steps.write_on_the_phone(town, answers)
    steps.invite_a_colleague(town, COLLEAGUE)
    steps.join_the_team(town, COLLEAGUE)
    steps.complete_at_the_desk(town, answers)
    holder = User.objects.get(email=HOLDER)
    steps.sign_and_send(town, holder)
    steps.instruct(town, region.staff["instructor"], holder)
    return holder


def go_before_the_committee(town: Town, region: Region) -> None:
    """One member withdraws and cannot open the file; a veto adjourns it; brought back, it is approved."""
    chair, second, recused, third = region.members
    decisions.convene(town, region.secretary, "2026-11-24T14:00")
    decisions.declare(town, recused, "conflict", "Je suis associée de la coopérative.")
    steps.says(town, "il vous est fermé")
    for member in (chair, second, third):
        decisions.declare(town, member, "none")
        decisions.score(town, {"C1": "4", "C2": "3", "C3": "0"})
    town.go_to(at(2026, 11, 24))
    file = decisions.open_session(town, region.secretary, region.members)
    steps.says(town, "Le critère C3 est totalement absent")
    steps.says(town, "Impossible : un critère oppose un veto")
    decisions.vote(town, file, region.secretary, [chair, second, third], "adjourn")
    decisions.pronounce(town, "Le prix de vente de l’électricité n’est pas assuré.")
    decisions.bring_back(town, region.staff["instructor"])
    decisions.convene(town, region.secretary, "2026-11-26T14:00")
    decisions.declare(town, recused, "conflict", "Je suis associée de la coopérative.")
    for member in (chair, second, third):
        decisions.declare(town, member, "none")
        decisions.score(town, {"C1": "4", "C2": "3", "C3": "2"})
    town.go_to(at(2026, 11, 26))
    file = decisions.open_session(town, region.secretary, [chair, second, third])
    decisions.vote(town, file, region.secretary, [chair, second, third], "approve")
    decisions.pronounce(town, "Utile à l’école, et solide.", "Bail signé avec la commune")


@pytest.mark.django_db(transaction=True)
def test_a_holder_goes_from_a_question_to_a_published_report(town: Town, region: Region) -> None:
    holder = write_and_send(town, region)
    go_before_the_committee(town, region)
    decisions.label_the_project(town, region.staff["evaluator"])
    money.prepare_the_offer(town, holder)
    town.go_to(at(2026, 11, 27, 9))
    money.open_the_offer(town, region.staff["manager"])
    savers = [a_person("Léa", "Martin"), a_person("Ali", "Durand")]
    for saver in savers:
        money.lend(town, saver, "60")
    town.pass_time(days=5)
    for saver in savers:
        money.pay(town, saver)
    town.go_to(at(2026, 12, 11, 10))
    assert Offer.objects.get().state == OfferState.SUCCEEDED
    money.open_the_payee_account(town, holder)
    money.check_the_holder(town, region.staff["compliance"])
    money.meet_the_condition(town, region.secretary)
    money.pay_out(town, region.staff["preparer"], region.staff["approver"])
    assert Offer.objects.get().financing_state == FinancingState.MONITORED
    town.go_to(at(2027, 1, 5, 10))
    money.report(town, holder, region.staff["monitoring"])
    money.read_the_report(town)
    assert check_books().problems == ()
