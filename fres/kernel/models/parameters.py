"""Dated parameters: rates, limits, thresholds, with their source and how sure we are (D15, ruling B20)."""

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


@pghistory.track()
class Parameter(models.Model):
    """One value of one key over one period. Never overwritten: a row is closed and another added."""

    class Status(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmé")
        TO_CONFIRM = "to_confirm", _("À confirmer")
        CHOSEN = "chosen", _("Choisi par le fonds")

    class KeyedOn(models.TextChoices):
        PAYMENT = "payment", _("Date du paiement")
        TAX_YEAR = "tax_year", _("Année de revenu")
        CLOSING = "closing", _("Clôture de l’exercice")

    key = models.CharField(_("clé"), max_length=80)
    scope = models.CharField(_("portée"), max_length=60, default="national")
    keyed_on = models.CharField(_("date retenue"), max_length=10, choices=KeyedOn, default=KeyedOn.PAYMENT)
    value = models.DecimalField(_("valeur"), max_digits=20, decimal_places=6)
    unit = models.CharField(_("unité"), max_length=20)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)
    source = models.TextField(_("source"))
    status = models.CharField(_("fiabilité"), max_length=10, choices=Status)

    class Meta:
        verbose_name = _("paramètre")
        ordering = ("key", "scope", "valid_from")
        constraints = (
            models.UniqueConstraint(name="parameter_starts_once", fields=("key", "scope", "valid_from")),
            models.CheckConstraint(
                name="parameter_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Une valeur se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.valid_from}"
