"""Issued documents: a number without gaps, the hash of the bytes, and nothing that can change (D9, ruling A11)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only


class DocumentSeries(models.Model):
    """A series of numbers that starts at 1 each year; its row is the lock under which the next number is given."""

    code = models.CharField(_("série"), max_length=60)
    year = models.PositiveSmallIntegerField(_("année"))
    last_number = models.PositiveIntegerField(_("dernier numéro"), default=0)

    class Meta:
        verbose_name = _("série de documents")
        verbose_name_plural = _("séries de documents")
        constraints = (models.UniqueConstraint(name="series_once_a_year", fields=("code", "year")),)

    def __str__(self) -> str:
        return f"{self.code} {self.year}"


class Document(models.Model):
    """One issued document. A correction is another one that names it; never changed, never deleted.

    The title names no person: number, title, hash and amounts outlive the bytes (ruling B22).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    series = models.ForeignKey(DocumentSeries, on_delete=models.PROTECT, related_name="documents")
    rank = models.PositiveIntegerField(_("rang dans la série"))
    number = models.CharField(_("numéro"), max_length=80)
    kind = models.CharField(_("nature"), max_length=40)
    title = models.CharField(_("titre"), max_length=200)
    mime = models.CharField(_("format"), max_length=80)
    size = models.PositiveIntegerField(_("taille"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    about_type = models.CharField(_("se rapporte à"), max_length=60)
    about_uuid = models.UUIDField(_("objet"))
    owner_party = models.UUIDField(_("destinataire"), null=True)
    amounts_cents = models.JSONField(_("montants en centimes"), default=dict)
    issued_at = models.DateTimeField(_("émis le"))
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by", verbose_name=_("remplace")
    )

    class Meta:
        verbose_name = _("document")
        ordering = ("pk",)
        triggers = append_only.triggers("document")
        constraints = (
            models.UniqueConstraint(name="document_rank_once", fields=("series", "rank")),
            models.CheckConstraint(name="document_rank_from_one", condition=Q(rank__gte=1)),
            models.CheckConstraint(name="document_replaces_another", condition=~Q(supersedes=F("id"))),
        )
        indexes = (
            models.Index(fields=("about_type", "about_uuid"), name="document_by_subject"),
            models.Index(fields=("owner_party", "kind"), name="document_by_owner"),
            models.Index(fields=("number",), name="document_by_number"),
            models.Index(fields=("sha256",), name="document_by_hash"),
        )

    def __str__(self) -> str:
        return self.number


class DocumentVoid(models.Model):
    """That an issued document no longer has effect, why and since when. Never changed, never deleted."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="void")
    reason = models.CharField(_("motif"), max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("par")
    )
    at = models.DateTimeField(_("annulé le"))

    class Meta:
        verbose_name = _("annulation de document")
        verbose_name_plural = _("annulations de documents")
        triggers = append_only.triggers("document_void")

    def __str__(self) -> str:
        return str(self.document)


class DocumentPurge(models.Model):
    """That the bytes of a document went at the end of their retention. Number, hash and amounts stay (ruling B22)."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="purge")
    kept_until = models.DateField(_("conservé jusqu’au"))
    at = models.DateTimeField(_("retiré le"))

    class Meta:
        verbose_name = _("fin de conservation")
        verbose_name_plural = _("fins de conservation")
        triggers = append_only.triggers("document_purge")

    def __str__(self) -> str:
        return str(self.document)
