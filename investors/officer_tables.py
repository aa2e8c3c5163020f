"""Who directs a legal person and who owns it in the end (ruling A3: on the party, one check for all)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change

WHOLE_BP = 10_000


@track_every_change()
class Mandate(models.Model):
    """A person who directs a legal person, whether or not they have an account here. Read for conflicts of interest."""

    class Function(models.TextChoices):
        CHAIR = "chair", _("Présidence")
        MANAGER = "manager", _("Gérance ou direction générale")
        TREASURER = "treasurer", _("Trésorerie")
        SECRETARY = "secretary", _("Secrétariat")
        DIRECTOR = "director", _("Administration (conseil)")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.ForeignKey("investors.Party", on_delete=models.PROTECT, related_name="mandates")
    given_names = models.CharField(_("prénoms"), max_length=120)
    family_name = models.CharField(_("nom"), max_length=80)
    function = models.CharField(_("fonction"), max_length=12, choices=Function)
    valid_from = models.DateField(_("depuis le"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)  # the first day it no longer holds

    class Meta:
        verbose_name = _("mandat")
        ordering = ("function", "family_name")
        constraints = (
            models.CheckConstraint(
                name="mandate_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Un mandat se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.given_names} {self.family_name}"


@track_every_change()
class BeneficialOwner(models.Model):
    """A person who owns or controls a legal person in the end (CMF art. L561-2-2): more than a quarter, or control.

    A legal representative stands here when nobody owns as much, which is the rule of associations.
    """

    class Control(models.TextChoices):
        CAPITAL = "capital", _("Part du capital ou des droits de vote")
        OTHER = "other", _("Contrôle par un autre moyen")
        REPRESENTATIVE = "representative", _("Représentant légal, à défaut")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.ForeignKey("investors.Party", on_delete=models.PROTECT, related_name="beneficial_owners")
    given_names = models.CharField(_("prénoms"), max_length=120)
    family_name = models.CharField(_("nom"), max_length=80)
    birth_date = models.DateField(_("date de naissance"))
    nationality = models.CharField(_("nationalité"), max_length=2)
    control = models.CharField(_("à quel titre"), max_length=14, choices=Control)
    share_bp = models.PositiveIntegerField(_("part, en dix-millièmes"), null=True, blank=True)
    valid_from = models.DateField(_("depuis le"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)  # the first day it no longer holds
    declared_at = models.DateTimeField(_("déclaré le"))

    class Meta:
        verbose_name = _("bénéficiaire effectif")
        verbose_name_plural = _("bénéficiaires effectifs")
        ordering = ("family_name", "given_names")
        constraints = (
            models.CheckConstraint(
                name="beneficial_owner_share_iff_capital",
                condition=Q(control="capital", share_bp__isnull=False, share_bp__gte=1, share_bp__lte=WHOLE_BP)
                | (~Q(control="capital") & Q(share_bp=None)),
                violation_error_message=_("Une part se donne, entre 0,01 et 100 %, à qui tient le capital."),
            ),
            models.CheckConstraint(
                name="beneficial_owner_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Cette qualité se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.given_names} {self.family_name}"
