"""What a pole receives: the four parts of the programme (R-059…R-064) and the benefits of its members (R-063)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from projects.models.groupings import Grouping, GroupingMember


@track_every_change()
class ProgrammePart(models.Model):
    """One part of the programme for one pole: a budget line, what others bring, and how far it is."""

    class Part(models.TextChoices):
        V1 = "V1", _("Étude de faisabilité")
        V2 = "V2", _("Expérimentation et démarrage")
        V3 = "V3", _("Capitalisation et labellisation")
        V4 = "V4", _("Capitalisation du programme")

    class Stage(models.TextChoices):
        PLANNED = "planned", _("Prévu")
        UNDER_WAY = "under_way", _("En cours")
        DONE = "done", _("Fait")

    grouping = models.ForeignKey(Grouping, on_delete=models.PROTECT, related_name="parts")
    part = models.CharField(_("volet"), max_length=2, choices=Part)
    stage = models.CharField(_("avancement"), max_length=10, choices=Stage, default=Stage.PLANNED)
    budget = MoneyField(_("budget"), max_digits=14, decimal_places=2, default_currency="EUR")
    cofinanced = MoneyField(_("apporté par d’autres"), max_digits=14, decimal_places=2, default_currency="EUR")
    cofinancers = models.CharField(_("cofinanceurs"), max_length=200, blank=True)
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"), null=True, blank=True)
    report = models.CharField(_("rapport ou guide"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("volet du programme")
        verbose_name_plural = _("volets du programme")
        ordering = ("part",)
        constraints = (
            models.UniqueConstraint(
                name="programme_part_once",
                fields=("grouping", "part"),
                violation_error_message=_("Ce volet existe déjà."),
            ),
            models.CheckConstraint(
                name="programme_part_others_bring_less_than_all",
                condition=Q(budget__gt=0, cofinanced__gte=0, cofinanced__lte=F("budget")),
                violation_error_message=_("Le cofinancement va de zéro au budget du volet."),
            ),
            models.CheckConstraint(
                name="programme_start_up_is_cofinanced",
                condition=~Q(part="V2") | Q(cofinanced__gt=0),
                violation_error_message=_("L’expérimentation se paie avec d’autres financeurs (R-061)."),
            ),
            models.CheckConstraint(
                name="programme_part_ends_after_it_starts",
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("Un volet se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.part} {self.grouping}"


@track_every_change()
class MemberBenefit(models.Model):
    """What a labelled pole brings to one of its members (R-063)."""

    class Kind(models.TextChoices):
        TAX_EXEMPTION = "tax_exemption", _("Exonération d’impôt")
        LOWER_CHARGES = "lower_charges", _("Allègement de cotisations")
        CREDITS = "credits", _("Crédits d’intervention")
        PREFERENCE = "preference", _("Intervention prioritaire d’un organisme public")

    member = models.ForeignKey(GroupingMember, on_delete=models.PROTECT, related_name="benefits")
    kind = models.CharField(_("avantage"), max_length=14, choices=Kind)
    granted_by = models.CharField(_("accordé par"), max_length=160)
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)

    class Meta:
        verbose_name = _("avantage d’un membre")
        verbose_name_plural = _("avantages de membres")
        ordering = ("valid_from", "pk")
        constraints = (
            models.CheckConstraint(
                name="member_benefit_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Un avantage se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.member}"
