"""Who changed a state, when and why. Append-only."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only


class TransitionLog(models.Model):
    subject_type = models.CharField(_("objet"), max_length=60)
    subject_uuid = models.UUIDField(_("identifiant"))
    transition = models.CharField(_("acte"), max_length=40)
    source = models.CharField(_("de"), max_length=20)
    target = models.CharField(_("à"), max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("le"))
    reason = models.TextField(_("motif"), blank=True)

    class Meta:
        verbose_name = _("changement d’état")
        verbose_name_plural = _("changements d’état")
        triggers = append_only.triggers("transition_log")
        indexes = (models.Index(fields=("subject_type", "subject_uuid")),)

    def __str__(self) -> str:
        return f"{self.subject_type} {self.source}→{self.target}"
