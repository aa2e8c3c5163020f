"""Public money beside the pool: matching funds, local currency and its mirror, guarantee envelopes."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.entities import Fund, LegalEntity
from funds.models.ledger import Entry
from funds.models.offers import Offer
from funds.models.pool import Compartment
from funds.pool.states import GuaranteeState, MatchingState
from investors.models import Party, User
from projects.models import Project

_TERMS_MOVED = (
    pgtrigger.Q(old__ratio__df=pgtrigger.F("new__ratio"))
    | pgtrigger.Q(old__cap__df=pgtrigger.F("new__cap"))
    | pgtrigger.Q(old__budget__df=pgtrigger.F("new__budget"))
    | pgtrigger.Q(old__needs_minimum__df=pgtrigger.F("new__needs_minimum"))
    | pgtrigger.Q(old__starts_on__df=pgtrigger.F("new__starts_on"))
    | pgtrigger.Q(old__ends_on__df=pgtrigger.F("new__ends_on"))
    | pgtrigger.Q(old__departments__df=pgtrigger.F("new__departments"))
    | pgtrigger.Q(old__entity_id__df=pgtrigger.F("new__entity_id"))
)


@track_every_change()
class MatchingFund(models.Model):
    """Public money that adds to citizens' cleared money, by a ratio and up to a cap. Its terms are locked once open."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="matching_funds")
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="matching_funds")
    name = models.CharField(_("nom"), max_length=120)
    financed_by = models.CharField(_("financé par"), max_length=120)
    ratio = models.DecimalField(_("euros publics par euro citoyen"), max_digits=8, decimal_places=4)
    cap = MoneyField(_("plafond par campagne"), max_digits=14, decimal_places=2, default_currency="EUR")
    budget = MoneyField(_("dotation"), max_digits=14, decimal_places=2, default_currency="EUR")
    needs_minimum = models.PositiveIntegerField(_("épargnants encaissés au moins"), default=0)
    departments = models.JSONField(_("départements"), default=list, blank=True)  # none: the whole region
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))
    state = models.CharField(_("état"), max_length=8, choices=MatchingState, default=MatchingState.DRAFT)
    simulation = models.JSONField(_("simulation vue avant l’ouverture"), default=dict, blank=True)
    simulated_at = models.DateTimeField(_("simulé le"), null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(_("ouvert le"), null=True, blank=True)

    class Meta:
        verbose_name = _("fonds d’abondement")
        triggers = [
            pgtrigger.Protect(
                name="matching_terms_locked_once_open",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__state="DRAFT") & _TERMS_MOVED,
            )
        ]
        constraints = (
            models.CheckConstraint(
                name="matching_ratio_positive",
                condition=Q(ratio__gt=0),
                violation_error_message=_("Un abondement ajoute plus de zéro euro par euro citoyen."),
            ),
            models.CheckConstraint(
                name="matching_cap_within_budget",
                condition=Q(cap__gt=0, cap__lte=F("budget")),
                violation_error_message=_("Le plafond par campagne est positif et ne dépasse pas la dotation."),
            ),
            models.CheckConstraint(
                name="matching_dates_forward",
                condition=Q(starts_on__lte=F("ends_on")),
                violation_error_message=_("L’abondement finirait avant de commencer."),
            ),
            models.CheckConstraint(
                name="matching_open_was_simulated",
                condition=Q(state="DRAFT") | Q(simulated_at__isnull=False, opened_at__isnull=False),
                violation_error_message=_("Un abondement est essayé sur les campagnes passées avant d’ouvrir."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Match(models.Model):
    """Euros reserved for an offer by an entry in the matching entity's books, with its public reason. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    matching_fund = models.ForeignKey(MatchingFund, on_delete=models.PROTECT, related_name="matches")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="matches")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    citizen_cents = models.BigIntegerField(_("argent citoyen encaissé, en centimes"))
    reason = models.CharField(_("motif public"), max_length=300)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    matched_at = models.DateTimeField(_("réservé le"))

    class Meta:
        verbose_name = _("abondement")
        ordering = ("matched_at", "pk")
        triggers = append_only.triggers("match")
        indexes = (models.Index(fields=("offer", "matching_fund")),)
        constraints = (
            models.CheckConstraint(name="match_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="match_says_why", condition=~Q(reason="")),
        )

    def __str__(self) -> str:
        return str(self.uuid)


class MatchRelease(models.Model):
    """A match given back to its fund, because its offer failed or was cancelled. Append-only."""

    match = models.OneToOneField(Match, on_delete=models.PROTECT, related_name="release")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("motif public"), max_length=300)
    released_at = models.DateTimeField(_("libéré le"))

    class Meta:
        verbose_name = _("abondement libéré")
        verbose_name_plural = _("abondements libérés")
        triggers = append_only.triggers("match_release")

    def __str__(self) -> str:
        return str(self.match)


@track_every_change()
class LocalCurrency(models.Model):
    """A local complementary currency whose reserve an entity keeps, each unit mirrored by a euro placed nearby."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("code"), max_length=3, unique=True)  # registered by `settings.LOCAL_CURRENCIES`
    name = models.CharField(_("nom"), max_length=80)
    network = models.CharField(_("réseau"), max_length=160)
    keeper = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="local_currencies")
    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="local_currencies")
    opened_on = models.DateField(_("depuis le"))

    class Meta:
        verbose_name = _("monnaie locale")
        verbose_name_plural = _("monnaies locales")

    def __str__(self) -> str:
        return self.name


class CurrencyExchange(models.Model):
    """Euros turned into units at par, or back. Append-only; the euros are the reserve."""

    class Kind(models.TextChoices):
        IN = "IN", _("Euros changés en monnaie locale")
        OUT = "OUT", _("Monnaie locale rendue contre euros")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    currency = models.ForeignKey(LocalCurrency, on_delete=models.PROTECT, related_name="exchanges")
    kind = models.CharField(_("sens"), max_length=3, choices=Kind)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    units = MoneyField(_("unités"), max_digits=14, decimal_places=2, default_currency="XXX", currency_choices=None)
    euros = MoneyField(_("euros"), max_digits=14, decimal_places=2, default_currency="EUR")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    exchanged_at = models.DateTimeField(_("le"))
    reference = models.CharField(_("pièce"), max_length=80)

    class Meta:
        verbose_name = _("change")
        ordering = ("exchanged_at", "pk")
        triggers = append_only.triggers("currency_exchange")
        constraints = (
            models.CheckConstraint(
                name="exchange_at_par",
                condition=Q(units__gt=0, units=F("euros")),
                violation_error_message=_("Une unité vaut un euro, et l’on change plus de zéro."),
            ),
            models.CheckConstraint(
                name="exchange_units_are_not_euros",
                condition=~Q(units_currency__in=("EUR", "XXX")),
                violation_error_message=_("Les unités sont dans la monnaie locale."),
            ),
            models.UniqueConstraint(
                name="exchange_reference_once",
                fields=("currency", "reference"),
                violation_error_message=_("Cette pièce est déjà enregistrée."),
            ),
        )

    def __str__(self) -> str:
        return self.reference


@track_every_change()
class GuaranteeEnvelope(models.Model):
    """Money set aside to guarantee loans: a quota of each, a cap, and in all a multiple of the endowment."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="guarantee_envelopes")
    entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="guarantee_envelopes")
    name = models.CharField(_("nom"), max_length=120)
    financed_by = models.CharField(_("doté par"), max_length=160)
    endowment = MoneyField(_("dotation"), max_digits=14, decimal_places=2, default_currency="EUR")
    quota_bp = models.PositiveIntegerField(_("part garantie d’un prêt, en points de base"))
    cap = MoneyField(_("plafond par projet"), max_digits=14, decimal_places=2, default_currency="EUR")
    multiplier = models.DecimalField(_("multiplicateur de la dotation"), max_digits=6, decimal_places=2)
    fee_bp = models.PositiveIntegerField(_("commission, en points de base"), default=0)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")  # the endowment received
    opened_at = models.DateTimeField(_("ouverte le"))
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("enveloppe de garantie")
        verbose_name_plural = _("enveloppes de garantie")
        constraints = (
            models.CheckConstraint(
                name="envelope_terms_make_sense",
                condition=Q(endowment__gt=0, cap__gt=0, multiplier__gt=0, quota_bp__gt=0, quota_bp__lte=10_000),
                violation_error_message=_("Dotation, plafond et multiplicateur sont positifs ; la quotité va à 100 %."),
            ),
        )

    def __str__(self) -> str:
        return self.name


@track_every_change()
class LoanGuarantee(models.Model):
    """The guarantee an envelope gives to one loan of one project."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    envelope = models.ForeignKey(GuaranteeEnvelope, on_delete=models.PROTECT, related_name="guarantees")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="guarantees")
    lender = models.CharField(_("prêteur garanti"), max_length=160)
    loan_amount = MoneyField(_("prêt garanti"), max_digits=14, decimal_places=2, default_currency="EUR")
    amount = MoneyField(_("somme garantie"), max_digits=14, decimal_places=2, default_currency="EUR")
    called = MoneyField(_("somme appelée"), max_digits=14, decimal_places=2, default=0, default_currency="EUR")
    state = models.CharField(_("état"), max_length=8, choices=GuaranteeState, default=GuaranteeState.ACTIVE)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(_("accordée le"))
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=200, blank=True)
    call_entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("garantie d’un prêt")
        verbose_name_plural = _("garanties de prêts")
        constraints = (
            models.CheckConstraint(
                name="guarantee_within_its_loan",
                condition=Q(amount__gt=0, amount__lte=F("loan_amount"), called__gte=0, called__lte=F("amount")),
                violation_error_message=_("Une garantie ne dépasse pas son prêt, ni un appel sa garantie."),
            ),
            models.CheckConstraint(
                name="guarantee_called_has_entry",
                condition=Q(state="CALLED", called__gt=0, call_entry__isnull=False)
                | (~Q(state="CALLED") & Q(called=0, call_entry=None)),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)
