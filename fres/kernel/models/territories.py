"""French territories of one vintage, with their predecessors (rulings C1–C3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Territory(models.Model):
    class Level(models.TextChoices):
        REGION = "REGION", _("Région")
        DEPARTEMENT = "DEPARTEMENT", _("Département")
        EPCI = "EPCI", _("Intercommunalité")
        COMMUNE = "COMMUNE", _("Commune")

    level = models.CharField(_("niveau"), max_length=12, choices=Level)
    code = models.CharField(_("code"), max_length=9)
    name = models.CharField(_("nom"), max_length=120)
    region_code = models.CharField(max_length=2, blank=True)
    departement_code = models.CharField(max_length=3, blank=True)
    epci_code = models.CharField(max_length=9, blank=True)
    population = models.PositiveIntegerField(_("population"), default=0)
    postal_codes = models.CharField(_("codes postaux"), max_length=200, blank=True)  # separated by a space
    frr = models.CharField(_("zone France Ruralités"), max_length=20, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    vintage = models.DateField(_("millésime"))
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    successor_codes = models.JSONField(_("successeurs"), default=list)

    class Meta:
        verbose_name = _("territoire")
        indexes = (models.Index(fields=("level", "region_code")), models.Index(fields=("level", "departement_code")))
        constraints = (models.UniqueConstraint(name="territory_once", fields=("level", "code", "vintage")),)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
