"""Where an organisation or a project is, works, and does good (labels-territories-impact §4.3)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from projects.models.organisations import Organisation
from projects.models.projects import Project

WHOLE_BP = 10_000


@track_every_change()
class TerritoryRole(models.Model):
    """One commune in one role. Only zones of benefit weigh, in whole basis points that add up to 10 000."""

    class Role(models.TextChoices):
        SEAT = "SIEGE", _("Siège")
        SITE = "SITE", _("Lieu d’activité")
        BENEFIT = "BENEFICE", _("Zone qui en bénéficie")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="territory_roles"
    )
    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, null=True, blank=True, related_name="territory_roles"
    )
    role = models.CharField(_("rôle"), max_length=8, choices=Role)
    commune_code = models.CharField(_("commune"), max_length=5)
    weight_bp = models.PositiveIntegerField(_("poids, en dix-millièmes"), null=True, blank=True)

    class Meta:
        verbose_name = _("rattachement à un territoire")
        verbose_name_plural = _("rattachements à des territoires")
        ordering = ("role", "commune_code")
        indexes = (models.Index(fields=("commune_code",), name="territory_role_by_commune"),)
        constraints = (
            models.CheckConstraint(
                name="territory_role_of_one_thing",
                condition=Q(organisation=None, project__isnull=False) | Q(organisation__isnull=False, project=None),
                violation_error_message=_("Un rattachement est celui d’une organisation ou d’un projet."),
            ),
            models.CheckConstraint(
                name="territory_role_benefits_weigh",
                condition=Q(role="BENEFICE", weight_bp__isnull=False, weight_bp__gte=1, weight_bp__lte=WHOLE_BP)
                | (~Q(role="BENEFICE") & Q(weight_bp=None)),
                violation_error_message=_("Seule une zone qui bénéficie porte un poids, entre 0,01 et 100 %."),
            ),
            models.UniqueConstraint(
                name="territory_role_once_per_organisation",
                fields=("organisation", "role", "commune_code"),
                condition=Q(project=None),
                violation_error_message=_("Cette commune a déjà ce rôle."),
            ),
            models.UniqueConstraint(
                name="territory_role_once_per_project",
                fields=("project", "role", "commune_code"),
                condition=Q(organisation=None),
                violation_error_message=_("Cette commune a déjà ce rôle."),
            ),
            models.UniqueConstraint(
                name="territory_role_one_seat_of_an_organisation",
                fields=("organisation",),
                condition=Q(role="SIEGE", project=None),
                violation_error_message=_("Une organisation a un seul siège."),
            ),
            models.UniqueConstraint(
                name="territory_role_one_seat_of_a_project",
                fields=("project",),
                condition=Q(role="SIEGE", organisation=None),
                violation_error_message=_("Un projet a un seul siège."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.commune_code}"
