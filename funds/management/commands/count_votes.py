"""Count an election again from its public `.pb` file: needs no database."""

import json
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fres.kernel.errors import RuleViolation
from funds.allocation.elections import Comparison, Completion, CountingRules, Satisfaction, TieRule
from funds.allocation.pabulib import units


class Command(BaseCommand):
    help = (
        "Count the votes of a .pb file by Equal Shares, print who wins and why the others do not, write it in a folder."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--election", type=Path, required=True, help="the .pb file")
        parser.add_argument("--out", type=Path, required=True, help="folder of the result, made when missing")
        parser.add_argument("--rules", type=Path, help="JSON file of frozen rules; the options below change them")
        parser.add_argument("--satisfaction", choices=[str(one) for one in Satisfaction])
        parser.add_argument("--completion", choices=[str(one) for one in Completion])
        parser.add_argument("--comparison", choices=[str(one) for one in Comparison])
        parser.add_argument("--delta-cents", type=int, help="what a raise adds for each voter: 100 or 1")
        parser.add_argument("--ties", type=_ties, help=f"published list, in order: {','.join(TieRule)}")
        parser.add_argument("--drawn-order", type=Path, help="file with one project code a line, as drawn")
        parser.add_argument("--starts-whole", action="store_true", default=None, help="raise from a whole share")
        parser.add_argument("--counts-empty-ballots", action="store_true", default=None)
        parser.add_argument("--greedy-stops", dest="greedy_skips", action="store_false", default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        # Imported here: numpy is for counting, not for every command.
        from funds.allocation.equal_shares import count
        from funds.allocation.pabulib import election_of, read_pb, with_selection, write_pb
        from funds.allocation.telling import as_dict, sentences

        try:
            file = read_pb(options["election"].read_text(encoding="utf-8-sig"))
            rules = _rules(options)
            outcome = count(election_of(file), rules, progress=self._say if options["verbosity"] > 1 else None)
        except (RuleViolation, OSError, UnicodeDecodeError) as refusal:
            raise CommandError(str(refusal)) from refusal
        out: Path = options["out"]
        out.mkdir(parents=True, exist_ok=True)
        (out / "result.pb").write_text(write_pb(with_selection(file, outcome.winners)), encoding="utf-8")
        (out / "result.json").write_text(_json(as_dict(outcome)), encoding="utf-8")
        (out / "rules.json").write_text(_json(rules.as_dict()), encoding="utf-8")
        for line in sentences(outcome):
            self.stdout.write(line)
        self.stdout.write(
            f"counted: {outcome.voters} ballots, {len(outcome.winners)} projects funded for "
            f"{units(outcome.spent_cents)} of {units(outcome.budget_cents)}, {outcome.raises} raises"
        )

    def _say(self, raises: int) -> None:
        self.stdout.write(f"… {raises} raises")


def _ties(text: str) -> tuple[str, ...]:
    known = {str(rule) for rule in TieRule}
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in known]:
        raise ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    return names


def _rules(options: dict[str, Any]) -> CountingRules:
    values = json.loads(options["rules"].read_text(encoding="utf-8")) if options["rules"] else {}
    for key in (
        "satisfaction",
        "completion",
        "comparison",
        "delta_cents",
        "ties",
        "starts_whole",
        "counts_empty_ballots",
        "greedy_skips",
    ):
        if options[key] is not None:
            values[key] = options[key]
    if options["drawn_order"]:
        values["drawn_order"] = options["drawn_order"].read_text(encoding="utf-8").split()
    return CountingRules.from_dict(values)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
