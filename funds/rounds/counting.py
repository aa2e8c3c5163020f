"""The count: ballots published in a drawn order, Equal Shares on the frozen rules, links destroyed, result once."""

import hashlib
import secrets
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.documents import issue_document
from fres.kernel.models import Document
from fres.kernel.money import to_cents
from fres.kernel.states import advance
from funds.allocation.elections import Ballot as CountedBallot
from funds.allocation.elections import BallotKind, CountingRules, Election, VotedProject
from funds.allocation.pabulib import file_of, with_selection, write_pb
from funds.models import RollEntry, Round, RoundResult
from funds.rounds.colleges import ANONYMOUS_FROM, counted_colleges
from funds.rounds.errors import RoundRefused
from funds.rounds.states import CHOOSE, COUNT_VOTE, NOT_CHOOSE, BallotMode, DemandState, RoundState
from funds.rounds.voting import last_ballots, paper_ballots, paper_gaps

if TYPE_CHECKING:
    from funds.allocation.bundle import Bundle

SERIES, KIND = "REPARTITION", "allocation"


@transaction.atomic
def count_round(*, of: Round, at: datetime) -> RoundResult:
    """Count a closed round, share its money under the rules, publish all of it, and destroy the links to ballots.

    Raises: RoundRefused: it is not closed, paper ballots do not agree with the roll, or ballots with its signatures.
        TieLeft: the frozen list does not part projects (it always ends with the drawn order, so it does).
    """
    # Imported here: numpy is for counting, not for every page.
    from funds.allocation.equal_shares import count
    from funds.allocation.telling import as_dict
    from funds.rounds.allocating import allocate_round

    of = Round.objects.select_for_update(of=("self",)).select_related("fund", "compartment").get(pk=of.pk)
    if of.state != RoundState.CLOSED:
        raise RoundRefused(_("Un vote se dépouille une fois, après sa clôture."))
    if gaps := paper_gaps(of):
        raise RoundRefused(" ".join(gaps), next_step=_("Corrigez les saisies, puis dépouillez."))
    election, attributes = drawn_election(of)
    outcome = count(election, CountingRules.from_dict(of.rules))
    file = with_selection(file_of(election, meta=_meta(of), attributes=attributes), outcome.winners)
    text = write_pb(file)
    voters = of.roll.filter(removed_at=None).exclude(channel="").count()
    demands = of.demands.filter(state=DemandState.ON_BALLOT).select_related("project__organisation").order_by("code")
    decided = allocate_round(of, demands, clock.local(at).date(), winners=outcome.winners, election=text)
    result = RoundResult.objects.create(
        round=of, election=text, election_digest=hashlib.sha256(text.encode()).hexdigest(), outcome=as_dict(outcome),
        voters=voters, on_roll=of.roll.filter(removed_at=None).count(), given=decided.given, told=decided.told,
        bundle=None if decided.bundle is None else _issue(of, decided.bundle, at=at),
    )  # fmt: skip
    won = set(outcome.winners)
    for demand in of.demands.filter(state=DemandState.ON_BALLOT).order_by("code"):
        advance(demand, CHOOSE if demand.code in won else NOT_CHOOSE, by=None, at=at)
    destroy_links(of)
    advance(of, COUNT_VOTE, by=None, at=at, counted_at=at)
    return result


def _issue(of: Round, bundle: "Bundle", *, at: datetime) -> Document:
    """Keep the archive as an issued document: a number, its bytes, their hash."""
    return issue_document(
        series=SERIES,
        year=clock.local(at).year,
        kind=KIND,
        about=("round", of.uuid),
        owner_party=None,
        title=_("Archive de répartition, %(title)s") % {"title": of.title},
        at=at,
        mime="application/zip",
        content=bundle.content,
        amounts_cents={"given": bundle.outcome.allocation.total_cents},
    )


def drawn_election(of: Round) -> tuple[Election, dict[str, dict[str, str]]]:
    """Return the election with its ballots numbered in an order drawn now, and the attributes that may be published.

    Raises: RoundRefused: there are not as many ballots as signatures on the roll.
    """
    online = last_ballots(of)
    if len(online) != of.roll.filter(channel=RollEntry.Channel.ONLINE).count():
        raise RoundRefused(_("Le nombre de bulletins n’est pas celui des signatures de la liste électorale."))
    cast = [(ballot.choices, ballot.college, ballot.department) for ballot in online]
    cast += [(choices, college, "") for choices, college in paper_ballots(of)]
    # A member removed after voting left a blank ballot, like any other: as many of its college are taken out.
    removed = of.roll.filter(channel=RollEntry.Channel.ONLINE, removed_at__isnull=False)
    for college in removed.values_list("college", flat=True):
        cast.remove(next(one for one in cast if not one[0] and one[1] == college))
    secrets.SystemRandom().shuffle(cast)
    shared = Counter(department for _choices, _college, department in cast if department)
    colleges = counted_colleges(of.colleges, (college for _choices, college, _department in cast))
    ballots, attributes = [], {}
    for number, (choices, college, department) in enumerate(cast, start=1):
        points = dict(choices) if isinstance(choices, dict) else dict.fromkeys(choices, 1)
        ballots.append(CountedBallot(str(number), points, college if colleges else ""))
        if shared[department] >= ANONYMOUS_FROM:
            attributes[str(number)] = {"department": department}
    demands = of.demands.filter(state=DemandState.ON_BALLOT).select_related("project").order_by("code")
    projects = tuple(VotedProject(one.code, to_cents(one.amount), one.project.title) for one in demands)
    kind = BallotKind.POINTS if of.ballot_kind == BallotMode.POINTS else BallotKind.APPROVAL
    return Election(projects, tuple(ballots), to_cents(of.budget), kind, colleges), attributes


def destroy_links(of: Round) -> int:
    """Destroy what links ballots to members: afterwards nobody, not even the database's owner, can tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT funds_destroy_ballot_links(%s)", [of.pk])
        return int(cursor.fetchone()[0])


def _meta(of: Round) -> dict[str, str]:
    return {
        "description": of.title,
        "country": "France",
        "unit": of.fund.name,
        "instance": of.slug,
        "rule": f"equalshares/{str(of.rules['completion']).lower()}",
        "date_begin": clock.local(of.opens_at).date().isoformat(),
        "date_end": clock.local(of.closes_at).date().isoformat(),
        "language": "fr",
        "currency": "EUR",
        "comment": f"rules sha256 {of.rules_digest}",
    }
