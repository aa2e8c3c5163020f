"""What happens to a financing after the money left: reasons of alert, restructurings, defaults, losses."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from funds.models.loans import Holding, Instalment
from funds.models.offers import Offer
from funds.states import FinancingRequestState
from investors.models import User


@track_every_change()
class Concern(models.Model):
    """One reason why a financing is watched: open until somebody, or a duty, says that it is over."""

    class Kind(models.TextChoices):
        UNPAID = "UNPAID", _("échéance impayée")
        LABEL_LOST = "LABEL_LOST", _("label perdu ou suspendu")
        NEGATIVE_EQUITY = "NEGATIVE_EQUITY", _("fonds propres négatifs")
        DISPUTE = "DISPUTE", _("litige")
        MISSING_REPORT = "MISSING_REPORT", _("rapport manquant")
        DRIFT = "DRIFT", _("écart au registre")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="concerns")
    kind = models.CharField(_("motif"), max_length=16, choices=Kind)
    detail = models.CharField(_("constat"), max_length=400)
    raised_at = models.DateTimeField(_("constaté le"))
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(_("levé le"), null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    close_note = models.CharField(_("pourquoi il est levé"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("motif d’alerte")
        verbose_name_plural = _("motifs d’alerte")
        ordering = ("-raised_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="concern_open_once",
                fields=("offer", "kind"),
                condition=Q(closed_at=None),
                violation_error_message=_("Ce motif est déjà ouvert pour ce financement."),
            ),
            models.CheckConstraint(
                name="concern_closed_says_why",
                condition=Q(closed_at=None) | ~Q(close_note=""),
                violation_error_message=_("Un motif levé dit pourquoi."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.offer} {self.get_kind_display()}"


class FollowUpNote(models.Model):
    """An action plan or a visit, as the person in charge wrote it. Append-only."""

    class Kind(models.TextChoices):
        PLAN = "PLAN", _("plan d’action")
        VISIT = "VISIT", _("visite")

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="follow_up_notes")
    kind = models.CharField(_("nature"), max_length=6, choices=Kind)
    happens_on = models.DateField(_("le"))  # of the visit; when the plan is looked at again
    text = models.TextField(_("texte"))
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(_("écrit le"))

    class Meta:
        verbose_name = _("note de suivi")
        verbose_name_plural = _("notes de suivi")
        ordering = ("-written_at", "-pk")
        triggers = append_only.triggers("follow_up_note")

    def __str__(self) -> str:
        return f"{self.offer} {self.get_kind_display()}"


@track_every_change()
class FinancingRequest(models.Model):
    """A heavy decision on a loan: proposed by one person, decided by another (ruling A7). Amounts in whole cents."""

    class Kind(models.TextChoices):
        RESTRUCTURE = "RESTRUCTURE", _("restructuration")
        DEFAULT = "DEFAULT", _("défaut")
        LOSS = "LOSS", _("perte")

    class Ground(models.TextChoices):
        UNPAID = "UNPAID", _("impayé au-delà du délai")
        INSOLVENCY = "INSOLVENCY", _("procédure d’insolvabilité")
        FRAUD = "FRAUD", _("fraude")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="financing_requests")
    kind = models.CharField(_("nature"), max_length=12, choices=Kind)
    state = models.CharField(
        _("état"), max_length=10, choices=FinancingRequestState, default=FinancingRequestState.PROPOSED
    )
    ground = models.CharField(_("motif"), max_length=10, choices=Ground, blank=True)
    reason = models.TextField(_("raisons et preuves"))
    outstanding_cents = models.BigIntegerField(_("capital restant dû, en centimes"))
    overdue_interest_cents = models.BigIntegerField(_("intérêts échus impayés, en centimes"), default=0)
    months = models.PositiveSmallIntegerField(_("nouvelle durée en mois"), null=True, blank=True)
    rate_bp = models.PositiveIntegerField(_("nouveau taux (points de base)"), null=True, blank=True)
    first_due_on = models.DateField(_("nouvelle première échéance"), null=True, blank=True)
    worsens_terms = models.BooleanField(_("moins favorable aux prêteurs"), default=False)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposée le"))
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    decision_note = models.TextField(_("décision motivée"), blank=True)
    applied_at = models.DateTimeField(_("appliquée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("demande sur un financement")
        verbose_name_plural = _("demandes sur un financement")
        ordering = ("-proposed_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="financing_request_one_alive",
                fields=("offer", "kind"),
                condition=Q(state="PROPOSED"),
                violation_error_message=_("Une demande de cette nature attend déjà sa décision."),
            ),
            models.CheckConstraint(
                name="financing_request_four_eyes",
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("Une autre personne que celle qui propose décide."),
            ),
            models.CheckConstraint(
                name="financing_request_restructuring_has_terms",
                condition=~Q(kind="RESTRUCTURE") | Q(months__gt=0, rate_bp__isnull=False, first_due_on__isnull=False),
                violation_error_message=_("Une restructuration dit sa durée, son taux et sa première échéance."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.offer} {self.get_kind_display()}"


class LenderAnswer(models.Model):
    """One lender's answer to a restructuring that worsens their terms. Append-only."""

    request = models.ForeignKey(FinancingRequest, on_delete=models.PROTECT, related_name="answers")
    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="+")
    agrees = models.BooleanField(_("accepte"))
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("répondu le"))

    class Meta:
        verbose_name = _("réponse d’un prêteur")
        verbose_name_plural = _("réponses des prêteurs")
        triggers = append_only.triggers("lender_answer")
        constraints = (
            models.UniqueConstraint(
                name="lender_answer_once",
                fields=("request", "holding"),
                violation_error_message=_("Vous avez déjà répondu."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.request} {self.holding}"


class InstalmentReplacement(models.Model):
    """That an instalment is no longer due: a restructuring, or a tranche given back, wrote others. Append-only."""

    instalment = models.OneToOneField(Instalment, on_delete=models.PROTECT, related_name="replacement")
    request = models.ForeignKey(
        FinancingRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="replaced"
    )
    tranche_return = models.ForeignKey(
        "funds.TrancheReturn", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced"
    )

    class Meta:
        verbose_name = _("échéance remplacée")
        verbose_name_plural = _("échéances remplacées")
        triggers = append_only.triggers("instalment_replacement")
        constraints = (
            models.CheckConstraint(
                name="instalment_replacement_has_one_cause",
                condition=Q(request__isnull=False, tranche_return=None) | Q(request=None, tranche_return__isnull=False),
                violation_error_message=_("Une échéance est remplacée pour une raison, et une seule."),
            ),
        )

    def __str__(self) -> str:
        return str(self.instalment)


class LossLine(models.Model):
    """What one lender lost on a loan, with the statement they received for their taxes. Append-only."""

    request = models.ForeignKey(FinancingRequest, on_delete=models.PROTECT, related_name="losses")
    holding = models.OneToOneField(Holding, on_delete=models.PROTECT, related_name="loss")
    lost_cents = models.BigIntegerField(_("capital perdu, en centimes"))
    statement = models.OneToOneField("kernel.Document", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("perte d’un prêteur")
        verbose_name_plural = _("pertes des prêteurs")
        triggers = append_only.triggers("loss_line")
        constraints = (
            models.CheckConstraint(
                name="loss_line_positive",
                condition=Q(lost_cents__gt=0),
                violation_error_message=_("Une perte est au-dessus de zéro."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.holding} {self.lost_cents}"
