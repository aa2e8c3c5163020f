"""Money the provider collected for the pot, once it reached the issuer's bank, as the bank's statement says."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import format_cents, to_cents
from funds.chart import Purpose
from funds.ledger import Line, account_for, balance_cents, post_entry
from funds.models import Entry, LegalEntity
from funds.pool.errors import NotEnoughCash, PoolRefused
from investors.models import User

# Money that may have to go back by the provider: it stays there.
_STAYS = (Purpose.SAVER_MONEY, Purpose.REFUND_TO_SEND)


def sweepable_cents(entity: LegalEntity) -> int:
    """Return what an entity has at the provider beyond what may have to go back from there, in cents."""
    kept = sum(balance_cents(entity=entity, purpose=purpose) for purpose in _STAYS)
    return max(0, balance_cents(entity=entity, purpose=Purpose.PROVIDER) - kept)


@transaction.atomic
def record_sweep(
    *, entity: LegalEntity, amount: Money, received_on: date, reference: str, by: User, at: datetime
) -> Entry:
    """Write that a transfer of the provider reached an entity's bank; the same reference again changes nothing.

    Raises: NotEnoughCash: more than the provider holds and need not give back. PoolRefused: no amount, no reference, a
        day to come.
    """
    LegalEntity.objects.select_for_update(no_key=True).get(pk=entity.pk)
    on, cents, reference = clock.local(at).date(), to_cents(amount), reference.strip()
    key = f"sweep:{reference}"
    written = Entry.objects.filter(entity=entity, key=key).first()
    if written is not None:
        return written
    if cents <= 0 or not reference or received_on > on:
        raise PoolRefused(
            _("Un virement reçu a un montant positif, sa référence et un jour passé."),
            next_step=_("Recopiez-les du relevé de banque."),
        )
    most = sweepable_cents(entity)
    if cents > most:
        raise NotEnoughCash(
            _("Le prestataire doit à %(entity)s au plus %(most)s ; le virement est de %(amount)s.")
            % {"entity": entity.name, "most": format_cents(most), "amount": format_cents(cents)},
            next_step=_("Vérifiez le montant sur le relevé."),
        )
    return post_entry(
        entity=entity,
        journal="BQ",
        key=key,
        transfers=[Line(account_for(entity, Purpose.BANK), account_for(entity, Purpose.PROVIDER), cents)],
        accounting_date=on,
        value_date=received_on,
        label="Virement du prestataire de paiement",
        piece_ref=reference[:80],
        piece_date=received_on,
        source=("sweep", None),
        at=at,
    )
