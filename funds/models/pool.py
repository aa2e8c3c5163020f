"""The pool: compartments, subscriptions paid for units, the register of units, withdrawals and placements."""

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
from funds.pool.states import PoolPaymentState, RedemptionState, SubscriptionState
from investors.models import Party, User
from projects.models import Project, Theme


@track_every_change()
class Compartment(models.Model):
    """A purse of the fund whose units one legal entity issues at nominal. The lane is always `POOL`.

    A strict one bears its own risk and is never mixed with the others (ruling B14).
    """

    class Kind(models.TextChoices):
        COMMON = "COMMON", _("Pot commun")
        THEME = "THEME", _("Thème")
        TERRITORY = "TERRITORY", _("Territoire")
        STRICT = "STRICT", _("Fléchage strict")

    class Instrument(models.TextChoices):
        SHARE = "SHARE", _("Part sociale")
        PARTICIPATING = "PARTICIPATING", _("Titre participatif")
        BOND = "BOND", _("Obligation")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("adresse de la page"), max_length=60, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="compartments")
    issuer = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="compartments")
    rank = models.PositiveSmallIntegerField(_("rang dans les comptes"))  # ends the numbers of its accounts, two figures
    name = models.CharField(_("nom"), max_length=120)
    purpose = models.TextField(_("à quoi sert ce compartiment"))
    kind = models.CharField(_("sorte"), max_length=10, choices=Kind)
    theme = models.CharField(_("thème"), max_length=20, choices=Theme, blank=True)
    place_level = models.CharField(_("niveau du territoire"), max_length=20, blank=True)
    place_code = models.CharField(_("code du territoire"), max_length=12, blank=True)
    instrument = models.CharField(_("instrument"), max_length=14, choices=Instrument)
    nominal = MoneyField(_("nominal d’une part"), max_digits=14, decimal_places=2, default_currency="EUR")
    minimum_units = models.PositiveIntegerField(_("souscription minimale, en parts"), default=1)
    maximum_units = models.PositiveIntegerField(_("souscription maximale, en parts"), default=10_000)
    risks = models.TextField(_("risques"))
    opens_on = models.DateField(_("ouvert à partir du"))
    closes_on = models.DateField(_("fermé après le"), null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("compartiment")
        ordering = ("issuer", "rank")
        triggers = [
            pgtrigger.ReadOnly(name="compartment_identity", fields=["issuer", "rank", "instrument", "nominal", "kind"])
        ]
        constraints = (
            models.UniqueConstraint(name="compartment_rank_once", fields=("issuer", "rank")),
            models.CheckConstraint(
                name="compartment_rank_two_figures",
                condition=Q(rank__gte=1, rank__lte=99),
                violation_error_message=_("Le rang d’un compartiment va de 1 à 99."),
            ),
            models.CheckConstraint(
                name="compartment_nominal_positive",
                condition=Q(nominal__gt=0),
                violation_error_message=_("Le nominal d’une part est positif."),
            ),
            models.CheckConstraint(
                name="compartment_units_range",
                condition=Q(minimum_units__gte=1, minimum_units__lte=F("maximum_units")),
                violation_error_message=_("On souscrit au moins une part, et le minimum ne dépasse pas le maximum."),
            ),
            models.CheckConstraint(
                name="compartment_theme_iff_themed",
                condition=~Q(kind="THEME") | ~Q(theme=""),
                violation_error_message=_("Un compartiment thématique nomme son thème."),
            ),
            models.CheckConstraint(
                name="compartment_place_iff_territorial",
                condition=~Q(kind="TERRITORY") | (~Q(place_level="") & ~Q(place_code="")),
                violation_error_message=_("Un compartiment territorial nomme son territoire."),
            ),
            models.CheckConstraint(
                name="compartment_strict_says_for_what",
                condition=~Q(kind="STRICT") | ~Q(theme="") | ~Q(place_code=""),
                violation_error_message=_("Un fléchage strict nomme un thème ou un territoire."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_strict(self) -> bool:
        return self.kind == self.Kind.STRICT


class RedemptionTerms(models.Model):
    """When and how far units are bought back, from a day on. Append-only: new terms are a new row."""

    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="redemption_terms")
    valid_from = models.DateField(_("à partir du"))
    window_month = models.PositiveSmallIntegerField(_("mois de la fenêtre annuelle"))
    window_day = models.PositiveSmallIntegerField(_("jour de la fenêtre annuelle"))
    notice_days = models.PositiveSmallIntegerField(_("préavis en jours"))
    holding_days = models.PositiveSmallIntegerField(_("détention minimale en jours"), default=0)
    share_bp = models.PositiveIntegerField(_("part du capital rachetable par an, en points de base"), default=1_000)
    uses_reserve = models.BooleanField(_("réserve d’abord"), default=True)
    uses_entrants = models.BooleanField(_("puis nouveaux entrants"), default=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("décidé le"))

    class Meta:
        verbose_name = _("règle de rachat")
        verbose_name_plural = _("règles de rachat")
        ordering = ("compartment", "valid_from")
        triggers = append_only.triggers("redemption_terms")
        constraints = (
            models.UniqueConstraint(name="redemption_terms_once_a_day", fields=("compartment", "valid_from")),
            models.CheckConstraint(
                name="redemption_window_is_a_day",
                condition=Q(window_month__gte=1, window_month__lte=12, window_day__gte=1, window_day__lte=28),
                violation_error_message=_("La fenêtre est un jour du 1er au 28 d’un mois."),
            ),
            models.CheckConstraint(
                name="redemption_share_is_a_share",
                condition=Q(share_bp__lte=10_000),
                violation_error_message=_("On ne rachète pas plus que le capital."),
            ),
            models.CheckConstraint(
                name="redemption_has_a_source",
                condition=Q(uses_reserve=True) | Q(uses_entrants=True),
                violation_error_message=_("Un rachat est payé par la réserve, par les nouveaux entrants, ou les deux."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.compartment} {self.valid_from}"


@track_every_change()
class Subscription(models.Model):
    """A saver asks for units of a compartment; they are issued when the money clears.

    The wish is an intent (`PREFERENCE`): it is reported, and changes nothing of the risk, which is pooled.
    """

    class Wish(models.TextChoices):
        NONE = "NONE", _("Sans préférence")
        THEME = "THEME", _("Un thème")
        TERRITORY = "TERRITORY", _("Un département")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="subscriptions")
    saver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="pool_subscriptions")
    by = models.ForeignKey(User, verbose_name=_("souscrit par"), on_delete=models.PROTECT, related_name="+")
    units = models.PositiveIntegerField(_("parts"))
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    state = models.CharField(_("état"), max_length=10, choices=SubscriptionState, default=SubscriptionState.CONFIRMED)
    wish = models.CharField(_("préférence"), max_length=10, choices=Wish, default=Wish.NONE)
    wish_code = models.CharField(_("thème ou département préféré"), max_length=20, blank=True)
    commune_code = models.CharField(_("commune au jour de la souscription"), max_length=5, blank=True)
    texts_shown = models.JSONField(_("textes montrés"), default=dict)
    subscribed_at = models.DateTimeField(_("souscrit le"))
    pay_before = models.DateTimeField(_("à payer avant le"))
    issued_at = models.DateTimeField(_("parts émises le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("souscription")
        indexes = (
            models.Index(fields=("compartment", "state")),
            models.Index(fields=("saver", "state")),
            models.Index(fields=("state", "pay_before")),
        )
        constraints = (
            models.CheckConstraint(
                name="subscription_units_positive",
                condition=Q(units__gt=0, amount__gt=0),
                violation_error_message=_("On souscrit au moins une part."),
            ),
            models.CheckConstraint(
                name="subscription_issued_iff_dated",
                condition=Q(state="ISSUED", issued_at__isnull=False) | (~Q(state="ISSUED") & Q(issued_at=None)),
            ),
            models.CheckConstraint(
                name="subscription_wish_says_for_what",
                condition=Q(wish="NONE", wish_code="") | (~Q(wish="NONE") & ~Q(wish_code="")),
                violation_error_message=_("Une préférence dit vers quoi."),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)


class PoolPayment(models.Model):
    """One attempt to collect a subscription by card. The row is written first; its key is `pool-payment-<uuid>`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="payments")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    state = models.CharField(_("état"), max_length=10, choices=PoolPaymentState, default=PoolPaymentState.ASKED)
    asked_at = models.DateTimeField(_("demandé le"))
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    checkout_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 – unique once known
    checkout_url = models.URLField(max_length=2000, blank=True)
    checkout_expires_at = models.DateTimeField(null=True)
    intent_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 – unique once known
    fee_cents = models.BigIntegerField(_("frais du prestataire en centimes"), default=0)
    cleared_at = models.DateTimeField(_("encaissé le"), null=True)
    contested_cents = models.BigIntegerField(_("contesté en centimes"), default=0)
    failure_code = models.CharField(_("motif du refus"), max_length=40, blank=True)
    # The subscription could not take it any more: the sum is owed to the saver.
    is_surplus = models.BooleanField(_("encaissé en trop"), default=False)

    class Meta:
        verbose_name = _("paiement de souscription")
        verbose_name_plural = _("paiements de souscription")
        indexes = (models.Index(fields=("state", "asked_at")),)
        constraints = (
            models.CheckConstraint(name="pool_payment_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="pool_payment_cleared_iff_dated",
                condition=Q(state="CLEARED", cleared_at__isnull=False) | (~Q(state="CLEARED") & Q(cleared_at=None)),
            ),
            models.UniqueConstraint(
                name="pool_payment_one_alive",
                fields=("subscription",),
                condition=Q(state__in=("ASKED", "OPENED"), is_surplus=False),
                violation_error_message=_("Un paiement est déjà en cours. Ne payez pas une seconde fois."),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)


@track_every_change()
class RedemptionRequest(models.Model):
    """A holder asks for units to be bought back: served in order at the yearly window, approved by two people."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="redemptions")
    holder = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="pool_redemptions")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    units = models.PositiveIntegerField(_("parts"))
    state = models.CharField(_("état"), max_length=10, choices=RedemptionState, default=RedemptionState.WAITING)
    asked_at = models.DateTimeField(_("demandé le"))
    window_on = models.DateField(_("fenêtre du"))  # the window that looks at it; moved on when it is put off
    from_reserve_cents = models.BigIntegerField(_("payé par la réserve, en centimes"), default=0)
    from_entrants_cents = models.BigIntegerField(_("payé par les nouveaux entrants, en centimes"), default=0)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    prepared_at = models.DateTimeField(_("préparé le"), null=True, blank=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(_("approuvé le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    end_reason = models.CharField(_("motif"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("demande de rachat")
        verbose_name_plural = _("demandes de rachat")
        indexes = (models.Index(fields=("compartment", "state", "asked_at")),)
        constraints = (
            models.CheckConstraint(
                name="redemption_units_positive",
                condition=Q(units__gt=0),
                violation_error_message=_("On demande le rachat d’au moins une part."),
            ),
            models.CheckConstraint(
                name="redemption_two_people",
                condition=Q(approved_by=None) | ~Q(approved_by=F("prepared_by")),
                violation_error_message=_("Celui qui prépare un rachat ne l’approuve pas."),
            ),
            models.CheckConstraint(
                name="redemption_due_is_signed_twice",
                condition=~Q(state="TO_BE_PAID")
                | Q(
                    prepared_by__isnull=False, prepared_at__isnull=False,
                    approved_by__isnull=False, approved_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="redemption_sources_not_negative",
                condition=Q(from_reserve_cents__gte=0, from_entrants_cents__gte=0),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return str(self.uuid)


class UnitMove(models.Model):
    """The register of units: issued, bought back, or passed from one holder to another. Append-only."""

    class Kind(models.TextChoices):
        ISSUE = "ISSUE", _("Émission")
        REDEEM = "REDEEM", _("Rachat")
        TRANSFER = "TRANSFER", _("Transfert")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="moves")
    kind = models.CharField(_("mouvement"), max_length=8, choices=Kind)
    giver = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="units_given")
    receiver = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="units_received")
    units = models.PositiveIntegerField(_("parts"))
    subscription = models.OneToOneField(
        Subscription, on_delete=models.PROTECT, null=True, blank=True, related_name="issue"
    )
    redemption = models.OneToOneField(
        RedemptionRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="move"
    )
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    moved_at = models.DateTimeField(_("le"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("motif"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("mouvement de parts")
        verbose_name_plural = _("mouvements de parts")
        ordering = ("moved_at", "pk")
        triggers = append_only.triggers("unit_move")
        indexes = (
            models.Index(fields=("compartment", "giver")),
            models.Index(fields=("compartment", "receiver")),
        )
        constraints = (
            models.CheckConstraint(name="unit_move_positive", condition=Q(units__gt=0)),
            models.CheckConstraint(
                name="unit_move_has_its_sides",
                condition=Q(kind="ISSUE", giver=None, receiver__isnull=False, subscription__isnull=False,
                            redemption=None, entry__isnull=False)
                | Q(kind="REDEEM", giver__isnull=False, receiver=None, subscription=None,
                    redemption__isnull=False, entry__isnull=False)
                | (Q(kind="TRANSFER", giver__isnull=False, receiver__isnull=False, subscription=None,
                     redemption=None, entry=None) & ~Q(giver=F("receiver"))),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.units}"


class Placement(models.Model):
    """Money of a compartment placed in a project, paid back by it, or lost. Append-only; each has its entry."""

    class Kind(models.TextChoices):
        PLACED = "PLACED", _("Placé")
        REPAID = "REPAID", _("Remboursé")
        LOST = "LOST", _("Perdu")

    class Instrument(models.TextChoices):
        LOAN = "LOAN", _("Prêt")
        SHARE = "SHARE", _("Participation")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    compartment = models.ForeignKey(Compartment, on_delete=models.PROTECT, related_name="placements")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="placements")
    kind = models.CharField(_("mouvement"), max_length=8, choices=Kind)
    instrument = models.CharField(_("instrument"), max_length=6, choices=Instrument)
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    risk_class = models.CharField(_("classe de risque"), max_length=10, blank=True)
    currency = models.CharField(_("réseau de monnaie locale"), max_length=3, blank=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(_("le"))
    reason = models.CharField(_("motif public"), max_length=300)
    order_uuid = models.UUIDField(_("ordre d’allocation"), null=True, blank=True)

    class Meta:
        verbose_name = _("placement du pot")
        verbose_name_plural = _("placements du pot")
        ordering = ("placed_at", "pk")
        triggers = append_only.triggers("placement")
        indexes = (models.Index(fields=("compartment", "project")),)
        constraints = (
            models.CheckConstraint(
                name="placement_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Un placement est d’un montant positif."),
            ),
            models.CheckConstraint(
                name="placement_says_why",
                condition=~Q(reason=""),
                violation_error_message=_("Un placement dit son motif."),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)
