"""Who carries projects: the project side of a party, and the people who act for it (rulings A3, A8)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.history import track_every_change
from investors.models import Party, User


class IdentifiedBy(models.TextChoices):
    SIREN = "SIREN", _("SIREN ou SIRET")
    RNA = "RNA", _("Numéro RNA d’association")
    IN_CREATION = "IN_CREATION", _("En création, sans numéro")


class EssStatus(models.TextChoices):
    BY_FORM = "BY_FORM", _("ESS par sa forme juridique")
    DECLARED = "DECLARED", _("Société commerciale de l’ESS, inscrite comme telle")
    OUTSIDE = "OUTSIDE", _("Hors ESS")
    UNKNOWN = "UNKNOWN", _("Non précisé")


class RegisterState(models.TextChoices):
    """What the national register answered: a register that is down never stops a holder."""

    TO_VERIFY = "TO_VERIFY", _("À vérifier")
    VERIFIED = "VERIFIED", _("Vérifié")
    NOT_FOUND = "NOT_FOUND", _("Introuvable")
    CLOSED = "CLOSED", _("Cessée selon le registre")
    NO_NUMBER = "NO_NUMBER", _("Sans numéro")


REGISTER_ANSWERED = (RegisterState.VERIFIED, RegisterState.NOT_FOUND, RegisterState.CLOSED)


@track_every_change()
class Organisation(models.Model):
    """The project side of a party: what the public may know of who carries a project (ruling A3)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="organisation")
    slug = models.SlugField(_("adresse de la page"), max_length=80, unique=True)
    name = models.CharField(_("nom d’usage"), max_length=160)
    purpose = models.TextField(_("objet statutaire"))
    commune_code = models.CharField(_("commune du siège"), max_length=5)
    website = models.URLField(_("site"), blank=True)
    created_on = models.DateField(_("créée le"), null=True, blank=True)
    identified_by = models.CharField(
        _("identifiée par"), max_length=12, choices=IdentifiedBy, default=IdentifiedBy.SIREN
    )
    legal_category = models.CharField(_("catégorie juridique (INSEE)"), max_length=4, blank=True)
    ess_status = models.CharField(
        _("économie sociale et solidaire"), max_length=10, choices=EssStatus, default=EssStatus.UNKNOWN
    )
    register_state = models.CharField(
        _("registre"), max_length=10, choices=RegisterState, default=RegisterState.TO_VERIFY
    )
    register_checked_at = models.DateTimeField(_("registre consulté le"), null=True, blank=True)
    is_listed = models.BooleanField(_("page publique ouverte"), default=False)

    class Meta:
        verbose_name = _("organisation")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                name="organisation_register_answer_is_dated",
                condition=Q(register_state__in=REGISTER_ANSWERED, register_checked_at__isnull=False)
                | (~Q(register_state__in=REGISTER_ANSWERED) & Q(register_checked_at=None)),
                violation_error_message=_("Une réponse du registre porte sa date."),
            ),
            models.CheckConstraint(
                name="organisation_in_creation_has_no_number_to_verify",
                condition=Q(identified_by="IN_CREATION", register_state="NO_NUMBER")
                | (~Q(identified_by="IN_CREATION") & ~Q(register_state="NO_NUMBER")),
                violation_error_message=_("Une organisation en création n’a pas de numéro à vérifier."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Function(models.TextChoices):
    CHAIR = "chair", _("Présidence")
    MANAGER = "manager", _("Gérance ou direction générale")
    TREASURER = "treasurer", _("Trésorerie")
    SECRETARY = "secretary", _("Secrétariat")
    DIRECTOR = "director", _("Administration (conseil)")
    EMPLOYEE = "employee", _("Salariat")
    VOLUNTEER = "volunteer", _("Bénévolat")
    ADVISER = "adviser", _("Accompagnement")


@track_every_change()
class Membership(models.Model):
    """A person who acts for an organisation, and whether they may sign for it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    is_legal_representative = models.BooleanField(_("représente légalement"), default=False)
    function = models.CharField(_("fonction"), max_length=12, choices=Function, blank=True)
    is_public = models.BooleanField(_("nom affiché sur la page publique"), default=False)
    joined_on = models.DateField(_("depuis le"))
    left_on = models.DateField(_("jusqu’au"), null=True, blank=True)

    class Meta:
        verbose_name = _("membre")
        constraints = (
            models.UniqueConstraint(
                name="membership_once_at_a_time",
                fields=("organisation", "user"),
                condition=Q(left_on=None),
                violation_error_message=_("Cette personne est déjà membre de l’organisation."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} – {self.organisation}"
