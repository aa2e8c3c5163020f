"""The lifecycle that the machines print is §6 with rulings A4–A5, line by line (tests/lifecycle_table.py).

`tests/lifecycle/` walks every transition of them.
"""

from importlib import import_module

import pytest
from django.utils import translation

from fres.kernel.states import StateMachine
from funds.states import FINANCING_MACHINE, OFFER_MACHINE
from projects.states import APPLICATION_MACHINE, ApplicationState
from tests.lifecycle_table import APPLICATION, EXPECTED_MISSING, FINANCING, OFFER, PASSAGES

COMPARED = (
    (APPLICATION_MACHINE, APPLICATION, True),
    (OFFER_MACHINE, OFFER, True),
    (FINANCING_MACHINE, FINANCING, True),
)


def lines_of(machine: StateMachine) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Return who may go from one state to another, and on what condition, in French."""
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    with translation.override("fr"):
        for one in machine.transitions:
            for state in one.sources:
                pair = (str(machine.states(state).label), str(machine.states(one.target).label))
                found.setdefault(pair, set()).add((one.actor, str(one.guard)))
    return found


@pytest.mark.parametrize(("machine", "table", "is_whole"), COMPARED, ids=lambda one: str(getattr(one, "name", "")))
def test_every_line_of_the_table_is_a_transition_with_its_actor_and_guard(machine, table, is_whole):
    printed = lines_of(machine)
    for line in table:
        assert (line.source, line.target) in printed, line
        guards = [guard for actor, guard in printed[line.source, line.target] if actor == line.actor]
        assert guards, f"{line}: somebody else does it"
        assert all(any(words in guard for guard in guards) for words in line.guard), line
    if is_whole:
        assert set(printed) == {(line.source, line.target) for line in table}


def test_a_line_that_appears_in_a_machine_leaves_the_list_of_those_missing():
    every = {pair for machine, _table, _whole in COMPARED for pair in lines_of(machine)}
    appeared = [line for line in EXPECTED_MISSING if (line.source, line.target) in every]
    assert appeared == [], "move these lines to the table of their machine"


@pytest.mark.parametrize(("source", "target", "operation"), PASSAGES)
def test_a_passage_from_one_machine_to_the_next_is_an_operation(source, target, operation):
    module, _colon, name = operation.partition(":")
    assert callable(getattr(import_module(module), name))


def test_a_file_starts_as_a_draft():
    from projects.models import Application

    assert Application._meta.get_field("state").default == ApplicationState.DRAFT
