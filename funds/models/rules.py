"""The rules of the fund as dated, versioned rows; the register of their breaches; what each evaluation found."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from funds.models.entities import Fund
from funds.pool.states import BreachState
from investors.models import User


class AllocationRule(models.Model):
    """One version of a rule. Append-only: a change, or an end, is a new version (kinds: `funds.allocation.rules`).

    On a day the version in force is the last one whose `valid_from` has come; past its `valid_to` there is none.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="allocation_rules")
    code = models.SlugField(_("code"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"))
    kind = models.CharField(_("genre"), max_length=24)
    scope = models.CharField(_("porte sur"), max_length=80)
    base = models.CharField(_("base"), max_length=16, blank=True)
    params = models.JSONField(_("paramètres"), default=dict)
    timing = models.CharField(_("moment"), max_length=12)
    severity = models.CharField(_("gravité"), max_length=8)
    cure_days = models.PositiveSmallIntegerField(_("délai de régularisation en jours"), default=0)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)
    reason = models.CharField(_("pourquoi cette version"), max_length=300)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("décidée le"))

    class Meta:
        verbose_name = _("règle d’allocation")
        verbose_name_plural = _("règles d’allocation")
        ordering = ("fund", "code", "version")
        triggers = append_only.triggers("allocation_rule")
        constraints = (
            models.UniqueConstraint(name="rule_version_once", fields=("fund", "code", "version")),
            models.CheckConstraint(
                name="rule_dates_forward",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("La règle finirait avant de commencer."),
            ),
            models.CheckConstraint(
                name="rule_says_why",
                condition=~Q(reason=""),
                violation_error_message=_("Une version de règle dit pourquoi elle est prise."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code}@{self.version}"


class RuleEvaluation(models.Model):
    """What the rules in force said at one moment: before a decision, after it, or at night. Append-only."""

    class Moment(models.TextChoices):
        BEFORE = "BEFORE", _("Avant une décision")
        AFTER = "AFTER", _("Après une décision")
        NIGHT = "NIGHT", _("Chaque nuit")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="rule_evaluations")
    moment = models.CharField(_("moment"), max_length=8, choices=Moment)
    subject = models.CharField(_("décision"), max_length=120, blank=True)  # what was about to be decided, by its key
    evaluated_at = models.DateTimeField(_("évalué le"))
    rules = models.JSONField(_("versions de règles"), default=list)  # ["liquidity@2", …]
    findings = models.JSONField(_("constats"), default=list)

    class Meta:
        verbose_name = _("évaluation des règles")
        verbose_name_plural = _("évaluations des règles")
        ordering = ("-evaluated_at", "-pk")
        triggers = append_only.triggers("rule_evaluation")
        indexes = (models.Index(fields=("fund", "-evaluated_at")),)

    def __str__(self) -> str:
        return f"{self.moment} {self.evaluated_at}"


@track_every_change()
class RuleBreach(models.Model):
    """A rule not kept somewhere: found, to be cured before a day, closed by the fact that it is kept again."""

    class Cause(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active : une décision l’a causée")
        PASSIVE = "PASSIVE", _("Passive : retraits, valeurs ou entrées l’ont causée")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.ForeignKey(AllocationRule, on_delete=models.PROTECT, related_name="breaches")
    where = models.CharField(_("où"), max_length=160)
    cause = models.CharField(_("cause"), max_length=8, choices=Cause)
    state = models.CharField(_("état"), max_length=8, choices=BreachState, default=BreachState.OPEN)
    missing = models.CharField(_("écart exact"), max_length=80)  # a fraction, in cents or projects
    sentence = models.TextField(_("constat"))
    opened_at = models.DateTimeField(_("constaté le"))
    cure_before = models.DateField(_("à régulariser avant le"))
    last_seen_at = models.DateTimeField(_("vu pour la dernière fois le"))
    reason = models.TextField(_("explication publiée"), blank=True, max_length=1_000)
    explained_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    explained_at = models.DateTimeField(_("expliqué le"), null=True, blank=True)
    closed_at = models.DateTimeField(_("fini le"), null=True, blank=True)

    class Meta:
        verbose_name = _("dépassement")
        ordering = ("-opened_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="breach_closed_iff_dated",
                condition=Q(state="CURED", closed_at__isnull=False) | (~Q(state="CURED") & Q(closed_at=None)),
            ),
            models.UniqueConstraint(
                name="breach_open_once",
                fields=("rule", "where"),
                condition=~Q(state="CURED"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}"
