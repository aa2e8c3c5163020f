"""Who carries projects: the project side of a party, and the people who act for it (rulings A3, A8)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from investors.models import Party, User


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
