"""What a financed project says each year: indicators with their proofs, accounts, governance, label (§3.1, §6)."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from investors.models import User
from projects.models.indicators import Indicator
from projects.models.projects import Project
from projects.states import ReportState


@track_every_change()
class Report(models.Model):
    """One year of one project, from the request to the publication. Amounts in whole cents."""

    class Kind(models.TextChoices):
        YEARLY = "yearly", _("Rapport annuel")
        FINAL = "final", _("Rapport final")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(_("nature"), max_length=8, choices=Kind, default=Kind.YEARLY)
    year = models.PositiveSmallIntegerField(_("année"))
    state = models.CharField(_("état"), max_length=12, choices=ReportState, default=ReportState.DRAFT)
    indicator_version = models.CharField(_("version des indicateurs"), max_length=12)
    asked_at = models.DateTimeField(_("demandé le"))
    due_on = models.DateField(_("attendu le"))
    turnover_cents = models.BigIntegerField(_("produits de l’exercice, en centimes"), null=True, blank=True)
    result_cents = models.BigIntegerField(_("résultat, en centimes"), null=True, blank=True)
    equity_cents = models.BigIntegerField(_("fonds propres, en centimes"), null=True, blank=True)
    governance = models.TextField(_("gouvernance"), blank=True)
    label_report = models.TextField(_("respect du label"), blank=True)
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(_("signé et transmis le"), null=True, blank=True)
    return_reason = models.TextField(_("à reprendre"), blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(_("publié le"), null=True, blank=True)
    content = models.JSONField(_("contenu publié"), default=dict, blank=True)
    sha256 = models.CharField(_("empreinte du contenu"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("rapport")
        ordering = ("-year", "kind", "pk")
        indexes = (models.Index(fields=("state", "due_on"), name="report_by_state"),)
        constraints = (
            models.UniqueConstraint(
                name="report_once_a_year",
                fields=("project", "year", "kind"),
                violation_error_message=_("Le rapport de cette année existe déjà."),
            ),
            models.CheckConstraint(
                name="report_published_is_whole",
                condition=~Q(state="PUBLISHED")
                | (Q(published_at__isnull=False, reviewed_by__isnull=False) & ~Q(sha256="")),
                violation_error_message=_("Un rapport publié a été relu, et son contenu est figé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.year}"


@track_every_change()
class ReportValue(models.Model):
    """One indicator of a report. A rate keeps its two parts; nothing is computed that they do not tell."""

    class Quality(models.IntegerChoices):
        AUDITED = 1, _("1, mesurée et vérifiée")
        MEASURED = 2, _("2, mesurée")
        DECLARED = 3, _("3, déclarée")
        ESTIMATED = 4, _("4, estimée")
        PROXY = 5, _("5, approchée")

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="values")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="+")
    is_expected = models.BooleanField(_("attendu"), default=False)  # forecast in the file, or told the year before
    value = models.DecimalField(_("valeur"), max_digits=16, decimal_places=3, null=True, blank=True)
    numerator = models.DecimalField(_("numérateur"), max_digits=16, decimal_places=3, null=True, blank=True)
    denominator = models.DecimalField(_("dénominateur"), max_digits=16, decimal_places=3, null=True, blank=True)
    quality = models.PositiveSmallIntegerField(_("qualité de la mesure"), choices=Quality, null=True, blank=True)
    evidence = models.CharField(_("preuve"), max_length=300, blank=True)
    scope_percent = models.PositiveSmallIntegerField(_("part due au projet, en %"), default=100)

    class Meta:
        verbose_name = _("valeur d’un indicateur")
        ordering = ("report", "indicator__rank")
        constraints = (
            models.UniqueConstraint(name="report_value_once", fields=("report", "indicator")),
            models.CheckConstraint(
                name="report_value_single_or_two_parts",
                condition=Q(value=None) | Q(numerator=None, denominator=None),
                violation_error_message=_("Un taux s’écrit en deux parts, jamais en une valeur."),
            ),
            models.CheckConstraint(
                name="report_value_denominator_positive",
                condition=Q(denominator=None) | Q(denominator__gt=0),
                violation_error_message=_("Un dénominateur est au-dessus de zéro."),
            ),
            models.CheckConstraint(
                name="report_value_scope_in_percent",
                condition=Q(scope_percent__gte=0, scope_percent__lte=100),
                violation_error_message=_("La part due au projet va de 0 à 100 %."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.report} {self.indicator}"

    @property
    def is_given(self) -> bool:
        """Whether the holder wrote it, both parts for a rate."""
        if self.indicator.is_rate:
            return self.numerator is not None and self.denominator is not None
        return self.value is not None

    @property
    def ratio(self) -> Decimal | None:
        """Return numerator divided by denominator, or None while one of them is missing."""
        if self.numerator is None or not self.denominator:
            return None
        return self.numerator / self.denominator


class ReportPiece(models.Model):
    """A proof joined to a report: annual accounts, minutes, a payroll extract. Append-only."""

    class Kind(models.TextChoices):
        ACCOUNTS = "accounts", _("Comptes annuels")
        MINUTES = "minutes", _("Procès-verbal de l’assemblée")
        INDICATOR = "indicator", _("Preuve d’un indicateur")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="pieces")
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    name = models.CharField(_("nom du fichier"), max_length=160)
    mime = models.CharField(_("format"), max_length=100)
    size = models.PositiveIntegerField(_("taille"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    uploaded_by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("ajoutée le"))

    class Meta:
        verbose_name = _("preuve d’un rapport")
        verbose_name_plural = _("preuves d’un rapport")
        ordering = ("report", "kind", "uploaded_at")
        triggers = append_only.triggers("report_piece")

    def __str__(self) -> str:
        return self.name


class RegisterSnapshot(models.Model):
    """What the registers said of an organisation on the day it was financed, sealed by its hash. Append-only."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="register_snapshots")
    taken_at = models.DateTimeField(_("prise le"))
    source = models.CharField(_("registre"), max_length=120)
    as_of = models.DateField(_("état au"))
    content = models.JSONField(_("contenu"))
    sha256 = models.CharField(_("empreinte"), max_length=64)

    class Meta:
        verbose_name = _("photographie du registre")
        verbose_name_plural = _("photographies du registre")
        ordering = ("-taken_at", "-pk")
        triggers = append_only.triggers("register_snapshot")

    def __str__(self) -> str:
        return f"{self.project} {self.as_of}"


class RegisterDrift(models.Model):
    """One difference found between a snapshot and a later state of the register. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    snapshot = models.ForeignKey(RegisterSnapshot, on_delete=models.PROTECT, related_name="drifts")
    field = models.CharField(_("donnée"), max_length=24)
    before = models.CharField(_("avant"), max_length=200, blank=True)
    after = models.CharField(_("après"), max_length=200, blank=True)
    source = models.CharField(_("registre"), max_length=120)
    as_of = models.DateField(_("état au"))
    found_at = models.DateTimeField(_("constatée le"))

    class Meta:
        verbose_name = _("écart au registre")
        verbose_name_plural = _("écarts au registre")
        ordering = ("-found_at", "-pk")
        triggers = append_only.triggers("register_drift")
        constraints = (models.UniqueConstraint(name="register_drift_once", fields=("snapshot", "field", "after")),)

    def __str__(self) -> str:
        return f"{self.field} {self.before} {self.after}"
