"""Places by vintage, from région to commune (labels-territories-impact §4, rulings C1–C3)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Territory(models.Model):
    """One place of the official geographic code. Codes are text ("01", "2A004"); a row is never deleted.

    A place that was merged, split or renamed stays, is no longer current, and names its successors: series over time
    are restated through them. The first vintage ships its predecessors without dates (C2).
    """

    class Level(models.TextChoices):
        REGION = "REGION", _("Région")
        DEPARTEMENT = "DEPARTEMENT", _("Département")
        EPCI = "EPCI", _("Intercommunalité")
        EPT = "EPT", _("Établissement public territorial")
        COMMUNE = "COMMUNE", _("Commune")
        ARRONDISSEMENT = "ARRONDISSEMENT", _("Arrondissement municipal")

    class Zone(models.TextChoices):
        METROPOLE = "metro", _("Hexagone et Corse")
        OVERSEAS = "drom", _("Département ou région d’outre-mer")
        COLLECTIVITY = "com", _("Collectivité d’outre-mer")

    class Frr(models.TextChoices):
        NONE = "NONE", _("Non classée")
        FRR = "FRR", _("Zone FRR")
        FRR_PLUS = "FRR_PLUS", _("Zone FRR+")
        FRR_BENEFICIAIRE = "FRR_BENEFICIAIRE", _("Commune bénéficiaire jusqu’à fin 2027")
        UNKNOWN = "UNKNOWN", _("Classement inconnu")

    level = models.CharField(_("niveau"), max_length=14, choices=Level)
    code = models.CharField(_("code"), max_length=9)
    name = models.CharField(_("nom"), max_length=120)
    region_code = models.CharField(_("région"), max_length=3, blank=True)
    departement_code = models.CharField(_("département"), max_length=3, blank=True)
    epci_code = models.CharField(_("intercommunalité"), max_length=9, blank=True)
    parent_code = models.CharField(_("commune du tout"), max_length=5, blank=True)  # Paris, Lyon or Marseille
    seat_code = models.CharField(_("chef-lieu"), max_length=5, blank=True)
    zone = models.CharField(_("zone"), max_length=5, choices=Zone, blank=True)
    population = models.PositiveIntegerField(_("population municipale"), default=0)
    postal_codes = models.CharField(_("codes postaux"), max_length=200, blank=True)  # separated by a space
    frr = models.CharField(_("zone France Ruralités"), max_length=16, choices=Frr, default=Frr.UNKNOWN)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True)
    vintage = models.DateField(_("millésime"))
    valid_from = models.DateField(_("du"), null=True, blank=True)
    valid_to = models.DateField(_("au"), null=True, blank=True)
    is_current = models.BooleanField(_("en vigueur"), default=True)
    successor_codes = models.JSONField(_("successeurs"), default=list)

    class Meta:
        verbose_name = _("territoire")
        constraints = (
            models.UniqueConstraint(name="territory_once", fields=("level", "code", "vintage")),
            models.UniqueConstraint(
                name="territory_current_once", fields=("level", "code"), condition=Q(is_current=True)
            ),
            models.CheckConstraint(
                name="territory_period_forward",
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="territory_ended_is_not_current", condition=Q(valid_to=None) | Q(is_current=False)
            ),
            models.CheckConstraint(
                name="territory_point_is_whole",
                condition=Q(longitude=None, latitude=None) | Q(longitude__isnull=False, latitude__isnull=False),
            ),
        )
        indexes = (
            models.Index(fields=("code",), name="territory_by_code"),
            models.Index(fields=("level", "region_code"), name="territory_by_region"),
            models.Index(fields=("level", "departement_code"), name="territory_by_departement"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
