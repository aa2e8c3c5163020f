"""Voting: one member, one secret ballot, changeable until the close; a receipt for the voter, a line on the board.

The receipt is the hash of the round, a key shown once to the voter and their choices: they can prove what it says,
and nobody else can read it. Neither the board nor the message carries anything that leads to the ballot.
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from fres.kernel.messages import queue_message
from fres.kernel.states import advance
from funds.models import Ballot, BallotReceipt, PaperKeying, RollEntry, Round
from funds.rounds.errors import ChoiceRefused, NotOnTheRoll, RemovedFromTheRoll, RoundRefused, VoteClosed, VotedOnPaper
from funds.rounds.states import CLOSE_VOTE, OPEN_VOTE, BallotMode, DemandState, RoundState
from investors.models import Party, User

BEFORE_CLOSE = frozenset({RoundState.FROZEN, RoundState.OPEN})


@dataclass(frozen=True)
class Receipt:
    """What the voter keeps. `key` is written nowhere: with the choices it opens the code."""

    code: str
    key: str
    choices: tuple[str, ...]  # "P01", or "P01=4" in a vote by points


Choices = list[str] | dict[str, int]


def as_written(chosen: Choices) -> list[str]:
    """Return choices as the voter reads them and as the receipt is computed: "P01", or "P01=4" in a vote by points."""
    return [f"{code}={points}" for code, points in sorted(chosen.items())] if isinstance(chosen, dict) else chosen


def receipt_code(round_uuid: object, key: str, choices: Iterable[str]) -> str:
    """Return the code that a key and choices give: 64 hexadecimal signs. Anyone can compute it again."""
    return hashlib.sha256(f"{round_uuid}|{key}|{','.join(sorted(choices))}".encode()).hexdigest()


@transaction.atomic
def cast_vote(
    *, of: Round, party: Party, choices: Collection[str] | Mapping[str, int], by: User, at: datetime
) -> Receipt:
    """Cast a member's ballot, or replace the one they cast before, until the close.

    Args: choices: codes of projects on the list, or points by code in a vote by points; none is a blank ballot.
        at: aware.
    Raises: VoteClosed; NotOnTheRoll; RemovedFromTheRoll; VotedOnPaper; ChoiceRefused. Nothing is written.
    """
    of = Round.objects.select_for_update(of=("self",), no_key=True).get(pk=of.pk)
    if of.state != RoundState.OPEN or not of.opens_at <= at < of.closes_at:
        raise VoteClosed(
            _("Ce vote n’est pas ouvert."), next_step=_("Ses dates, et le résultat, sont sur la page du vote.")
        )
    entry = _entry(of, party)
    if entry.channel == RollEntry.Channel.PAPER:
        raise VotedOnPaper(
            _("Vous avez voté sur papier."), next_step=_("Un bulletin par personne : il ne change plus.")
        )
    chosen = _checked(of, choices)
    _insert(entry, chosen, party)
    entry.channel = RollEntry.Channel.ONLINE
    entry.save(update_fields=["channel"])
    key = secrets.token_urlsafe(18)
    written = as_written(chosen)
    receipt = Receipt(receipt_code(of.uuid, key, written), key, tuple(written))
    BallotReceipt.objects.create(round=of, code=receipt.code)
    queue_message(
        to=by.email,
        template="rounds/receipt",
        context={
            "title": of.title,
            "code": receipt.code,
            "url": f"{settings.SITE_URL}{reverse('rounds:round', args=[of.slug])}",
        },
        key=f"vote:{receipt.code}",
        about=("round", of.uuid),
        at=at,
        language=by.language,
    )
    return receipt


@transaction.atomic
def remove_from_roll(*, entry: RollEntry, reason: str, by: User, at: datetime) -> RollEntry:
    """Take a member off the roll; a ballot they cast online is made blank, and they cannot cast another.

    Raises: RoundRefused: no reason, the vote is over, or the ballot is on paper and cannot be found again.
    """
    if not reason.strip():
        raise RoundRefused(_("Une radiation demande un motif."))
    of = Round.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.round_id)
    entry = RollEntry.objects.select_for_update(of=("self",)).select_related("party").get(pk=entry.pk)
    if of.state not in BEFORE_CLOSE or entry.removed_at is not None:
        raise RoundRefused(_("La liste électorale ne change plus, ou cette personne est déjà radiée."))
    if entry.channel == RollEntry.Channel.PAPER:
        raise RoundRefused(_("Cette personne a voté sur papier : son bulletin est secret et ne se retire plus."))
    if entry.channel == RollEntry.Channel.ONLINE:
        _insert(entry, {} if of.ballot_kind == BallotMode.POINTS else [], entry.party)
    entry.removed_at, entry.removed_reason, entry.removed_by = at, reason.strip()[:200], by
    entry.save(update_fields=["removed_at", "removed_reason", "removed_by"])
    return entry


@transaction.atomic
def sign_paper_voter(*, entry: RollEntry, by: User, at: datetime) -> RollEntry:
    """Write on the roll that a member put a paper ballot in the box.

    Raises: VotedOnPaper: they voted already, either way. RemovedFromTheRoll. VoteClosed.
    """
    of = Round.objects.select_for_update(of=("self",), no_key=True).get(pk=entry.round_id)
    if of.state != RoundState.OPEN or not of.opens_at <= at < of.closes_at:
        raise VoteClosed(_("Ce vote n’est pas ouvert."))
    entry = _entry(of, entry.party)
    if entry.channel:
        raise VotedOnPaper(
            _("Cette personne a déjà voté, %(how)s.") % {"how": entry.get_channel_display()},
            next_step=_("Un bulletin par personne."),
        )
    entry.channel = RollEntry.Channel.PAPER
    entry.save(update_fields=["channel"])
    return entry


@transaction.atomic
def key_paper_ballot(
    *,
    of: Round,
    number: int,
    choices: Collection[str] | Mapping[str, int],
    by: User,
    at: datetime,
    college: str = "",
) -> PaperKeying:
    """Key one paper ballot as one of two people; keyed again, the last row of that person speaks.

    Args: college: the one printed on the ballot, in a vote with colleges.
    Raises: RoundRefused: the vote is not open or closed, two other people keyed it, or the college is none of the
        vote's. ChoiceRefused.
    """
    of = Round.objects.select_for_update(of=("self",), no_key=True).get(pk=of.pk)
    if of.state not in (RoundState.OPEN, RoundState.CLOSED) or number < 1:
        raise RoundRefused(_("Les bulletins papier se saisissent entre l’ouverture et le dépouillement."))
    others = set(of.paper_keyings.filter(number=number).exclude(keyed_by=by).values_list("keyed_by", flat=True))
    if len(others) > 1:
        raise RoundRefused(_("Deux personnes ont déjà saisi ce bulletin."))
    if college not in ({str(one["code"]) for one in of.colleges} or {""}):
        raise RoundRefused(_("Le bulletin papier porte l’un des collèges de ce vote."))
    chosen = _checked(of, choices)
    return PaperKeying.objects.create(
        round=of, number=number, choices=chosen, college=college, keyed_by=by, keyed_at=at
    )


def paper_gaps(of: Round) -> list[str]:
    """Return what keeps paper ballots from being counted, in words; empty when they agree with the roll."""
    gaps, by_number = [], _keyed(of)
    for number, keyed in sorted(by_number.items()):
        if len(keyed) < 2:
            gaps.append(_("Le bulletin papier %(number)d n’est saisi que par une personne.") % {"number": number})
        elif any(one != next(iter(keyed.values())) for one in keyed.values()):
            gaps.append(_("Les deux saisies du bulletin papier %(number)d diffèrent.") % {"number": number})
    signed = of.roll.filter(channel=RollEntry.Channel.PAPER).count()
    colleges = Counter(next(iter(keyed.values()))[1] for keyed in by_number.values())
    on_roll = Counter(of.roll.filter(channel=RollEntry.Channel.PAPER).values_list("college", flat=True))
    if signed == len(by_number) and colleges != on_roll:
        gaps.append(_("Les bulletins papier ne se répartissent pas entre les collèges comme les signatures."))
    if signed != len(by_number):
        gaps.append(
            _("La liste porte %(signed)d votes sur papier ; %(keyed)d bulletins sont saisis.")
            % {"signed": signed, "keyed": len(by_number)}
        )
    return gaps


def paper_ballots(of: Round) -> list[tuple[Choices, str]]:
    """Return the choices and the college of each paper ballot, by number, once `paper_gaps` finds nothing."""
    return [next(iter(keyed.values())) for _number, keyed in sorted(_keyed(of).items())]


def last_ballots(of: Round) -> list[Ballot]:
    """Return the ballot that counts for each pseudonym: the one of highest rank."""
    return list(of.ballots.order_by("pseudonym", "-rank").distinct("pseudonym"))


@transaction.atomic
def open_or_close(*, of: Round, at: datetime) -> Round:
    """Open a frozen round at its hour, or close an open one; otherwise return it as it is."""
    of = Round.objects.select_for_update(of=("self",)).get(pk=of.pk)
    if of.state == RoundState.FROZEN and at >= of.opens_at:
        of = advance(of, OPEN_VOTE, by=None, at=at)
    if of.state == RoundState.OPEN and at >= of.closes_at:
        of = advance(of, CLOSE_VOTE, by=None, at=at)
    return of


def _keyed(of: Round) -> dict[int, dict[int, tuple[Choices, str]]]:
    found: dict[int, dict[int, tuple[Choices, str]]] = {}
    for row in of.paper_keyings.order_by("number", "pk"):
        found.setdefault(row.number, {})[row.keyed_by_id] = (row.choices, row.college)
    return found


def _entry(of: Round, party: Party) -> RollEntry:
    entry = RollEntry.objects.select_for_update(of=("self",)).filter(round=of, party=party).first()
    if entry is None:
        raise NotOnTheRoll
    if entry.removed_at is not None:
        raise RemovedFromTheRoll(entry.removed_reason)
    return entry


def _checked(of: Round, choices: Collection[str] | Mapping[str, int]) -> Choices:
    listed = set(of.demands.filter(state=DemandState.ON_BALLOT).values_list("code", flat=True))
    chosen = sorted(set(choices))
    if unknown := [code for code in chosen if code not in listed]:
        raise ChoiceRefused(_("« %(code)s » n’est pas sur la liste de ce vote.") % {"code": unknown[0]})
    if (of.ballot_kind == BallotMode.POINTS) != isinstance(choices, Mapping):
        raise ChoiceRefused(_("Ce bulletin n’est pas du genre de ce vote."))
    if isinstance(choices, Mapping):
        return _checked_points(of, choices)
    if len(chosen) > of.max_choices:
        raise ChoiceRefused(
            _("Vous avez choisi %(n)d projets ; %(most)d au plus.") % {"n": len(chosen), "most": of.max_choices},
            next_step=_("Retirez-en, puis votez."),
        )
    return chosen


def _checked_points(of: Round, choices: Mapping[str, int]) -> dict[str, int]:
    if any(type(points) is not int or points < 0 for points in choices.values()):
        raise ChoiceRefused(_("Les points sont des nombres entiers, zéro ou plus."))
    given = sum(choices.values())
    if given > of.points:
        raise ChoiceRefused(
            _("Vous donnez %(n)d points ; vous en avez %(most)d.") % {"n": given, "most": of.points},
            next_step=_("Retirez-en, puis votez."),
        )
    return {code: points for code, points in sorted(choices.items()) if points}


def _insert(entry: RollEntry, choices: Choices, party: Party) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT funds_cast_ballot(%s, %s::jsonb, %s)", [entry.pk, json.dumps(choices), party.commune_code[:2]]
        )
