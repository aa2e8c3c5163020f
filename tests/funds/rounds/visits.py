"""What the access table asks of the pages of votes."""

from fres.kernel import clock
from funds.rounds.counting import count_round
from tests.access_objects import Visit, visit
from tests.funds.rounds.scenes import AFTER, CHOICES, a_round, closed, opened, vote


@visit("rounds:round")
@visit("rounds:receipts")
@visit("rounds:election_file")
@visit("rounds:rules_file")
@visit("rounds:bundle")
def _counted() -> Visit:
    with clock.freeze(AFTER):
        of, parties = a_round()
        of = opened(of)
        for party, choices in zip(parties, CHOICES, strict=True):
            vote(of, party, choices)
        count_round(of=closed(of), at=AFTER)
    return Visit(kwargs={"slug": of.slug})


@visit("rounds:vote")
def _open() -> Visit:
    with clock.freeze(AFTER):
        of, parties = a_round()
        of = opened(of)
    return Visit(kwargs={"slug": of.slug}, owner=parties[0].user)


@visit("rounds:desk_round")
def _prepared() -> Visit:
    return Visit(kwargs={"uuid": a_round()[0].uuid})
