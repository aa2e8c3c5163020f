"""How a committee's exact figures are printed."""

from fractions import Fraction

from django import template

from projects.committee.rules import printed

register = template.Library()


@register.filter
def exact(value: Fraction) -> str:
    """An exact value rounded half up to two decimals, to print: "3,33"."""
    return f"{printed(value):f}".replace(".", ",")
