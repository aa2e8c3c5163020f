"""Put a question to the vote, vote, count. Nobody votes without quorum, before declaring, recused, or twice."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fres.kernel import clock
from investors.models import User
from projects.committee.access import require_open_file, require_runner, require_seat
from projects.committee.errors import NoQuorum, NotDeclared, ReviewRefused, Vetoed, VoteRefused
from projects.committee.rules import CollegeCount, result_of, support_of
from projects.committee.selectors import Quorum, item_quorum, reading_of, undeclared_present
from projects.committee.states import SessionState
from projects.four_eyes import Act, check_four_eyes
from projects.models import AgendaItem, Attendance, Ballot, College, Decision, Outcome, Session, Vote

Choice = Vote.Choice


@transaction.atomic
def open_ballot(*, item: AgendaItem, proposal: str, by: User, at: datetime) -> Ballot:
    """Put a question to the vote on a file: approve, adjourn or refuse it.

    Raises: CommitteeRefused: neither chair nor secretary. VoteRefused: the session is not open, the file is decided, a
        ballot is open. NoQuorum. NotDeclared: somebody present has not declared. Vetoed: a criterion is totally absent.
        ReviewRefused: nobody scored the grid of a file to approve.
    """
    session = _lock_open(item)
    require_runner(session, by)
    if proposal not in Outcome.values:
        raise VoteRefused(_("Choisissez ce qui est mis aux voix : approuver, ajourner ou refuser."))
    if Decision.objects.filter(item=item).exists():
        raise VoteRefused(_("Ce dossier est décidé."))
    if Ballot.objects.filter(item=item, closed_at=None).exists():
        raise VoteRefused(_("Un scrutin est déjà ouvert sur ce dossier."), next_step=_("Fermez-le d’abord."))
    _check_quorum(item_quorum(item))
    missing = undeclared_present(item)
    if missing:
        raise NotDeclared(
            ngettext(
                "%(count)s personne présente n’a pas déclaré ses intérêts sur ce dossier.",
                "%(count)s personnes présentes n’ont pas déclaré leurs intérêts sur ce dossier.",
                missing,
            )
            % {"count": missing},
            next_step=_("Chacune déclare, puis le scrutin s’ouvre."),
        )
    if proposal == Outcome.APPROVE:
        _check_readings(item)
    last = item.ballots.aggregate(last=Max("rank"))["last"] or 0
    return Ballot.objects.create(item=item, rank=last + 1, proposal=proposal, opened_by=by, opened_at=at)


@transaction.atomic
def cast_vote(*, ballot: Ballot, by: User, choice: str, at: datetime) -> Vote:
    """Write a member's vote, once and for good.

    Raises: VoteRefused: the ballot is closed, they are not in the room, or have voted. NotSeated, NotDeclared, Recused.
        SamePersonTwice: they instructed the file, or prepared its payment (ruling A7). NoQuorum.
    """
    session = _lock_open(ballot.item)
    ballot = Ballot.objects.select_related("item__application").get(pk=ballot.pk)
    seat = require_seat(session, by, clock.local(at).date())
    require_open_file(ballot.item, seat)
    if ballot.closed_at is not None:
        raise VoteRefused(_("Le scrutin est clos."))
    if choice not in Choice.values:
        raise VoteRefused(_("Votez pour, contre, ou abstenez-vous."))
    check_four_eyes(application=ballot.item.application, user=by, act=Act.VOTED)
    if not Attendance.objects.filter(session=session, seat=seat, left_at=None).exists():
        raise VoteRefused(
            _("Vous n’êtes pas noté·e présent·e à cette séance."), next_step=_("Notez votre présence, puis votez.")
        )
    _check_quorum(item_quorum(ballot.item))
    if Vote.objects.filter(ballot=ballot, seat=seat).exists():
        raise VoteRefused(_("Vous avez déjà voté à ce scrutin : un vote ne change pas."))
    return Vote.objects.create(ballot=ballot, seat=seat, choice=choice, at=at)


@transaction.atomic
def close_ballot(*, ballot: Ballot, by: User, at: datetime) -> Ballot:
    """Close a ballot and count it, college by college, exactly.

    Raises: CommitteeRefused: neither chair nor secretary. VoteRefused: closed already. NoQuorum: too few voted.
    """
    session = _lock_open(ballot.item)
    require_runner(session, by)
    ballot = Ballot.objects.select_related("item").get(pk=ballot.pk)
    if ballot.closed_at is not None:
        raise VoteRefused(_("Le scrutin est clos."))
    votes = list(ballot.votes.select_related("seat"))
    quorum = item_quorum(ballot.item)
    _check_quorum(Quorum(entitled=quorum.entitled, present=len(votes), needed=quorum.needed))
    counts = counts_of(College.objects.filter(committee=session.committee_id).order_by("rank"), votes)
    support = support_of(counts)
    chair = next((vote.choice for vote in votes if vote.seat_id == session.chair_id), None)
    ballot.closed_at = at
    ballot.result = result_of(support=support, majority=session.majority, tie_rule=session.tie_rule, chair_choice=chair)
    ballot.support = "" if support is None else str(support)
    ballot.tally = [asdict(count) for count in counts]
    ballot.entitled, ballot.present = quorum.entitled, quorum.present
    ballot.save(update_fields=["closed_at", "result", "support", "tally", "entitled", "present"])
    return ballot


def counts_of(colleges: Iterable[College], votes: Iterable[Vote]) -> tuple[CollegeCount, ...]:
    """Return what each college voted, in the order of the colleges, silent ones included."""
    cast = [(vote.seat.college_id, vote.choice) for vote in votes]
    return tuple(
        CollegeCount(
            name=college.name,
            weight_bp=college.weight_bp,
            yes=cast.count((college.pk, Choice.YES)),
            no=cast.count((college.pk, Choice.NO)),
            abstain=cast.count((college.pk, Choice.ABSTAIN)),
        )
        for college in colleges
    )


def _check_quorum(quorum: Quorum) -> None:
    if not quorum.is_reached:
        raise NoQuorum(
            _("Le quorum n’est pas atteint : %(present)s sur %(entitled)s, il en faut %(needed)s.")
            % {"present": quorum.present, "entitled": quorum.entitled, "needed": quorum.needed},
            next_step=_("Attendez un membre de plus, ou levez la séance : le dossier ira à une autre."),
        )


def _check_readings(item: AgendaItem) -> None:
    reading = reading_of(item)
    if not reading.totals:
        raise ReviewRefused(
            _("Personne n’a encore noté ce dossier : on n’approuve pas sans grille."),
            next_step=_("Un membre au moins remplit la grille."),
        )
    if reading.vetoed:
        raise Vetoed(
            _("Critère totalement absent : %(codes)s. Le dossier ne peut pas être approuvé, quelle que soit la note.")
            % {"codes": ", ".join(one.code for one in reading.vetoed)},
            next_step=_("Mettez aux voix l’ajournement ou le refus."),
        )


def _lock_open(item: AgendaItem) -> Session:
    """Lock the session of an item: attendance, declarations, votes and counts wait for one another."""
    session = (
        Session.objects.select_for_update(of=("self",)).select_related("committee", "chair").get(pk=item.session_id)
    )
    if session.state != SessionState.OPEN:
        raise VoteRefused(
            _("La séance n’est pas ouverte : on ne vote pas."),
            next_step=_("La présidence ou le secrétariat l’ouvre le moment venu."),
        )
    return session
