"""A placement of the pot under the rules in force: looked at before, written, looked at after (issue 3.3)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import to_cents
from funds.allocation.problem import Allocation, Share
from funds.four_eyes import earlier_act
from funds.locks import lock_fund
from funds.models import Compartment, Placement
from funds.pool.errors import SamePerson
from funds.pool.facts import facts_of
from funds.pool.placing import place_money
from funds.pool.problem import demand_for, gather_problem
from funds.rules.evaluation import evaluate_after, evaluate_before
from investors.models import User
from projects.models import Project


@transaction.atomic
def decide_placement(
    *,
    compartment: Compartment,
    project: Project,
    amount: Money,
    instrument: str,
    by: User,
    at: datetime,
    reason: str,
    risk_class: str = "",
    currency: str = "",
) -> Placement:
    """Place money of a compartment in one project if every blocking rule allows it.

    Raises: RulesBroken: nothing is written. SamePerson: they instructed or voted on a file of the project (ruling A7).
        NotEnoughCash, PoolRefused.
    """
    fund = lock_fund(compartment.fund)
    done_before = earlier_act(project, by)
    if done_before:
        raise SamePerson(done_before, next_step=_("Demandez à une autre personne de décider ce placement."))
    on = clock.local(at).date()
    cents = to_cents(amount)
    demand = demand_for(
        project, minimum_cents=cents, maximum_cents=cents, instrument=instrument, risk_class=risk_class,
        currency=currency, facts=facts_of([project], on)[project.pk],
    )  # fmt: skip
    problem = gather_problem(fund, on, demands=[demand])
    allocation = Allocation((Share(compartment.slug, project.slug, cents),))
    subject = f"placement:{compartment.slug}:{project.slug}"
    evaluate_before(fund=fund, problem=problem, allocation=allocation, subject=subject, at=at)
    placement = place_money(
        compartment=compartment, project=project, amount=amount, instrument=instrument, by=by, at=at, reason=reason,
        risk_class=risk_class, currency=currency, evaluated_as=subject,
    )  # fmt: skip
    evaluate_after(fund=fund, subject=f"placement:{placement.uuid}", at=at)
    return placement
