"""Amounts, dates and rates as French readers write them (look/README §3). Money passes through these filters only."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import formats, translation
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import format_cents, to_cents

register = template.Library()
_NO_BREAK = "\u00a0"


def _cents(amount: Money | int) -> int:
    return to_cents(amount) if isinstance(amount, Money) else amount


@register.filter
def money(amount: Money | int) -> str:
    """`1 234,56 €` from Money or whole cents."""
    return format_cents(_cents(amount))


@register.filter
def euros(amount: Money | int) -> str:
    """`80 000 €`: targets, capacities, maps. An amount with cents keeps them."""
    cents = _cents(amount)
    return format_cents(cents, whole=cents % 100 == 0)


@register.filter
def rate(value: int | Decimal) -> str:
    """`3,50 %` from whole basis points, or from a Decimal percentage."""
    percent = Decimal(value) / 100 if isinstance(value, int) else value
    return f"{percent:.2f}".replace(".", ",") + f"{_NO_BREAK}%"


def _day(value: date | datetime) -> date:
    return clock.local(value).date() if isinstance(value, datetime) else value


@register.filter
def date_long(value: date | datetime) -> str:
    """`27 novembre 2026`, in Paris."""
    day = _day(value)
    pattern = "j F Y"
    written = formats.date_format(day, pattern)
    if day.day == 1 and (translation.get_language() or "fr").startswith("fr"):
        written = "1er" + written[1:]
    return written.replace(" ", _NO_BREAK, 1)


@register.filter
def date_short(value: date | datetime) -> str:
    """`27/11/2026`, in Paris."""
    return _day(value).strftime("%d/%m/%Y")


@register.filter
def datetime_long(value: datetime) -> str:
    """`27 novembre 2026, 23 h 59`, in Paris."""
    local = clock.local(value)
    return f"{date_long(local)}, {local.hour}{_NO_BREAK}h{_NO_BREAK}{local.minute:02d}"


@register.filter
def time_short(value: datetime) -> str:
    """`23 h 59`, in Paris."""
    local = clock.local(value)
    return f"{local.hour}{_NO_BREAK}h{_NO_BREAK}{local.minute:02d}"
