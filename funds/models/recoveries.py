"""What a borrower gave back, by bank transfer, of an instalment that the bank took back after it was shared."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.payments import Payment
from investors.models import User


@track_every_change()
class ClaimRecovery(models.Model):
    """One line of the bank's statement that pays a claim, whole or in part. Never deleted: a mistake is undone, once.

    The claim itself has no row: it is what the entries of the payment say (`payments.claims`).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="recoveries")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    received_on = models.DateField(_("reçu le"))  # the value date of the bank
    reference = models.CharField(_("référence du relevé"), max_length=80)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("constaté le"))
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(_("défait le"), null=True)
    undone_reason = models.CharField(_("motif"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("recouvrement")
        verbose_name_plural = _("recouvrements")
        constraints = (
            models.CheckConstraint(
                name="claim_recovery_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Un recouvrement est d’un montant positif."),
            ),
            models.CheckConstraint(
                name="claim_recovery_has_reference",
                condition=~Q(reference=""),
                violation_error_message=_("Un recouvrement porte la référence du relevé."),
            ),
            models.CheckConstraint(
                name="claim_recovery_undone_by_another_with_reason",
                condition=Q(undone_by=None, undone_at=None, undone_reason="")
                | (
                    Q(undone_by__isnull=False, undone_at__isnull=False)
                    & ~Q(undone_reason="")
                    & ~Q(undone_by=F("recorded_by"))
                ),
                violation_error_message=_("Un recouvrement se défait avec un motif, par une autre personne."),
            ),
            models.UniqueConstraint(
                name="claim_recovery_bank_line_once",
                fields=("received_on", "reference"),
                condition=Q(undone_at=None),
                violation_error_message=_("Cette ligne du relevé est déjà rattachée à une créance."),
            ),
        )

    def __str__(self) -> str:
        return self.reference
