"""What we asked of the payment provider and what it answered: payments, refunds, disputes, the event inbox."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.fields import MoneyField
from funds.models.offers import Commitment
from funds.states import PaymentState, RefundState


class Payment(models.Model):
    """One attempt to collect money: for a commitment, or for an instalment its holder pays.

    The row is written before the provider is asked; the key sent to it is `payment-<uuid>`.
    """

    LIVE = (PaymentState.ASKED, PaymentState.OPENED, PaymentState.PROCESSING, PaymentState.CLEARED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, null=True, related_name="payments")
    instalment = models.ForeignKey("funds.Instalment", on_delete=models.PROTECT, null=True, related_name="payments")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    state = models.CharField(_("état"), max_length=10, choices=PaymentState, default=PaymentState.ASKED)
    asked_at = models.DateTimeField(_("demandé le"))
    asked_by = models.ForeignKey("investors.User", on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(_("répondu le"), null=True)
    checkout_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 – unique once known
    checkout_url = models.URLField(max_length=2000, blank=True)
    checkout_expires_at = models.DateTimeField(null=True)
    intent_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 – unique once known
    charge_id = models.CharField(max_length=255, blank=True)
    means = models.CharField(_("moyen"), max_length=12, blank=True)  # "card", "sepa_debit"
    means_detail = models.CharField(_("détail du moyen"), max_length=80, blank=True)  # last figures, mandate reference
    fee_cents = models.BigIntegerField(_("frais du prestataire en centimes"), default=0)
    processing_at = models.DateTimeField(_("transmis le"), null=True)
    cleared_at = models.DateTimeField(_("encaissé le"), null=True)
    final_on = models.DateField(_("ne peut plus être contesté à partir du"), null=True)
    failed_at = models.DateTimeField(_("refusé le"), null=True)
    failure_code = models.CharField(_("motif du refus"), max_length=40, blank=True)
    refunded_cents = models.BigIntegerField(_("rendu en centimes"), default=0)  # less what came back
    # The commitment could not take this money any more (too late, paid twice): all of it goes back.
    is_surplus = models.BooleanField(_("encaissé en trop"), default=False)

    class Meta:
        verbose_name = _("paiement")
        indexes = (models.Index(fields=("state", "asked_at")),)
        constraints = (
            models.CheckConstraint(name="payment_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payment_has_one_purpose",
                condition=Q(commitment__isnull=False, instalment=None) | Q(commitment=None, instalment__isnull=False),
            ),
            models.UniqueConstraint(
                name="payment_one_alive_per_commitment",
                fields=("commitment",),
                condition=Q(state__in=("ASKED", "OPENED", "PROCESSING", "CLEARED")),
                violation_error_message=_("Un paiement est déjà en cours. Ne payez pas une seconde fois."),
            ),
            models.UniqueConstraint(
                name="payment_one_alive_per_instalment",
                fields=("instalment",),
                condition=Q(state__in=("ASKED", "OPENED", "PROCESSING", "CLEARED")),
                violation_error_message=_("Un paiement est déjà en cours pour cette échéance."),
            ),
            models.CheckConstraint(
                name="payment_cleared_iff_dated",
                condition=Q(state__in=("CLEARED", "REVERSED"), cleared_at__isnull=False)
                | (~Q(state__in=("CLEARED", "REVERSED")) & Q(cleared_at=None)),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)


class Refund(models.Model):
    """Money we give back by the way it came. The key sent to the provider is `refund-<uuid>-<attempt>`."""

    class Cause(models.TextChoices):
        SAVER = "SAVER", _("Demande du donateur")
        OFFER_FAILED = "OFFER_FAILED", _("Offre échouée")
        OFFER_CANCELLED = "OFFER_CANCELLED", _("Offre annulée")
        OFFER_CHANGED = "OFFER_CHANGED", _("Retrait après un changement")
        TOO_LATE = "TOO_LATE", _("Encaissé après la décision")
        NO_ROOM = "NO_ROOM", _("Plus de place")
        PAID_TWICE = "PAID_TWICE", _("Payé deux fois")
        WON_BACK = "WON_BACK", _("Contestation close, argent revenu")
        OUTSIDE = "OUTSIDE", _("Fait chez le prestataire")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    cause = models.CharField(_("cause"), max_length=16, choices=Cause)
    state = models.CharField(_("état"), max_length=8, choices=RefundState, default=RefundState.ASKED)
    asked_at = models.DateTimeField(_("demandé le"))
    answered_at = models.DateTimeField(_("répondu le"), null=True)
    done_at = models.DateTimeField(_("rendu le"), null=True)
    provider_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 – unique once known
    failure_code = models.CharField(max_length=40, blank=True)
    # Part of the key sent to the provider: it moves only when the provider said "not now", having done nothing.
    attempt = models.PositiveSmallIntegerField(_("essai"), default=1)
    asked_by = models.ForeignKey("investors.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("remboursement")
        indexes = (models.Index(fields=("state", "asked_at")),)
        constraints = (
            models.CheckConstraint(
                name="refund_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Un remboursement est d’un montant positif."),
            ),
            models.CheckConstraint(name="refund_done_has_date", condition=~Q(state="DONE") | Q(done_at__isnull=False)),
            models.CheckConstraint(
                name="refund_accepted_has_provider_number",
                condition=Q(state__in=("ASKED", "FAILED")) | Q(provider_id__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)


class Dispute(models.Model):
    """A debit contested at the saver's bank; the provider took the money back from us."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="dispute")
    provider_id = models.CharField(max_length=255, unique=True)
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    fee_cents = models.BigIntegerField(_("frais en centimes"), default=0)
    claim_cents = models.BigIntegerField(_("créance sur l’épargnant en centimes"), default=0)  # beyond what we held
    opened_at = models.DateTimeField(_("ouverte le"))
    recorded_at = models.DateTimeField(_("enregistrée le"))
    won_at = models.DateTimeField(_("argent revenu le"), null=True)
    written_off_at = models.DateTimeField(_("passée en perte le"), null=True)

    class Meta:
        verbose_name = _("contestation")
        constraints = (
            models.CheckConstraint(name="dispute_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="dispute_claim_not_negative", condition=Q(claim_cents__gte=0)),
        )

    def __str__(self) -> str:
        return str(self.uuid)


class ProviderEvent(models.Model):
    """The inbox: an event of the provider is stored once under its own id, then the object is asked again."""

    event_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=60)
    object_id = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("événement du prestataire")
        indexes = (models.Index(fields=("handled_at",)),)

    def __str__(self) -> str:
        return self.event_id


class RefusedEvents(models.Model):
    """How many messages that claimed to come from the provider were refused, by day and by reason.

    Counted, not kept: what a stranger sends must not fill our tables.
    """

    class Reason(models.TextChoices):
        FORGED = "FORGED", _("Signature absente ou fausse")
        STALE = "STALE", _("Signature trop ancienne")
        WRONG_MODE = "WRONG_MODE", _("Mode d’essai ou réel inattendu")

    on = models.DateField(_("jour"))
    reason = models.CharField(_("raison"), max_length=10, choices=Reason)
    count = models.PositiveIntegerField(_("nombre"), default=0)
    last_at = models.DateTimeField(_("dernier refus"))

    class Meta:
        verbose_name = _("événements refusés")
        verbose_name_plural = _("événements refusés")
        constraints = (models.UniqueConstraint(name="refused_events_counted_once", fields=("on", "reason")),)

    def __str__(self) -> str:
        return f"{self.on} {self.reason} {self.count}"
