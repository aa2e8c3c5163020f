"""Who: accounts, persons and legal persons, what each may do, what each agreed to (rulings A3, A7, A8)."""

import uuid
from datetime import date
from typing import ClassVar

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only, clock
from fres.kernel.access import STAFF_ROLES, Role
from fres.kernel.history import track_every_change
from investors.encryption import EncryptedTextField
from investors.officer_tables import BeneficialOwner as BeneficialOwner
from investors.officer_tables import Mandate as Mandate
from investors.protection_tables import Classification as Classification
from investors.protection_tables import EntryAssessment as EntryAssessment
from investors.protection_tables import LossSimulation as LossSimulation
from investors.protection_tables import WarningAcknowledgement as WarningAcknowledgement


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """Create an account; without a password it can only be entered after a reset."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


@track_every_change(exclude=["password"])
class User(AbstractBaseUser):
    """A person who signs in. What they own and sign for is their party's; what they may do is in their grants."""

    last_login = None  # would add an audit line at each visit; allauth's sessions say more

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("adresse e-mail"), unique=True)
    display_name = models.CharField(_("nom affiché"), max_length=120, blank=True)
    language = models.CharField(_("langue"), max_length=5, choices=settings.LANGUAGES, default="fr")
    is_active = models.BooleanField(_("compte ouvert"), default=True)
    created_at = models.DateTimeField(_("créé le"), default=clock.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("compte")
        verbose_name_plural = _("comptes")
        constraints = (
            models.CheckConstraint(
                name="user_email_is_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message=_("L’adresse e-mail s’écrit en minuscules."),
            ),
        )

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def is_staff_member(self) -> bool:
        """Whether a staff role is held today, in any scope."""
        return RoleGrant.objects.current(clock.today()).filter(user=self, role__in=STAFF_ROLES).exists()

    def has_second_factor(self, request: HttpRequest) -> bool:
        """Whether this very session was opened or confirmed with a second factor (code, recovery code, passkey)."""
        return any(record.get("method") == "mfa" for record in get_authentication_records(request, self))

    def needs_second_factor(self, request: HttpRequest) -> bool:
        """Whether a staff role is held and this session has proven no second factor yet."""
        return self.is_staff_member and not self.has_second_factor(request)


@track_every_change()
class Party(models.Model):
    """A person or a legal person: one identity and one check for savers and owners alike (ruling A3)."""

    class Kind(models.TextChoices):
        PERSON = "PERSON", _("Personne physique")
        LEGAL = "LEGAL", _("Personne morale")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("numéro"), max_length=10, unique=True)  # all that ledger labels and the FEC carry (B22)
    kind = models.CharField(_("nature"), max_length=8, choices=Kind)
    user = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="party")

    family_name = models.CharField(_("nom de naissance"), max_length=80, blank=True)
    given_names = models.CharField(_("prénoms"), max_length=120, blank=True)
    birth_date = models.DateField(_("date de naissance"), null=True, blank=True)
    birth_place = models.CharField(_("commune de naissance"), max_length=120, blank=True)
    birth_country = models.CharField(_("pays de naissance"), max_length=2, blank=True)

    legal_name = models.CharField(_("dénomination"), max_length=160, blank=True)
    legal_form = models.CharField(_("forme juridique"), max_length=80, blank=True)
    siren = models.CharField(_("SIREN"), max_length=9, blank=True)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    rna = models.CharField(_("numéro RNA"), max_length=10, blank=True)
    lei = models.CharField(_("LEI"), max_length=20, blank=True)

    address_line = models.CharField(_("adresse"), max_length=160, blank=True)
    postal_code = models.CharField(_("code postal"), max_length=10, blank=True)
    city = models.CharField(_("ville"), max_length=120, blank=True)
    commune_code = models.CharField(_("code de la commune"), max_length=5, blank=True)
    country = models.CharField(_("pays"), max_length=2, default="FR")
    email = models.EmailField(_("adresse e-mail"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)

    iban = EncryptedTextField(_("IBAN"), blank=True)
    iban_hash = models.CharField(max_length=64, blank=True, db_index=True)
    iban_holder = models.CharField(_("titulaire du compte"), max_length=160, blank=True)
    iban_verified_at = models.DateTimeField(_("IBAN vérifié le"), null=True, blank=True)
    kyc_verified_at = models.DateTimeField(_("identité vérifiée le"), null=True, blank=True)
    screened_at = models.DateTimeField(_("listes consultées le"), null=True, blank=True)
    created_at = models.DateTimeField(_("créé le"), default=clock.now)

    class Meta:
        verbose_name = _("personne")
        verbose_name_plural = _("personnes")
        indexes = (
            models.Index(Lower("family_name"), Lower("given_names"), name="party_name"),
            models.Index(Lower("legal_name"), name="party_legal_name"),
        )
        constraints = (
            models.CheckConstraint(
                name="party_kind_matches_its_fields",
                condition=Q(kind="PERSON", legal_name="", siren="")
                | Q(kind="LEGAL", family_name="", given_names="", birth_date=None, user=None),
                violation_error_message=_("Une personne physique a un nom, une personne morale une dénomination."),
            ),
            models.CheckConstraint(
                name="party_is_named",
                condition=(Q(kind="PERSON") & ~Q(family_name="")) | (Q(kind="LEGAL") & ~Q(legal_name="")),
                violation_error_message=_("Le nom ou la dénomination manque."),
            ),
            models.CheckConstraint(
                name="party_siren_is_nine_figures",
                condition=Q(siren="") | Q(siren__regex=r"^[0-9]{9}$"),
                violation_error_message=_("Un SIREN s’écrit en neuf chiffres."),
            ),
            models.CheckConstraint(
                name="party_iban_goes_with_its_hash",
                condition=Q(iban="", iban_hash="", iban_verified_at=None) | ~(Q(iban="") | Q(iban_hash="")),
                violation_error_message=_("Un IBAN s’enregistre avec son empreinte."),
            ),
            models.UniqueConstraint(
                name="party_siren_once",
                fields=("siren",),
                condition=~Q(siren=""),
                violation_error_message=_("Cette personne morale est déjà connue."),
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def name(self) -> str:
        """The name to print: given names then family name, or the legal name."""
        if self.kind == self.Kind.LEGAL:
            return self.legal_name
        return f"{self.given_names} {self.family_name}".strip()

    @property
    def address_lines(self) -> tuple[str, ...]:
        """The postal address, one line each, without empty lines; the country only when it is not France."""
        lines = [self.address_line, f"{self.postal_code} {self.city}".strip()]
        if self.country != "FR":
            lines.append(self.country)
        return tuple(line for line in lines if line)

    @property
    def iban_masked(self) -> str:
        """The IBAN with only its country, key and last four signs readable; empty without an IBAN."""
        return f"{self.iban[:4]} •••• {self.iban[-4:]}" if self.iban else ""


@track_every_change()
class TaxResidence(models.Model):
    """Where a party is taxed, from when: decides the levies withheld on interest (ruling B8)."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="tax_residences")
    country = models.CharField(_("pays de résidence fiscale"), max_length=2)
    tax_identifier = EncryptedTextField(_("numéro fiscal"), blank=True)
    tax_identifier_hash = models.CharField(max_length=64, blank=True, db_index=True)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)  # the first day it no longer holds
    declared_at = models.DateTimeField(_("déclarée le"))

    class Meta:
        verbose_name = _("résidence fiscale")
        verbose_name_plural = _("résidences fiscales")
        ordering = ("party", "valid_from")
        constraints = (
            models.CheckConstraint(
                name="tax_residence_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("Une résidence fiscale se termine après avoir commencé."),
            ),
            models.UniqueConstraint(
                name="tax_residence_one_at_a_time",
                fields=("party",),
                condition=Q(valid_to=None),
                violation_error_message=_("Une seule résidence fiscale à la fois."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.party} {self.country} {self.valid_from}"


@track_every_change()
class Representation(models.Model):
    """A person who acts for a party through their account, as what, between which dates."""

    class Capacity(models.TextChoices):
        LEGAL_REPRESENTATIVE = "legal_representative", _("Représentant légal")
        DELEGATE = "delegate", _("Délégataire")
        GUARDIAN = "guardian", _("Représentant d’un mineur ou d’un majeur protégé")

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="representations")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="representations")
    role = models.CharField(_("qualité"), max_length=24, choices=Capacity)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)  # the first day it no longer holds

    class Meta:
        verbose_name = _("représentation")
        constraints = (
            models.CheckConstraint(
                name="representation_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Une représentation se termine après avoir commencé."),
            ),
            models.UniqueConstraint(
                name="representation_once_at_a_time",
                fields=("party", "user", "role"),
                condition=Q(valid_to=None),
                violation_error_message=_("Cette personne représente déjà cette partie."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} – {self.party}"


@track_every_change()
class PartyCheck(models.Model):
    """That the staff checked a person: what, when, who, on what evidence. Append-only: the last one speaks."""

    class Kind(models.TextChoices):
        IDENTITY = "IDENTITY", _("Identité vérifiée")
        LISTS = "LISTS", _("Listes de sanctions consultées")
        IBAN = "IBAN", _("IBAN vérifié")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="checks")
    kind = models.CharField(_("contrôle"), max_length=8, choices=Kind)
    evidence = models.CharField(_("preuve"), max_length=300)
    iban_hash = models.CharField(max_length=64, blank=True)  # which account was checked
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("fait le"))

    class Meta:
        verbose_name = _("contrôle d’une personne")
        verbose_name_plural = _("contrôles des personnes")
        ordering = ("-made_at", "-pk")
        triggers = append_only.triggers("party_check")
        constraints = (
            models.CheckConstraint(
                name="party_check_has_evidence",
                condition=~Q(evidence=""),
                violation_error_message=_("Un contrôle dit sur quelle preuve il repose."),
            ),
            models.CheckConstraint(
                name="party_check_names_its_account",
                condition=(Q(kind="IBAN") & ~Q(iban_hash="")) | (~Q(kind="IBAN") & Q(iban_hash="")),
                violation_error_message=_("Le contrôle d’un IBAN dit lequel."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.party} {self.get_kind_display()}"


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def current(self, on: date) -> "RoleGrantQuerySet":
        """The grants in force on a day, revoked ones left out from the day of their revocation."""
        return self.filter(valid_from__lte=on).exclude(valid_to__lte=on)


@track_every_change()
class RoleGrant(models.Model):
    """A role held by a person from a day on, everywhere or for one fund, organisation or partner. Never deleted."""

    class Scope(models.TextChoices):
        EVERYWHERE = "", _("Partout")
        FUND = "fund", _("Un fonds")
        ORGANISATION = "organisation", _("Une organisation")
        PARTNER = "partner", _("Un partenaire")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(_("rôle"), max_length=16, choices=Role)
    scope_kind = models.CharField(_("portée"), max_length=12, choices=Scope, blank=True)
    scope_uuid = models.UUIDField(_("objet de la portée"), null=True, blank=True)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)  # the first day it no longer holds

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("rôle attribué")
        verbose_name_plural = _("rôles attribués")
        constraints = (
            models.CheckConstraint(
                name="role_grant_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Un rôle se termine après avoir commencé."),
            ),
            models.CheckConstraint(
                name="role_grant_scope_is_whole",
                condition=Q(scope_kind="", scope_uuid=None) | (~Q(scope_kind="") & Q(scope_uuid__isnull=False)),
                violation_error_message=_("Une portée se donne avec son objet."),
            ),
            models.UniqueConstraint(
                name="role_grant_once_everywhere",
                fields=("user", "role"),
                condition=Q(valid_to=None, scope_kind=""),
                violation_error_message=_("Cette personne a déjà ce rôle."),
            ),
            models.UniqueConstraint(
                name="role_grant_once_per_scope",
                fields=("user", "role", "scope_uuid"),
                condition=Q(valid_to=None),
                violation_error_message=_("Cette personne a déjà ce rôle pour cet objet."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.role}"


class Consent(models.Model):
    """That a person agreed to one text in one version, at a moment. Append-only: the last row speaks."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    text_key = models.CharField(_("texte"), max_length=40)
    text_version = models.CharField(_("version"), max_length=20)
    given_at = models.DateTimeField(_("donné le"))

    class Meta:
        verbose_name = _("consentement")
        ordering = ("user", "-given_at")
        triggers = append_only.triggers("consent")
        constraints = (
            models.UniqueConstraint(name="consent_once_per_version", fields=("user", "text_key", "text_version")),
        )

    def __str__(self) -> str:
        return f"{self.user} {self.text_key}@{self.text_version}"
