"""Who keeps books: legal entities, the funds they carry, and what a beneficiary of gifts may do."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from investors.models import Party


@track_every_change()
class LegalEntity(models.Model):
    """A legal person whose books we keep (ruling A1): the operator, a fund's carrier. Never a constant in code."""

    class Role(models.TextChoices):
        OPERATOR = "OPERATOR", _("Opérateur de la plateforme")
        FUND = "FUND", _("Porteur du fonds")

    class Chart(models.TextChoices):
        PCG = "PCG", _("Plan comptable général")
        ASSOCIATION = "ASSOCIATION", _("Plan comptable des associations")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="legal_entity")
    role = models.CharField(_("rôle"), max_length=12, choices=Role)
    name = models.CharField(_("dénomination"), max_length=160)
    siren = models.CharField(_("SIREN"), max_length=9, unique=True)
    lei = models.CharField(_("LEI"), max_length=20, blank=True)
    chart = models.CharField(_("plan comptable"), max_length=12, choices=Chart, default=Chart.PCG)
    year_end_month = models.PositiveSmallIntegerField(_("mois de clôture"), default=12)

    class Meta:
        verbose_name = _("entité juridique")
        verbose_name_plural = _("entités juridiques")

    def __str__(self) -> str:
        return self.name


@track_every_change()
class Fund(models.Model):
    """A regional solidarity savings fund; the law it works under names its region."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="funds")
    operator = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="operated_funds")
    name = models.CharField(_("nom"), max_length=160)
    region_code = models.CharField(_("région"), max_length=2)
    accepted_labels = models.JSONField(_("labels acceptés"), default=list)  # ["FRES-HDF@2024", "ESUS@2019"]: ruling B24

    class Meta:
        verbose_name = _("fonds")
        constraints = (
            models.CheckConstraint(
                name="fund_is_not_its_operator",
                condition=~Q(entity=F("operator")),
                violation_error_message=_("L’opérateur et le porteur du fonds sont deux personnes distinctes."),
            ),
        )

    def __str__(self) -> str:
        return self.name


@track_every_change()
class ReceiptEligibility(models.Model):
    """That a beneficiary may give tax receipts, from when, by which article, on what evidence (ruling B7)."""

    class Article(models.TextChoices):
        CGI_200 = "200", _("article 200 du CGI")
        CGI_238_BIS = "238bis", _("article 238 bis du CGI")
        CGI_978 = "978", _("article 978 du CGI")

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="receipt_eligibilities")
    article = models.CharField(_("article"), max_length=8, choices=Article)
    category = models.CharField(_("catégorie d’organisme"), max_length=200)
    purpose = models.TextField(_("objet de l’organisme"))
    evidence = models.TextField(_("preuve"))
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"), null=True, blank=True)

    class Meta:
        verbose_name = _("droit de délivrer des reçus")

    def __str__(self) -> str:
        return f"{self.party} – {self.get_article_display()}"


@track_every_change()
class ReceiptMandate(models.Model):
    """The beneficiary's signed mandate to issue receipts in its name and number series."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="receipt_mandates")
    operator = models.ForeignKey(LegalEntity, on_delete=models.PROTECT)
    signatory = models.CharField(_("signataire"), max_length=160)
    signed_on = models.DateField(_("signé le"))
    ended_on = models.DateField(_("terminé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("mandat de reçus")

    def __str__(self) -> str:
        return f"{self.party} – {self.signed_on}"
