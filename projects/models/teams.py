"""How a team grows, and what a legal representative signed: invitations and sign-offs."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from investors.models import User
from projects.models.organisations import Function, Organisation
from projects.organisations.states import InvitationState


@track_every_change(exclude=["token_hash"])
class Invitation(models.Model):
    """A place offered in a team to whoever reads mail at an address. Only the hash of its key is kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(_("adresse e-mail"))
    function = models.CharField(_("fonction"), max_length=12, choices=Function, blank=True)
    as_legal_representative = models.BooleanField(_("représentera légalement"), default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(_("état"), max_length=10, choices=InvitationState, default=InvitationState.SENT)
    invited_by = models.ForeignKey(User, verbose_name=_("invitée par"), on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(_("envoyée le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    accepted_by = models.ForeignKey(
        User, verbose_name=_("acceptée par"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(_("acceptée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        ordering = ("-invited_at",)
        constraints = (
            models.CheckConstraint(
                name="invitation_accepted_iff_someone_did",
                condition=Q(state="ACCEPTED", accepted_by__isnull=False, accepted_at__isnull=False)
                | (~Q(state="ACCEPTED") & Q(accepted_by=None, accepted_at=None)),
                violation_error_message=_("Une invitation acceptée dit par qui et quand."),
            ),
            models.CheckConstraint(
                name="invitation_ends_after_it_starts",
                condition=Q(expires_at__gt=F("invited_at")),
                violation_error_message=_("Une invitation expire après son envoi."),
            ),
            models.UniqueConstraint(
                name="invitation_once_at_a_time",
                fields=("organisation", "email"),
                condition=Q(state="SENT"),
                violation_error_message=_("Cette adresse a déjà une invitation en cours."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} – {self.organisation}"


class SignOff(models.Model):
    """That a legal representative answered for what an organisation says of itself, word for word. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sign_offs")
    signed_by = models.ForeignKey(User, verbose_name=_("signé par"), on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(_("signé le"))
    content = models.JSONField(_("ce qui est signé"))
    content_hash = models.CharField(_("empreinte"), max_length=64)

    class Meta:
        verbose_name = _("signature du représentant légal")
        ordering = ("-signed_at", "-pk")
        triggers = append_only.triggers("sign_off")

    def __str__(self) -> str:
        return f"{self.organisation} {self.signed_at:%Y-%m-%d}"
