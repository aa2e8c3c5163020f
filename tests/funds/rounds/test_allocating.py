"""What the rules make of a vote: winners as constraints, law before votes, amounts up to the maximum, one archive."""

import io
import json
import zipfile

import pytest

from fres.kernel.access import Role
from fres.kernel.documents import open_document
from fres.kernel.money import to_cents
from funds.allocation.bundle import BundleRefused, make_bundle, read_files, recompute
from funds.allocation.elections import Comparison, Completion, CountingRules, Satisfaction
from funds.models import Placement
from funds.rounds.allocating import round_problem
from funds.rounds.counting import count_round
from funds.rounds.errors import OrderRefused, RoundRefused
from funds.rounds.ordering import prepare_order, sign_order
from funds.rounds.preparing import freeze_round, receive_demand
from funds.rounds.voting import cast_vote, open_or_close
from projects.states import ApplicationState
from tests.funds.factories import euros
from tests.funds.pool.scenes import a_rule
from tests.funds.rounds.scenes import (
    AFTER,
    BEFORE,
    CHOICES,
    DURING,
    OPENS,
    a_round,
    closed,
    frozen,
    opened,
    problems_of_votes,
    staff,
    vote,
)
from tests.projects.factories import ApplicationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def later(clock):
    clock.move_to(AFTER)


def counted(of, parties, choices=CHOICES):
    of = opened(of)
    for party, chosen in zip(parties, choices, strict=True):
        vote(of, party, chosen)
    return count_round(of=closed(of), at=AFTER)


def amounts(result):
    return {line["code"]: line["amount_cents"] for line in result.given}


def test_winners_receive_up_to_their_maximum_within_the_sum():
    of, parties = a_round(units=1_000, costs=())
    for least, most in ((6_000, None), (4_000, 5_000), (3_500, 9_000)):
        receive_demand(
            of=of, application=ApplicationFactory(state=ApplicationState.LABELLED), amount=euros(least),
            maximum=None if most is None else euros(most), by=of.created_by, at=BEFORE,
        )  # fmt: skip
    result = counted(of, parties)
    assert sum(amounts(result).values()) == 1_000_000, "what Equal Shares left goes to the winners"
    assert amounts(result)["P02"] in range(400_000, 500_001) and "P01" not in amounts(result)
    order = prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)
    sign_order(order=order, by=staff(Role.MANAGER), at=AFTER)
    placed = sorted(to_cents(one.amount) for one in Placement.objects.filter(order_uuid=order.uuid))
    assert placed == sorted(amounts(result).values())
    assert problems_of_votes() == []


def test_a_rule_adopted_during_the_vote_displaces_a_winner_who_is_named():
    of, parties = a_round(units=1_000)
    of = opened(of)
    for party, chosen in zip(parties, CHOICES, strict=True):
        vote(of, party, chosen)
    a_rule(of.fund, kind="MAX_PER_PROJECT", params={"cents": 380_000})
    result = count_round(of=closed(of), at=AFTER)
    assert amounts(result) == {"P03": 350_000}
    assert any("déplacé par une obligation" in sentence for sentence in result.told["P02"])
    assert "3\u202f800" in result.told["P02"][-1], "and by which rule"


def test_a_project_that_no_vote_could_finance_is_not_put_to_the_vote():
    of, _parties = a_round(units=1_000)
    a_rule(of.fund, kind="MAX_PER_PROJECT", params={"cents": 500_000})
    with pytest.raises(RoundRefused, match=r"quel que soit le vote.*5\u202f000"):
        frozen(of)
    of.refresh_from_db()
    assert of.state == "PREPARED" and not of.roll.exists()


def test_a_round_does_not_promise_more_than_the_cash():
    of, _parties = a_round(units=400)
    with pytest.raises(RoundRefused, match="en caisse"):
        frozen(of)


def test_when_rules_leave_nothing_the_result_names_them_and_gives_nothing():
    of, parties = a_round(units=1_000)
    of = opened(of)
    for party, chosen in zip(parties, CHOICES, strict=True):
        vote(of, party, chosen)
    a_rule(of.fund, kind="MIN_PER_TERRITORY", code="rural", base="COMMITTED",
           params={"level": "DEPARTEMENT", "codes": ["99"], "cents": 100_000})  # fmt: skip
    result = count_round(of=closed(of), at=AFTER)
    assert result.given == [] and result.bundle is None
    assert "impossible à tenir" in result.told[""][0]
    with pytest.raises(OrderRefused, match="ne donne rien"):
        prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)


def test_the_archive_holds_the_ballots_and_recomputes_to_the_same_bytes(tmp_path):
    of, parties = a_round(units=1_000)
    result = counted(of, parties)
    content = open_document(result.bundle)
    assert recompute(content).content == content
    files = read_files(content)
    assert files["election/votes.pb"].decode() == result.election
    assert json.loads(files["election/regles.json"])["ties"] == ["more_approvers", "lower_cost", "drawn_order"]
    assert set(json.loads(files["election/codes.json"])) == {"P01", "P02", "P03"}


def test_an_archive_whose_ballots_elect_others_is_refused():
    of, parties = a_round(units=1_000)
    result = counted(of, parties)
    demands = of.demands.select_related("project__organisation")
    problem = round_problem(of, demands, AFTER.date(), winners=["P01"])
    files = read_files(open_document(result.bundle))
    election = {name.removeprefix("election/"): part for name, part in files.items() if name.startswith("election/")}
    with pytest.raises(BundleRefused, match="elect"):
        recompute(make_bundle(problem, election).content)


def test_a_touched_ballot_is_refused_by_its_hash():
    of, parties = a_round(units=1_000)
    content = open_document(counted(of, parties).bundle)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b"\n" if name.endswith(".pb") else b""))
    with pytest.raises(BundleRefused, match=r"votes\.pb"):
        recompute(out.getvalue())


def test_the_endowment_is_shared_by_the_vote_alone_and_has_its_archive():
    of, parties = a_round()
    result = counted(of, parties)
    assert amounts(result) == {"P02": 400_000, "P03": 350_000}
    assert recompute(open_document(result.bundle)).content == open_document(result.bundle)


def test_a_demand_above_its_maximum_is_refused():
    of, _parties = a_round()
    application = ApplicationFactory(state=ApplicationState.LABELLED)
    for most in (3_999, 10_001):
        with pytest.raises(RoundRefused, match="maximum"):
            receive_demand(
                of=of, application=application, amount=euros(4_000), maximum=euros(most), by=of.created_by, at=BEFORE
            )
    assert of.demands.count() == 3


def test_the_count_rules_are_all_recorded():
    of, parties = a_round(units=1_000, ballot_kind="POINTS", points=10)
    rules = CountingRules(
        satisfaction=Satisfaction.POINTS, completion=Completion.ADD1E, delta_cents=1, comparison=Comparison.EXCLUSION
    )
    of = freeze_round(of=of, rules=rules, by=of.created_by, at=BEFORE, drawn=["P03", "P01", "P02"])
    of = open_or_close(of=of, at=OPENS)
    for party, points in zip(parties, ({"P01": 10}, {"P01": 5, "P02": 5}, {"P02": 10}, {"P03": 7}, {}), strict=True):
        cast_vote(of=of, party=party, choices=points, by=party.user, at=DURING)
    content = open_document(count_round(of=closed(of), at=AFTER).bundle)
    rules = json.loads(read_files(content)["election/regles.json"])
    assert (rules["satisfaction"], rules["completion"], rules["comparison"]) == ("points", "ADD1E", "exclusion")
    assert (rules["delta_cents"], rules["drawn_order"]) == (1, ["P03", "P01", "P02"])
    assert recompute(content).content == content
