"""What the paying agent withholds on interest, by dated rates (french-tax-and-accounting §2.2, ruling B8)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fres.kernel.money import share_cents
from fres.kernel.parameters import ParameterValue, values_at

INCOME_TAX = "pfu.income_tax"
SOCIAL_LEVIES = "ps.total.products"


@dataclass(frozen=True)
class Levies:
    """The two rates of a payment date, with the dated rows they were read from."""

    income_tax: ParameterValue
    social: ParameterValue

    @property
    def rows(self) -> dict[str, int]:
        """Return parameter key → row, to be kept with the figures they gave."""
        return {self.income_tax.key: self.income_tax.pk, self.social.key: self.social.pk}

    def on(self, interest_cents: int) -> tuple[int, int]:
        """Return (income tax, social levies) on a gross interest, each rounded to the cent once, half up."""
        return share_cents(interest_cents, _rate(self.income_tax)), share_cents(interest_cents, _rate(self.social))


def levies_at(paid_on: date) -> Levies:
    """Return the rates of a payment date. Raises ParameterMissing when the year's rates were not loaded."""
    rates = values_at((INCOME_TAX, SOCIAL_LEVIES), paid_on)
    return Levies(rates[INCOME_TAX], rates[SOCIAL_LEVIES])


def _rate(value: ParameterValue) -> Decimal:
    return value.rate
