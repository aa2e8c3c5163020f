"""Elections of any size for the benchmark of votes: the same each time; counted in a process of its own."""

import json
import random
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from funds.allocation.elections import Ballot, Completion, CountingRules, Election, VotedProject
from funds.allocation.equal_shares import count
from funds.allocation.pabulib import file_of, write_pb

BUDGET_OF_A_VOTER_CENTS = 10_000
META = {
    "description": "Benchmark",
    "country": "France",
    "unit": "Benchmark",
    "instance": "1",
    "rule": "equalshares",
    "date_begin": "2026-01-01",
    "date_end": "2026-01-31",
}


@dataclass(frozen=True)
class Measure:
    seconds: float
    megabytes: int
    raises: int
    winners: list[str]


def an_election(voters: int, projects: int) -> tuple[Election, tuple[str, ...]]:
    """Return an election and a drawn order: uneven costs that add up to three budgets, 3 to 15 choices a ballot."""
    source = random.Random(voters * projects)
    codes = [f"p{place:04d}" for place in range(projects)]
    sizes = [source.lognormvariate(0, 0.8) for _code in codes]
    unit = voters * BUDGET_OF_A_VOTER_CENTS * 3 / sum(sizes) / 10_000
    costs = [max(1, int(size * unit)) * 10_000 for size in sizes]
    favour = [source.lognormvariate(0, 1) for _code in codes]
    ballots = tuple(
        Ballot.approving(str(place), dict.fromkeys(source.choices(codes, favour, k=source.randint(3, 15))))
        for place in range(voters)
    )
    drawn = source.sample(codes, len(codes))
    listed = tuple(VotedProject(code, cost) for code, cost in zip(codes, costs, strict=True))
    return Election(listed, ballots, voters * BUDGET_OF_A_VOTER_CENTS), tuple(drawn)


def measured(voters: int, projects: int, completion: str, delta_cents: int) -> Measure:
    """Return what one whole count takes, from ballots in memory to reasons."""
    election, drawn = an_election(voters, projects)
    rules = CountingRules(completion=Completion(completion), delta_cents=delta_cents, drawn_order=drawn)
    started = time.perf_counter()
    outcome = count(election, rules)
    return Measure(
        seconds=time.perf_counter() - started,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        raises=outcome.raises,
        winners=sorted(outcome.winners),
    )


def write_files(folder: Path, voters: int, projects: int) -> None:
    """Write the election as the yardstick reads it: election.pb and drawn.json."""
    election, drawn = an_election(voters, projects)
    (folder / "election.pb").write_text(write_pb(file_of(election, meta=META)), encoding="utf-8")
    (folder / "drawn.json").write_text(json.dumps(drawn), encoding="utf-8")
