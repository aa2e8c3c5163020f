"""A refund whose paying means is closed, given back by bank transfer (ruling B29): asked, ordered by two, sent."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.payments import Refund
from funds.states import BankRefundState
from investors.encryption import EncryptedTextField
from investors.models import Party, User

_OVER = ("REFUSED", "STOPPED")


@track_every_change(exclude=["iban"])
class BankRefund(models.Model):
    """What a payer asks when a refund came back: the same sum, on an account in their own name."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="bank_refunds")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    iban = EncryptedTextField(_("IBAN"))
    iban_hash = models.CharField(max_length=64)
    iban_holder = models.CharField(_("titulaire du compte"), max_length=160)
    state = models.CharField(_("état"), max_length=8, choices=BankRefundState, default=BankRefundState.ASKED)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("demandé le"))
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    prepared_at = models.DateTimeField(_("préparé le"), null=True)
    refused_reason = models.CharField(_("motif du refus ou de l’arrêt"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("remboursement par virement")
        verbose_name_plural = _("remboursements par virement")
        indexes = (models.Index(fields=("state", "asked_at")),)
        constraints = (
            models.CheckConstraint(
                name="bank_refund_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Un remboursement est d’un montant positif."),
            ),
            models.CheckConstraint(
                name="bank_refund_prepared_iff_signed",
                condition=Q(state="ASKED", prepared_by=None, prepared_at=None)
                | Q(state__in=("PREPARED", "APPROVED", "SENT"), prepared_by__isnull=False, prepared_at__isnull=False)
                | Q(state__in=_OVER),
                violation_error_message=_("Un virement préparé porte qui l’a préparé, et quand."),
            ),
            models.CheckConstraint(
                name="bank_refund_not_prepared_by_who_asked",
                condition=Q(prepared_by=None) | ~Q(prepared_by=F("asked_by")),
                violation_error_message=_("Qui demande un virement ne le prépare pas."),
            ),
            models.UniqueConstraint(
                name="bank_refund_one_alive_per_refund",
                fields=("refund",),
                condition=~Q(state__in=_OVER),
                violation_error_message=_("Un virement est déjà demandé pour ce remboursement."),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def iban_masked(self) -> str:
        """The account with only its country, key and last four signs readable."""
        return f"{self.iban[:4]} •••• {self.iban[-4:]}"


class BankRefundOrder(models.Model):
    """The order two people signed. Append-only: one that will not be carried out is stopped by an entry and a state."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank_refund = models.OneToOneField(BankRefund, on_delete=models.PROTECT, related_name="order")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    iban_hash = models.CharField(max_length=64)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(_("approuvé le"))

    class Meta:
        verbose_name = _("ordre de remboursement")
        verbose_name_plural = _("ordres de remboursement")
        triggers = append_only.triggers("bank_refund_order")
        constraints = (
            models.CheckConstraint(name="bank_refund_order_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="bank_refund_order_two_people",
                condition=~Q(approved_by=F("prepared_by")),
                violation_error_message=_("Celui qui prépare un virement ne l’approuve pas."),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)


class BankRefundSending(models.Model):
    """That the transfer left, as a treasurer read it on the bank's statement. Append-only."""

    order = models.OneToOneField(BankRefundOrder, on_delete=models.PROTECT, related_name="sending")
    sent_on = models.DateField(_("viré le"))
    reference = models.CharField(_("référence du virement"), max_length=80)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("constaté le"))

    class Meta:
        verbose_name = _("virement constaté")
        verbose_name_plural = _("virements constatés")
        triggers = append_only.triggers("bank_refund_sending")
        constraints = (
            models.CheckConstraint(
                name="bank_refund_sending_has_reference",
                condition=~Q(reference=""),
                violation_error_message=_("Un virement constaté porte sa référence."),
            ),
            models.UniqueConstraint(
                name="bank_refund_sending_reference_once",
                fields=("sent_on", "reference"),
                violation_error_message=_("Cette ligne du relevé est déjà rattachée à un remboursement."),
            ),
        )

    def __str__(self) -> str:
        return self.reference
