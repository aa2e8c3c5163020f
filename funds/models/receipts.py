"""Tax receipts for gifts: one valid at a time for a commitment, voided and replaced, never edited (ruling B7)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from funds.models.offers import Commitment
from investors.models import Party


class GiftReceipt(models.Model):
    """One receipt issued in a beneficiary's name. Voiding it is a `DocumentVoid` on its document."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="receipts")
    beneficiary = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="given_receipts")
    donor = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="receipts")
    amount_cents = models.BigIntegerField(_("montant en centimes"))
    paid_on = models.DateField(_("versé le"))
    issued_at = models.DateTimeField(_("délivré le"))
    document = models.OneToOneField("kernel.Document", on_delete=models.PROTECT, related_name="gift_receipt")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    class Meta:
        verbose_name = _("reçu fiscal")
        verbose_name_plural = _("reçus fiscaux")
        triggers = append_only.triggers("gift_receipt")
        constraints = (models.CheckConstraint(name="receipt_amount_positive", condition=Q(amount_cents__gt=0)),)

    def __str__(self) -> str:
        return str(self.uuid)
