"""A signed order places the cash of a compartment: all its projects at once, under the rules in force."""

from datetime import datetime

from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.allocation.problem import Allocation, Share
from funds.locks import lock_fund
from funds.models import AllocationOrder, Compartment, Demand, Placement, Round
from funds.pool.facts import facts_of
from funds.pool.placing import place_money
from funds.pool.problem import demand_for, gather_problem
from funds.rules.evaluation import evaluate_after, evaluate_before
from investors.models import User


def place_order(
    *, of: Round, order: AllocationOrder, compartment: Compartment, by: User, at: datetime
) -> list[Placement]:
    """Place what an order gives, as loans to each project; inside the transaction that signs it.

    The rules are looked at for the whole order before, and again once it is placed.
    Raises: RulesBroken, NotEnoughCash, PoolRefused: nothing is written.
    """
    fund, on = lock_fund(compartment.fund), clock.local(at).date()
    found = {str(one.uuid): one for one in of.demands.select_related("project__organisation", "application")}
    given: list[tuple[Demand, int]] = [(found[line["demand"]], line["amount_cents"]) for line in order.lines]
    projects = [demand.project for demand, _cents in given]
    facts = facts_of(projects, on)
    demands = [
        demand_for(
            demand.project, minimum_cents=cents, maximum_cents=cents, instrument=Placement.Instrument.LOAN,
            facts=facts[demand.project_id],
        )
        for demand, cents in given
    ]  # fmt: skip
    shares = tuple(Share(compartment.slug, demand.project.slug, cents) for demand, cents in given)
    subject = f"allocation:{order.uuid}"
    evaluate_before(
        fund=fund, problem=gather_problem(fund, on, demands=demands), allocation=Allocation(shares), subject=subject,
        at=at,
    )  # fmt: skip
    reason = order.override_motive[:300] or _("Vote « %(title)s »") % {"title": of.title}
    placements = [
        place_money(
            compartment=compartment, project=demand.project, amount=from_cents(cents),
            instrument=Placement.Instrument.LOAN, by=by, at=at, reason=reason, order_uuid=order.uuid,
            evaluated_as=subject,
        )
        for demand, cents in given
    ]  # fmt: skip
    evaluate_after(fund=fund, subject=subject, at=at)
    return placements
