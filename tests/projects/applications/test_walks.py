"""Each transition of a file, walked over the site: the right person, the wrong one, and a guard that is missing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fres.kernel.states import TransitionRefused, advance
from investors.models import User
from projects.applications import duties
from projects.applications.concluding import save_note
from projects.applications.eligibility import Rule
from projects.models import Application, Refusal
from projects.states import ADJOURN, APPLICATION_MACHINE, ApplicationState
from tests.conftest import HeldClock
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory, UserFactory
from tests.investors.sessions import sign_in
from tests.projects.applications import scenes

pytestmark = pytest.mark.django_db
STAFF_WRONG = "auditor"


@dataclass
class Walk:
    """A file ready for a transition, who may do it, and what is posted: right, and without its guard."""

    application: Application
    url: str
    right: User
    data: dict[str, Any]
    without: dict[str, Any]
    kwargs: dict[str, Any] = field(default_factory=dict)


def _findings(**unmet: bool) -> dict[str, str]:
    return {f"met-{rule.value}": "no" if rule.value in unmet else "yes" for rule in Rule}


def _submit() -> Walk:
    _organisation, signer = scenes.a_team()
    application = scenes.fill(scenes.a_draft(by=signer), by=signer)
    return Walk(application, "submit", signer, {"read": "yes"}, {})


def _start_review() -> Walk:
    application, _signer = scenes.a_sent_file()
    incomplete = _findings()
    del incomplete["met-OWNERS"]
    return Walk(application, "review_act", scenes.an_instructor(), _findings(), incomplete, {"act": "eligibility"})


def _find_ineligible() -> Walk:
    walk = _start_review()
    walk.data = _findings(ESS=False) | {"code": "NOT_ESS", "reason": "Non.", "next_step": "Ailleurs."}
    walk.without = _findings(ESS=False) | {"code": "NOT_ESS", "reason": "Non."}
    return walk


def _ask_questions() -> Walk:
    application, _signer, person = scenes.a_file_in_review()
    data = {"section": ["budget"], "question": ["Quel loyer ?"]}
    return Walk(application, "review_act", person, data, {"section": [""], "question": [" "]}, {"act": "questions"})


def _answer_questions() -> Walk:
    application, signer, person = scenes.a_file_in_review()
    question = scenes.ask_one(application, by=person).questions.get()
    return Walk(application, "answer", signer, {f"answer-{question.uuid}": "400 €."}, {})


def _send_to_committee() -> Walk:
    application, _signer, person = scenes.a_file_in_review()
    return Walk(application, "review_act", person, {}, {}, {"act": "committee"})


def _bring_back() -> Walk:
    application, _signer, person = scenes.a_file_in_committee()
    application = advance(application, ADJOURN, by=UserFactory(), at=scenes.AT)
    return Walk(application, "review_act", person, {"reason": "Bail signé."}, {"reason": ""}, {"act": "bring-back"})


def _appeal() -> Walk:
    application, signer, _person = scenes.a_refused_file()
    return Walk(application, "appeal", signer, {"grounds": "Le site est à Lens."}, {"grounds": ""})


def _decide(decision: str) -> Walk:
    application = scenes.an_appealed_file()
    manager = RoleGrantFactory(role="manager").user
    data = {"decision": decision, "answer": "Vu le plan.", "next_step": "Le fonds voisin."}
    return Walk(application, "decide", manager, data, data | {"answer": ""})


def _withdraw() -> Walk:
    application, signer = scenes.a_sent_file()
    return Walk(application, "withdraw", signer, {"reason": "Financé autrement."}, {"reason": " "})


def _cancel() -> Walk:
    application, _signer = scenes.a_sent_file()
    person = RoleGrantFactory(role="administrator").user
    return Walk(application, "review_act", person, {"reason": "Doublon."}, {"reason": ""}, {"act": "cancel"})


# By the name of the transition; None for what only the scheduler does.
WALKS: dict[str, Callable[[], Walk] | None] = {
    "submit": _submit,
    "start_review": _start_review,
    "find_ineligible": _find_ineligible,
    "ask_questions": _ask_questions,
    "answer_questions": _answer_questions,
    "abandon": None,
    "send_to_committee": _send_to_committee,
    "bring_back": _bring_back,
    "appeal": _appeal,
    "accept_appeal": lambda: _decide("accept"),
    "dismiss_appeal": lambda: _decide("dismiss"),
    "approval_lapses": None,
    "withdraw_application": _withdraw,
    "cancel_application": _cancel,
}


def _post(walk: Walk, person: User, data: dict[str, Any]) -> int:
    if not hasattr(person, "party"):
        TaxResidenceFactory(party=PartyFactory(user=person))
    client = Client()
    sign_in(client, person)
    address = reverse(f"applications:{walk.url}", kwargs={"uuid": walk.application.uuid, **walk.kwargs})
    return client.post(address, data).status_code


def _state(walk: Walk) -> str:
    walk.application.refresh_from_db()
    return walk.application.state


@pytest.mark.parametrize("name", [name for name, make in WALKS.items() if make])
def test_the_wrong_person_changes_nothing_and_the_right_one_does(name: str, clock: HeldClock) -> None:
    make = WALKS[name]
    assert make is not None
    walk = make()
    walk.application.refresh_from_db()
    transition = next(one for one in APPLICATION_MACHINE.transitions if one.name == name)
    before = walk.application.state
    outsider, auditor = UserFactory(), RoleGrantFactory(role=STAFF_WRONG).user
    assert _post(walk, outsider, walk.data) == 404
    assert _post(walk, auditor, walk.data) in (403, 404)
    assert _state(walk) == before
    _post(walk, walk.right, walk.without)
    assert _state(walk) == before
    if name == "send_to_committee":
        save_note(application=walk.application, points=scenes.note_points(), by=walk.right, at=clock.now)
    assert _post(walk, walk.right, walk.data) == 302
    assert _state(walk) == transition.target


@pytest.mark.parametrize("transition", APPLICATION_MACHINE.transitions, ids=lambda one: one.name)
def test_a_transition_from_any_other_state_is_refused(transition: Any) -> None:
    application = scenes.a_draft()
    for state in set(ApplicationState.values) - transition.sources:
        Application.objects.filter(pk=application.pk).update(state=state)
        with pytest.raises(TransitionRefused):
            advance(application, transition, by=None, at=scenes.AT)


def test_only_time_abandons_and_lapses_and_not_a_day_early() -> None:
    application, _signer, person = scenes.a_file_in_review()
    asked = scenes.ask_one(application, by=person)
    last_day = scenes.AT + timedelta(days=(asked.due_on - scenes.AT.date()).days)
    duties.abandon_unanswered(last_day)
    application.refresh_from_db()
    assert application.state == ApplicationState.QUESTIONED
    duties.abandon_unanswered(last_day + timedelta(days=1))
    application.refresh_from_db()
    assert application.state == ApplicationState.ABANDONED
    assert not Refusal.objects.exists()
