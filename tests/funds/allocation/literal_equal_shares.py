"""The Method of Equal Shares written down step by step from the fact sheet (§5.2) and ruling B16, as slow as it reads.

It shares no code with `funds.allocation`, not even its types: voters are (budget weight, {project: points}), projects
are {code: cost}. Every number is a Fraction. It exists to be believed, not to be run on real elections.
"""

from fractions import Fraction


class Undecided(Exception):
    """The tie list leaves several projects first."""


def equal_shares_once(costs, voters, budgets, utility, tie_key):
    """Return the winners in order. `utility(voter, code)`: whole; `tie_key(code)`: smaller comes first."""
    left = list(budgets)
    remaining = {code for code in costs if any(utility(voter, code) > 0 for voter in voters)}
    winners = []
    while True:
        rates = {}
        for code in sorted(remaining):
            backers = [i for i, voter in enumerate(voters) if utility(voter, code) > 0]
            if sum(left[i] for i in backers) < costs[code]:
                remaining.discard(code)
                continue
            backers.sort(key=lambda i: left[i] / utility(voters[i], code))
            paid = Fraction(0)
            units = sum(utility(voters[i], code) for i in backers)
            for i in backers:
                rate = (costs[code] - paid) / Fraction(units)
                if rate * utility(voters[i], code) > left[i]:
                    paid += left[i]
                    units -= utility(voters[i], code)
                else:
                    break
            rates[code] = rate
        if not remaining:
            return winners, left
        yield_of = {code: worth(costs, code, utility) / rates[code] for code in rates}
        best = max(yield_of.values())
        equals = [code for code in rates if yield_of[code] == best]
        first = min(tie_key(code) for code in equals)
        firsts = [code for code in equals if tie_key(code) == first]
        if len(firsts) > 1:
            raise Undecided(sorted(firsts))
        (chosen,) = firsts
        for i, voter in enumerate(voters):
            if utility(voter, chosen) > 0:
                left[i] -= min(left[i], rates[chosen] * utility(voter, chosen))
        winners.append(chosen)
        remaining.discard(chosen)


def worth(costs, code, utility):
    """What one unit of the rate buys: the cost when satisfaction is cost (its unit being a vote), else one unit."""
    return costs[code] if utility is by_cost else 1


def by_cost(voter, code):
    """Satisfaction `cost` is proportional to a unit for each supporter: the payments are equal, the votes effective."""
    return 1 if voter[1].get(code) else 0


def by_one(voter, code):
    return 1 if voter[1].get(code) else 0


def by_points(voter, code):
    return voter[1].get(code, 0)


UTILITIES = {"cost": by_cost, "one": by_one, "points": by_points}


def count(costs, voters, budget, *, satisfaction, completion, delta, ties, drawn):
    """Return the set of winners. Voters whose ballot is empty are left out. `weights`: first of each voter, total 1."""
    voters = [voter for voter in voters if voter[1]]
    if sum(costs.values()) <= budget:
        return set(costs)
    if not voters:
        return set()
    utility = UTILITIES[satisfaction]
    approvers = {code: sum(1 for voter in voters if voter[1].get(code)) for code in costs}

    def tie_key(code):
        key = []
        for rule in ties:
            if rule == "more_approvers":
                key.append(-approvers[code])
            if rule == "lower_cost":
                key.append(costs[code])
            if rule == "higher_cost":
                key.append(-costs[code])
            if rule == "drawn_order":
                key.append(drawn.index(code))
        return key

    def run(total):
        budgets = [Fraction(total) * voter[0] for voter in voters]
        return equal_shares_once(costs, voters, budgets, utility, tie_key)[0]

    def cost_of(chosen):
        return sum(costs[code] for code in chosen)

    chosen = run(budget)
    if completion.startswith("ADD1"):
        exhaustive_stops = completion.startswith("ADD1E")
        raises = 0
        supported = {code for code in costs if approvers[code]}
        while set(chosen) != supported:
            room = budget - cost_of(chosen)
            if exhaustive_stops and not any(costs[code] <= room for code in supported - set(chosen)):
                break
            raises += 1
            proposed = run(budget + raises * len(voters) * delta)
            if cost_of(proposed) > budget:
                break
            chosen = proposed
    if completion.endswith("U"):
        weight = {
            code: sum(voter[0] * utility(voter, code) for voter in voters if utility(voter, code)) for code in costs
        }
        others = sorted(
            (code for code in costs if code not in chosen and approvers[code]),
            key=lambda code: (-weight[code], tie_key(code)),
        )
        for code in others:
            if cost_of(chosen) + costs[code] <= budget:
                chosen.append(code)
    return set(chosen)
