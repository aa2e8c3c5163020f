"""What partners declare: files by content, and their lines (R-034, R-037)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from funds.models.partner_keys import PartnerKey
from funds.models.sources import Instrument, Partner
from funds.sources.states import UploadState
from investors.models import User


class PartnerUpload(models.Model):
    """One file, known by its content. A correction is another file of the same period that replaces it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="uploads")
    name = models.CharField(_("nom du fichier"), max_length=160)
    sha256 = models.CharField(_("empreinte"), max_length=64)
    size = models.PositiveIntegerField(_("octets"))
    state = models.CharField(_("état"), max_length=9, choices=UploadState, default=UploadState.TO_VERIFY)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The key of the program that sent it, `by` being who made that key; none: sent on the page.
    key = models.ForeignKey(PartnerKey, on_delete=models.PROTECT, null=True, blank=True, related_name="uploads")
    received_at = models.DateTimeField(_("reçu le"))
    checked_at = models.DateTimeField(_("contrôlé le"), null=True, blank=True)
    format = models.CharField(_("format"), max_length=20, blank=True)
    period = models.CharField(_("période"), max_length=7, blank=True)
    period_ends_on = models.DateField(_("fin de la période"), null=True, blank=True)
    lines_count = models.PositiveIntegerField(_("lignes"), default=0)
    errors = models.JSONField(_("erreurs"), default=list)  # [{"line": 12, "column": "montant", "reason": "…"}]
    has_more_errors = models.BooleanField(_("d’autres erreurs suivent"), default=False)
    notes = models.JSONField(_("remarques"), default=list)  # ["62528 …"]
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")

    class Meta:
        verbose_name = _("fichier de partenaire")
        verbose_name_plural = _("fichiers de partenaires")
        ordering = ("-received_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="upload_once_by_content",
                fields=("partner", "sha256"),
                condition=~Q(state="REFUSED"),
                violation_error_message=_("Ce fichier a déjà été déposé."),
            ),
            models.UniqueConstraint(
                name="upload_one_accepted_a_period",
                fields=("partner", "period"),
                condition=Q(state="ACCEPTED"),
                violation_error_message=_("Un fichier de cette période est déjà accepté."),
            ),
            models.CheckConstraint(
                name="upload_checked_iff_decided",
                condition=Q(state="TO_VERIFY", checked_at=None) | (~Q(state="TO_VERIFY") & Q(checked_at__isnull=False)),
                violation_error_message=_("Un fichier décidé a l’heure de son contrôle."),
            ),
            models.CheckConstraint(
                name="upload_refused_iff_errors",
                condition=(Q(state="REFUSED") & ~Q(errors=[])) | (~Q(state="REFUSED") & Q(errors=[])),
                violation_error_message=_("Un fichier refusé dit ses erreurs."),
            ),
            models.CheckConstraint(
                name="upload_accepted_has_period",
                condition=Q(state__in=("TO_VERIFY", "REFUSED"))
                | (~Q(period="") & Q(period_ends_on__isnull=False, lines_count__gt=0)),
                violation_error_message=_("Un fichier accepté a une période et des lignes."),
            ),
            models.CheckConstraint(
                name="upload_does_not_replace_itself",
                condition=Q(replaces=None) | ~Q(replaces=F("pk")),
                violation_error_message=_("Un fichier ne se remplace pas lui-même."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner} – {self.period or self.name}"

    @property
    def successor(self) -> "PartnerUpload | None":
        """The file that replaced this one, if any."""
        return getattr(self, "replaced_by", None)


class UploadLine(models.Model):
    """One figure of an accepted file. Append-only."""

    class Nature(models.TextChoices):
        COLLECTION = "COLLECTE", _("Épargne collectée")
        LENDING = "CREDIT", _("Crédits accordés")
        HOLDING = "PLACEMENT", _("Placé dans une autre source")
        SAVERS = "EPARGNANTS", _("Épargnants et montant médian")

    class ClientClass(models.TextChoices):
        PERSONS = "PARTICULIERS", _("Particuliers")
        SMALL = "TPE", _("Très petites entreprises")
        SOCIAL = "ENTREPRISES_SOCIALES", _("Entreprises sociales")

    upload = models.ForeignKey(PartnerUpload, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveIntegerField(_("ligne"))  # of the file, the heading counted
    nature = models.CharField(_("nature"), max_length=10, choices=Nature)
    instrument = models.CharField(_("canal"), max_length=28, choices=Instrument)
    sent_commune_code = models.CharField(_("commune envoyée"), max_length=5, blank=True)
    commune_code = models.CharField(_("commune"), max_length=5, blank=True)
    client_class = models.CharField(_("classe de clients"), max_length=20, choices=ClientClass, blank=True)
    amount_cents = models.BigIntegerField(_("montant"))  # for SAVERS: the median
    count = models.PositiveIntegerField(_("nombre"), default=0)
    target_siren = models.CharField(_("SIREN destinataire"), max_length=9, blank=True)
    target_instrument = models.CharField(_("canal destinataire"), max_length=28, choices=Instrument, blank=True)

    class Meta:
        verbose_name = _("ligne de fichier")
        verbose_name_plural = _("lignes de fichier")
        ordering = ("upload", "number")
        triggers = append_only.triggers("upload_line")
        indexes = (models.Index(fields=("upload", "nature", "commune_code"), name="upload_line_by_place"),)
        constraints = (
            models.UniqueConstraint(name="upload_line_once", fields=("upload", "number")),
            models.CheckConstraint(
                name="upload_line_amount_not_negative",
                condition=Q(amount_cents__gte=0),
                violation_error_message=_("Un montant déclaré n’est pas négatif."),
            ),
            models.CheckConstraint(
                name="upload_line_place_and_class",
                condition=(Q(nature__in=("COLLECTE", "CREDIT")) & ~Q(commune_code="") & ~Q(client_class=""))
                | Q(nature__in=("PLACEMENT", "EPARGNANTS"), commune_code="", client_class=""),
                violation_error_message=_("Collecte et crédits ont une commune et une classe ; le reste n’en a pas."),
            ),
            models.CheckConstraint(
                name="upload_line_holding_has_target",
                condition=(Q(nature="PLACEMENT") & ~Q(target_siren="") & ~Q(target_instrument=""))
                | (~Q(nature="PLACEMENT") & Q(target_siren="", target_instrument="")),
                violation_error_message=_("Un placement nomme la source qui l’a reçu."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.upload_id}:{self.number}"
