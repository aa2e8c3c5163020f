"""Giving and taking back roles: dated rows, never deleted, with who gave them."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel.access import Role
from fres.kernel.errors import RuleViolation
from investors.models import RoleGrant, User


class RoleAlreadyHeld(RuleViolation):
    """The same role, for the same scope, is in force."""

    rule = "role-already-held"


class RoleAlreadyEnded(RuleViolation):
    """The grant was already taken back."""

    rule = "role-already-ended"


class SaverNeedsNoGrant(RuleViolation):
    """Every open account is a saver: there is nothing to grant."""

    rule = "saver-needs-no-grant"


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    by: User | None,
    on: date,
    scope_kind: str = RoleGrant.Scope.EVERYWHERE,
    scope_uuid: UUID | None = None,
) -> RoleGrant:
    """Give a role from a day on, everywhere or for one object. `by` is None for the operator's command only.

    Raises: RoleAlreadyHeld; SaverNeedsNoGrant.
    """
    if role == Role.SAVER:
        raise SaverNeedsNoGrant(_("Toute personne qui a un compte est épargnante : ce rôle ne s’attribue pas."))
    User.objects.select_for_update().get(pk=user.pk)  # two clicks at once give one grant
    if RoleGrant.objects.filter(user=user, role=role, scope_uuid=scope_uuid, valid_to=None).exists():
        raise RoleAlreadyHeld(
            _("Cette personne a déjà ce rôle pour cette portée."),
            next_step=_("Retirez d’abord le rôle en cours si ses dates doivent changer."),
        )
    return RoleGrant.objects.create(
        user=user, role=role, scope_kind=scope_kind, scope_uuid=scope_uuid, granted_by=by, valid_from=on
    )


@transaction.atomic
def revoke_role(*, grant: RoleGrant, on: date) -> RoleGrant:
    """Take a role back: it does not hold on the day `on` any more. Raises RoleAlreadyEnded."""
    grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
    if grant.valid_to is not None:
        raise RoleAlreadyEnded(_("Ce rôle a déjà été retiré."))
    grant.valid_to = max(on, grant.valid_from)
    grant.save(update_fields=["valid_to"])
    return grant
