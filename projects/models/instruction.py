"""The instruction of an application: who, questions, opinions, visit, note, messages, refusals and appeals (§6)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from investors.models import User
from projects.models.applications import Application


class RefusalReason(models.TextChoices):
    """Coded reasons: the public page counts them, the holder reads the sentence and the next step (R-044)."""

    OUT_OF_TERRITORY = "OUT_OF_TERRITORY", _("Hors du territoire du fonds")
    NOT_ESS = "NOT_ESS", _("Ni statut ni principes de l’économie sociale et solidaire")
    EXCLUDED_ACTIVITY = "EXCLUDED_ACTIVITY", _("Activité exclue")
    INSOLVENCY = "INSOLVENCY", _("Procédure collective en cours")
    OWNERS_UNKNOWN = "OWNERS_UNKNOWN", _("Bénéficiaires effectifs non établis")
    NOT_THE_RIGHT_TOOL = "NOT_THE_RIGHT_TOOL", _("Un autre outil convient mieux")
    INCOMPLETE = "INCOMPLETE", _("Dossier incomplet")
    NOT_VIABLE = "NOT_VIABLE", _("Équilibre économique non établi")
    LITTLE_SOCIAL_USE = "LITTLE_SOCIAL_USE", _("Utilité sociale insuffisante")
    GOVERNANCE = "GOVERNANCE", _("Gouvernance insuffisante")
    ORDINARY_FINANCE = "ORDINARY_FINANCE", _("La banque peut financer seule")
    NO_ACCOMPANIMENT = "NO_ACCOMPANIMENT", _("Aucun accompagnement")
    CRITERION_ABSENT = "CRITERION_ABSENT", _("Un critère de la grille est totalement absent")
    NOT_ENOUGH_MONEY = "NOT_ENOUGH_MONEY", _("Moyens du fonds insuffisants")


@track_every_change()
class Assignment(models.Model):
    """Who instructs a file, from when to when; one person at a time."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="assignments")
    instructor = models.ForeignKey(
        User, verbose_name=_("instruit par"), on_delete=models.PROTECT, related_name="assignments"
    )
    assigned_by = models.ForeignKey(User, verbose_name=_("confié par"), on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(_("confié le"))
    ended_at = models.DateTimeField(_("repris le"), null=True, blank=True)

    class Meta:
        verbose_name = _("attribution")
        ordering = ("-assigned_at",)
        constraints = (
            models.UniqueConstraint(
                name="assignment_one_at_a_time",
                fields=("application",),
                condition=Q(ended_at=None),
                violation_error_message=_("Ce dossier est déjà confié à une personne."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.application_id} {self.instructor}"


class EligibilityCheck(models.Model):
    """What was found of each eligibility rule, once the file came in. Never changed: a second look is another row."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="eligibility_checks")
    findings = models.JSONField(_("constats"))  # rule code → {"met": true | false, "comment": "…"}
    is_eligible = models.BooleanField(_("recevable"))
    checked_by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("examen de recevabilité")
        ordering = ("-checked_at",)
        triggers = append_only.triggers("eligibility_check")

    def __str__(self) -> str:
        return f"{self.application_id} {self.checked_at}"


@track_every_change()
class QuestionRound(models.Model):
    """One list of questions: the clock of the instruction stops from `asked_at` to `answered_at`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="question_rounds")
    asked_by = models.ForeignKey(User, verbose_name=_("posées par"), on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("posées le"))
    due_on = models.DateField(_("à répondre au plus tard le"))
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(_("répondues le"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closes sans réponse le"), null=True, blank=True)

    class Meta:
        verbose_name = _("liste de questions")
        verbose_name_plural = _("listes de questions")
        ordering = ("asked_at",)
        constraints = (
            models.CheckConstraint(
                name="round_answered_after_asked",
                condition=Q(answered_at=None) | Q(answered_at__gte=F("asked_at")),
                violation_error_message=_("On répond après la question."),
            ),
            models.CheckConstraint(
                name="round_answered_or_closed",
                condition=Q(answered_at=None) | Q(closed_at=None),
                violation_error_message=_("Une liste est répondue ou close, pas les deux."),
            ),
            models.UniqueConstraint(
                name="round_one_open_at_a_time",
                fields=("application",),
                condition=Q(answered_at=None, closed_at=None),
                violation_error_message=_("Des questions attendent déjà une réponse."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.application_id} {self.asked_at}"


class Question(models.Model):
    """One question of a list, about a section of the form or the whole."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    round = models.ForeignKey(QuestionRound, on_delete=models.PROTECT, related_name="questions")
    rank = models.PositiveSmallIntegerField(_("rang"))
    section = models.CharField(_("section"), max_length=40, blank=True)
    text = models.TextField(_("question"))

    class Meta:
        verbose_name = _("question")
        ordering = ("round", "rank")
        triggers = append_only.triggers("question")
        constraints = (models.UniqueConstraint(name="question_rank_once", fields=("round", "rank")),)

    def __str__(self) -> str:
        return f"{self.rank}. {self.text[:60]}"


class Answer(models.Model):
    """The holder's answer, for good."""

    question = models.OneToOneField(Question, on_delete=models.PROTECT, related_name="answer")
    text = models.TextField(_("réponse"))
    by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("réponse")
        triggers = append_only.triggers("answer")

    def __str__(self) -> str:
        return self.text[:60]


@track_every_change()
class ExpertOpinion(models.Model):
    """An opinion asked of somebody who knows the subject; the expert's words are typed in with their date."""

    class Verdict(models.TextChoices):
        FAVOURABLE = "favourable", _("Favorable")
        RESERVED = "reserved", _("Favorable avec réserves")
        UNFAVOURABLE = "unfavourable", _("Défavorable")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="opinions")
    expert = models.CharField(_("expert"), max_length=160)
    subject = models.CharField(_("sur quoi"), max_length=160)
    asked_by = models.ForeignKey(User, verbose_name=_("demandé par"), on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("demandé le"))
    due_on = models.DateField(_("attendu le"))
    verdict = models.CharField(_("avis"), max_length=12, choices=Verdict, blank=True)
    text = models.TextField(_("texte de l’avis"), blank=True)
    given_at = models.DateTimeField(_("rendu le"), null=True, blank=True)

    class Meta:
        verbose_name = _("avis d’expert")
        verbose_name_plural = _("avis d’experts")
        ordering = ("asked_at",)
        constraints = (
            models.CheckConstraint(
                name="opinion_given_iff_worded",
                condition=Q(given_at=None, verdict="", text="")
                | (Q(given_at__isnull=False) & ~Q(verdict="") & ~Q(text="")),
                violation_error_message=_("Un avis rendu a une conclusion, un texte et une date."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.expert} : {self.subject}"


@track_every_change()
class SiteVisit(models.Model):
    """A visit, planned then told."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="visits")
    planned_on = models.DateField(_("prévue le"))
    place = models.CharField(_("lieu"), max_length=160)
    planned_by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    visited_on = models.DateField(_("faite le"), null=True, blank=True)
    people_met = models.CharField(_("personnes rencontrées (fonctions)"), max_length=240, blank=True)
    report = models.TextField(_("compte rendu"), blank=True)

    class Meta:
        verbose_name = _("visite")
        ordering = ("planned_on",)
        constraints = (
            models.CheckConstraint(
                name="visit_made_iff_told",
                condition=Q(visited_on=None, report="") | (Q(visited_on__isnull=False) & ~Q(report="")),
                violation_error_message=_("Une visite faite a une date et un compte rendu."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.application_id} {self.planned_on}"


@track_every_change()
class InstructionNote(models.Model):
    """The note the committee reads: six required points (§6) and the rules as they were found when it was signed."""

    class Advice(models.TextChoices):
        FAVOURABLE = "favourable", _("Favorable")
        CONDITIONAL = "conditional", _("Favorable sous conditions")
        UNFAVOURABLE = "unfavourable", _("Défavorable")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="note")
    viability = models.TextField(_("viabilité économique"), blank=True)
    social_use = models.TextField(_("utilité sociale"), blank=True)
    governance = models.TextField(_("gouvernance"), blank=True)
    carrier = models.TextField(_("porteur et équipe"), blank=True)
    additionality = models.TextField(_("refus bancaires et complémentarité"), blank=True)
    accompaniment = models.TextField(_("accompagnement"), blank=True)
    without_visit_because = models.TextField(_("pourquoi aucune visite"), blank=True)
    proposed_conditions = models.TextField(_("conditions proposées"), blank=True)
    advice = models.CharField(_("avis"), max_length=12, choices=Advice, blank=True)
    rule_checks = models.JSONField(_("règles constatées"), default=list)
    written_by = models.ForeignKey(User, verbose_name=_("écrite par"), on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(_("enregistrée le"))
    signed_at = models.DateTimeField(_("signée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("note d’instruction")
        verbose_name_plural = _("notes d’instruction")

    def __str__(self) -> str:
        return f"{self.application_id}"


class ApplicationMessage(models.Model):
    """A message between the holder's team and the fund, in the file. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="messages")
    by = models.ForeignKey(User, verbose_name=_("de"), on_delete=models.PROTECT, related_name="+")
    is_from_fund = models.BooleanField(_("écrit par le fonds"))
    text = models.TextField(_("message"))
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("message du dossier")
        verbose_name_plural = _("messages du dossier")
        ordering = ("at",)
        triggers = append_only.triggers("application_message")

    def __str__(self) -> str:
        return self.text[:60]


class Refusal(models.Model):
    """A refusal: always a coded reason, a sentence, a useful next step and a way of appeal. Never changed."""

    class Stage(models.TextChoices):
        ELIGIBILITY = "eligibility", _("Recevabilité")
        COMMITTEE = "committee", _("Comité")
        APPEAL = "appeal", _("Recours")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="refusals")
    stage = models.CharField(_("étape"), max_length=12, choices=Stage)
    code = models.CharField(_("motif"), max_length=24, choices=RefusalReason)
    reason = models.TextField(_("explication"))
    next_step = models.TextField(_("la suite"))
    decided_by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("le"))
    appeal_until = models.DateField(_("recours jusqu’au"), null=True, blank=True)  # none after a dismissed appeal

    class Meta:
        verbose_name = _("refus")
        verbose_name_plural = _("refus")
        ordering = ("-decided_at",)
        triggers = append_only.triggers("refusal")
        constraints = (
            models.CheckConstraint(
                name="refusal_says_why_and_what_next",
                condition=~Q(reason="") & ~Q(next_step=""),
                violation_error_message=_("Un refus dit pourquoi, et quoi faire ensuite."),
            ),
            models.CheckConstraint(
                name="refusal_opens_an_appeal",
                condition=Q(stage="appeal") | Q(appeal_until__isnull=False),
                violation_error_message=_("Un refus ouvre un recours."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.application_id} {self.code}"


@track_every_change()
class Appeal(models.Model):
    """An appeal against one refusal, decided by somebody who had no part in the file (ruling A7)."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Accueilli")
        DISMISSED = "dismissed", _("Rejeté")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    refusal = models.OneToOneField(Refusal, on_delete=models.PROTECT, related_name="appeal")
    filed_by = models.ForeignKey(User, verbose_name=_("déposé par"), on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(_("déposé le"))
    grounds = models.TextField(_("ce qui est contesté"))
    outcome = models.CharField(_("décision"), max_length=10, choices=Outcome, blank=True)
    answer = models.TextField(_("réponse motivée"), blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("recours")
        verbose_name_plural = _("recours")
        constraints = (
            models.CheckConstraint(
                name="appeal_decided_iff_motivated",
                condition=Q(outcome="", answer="", decided_by=None, decided_at=None)
                | (~Q(outcome="") & ~Q(answer="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                violation_error_message=_("Un recours décidé a une réponse motivée, un auteur et une date."),
            ),
            models.CheckConstraint(
                name="appeal_decided_by_another",
                condition=Q(decided_by=None) | ~Q(decided_by=F("filed_by")),
                violation_error_message=_("On ne décide pas de son propre recours."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.refusal_id}"
