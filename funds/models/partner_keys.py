"""Keys of partners' programs: a secret kept as its hash, for one partner, with what it may do and until when (C10)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from funds.models.sources import Partner
from investors.models import User


@track_every_change()
class PartnerKey(models.Model):
    """A key of one partner. The secret is shown once; `digest` is its SHA-256, `prefix` what people recognise it by."""

    class Scope(models.TextChoices):
        UPLOAD = "UPLOAD", _("Déposer des fichiers")
        READ = "READ", _("Lire ses fichiers et ses totaux")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(_("nom"), max_length=80)
    prefix = models.CharField(_("début"), max_length=16, unique=True)
    digest = models.CharField(_("empreinte"), max_length=64, unique=True)
    scopes = models.JSONField(_("droits"))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("créée le"))
    expires_at = models.DateTimeField(_("vaut jusqu’au"))
    last_used_on = models.DateField(_("dernier usage"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("révoquée le"), null=True, blank=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("clé de partenaire")
        verbose_name_plural = _("clés de partenaires")
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="partner_key_may_do_something",
                condition=~Q(scopes=[]),
                violation_error_message=_("Une clé a au moins un droit."),
            ),
            models.CheckConstraint(
                name="partner_key_expires_after_it_is_made",
                condition=Q(expires_at__gt=F("created_at")),
                violation_error_message=_("Une clé finit après sa création."),
            ),
            models.CheckConstraint(
                name="partner_key_revoked_by_somebody",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                violation_error_message=_("Une révocation a une date et un auteur."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def rights(self) -> list[str]:
        """What it may do, in words."""
        return [str(self.Scope(one).label) for one in self.scopes]
