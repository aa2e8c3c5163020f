"""Charters: who gave their word, in public, and what was reported about it (R-074, R-075)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from investors.models import User
from projects.models.assessments import Assessment
from projects.models.groupings import Sector
from projects.models.labels import Label, SubjectType
from projects.states import MisuseState, SignatureState


@track_every_change()
class CharterSignature(models.Model):
    """A moral commitment to respect and apply a charter. Public as long as it stands, and how it ended after."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="signatures")
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="signature")
    subject_type = models.CharField(_("signataire"), max_length=20, choices=SubjectType)
    subject_uuid = models.UUIDField(_("sujet"))
    subject_name = models.CharField(_("nom du signataire"), max_length=160)
    commune_code = models.CharField(_("commune"), max_length=5)
    sector = models.CharField(_("secteur"), max_length=8, choices=Sector)
    commitment = models.TextField(_("engagement signé"))  # the very words, as they were shown
    signed_by = models.ForeignKey(User, verbose_name=_("signé par"), on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(_("signé le"))
    state = models.CharField(_("état"), max_length=10, choices=SignatureState, default=SignatureState.SIGNED)
    reply_before = models.DateTimeField(_("réponse attendue avant le"), null=True, blank=True)
    reply = models.TextField(_("réponse du signataire"), blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    end_reason = models.CharField(_("motif publié"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("signature de charte")
        verbose_name_plural = _("signatures de chartes")
        ordering = ("-signed_at",)
        constraints = (
            models.UniqueConstraint(
                name="charter_signed_once",
                fields=("label", "subject_type", "subject_uuid"),
                condition=Q(state__in=("SIGNED", "QUESTIONED")),
                violation_error_message=_("Cette charte est déjà signée par ce sujet."),
            ),
            models.CheckConstraint(
                name="charter_ended_iff_over",
                condition=Q(state__in=("REMOVED", "LEFT"), ended_at__isnull=False) & ~Q(end_reason="")
                | Q(state__in=("SIGNED", "QUESTIONED"), ended_at=None),
                violation_error_message=_("Une signature retirée a une date et un motif."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject_name} – {self.label}"


@track_every_change()
class MisuseReport(models.Model):
    """Somebody uses the name of a charter or label without its substance, says a reader; the staff looks at it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="misuse_reports")
    signature = models.ForeignKey(
        CharterSignature, on_delete=models.PROTECT, null=True, blank=True, related_name="misuse_reports"
    )
    about = models.CharField(_("qui utilise ce nom"), max_length=160)
    seen_where = models.CharField(_("où l’avez-vous vu"), max_length=300)
    facts = models.TextField(_("ce que vous avez constaté"))
    reporter_email = models.EmailField(_("votre adresse, pour la réponse"), blank=True)
    reported_at = models.DateTimeField(_("signalé le"))
    state = models.CharField(_("état"), max_length=10, choices=MisuseState, default=MisuseState.REPORTED)
    moderated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    moderated_at = models.DateTimeField(_("examiné le"), null=True, blank=True)
    answer = models.TextField(_("réponse publiée"), blank=True)

    class Meta:
        verbose_name = _("signalement")
        ordering = ("-reported_at",)
        constraints = (
            models.CheckConstraint(
                name="misuse_moderated_with_an_answer",
                condition=Q(state="REPORTED", moderated_at=None)
                | ~Q(state="REPORTED") & Q(moderated_at__isnull=False, moderated_by__isnull=False) & ~Q(answer=""),
                violation_error_message=_("Un signalement examiné a une réponse, une date et un auteur."),
            ),
        )

    def __str__(self) -> str:
        return self.about
