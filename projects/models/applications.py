"""An application: what a holder asks for, from the first draft to the label (lifecycle §6, ruling A4)."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from investors.models import User
from projects.models.organisations import Organisation
from projects.models.projects import Project
from projects.states import ApplicationState


@track_every_change()
class Application(models.Model):
    """A file. Its project row is made at the first draft, so that everything later names the same project."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="applications")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="applications")
    state = models.CharField(_("état"), max_length=20, choices=ApplicationState, default=ApplicationState.DRAFT)
    created_by = models.ForeignKey(User, verbose_name=_("créée par"), on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("créée le"))
    submitted_at = models.DateTimeField(_("déposée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("dossier")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.project.title} – {self.get_state_display()}"
