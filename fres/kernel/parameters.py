"""Read and change dated values: the one in force on a day, a fund's own before the national one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from fres.kernel.models import Parameter
from fres.kernel.models.parameters import NATIONAL

_WHOLE_UNITS = frozenset(set(Parameter.Unit.values) - {"%", "points", "EUR", "ratio"})


class ParameterMissing(RuleViolation):
    """No value is known for this key on this day: an amount that rests on it may not be computed."""

    rule = "parameter-missing"


class ParameterChangeRefused(RuleViolation):
    """A change would rewrite a value already in force, or does not fit its unit."""

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

    @property
    def is_confirmed(self) -> bool:
        return self.status != Parameter.Status.TO_CONFIRM

    def _require(self, unit: str) -> None:
        if self.unit != unit:
            raise ValueError(f"{self.key} is in {self.unit}, not in {unit}")


def _events() -> QuerySet[Any]:
    """The trail that the database keeps: pghistory makes its model from `Parameter`."""
    return apps.get_model("kernel", "ParameterEvent")._default_manager.all()


# The app that knows funds lists here those that may have values of their own: (scope, name).
_scope_provider: list[Callable[[], list[tuple[str, str]]]] = []


def provide_fund_scopes(provider: Callable[[], list[tuple[str, str]]]) -> None:
    """Register the function that lists the funds: the scope is the fund's uuid as text."""
    _scope_provider[:] = [provider]


def fund_scopes() -> list[tuple[str, str]]:
    """Return the scopes of funds with their names; none while no app has said which funds there are."""
    return list(_scope_provider[0]()) if _scope_provider else []


def in_force(on: date) -> Q:
    """Return the condition that a period covers a day, both ends included."""
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gte=on))


def value_at(key: str, on: date, scope: str = NATIONAL) -> ParameterValue:
    """Return the value of `key` in force on a day; a fund's own value comes before the national one.

    Args: on: the date that `keyed_on` names (of payment, any day of the tax year, of closing). scope: "national", or
        the uuid of a fund as text.
    Raises: ParameterMissing: no row covers the day.
    """
    return values_at((key,), on, scope)[key]


def values_at(keys: Sequence[str], on: date, scope: str = NATIONAL) -> dict[str, ParameterValue]:
    """Return the value of each key in force on a day, as `value_at` does, in one query.

    Raises: ParameterMissing: no row covers the day, for one of them.
    """
    found = Parameter.objects.filter(in_force(on), key__in=keys, scope__in={NATIONAL, scope})
    rows = {(row.key, row.scope): row for row in found}
    values = {}
    for key in keys:
        row = rows.get((key, scope)) or rows.get((key, NATIONAL))
        if row is None:
            raise ParameterMissing(
                _("Aucune valeur connue pour « %(key)s » au %(day)s.") % {"key": key, "day": on.strftime("%d/%m/%Y")},
                next_step=_("Un administrateur l’ajoute dans « Taux et limites datés », avec sa source."),
            )
        values[key] = ParameterValue(
            pk=row.pk,
            key=row.key,
            scope=row.scope,
            value=row.value,
            unit=row.unit,
            status=row.status,
            source=row.source,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
    return values


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


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One line of the trail that the database keeps of a key."""

    at: datetime
    act: str
    actor: str
    row: Any


def changes_of(key: str) -> list[ParameterChange]:
    """Return who changed the rows of a key, the newest first; the hour is the database's own."""
    acts = {"insert": _("Ajout"), "update": _("Clôture"), "delete": _("Suppression")}
    events = list(_events().filter(key=key).select_related("pgh_context").order_by("-pgh_id"))
    contexts = [(event.pgh_context.metadata if event.pgh_context else {}) for event in events]
    users = get_user_model()._default_manager.in_bulk({one["user"] for one in contexts if one.get("user")})
    return [
        ParameterChange(
            at=event.pgh_created_at,
            act=acts[event.pgh_label],
            actor=str(users.get(context.get("user"), _("système"))),
            row=event,
        )
        for event, context in zip(events, contexts, strict=True)
    ]


@transaction.atomic
def change_value(
    *, parameter: Parameter, scope: str, value: Decimal, valid_from: date, source: str, status: str, today: date
) -> Parameter:
    """Close the last row of a scope and add the one that follows it; a fund without rows of its own gets its first.

    Nothing in force is edited: what was computed up to today stands.
    Args: parameter: any row of the key. scope: "national" or the uuid of a fund. valid_from: first day of the value.
    Returns: the new row.
    Raises: ParameterChangeRefused: the day is not to come, or lies before the start of the last row; the value is
        negative, or has decimals that its unit does not know.
    """
    _check_value(parameter, value)
    rows = Parameter.objects.select_for_update().filter(key=parameter.key, scope=scope).order_by("valid_from")
    last = list(rows)[-1] if rows else None
    if valid_from <= today or (last is not None and valid_from <= last.valid_from):
        raise ParameterChangeRefused(
            _("La nouvelle valeur commence au plus tôt demain, et après le début de la précédente."),
            next_step=_("Choisissez une date à venir : ce qui a été calculé aujourd’hui ne change pas."),
        )
    if last is not None and (last.valid_to is None or last.valid_to >= valid_from):
        last.valid_to = valid_from - timedelta(days=1)
        last.save(update_fields=["valid_to"])
    return Parameter.objects.create(
        key=parameter.key,
        scope=scope,
        keyed_on=parameter.keyed_on,
        unit=parameter.unit,
        label=parameter.label,
        value=value,
        valid_from=valid_from,
        source=source,
        status=status,
    )


def _check_value(parameter: Parameter, value: Decimal) -> None:
    if value < 0:
        raise ParameterChangeRefused(_("Une valeur n’est pas négative."))
    if parameter.unit in _WHOLE_UNITS and value != value.to_integral_value():
        raise ParameterChangeRefused(
            _("L’unité « %(unit)s » ne connaît que des nombres entiers.") % {"unit": parameter.get_unit_display()}
        )
