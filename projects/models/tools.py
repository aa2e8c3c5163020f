"""Where else to turn: the catalogue of tools (R-015, R-017, R-044), and answers a person asked us to keep."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from investors.models import User


class Instrument(models.TextChoices):
    MICROCREDIT = "MICROCREDIT", _("Microcrédit accompagné")
    HONOUR_LOAN = "HONOUR_LOAN", _("Prêt d’honneur")
    SOLIDARITY_LOAN = "SOLIDARITY_LOAN", _("Prêt solidaire")
    GUARANTEE = "GUARANTEE", _("Garantie")
    EQUITY = "EQUITY", _("Apport en fonds propres")
    CITIZEN_INVESTMENT = "CITIZEN_INVESTMENT", _("Investissement citoyen")
    CROWDFUNDING = "CROWDFUNDING", _("Finance participative")
    ENDOWMENT = "ENDOWMENT", _("Don d’un fonds de dotation ou d’une fondation")
    GRANT = "GRANT", _("Subvention")
    ADVICE = "ADVICE", _("Accompagnement")
    POOLED_SERVICE = "POOLED_SERVICE", _("Service mutualisé")
    LOCAL_CURRENCY = "LOCAL_CURRENCY", _("Monnaie locale ou échange local")


class ToolStage(models.TextChoices):
    IDEA = "IDEA", _("Une idée")
    CREATION = "CREATION", _("Une organisation en création")
    RUNNING = "RUNNING", _("Une organisation en activité")
    DIFFICULTY = "DIFFICULTY", _("Une organisation en difficulté")


@track_every_change()
class Tool(models.Model):
    """A tool that somebody else offers. An invented entry, of the demonstration, says so wherever it is shown."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=160)
    operator = models.CharField(_("qui le propose"), max_length=160)
    instrument = models.CharField(_("instrument"), max_length=20, choices=Instrument)
    stages = ArrayField(models.CharField(max_length=12, choices=ToolStage), verbose_name=_("pour"))
    departement_codes = ArrayField(
        models.CharField(max_length=3), verbose_name=_("départements couverts"), default=list, blank=True
    )
    conditions = models.TextField(_("conditions"))
    minimum = MoneyField(
        _("à partir de"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True
    )
    maximum = MoneyField(_("jusqu’à"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True)
    contact = models.CharField(_("contact"), max_length=200)
    website = models.URLField(_("site"), blank=True)
    is_invented = models.BooleanField(_("exemple inventé"), default=False)
    checked_on = models.DateField(_("fiche relue le"))
    is_offered = models.BooleanField(_("proposé aujourd’hui"), default=True)

    class Meta:
        verbose_name = _("outil")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                name="tool_minimum_below_maximum",
                condition=Q(minimum=None) | Q(maximum=None) | Q(minimum__lte=F("maximum")),
                violation_error_message=_("Le minimum d’un outil ne dépasse pas son maximum."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class KeptAnswers(models.Model):
    """Answers given without an account, that a person then asked to keep for a file. Deleted with their account."""

    class Kind(models.TextChoices):
        ELIGIBILITY = "eligibility", _("Puis-je demander ?")
        DIAGNOSIS = "diagnosis", _("Autodiagnostic")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="kept_answers")
    kind = models.CharField(_("questionnaire"), max_length=12, choices=Kind)
    version = models.CharField(_("version"), max_length=20)
    answers = models.JSONField(_("réponses"))
    kept_at = models.DateTimeField(_("gardées le"))

    class Meta:
        verbose_name = _("réponses gardées")
        ordering = ("-kept_at",)
        constraints = (
            models.UniqueConstraint(
                name="kept_answers_once_per_kind",
                fields=("user", "kind"),
                violation_error_message=_("Les dernières réponses remplacent les précédentes."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.kind}"
