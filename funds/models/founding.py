"""What founds a fund: its act, the texts partners sign, conventions, governing bodies, capital, regional scheme
(labels-territories-impact §1.1 and §1.4: R-004, R-005, R-025, R-033, R-046 to R-049)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.entities import Fund, LegalEntity
from funds.models.ledger import Entry
from funds.models.pool import Compartment
from funds.models.sources import FundFile, Partner
from investors.models import User


class Family(models.TextChoices):
    """Whom a seat or a share stands for (R-046, R-047). The first two are the territory's."""

    AUTHORITY = "AUTHORITY", _("Collectivités")
    ACTOR = "ACTOR", _("Acteurs du territoire")
    PUBLIC_BANK = "PUBLIC_BANK", _("Banque publique d’investissement")
    BANK = "BANK", _("Banques volontaires")
    STATE = "STATE", _("État")
    OTHER = "OTHER", _("Autres")


class FoundingAct(models.Model):
    """An act of the regional council that creates the fund, or changes what it is (R-004). Append-only."""

    class Kind(models.TextChoices):
        CREATION = "CREATION", _("Acte de création")
        CHANGE = "CHANGE", _("Acte modificatif")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="founding_acts")
    kind = models.CharField(_("nature"), max_length=8, choices=Kind)
    title = models.CharField(_("objet"), max_length=200)
    council = models.CharField(_("conseil régional"), max_length=160)
    deliberation = models.CharField(_("numéro de la délibération"), max_length=60)
    deliberated_on = models.DateField(_("délibéré le"))
    file = models.ForeignKey(FundFile, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("acte du fonds")
        verbose_name_plural = _("actes du fonds")
        ordering = ("deliberated_on", "pk")
        triggers = append_only.triggers("founding_act")
        constraints = (
            models.UniqueConstraint(
                name="founding_act_creation_once",
                fields=("fund",),
                condition=Q(kind="CREATION"),
                violation_error_message=_("Un fonds n’est créé qu’une fois."),
            ),
            models.UniqueConstraint(
                name="founding_act_deliberation_once",
                fields=("fund", "deliberation"),
                violation_error_message=_("Cette délibération est déjà enregistrée."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.deliberation}"


class ActSignature(models.Model):
    """One signature of an act: of a partner that took part in the creation. Append-only."""

    act = models.ForeignKey(FoundingAct, on_delete=models.PROTECT, related_name="signatures")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="act_signatures")
    signatory = models.CharField(_("signataire"), max_length=160)
    function = models.CharField(_("fonction"), max_length=160)
    signed_on = models.DateField(_("signé le"))
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("signature d’un acte")
        verbose_name_plural = _("signatures d’un acte")
        ordering = ("signed_on", "pk")
        triggers = append_only.triggers("act_signature")
        constraints = (
            models.UniqueConstraint(
                name="act_signature_once",
                fields=("act", "partner"),
                violation_error_message=_("Ce partenaire a déjà signé cet acte."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner} – {self.act}"


class Convention(models.Model):
    """One version of a convention that brings public means to the fund (R-005, R-025). Append-only.

    A new version takes the place of the one before from its first day; what was paid stays paid.
    """

    class Kind(models.TextChoices):
        STATE_REGION = "STATE_REGION", _("Contrat État-Région")
        PUBLIC_BANK = "PUBLIC_BANK", _("Convention avec la banque publique d’investissement")
        OTHER = "OTHER", _("Autre convention")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="conventions")
    kind = models.CharField(_("nature"), max_length=12, choices=Kind)
    reference = models.CharField(_("référence"), max_length=60)
    version = models.PositiveSmallIntegerField(_("version"))
    title = models.CharField(_("objet"), max_length=200)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="conventions")
    signed_on = models.DateField(_("signée le"))
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"))
    promised = MoneyField(_("montant promis"), max_digits=14, decimal_places=2, default_currency="EUR")
    file = models.ForeignKey(FundFile, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistrée le"))

    class Meta:
        verbose_name = _("convention")
        ordering = ("fund", "reference", "-version")
        triggers = append_only.triggers("convention")
        constraints = (
            models.UniqueConstraint(name="convention_version_once", fields=("fund", "reference", "version")),
            models.CheckConstraint(
                name="convention_dates_forward",
                condition=Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("La convention finirait avant de commencer."),
            ),
            models.CheckConstraint(
                name="convention_promises_something",
                condition=Q(promised__gt=0),
                violation_error_message=_("Une convention promet un montant positif."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} v{self.version}"


class EarmarkedShare(models.Model):
    """The part of a convention's money that is meant for something, in a compartment. Append-only."""

    class Target(models.TextChoices):
        ALL = "ALL", _("Toute l’économie sociale et solidaire")
        PLACE = "PLACE", _("Un territoire")
        SECTOR = "SECTOR", _("Un secteur")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, on_delete=models.PROTECT, related_name="shares")
    name = models.CharField(_("part fléchée"), max_length=120)
    share_bp = models.PositiveIntegerField(_("part, en points de base"))
    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="earmarked_shares")
    target = models.CharField(_("vers"), max_length=6, choices=Target)
    target_code = models.CharField(_("code du territoire ou du secteur"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("part fléchée d’une convention")
        verbose_name_plural = _("parts fléchées d’une convention")
        ordering = ("convention", "pk")
        triggers = append_only.triggers("earmarked_share")
        constraints = (
            models.CheckConstraint(
                name="earmarked_share_is_a_share",
                condition=Q(share_bp__gt=0, share_bp__lte=10_000),
                violation_error_message=_("Une part fléchée va de 0,01 % à 100 %."),
            ),
            models.CheckConstraint(
                name="earmarked_share_says_for_what",
                condition=Q(target="ALL", target_code="") | (~Q(target="ALL") & ~Q(target_code="")),
                violation_error_message=_("Une part fléchée vers un territoire ou un secteur le nomme."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class ConventionPayment(models.Model):
    """Money of a convention that arrived for one of its shares, with its entry. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    share = models.ForeignKey(EarmarkedShare, on_delete=models.PROTECT, related_name="payments")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    received_on = models.DateField(_("reçu le"))
    reference = models.CharField(_("référence du virement"), max_length=80)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("versement d’une convention")
        verbose_name_plural = _("versements d’une convention")
        ordering = ("received_on", "pk")
        triggers = append_only.triggers("convention_payment")
        constraints = (
            models.CheckConstraint(
                name="convention_payment_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Un versement est d’un montant positif."),
            ),
            models.UniqueConstraint(
                name="convention_payment_reference_once",
                fields=("reference",),
                violation_error_message=_("Ce virement est déjà enregistré."),
            ),
        )

    def __str__(self) -> str:
        return self.reference


@track_every_change()
class GoverningBody(models.Model):
    """A body that governs the fund; decisions are those of the committee it sits as, when it has one (R-049)."""

    class Kind(models.TextChoices):
        BOARD = "BOARD", _("Conseil d’administration partenarial")
        ASSEMBLY = "ASSEMBLY", _("Assemblée générale")
        COMMITTEE = "COMMITTEE", _("Comité")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="bodies")
    kind = models.CharField(_("nature"), max_length=9, choices=Kind)
    name = models.CharField(_("nom"), max_length=160)
    role = models.TextField(_("ce qu’elle décide"), max_length=600)
    founded_on = models.DateField(_("instituée le"))

    class Meta:
        verbose_name = _("instance du fonds")
        verbose_name_plural = _("instances du fonds")
        ordering = ("fund", "founded_on", "pk")
        constraints = (
            models.UniqueConstraint(
                name="body_name_once",
                fields=("fund", "name"),
                violation_error_message=_("Une instance de ce fonds porte déjà ce nom."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class SeatAllotment(models.Model):
    """How many seats of a body a family has, from a day on. Append-only: a day's rows are the whole of the body."""

    body = models.ForeignKey(GoverningBody, on_delete=models.PROTECT, related_name="allotments")
    family = models.CharField(_("famille"), max_length=11, choices=Family)
    seats = models.PositiveSmallIntegerField(_("sièges"))
    valid_from = models.DateField(_("à partir du"))
    deliberation = models.CharField(_("délibération"), max_length=60)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("répartition des sièges")
        verbose_name_plural = _("répartitions des sièges")
        ordering = ("body", "valid_from", "pk")
        triggers = append_only.triggers("seat_allotment")
        constraints = (
            models.UniqueConstraint(name="seat_allotment_once", fields=("body", "family", "valid_from")),
            models.CheckConstraint(name="seat_allotment_positive", condition=Q(seats__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.body} {self.family} {self.seats}"


@track_every_change()
class Mandate(models.Model):
    """Somebody who sits in a body, for whom, from a day until another."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    body = models.ForeignKey(GoverningBody, on_delete=models.PROTECT, related_name="mandates")
    family = models.CharField(_("famille"), max_length=11, choices=Family)
    person = models.CharField(_("personne"), max_length=160)
    stands_for = models.CharField(_("au titre de"), max_length=160)
    function = models.CharField(_("fonction"), max_length=120, blank=True)
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))
    ended_on = models.DateField(_("terminé le"), null=True, blank=True)
    ended_because = models.CharField(_("motif de la fin"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("mandat")
        ordering = ("body", "family", "starts_on", "pk")
        constraints = (
            models.CheckConstraint(
                name="mandate_dates_forward",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("Un mandat se termine après avoir commencé."),
            ),
            models.CheckConstraint(
                name="mandate_ended_with_a_reason",
                condition=Q(ended_on=None, ended_because="") | (Q(ended_on__isnull=False) & ~Q(ended_because="")),
                violation_error_message=_("La fin anticipée d’un mandat dit sa date et son motif."),
            ),
            models.CheckConstraint(
                name="mandate_ended_within",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("starts_on"), ended_on__lte=F("ends_on")),
                violation_error_message=_("La fin anticipée d’un mandat tombe pendant le mandat."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} – {self.body}"


class CapitalTable(models.Model):
    """Who owns an entity of the fund, as a whole, from a day on (R-046). Append-only: a change is a new version."""

    class Stage(models.TextChoices):
        START = "START", _("Démarrage, filiale de la banque publique")
        AUTONOMOUS = "AUTONOMOUS", _("Autonome")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="capital_tables")
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="capital_tables")
    version = models.PositiveSmallIntegerField(_("version"))
    stage = models.CharField(_("étape"), max_length=10, choices=Stage)
    nominal = MoneyField(_("nominal d’une part"), max_digits=14, decimal_places=2, default_currency="EUR")
    effective_on = models.DateField(_("à partir du"))
    deliberation = models.CharField(_("délibération"), max_length=60)
    reason = models.CharField(_("pourquoi"), max_length=300)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistrée le"))

    class Meta:
        verbose_name = _("table de capital")
        verbose_name_plural = _("tables de capital")
        ordering = ("entity", "version")
        triggers = append_only.triggers("capital_table")
        constraints = (
            models.UniqueConstraint(name="capital_version_once", fields=("entity", "version")),
            models.CheckConstraint(
                name="capital_nominal_positive",
                condition=Q(nominal__gt=0),
                violation_error_message=_("Le nominal d’une part est positif."),
            ),
            models.CheckConstraint(
                name="capital_says_why",
                condition=~Q(reason=""),
                violation_error_message=_("Une table de capital dit pourquoi elle change."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.entity} v{self.version}"


class CapitalLine(models.Model):
    """One holder of a capital table. Append-only."""

    table = models.ForeignKey(CapitalTable, on_delete=models.PROTECT, related_name="lines")
    family = models.CharField(_("famille"), max_length=11, choices=Family)
    holder = models.CharField(_("détenteur"), max_length=160)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="capital_lines")
    shares = models.PositiveIntegerField(_("parts"))

    class Meta:
        verbose_name = _("ligne de capital")
        verbose_name_plural = _("lignes de capital")
        ordering = ("table", "-shares", "pk")
        triggers = append_only.triggers("capital_line")
        constraints = (
            models.UniqueConstraint(name="capital_holder_once", fields=("table", "holder")),
            models.CheckConstraint(name="capital_shares_positive", condition=Q(shares__gt=0)),
            models.CheckConstraint(
                name="capital_bank_is_a_partner",
                condition=~Q(family__in=("BANK", "PUBLIC_BANK")) | Q(partner__isnull=False),
                violation_error_message=_("Une banque qui entre au capital est un partenaire inscrit."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.holder} {self.shares}"


class RegionalScheme(models.Model):
    """The regional scheme on which investments are decided; its axes are those decisions name (R-049). Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="schemes")
    name = models.CharField(_("schéma régional"), max_length=160)
    deliberation = models.CharField(_("délibération"), max_length=60)
    adopted_on = models.DateField(_("adopté le"))
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("au"))
    file = models.ForeignKey(FundFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("enregistré le"))

    class Meta:
        verbose_name = _("schéma régional")
        verbose_name_plural = _("schémas régionaux")
        ordering = ("fund", "valid_from", "pk")
        triggers = append_only.triggers("regional_scheme")
        constraints = (
            models.UniqueConstraint(
                name="scheme_name_once",
                fields=("fund", "name"),
                violation_error_message=_("Ce schéma est déjà enregistré."),
            ),
            models.CheckConstraint(
                name="scheme_dates_forward",
                condition=Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("Le schéma finirait avant de commencer."),
            ),
        )

    def __str__(self) -> str:
        return self.name
