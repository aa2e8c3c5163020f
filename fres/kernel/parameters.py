"""Read and change dated values: the one in force on a day, for a fund if it has its own, else the national one."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from fres.kernel.models.parameters import NATIONAL, Parameter


class ParameterMissing(RuleViolation):
    """No value is known for this key on this day: an amount that rests on it may not be computed."""

    rule = "parameter-missing"


class ParameterChangeRefused(RuleViolation):
    """A change would rewrite a value already in force, or leave the period upside down."""

    rule = "parameter-change"


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A value with the row it comes from; what rests on it stores `pk` (design D15)."""

    pk: int
    key: str
    scope: str
    value: Decimal
    unit: str
    status: str
    source: str
    valid_from: date
    valid_to: date | None

    @property
    def whole(self) -> int:
        """The value as a whole number. Raises: ValueError: it has decimals."""
        if self.value != self.value.to_integral_value():
            raise ValueError(f"{self.key} is not a whole number: {self.value}")
        return int(self.value)

    @property
    def days(self) -> timedelta:
        """A number of whole days as a duration. Raises: ValueError: another unit, or decimals."""
        self._require(Parameter.Unit.DAYS)
        return timedelta(days=self.whole)

    @property
    def hours(self) -> timedelta:
        """A number of whole hours as a duration. Raises: ValueError: another unit, or decimals."""
        self._require(Parameter.Unit.HOURS)
        return timedelta(hours=self.whole)

    @property
    def rate(self) -> Decimal:
        """A percentage as a rate: 12.8 % is 0.128. Raises: ValueError: another unit."""
        self._require(Parameter.Unit.PERCENT)
        return self.value / 100

    @property
    def cents(self) -> int:
        """An amount in euros as whole cents. Raises: ValueError: another unit, or a fraction of a cent."""
        self._require(Parameter.Unit.EURO)
        cents = self.value * 100
        if cents != cents.to_integral_value():
            raise ValueError(f"{self.key} is not a whole number of cents")
        return int(cents)

    def _require(self, unit: str) -> None:
        if self.unit != unit:
            raise ValueError(f"{self.key} is in {self.unit}, not in {unit}")

    @property
    def is_confirmed(self) -> bool:
        return self.status != Parameter.Status.TO_CONFIRM


def in_force(on: date) -> Q:
    """Return the condition that a period covers a day, both ends included."""
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gte=on))


def value_at(key: str, on: date, scope: str = NATIONAL) -> ParameterValue:
    """Return the value of `key` in force on a day; a fund's own value comes before the national one.

    Args: on: the date that `keyed_on` names (of payment, any day of the tax year, of closing). scope: "national", or
        the uuid of a fund as text.
    Raises: ParameterMissing: no row covers the day.
    """
    rows = {row.scope: row for row in Parameter.objects.filter(in_force(on), key=key, scope__in={NATIONAL, scope})}
    row = rows.get(scope) or rows.get(NATIONAL)
    if row is None:
        raise ParameterMissing(
            _("Aucune valeur connue pour « %(key)s » au %(day)s.") % {"key": key, "day": on.strftime("%d/%m/%Y")},
            next_step=_("Un administrateur l’ajoute dans « Taux et limites datés », avec sa source."),
        )
    return ParameterValue(
        pk=row.pk,
        key=row.key,
        scope=row.scope,
        value=row.value.normalize() if row.value else Decimal(0),
        unit=row.unit,
        status=row.status,
        source=row.source,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def listed(*, search: str = "", scope: str = "", status: str = "", on: date | None = None) -> QuerySet[Parameter]:
    """Return the rows that a person asked to see, by key and period."""
    rows = Parameter.objects.all()
    if search:
        rows = rows.filter(Q(key__icontains=search) | Q(label__icontains=search) | Q(source__icontains=search))
    if scope:
        rows = rows.filter(scope=scope)
    if status:
        rows = rows.filter(status=status)
    if on:
        rows = rows.filter(in_force(on))
    return rows


@transaction.atomic
def change_value(
    *, parameter: Parameter, value: Decimal, valid_from: date, source: str, status: str, today: date
) -> Parameter:
    """Close the row that is in force and add the one that follows it; nothing in force is edited.

    Args: parameter: the open row. valid_from: first day of the new value, after today: what was computed today stands.
    Returns: the new row.
    Raises: ParameterChangeRefused: the row is closed already, the day is not to come, or precedes the row's own start.
    """
    row = Parameter.objects.select_for_update().get(pk=parameter.pk)
    if row.valid_to is not None:
        raise ParameterChangeRefused(
            _("Cette valeur est déjà close."), next_step=_("Changez la dernière ligne de la même clé.")
        )
    if valid_from <= max(today, row.valid_from):
        raise ParameterChangeRefused(
            _("La nouvelle valeur commence au plus tôt demain, et après le début de la précédente."),
            next_step=_("Choisissez une date à venir : ce qui a été calculé aujourd’hui ne change pas."),
        )
    row.valid_to = valid_from - timedelta(days=1)
    row.save(update_fields=["valid_to"])
    return Parameter.objects.create(
        key=row.key,
        scope=row.scope,
        keyed_on=row.keyed_on,
        unit=row.unit,
        label=row.label,
        value=value,
        valid_from=valid_from,
        source=source,
        status=status,
    )


@transaction.atomic
def set_fund_value(
    *, parameter: Parameter, scope: str, value: Decimal, valid_from: date, source: str, today: date
) -> Parameter:
    """Give a fund its own value of a national key, from a day to come.

    Raises: ParameterChangeRefused: the day is not to come, or the fund already has its own open row.
    """
    if valid_from <= today:
        raise ParameterChangeRefused(_("La nouvelle valeur commence au plus tôt demain."))
    if Parameter.objects.filter(key=parameter.key, scope=scope, valid_to=None).exists():
        raise ParameterChangeRefused(
            _("Ce fonds a déjà sa propre valeur."), next_step=_("Changez cette ligne plutôt que la ligne nationale.")
        )
    return Parameter.objects.create(
        key=parameter.key,
        scope=scope,
        keyed_on=parameter.keyed_on,
        unit=parameter.unit,
        label=parameter.label,
        value=value,
        valid_from=valid_from,
        source=source,
        status=Parameter.Status.CHOSEN,
    )
