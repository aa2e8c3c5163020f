"""What falls due by itself on rounds: a vote opens and closes at its hour, then is counted."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.models import Round
from funds.rounds.counting import count_round
from funds.rounds.states import RoundState
from funds.rounds.voting import open_or_close, paper_gaps


@duty(order=45)
def open_close_and_count_votes(at: datetime) -> str:
    """Open frozen rounds, close open ones, and count the closed whose paper ballots agree with the roll."""
    moved = counted = waiting = 0
    for of in Round.objects.filter(state__in=(RoundState.FROZEN, RoundState.OPEN, RoundState.CLOSED)).order_by("pk"):
        before = of.state
        fresh = open_or_close(of=of, at=at)
        moved += fresh.state != before
        if fresh.state == RoundState.CLOSED:
            if paper_gaps(fresh):
                waiting += 1
            else:
                count_round(of=fresh, at=at)
                counted += 1
    return f"votes: {moved} opened or closed, {counted} counted, {waiting} waiting for their paper ballots"
