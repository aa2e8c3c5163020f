"""State machines as tables one can print (design D5): one function applies every transition."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation

Subject = TypeVar("Subject", bound=models.Model)


@dataclass(frozen=True)
class Transition:
    """A named change: from any of `sources` to `target`; `actor` is the role (or scheduler, provider) that does it."""

    name: str
    sources: frozenset[str]
    target: str
    label: object
    actor: str


@dataclass(frozen=True)
class StateMachine:
    """A table of states and transitions; `manage.py print_states` writes it into `docs/states.md`."""

    name: object
    states: type[models.TextChoices]
    transitions: tuple[Transition, ...]


class TransitionRefused(RuleViolation):
    """The object is not in a state from which this can be done."""

    rule = "STATE"


@transaction.atomic
def advance(
    subject: Subject,
    transition: Transition,
    *,
    by: Any,
    at: datetime,
    reason: str = "",
    field: str = "state",
    **fields: object,
) -> Subject:
    """Lock the row, check the source, write the state, its `fields` and one log line together.

    Args: by: the acting User, or None for the scheduler or the provider; at: aware.
    Returns: the fresh row. Raises: TransitionRefused: the row is in another state.
    """
    from fres.kernel.models import TransitionLog

    model = type(subject)
    fresh = model._default_manager.select_for_update(of=("self",)).get(pk=subject.pk)
    source = getattr(fresh, field)
    if source not in transition.sources:
        label = dict(model._meta.get_field(field).flatchoices).get(source, source)  # type: ignore[union-attr]
        raise TransitionRefused(
            _("« %(act)s » n’est plus possible : l’état est « %(state)s ».") % {"act": transition.label, "state": label},
            next_step=_("Rechargez la page pour voir où en est le dossier."),
        )
    values = {**fields, field: transition.target}
    for name, value in values.items():
        setattr(fresh, name, value)
    fresh.save(update_fields=list(values))
    TransitionLog.objects.create(
        subject_type=model._meta.label_lower,
        subject_uuid=fresh.uuid,  # type: ignore[attr-defined]
        transition=transition.name,
        source=source,
        target=transition.target,
        by=by,
        at=at,
        reason=reason,
    )
    return fresh
