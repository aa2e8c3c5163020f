"""Every transition of the four machines of §6 is walked: the right actor, the wrong one, and a guard that is missing.

A transition that appears in a machine without its walk fails here.
"""

from typing import Any

import pytest

from fres.kernel.states import StateMachine
from funds.states import FINANCING_MACHINE, OFFER_MACHINE
from projects.states import APPLICATION_MACHINE, AWARD_MACHINE
from tests.conftest import HeldClock
from tests.funds.servicing.conftest import (  # noqa: F401 – fixtures
    _application,
    _running,
    application,
    gateway,
    payout_gateway,
    provider,
    server,
)
from tests.lifecycle import awards, decisions, financings, offers
from tests.lifecycle.walking import transition_of, walk
from tests.projects.applications import test_walks as files

pytestmark = pytest.mark.django_db
WALKED = (
    (APPLICATION_MACHINE, {name for name, made in files.WALKS.items() if made} | set(decisions.WALKS)),
    (AWARD_MACHINE, set(awards.WALKS)),
    (OFFER_MACHINE, set(offers.WALKS)),
    (FINANCING_MACHINE, set(financings.WALKS)),
)


@pytest.mark.parametrize(("machine", "walked"), WALKED, ids=lambda one: str(getattr(one, "name", "")))
def test_no_transition_is_left_without_its_walk(machine: StateMachine, walked: set[str]) -> None:
    assert walked == {one.name for one in machine.transitions}


@pytest.mark.parametrize("name", decisions.WALKS)
def test_a_file_decided_or_forgotten(name: str, clock: HeldClock) -> None:
    walk(decisions.WALKS[name](), transition_of(APPLICATION_MACHINE, name))


@pytest.mark.parametrize("name", awards.WALKS)
def test_a_label(name: str, clock: HeldClock) -> None:
    walk(awards.WALKS[name](), transition_of(AWARD_MACHINE, name))


@pytest.mark.parametrize("name", offers.WALKS)
def test_an_offer(name: str, clock: HeldClock) -> None:
    walk(offers.WALKS[name](), transition_of(OFFER_MACHINE, name))


@pytest.mark.parametrize("name", financings.WALKS)
def test_a_financing(name: str, provider: Any, payout_gateway: Any, clock: HeldClock) -> None:  # noqa: F811
    walk(financings.WALKS[name](provider, payout_gateway), transition_of(FINANCING_MACHINE, name))
