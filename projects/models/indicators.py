"""The indicators every project counts with, by version of the set (R-018, §3.1)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only


class Indicator(models.Model):
    """One indicator of one version of the set. Never changed: a new definition is a new version."""

    class Aggregation(models.TextChoices):
        SUM = "SUM", _("somme")
        SUM_DISTINCT = "SUMD", _("somme de personnes distinctes")
        LAST = "LAST", _("dernier état")
        RATIO = "ROS", _("rapport des sommes")
        WEIGHTED = "WAVG", _("moyenne pondérée")
        MEAN = "MEAN", _("moyenne")
        DERIVED = "DERIVED", _("déduit, non saisi")

    class Unit(models.TextChoices):
        FTE = "FTE", _("ETP")
        PERSONS = "PERSONS", _("personnes")
        HOURS = "HOURS", _("heures")
        EURO = "EUR", _("€")
        PERCENT = "%", _("%")
        TIMES = "TIMES", _("fois")
        TONNES = "T", _("t")
        TONNES_CO2 = "TCO2E", _("t équivalent CO₂")
        KWH = "KWH", _("kWh")
        HECTARES = "HA", _("ha")
        HOMES = "HOMES", _("logements")
        NUMBER = "N", _("nombre")

    code = models.CharField(_("code"), max_length=8)
    version = models.CharField(_("version du référentiel"), max_length=12)
    rank = models.PositiveSmallIntegerField(_("rang"))
    domain = models.CharField(_("domaine"), max_length=40)
    name = models.CharField(_("intitulé"), max_length=160)
    rule = models.CharField(_("règle de calcul"), max_length=300)
    unit = models.CharField(_("unité"), max_length=8, choices=Unit)
    aggregation = models.CharField(_("agrégation"), max_length=8, choices=Aggregation)
    numerator = models.CharField(_("numérateur"), max_length=160, blank=True)
    denominator = models.CharField(_("dénominateur"), max_length=160, blank=True)
    sdg = models.CharField(_("cibles de développement durable"), max_length=24, blank=True)
    iris = models.CharField(_("IRIS+ 5.3"), max_length=60, blank=True)
    is_forecast = models.BooleanField(_("demandé dans le dossier"))

    class Meta:
        verbose_name = _("indicateur")
        ordering = ("version", "rank")
        triggers = append_only.triggers("indicator")
        constraints = (
            models.UniqueConstraint(name="indicator_once_per_version", fields=("code", "version")),
            models.CheckConstraint(
                name="indicator_rate_has_both_parts",
                condition=(Q(numerator="") & Q(denominator="")) | (~Q(numerator="") & ~Q(denominator="")),
                violation_error_message=_("Un taux a un numérateur et un dénominateur."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_rate(self) -> bool:
        """Whether numerator and denominator are kept, and the rate computed from them."""
        return bool(self.denominator)
