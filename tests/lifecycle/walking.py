"""How one transition is walked: who may, who may not, and what is refused when its guard does not hold."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.test import Client

from fres.kernel.errors import RuleViolation
from fres.kernel.states import StateMachine, Transition
from investors.models import User
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory
from tests.investors.sessions import sign_in

REFUSED = frozenset({403, 404, 422})
Try = Callable[[], str]
"""An attempt: it returns the words of its refusal, "" when it went through."""


@dataclass
class Walk:
    """One subject in a source state of a transition, and the three attempts.

    `names`: words that the refusal of `without` must say. `field`: where the state is. `wrong` None: nobody but time or
    the provider does it, and there is no address to ask for it.
    """

    subject: Model
    right: Try
    wrong: Try | None
    without: Try
    names: str
    field: str = "state"

    def state(self) -> str:
        self.subject.refresh_from_db()
        return str(getattr(self.subject, self.field))


def walk(made: Walk, transition: Transition) -> None:
    """The wrong actor and the missing guard change nothing and say why; the right actor does it."""
    before = made.state()
    assert before in transition.sources, f"the scene of {transition.name} starts from {before}"
    for attempt, words in ((made.wrong, ""), (made.without, made.names)):
        if attempt is None:
            continue
        refusal = attempt()
        assert refusal, f"{transition.name} was not refused"
        assert words in refusal, f"{transition.name}: « {words} » is not said by « {refusal[300:1500]} »"
        assert made.state() == before
    refusal = made.right()
    assert not refusal, refusal
    assert made.state() == transition.target


def somebody(role: str) -> User:
    """A person who holds one role, with a complete profile."""
    user = RoleGrantFactory(role=role).user
    if not hasattr(user, "party"):
        TaxResidenceFactory(party=PartyFactory(user=user))
    return user


def posting(address: str, by: User, **data: Any) -> Try:
    """Return the attempt that posts these values to a page as a person."""

    def attempt() -> str:
        client = Client()
        sign_in(client, by)
        answer = client.post(address, data, follow=True)
        if answer.status_code in REFUSED:
            said = re.sub(r"<[^>]+>|\s+", " ", answer.content.decode().partition("<main")[2])
            return f"{answer.status_code} {html.unescape(said)}"
        alerts = [str(one) for one in answer.context["messages"] if one.level_tag == "error"] if answer.context else []
        return " ".join(alerts)

    return attempt


def doing(act: Callable[..., Any], **arguments: Any) -> Try:
    """Return the attempt that calls an operation."""

    def attempt() -> str:
        try:
            act(**arguments)
        except RuleViolation as refusal:
            return f"{refusal.message} {refusal.next_step}"
        return ""

    return attempt


def waiting(act: Callable[..., Any], made: Callable[[], str], **arguments: Any) -> Try:
    """Return the attempt of a duty: refused, as it says, when the state stays as it was."""

    def attempt() -> str:
        before = made()
        act(**arguments)
        return "" if made() != before else "rien n’est dû"

    return attempt


def transition_of(machine: StateMachine, name: str) -> Transition:
    return next(one for one in machine.transitions if one.name == name)
