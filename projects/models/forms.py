"""Calls for projects, and the versions of the form each one asks to fill in (R-013, R-015)."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from investors.models import User


@track_every_change()
class Call(models.Model):
    """An invitation to apply, for dated weeks or for good. The fund is named by its uuid and its name (ruling A3)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("adresse de la page"), max_length=80, unique=True)
    title = models.CharField(_("titre"), max_length=160)
    summary = models.CharField(_("en une phrase"), max_length=240)
    description = models.TextField(_("ce qui est cherché"))
    fund_uuid = models.UUIDField(_("fonds"))
    fund_name = models.CharField(_("nom du fonds"), max_length=160)
    region_code = models.CharField(_("région"), max_length=3)
    opens_at = models.DateTimeField(_("ouvre le"))
    closes_at = models.DateTimeField(_("ferme le"), null=True, blank=True)
    contact_email = models.EmailField(_("une question ?"), blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("créé le"))

    class Meta:
        verbose_name = _("appel à projets")
        verbose_name_plural = _("appels à projets")
        ordering = ("-opens_at",)
        constraints = (
            models.CheckConstraint(
                name="call_closes_after_it_opens",
                condition=Q(closes_at=None) | Q(closes_at__gt=F("opens_at")),
                violation_error_message=_("Un appel ferme après avoir ouvert."),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def is_open(self, at: datetime) -> bool:
        """Whether files may be submitted at a moment."""
        return self.opens_at <= at and (self.closes_at is None or at <= self.closes_at)


class Form(models.Model):
    """One version of a call's form: sections and fields as data. Never changed: a correction is the next version."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="forms")
    version = models.PositiveSmallIntegerField(_("version"))
    definition = models.JSONField(_("sections et champs"))
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("publiée le"))

    class Meta:
        verbose_name = _("formulaire")
        ordering = ("call", "version")
        triggers = append_only.triggers("form")
        constraints = (
            models.UniqueConstraint(
                name="form_version_once",
                fields=("call", "version"),
                violation_error_message=_("Cette version du formulaire existe déjà."),
            ),
            models.CheckConstraint(name="form_version_from_one", condition=Q(version__gte=1)),
        )

    def __str__(self) -> str:
        return f"{self.call} v{self.version}"
