"""A round in tests: a pot that holds money, three approved files, five members whose money cleared."""

from datetime import UTC, date, datetime, timedelta

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.parameter_seeds import load_seeds
from funds.allocation.elections import CountingRules
from funds.books import check_books
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.rounds.preparing import freeze_round, prepare_round, receive_demand
from funds.rounds.voting import cast_vote, open_or_close
from projects.states import ApplicationState
from tests.funds.factories import CommitmentFactory, FundFactory, OfferFactory, euros
from tests.funds.pool.scenes import a_compartment, hold
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.projects.factories import ApplicationFactory

BEFORE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OPENS = BEFORE + timedelta(days=7)
CLOSES = OPENS + timedelta(days=14)
DURING, AFTER = OPENS + timedelta(days=1), CLOSES + timedelta(hours=1)
CHOICES = (["P01"], ["P01", "P02"], ["P01", "P02"], ["P02", "P03"], ["P03"])  # the worked example of the fact sheet
RULES = CountingRules()


def staff(role):
    user = UserFactory()
    RoleGrantFactory(user=user, role=role)
    return user


def fill_pot(fund, euros_held=20_000, at=BEFORE):
    entity, on = fund.entity, at.date()
    post_entry(
        entity=entity, journal="BQ", key="test:pot", accounting_date=on, value_date=on, label="Pot commun",
        transfers=[Line(account_for(entity, Purpose.BANK), account_for(entity, Purpose.COMMON_POT), euros_held * 100)],
        piece_ref="Pot", piece_date=on, source=("test", None), at=at,
    )  # fmt: skip


def a_round(budget=10_000, members=5, costs=(6_000, 4_000, 3_500), units=0, **changes):
    """Return a round being prepared, its members (parties), with demands P01, P02, P03.

    Args: units: of 20 € of a compartment, held by the first member; the round then shares that compartment's cash.
    """
    load_seeds(demonstration=True)
    fund = FundFactory()
    fill_pot(fund)
    offer = OfferFactory(fund=fund, succeeded=True)
    parties = [CommitmentFactory(offer=offer, settled=True, cleared_at=BEFORE).saver for _rank in range(members)]
    if units:
        changes["compartment"] = a_compartment(fund)
        hold(changes["compartment"], units, saver=parties[0])
    values = {"roll_on": date(2026, 11, 25), "opens_at": OPENS, "closes_at": CLOSES, **changes}
    of = prepare_round(
        fund=fund, title="Le pot de l’hiver", summary="Trois projets.", budget=euros(budget), by=staff(Role.MANAGER),
        at=BEFORE, **values,
    )  # fmt: skip
    for cost in costs:
        ask(of, cost)
    return of, parties


def ask(of, cost, state=ApplicationState.LABELLED):
    return receive_demand(
        of=of, application=ApplicationFactory(state=state), amount=euros(cost), by=of.created_by, at=BEFORE
    )


def frozen(of, rules=RULES):
    return freeze_round(of=of, rules=rules, by=of.created_by, at=BEFORE, drawn=[d.code for d in of.demands.all()])


def opened(of):
    return open_or_close(of=frozen(of), at=OPENS)


def vote(of, party, choices, at=DURING):
    return cast_vote(of=of, party=party, choices=choices, by=party.user, at=at)


def closed(of):
    return open_or_close(of=of, at=CLOSES)


def problems_of_votes():
    """What `check_books` finds, but for the commitments of the scene: rows only, whose offer was never decided."""
    report = check_books(at=clock.now())
    return [str(problem) for problem in report.problems if not problem.where.startswith("offer:")]
