"""A message is a row written with its job in the same transaction; the worker sends and records (ruling B26)."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(_("clé"), max_length=160, unique=True)
    to = models.EmailField(_("destinataire"))
    language = models.CharField(_("langue"), max_length=5, default="fr")
    template = models.CharField(_("modèle"), max_length=80)
    context = models.JSONField(_("contenu"), default=dict)
    about_type = models.CharField(_("porte sur"), max_length=60, blank=True)
    about_uuid = models.UUIDField(null=True)
    is_legal = models.BooleanField(_("dû par la loi"), default=False)
    queued_at = models.DateTimeField(_("écrit le"))
    sent_at = models.DateTimeField(_("envoyé le"), null=True)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    failure = models.CharField(_("dernier échec"), max_length=200, blank=True)
    subject = models.CharField(_("objet"), max_length=200, blank=True)  # as it was sent
    body = models.TextField(_("texte"), blank=True)
    body_html = models.TextField(_("page"), blank=True)

    class Meta:
        verbose_name = _("message")
        indexes = (models.Index(fields=("sent_at", "queued_at")), models.Index(fields=("to", "queued_at")))

    def __str__(self) -> str:
        return self.key
