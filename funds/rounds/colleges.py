"""Colleges of a vote: groups of members who share a part of the sum, whatever their number. Pure, but for names.

Weights are budgets (ruling B16). A college that fewer than eleven people vote in would give its ballots away (B21): the
vote is then counted without colleges, as its rules say beforehand.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from funds.allocation.elections import College
from funds.rounds.errors import RoundRefused
from investors.models import Party

ANONYMOUS_FROM = 11  # ruling B21: an attribute is published where at least so many voters share it


def person_and_organisation_colleges(persons: int) -> list[dict[str, str]]:
    """Return two colleges: people, who share so many per cent of the sum, and organisations, who share the rest.

    Raises: RoundRefused: a college would share nothing.
    """
    if not 0 < persons < 100:
        raise RoundRefused(_("La part d’un collège est de plus de 0 % et de moins de 100 %."))
    share = Fraction(persons, 100)
    return [
        {"code": "PERS", "name": _("Personnes"), "weight": str(share), "members": Party.Kind.PERSON},
        {"code": "ORG", "name": _("Organisations"), "weight": str(1 - share), "members": Party.Kind.LEGAL},
    ]


def check_colleges(colleges: Sequence[Mapping[str, Any]]) -> None:
    """Raises: RoundRefused: weights that do not add up to one, a code or a kind of member twice."""
    if not colleges:
        return
    weights = [Fraction(str(one["weight"])) for one in colleges]
    codes = {one["code"] for one in colleges}
    kinds = {one["members"] for one in colleges}
    if sum(weights) != 1 or min(weights) <= 0 or len(codes) != len(colleges) or kinds != set(Party.Kind.values):
        raise RoundRefused(_("Les collèges se partagent toute la somme, et chaque membre est d’un seul."))


def college_of(colleges: Sequence[Mapping[str, Any]], kind: str) -> str:
    """Return the code of the college of a kind of member; "" without colleges."""
    return next((str(one["code"]) for one in colleges if one["members"] == kind), "")


def counted_colleges(colleges: Sequence[Mapping[str, Any]], voters: Iterable[str]) -> tuple[College, ...]:
    """Return the colleges the count uses: none when one of them has fewer than eleven ballots."""
    found = Counter(voters)
    if any(found[str(one["code"])] < ANONYMOUS_FROM for one in colleges):
        return ()
    return tuple(College(str(one["code"]), Fraction(str(one["weight"]))) for one in colleges)


def require_secret(colleges: Sequence[Mapping[str, Any]], roll: Iterable[str]) -> None:
    """Raises: RoundRefused: a college has fewer members on the roll than a secret ballot needs."""
    found = Counter(roll)
    for one in colleges:
        if found[str(one["code"])] < ANONYMOUS_FROM:
            raise RoundRefused(
                _("Le collège « %(name)s » a %(n)d inscrits ; il en faut %(least)d pour que le vote reste secret.")
                % {"name": one["name"], "n": found[str(one["code"])], "least": ANONYMOUS_FROM},
                next_step=_("Figez ce tour sans collèges."),
            )
