"""What the journal shows of organisations and groupings, and what a person's copy of their data holds of them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from investors.models import BeneficialOwner, Mandate, User
from investors.selectors import audit_kind, own_data
from projects.models import (
    Grouping,
    GroupingMember,
    Invitation,
    KeptAnswers,
    Membership,
    PooledResource,
    SignOff,
    TerritoryRole,
    Tool,
)


def audit_organisations() -> None:
    """Let the journal show who changed what around organisations and groupings."""
    audit_kind("invitations", _("Invitations dans une équipe"), Invitation)
    audit_kind("rattachements", _("Rattachements à des territoires"), TerritoryRole)
    audit_kind("mandats", _("Mandats"), Mandate)
    audit_kind("beneficiaires", _("Bénéficiaires effectifs"), BeneficialOwner)
    audit_kind("groupements", _("Groupements"), Grouping)
    audit_kind("membres-groupements", _("Membres de groupements"), GroupingMember)
    audit_kind("ressources", _("Ressources mutualisées"), PooledResource)
    audit_kind("outils", _("Outils du territoire"), Tool)


@own_data("organisations")
def _own_organisations(user: User) -> dict[str, Any]:
    """Where a person acts or acted, what they were invited to, signed, and asked to keep."""
    return {
        "memberships": list(
            Membership.objects.filter(user=user).values(
                "organisation__name", "function", "is_legal_representative", "is_public", "joined_on", "left_on"
            )
        ),
        "invitations": list(
            Invitation.objects.filter(email=user.email).values(
                "organisation__name", "state", "invited_at", "expires_at"
            )
        ),
        "sign_offs": list(
            SignOff.objects.filter(signed_by=user).values("organisation__name", "signed_at", "content_hash")
        ),
        "kept_answers": list(KeptAnswers.objects.filter(user=user).values("kind", "version", "answers", "kept_at")),
    }
