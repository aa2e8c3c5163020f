"""State machines as tables: one function applies every transition and writes its log line (D5, style §7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.transaction import atomic
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation

M = TypeVar("M", bound=models.Model)

_machines: list["StateMachine"] = []


class TransitionRefused(RuleViolation):
    """The object is not in a state from which this may be done."""

    rule = "transition"


@dataclass(frozen=True, slots=True)
class Transition:
    """One named change of state. `label` is French, for buttons and tables; `actor` a role code or "scheduler".

    `guard` says in French what must also hold; the operation that calls `advance` checks it.
    """

    name: str
    sources: frozenset[str]
    target: str
    label: Any
    actor: str
    guard: Any = ""


@dataclass(frozen=True)
class StateMachine:
    """Every state and transition of one kind of object; registered when it is made, so that it can be printed."""

    name: Any
    states: type[models.TextChoices]
    transitions: tuple[Transition, ...]

    def __post_init__(self) -> None:
        names = [one.name for one in self.transitions]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.name}: two transitions share a name")
        for one in self.transitions:
            unknown = {one.target, *one.sources} - set(self.states.values)
            if unknown or not one.sources:
                raise ValueError(f"{self.name}: {one.name} names unknown states {sorted(unknown)}")
        _machines.append(self)

    def from_state(self, state: str) -> tuple[Transition, ...]:
        """Return what may be done from a state, in the order of the table."""
        return tuple(one for one in self.transitions if state in one.sources)

    def rows(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield the printed table: from (codes and labels), to, what, who, guard."""
        for one in self.transitions:
            sources = ", ".join(self._printed(state) for state in self.states.values if state in one.sources)
            yield sources, self._printed(one.target), str(one.label), one.actor, str(one.guard)

    def _printed(self, state: str) -> str:
        return f"{self.states(state).label} (`{state}`)"


def machines() -> tuple[StateMachine, ...]:
    """Return every machine of the installed apps, in the order in which they were declared."""
    return tuple(_machines)


@atomic
def advance(
    obj: M, transition: Transition, *, by: Any, at: datetime, reason: str = "", field: str = "state", **fields: Any
) -> M:
    """Apply one transition under a lock of the row: state, dates and log line are written together, or nothing is.

    Args: obj: has a `uuid`, and its state in `field`; its other values are read again under the lock. by: the acting
        user, None for the scheduler or a provider. at: aware. fields: other columns of the row to write at once.
    Returns: the fresh object.
    Raises: TransitionRefused: its state, read under the lock, is not a source of the transition.
    """
    from fres.kernel.models import TransitionLog

    manager = type(obj)._base_manager
    fresh: Any = manager.select_for_update(of=("self",)).get(pk=obj.pk)
    before = getattr(fresh, field)
    if before not in transition.sources:
        raise TransitionRefused(
            _("« %(label)s » ne se fait pas depuis l’état « %(state)s ».")
            % {"label": transition.label, "state": getattr(fresh, f"get_{field}_display")()},
            next_step=_("Rechargez la page : l’état a pu changer entre-temps."),
        )
    values = {**fields, field: transition.target}
    for name, value in values.items():
        setattr(fresh, name, value)
    fresh.save(update_fields=list(values))
    TransitionLog.objects.create(
        subject_type=fresh._meta.label_lower,
        subject_uuid=fresh.uuid,
        transition=transition.name,
        source=before,
        target=transition.target,
        by=by,
        at=at,
        reason=reason,
    )
    return fresh


@atomic
def advance_all(
    rows: models.QuerySet[Any], transition: Transition, *, by: Any, at: datetime, reason: str = "", **fields: Any
) -> int:
    """Apply one transition to many rows at once, as `advance` does to each: all of them or none.

    Args: rows: each with a `uuid` and its state in `state`; locked in the order of their keys.
    Returns: how many. Raises: TransitionRefused: one of them is in another state; nothing is written.
    """
    from fres.kernel.models import TransitionLog

    model = rows.model
    locked = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", "uuid", "state"))
    unfit = {state for _pk, _uuid, state in locked} - transition.sources
    if unfit:
        raise TransitionRefused(
            _("« %(label)s » ne se fait pas depuis l’état « %(state)s ».")
            % {"label": transition.label, "state": ", ".join(sorted(unfit))},
            next_step=_("Rechargez la page : l’état a pu changer entre-temps."),
        )
    keys = [pk for pk, _uuid, _state in locked]
    model._base_manager.filter(pk__in=keys).update(state=transition.target, **fields)
    TransitionLog.objects.bulk_create(
        (
            TransitionLog(
                subject_type=model._meta.label_lower,
                subject_uuid=uuid,
                transition=transition.name,
                source=state,
                target=transition.target,
                by=by,
                at=at,
                reason=reason,
            )
            for _pk, uuid, state in locked
        ),
        batch_size=2_000,
    )
    return len(locked)
