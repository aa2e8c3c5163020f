"""A local currency at par: euros exchanged go to a reserve, and as many euros of the pot are placed in its network."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import format_cents, from_cents
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.models import Compartment, CurrencyExchange, LegalEntity, LocalCurrency
from funds.pool.errors import MirrorRefused
from funds.pool.locking import lock_row
from funds.pool.placing import outstanding
from investors.models import Party, User


@dataclass(frozen=True)
class MirrorFigures:
    """Both sides of a mirror, in cents."""

    currency: LocalCurrency
    in_circulation_cents: int
    placed_cents: int

    @property
    def missing_cents(self) -> int:
        """What remains to be placed in the network for each unit to have its euro."""
        return max(0, self.in_circulation_cents - self.placed_cents)

    @property
    def units(self) -> Money:
        return Money(Decimal(self.in_circulation_cents).scaleb(-2), self.currency.code)


@transaction.atomic
def open_currency(
    *, code: str, name: str, network: str, keeper: LegalEntity, compartment: Compartment, on: date
) -> LocalCurrency:
    """Start to keep the reserve of a local currency. Raises: MirrorRefused: a code the site does not know."""
    if code not in settings.LOCAL_CURRENCIES:
        raise MirrorRefused(
            _("La monnaie « %(code)s » n’est pas déclarée sur ce site.") % {"code": code},
            next_step=_("Ajoutez-la au réglage FRES_LOCAL_CURRENCIES."),
        )
    return LocalCurrency.objects.create(
        code=code, name=name, network=network, keeper=keeper, compartment=compartment, opened_on=on
    )


@transaction.atomic
def record_exchange(
    *,
    currency: LocalCurrency,
    kind: str,
    units: Money,
    party: Party | None,
    by: User,
    at: datetime,
    reference: str,
) -> CurrencyExchange:
    """Write euros changed into units, or units given back, at par; the reserve moves by as much.

    Args: units: in the currency itself, whole hundredths. reference: of the voucher, once per currency.
    Raises: MirrorRefused: another currency, nothing, or more units than are in circulation.
    """
    currency = lock_row(currency)
    hundredths = units.amount * 100
    if str(units.currency) != currency.code or hundredths <= 0 or hundredths != hundredths.to_integral_value():
        raise MirrorRefused(
            _("Un change est d’un nombre positif de centièmes de « %(name)s ».") % {"name": currency.name},
            next_step=_("Corrigez le montant."),
        )
    if not reference.strip() or currency.exchanges.filter(reference=reference.strip()).exists():
        raise MirrorRefused(
            _("Chaque change porte une pièce qui ne sert qu’une fois."), next_step=_("Vérifiez le numéro de la pièce.")
        )
    cents, circulating = int(hundredths), in_circulation_cents(currency)
    if kind == CurrencyExchange.Kind.OUT and cents > circulating:
        raise MirrorRefused(
            _("%(left)s unités circulent ; on ne peut en rendre %(units)s.")
            % {"left": format_cents(circulating), "units": format_cents(cents)},
            next_step=_("Corrigez le montant."),
        )
    exchange = CurrencyExchange(
        currency=currency, kind=kind, party=party, units=units, euros=from_cents(cents), by=by, exchanged_at=at,
        reference=reference.strip(),
    )  # fmt: skip
    on = clock.local(at).date()
    reserve = account_for(currency.keeper, Purpose.CURRENCY_RESERVE)
    out = account_for(currency.keeper, Purpose.CURRENCY_OUT)
    is_in = kind == CurrencyExchange.Kind.IN
    exchange.entry = post_entry(
        entity=currency.keeper,
        journal="PT",
        key=f"exchange:{exchange.uuid}",
        transfers=[Line(reserve, out, cents) if is_in else Line(out, reserve, cents)],
        accounting_date=on,
        value_date=on,
        label=f"Change de monnaie locale {currency.code}",
        piece_ref=exchange.reference,
        piece_date=on,
        source=("exchange", exchange.uuid),
        at=at,
    )
    exchange.save(force_insert=True)
    return exchange


def in_circulation_cents(currency: LocalCurrency, on: date | None = None) -> int:
    """Return the units in circulation, in hundredths, from the register."""
    rows = currency.exchanges.all()
    if on is not None:
        rows = rows.filter(entry__accounting_date__lte=on)
    sums = {row["kind"]: row["sum"] for row in rows.values("kind").order_by("kind").annotate(sum=Sum("euros"))}
    return int((sums.get("IN") or 0) * 100) - int((sums.get("OUT") or 0) * 100)


def mirror_of(currency: LocalCurrency, on: date | None = None) -> MirrorFigures:
    """Return both sides of a mirror: units in circulation, euros of its compartment placed in its network."""
    placed = sum(one.cents for one in outstanding(currency.compartment, on) if one.currency == currency.code)
    return MirrorFigures(currency, in_circulation_cents(currency, on), placed)
