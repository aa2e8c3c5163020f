"""Groupings of organisations: poles (PTCE, R-053…R-069) and short circuits (CCES, R-070…R-086)."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from investors.models import User
from projects.groupings.states import GroupingState
from projects.models.organisations import Organisation


class GroupingKind(models.TextChoices):
    PTCE = "PTCE", _("Pôle territorial de coopération économique")
    CCES = "CCES", _("Circuit de proximité, économique et solidaire")


class Origin(models.TextChoices):
    ENTREPRENEURIAL = "entrepreneurial", _("Entrepreneuriale")
    CITIZEN = "citizen", _("Citoyenne")
    AUTHORITY = "authority", _("Collectivité")


class Structure(models.TextChoices):
    MULTI_SECTOR = "multi_sector", _("Plusieurs secteurs")
    SECTOR = "sector", _("Un secteur")


class Purpose(models.TextChoices):
    AWARENESS = "awareness", _("Sensibiliser et promouvoir")
    HOSTING = "hosting", _("Accueillir et héberger")
    CENTRE = "centre", _("Pôle à plusieurs fonctions")


class Objective(models.TextChoices):
    VISIBILITY = "visibility", _("Se rendre visible")
    POOLING = "pooling", _("Mutualiser")
    CRITICAL_SIZE = "critical_size", _("Atteindre une taille suffisante")
    INTEGRATED_GROUP = "integrated_group", _("Former un groupe intégré de l’ESS")
    CIRCUIT = "circuit", _("Créer un circuit de distribution ou de labellisation")


class Sector(models.TextChoices):
    FOOD = "FOOD", _("Alimentation")
    ENERGY = "ENERGY", _("Énergie")
    FINANCE = "FINANCE", _("Finance")
    HOUSING = "HOUSING", _("Habitat")
    CULTURE = "CULTURE", _("Culture")
    TRADE = "TRADE", _("Commerce")


def _facets(choices: type[models.TextChoices], label: object) -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=20, choices=choices), verbose_name=label, default=list, blank=True)  # type: ignore[arg-type]


@track_every_change()
class Grouping(models.Model):
    """Organisations, authorities and others that act together on a territory, under one agreement and one strategy."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("adresse de la page"), max_length=80, unique=True)
    kind = models.CharField(_("nature"), max_length=4, choices=GroupingKind)
    state = models.CharField(_("état"), max_length=14, choices=GroupingState, default=GroupingState.PREFIGURATION)
    name = models.CharField(_("nom"), max_length=160)
    purpose = models.TextField(_("objet"))
    pivot = models.ForeignKey(
        Organisation, verbose_name=_("structure porteuse"), on_delete=models.PROTECT, related_name="carried_groupings"
    )
    commune_code = models.CharField(_("commune du lieu visible"), max_length=5)
    perimeter_codes = ArrayField(
        models.CharField(max_length=9), verbose_name=_("périmètre (communes et intercommunalités)"), default=list
    )
    partner_territory = models.CharField(_("territoire partenaire"), max_length=160, blank=True)
    sector = models.CharField(_("secteur"), max_length=8, choices=Sector, blank=True)
    origins = _facets(Origin, _("origine"))
    structures = _facets(Structure, _("structure"))
    purposes = _facets(Purpose, _("fonctions"))
    objectives = _facets(Objective, _("objectifs"))
    strategy = models.TextField(_("stratégie commune"), blank=True)
    strategy_approved_on = models.DateField(_("stratégie approuvée le"), null=True, blank=True)
    agreement_signed_on = models.DateField(_("accord signé le"), null=True, blank=True)
    agreement_ends_on = models.DateField(_("accord jusqu’au"), null=True, blank=True)
    other_networks = models.TextField(_("autres groupements et labels"), blank=True)
    started_on = models.DateField(_("né le"), null=True, blank=True)

    class Meta:
        verbose_name = _("groupement")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                name="grouping_circuit_names_its_sector",
                condition=Q(kind="PTCE", sector="") | (Q(kind="CCES") & ~Q(sector="")),
                violation_error_message=_("Un circuit nomme son secteur ; un pôle n’en a pas."),
            ),
            models.CheckConstraint(
                name="grouping_agreement_ends_after_it_starts",
                condition=Q(agreement_ends_on=None)
                | Q(agreement_signed_on__isnull=False, agreement_ends_on__gt=F("agreement_signed_on")),
                violation_error_message=_("Un accord se termine après avoir été signé."),
            ),
            models.CheckConstraint(
                name="grouping_approved_strategy_is_written",
                condition=Q(strategy_approved_on=None) | ~Q(strategy=""),
                violation_error_message=_("Une stratégie approuvée est écrite."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class MemberType(models.TextChoices):
    ESS = "ESS", _("Structure de l’ESS")
    COMPANY = "COMPANY", _("Entreprise hors ESS")
    AUTHORITY = "AUTHORITY", _("Collectivité")
    RESEARCH = "RESEARCH", _("Recherche et enseignement supérieur")
    TRAINING = "TRAINING", _("Formation")
    SOCIAL_PARTNER = "SOCIAL_PARTNER", _("Partenaire social")
    RESIDENTS = "RESIDENTS", _("Habitants")
    OTHER = "OTHER", _("Autre personne")


@track_every_change()
class GroupingMember(models.Model):
    """A body in a grouping: an organisation of this site, or another named by its name and commune."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    grouping = models.ForeignKey(Grouping, on_delete=models.PROTECT, related_name="members")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="grouping_memberships"
    )
    member_type = models.CharField(_("type"), max_length=14, choices=MemberType)
    name = models.CharField(_("nom"), max_length=160)
    siren = models.CharField(_("SIREN"), max_length=9, blank=True)
    commune_code = models.CharField(_("commune"), max_length=5)
    asked_at = models.DateTimeField(_("proposé le"))
    signed_on = models.DateField(_("adhésion signée le"), null=True, blank=True)
    signed_by = models.ForeignKey(
        User, verbose_name=_("signée par"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    evidence = models.CharField(_("pièce"), max_length=200, blank=True)
    deliberation = models.CharField(_("délibération"), max_length=80, blank=True)  # of an authority (PTCE-M8)
    deliberated_on = models.DateField(_("délibérée le"), null=True, blank=True)
    left_on = models.DateField(_("sortie le"), null=True, blank=True)

    class Meta:
        verbose_name = _("membre d’un groupement")
        verbose_name_plural = _("membres de groupements")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                name="grouping_member_once",
                fields=("grouping", "organisation"),
                condition=Q(left_on=None, organisation__isnull=False),
                violation_error_message=_("Cette organisation est déjà membre."),
            ),
            models.UniqueConstraint(
                name="grouping_member_siren_once",
                fields=("grouping", "siren"),
                condition=Q(left_on=None) & ~Q(siren=""),
                violation_error_message=_("Ce SIREN est déjà celui d’un membre."),
            ),
            models.CheckConstraint(
                name="grouping_member_signature_is_proven",
                condition=Q(signed_on=None) | Q(signed_by__isnull=False) | ~Q(evidence=""),
                violation_error_message=_("Une adhésion signée dit par qui, ou sur quelle pièce."),
            ),
            models.CheckConstraint(
                name="grouping_member_deliberation_is_whole",
                condition=Q(deliberation="", deliberated_on=None)
                | (~Q(deliberation="") & Q(deliberated_on__isnull=False, member_type="AUTHORITY")),
                violation_error_message=_("Une délibération est celle d’une collectivité, avec son numéro et sa date."),
            ),
            models.CheckConstraint(
                name="grouping_member_leaves_after_signing",
                condition=Q(left_on=None) | Q(signed_on=None) | Q(left_on__gte=F("signed_on")),
                violation_error_message=_("Un membre sort après avoir signé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} – {self.grouping}"


@track_every_change()
class PooledResource(models.Model):
    """What members put together, with its amount: a function, a place, a tool, a post, an investment (PTCE-M7)."""

    class Kind(models.TextChoices):
        FUNCTION = "function", _("Fonction partagée")
        PREMISES = "premises", _("Locaux")
        EQUIPMENT = "equipment", _("Équipement")
        POST = "post", _("Poste salarié")
        INVESTMENT = "investment", _("Investissement commun")

    grouping = models.ForeignKey(Grouping, on_delete=models.PROTECT, related_name="resources")
    kind = models.CharField(_("nature"), max_length=12, choices=Kind)
    label = models.CharField(_("ressource"), max_length=160)
    amount = MoneyField(_("montant par an"), max_digits=14, decimal_places=2, default_currency="EUR")
    valid_from = models.DateField(_("depuis le"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)
    evidence = models.CharField(_("pièce"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("ressource mutualisée")
        verbose_name_plural = _("ressources mutualisées")
        ordering = ("valid_from", "label")
        constraints = (
            models.CheckConstraint(
                name="pooled_resource_has_an_amount",
                condition=Q(amount__gt=0),
                violation_error_message=_("Une ressource mutualisée a un montant au-dessus de zéro."),
            ),
            models.CheckConstraint(
                name="pooled_resource_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Une mutualisation se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return self.label


@track_every_change()
class GroupingActivity(models.Model):
    """What a grouping does, and who recognises its social utility (PTCE-M5)."""

    grouping = models.ForeignKey(Grouping, on_delete=models.PROTECT, related_name="activities")
    label = models.CharField(_("activité"), max_length=160)
    recognised_by = models.CharField(_("utilité sociale reconnue par"), max_length=200, blank=True)
    started_on = models.DateField(_("depuis le"))
    ended_on = models.DateField(_("jusqu’au"), null=True, blank=True)

    class Meta:
        verbose_name = _("activité d’un groupement")
        verbose_name_plural = _("activités de groupements")
        ordering = ("started_on", "label")
        constraints = (
            models.CheckConstraint(
                name="grouping_activity_ends_after_it_starts",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                violation_error_message=_("Une activité se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return self.label


@track_every_change()
class CircuitCarrier(models.Model):
    """A named person who carries a grouping, in its work or in politics; a paid post is a known catalyst (R-084)."""

    class Side(models.TextChoices):
        OPERATIONAL = "operational", _("Opérationnel")
        POLITICAL = "political", _("Politique")

    grouping = models.ForeignKey(Grouping, on_delete=models.PROTECT, related_name="carriers")
    name = models.CharField(_("nom"), max_length=120)
    side = models.CharField(_("rôle"), max_length=12, choices=Side)
    body = models.CharField(_("structure"), max_length=160, blank=True)
    is_funded_post = models.BooleanField(_("poste d’animation financé"), default=False)
    valid_from = models.DateField(_("depuis le"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)

    class Meta:
        verbose_name = _("porteur d’un groupement")
        verbose_name_plural = _("porteurs de groupements")
        ordering = ("valid_from", "name")

    def __str__(self) -> str:
        return self.name
