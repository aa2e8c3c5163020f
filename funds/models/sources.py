"""Partners of a fund, what they signed, the channels of solidarity savings they hold, and the keys of their programs
(labels-territories-impact §1.1–1.3, R-001 to R-034)."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from funds.models.entities import Fund
from investors.models import User


class Instrument(models.TextChoices):
    """Channels the region knows, by their code (R-020 to R-032), and the fund's own pot."""

    LIVRET_SOLIDAIRE = "LIVRET_SOLIDAIRE", _("Livret solidaire")
    EPARGNE_SALARIALE_SOLIDAIRE = "EPARGNE_SALARIALE_SOLIDAIRE", _("Épargne salariale solidaire")
    ASSURANCE_VIE_SOLIDAIRE = "ASSURANCE_VIE_SOLIDAIRE", _("Assurance-vie solidaire")
    FONDS_DOTATION = "FONDS_DOTATION", _("Fonds de dotation")
    EMPRUNT_REGIONAL = "EMPRUNT_REGIONAL", _("Emprunt régional")
    BRI_ESS_ENVELOPE = "BRI_ESS_ENVELOPE", _("Part ESS de la banque régionale d’investissement")
    FINANCEMENT_PARTICIPATIF = "FINANCEMENT_PARTICIPATIF", _("Financement participatif")
    MICROCREDIT = "MICROCREDIT", _("Microcrédit")
    MONNAIE_LOCALE = "MONNAIE_LOCALE", _("Monnaie locale")
    SEL = "SEL", _("Système d’échange local")
    FONDATION_TERRITORIALE = "FONDATION_TERRITORIALE", _("Fondation territoriale")
    INVESTISSEMENT_CITOYEN = "INVESTISSEMENT_CITOYEN", _("Investissement citoyen")
    FLECHAGE_IAE = "FLECHAGE_IAE", _("Épargne fléchée vers l’insertion")
    POT_COMMUN = "POT_COMMUN", _("Pot commun du fonds")


@track_every_change()
class Partner(models.Model):
    """An organisation that brings money to a region or lends there: a bank, an insurer, a club, the fund's carrier."""

    class Kind(models.TextChoices):
        BANK = "BANK", _("Banque")
        INSURER = "INSURER", _("Assureur")
        MANAGER = "MANAGER", _("Société de gestion")
        CLUB = "CLUB", _("Club d’épargnants")
        PUBLIC_BANK = "PUBLIC_BANK", _("Banque publique d’investissement")
        CARRIER = "CARRIER", _("Porteur du fonds")
        REGION = "REGION", _("Conseil régional")
        AUTHORITY = "AUTHORITY", _("Collectivité")
        STATE = "STATE", _("État")
        ACTOR = "ACTOR", _("Acteur du territoire")
        OTHER = "OTHER", _("Autre")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="partners")
    kind = models.CharField(_("genre"), max_length=12, choices=Kind)
    name = models.CharField(_("dénomination"), max_length=160)
    siren = models.CharField(_("SIREN"), max_length=9)
    contact = models.CharField(_("contact"), max_length=160, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("inscrit le"))

    class Meta:
        verbose_name = _("partenaire")
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                name="partner_once_a_fund",
                fields=("fund", "siren"),
                violation_error_message=_("Un partenaire de ce fonds a déjà ce SIREN."),
            ),
            models.CheckConstraint(
                name="partner_siren_nine_figures",
                condition=Q(siren__regex=r"^[0-9]{9}$"),
                violation_error_message=_("Un SIREN a neuf chiffres."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class FundFile(models.Model):
    """A signed document of a fund, kept under its hash. Append-only; `is_public` ones are on the fund's page."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="files")
    title = models.CharField(_("titre"), max_length=200)
    name = models.CharField(_("nom du fichier"), max_length=160)
    mime = models.CharField(_("format"), max_length=100)
    size = models.PositiveIntegerField(_("taille"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    is_public = models.BooleanField(_("public"), default=True)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(_("déposé le"))

    class Meta:
        verbose_name = _("pièce du fonds")
        verbose_name_plural = _("pièces du fonds")
        triggers = append_only.triggers("fund_file")

    def __str__(self) -> str:
        return self.title


class EngagementText(models.Model):
    """One version of what partners sign (R-033). Append-only: who signed a version signed those very words."""

    class Audience(models.TextChoices):
        BANK = "BANK", _("Banques")
        FOUNDER = "FOUNDER", _("Région et autres fondateurs")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="engagement_texts")
    audience = models.CharField(_("signé par"), max_length=8, choices=Audience)
    version = models.PositiveSmallIntegerField(_("version"))
    body = models.TextField(_("texte"), max_length=4_000)
    valid_from = models.DateField(_("proposé à partir du"))
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("texte d’engagement")
        verbose_name_plural = _("textes d’engagement")
        ordering = ("fund", "audience", "version")
        triggers = append_only.triggers("engagement_text")
        constraints = (
            models.UniqueConstraint(name="engagement_text_version_once", fields=("fund", "audience", "version")),
            models.CheckConstraint(
                name="engagement_text_says_something",
                condition=~Q(body=""),
                violation_error_message=_("Un texte d’engagement n’est pas vide."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_audience_display()} v{self.version}"


@track_every_change()
class Engagement(models.Model):
    """What a partner signed: serve everyone, everywhere, without discrimination, and publish results (R-033).

    Signed, dated, revocable; what was signed never changes. A bank without one in force has no active channel, signs no
    act and holds no capital (R-004, R-048).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="engagements")
    signed_on = models.DateField(_("signé le"))
    signatory = models.CharField(_("signataire"), max_length=160)
    function = models.CharField(_("fonction"), max_length=160)
    # The words that were signed; none for what was recorded before texts were versioned.
    text = models.ForeignKey(EngagementText, on_delete=models.PROTECT, null=True, blank=True, related_name="signed")
    file = models.ForeignKey(FundFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))
    revoked_on = models.DateField(_("révoqué le"), null=True, blank=True)  # the first day it no longer holds
    revoked_because = models.CharField(_("motif de la révocation"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("engagement de partenaire")
        ordering = ("-signed_on", "-pk")
        triggers = [
            pgtrigger.ReadOnly(
                name="engagement_as_signed",
                fields=["partner", "signed_on", "signatory", "function", "text", "file", "recorded_by", "recorded_at"],
            ),
            pgtrigger.Protect(name="engagement_kept", operation=pgtrigger.Delete),
        ]
        constraints = (
            models.UniqueConstraint(
                name="engagement_one_in_force",
                fields=("partner",),
                condition=Q(revoked_on=None),
                violation_error_message=_("Un engagement de ce partenaire est déjà en vigueur."),
            ),
            models.CheckConstraint(
                name="engagement_revoked_with_a_reason",
                condition=Q(revoked_on=None, revoked_because="")
                | (Q(revoked_on__isnull=False) & ~Q(revoked_because="")),
                violation_error_message=_("Une révocation a sa date et son motif."),
            ),
            models.CheckConstraint(
                name="engagement_revoked_after_signed",
                condition=Q(revoked_on=None) | Q(revoked_on__gte=F("signed_on")),
                violation_error_message=_("Un engagement est révoqué après avoir été signé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner} – {self.signed_on}"


@track_every_change()
class Channel(models.Model):
    """One source of solidarity savings and how the fund stands to it; or a lead, with what stops it (R-003)."""

    class Mode(models.TextChoices):
        COORDINATED = "COORDINATED", _("Coordonné")
        CROSSED = "CROSSED", _("Croisé")
        POOLED = "POOLED", _("Mutualisé")

    class Stage(models.TextChoices):
        ACTIVE = "ACTIVE", _("En activité")
        PROPOSED = "PROPOSED", _("Piste")
        CLOSED = "CLOSED", _("Fermé")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="channels")
    partner = models.ForeignKey(
        Partner, verbose_name=_("partenaire"), on_delete=models.PROTECT, null=True, blank=True, related_name="channels"
    )
    instrument = models.CharField(_("instrument"), max_length=28, choices=Instrument)
    operator_name = models.CharField(_("opérateur"), max_length=160)
    territory_code = models.CharField(
        _("territoire couvert"), max_length=9
    )  # of a région, département, EPCI or commune
    stage = models.CharField(_("étape"), max_length=8, choices=Stage)
    mode = models.CharField(_("mode"), max_length=11, choices=Mode, blank=True)
    obstacle = models.TextField(_("ce qui bloque"), max_length=600, blank=True)
    owner = models.ForeignKey(
        User, verbose_name=_("suivi par"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    next_step = models.CharField(_("prochaine étape"), max_length=300, blank=True)
    next_step_on = models.DateField(_("pour le"), null=True, blank=True)
    updated_at = models.DateTimeField(_("mis à jour le"))

    class Meta:
        verbose_name = _("canal")
        verbose_name_plural = _("canaux")
        ordering = ("instrument", "operator_name", "pk")
        constraints = (
            models.UniqueConstraint(
                name="channel_once_a_partner",
                fields=("partner", "instrument"),
                condition=~Q(stage="CLOSED"),
                violation_error_message=_("Ce partenaire a déjà un canal de cet instrument."),
            ),
            models.CheckConstraint(
                name="channel_active_has_partner_and_mode",
                condition=~Q(stage="ACTIVE") | (Q(partner__isnull=False) & ~Q(mode="")),
                violation_error_message=_("Un canal en activité a son partenaire et son mode."),
            ),
            models.CheckConstraint(
                name="channel_lead_says_what_stops_it",
                condition=~Q(stage="PROPOSED")
                | (~Q(obstacle="") & ~Q(next_step="") & Q(owner__isnull=False, next_step_on__isnull=False)),
                violation_error_message=_("Une piste dit ce qui bloque, qui la suit, la prochaine étape et sa date."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_instrument_display()} – {self.operator_name}"
