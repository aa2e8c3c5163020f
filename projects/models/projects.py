"""What is financed."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from projects.models.organisations import Organisation


class Theme(models.TextChoices):
    ENERGY = "energy", _("Énergie citoyenne")
    FOOD = "food", _("Alimentation et circuits courts")
    INTEGRATION = "integration", _("Insertion par l’activité")
    HOUSING = "housing", _("Habitat")
    CULTURE = "culture", _("Culture et lien social")
    INDUSTRY = "industry", _("Artisanat et industrie coopérative")


@track_every_change()
class Project(models.Model):
    """What the money is for. A page that shows it with the euros it raised is an offer, in `funds`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("adresse de la page"), max_length=80, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="projects")
    title = models.CharField(_("nom du projet"), max_length=120)
    summary = models.CharField(_("en une phrase"), max_length=240)
    purpose = models.TextField(_("à quoi sert l’argent"))
    theme = models.CharField(_("thème"), max_length=20, choices=Theme)
    commune_code = models.CharField(_("commune du projet"), max_length=5)
    nace_code = models.CharField(_("activité (NACE)"), max_length=8, blank=True)
    nace_version = models.CharField(_("version de la NACE"), max_length=8, blank=True)

    class Meta:
        verbose_name = _("projet")
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title
