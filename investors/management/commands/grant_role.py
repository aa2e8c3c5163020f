"""Give a role from the operator's machine: the first administrator has nobody else to ask."""

from typing import Any
from uuid import UUID

import pghistory
from django.core.management.base import BaseCommand, CommandError, CommandParser

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.errors import RuleViolation
from investors.models import RoleGrant, User
from investors.roles import RoleAlreadyHeld, grant_role


class Command(BaseCommand):
    help = "Give a role: grant_role EMAIL ROLE [--scope fund:UUID | organisation:UUID | partner:UUID]"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=[role for role in Role.values if role != Role.SAVER])
        parser.add_argument("--scope", default="", help="fund:UUID, organisation:UUID or partner:UUID")

    def handle(self, *args: Any, email: str, role: str, scope: str, **options: Any) -> None:
        scope_kind, scope_uuid = _parse_scope(scope)
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            raise CommandError(f"no account has the address {email}") from None
        with pghistory.context(command="grant_role"):
            try:
                grant_role(
                    user=user,
                    role=Role(role),
                    by=None,
                    on=clock.today(),
                    scope_kind=scope_kind,
                    scope_uuid=scope_uuid,
                )
            except RoleAlreadyHeld:
                self.stdout.write(f"{email} already has {role}: nothing changed")
                return
            except RuleViolation as refusal:
                raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{email} has {role} from {clock.today()}")


def _parse_scope(text: str) -> tuple[str, UUID | None]:
    if not text:
        return RoleGrant.Scope.EVERYWHERE, None
    kind, _colon, identifier = text.partition(":")
    if kind not in ("fund", "organisation", "partner"):
        raise CommandError("a scope is fund:UUID, organisation:UUID or partner:UUID")
    try:
        return kind, UUID(identifier)
    except ValueError:
        raise CommandError(f"{identifier!r} is not an identifier") from None
