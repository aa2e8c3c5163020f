"""Rounds of the pot: what is asked, who may vote, secret ballots, receipts, and the order two people sign.

Nothing that can be read says who cast which ballot: a ballot bears a random pseudonym and no moment; the table that
links it to the electoral roll is opened to no role, serves changes, and is emptied when the count is published (B21).
"""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from fres.kernel.models import Document
from funds.models.entities import Fund
from funds.models.pool import Compartment
from funds.rounds.states import BallotMode, DemandState, OrderState, RoundState
from investors.models import Party, User
from projects.models import Application, Project


@track_every_change()
class Round(models.Model):
    """One vote on one sum of the pot. `rules` are frozen with their digest before the first ballot."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("adresse de la page"), max_length=80, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="rounds")
    # Whose cash is shared; none: an endowment held by the fund's carrier (`Purpose.COMMON_POT`).
    compartment = models.ForeignKey(
        Compartment, verbose_name=_("compartiment"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="rounds",
    )  # fmt: skip
    title = models.CharField(_("titre"), max_length=120)
    summary = models.TextField(_("présentation"))
    budget = MoneyField(_("somme à répartir"), max_digits=14, decimal_places=2, default_currency="EUR")
    roll_on = models.DateField(_("liste électorale arrêtée au"))
    opens_at = models.DateTimeField(_("ouvre le"))
    closes_at = models.DateTimeField(_("se ferme le"))
    max_choices = models.PositiveSmallIntegerField(_("choix au plus"), default=5)
    ballot_kind = models.CharField(_("bulletin"), max_length=8, choices=BallotMode, default=BallotMode.APPROVAL)
    points = models.PositiveSmallIntegerField(_("points par votant"), default=0)  # of a vote by points, else 0
    # [{"code": "A", "name": "Personnes", "weight": "3/4", "members": "PERSON"}]: weights add up to 1; none: one group.
    colleges = models.JSONField(_("collèges"), default=list, blank=True)
    state = models.CharField(_("état"), max_length=10, choices=RoundState, default=RoundState.PREPARED)
    rules = models.JSONField(_("règles de dépouillement"), default=dict)
    rules_digest = models.CharField(_("empreinte des règles"), max_length=64, blank=True)
    frozen_at = models.DateTimeField(_("figée le"), null=True, blank=True)
    counted_at = models.DateTimeField(_("dépouillée le"), null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("créée le"))

    class Meta:
        verbose_name = _("tour de vote")
        verbose_name_plural = _("tours de vote")
        ordering = ("-opens_at",)
        constraints = (
            models.CheckConstraint(
                name="round_budget_positive",
                condition=Q(budget__gt=0),
                violation_error_message=_("La somme à répartir est positive."),
            ),
            models.CheckConstraint(
                name="round_closes_after_it_opens",
                condition=Q(closes_at__gt=F("opens_at")),
                violation_error_message=_("Un vote se ferme après son ouverture."),
            ),
            models.CheckConstraint(
                name="round_frozen_with_its_rules",
                condition=Q(state__in=("PREPARED", "CANCELLED"))
                | (~Q(rules_digest="") & Q(frozen_at__isnull=False, frozen_at__lte=F("opens_at"))),
                violation_error_message=_("Les règles sont figées, avec leur empreinte, avant l’ouverture du vote."),
            ),
            models.CheckConstraint(
                name="round_points_iff_by_points",
                condition=Q(ballot_kind="POINTS", points__gt=0) | Q(ballot_kind="APPROVAL", points=0),
                violation_error_message=_("Un vote par points dit combien de points a chaque votant."),
            ),
            models.CheckConstraint(
                name="round_counted_has_date",
                condition=~Q(state__in=("COUNTED", "SETTLED")) | Q(counted_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.title


@track_every_change()
class Demand(models.Model):
    """What a project asks of a round: the least it needs, all or nothing, and the most it could use.

    `code` names it on ballots; `amount` is what a vote for it costs. Without a maximum it asks its minimum exactly.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="demands")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="demands")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="demands")
    code = models.CharField(_("code sur le bulletin"), max_length=12)
    amount = MoneyField(_("somme demandée"), max_digits=14, decimal_places=2, default_currency="EUR")
    maximum = MoneyField(
        _("somme au plus"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True
    )
    state = models.CharField(_("état"), max_length=12, choices=DemandState, default=DemandState.RECEIVED)
    left_out_reason = models.CharField(_("motif public"), max_length=200, blank=True)
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("reçue le"))

    class Meta:
        verbose_name = _("demande au pot commun")
        ordering = ("round", "code")
        constraints = (
            models.UniqueConstraint(
                name="demand_once_per_round",
                fields=("round", "project"),
                violation_error_message=_("Ce projet demande déjà une part de ce tour."),
            ),
            models.UniqueConstraint(name="demand_code_once", fields=("round", "code")),
            models.CheckConstraint(
                name="demand_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Une demande est d’un montant positif."),
            ),
            models.CheckConstraint(
                name="demand_maximum_not_below_its_amount",
                condition=Q(maximum=None) | Q(maximum__gte=F("amount")),
                violation_error_message=_("Le maximum d’une demande n’est pas sous son minimum."),
            ),
            models.CheckConstraint(
                name="demand_left_out_with_a_reason",
                condition=~Q(state="LEFT_OUT") | ~Q(left_out_reason=""),
                violation_error_message=_("Une demande laissée hors de la liste a un motif public."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.project.title}"

    @property
    def most(self) -> Money:
        """The most it could use."""
        return self.amount if self.maximum is None else self.maximum


class RollEntry(models.Model):
    """A member on the electoral roll of a round, and that they voted: never for what."""

    class Channel(models.TextChoices):
        NONE = "", _("n’a pas voté")
        ONLINE = "ONLINE", _("en ligne")
        PAPER = "PAPER", _("sur papier")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="roll")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    college = models.CharField(_("collège"), max_length=12, blank=True, default="")
    channel = models.CharField(_("a voté"), max_length=6, choices=Channel, blank=True, default="")
    removed_at = models.DateTimeField(_("radié le"), null=True, blank=True)
    removed_reason = models.CharField(_("motif de la radiation"), max_length=200, blank=True)
    removed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("inscription sur la liste électorale")
        triggers = [pgtrigger.Protect(name="roll_entry_kept", operation=pgtrigger.Delete)]
        constraints = (
            models.UniqueConstraint(
                name="roll_one_entry_per_member",
                fields=("round", "party"),
                violation_error_message=_("Cette personne est déjà sur la liste."),
            ),
            models.CheckConstraint(
                name="roll_removed_with_a_reason",
                condition=Q(removed_at=None, removed_reason="", removed_by=None)
                | (Q(removed_at__isnull=False, removed_by__isnull=False) & ~Q(removed_reason="")),
                violation_error_message=_("Une radiation a une date, un auteur et un motif."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.round} {self.party}"


class Ballot(models.Model):
    """A secret ballot. Append-only: a change is a new row of the same pseudonym, the highest rank counts.

    No moment, no sequence: nothing that could be laid beside the roll. `department`: of the voter, published only
    where at least eleven voters share it; `college`: where each college has as many.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="ballots")
    pseudonym = models.UUIDField()
    rank = models.PositiveSmallIntegerField(_("version"))
    choices = models.JSONField(_("choix"))  # ["P01", "P03"], or {"P01": 4, "P03": 6} in a vote by points
    college = models.CharField(_("collège"), max_length=12, blank=True, default="")
    department = models.CharField(_("département"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("bulletin")
        triggers = append_only.triggers("ballot")
        constraints = (models.UniqueConstraint(name="round_ballot_rank_once", fields=("pseudonym", "rank")),)

    def __str__(self) -> str:
        return str(self.pseudonym)


class BallotLink(models.Model):
    """Which pseudonym belongs to whom: written and read by two functions of the database, by no role (B21)."""

    is_unreadable = True  # `prepare_database` takes every right on it from the application

    entry = models.OneToOneField(RollEntry, on_delete=models.CASCADE, primary_key=True, related_name="+")
    pseudonym = models.UUIDField(unique=True)

    class Meta:
        verbose_name = _("lien entre la liste et un bulletin")

    def __str__(self) -> str:
        return str(self.pk)


class BallotReceipt(models.Model):
    """A line of the public board: proof for the voter who holds its key, nothing for anybody else. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="receipts")
    code = models.CharField(_("reçu"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("reçu de vote")
        verbose_name_plural = _("reçus de vote")
        triggers = append_only.triggers("ballot_receipt")

    def __str__(self) -> str:
        return self.code


class PaperKeying(models.Model):
    """A paper ballot as one person keyed it; two must key the same. Append-only: the last row of each speaks."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="paper_keyings")
    number = models.PositiveIntegerField(_("numéro du bulletin"))
    college = models.CharField(_("collège"), max_length=12, blank=True, default="")
    choices = models.JSONField(_("choix"))
    keyed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    keyed_at = models.DateTimeField(_("saisi le"))

    class Meta:
        verbose_name = _("saisie d’un bulletin papier")
        verbose_name_plural = _("saisies de bulletins papier")
        ordering = ("number", "pk")
        triggers = append_only.triggers("paper_keying")

    def __str__(self) -> str:
        return f"{self.number}"


class RoundResult(models.Model):
    """What was counted and published, once. Append-only: the file anyone recounts, the outcome, their digests.

    `given`: what the rules then make of the winners (ruling B15), [{"code", "amount_cents"}]; `told`: why, in sentences
    by code, and for the round under ""; `bundle`: the archive that recomputes it, none when the rules leave nothing.
    """

    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="result")
    election = models.TextField(_("fichier .pb"))
    election_digest = models.CharField(_("empreinte"), max_length=64)
    outcome = models.JSONField(_("résultat"))
    voters = models.PositiveIntegerField(_("votants"))
    on_roll = models.PositiveIntegerField(_("inscrits"))
    given = models.JSONField(_("répartition"), default=list)
    told = models.JSONField(_("raisons"), default=dict)
    bundle = models.OneToOneField(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("résultat publié")
        triggers = append_only.triggers("round_result")
        constraints = (
            models.CheckConstraint(
                name="result_voters_on_the_roll",
                condition=Q(voters__lte=F("on_roll")),
                violation_error_message=_("Il n’y a pas plus de votants que d’inscrits."),
            ),
        )

    def __str__(self) -> str:
        return self.election_digest


@track_every_change()
class AllocationOrder(models.Model):
    """The order that gives a round's money: prepared by one person, signed by another. Its lines never change."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="orders")
    lines = models.JSONField(_("lignes"))  # [{"demand": uuid, "amount_cents": int}], in the order of codes
    counted = models.JSONField(_("résultat du vote"))  # the same, as the vote gave them
    override_motive = models.CharField(_("motif public de l’écart"), max_length=400, blank=True)
    digest = models.CharField(_("empreinte"), max_length=64)
    state = models.CharField(_("état"), max_length=10, choices=OrderState, default=OrderState.PREPARED)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(_("préparé le"))
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(_("signé le"), null=True, blank=True)
    refused_reason = models.CharField(_("motif du refus"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("ordre d’attribution")
        verbose_name_plural = _("ordres d’attribution")
        triggers = [
            pgtrigger.Protect(name="allocation_order_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="allocation_order_content",
                fields=["round", "lines", "counted", "override_motive", "digest", "prepared_by", "prepared_at"],
            ),
        ]
        constraints = (
            models.CheckConstraint(
                name="allocation_order_two_people",
                condition=Q(signed_by=None) | ~Q(signed_by=F("prepared_by")),
                violation_error_message=_("Qui prépare l’ordre ne le signe pas."),
            ),
            models.CheckConstraint(
                name="allocation_order_signed_iff_named",
                condition=Q(state="SIGNED", signed_by__isnull=False, signed_at__isnull=False)
                | (~Q(state="SIGNED") & Q(signed_by=None, signed_at=None)),
            ),
            models.UniqueConstraint(
                name="allocation_order_one_alive",
                fields=("round",),
                condition=~Q(state="REFUSED"),
                violation_error_message=_("Un ordre existe déjà pour ce tour."),
            ),
            models.CheckConstraint(
                name="allocation_order_differs_with_a_motive",
                condition=Q(lines=F("counted")) | ~Q(override_motive=""),
                violation_error_message=_("S’écarter du vote demande un motif public."),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)
