"""Assessments: who answered what about a subject on one version of a referential, on which evidence (R-107)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from fres.kernel.models import Document
from investors.models import User
from projects.models.applications import Application
from projects.models.labels import Criterion, Label, SubjectType
from projects.states import AssessmentState


class AssessmentOutcome(models.TextChoices):
    """What an assessment may conclude; which of them a referential knows is ruling B23."""

    PASSED = "PASSED", _("Admis")
    FAILED = "FAILED", _("Non admis")
    EXCLUDED = "EXCLUDED", _("Exclu")
    CHECKED = "CHECKED", _("Vérifié")
    REFUSED = "REFUSED", _("Refusé")
    IN_FORCE = "IN_FORCE", _("En vigueur")
    NOT_IN_FORCE = "NOT_IN_FORCE", _("Pas en vigueur")
    SIGNED = "SIGNED", _("Signé")
    DENIED = "DENIED", _("Engagement refusé")
    PROFILE = "PROFILE", _("Profil établi")
    TO_CONFIRM = "TO_CONFIRM", _("Éléments réunis, à confirmer")
    INCOMPLETE = "INCOMPLETE", _("Élément manquant")


@track_every_change()
class Assessment(models.Model):
    """A subject looked at through one version; its conclusion is computed, explained and frozen."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="assessments")
    subject_type = models.CharField(_("porte sur"), max_length=20, choices=SubjectType)
    subject_uuid = models.UUIDField(_("sujet"))
    subject_name = models.CharField(_("nom du sujet"), max_length=160)
    commune_code = models.CharField(_("commune du sujet"), max_length=5)
    application = models.ForeignKey(
        Application,
        verbose_name=_("dossier"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="assessments",
    )
    branch = models.CharField(_("cas"), max_length=20, blank=True)
    evaluator = models.ForeignKey(User, verbose_name=_("évalué par"), on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("état"), max_length=12, choices=AssessmentState, default=AssessmentState.IN_PROGRESS)
    started_at = models.DateTimeField(_("commencée le"))
    concluded_at = models.DateTimeField(_("conclue le"), null=True, blank=True)
    outcome = models.CharField(_("conclusion"), max_length=12, choices=AssessmentOutcome, blank=True)
    level = models.CharField(_("niveau"), max_length=20, blank=True)
    explanation = models.JSONField(_("explication"), default=dict)  # what the printed page says, frozen
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("évaluation")
        ordering = ("-started_at",)
        indexes = (models.Index(fields=("subject_type", "subject_uuid")), models.Index(fields=("label", "state")))
        constraints = (
            models.CheckConstraint(
                name="assessment_concluded_iff_outcome",
                condition=Q(state="CONCLUDED", concluded_at__isnull=False) & ~Q(outcome="")
                | ~Q(state="CONCLUDED") & Q(concluded_at=None, outcome=""),
                violation_error_message=_("Une évaluation conclue a une conclusion et une date."),
            ),
            models.UniqueConstraint(
                name="assessment_one_at_a_time",
                fields=("label", "subject_type", "subject_uuid"),
                condition=Q(state="IN_PROGRESS"),
                violation_error_message=_("Une évaluation de ce sujet est déjà en cours sur cette version."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject_name} – {self.label}"


@track_every_change()
class AssessmentAnswer(models.Model):
    """What was found for one criterion. Numbers are exact: decimals as text, by the names of the criterion's tests."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="answers")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    is_na = models.BooleanField(_("sans objet"), default=False)
    yes = models.BooleanField(_("oui"), null=True, blank=True)
    values = models.JSONField(_("valeurs"), default=dict)  # {"members": "5"} or {"share": ["2", "3"]}: 2 out of 3
    level = models.PositiveSmallIntegerField(_("niveau"), null=True, blank=True)
    reference = models.CharField(_("preuve citée"), max_length=300, blank=True)  # article, register, page
    valid_to = models.DateField(_("la preuve vaut jusqu’au"), null=True, blank=True)
    note = models.TextField(_("remarque"), blank=True)
    answered_by = models.ForeignKey(User, verbose_name=_("répondu par"), on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("répondu le"))

    class Meta:
        verbose_name = _("réponse à un critère")
        verbose_name_plural = _("réponses aux critères")
        ordering = ("assessment", "criterion__rank")
        constraints = (
            models.UniqueConstraint(name="answer_once_per_criterion", fields=("assessment", "criterion")),
            models.CheckConstraint(
                name="answer_level_between_0_and_3",
                condition=Q(level=None) | Q(level__lte=3),
                violation_error_message=_("Un niveau va de 0 (absent) à 3 (exemplaire)."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.assessment} {self.criterion}"
