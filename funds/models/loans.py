"""Loans to projects: the contract, its holders, its amortisation schedule, what came back and who got it."""

import uuid

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from funds.models.offers import Commitment, Offer
from investors.models import Party


class Loan(models.Model):
    """The loan that a successful offer became. Amounts in whole cents; its schedule is frozen at signature."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="loan")
    borrower = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="loans")
    principal_cents = models.BigIntegerField(_("capital en centimes"))
    rate_bp = models.PositiveIntegerField(_("taux annuel (points de base)"))
    months = models.PositiveSmallIntegerField(_("durée en mois"))
    signed_at = models.DateTimeField(_("conclu le"))
    first_due_on = models.DateField(_("première échéance"), null=True)  # set when the holder is paid
    contract = models.ForeignKey("kernel.Document", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("prêt")
        constraints = (models.CheckConstraint(name="loan_principal_positive", condition=Q(principal_cents__gt=0)),)

    def __str__(self) -> str:
        return f"{self.offer}"


class Holding(models.Model):
    """The register: one saver's part of a loan, born from one commitment. Never changed, never deleted."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="holdings")
    commitment = models.OneToOneField(Commitment, on_delete=models.PROTECT, related_name="holding")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="holdings")
    principal_cents = models.BigIntegerField(_("capital en centimes"))

    class Meta:
        verbose_name = _("part de prêt")
        triggers = append_only.triggers("holding")
        constraints = (models.CheckConstraint(name="holding_principal_positive", condition=Q(principal_cents__gt=0)),)

    def __str__(self) -> str:
        return f"{self.loan} – {self.party}"


class CurrentInstalments(models.Manager["Instalment"]):
    """The schedule in force: lines that a restructuring replaced are left out."""

    def get_queryset(self) -> models.QuerySet["Instalment"]:
        replaced = apps.get_model("funds", "InstalmentReplacement").objects.filter(instalment=OuterRef("pk"))
        return super().get_queryset().filter(~Exists(replaced))


class Instalment(models.Model):
    """One line of the amortisation schedule. Never changed: what was paid is told by its payments."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="instalments")
    rank = models.PositiveSmallIntegerField(_("rang"))
    due_on = models.DateField(_("due le"))
    principal_cents = models.BigIntegerField(_("capital en centimes"))
    interest_cents = models.BigIntegerField(_("intérêts en centimes"))
    balance_after_cents = models.BigIntegerField(_("capital restant dû en centimes"))

    objects = CurrentInstalments()
    every = models.Manager["Instalment"]()  # with the lines that a restructuring replaced

    class Meta:
        verbose_name = _("échéance")
        ordering = ("loan", "rank")
        triggers = append_only.triggers("instalment")
        constraints = (
            models.UniqueConstraint(name="instalment_rank_once", fields=("loan", "rank")),
            models.CheckConstraint(
                name="instalment_amounts_not_negative",
                condition=Q(principal_cents__gte=0, interest_cents__gte=0, balance_after_cents__gte=0),
            ),
        )

    def __str__(self) -> str:
        return f"{self.loan} #{self.rank}"

    @property
    def total_cents(self) -> int:
        return self.principal_cents + self.interest_cents


class InstalmentPayment(models.Model):
    """That an instalment was received in full, by which payment. Append-only.

    One for each payment that cleared: a debit contested before it was shared leaves its row, and the next its own.
    """

    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="receptions")
    payment = models.OneToOneField("funds.Payment", on_delete=models.PROTECT, related_name="instalment_payment")
    received_at = models.DateTimeField(_("reçue le"))

    class Meta:
        verbose_name = _("échéance reçue")
        triggers = append_only.triggers("instalment_payment")

    def __str__(self) -> str:
        return str(self.instalment)


class Distribution(models.Model):
    """One instalment shared among the loan's holders, to the cent. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    instalment = models.OneToOneField(Instalment, on_delete=models.PROTECT, related_name="distribution")
    distributed_at = models.DateTimeField(_("répartie le"))

    class Meta:
        verbose_name = _("répartition")
        triggers = append_only.triggers("distribution")

    def __str__(self) -> str:
        return str(self.instalment)


class DistributionLine(models.Model):
    """One holder's part of a distribution, with what was withheld and by which dated rates. Append-only."""

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="lines")
    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="lines")
    principal_cents = models.BigIntegerField(_("capital en centimes"))
    interest_cents = models.BigIntegerField(_("intérêts bruts en centimes"))
    income_tax_cents = models.BigIntegerField(_("prélèvement forfaitaire en centimes"), default=0)
    social_levy_cents = models.BigIntegerField(_("prélèvements sociaux en centimes"), default=0)
    kept_cents = models.BigIntegerField(_("retenu sur une créance, en centimes"), default=0)
    rates_used = models.JSONField(_("taux appliqués"), default=dict)  # parameter key → pk of the dated row

    class Meta:
        verbose_name = _("ligne de répartition")
        triggers = append_only.triggers("distribution_line")
        constraints = (
            models.UniqueConstraint(name="distribution_line_once", fields=("distribution", "holding")),
            models.CheckConstraint(
                name="distribution_line_not_negative",
                condition=Q(
                    principal_cents__gte=0,
                    interest_cents__gte=0,
                    income_tax_cents__gte=0,
                    social_levy_cents__gte=0,
                    kept_cents__gte=0,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.distribution} – {self.holding}"

    @property
    def net_cents(self) -> int:
        """What is owed to the holder after levies, before anything kept against a claim."""
        return self.principal_cents + self.interest_cents - self.income_tax_cents - self.social_levy_cents
