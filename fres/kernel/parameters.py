"""Reading dated parameters: a figure comes with the row it was read from, so that documents can store it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from fres.kernel.models import Parameter

NATIONAL = "national"


class ParameterMissing(Exception):
    """No row of this key is valid on this date: the law or the fund's choice must be loaded first."""


@dataclass(frozen=True)
class ParameterValue:
    key: str
    value: Decimal
    unit: str
    status: str
    source: str
    pk: int

    @property
    def whole(self) -> int:
        """Return the value as an int. Raises ValueError when it is not a whole number."""
        if self.value != self.value.to_integral_value():
            raise ValueError(f"{self.key} is {self.value}, not a whole number")
        return int(self.value)

    @property
    def days(self) -> timedelta:
        return timedelta(days=self.whole)

    @property
    def hours(self) -> timedelta:
        return timedelta(hours=self.whole)

    @property
    def rate(self) -> Decimal:
        """Return a percentage as a rate: 12.8 % is 0.128. Raises ValueError for another unit."""
        if self.unit != "%":
            raise ValueError(f"{self.key} is in {self.unit}, not a percentage")
        return self.value / 100

    @property
    def cents(self) -> int:
        """Return an amount in euros as whole cents. Raises ValueError for another unit or a fraction of a cent."""
        if self.unit != "EUR":
            raise ValueError(f"{self.key} is in {self.unit}, not in euros")
        cents = self.value * 100
        if cents != cents.to_integral_value():
            raise ValueError(f"{self.key} is not a whole number of cents")
        return int(cents)


def value_at(key: str, on: date, *, scope: str = NATIONAL) -> ParameterValue:
    """Return the value of `key` valid on a date; a fund's own row (its scope) goes before the national one.

    Raises: ParameterMissing: no row is valid on that date.
    """
    rows = Parameter.objects.filter(key=key, scope__in={scope, NATIONAL}, valid_from__lte=on).filter(
        Q(valid_to=None) | Q(valid_to__gte=on)
    )
    found = {row.scope: row for row in rows}
    row = found.get(scope) or found.get(NATIONAL)
    if row is None:
        raise ParameterMissing(f"{key} has no value on {on} (scope {scope})")
    return ParameterValue(key, row.value, row.unit, row.status, row.source, row.pk)
