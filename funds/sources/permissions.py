"""Who sees partners' pages: staff by role, partners by a grant on that very partner."""

from django.db.models import QuerySet

from fres.kernel import clock
from fres.kernel.access import Role
from funds.models import Partner, PartnerUpload
from investors.models import RoleGrant, User
from investors.permissions import has_role


def can_manage_sources(user: User) -> bool:
    """Whether they write in the register: the management of the fund."""
    return has_role(user, Role.MANAGER)


def is_partner(user: User) -> bool:
    return has_role(user, Role.PARTNER)


def partners_of(user: User) -> QuerySet[Partner]:
    """Return the partners a person acts for. A grant without a partner opens none: figures belong to one bank each."""
    grants = RoleGrant.objects.current(clock.today()).filter(
        user=user, role=Role.PARTNER, scope_kind=RoleGrant.Scope.PARTNER
    )
    return Partner.objects.filter(uuid__in=grants.values("scope_uuid")).select_related("fund").order_by("name", "pk")


def uploads_of(user: User) -> QuerySet[PartnerUpload]:
    return PartnerUpload.objects.filter(partner__in=partners_of(user)).select_related("partner__fund", "by")
