"""Money that leaves for a project holder: their account at the provider, and the order two people sign."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.offers import Offer
from funds.states import PayoutState
from investors.models import Party, User


class PayeeAccount(models.Model):
    """A party's account at the payment provider, able to receive once the provider has verified it."""

    party = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="payee_account")
    provider_id = models.CharField(max_length=255, unique=True)
    can_receive = models.BooleanField(_("peut recevoir"), default=False)
    checked_at = models.DateTimeField(_("vérifié le"))

    class Meta:
        verbose_name = _("compte du bénéficiaire")

    def __str__(self) -> str:
        return str(self.party)


@track_every_change()
class PayoutOrder(models.Model):
    """An order to pay a successful offer's money to its holder: prepared by one person, approved by another.

    The key sent to the provider is `payout-<uuid>-<attempt>`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="payout_orders")
    # The part of the money it pays, where the offer has tranches.
    tranche = models.ForeignKey(
        "funds.Tranche", on_delete=models.PROTECT, null=True, blank=True, related_name="payout_orders"
    )
    payee = models.ForeignKey(PayeeAccount, on_delete=models.PROTECT, related_name="orders")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    state = models.CharField(_("état"), max_length=10, choices=PayoutState, default=PayoutState.PREPARED)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(_("préparé le"))
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(_("approuvé le"), null=True)
    sent_at = models.DateTimeField(_("envoyé le"), null=True)
    paid_at = models.DateTimeField(_("versé le"), null=True)
    refused_reason = models.CharField(_("motif du refus"), max_length=200, blank=True)
    provider_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 – empty until known, then unique
    failure_code = models.CharField(_("motif du report"), max_length=40, blank=True)
    # Part of the key sent to the provider: it moves only when the provider refused, having done nothing.
    attempt = models.PositiveSmallIntegerField(_("essai"), default=1)

    class Meta:
        verbose_name = _("ordre de versement")
        constraints = (
            models.CheckConstraint(name="payout_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payout_two_people",
                condition=Q(approved_by=None) | ~Q(approved_by=F("prepared_by")),
                violation_error_message=_("Celui qui prépare un versement ne l’approuve pas."),
            ),
            models.CheckConstraint(
                name="payout_approved_iff_signed",
                condition=Q(
                    state__in=("APPROVED", "SENT", "PAID"), approved_by__isnull=False, approved_at__isnull=False
                )
                | Q(state__in=("PREPARED", "REFUSED")),
            ),
            models.UniqueConstraint(
                name="payout_one_alive_per_offer",
                fields=("offer",),
                condition=~Q(state="REFUSED") & Q(tranche=None),
                violation_error_message=_("Un versement existe déjà pour cette offre."),
            ),
            models.UniqueConstraint(
                name="payout_one_alive_per_tranche",
                fields=("tranche",),
                condition=~Q(state="REFUSED"),
                violation_error_message=_("Un versement existe déjà pour cette tranche."),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)
