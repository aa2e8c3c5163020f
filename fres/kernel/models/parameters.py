"""Dated rates, limits, thresholds and delays (design D15, rulings B19 and B20)."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change

NATIONAL = "national"

# Two rows of one key and scope may not cover the same day. An exclusion constraint on (key, scope, period) would need
# the extension btree_gist, which the embedded server lacks: the trigger takes a lock on the key, then looks.
_NO_OVERLAP = """
PERFORM pg_advisory_xact_lock(hashtextextended('kernel_parameter ' || NEW.key || ' ' || NEW.scope, 0));
IF EXISTS (
    SELECT 1 FROM kernel_parameter AS other
    WHERE other.key = NEW.key AND other.scope = NEW.scope AND other.id <> NEW.id
      AND daterange(other.valid_from, other.valid_to, '[]') && daterange(NEW.valid_from, NEW.valid_to, '[]')
) THEN
    RAISE EXCEPTION 'parameter % has two values on one day', NEW.key USING ERRCODE = 'exclusion_violation';
END IF;
RETURN NEW;
"""


@track_every_change()
class Parameter(models.Model):
    """One value of one key over a period. A row is closed and another added; a figure in force is never edited."""

    class KeyedOn(models.TextChoices):
        PAYMENT = "payment", _("date du versement ou de l’acte")
        TAX_YEAR = "tax_year", _("année d’imposition")
        CLOSING = "closing", _("date de clôture de l’exercice")

    class Status(models.TextChoices):
        CONFIRMED = "confirmed", _("Confirmé")
        TO_CONFIRM = "to_confirm", _("À confirmer")
        CHOSEN = "chosen", _("Choisi")

    class Unit(models.TextChoices):
        PERCENT = "%", _("%")
        POINTS = "points", _("points")
        EURO = "EUR", _("€")
        MEGABYTES = "MB", _("Mo")
        HOURS = "hours", _("heures")
        DAYS = "days", _("jours")
        BUSINESS_DAYS = "business_days", _("jours ouvrés")
        WEEKS = "weeks", _("semaines")
        MONTHS = "months", _("mois")
        YEARS = "years", _("ans")
        COUNT = "count", _("nombre")
        RATIO = "ratio", _("rapport")

    key = models.CharField(_("clé"), max_length=80)
    scope = models.CharField(_("portée"), max_length=40, default=NATIONAL)  # "national" or the uuid of a fund
    keyed_on = models.CharField(_("se lit à la"), max_length=10, choices=KeyedOn, default=KeyedOn.PAYMENT)
    value = models.DecimalField(_("valeur"), max_digits=20, decimal_places=6)
    unit = models.CharField(_("unité"), max_length=14, choices=Unit)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)  # last day in force, included
    source = models.TextField(_("source"))
    status = models.CharField(_("statut"), max_length=12, choices=Status)
    label = models.CharField(_("intitulé"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("valeur datée")
        verbose_name_plural = _("valeurs datées")
        ordering = ("key", "scope", "valid_from")
        constraints = (
            models.UniqueConstraint(
                name="parameter_starts_once",
                fields=("key", "scope", "valid_from"),
                violation_error_message=_("Une valeur commence déjà ce jour-là."),
            ),
            models.CheckConstraint(
                name="parameter_period_forward",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Une valeur ne finit pas avant d’avoir commencé."),
            ),
            models.CheckConstraint(
                name="parameter_status_known", condition=Q(status__in=["confirmed", "to_confirm", "chosen"])
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="parameter_no_overlap",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_NO_OVERLAP,
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.value.normalize():f} {self.unit}"
