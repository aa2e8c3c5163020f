"""Exact numbers as people read them."""

from fractions import Fraction

NO_BREAK = "\u00a0"
DECIMALS = 2


def plain_number(value: Fraction, unit: str = "") -> str:
    """Return a number in French: "66,67 %", "12", with "≈" when its decimals do not end at the second."""
    scaled = value * 10**DECIMALS
    whole = scaled.numerator // scaled.denominator
    sign = "-" if whole < 0 else ""
    units, rest = divmod(abs(whole), 10**DECIMALS)
    text = f"{sign}{units:,}".replace(",", "\u202f")
    if rest:
        text += f",{rest:0{DECIMALS}d}".rstrip("0")
    if scaled.denominator != 1:
        text = f"≈{NO_BREAK}{text}"
    return f"{text}{NO_BREAK}{unit}" if unit else text


def department_of(commune_code: str) -> str:
    """Return the département of a commune: "62" of "62498", "2A" of "2A004", "974" of "97411"."""
    return commune_code[:3] if commune_code.startswith(("97", "98")) else commune_code[:2]
