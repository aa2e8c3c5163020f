"""Issued documents: a gapless number, a hash, bytes kept by their content, nothing ever changed (D9, A11)."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only


class DocumentSeries(models.Model):
    """The counter of one series: its row is the lock under which numbers are given without gaps."""

    code = models.CharField(_("série"), max_length=60)
    year = models.PositiveSmallIntegerField(_("année"))
    last_number = models.PositiveIntegerField(_("dernier numéro"), default=0)

    class Meta:
        verbose_name = _("série de documents")
        constraints = (models.UniqueConstraint(name="series_once_a_year", fields=("code", "year")),)

    def __str__(self) -> str:
        return f"{self.code}/{self.year}"


class Document(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    series = models.ForeignKey(DocumentSeries, on_delete=models.PROTECT, related_name="documents")
    rank = models.PositiveIntegerField(_("rang"))
    number = models.CharField(_("numéro"), max_length=80, unique=True)
    kind = models.CharField(_("nature"), max_length=40)
    title = models.CharField(_("titre"), max_length=200)
    about_type = models.CharField(_("porte sur"), max_length=60)
    about_uuid = models.UUIDField()
    owner_party = models.UUIDField(_("personne concernée"), null=True)
    mime = models.CharField(max_length=80, default="application/pdf")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("octets"))
    amounts_cents = models.JSONField(_("montants en centimes"), default=dict)
    issued_at = models.DateTimeField(_("émis le"))
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")

    class Meta:
        verbose_name = _("document")
        triggers = append_only.triggers("document")
        indexes = (
            models.Index(fields=("owner_party", "issued_at")),
            models.Index(fields=("about_type", "about_uuid")),
        )
        constraints = (models.UniqueConstraint(name="document_rank_once", fields=("series", "rank")),)

    def __str__(self) -> str:
        return self.number


class DocumentVoid(models.Model):
    """That a document no longer holds, and why. The document itself stays as it was issued."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="void")
    reason = models.CharField(_("motif"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("annulé le"))

    class Meta:
        verbose_name = _("annulation de document")
        triggers = append_only.triggers("document_void")

    def __str__(self) -> str:
        return f"{self.document} – {self.reason}"
