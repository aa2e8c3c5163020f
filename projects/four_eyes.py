"""Four eyes on one file: who did what on it, and that nobody does two of them (ruling A7).

Checked on the acts, never on the roles: one person may hold several roles, not act twice on the same file. Each part
of the product says who did its acts; the parts above (`funds`) register theirs, so nothing here looks upwards.
"""

from collections.abc import Callable, Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.models import Application


class Act(TextChoices):
    """The four acts that must come from four persons."""

    INSTRUCTED = "instructed", gettext_lazy("a instruit ce dossier")
    VOTED = "voted", gettext_lazy("a voté sur ce dossier")
    PREPARED = "prepared", gettext_lazy("a préparé le versement")
    APPROVED = "approved", gettext_lazy("a approuvé le versement")


class SamePersonTwice(RuleViolation):
    """The person already did another of the four acts on the same file."""

    rule = "four-eyes"


Provider = Callable[[Application], Iterable[int]]
_providers: list[tuple[Act, Provider]] = []


def acts_provider(act: Act) -> Callable[[Provider], Provider]:
    """Register a function that returns the keys of the users who did an act on an application."""

    def register(provider: Provider) -> Provider:
        _providers.append((act, provider))
        return provider

    return register


def acts_on(application: Application) -> dict[Act, frozenset[int]]:
    """Return who did each act on a file: keys of users, every act present even when nobody did it."""
    found: dict[Act, set[int]] = {act: set() for act in Act}
    for act, provider in _providers:
        found[act].update(provider(application))
    return {act: frozenset(users) for act, users in found.items()}


def check_four_eyes(*, application: Application, user: User, act: Act) -> None:
    """Refuse an act on a file to whoever did another of the four on it.

    Raises: SamePersonTwice.
    """
    for done, users in acts_on(application).items():
        if done != act and user.pk in users:
            raise SamePersonTwice(
                _("Cette personne %(done)s : elle ne peut pas aussi faire cet acte-ci (quatre regards différents).")
                % {"done": done.label},
                next_step=_("Demandez à une autre personne qui a ce rôle."),
            )


def is_stranger(application: Application, user: User) -> bool:
    """Whether a person did none of the four acts on a file: only such a person decides an appeal."""
    return not any(user.pk in users for users in acts_on(application).values())
