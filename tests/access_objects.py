"""What stands in the address and the body of each URL that the access table tests.

Each app registers its own: a function that makes the rows and returns a `Visit`. A URL without arguments needs none.

    @visit("funds:commitment")
    def _commitment() -> Visit:
        commitment = CommitmentFactory()
        return Visit(kwargs={"uuid": commitment.uuid}, owner=commitment.saver.user)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from investors.models import User
from tests.investors.factories import PartyFactory, RoleGrantFactory, UserFactory


@dataclass(frozen=True)
class Visit:
    """Arguments of the address, what is posted, and the person the object belongs to, if any."""

    kwargs: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    owner: User | None = None


VISITS: dict[str, Callable[[], Visit]] = {}


def visit(name: str) -> Callable[[Callable[[], Visit]], Callable[[], Visit]]:
    """Register what a URL is asked with."""

    def register(make: Callable[[], Visit]) -> Callable[[], Visit]:
        VISITS[name] = make
        return make

    return register


@visit("kernel:parameter")
def _parameter() -> Visit:
    return Visit({"key": "vat.standard"})


@visit("set_language")
def _language() -> Visit:
    return Visit(data={"language": "fr"})


@visit("account_confirm_email")
def _confirm_email() -> Visit:
    return Visit(kwargs={"key": "unknown"})


@visit("account_reset_password_from_key")
def _reset_password() -> Visit:
    return Visit(kwargs={"uidb36": "1", "key": "unknown"})


@visit("mfa_remove_webauthn")
@visit("mfa_edit_webauthn")
def _security_key() -> Visit:
    return Visit(kwargs={"pk": 999_999})


@visit("investors:text")
def _text() -> Visit:
    return Visit(kwargs={"key": "terms"})


@visit("investors:party")
def _party() -> Visit:
    party = PartyFactory()
    return Visit(kwargs={"uuid": party.uuid}, owner=party.user)


@visit("investors:user")
def _user() -> Visit:
    return Visit(kwargs={"uuid": UserFactory().uuid})


@visit("investors:grant_role")
def _grant_role() -> Visit:
    return Visit(kwargs={"uuid": UserFactory().uuid}, data={"role": "treasurer", "scope_kind": ""})


@visit("investors:revoke_role")
def _revoke_role() -> Visit:
    return Visit(kwargs={"uuid": RoleGrantFactory(role="treasurer").uuid})
