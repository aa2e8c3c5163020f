"""Who voted on a file, for the rule of four eyes (ruling A7)."""

from collections.abc import Iterable

from projects.four_eyes import Act, acts_provider
from projects.models import Application, Decision, Vote


@acts_provider(Act.VOTED)
def voted(application: Application) -> Iterable[int]:
    """Return the users who voted on a file, whatever they voted and at whichever session."""
    yield from Vote.objects.filter(ballot__item__application=application).values_list("seat__user", flat=True)


@acts_provider(Act.VOTED)
def decided(application: Application) -> Iterable[int]:
    """Return the users who pronounced a decision of the committee on a file, did they keep the minutes only."""
    yield from Decision.objects.filter(item__application=application).values_list("decided_by", flat=True)
