"""An application: what a holder asks for, from the first draft to the label (lifecycle §6, ruling A4)."""

import uuid
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from fres.kernel.models import Document
from investors.models import User
from projects.models.forms import Call, Form
from projects.models.organisations import Organisation
from projects.models.projects import Project
from projects.states import ApplicationState


@track_every_change()
class Application(models.Model):
    """A file. Its project row is made at the first draft, so that everything later names the same project."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="applications")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="applications")
    call = models.ForeignKey(Call, on_delete=models.PROTECT, null=True, blank=True, related_name="applications")
    form = models.ForeignKey(Form, on_delete=models.PROTECT, null=True, blank=True, related_name="applications")
    reference = models.CharField(_("référence"), max_length=20, blank=True)  # given at the first submission
    state = models.CharField(_("état"), max_length=20, choices=ApplicationState, default=ApplicationState.DRAFT)
    accompanying_body = models.ForeignKey(
        Organisation,
        verbose_name=_("structure d’accompagnement"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accompanied_applications",
    )
    requested_cents = models.BigIntegerField(_("montant demandé, en centimes"), null=True, blank=True)
    cloned_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="clones")
    created_by = models.ForeignKey(User, verbose_name=_("créée par"), on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("créée le"))
    submitted_at = models.DateTimeField(_("déposée le"), null=True, blank=True)
    review_started_at = models.DateTimeField(_("instruite depuis le"), null=True, blank=True)
    sent_to_committee_at = models.DateTimeField(_("transmise au comité le"), null=True, blank=True)

    class Meta:
        verbose_name = _("dossier")
        ordering = ("-created_at",)
        indexes = (models.Index(fields=("state", "submitted_at"), name="application_by_state"),)
        constraints = (
            models.UniqueConstraint(
                name="application_reference_once",
                fields=("reference",),
                condition=~Q(reference=""),
                violation_error_message=_("Cette référence est déjà donnée."),
            ),
            models.CheckConstraint(
                name="application_asks_for_something",
                condition=Q(requested_cents=None) | Q(requested_cents__gt=0),
                violation_error_message=_("Le montant demandé est au-dessus de zéro."),
            ),
            models.CheckConstraint(
                name="application_accompanied_by_another",
                condition=Q(accompanying_body=None) | ~Q(accompanying_body=F("organisation")),
                violation_error_message=_("La structure d’accompagnement est une autre organisation que le porteur."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.project.title} – {self.get_state_display()}"


@track_every_change()
class SectionAnswers(models.Model):
    """What the team has written in one section of a draft; who wrote what is in the trail."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="sections")
    section = models.CharField(_("section"), max_length=40)
    answers = models.JSONField(_("réponses"), default=dict)
    revision = models.PositiveIntegerField(_("révision"), default=1)  # a page that saves an older one is refused
    saved_by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(_("enregistrée le"))

    class Meta:
        verbose_name = _("section du dossier")
        verbose_name_plural = _("sections du dossier")
        constraints = (models.UniqueConstraint(name="section_once_per_application", fields=("application", "section")),)

    def __str__(self) -> str:
        return f"{self.application_id} {self.section}"


@track_every_change()
class ApplicationPiece(models.Model):
    """A file joined to an application: its type, until when it is good for, and that it was inspected."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="pieces")
    field = models.CharField(_("pièce demandée"), max_length=40)
    name = models.CharField(_("nom du fichier"), max_length=160)
    mime = models.CharField(_("format"), max_length=100)
    size = models.PositiveIntegerField(_("taille"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    valid_to = models.DateField(_("valable jusqu’au"), null=True, blank=True)
    uploaded_by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("ajoutée le"))
    removed_at = models.DateTimeField(_("retirée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("pièce")
        ordering = ("field", "uploaded_at")

    def __str__(self) -> str:
        return self.name

    def is_expired(self, on: date) -> bool:
        """Whether its date of validity is past on a day."""
        return self.valid_to is not None and self.valid_to < on


class ApplicationVersion(models.Model):
    """The answers as they were signed and sent, for good: each submission and each set of answers adds one."""

    class Why(models.TextChoices):
        SUBMISSION = "submission", _("Dépôt")
        COMPLEMENT = "complement", _("Complément")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="versions")
    rank = models.PositiveSmallIntegerField(_("version"))
    why = models.CharField(_("à l’occasion de"), max_length=12, choices=Why, default=Why.SUBMISSION)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField(_("contenu figé"))
    sha256 = models.CharField(_("empreinte du contenu"), max_length=64)
    signed_by = models.ForeignKey(User, verbose_name=_("signée par"), on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(_("signée le"))
    receipt = models.OneToOneField(Document, verbose_name=_("accusé"), on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("version du dossier")
        verbose_name_plural = _("versions du dossier")
        ordering = ("application", "rank")
        triggers = append_only.triggers("application_version")
        constraints = (
            models.UniqueConstraint(name="application_version_once", fields=("application", "rank")),
            models.CheckConstraint(name="application_version_from_one", condition=Q(rank__gte=1)),
        )

    def __str__(self) -> str:
        return f"{self.application_id} v{self.rank}"
