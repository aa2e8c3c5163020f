"""What protects a saver before they lend: the entry questionnaire, the simulation of loss, the class (R, art. 21)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from investors.protection.states import ClassState


class EntryAssessment(models.Model):
    """The entry questionnaire, answered or refused, once. Append-only: the last one of a party speaks until it ends."""

    class Outcome(models.TextChoices):
        PASSED = "PASSED", _("Réussi")
        INSUFFICIENT = "INSUFFICIENT", _("Connaissances insuffisantes")
        REFUSED = "REFUSED", _("Refus de répondre")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.ForeignKey("investors.Party", on_delete=models.PROTECT, related_name="entry_assessments")
    by = models.ForeignKey("investors.User", on_delete=models.PROTECT, related_name="+")
    version = models.CharField(_("version du questionnaire"), max_length=20)
    sha256 = models.CharField(_("empreinte du questionnaire"), max_length=64)
    outcome = models.CharField(_("résultat"), max_length=12, choices=Outcome)
    score = models.PositiveSmallIntegerField(_("bonnes réponses"), null=True, blank=True)
    out_of = models.PositiveSmallIntegerField(_("sur"), null=True, blank=True)
    answers = models.JSONField(_("réponses"), default=dict, blank=True)
    taken_at = models.DateTimeField(_("répondu le"))
    expires_on = models.DateField(_("valable jusqu’au"))  # the first day it no longer counts

    class Meta:
        verbose_name = _("questionnaire d’entrée")
        verbose_name_plural = _("questionnaires d’entrée")
        ordering = ("-pk",)
        triggers = append_only.triggers("entry_assessment")
        indexes = (models.Index(fields=("party", "-id"), name="entry_assessment_last"),)
        constraints = (
            models.CheckConstraint(
                name="entry_assessment_score_iff_answered",
                condition=Q(outcome="REFUSED", score=None, out_of=None)
                | (~Q(outcome="REFUSED") & Q(score__isnull=False, out_of__isnull=False, score__lte=F("out_of"))),
                violation_error_message=_("Un questionnaire répondu a une note, un refus n’en a pas."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.party} {self.outcome}"


class WarningAcknowledgement(models.Model):
    """That a person read the warning of a questionnaire failed or refused, and said so (art. 21(4)). Append-only."""

    assessment = models.OneToOneField(EntryAssessment, on_delete=models.PROTECT, related_name="acknowledgement")
    by = models.ForeignKey("investors.User", on_delete=models.PROTECT, related_name="+")
    text_version = models.CharField(_("version du texte"), max_length=20)
    text_sha256 = models.CharField(_("empreinte du texte"), max_length=64)
    acknowledged_at = models.DateTimeField(_("lu le"))

    class Meta:
        verbose_name = _("avertissement lu")
        triggers = append_only.triggers("warning_acknowledgement")

    def __str__(self) -> str:
        return f"{self.assessment}"


class LossSimulation(models.Model):
    """The result of the simulation of loss, sent or withheld by the person; never what they typed. Append-only.

    The tool runs in the person's browser (Delegated Regulation (EU) 2022/2114, art. 5(5)): `result` is a tenth of
    their net worth, the only figure that ever leaves it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.ForeignKey("investors.Party", on_delete=models.PROTECT, related_name="loss_simulations")
    by = models.ForeignKey("investors.User", on_delete=models.PROTECT, related_name="+")
    is_sent = models.BooleanField(_("résultat transmis"))
    result = MoneyField(
        _("capacité à supporter des pertes"), max_digits=14, decimal_places=2, default_currency="EUR", null=True,
        blank=True, default=None,
    )  # fmt: skip
    reference_date = models.DateField(_("date de référence"), null=True, blank=True)
    tool_version = models.CharField(_("version de l’outil"), max_length=20)
    made_at = models.DateTimeField(_("fait le"))
    expires_on = models.DateField(_("valable jusqu’au"))  # the first day it no longer counts

    class Meta:
        verbose_name = _("simulation de pertes")
        verbose_name_plural = _("simulations de pertes")
        ordering = ("-pk",)
        triggers = append_only.triggers("loss_simulation")
        indexes = (models.Index(fields=("party", "-id"), name="loss_simulation_last"),)
        constraints = (
            models.CheckConstraint(
                name="loss_simulation_result_iff_sent",
                condition=Q(is_sent=True, result__isnull=False, result__gte=0, reference_date__isnull=False)
                | Q(is_sent=False, result=None, reference_date=None),
                violation_error_message=_("Un résultat transmis est un montant daté ; un résultat gardé n’en a pas."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.party} {self.made_at:%Y-%m-%d}"


@track_every_change()
class Classification(models.Model):
    """A request to be treated as a sophisticated investor, and what became of it (Annex II)."""

    class Wanted(models.TextChoices):
        SOPHISTICATED = "SOPH", _("Investisseur averti")
        PROFESSIONAL = "PROF", _("Client professionnel par nature")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.ForeignKey("investors.Party", on_delete=models.PROTECT, related_name="classifications")
    wanted = models.CharField(_("statut"), max_length=4, choices=Wanted)
    criteria = models.JSONField(_("critères attestés"), default=list)
    evidence = models.TextField(_("preuves"), max_length=2_000)
    text_version = models.CharField(_("version de l’avertissement"), max_length=20)
    text_sha256 = models.CharField(_("empreinte de l’avertissement"), max_length=64)
    state = models.CharField(_("état"), max_length=10, choices=ClassState, default=ClassState.REQUESTED)
    requested_by = models.ForeignKey("investors.User", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("demandé le"))
    decided_by = models.ForeignKey("investors.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    grounds = models.CharField(_("motif"), max_length=500, blank=True)
    expires_on = models.DateField(_("valable jusqu’au"), null=True, blank=True)  # the first day it no longer counts
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("statut d’investisseur")
        verbose_name_plural = _("statuts d’investisseur")
        ordering = ("-requested_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="classification_one_request",
                fields=("party",),
                condition=Q(state="REQUESTED"),
                violation_error_message=_("Une demande est déjà en cours."),
            ),
            models.UniqueConstraint(
                name="classification_one_in_force",
                fields=("party",),
                condition=Q(state="GRANTED"),
                violation_error_message=_("Un statut est déjà en cours."),
            ),
            models.CheckConstraint(
                name="classification_granted_is_dated",
                condition=~Q(state="GRANTED")
                | Q(decided_by__isnull=False, decided_at__isnull=False, expires_on__isnull=False),
                violation_error_message=_("Un statut accordé dit par qui, quand et jusqu’à quand."),
            ),
            models.CheckConstraint(
                name="classification_refused_has_reason",
                condition=~Q(state="REFUSED")
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(grounds="")),
                violation_error_message=_("Un refus a un motif."),
            ),
            models.CheckConstraint(
                name="classification_has_criteria", condition=~Q(criteria=[]),
                violation_error_message=_("Une demande dit quels critères sont remplis."),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.party} {self.wanted}"
