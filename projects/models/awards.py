"""Labels held: internal ones are granted, external statuses claimed and verified (ruling B25)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from investors.models import User
from projects.states import AwardState


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
