"""What happens at a session: agenda, declarations, reviews, ballots, decisions, minutes. What was said stays said."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from fres.kernel.models import Document
from investors.models import User
from projects.committee.states import SessionState
from projects.models.applications import Application
from projects.models.committee import Committee, Grid, GridCriterion, SchemeAxis, Seat
from projects.models.instruction import Refusal


@track_every_change()
class Session(models.Model):
    """A session, with the rules and the grid of its committee as they stood when it was planned."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="sessions")
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("commence le"))
    place = models.CharField(_("lieu"), max_length=200)
    quorum_bp = models.PositiveSmallIntegerField(_("quorum, part des sièges en points de base"))
    majority = models.CharField(_("majorité"), max_length=16, choices=Committee.Majority)
    tie_rule = models.CharField(_("en cas de partage"), max_length=8, choices=Committee.TieRule)
    chair = models.ForeignKey(Seat, verbose_name=_("présidence"), on_delete=models.PROTECT, related_name="chaired")
    secretary = models.ForeignKey(User, verbose_name=_("secrétariat"), on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("état"), max_length=12, choices=SessionState, default=SessionState.PLANNED)
    notes = models.TextField(_("notes de séance"), blank=True)
    opened_at = models.DateTimeField(_("ouverte le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("levée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("séance")
        ordering = ("-starts_at",)
        triggers = (
            pgtrigger.Protect(
                name="sealed_session_is_kept", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state="SEALED")
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="session_ends_after_it_opens",
                condition=Q(ended_at=None) | Q(opened_at__isnull=False, ended_at__gte=F("opened_at")),
                violation_error_message=_("Une séance est levée après avoir été ouverte."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.committee} {self.starts_at:%Y-%m-%d}"


@track_every_change()
class Attendance(models.Model):
    """That a member is in the room, from when to when; coming back is another row."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="attendances")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="attendances")
    arrived_at = models.DateTimeField(_("arrivée"))
    left_at = models.DateTimeField(_("départ"), null=True, blank=True)

    class Meta:
        verbose_name = _("présence")
        ordering = ("arrived_at", "pk")
        constraints = (
            models.UniqueConstraint(
                name="attendance_once_at_a_time",
                fields=("session", "seat"),
                condition=Q(left_at=None),
                violation_error_message=_("Cette personne est déjà notée présente."),
            ),
            models.CheckConstraint(
                name="attendance_leaves_after_arriving",
                condition=Q(left_at=None) | Q(left_at__gte=F("arrived_at")),
                violation_error_message=_("On part après être arrivé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.seat} {self.session}"


@track_every_change()
class AgendaItem(models.Model):
    """An application on a session's agenda. An adjourned one comes back on another session's."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="items")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="agenda_items")
    rank = models.PositiveSmallIntegerField(_("rang"))
    notes = models.TextField(_("délibération"), blank=True)

    class Meta:
        verbose_name = _("point de l’ordre du jour")
        verbose_name_plural = _("points de l’ordre du jour")
        ordering = ("session", "rank")
        constraints = (
            models.UniqueConstraint(
                name="agenda_item_once_a_session",
                fields=("session", "application"),
                violation_error_message=_("Ce dossier est déjà à l’ordre du jour."),
            ),
            models.UniqueConstraint(
                name="agenda_rank_once", fields=("session", "rank"), deferrable=models.Deferrable.DEFERRED
            ),
        )

    def __str__(self) -> str:
        return f"{self.rank}. {self.application.project.title}"

    @property
    def decided(self) -> "Decision | None":
        """The decision on this file, None before there is one."""
        return getattr(self, "decision", None)


class ConflictDeclaration(models.Model):
    """What a member says of their interests before the file opens to them. Append-only: the last row speaks."""

    class Kind(models.TextChoices):
        NONE = "none", _("Aucun lien")
        LINK = "link", _("Un lien qui n’empêche pas de délibérer")
        CONFLICT = "conflict", _("Un intérêt : se déporte")

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="declarations")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="declarations")
    kind = models.CharField(_("déclaration"), max_length=10, choices=Kind)
    reason = models.CharField(_("nature du lien"), max_length=300, blank=True)
    hints = models.JSONField(_("rapprochements montrés"), default=list)  # codes of what the person was shown
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("déclaration d’intérêts")
        verbose_name_plural = _("déclarations d’intérêts")
        ordering = ("at", "pk")
        triggers = append_only.triggers("conflict_declaration")
        constraints = (
            models.CheckConstraint(
                name="declaration_of_a_link_describes_it",
                condition=Q(kind="none") | ~Q(reason=""),
                violation_error_message=_("Un lien déclaré est décrit."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.seat} {self.kind}"


class Recusal(models.Model):
    """That a member withdrew from one item, for good. In the public log, with its reason."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="recusals")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="recusals")
    reason = models.CharField(_("motif public"), max_length=300)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("déport")
        ordering = ("-at", "pk")
        triggers = append_only.triggers("recusal")
        constraints = (
            models.UniqueConstraint(
                name="recusal_once_an_item",
                fields=("item", "seat"),
                violation_error_message=_("Cette personne s’est déjà déportée."),
            ),
            models.CheckConstraint(
                name="recusal_has_a_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Un déport porte son motif."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.seat} – {self.item}"


@track_every_change()
class Review(models.Model):
    """One member's reading of one file: a comment, and a score for each criterion. Closed by the first ballot."""

    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="reviews")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="reviews")
    comment = models.TextField(_("commentaire"), blank=True)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("évaluation")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                name="review_one_a_member",
                fields=("item", "seat"),
                violation_error_message=_("Cette personne a déjà évalué ce dossier."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.seat} – {self.item}"


@track_every_change()
class Score(models.Model):
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(GridCriterion, on_delete=models.PROTECT, related_name="scores")
    value = models.PositiveSmallIntegerField(_("note"))

    class Meta:
        verbose_name = _("note")
        ordering = ("criterion__rank",)
        constraints = (
            models.UniqueConstraint(name="score_one_a_criterion", fields=("review", "criterion")),
            models.CheckConstraint(
                name="score_is_at_most_twenty",
                condition=Q(value__lte=20),
                violation_error_message=_("Une note ne dépasse pas l’échelle de la grille."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.criterion.code} {self.value}"


class Outcome(models.TextChoices):
    APPROVE = "approve", _("Approuver")
    ADJOURN = "adjourn", _("Ajourner")
    REFUSE = "refuse", _("Refuser")


_DONE = {Outcome.APPROVE: _("Approuvé"), Outcome.ADJOURN: _("Ajourné"), Outcome.REFUSE: _("Refusé")}


@track_every_change()
class Ballot(models.Model):
    """A question put to the vote on one item, and its result once closed. `support` is exact: "17/30"."""

    class Result(models.TextChoices):
        CARRIED = "carried", _("Adopté")
        REJECTED = "rejected", _("Rejeté")
        TIED = "tied", _("Partagé")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(AgendaItem, on_delete=models.PROTECT, related_name="ballots")
    rank = models.PositiveSmallIntegerField(_("rang"))
    proposal = models.CharField(_("proposition"), max_length=10, choices=Outcome)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("ouvert le"))
    closed_at = models.DateTimeField(_("clos le"), null=True, blank=True)
    result = models.CharField(_("résultat"), max_length=10, choices=Result, blank=True)
    support = models.CharField(_("part pour, exacte"), max_length=40, blank=True)
    tally = models.JSONField(_("décompte par collège"), default=list)  # name, weight_bp, yes, no, abstain
    entitled = models.PositiveSmallIntegerField(_("sièges comptés"), default=0)
    present = models.PositiveSmallIntegerField(_("présents"), default=0)

    class Meta:
        verbose_name = _("scrutin")
        ordering = ("item", "rank")
        constraints = (
            models.UniqueConstraint(name="ballot_rank_once", fields=("item", "rank")),
            models.UniqueConstraint(
                name="ballot_one_open_an_item",
                fields=("item",),
                condition=Q(closed_at=None),
                violation_error_message=_("Un scrutin est déjà ouvert sur ce dossier."),
            ),
            models.CheckConstraint(
                name="ballot_closed_has_its_result",
                condition=Q(closed_at=None, result="", support="") | (Q(closed_at__isnull=False) & ~Q(result="")),
                violation_error_message=_("Un scrutin clos a un résultat."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.item} – {self.get_proposal_display()}"


class Vote(models.Model):
    """One member's vote, once. Append-only; who voted what is shown to nobody but the member."""

    class Choice(models.TextChoices):
        YES = "yes", _("Pour")
        NO = "no", _("Contre")
        ABSTAIN = "abstain", _("Abstention")

    ballot = models.ForeignKey(Ballot, on_delete=models.PROTECT, related_name="votes")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="votes")
    choice = models.CharField(_("vote"), max_length=8, choices=Choice)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("vote")
        ordering = ("pk",)
        triggers = append_only.triggers("committee_vote")
        constraints = (
            models.UniqueConstraint(
                name="vote_once_a_ballot",
                fields=("ballot", "seat"),
                violation_error_message=_("Ce siège a déjà voté."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.ballot} {self.seat}"


class Decision(models.Model):
    """What the committee decided on an item: outcome, ballot, axis of the regional scheme, motive. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.OneToOneField(AgendaItem, on_delete=models.PROTECT, related_name="decision")
    ballot = models.OneToOneField(Ballot, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(_("décision"), max_length=10, choices=Outcome)
    axis = models.ForeignKey(SchemeAxis, on_delete=models.PROTECT, related_name="decisions")
    motive = models.TextField(_("motif"))
    refusal = models.OneToOneField(Refusal, on_delete=models.PROTECT, null=True, blank=True, related_name="decision")
    score = models.CharField(_("note pondérée, exacte"), max_length=40, blank=True)
    valid_until = models.DateField(_("approbation valable jusqu’au"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, verbose_name=_("prononcée par"), on_delete=models.PROTECT, related_name="committee_decisions"
    )
    decided_at = models.DateTimeField(_("prononcée le"))

    class Meta:
        verbose_name = _("décision")
        ordering = ("-decided_at", "-pk")
        triggers = append_only.triggers("committee_decision")
        constraints = (
            models.CheckConstraint(
                name="decision_has_a_motive",
                condition=~Q(motive=""),
                violation_error_message=_("Une décision porte son motif."),
            ),
            models.CheckConstraint(
                name="decision_refuses_iff_refusal",
                condition=Q(outcome="refuse", refusal__isnull=False) | (~Q(outcome="refuse") & Q(refusal=None)),
                violation_error_message=_("Un refus porte un motif codé et un délai de recours."),
            ),
            models.CheckConstraint(
                name="decision_approval_has_an_end",
                condition=Q(outcome="approve", valid_until__isnull=False)
                | (~Q(outcome="approve") & Q(valid_until=None)),
                violation_error_message=_("Une approbation a une fin de validité."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} – {self.item}"

    @property
    def done(self) -> str:
        """What became of the file, in a word: the state it went to."""
        return str(_DONE[Outcome(self.outcome)])


@track_every_change()
class Condition(models.Model):
    """A condition precedent of an approval: met once, on evidence, by somebody named."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="conditions")
    rank = models.PositiveSmallIntegerField(_("rang"))
    text = models.CharField(_("condition"), max_length=300)
    met_at = models.DateTimeField(_("levée le"), null=True, blank=True)
    met_by = models.ForeignKey(
        User, verbose_name=_("levée par"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    evidence = models.CharField(_("preuve"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("condition suspensive")
        verbose_name_plural = _("conditions suspensives")
        ordering = ("decision", "rank")
        constraints = (
            models.UniqueConstraint(name="condition_rank_once", fields=("decision", "rank")),
            models.CheckConstraint(
                name="condition_met_on_evidence_by_somebody",
                condition=Q(met_at=None, met_by=None, evidence="")
                | (Q(met_at__isnull=False, met_by__isnull=False) & ~Q(evidence="")),
                violation_error_message=_("Une condition est levée par quelqu’un, sur une preuve."),
            ),
        )

    def __str__(self) -> str:
        return self.text


class MinutesSignature(models.Model):
    """The recorded act by which chair or secretary signs the content of the minutes, named by its hash. Append-only."""

    class Capacity(models.TextChoices):
        CHAIR = "chair", _("Présidence")
        SECRETARY = "secretary", _("Secrétariat")

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="signatures")
    capacity = models.CharField(_("qualité"), max_length=10, choices=Capacity)
    content_sha256 = models.CharField(_("empreinte du contenu"), max_length=64)
    by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("signature de procès-verbal")
        verbose_name_plural = _("signatures de procès-verbal")
        ordering = ("at", "pk")
        triggers = append_only.triggers("minutes_signature")
        constraints = (
            models.UniqueConstraint(
                name="minutes_signed_once_a_content",
                fields=("session", "capacity", "content_sha256"),
                violation_error_message=_("Ce contenu est déjà signé à ce titre."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.session} {self.capacity}"


class Minutes(models.Model):
    """The sealed minutes of a session: an issued document, its two signatures inside. Append-only."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="minutes")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    content_sha256 = models.CharField(_("empreinte du contenu"), max_length=64)
    sealed_at = models.DateTimeField(_("scellé le"))

    class Meta:
        verbose_name = _("procès-verbal")
        verbose_name_plural = _("procès-verbaux")
        triggers = append_only.triggers("minutes")

    def __str__(self) -> str:
        return str(self.document)
