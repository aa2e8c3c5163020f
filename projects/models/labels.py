"""Referentials: a label, charter or grid of reference points, its versions, and one record per criterion (R-055, B23).

What is published never changes: a correction is a new version, and an assessment names the version it was made on.
"""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from investors.models import User


class SubjectType(models.TextChoices):
    """What a label, a charter or a profile may be about."""

    PROJECT = "project", _("Projet")
    ORGANISATION = "organisation", _("Organisation")
    GROUPING = "grouping", _("Groupement")
    PRODUCT = "product", _("Produit financier")


@track_every_change()
class Label(models.Model):
    """One version of a referential: `ESUS@2019`. Only its last day may be written after it is published."""

    class Rule(models.TextChoices):
        """How an outcome is reached: what each referential may answer is ruling B23."""

        ASSESSED = "ASSESSED", _("Évalué : admis, non admis ou exclu")
        CHECKED = "CHECKED", _("Vérifié ou refusé, critère par critère")
        IN_FORCE = "IN_FORCE", _("Preuve en vigueur ou non")
        SIGNED = "SIGNED", _("Charte signée ou refusée")
        PROFILE = "PROFILE", _("Profil, sans note de passage")
        TO_CONFIRM = "TO_CONFIRM", _("Éléments réunis, à confirmer")

    class Holding(models.TextChoices):
        """Who gives what is held. The platform never grants the status of somebody else."""

        INTERNAL = "INTERNAL", _("Attribué ici")
        EXTERNAL = "EXTERNAL", _("Déclaré, puis vérifié")
        CHARTER = "CHARTER", _("Engagement signé")
        NONE = "NONE", _("Ne s’attribue pas")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("code"), max_length=40)
    version = models.CharField(_("version"), max_length=20)
    name = models.CharField(_("nom"), max_length=160)
    purpose = models.TextField(_("ce qu’il dit"))
    subject_types = models.JSONField(_("porte sur"), default=list)  # codes of SubjectType
    owner = models.CharField(_("propriétaire et décideur"), max_length=240)
    fund_uuid = models.UUIDField(_("label local du fonds"), null=True, blank=True)
    rule = models.CharField(_("règle de décision"), max_length=12, choices=Rule)
    holding = models.CharField(_("attribution"), max_length=8, choices=Holding)
    validity_months = models.PositiveSmallIntegerField(_("durée en mois"), null=True, blank=True)
    validity_note = models.CharField(_("durée et renouvellement"), max_length=400)
    levels = models.JSONField(_("niveaux"), default=list)  # [{"code", "name", "progress_minimum"}], lowest first
    requires = models.CharField(_("suppose"), max_length=61, blank=True)  # code@version that must be verified first
    valid_from = models.DateField(_("en vigueur du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=400)
    notice = models.CharField(_("mention"), max_length=400, blank=True)  # attribution and licence, when a text needs it
    published_by = models.ForeignKey(
        User, verbose_name=_("publié par"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(_("publié le"), null=True, blank=True)  # none when it ships with the code

    class Meta:
        verbose_name = _("référentiel")
        ordering = ("code", "valid_from", "version")
        triggers = (
            pgtrigger.ReadOnly(name="label_is_published", exclude=["valid_to"]),
            pgtrigger.Protect(name="label_is_kept", operation=pgtrigger.Delete),
        )
        constraints = (
            models.UniqueConstraint(
                name="label_version_once",
                fields=("code", "version"),
                violation_error_message=_("Cette version du référentiel existe déjà."),
            ),
            models.CheckConstraint(
                name="label_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Une version se termine après avoir commencé."),
            ),
            models.CheckConstraint(
                name="label_held_as_its_rule_allows",
                condition=Q(rule="ASSESSED", holding__in=("INTERNAL", "EXTERNAL"))
                | Q(rule__in=("CHECKED", "IN_FORCE"), holding="EXTERNAL")
                | Q(rule="SIGNED", holding="CHARTER")
                | Q(rule__in=("PROFILE", "TO_CONFIRM"), holding="NONE"),
                violation_error_message=_("Un statut vérifié n’est pas attribué ici ; un profil ne s’attribue pas."),
            ),
            models.CheckConstraint(
                name="label_local_is_assessed_here",
                condition=Q(fund_uuid=None) | Q(rule="ASSESSED", holding="INTERNAL"),
                violation_error_message=_("Le label d’un fonds est évalué et attribué ici."),
            ),
        )

    def __str__(self) -> str:
        return self.full_code

    @property
    def full_code(self) -> str:
        return f"{self.code}@{self.version}"

    @property
    def may_be_held(self) -> bool:
        """Whether somebody may hold it as an award: neither a charter nor a profile is one (R-074)."""
        return self.holding in (self.Holding.INTERNAL, self.Holding.EXTERNAL)


class Criterion(models.Model):
    """One criterion of one version. Append-only: changing it is publishing another version."""

    class Kind(models.TextChoices):
        MANDATORY = "M", _("Obligatoire")
        PROGRESS = "P", _("Progrès")
        EXCLUSION = "X", _("Exclusion")
        INFORMATIVE = "I", _("Information")

    class Scale(models.TextChoices):
        BOOL = "BOOL", _("oui ou non, avec preuve")
        NUM = "NUM", _("nombre comparé à un seuil")
        PROG = "PROG", _("0 absent, 1 prévu, 2 en place, 3 exemplaire")
        DECL = "DECL", _("déclaration signée")

    class Status(models.TextChoices):
        CONFIRMED = "CONFIRMED", _("Confirmé")
        CHOSEN = "CHOSEN", _("Choisi ici")
        TO_CONFIRM = "TO_CONFIRM", _("À confirmer")

    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="criteria")
    identifier = models.CharField(_("identifiant"), max_length=20)
    rank = models.PositiveSmallIntegerField(_("ordre"))
    kind = models.CharField(_("type"), max_length=1, choices=Kind)
    scale = models.CharField(_("échelle"), max_length=4, choices=Scale)
    title = models.CharField(_("intitulé"), max_length=120)
    text_fr = models.TextField(_("texte"))
    question = models.CharField(_("question posée"), max_length=300, blank=True)
    evidence = models.JSONField(_("preuves attendues"), default=list)  # French names of the pieces
    tests = models.JSONField(_("seuils"), default=list)  # [{"name", "label", "operator", "threshold", "unit"}]
    any_test = models.BooleanField(_("un seul seuil suffit"), default=False)
    weight = models.PositiveSmallIntegerField(_("poids"), default=1)
    allows_na = models.BooleanField(_("peut être sans objet"), default=False)
    alternative = models.CharField(_("au choix avec"), max_length=20, blank=True)  # one of those that share it suffices
    branch = models.CharField(_("cas"), max_length=20, blank=True)  # asked in one case only; see projects/labels
    part = models.CharField(_("partie"), max_length=20, blank=True)  # CCES: A, or the sector of part B
    status = models.CharField(_("statut"), max_length=10, choices=Status, default=Status.CONFIRMED)
    source = models.CharField(_("source"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("critère")
        ordering = ("label", "rank")
        triggers = append_only.triggers("criterion")
        constraints = (
            models.UniqueConstraint(
                name="criterion_once_per_version",
                fields=("label", "identifier"),
                violation_error_message=_("Deux critères d’une version ne portent pas le même identifiant."),
            ),
            models.UniqueConstraint(name="criterion_rank_once", fields=("label", "rank")),
            models.CheckConstraint(
                name="criterion_number_has_thresholds",
                condition=Q(scale="NUM") & ~Q(tests=[]) | ~Q(scale="NUM") & Q(tests=[]),
                violation_error_message=_("Un critère chiffré a au moins un seuil ; les autres n’en ont pas."),
            ),
            models.CheckConstraint(
                name="criterion_exclusion_is_yes_or_no",
                condition=~Q(kind="X") | Q(scale="BOOL"),
                violation_error_message=_("Une exclusion se répond par oui ou non."),
            ),
        )

    def __str__(self) -> str:
        return self.identifier


class CriterionWeight(models.Model):
    """What a territory makes of a criterion: each keeps the right to say what is useful (R-102). Append-only.

    The last row of a territory counts from its first day on.
    """

    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="weights")
    territory_code = models.CharField(_("département"), max_length=3)
    weight = models.PositiveSmallIntegerField(_("poids"))
    valid_from = models.DateField(_("à partir du"))
    reason = models.CharField(_("décision du territoire"), max_length=300)
    decided_by = models.ForeignKey(User, verbose_name=_("inscrit par"), on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(_("inscrit le"))

    class Meta:
        verbose_name = _("poids d’un territoire")
        triggers = append_only.triggers("criterion_weight")
        constraints = (
            models.CheckConstraint(
                name="criterion_weight_between_0_and_5",
                condition=Q(weight__lte=5),
                violation_error_message=_("Un poids va de 0 à 5."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.criterion} {self.territory_code}: {self.weight}"


@track_every_change()
class FinancialProduct(models.Model):
    """A product that a label may be about: never the organisation that issues it (FINANSOL)."""

    class Way(models.TextChoices):
        INVESTMENT = "INVESTMENT", _("Solidarité par le placement")
        SHARING = "SHARING", _("Solidarité par le partage")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        "projects.Organisation", verbose_name=_("émetteur"), on_delete=models.PROTECT, related_name="products"
    )
    name = models.CharField(_("nom du produit"), max_length=160)
    way = models.CharField(_("voie de solidarité"), max_length=10, choices=Way)

    class Meta:
        verbose_name = _("produit financier")
        verbose_name_plural = _("produits financiers")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
