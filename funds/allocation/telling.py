"""An outcome as plain values and as sentences: what a recount prints and writes."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from funds.allocation.equal_shares import Outcome
from funds.allocation.explaining_votes import Explanation
from funds.allocation.pabulib import units


def as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome fit for JSON: amounts in whole cents, exact fractions as "n/d"."""
    return {
        "winners": [
            {
                "code": win.code,
                "cost_cents": win.cost_cents,
                "how": win.how,
                "effective_votes": None if win.effective_votes is None else str(win.effective_votes),
                "rate_cents": None if win.rate_cents is None else str(win.rate_cents),
            }
            for win in outcome.wins
        ],
        "equal_shares": list(outcome.equal_shares),
        "greedy": None if outcome.greedy is None else list(outcome.greedy),
        "voters": outcome.voters,
        "budget_cents": outcome.budget_cents,
        "spent_cents": outcome.spent_cents,
        "left_cents": outcome.left_cents,
        "virtual_budget_cents": str(outcome.virtual_budget_cents),
        "raises": outcome.raises,
        "preference": None if outcome.preference is None else asdict(outcome.preference),
        "not_funded": [asdict(explanation) for explanation in outcome.explanations],
    }


def sentences(outcome: Outcome) -> Iterator[str]:
    """Yield a line for each winner, in order, then one for each other project."""
    reasons = {
        "shares": "paid by its supporters",
        "support": "added by its number of votes",
        "greedy": "preferred by more voters in the count by votes",
        "all": "everything fits in the budget",
    }
    for place, win in enumerate(outcome.wins, start=1):
        votes = f", {rounded_down(win.effective_votes)} effective votes" if win.effective_votes is not None else ""
        yield f"{place}. {win.code}: {units(win.cost_cents)}{votes}; {reasons[win.how]}"
    if outcome.preference is not None:
        kept = "Equal Shares is kept" if outcome.preference.keeps_equal_shares else "the count by votes is kept"
        yield (
            f"comparison: {outcome.preference.for_equal_shares} for Equal Shares, "
            f"{outcome.preference.for_greedy} for the count by votes; {kept}"
        )
    for explanation in outcome.explanations:
        yield f"– {explanation.code}: {units(explanation.cost_cents)}; {why(explanation)}"


def why(explanation: Explanation) -> str:
    """Return what a project that did not win lacked, in words."""
    if not explanation.supporters:
        return "nobody chose it"
    parts = [f"{explanation.supporters} supporters"]
    which = "with real shares" if explanation.with_real_shares else "at the last count"
    if explanation.missing_cents:
        parts.append(f"together {units(explanation.missing_cents)} short {which}")
    if explanation.more_supporters is not None and explanation.each_cents is not None:
        more = explanation.more_supporters
        parts.append(
            f"{more} supporter{'s' if more > 1 else ''} short, "
            f"{units(explanation.each_cents)} each would have done it in that count"
        )
    if not explanation.fits:
        parts.append("more than the budget has left")
    return ", ".join(parts)


def rounded_down(value: Any) -> str:
    """Return an exact number with two decimals, rounded down: whole numbers as they are."""
    hundredths = value.numerator * 100 // value.denominator
    whole, rest = divmod(hundredths, 100)
    return str(whole) if value.denominator == 1 else f"{whole}.{rest:02}"
