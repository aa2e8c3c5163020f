"""How figures, dates and states are written on pages: the one filter each passes through (style §14)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import CENTS_IN_EURO, MINUS, NARROW_SPACE, NO_BREAK_SPACE, format_cents, to_cents
from fres.kernel.templatetags.look import state_sign

register = template.Library()


def _cents(value: Any) -> int:
    if isinstance(value, Money):
        return to_cents(value)
    if type(value) is int:
        return value
    raise TypeError(f"{value!r} is neither an amount nor whole cents")


@register.filter
def money(value: Money | int) -> str:
    """An amount (Money, or whole cents) with its cents: "1 234,56 €"."""
    return format_cents(_cents(value))


@register.filter
def euros(value: Money | int) -> str:
    """An amount without its cents when there are none: "80 000 €". For targets, capacities and maps."""
    cents = _cents(value)
    return format_cents(cents, whole=cents % CENTS_IN_EURO == 0)


@register.filter
def number(value: int | Decimal) -> str:
    """A whole number or a decimal, thousands apart: "34 969", "0,5"."""
    sign = MINUS if value < 0 else ""
    if isinstance(value, int):
        return sign + f"{abs(value):,}".replace(",", NARROW_SPACE)
    whole, _dot, decimals = f"{abs(value):f}".partition(".")
    decimals = decimals.rstrip("0")
    return sign + f"{int(whole):,}".replace(",", NARROW_SPACE) + (f",{decimals}" if decimals else "")


@register.filter
def rate(value: int | Decimal) -> str:
    """A rate with two decimals: 350 (basis points) and Decimal("3.5") (percent) both give "3,50 %"."""
    percent = Decimal(value).scaleb(-2) if isinstance(value, int) else value
    text = f"{abs(percent):.2f}".replace(".", ",")
    return f"{MINUS if percent < 0 else ''}{text}{NO_BREAK_SPACE}%"


def _as_date(value: date | datetime) -> date:
    return clock.local(value).date() if isinstance(value, datetime) else value


@register.filter
def date_long(value: date | datetime) -> str:
    """The date in words, in Paris: "27 novembre 2026", "1er décembre 2026"."""
    day = _as_date(value)
    text = formats.date_format(day, "j F Y")
    if day.day == 1 and (get_language() or "fr").startswith("fr"):
        text = f"1er{text[1:]}"
    return text.replace(" ", NO_BREAK_SPACE, 1)


@register.filter
def date_short(value: date | datetime) -> str:
    """The date in figures, in Paris: "27/11/2026"."""
    return formats.date_format(_as_date(value), "d/m/Y")


@register.filter
def datetime_long(value: datetime) -> str:
    """A moment, in Paris: "27 novembre 2026, 23 h 59"."""
    return f"{date_long(value)}, {time_short(value)}"


@register.filter
def time_short(value: datetime) -> str:
    """The hour, in Paris: "23 h 59"."""
    moment = clock.local(value)
    return f"{moment.hour}{NO_BREAK_SPACE}h{NO_BREAK_SPACE}{moment.minute:02}"


@register.filter
def state_badge(obj: Any) -> SafeString:
    """The state of an object: sign, word and colour."""
    return format_html('<span class="state {}">{}</span>', state_sign(obj.state), obj.get_state_display())


@register.filter
def parameter_value(row: Any) -> str:
    """A dated value with its unit: "18,6 %", "2 000 €", "7 jours"."""
    value = row.value.normalize() if row.value else Decimal(0)
    return f"{number(value)}{NO_BREAK_SPACE}{_(row.get_unit_display())}"
