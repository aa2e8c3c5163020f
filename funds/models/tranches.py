"""Tranches: part of what an offer raised waits in an account of its own until lenders release it on evidence."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.offers import Offer
from funds.states import TrancheReturnState, TrancheState
from investors.models import Party, User


@track_every_change()
class Tranche(models.Model):
    """One part of the money and the milestone it waits for. The first is paid when the contract stands.

    `planned` adds up to the offer's maximum; `amount` is what the success gives it, fees deducted, to the cent.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="tranches")
    rank = models.PositiveSmallIntegerField(_("rang"))
    planned = MoneyField(_("montant prévu"), max_digits=14, decimal_places=2, default_currency="EUR")
    amount = MoneyField(
        _("montant"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True, default=None
    )
    milestone = models.CharField(_("étape"), max_length=200)
    proof = models.CharField(_("preuve attendue"), max_length=200)
    state = models.CharField(_("état"), max_length=10, choices=TrancheState, default=TrancheState.PLANNED)
    evidence = models.TextField(_("preuve publiée"), blank=True, max_length=4_000)
    evidence_document = models.ForeignKey(
        "kernel.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    evidence_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    evidence_at = models.DateTimeField(_("preuve publiée le"), null=True, blank=True)
    vote_ends_at = models.DateTimeField(_("vote jusqu’au"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(_("tour de vote"), default=0)
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("tranche")
        ordering = ("offer", "rank")
        constraints = (
            models.UniqueConstraint(name="tranche_rank_once", fields=("offer", "rank")),
            models.CheckConstraint(
                name="tranche_planned_positive",
                condition=Q(planned__gt=0),
                violation_error_message=_("Une tranche est d’un montant positif."),
            ),
            models.CheckConstraint(name="tranche_amount_positive", condition=Q(amount=None) | Q(amount__gt=0)),
            models.CheckConstraint(
                name="tranche_vote_has_evidence_and_end",
                condition=~Q(state="VOTING")
                | Q(evidence_at__isnull=False, evidence_by__isnull=False, vote_ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="tranche_released_has_amount",
                condition=~Q(state__in=("RELEASED", "PAID")) | Q(amount__isnull=False, decided_at__isnull=False),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.offer} #{self.rank}"


class TrancheDelegate(models.Model):
    """A lender drawn to vote on an offer's releases for all. Append-only: the draw can be run again."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="delegates")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(_("rang du tirage"))
    seed = models.CharField(_("graine"), max_length=64)
    drawn_at = models.DateTimeField(_("tiré le"))

    class Meta:
        verbose_name = _("délégué tiré au sort")
        ordering = ("offer", "rank")
        triggers = append_only.triggers("tranche_delegate")
        constraints = (models.UniqueConstraint(name="delegate_once", fields=("offer", "party")),)

    def __str__(self) -> str:
        return f"{self.offer} #{self.rank}"


class TrancheVote(models.Model):
    """One lender's voice on a release. A changed voice is a new row, the last before the end counts. Append-only."""

    tranche = models.ForeignKey(Tranche, on_delete=models.PROTECT, related_name="votes")
    round = models.PositiveSmallIntegerField(_("tour de vote"))
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_for = models.BooleanField(_("pour"))
    voted_at = models.DateTimeField(_("voté le"))

    class Meta:
        verbose_name = _("voix sur une tranche")
        triggers = append_only.triggers("tranche_vote")
        indexes = (models.Index(fields=("tranche", "round", "party")),)

    def __str__(self) -> str:
        return f"{self.tranche}: {self.is_for}"


@track_every_change()
class TrancheReturn(models.Model):
    """That a tranche its lenders refused goes back to them: prepared by one person, approved by another.

    `distribution` is what each lender got: an instalment paid early, from the account where the tranche waited.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tranche = models.ForeignKey(Tranche, on_delete=models.PROTECT, related_name="returns")
    state = models.CharField(_("état"), max_length=8, choices=TrancheReturnState, default=TrancheReturnState.PREPARED)
    reason = models.CharField(_("motif"), max_length=300)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(_("préparé le"))
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    decision_note = models.CharField(_("mot de la décision"), max_length=300, blank=True)
    distribution = models.OneToOneField(
        "funds.Distribution", on_delete=models.PROTECT, null=True, blank=True, related_name="tranche_return"
    )

    class Meta:
        verbose_name = _("tranche à rendre")
        verbose_name_plural = _("tranches à rendre")
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                name="tranche_return_two_people",
                condition=~Q(state="DONE") | ~Q(decided_by=F("prepared_by")),
                violation_error_message=_("Qui prépare le retour d’une tranche ne l’approuve pas."),
            ),
            models.CheckConstraint(
                name="tranche_return_done_iff_shared",
                condition=Q(
                    state="DONE", distribution__isnull=False, decided_by__isnull=False, decided_at__isnull=False
                )
                | (~Q(state="DONE") & Q(distribution=None)),
                violation_error_message=_("Une tranche rendue dit ce que chaque prêteur a reçu."),
            ),
            models.UniqueConstraint(
                name="tranche_return_one_alive",
                fields=("tranche",),
                condition=~Q(state="REFUSED"),
                violation_error_message=_("Un retour de cette tranche existe déjà."),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.tranche}"
