from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from investors import selectors
from investors.models import RoleGrant
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("grant_role", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_first_administrator_is_named_from_the_machine_and_twice_changes_nothing(clock) -> None:
    user = UserFactory()
    assert _run(user.email.upper(), "administrator") == f"{user.email.upper()} has administrator from 2026-11-23"
    assert "nothing changed" in _run(user.email, "administrator")
    grant = RoleGrant.objects.get(user=user)
    assert grant.granted_by is None
    assert selectors.changes_of(grant)[0].actor == "grant_role"


def test_a_scope_is_a_kind_and_an_identifier() -> None:
    user, fund = UserFactory(), uuid4()
    _run(user.email, "treasurer", "--scope", f"fund:{fund}")
    assert RoleGrant.objects.get(user=user).scope_uuid == fund


@pytest.mark.parametrize("scope", ["fund", "planet:1", "fund:not-an-identifier"])
def test_a_scope_that_means_nothing_is_refused(scope: str) -> None:
    with pytest.raises(CommandError):
        _run(UserFactory().email, "treasurer", "--scope", scope)


def test_an_unknown_address_and_an_unknown_role_are_refused() -> None:
    with pytest.raises(CommandError, match="no account"):
        _run("inconnue@exemple.invalid", "treasurer")
    with pytest.raises(CommandError):
        _run(UserFactory().email, "saver")
