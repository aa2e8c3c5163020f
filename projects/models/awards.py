"""Labels held: internal ones are granted, external statuses claimed and verified (ruling B25)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from investors.models import User
from projects.models.applications import Application
from projects.models.assessments import Assessment, AssessmentAnswer
from projects.models.labels import SubjectType
from projects.states import AwardState


@track_every_change()
class Award(models.Model):
    """A label held by a subject, named by type and uuid (ruling A6), for dated years (ruling B25).

    Its name and place are those of the day it was decided: the register says what was true, and stays quick to read.
    """

    Subject = SubjectType

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject_type = models.CharField(_("porte sur"), max_length=20, choices=SubjectType)
    subject_uuid = models.UUIDField(_("sujet"))
    subject_name = models.CharField(_("nom du sujet"), max_length=160, blank=True)
    commune_code = models.CharField(_("commune du sujet"), max_length=5, blank=True)
    label = models.CharField(_("label"), max_length=40)
    label_version = models.CharField(_("version"), max_length=20)
    level = models.CharField(_("niveau"), max_length=20, blank=True)
    state = models.CharField(_("état"), max_length=20, choices=AwardState, default=AwardState.GRANTED)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, verbose_name=_("décidé par"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, blank=True, related_name="awards")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, null=True, blank=True, related_name="awards")
    proof = models.CharField(_("preuve"), max_length=300, blank=True)  # external: what was shown or looked up
    claimed_by = models.ForeignKey(
        User, verbose_name=_("déclaré par"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(_("déclaré le"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspendu le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    published_reason = models.CharField(
        _("motif publié"), max_length=400, blank=True
    )  # of a suspension, an end or a refusal

    class Meta:
        verbose_name = _("label attribué")
        ordering = ("-valid_from", "pk")
        indexes = (
            models.Index(fields=("subject_type", "subject_uuid")),
            models.Index(fields=("label", "state")),
            models.Index(fields=("state", "valid_to")),
        )
        constraints = (
            models.CheckConstraint(
                name="award_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("Un label se termine après avoir commencé."),
            ),
            models.CheckConstraint(
                name="award_stopped_with_a_reason",
                condition=~Q(state__in=("SUSPENDED", "WITHDRAWN", "LOST", "REFUSED")) | ~Q(published_reason=""),
                violation_error_message=_("Un label suspendu, retiré, perdu ou refusé a un motif."),
            ),
            models.CheckConstraint(
                name="award_claimed_with_a_proof",
                condition=~Q(state__in=("CLAIMED", "VERIFIED")) | ~Q(proof=""),
                violation_error_message=_("Un statut déclaré a une preuve."),
            ),
            models.UniqueConstraint(
                name="award_held_once",
                fields=("label", "subject_type", "subject_uuid"),
                condition=Q(state__in=("CLAIMED", "VERIFIED", "GRANTED", "RENEWAL_DUE", "SUSPENDED")),
                violation_error_message=_("Ce sujet détient déjà ce label, ou l’a déjà déclaré."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.label}@{self.label_version}"


class Evidence(models.Model):
    """A piece that proves an answer or a claimed status, kept under its hash. Append-only: none is replaced."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    answer = models.ForeignKey(AssessmentAnswer, on_delete=models.PROTECT, null=True, blank=True, related_name="pieces")
    award = models.ForeignKey(Award, on_delete=models.PROTECT, null=True, blank=True, related_name="pieces")
    name = models.CharField(_("nom de la pièce"), max_length=160)
    mime = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    given_by = models.ForeignKey(User, verbose_name=_("versée par"), on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(_("versée le"))

    class Meta:
        verbose_name = _("pièce")
        ordering = ("given_at",)
        triggers = append_only.triggers("label_evidence")
        constraints = (
            models.CheckConstraint(
                name="evidence_proves_one_thing",
                condition=Q(answer__isnull=False, award=None) | Q(answer=None, award__isnull=False),
                violation_error_message=_("Une pièce prouve une réponse ou un statut déclaré."),
            ),
        )

    def __str__(self) -> str:
        return self.name
