"""What is financed: organisations, their projects and the labels they hold (the spine of ruling A8)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from investors.models import Party, User
from projects.states import AwardState


class Theme(models.TextChoices):
    ENERGY = "energy", _("Énergie citoyenne")
    FOOD = "food", _("Alimentation et circuits courts")
    INTEGRATION = "integration", _("Insertion par l’activité")
    HOUSING = "housing", _("Habitat")
    CULTURE = "culture", _("Culture et lien social")
    INDUSTRY = "industry", _("Artisanat et industrie coopérative")


@track_every_change()
class Organisation(models.Model):
    """The project side of a party: what the public may know of who carries a project (ruling A3)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="organisation")
    slug = models.SlugField(_("adresse de la page"), max_length=80, unique=True)
    name = models.CharField(_("nom d’usage"), max_length=160)
    purpose = models.TextField(_("objet statutaire"))
    commune_code = models.CharField(_("commune du siège"), max_length=5)
    website = models.URLField(_("site"), blank=True)
    created_on = models.DateField(_("créée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("organisation")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


@track_every_change()
class Membership(models.Model):
    """A person who acts for an organisation, and whether they may sign for it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    is_legal_representative = models.BooleanField(_("représente légalement"), default=False)
    joined_on = models.DateField(_("depuis le"))
    left_on = models.DateField(_("jusqu’au"), null=True, blank=True)

    class Meta:
        verbose_name = _("membre")
        constraints = (
            models.UniqueConstraint(
                name="membership_once_at_a_time",
                fields=("organisation", "user"),
                condition=Q(left_on=None),
                violation_error_message=_("Cette personne est déjà membre de l’organisation."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} – {self.organisation}"


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


@track_every_change()
class Award(models.Model):
    """A label held by a subject, named by type and uuid (ruling A6), for dated years (ruling B25)."""

    class Subject(models.TextChoices):
        PROJECT = "project", _("Projet")
        ORGANISATION = "organisation", _("Organisation")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject_type = models.CharField(_("porte sur"), max_length=20, choices=Subject)
    subject_uuid = models.UUIDField(_("sujet"))
    label = models.CharField(_("label"), max_length=40)
    label_version = models.CharField(_("version"), max_length=20)
    state = models.CharField(_("état"), max_length=20, choices=AwardState, default=AwardState.GRANTED)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)
    decided_by = models.ForeignKey(User, verbose_name=_("décidé par"), on_delete=models.PROTECT, null=True, blank=True)

    class Meta:
        verbose_name = _("label attribué")
        indexes = (models.Index(fields=("subject_type", "subject_uuid")),)
        constraints = (
            models.CheckConstraint(
                name="award_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("Un label se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.label}@{self.label_version}"
