"""Subscribing to the pot: units at nominal, asked for under the saver's lock, issued when the money clears."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.money import from_cents, to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.locks import lock_party
from funds.models import Compartment, PoolPayment, Subscription, UnitMove
from funds.places import departments_of
from funds.pool.accounts import units_account
from funds.pool.errors import CompartmentClosed, PoolRefused, UnitsOutOfRange, WishUnfit
from funds.pool.locking import lock_compartment, lock_row
from funds.pool.states import CANCEL_SUBSCRIPTION, EXPIRE_SUBSCRIPTION, ISSUE_UNITS, SubscriptionState
from funds.reflection import end_of_day
from investors.models import Party, User
from projects.models import Theme

JOURNAL = "PT"


@transaction.atomic
def subscribe(
    *,
    compartment: Compartment,
    saver: Party,
    units: int,
    by: User,
    at: datetime,
    wish: str = Subscription.Wish.NONE,
    wish_code: str = "",
    texts_shown: Mapping[str, Any] | None = None,
) -> Subscription:
    """Ask for units of a compartment; nothing is issued before the money clears.

    Args: wish, wish_code: an intent (a theme's code, a département's): reported, never a promise (ruling B14).
    Raises: CompartmentClosed, UnitsOutOfRange, WishUnfit, PoolRefused: nothing is written.
    """
    saver = lock_party(saver.pk)
    compartment = lock_compartment(compartment.pk)
    on = clock.local(at).date()
    if on < compartment.opens_on or (compartment.closes_on is not None and on > compartment.closes_on):
        raise CompartmentClosed(
            _("Ce compartiment ne prend pas de souscription aujourd’hui : il est ouvert à partir du %(day)s.")
            % {"day": f"{compartment.opens_on:%d/%m/%Y}"},
            next_step=_("Choisissez un autre compartiment ou revenez à cette date."),
        )
    if saver.pk == compartment.issuer.party_id or saver.pk == compartment.fund.operator.party_id:
        raise PoolRefused(
            _("L’émetteur et l’opérateur ne souscrivent pas aux parts du pot."),
            next_step=_("Agissez au nom d’un épargnant."),
        )
    if not compartment.minimum_units <= units <= compartment.maximum_units:
        raise UnitsOutOfRange(
            _("Ce compartiment se souscrit de %(least)s à %(most)s parts ; vous en demandez %(units)s.")
            % {"least": compartment.minimum_units, "most": compartment.maximum_units, "units": units},
            next_step=_("Changez le nombre de parts."),
        )
    _check_wish(compartment, wish, wish_code)
    days = parameters.value_at("pool.payment.days", on).days
    return Subscription.objects.create(
        compartment=compartment, saver=saver, by=by, units=units,
        amount=from_cents(to_cents(compartment.nominal) * units), wish=wish, wish_code=wish_code,
        commune_code=saver.commune_code, texts_shown=dict(texts_shown or {}), subscribed_at=at,
        pay_before=end_of_day(at, days=days.days),
    )  # fmt: skip


@transaction.atomic
def cancel_subscription(*, subscription: Subscription, by: User, at: datetime) -> Subscription:
    """Give a subscription up before its payment; a second click changes nothing.

    Raises: PoolRefused: its units are issued, its time is over.
    """
    lock_party(subscription.saver_id)
    subscription = lock_row(subscription)
    if subscription.state == SubscriptionState.CANCELLED:
        return subscription
    if subscription.state != SubscriptionState.CONFIRMED:
        raise PoolRefused(
            _("Cette souscription est « %(state)s » : elle ne s’annule plus.")
            % {"state": subscription.get_state_display()},
            next_step=_("Pour des parts émises, demandez leur rachat."),
        )
    return advance(subscription, CANCEL_SUBSCRIPTION, by=by, at=at, ended_at=at)


def expire_subscriptions(*, at: datetime) -> int:
    """End the subscriptions unpaid after their time, but those whose page is open; return how many."""
    done = 0
    due = Subscription.objects.filter(state=SubscriptionState.CONFIRMED, pay_before__lt=at)
    for subscription in due.order_by("pay_before", "pk").iterator(chunk_size=500):
        with transaction.atomic():
            lock_party(subscription.saver_id)
            fresh = lock_row(subscription)
            is_paying = fresh.payments.filter(state="OPENED", checkout_expires_at__gt=at).exists()
            if fresh.state == SubscriptionState.CONFIRMED and not is_paying:
                advance(fresh, EXPIRE_SUBSCRIPTION, by=None, at=at, ended_at=at)
                done += 1
    return done


@transaction.atomic
def issue_units(*, payment: PoolPayment, at: datetime) -> UnitMove:
    """Issue the units of a subscription whose payment has just cleared; the locks are the caller's.

    One entry, `subscription:<uuid>:issued`, in the issuer's books: money in, capital (or debt) out.
    """
    subscription = payment.subscription
    compartment = lock_compartment(subscription.compartment_id)
    assert payment.cleared_at is not None
    on, cleared_on = clock.local(at).date(), clock.local(payment.cleared_at).date()
    entry = post_entry(
        entity=compartment.issuer,
        journal=JOURNAL,
        key=f"subscription:{subscription.uuid}:issued",
        transfers=[
            Line(
                account_for(compartment.issuer, Purpose.PROVIDER),
                units_account(compartment),
                to_cents(subscription.amount),
            )
        ],
        accounting_date=on,
        value_date=cleared_on,
        label=f"Souscription {subscription.saver.number}, {subscription.units} parts",
        piece_ref=str(subscription.uuid),
        piece_date=min(cleared_on, on),
        source=("subscription", subscription.uuid),
        at=at,
    )
    advance(subscription, ISSUE_UNITS, by=None, at=at, issued_at=at)
    return UnitMove.objects.create(
        compartment=compartment, kind=UnitMove.Kind.ISSUE, receiver=subscription.saver, units=subscription.units,
        subscription=subscription, entry=entry, moved_at=at, by=subscription.by,
    )  # fmt: skip


def _check_wish(compartment: Compartment, wish: str, code: str) -> None:
    is_known = {
        Subscription.Wish.NONE: code == "",
        Subscription.Wish.THEME: code in Theme.values,
        Subscription.Wish.TERRITORY: code in {one.code for one in departments_of(compartment.fund.region_code)},
    }.get(Subscription.Wish(wish) if wish in Subscription.Wish.values else Subscription.Wish.NONE, False)
    if wish not in Subscription.Wish.values or not is_known or (compartment.is_strict and code):
        raise WishUnfit(
            _("Cette préférence n’existe pas pour ce compartiment."),
            next_step=_("Choisissez un thème ou un département de la liste, ou aucune préférence."),
        )
