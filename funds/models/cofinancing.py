"""The co-financing round of a project: its need, and who is asked, promises, confirms or refuses what (issue 4, §3.1).

What the platform brings (offers, matches, the pot) is never a row here: it is read from its own books, so that no euro
is counted twice.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.cofinancing.states import ContributionState
from funds.models.entities import Fund
from funds.models.sources import Channel, FundFile, Partner
from investors.models import User
from projects.models import Project


@track_every_change()
class RoundTable(models.Model):
    """The round of one project: what it needs in all, and why that figure."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="round_tables")
    project = models.OneToOneField(Project, on_delete=models.PROTECT, related_name="round_table")
    need = MoneyField(_("besoin total"), max_digits=14, decimal_places=2, default_currency="EUR")
    need_reason = models.CharField(_("d’où vient ce chiffre"), max_length=300)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("ouvert le"))

    class Meta:
        verbose_name = _("tour de table")
        verbose_name_plural = _("tours de table")
        ordering = ("-opened_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="round_table_need_positive",
                condition=Q(need__gt=0),
                violation_error_message=_("Un tour de table a un besoin positif."),
            ),
            models.CheckConstraint(
                name="round_table_says_why",
                condition=~Q(need_reason=""),
                violation_error_message=_("Le besoin dit d’où vient son chiffre."),
            ),
        )

    def __str__(self) -> str:
        return str(self.project)


@track_every_change()
class Contribution(models.Model):
    """What one financer is asked to bring, by which channel of the register, and how far it went, with its evidence."""

    class Nature(models.TextChoices):
        GRANT = "GRANT", _("Subvention ou don")
        LOAN = "LOAN", _("Prêt")
        EQUITY = "EQUITY", _("Fonds propres")
        OWN = "OWN", _("Apport du porteur")
        GUARANTEE = "GUARANTEE", _("Garantie")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    table = models.ForeignKey(RoundTable, on_delete=models.PROTECT, related_name="contributions")
    channel = models.ForeignKey(
        Channel, verbose_name=_("canal"), on_delete=models.PROTECT, null=True, blank=True, related_name="contributions"
    )
    partner = models.ForeignKey(
        Partner, verbose_name=_("partenaire"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="contributions",
    )  # fmt: skip
    financer = models.CharField(_("financeur"), max_length=160)
    nature = models.CharField(_("nature"), max_length=9, choices=Nature)
    state = models.CharField(_("état"), max_length=9, choices=ContributionState, default=ContributionState.ASKED)
    asked = MoneyField(_("demandé"), max_digits=14, decimal_places=2, default_currency="EUR")
    asked_on = models.DateField(_("demandé le"))
    amount = MoneyField(
        _("promis ou confirmé"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True
    )
    promised_on = models.DateField(_("promis le"), null=True, blank=True)
    confirmed_on = models.DateField(_("confirmé le"), null=True, blank=True)
    ended_on = models.DateField(_("refusé ou retiré le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=300, blank=True)
    evidence = models.CharField(_("preuve"), max_length=200, blank=True)
    file = models.ForeignKey(FundFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("apport d’un tour de table")
        verbose_name_plural = _("apports d’un tour de table")
        ordering = ("table", "asked_on", "pk")
        constraints = (
            models.UniqueConstraint(
                name="contribution_once",
                fields=("table", "financer", "nature"),
                condition=Q(state__in=("ASKED", "PROMISED", "CONFIRMED")),
                violation_error_message=_("Ce financeur a déjà une ligne de cette nature."),
            ),
            models.CheckConstraint(
                name="contribution_amounts_positive",
                condition=Q(asked__gt=0) & (Q(amount=None) | Q(amount__gt=0)),
                violation_error_message=_("Un apport est d’un montant positif."),
            ),
            models.CheckConstraint(
                name="contribution_promised_is_dated",
                condition=~Q(state="PROMISED") | Q(amount__isnull=False, promised_on__gte=F("asked_on")),
                violation_error_message=_("Une promesse a son montant et sa date, après la demande."),
            ),
            models.CheckConstraint(
                name="contribution_confirmed_is_proven",
                condition=~Q(state="CONFIRMED")
                | (Q(amount__isnull=False, confirmed_on__gte=F("asked_on")) & ~Q(evidence="")),
                violation_error_message=_("Un apport confirmé a son montant, sa date et sa preuve."),
            ),
            models.CheckConstraint(
                name="contribution_ended_says_why",
                condition=(Q(state__in=("REFUSED", "WITHDRAWN"), ended_on__isnull=False) & ~Q(end_reason=""))
                | (~Q(state__in=("REFUSED", "WITHDRAWN")) & Q(ended_on=None)),
                violation_error_message=_("Un refus ou un retrait a sa date et son motif."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.financer} – {self.table}"
