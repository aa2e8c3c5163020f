"""Run by the throw-away environment of `benchmarks.votes`, where pabutools is: count a `.pb` file, print one JSON line.

Arguments: folder of election.pb and drawn.json; what each raise adds to each voter, 0 for none. Knows nothing of ours.
"""

import json
import resource
import sys
import time
from pathlib import Path

from pabutools.election import Cost_Sat, parse_pabulib
from pabutools.fractions import frac
from pabutools.rules import method_of_equal_shares
from pabutools.tiebreaking import TieBreakingRule

folder, increment = Path(sys.argv[1]), int(sys.argv[2])
sys.setrecursionlimit(100_000)  # it calls itself once for each project bought
instance, profile = parse_pabulib(str(folder / "election.pb"))
drawn = {code: place for place, code in enumerate(json.loads((folder / "drawn.json").read_text()))}
approvers: dict[str, int] = {}
for ballot in profile:
    for project in ballot:
        approvers[project.name] = approvers.get(project.name, 0) + 1
ties = TieBreakingRule(
    lambda _instance, _profile, project: (-approvers[project.name], project.cost, drawn[project.name])
)
started = time.perf_counter()
winners = method_of_equal_shares(
    instance,
    profile,
    sat_class=Cost_Sat,
    tie_breaking=ties,
    voter_budget_increment=frac(increment) if increment else None,
)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - started,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "winners": sorted(project.name for project in winners),
        }
    )
)
