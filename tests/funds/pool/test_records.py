"""What the desk records about the pot: each form opens, each bad input is refused and writes nothing."""

from datetime import date

import pytest
from django.urls import reverse

from fres.kernel.money import from_cents
from funds.books import check_books
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import AllocationRule, Compartment, Entry, MatchingFund, Placement, RuleEvaluation
from funds.pool.errors import MatchingRefused, NotEnoughCash, PoolRefused, SamePerson
from funds.pool.opening import close_compartment, open_compartment, set_redemption_terms, write_matching
from funds.pool.placing import RulesNotEvaluated, place_money
from funds.pool.record_forms import FORMS
from funds.pool.selectors import tills
from funds.pool.sweeping import record_sweep
from funds.rules.decisions import decide_placement
from tests.funds.factories import FundFactory, LegalEntityFactory, euros
from tests.funds.pool.scenes import JANUARY, a_compartment, a_rule, hold
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in
from tests.projects.factories import AwardFactory, ProjectFactory

pytestmark = pytest.mark.django_db


def terms_of_opening(fund, **fields):
    return {
        "fund": fund, "issuer": fund.entity, "name": "Pot des mines", "purpose": "Tout.", "kind": "COMMON",
        "instrument": "SHARE", "nominal": euros(20), "minimum_units": 1, "maximum_units": 100, "risks": "Perte.",
        "opens_on": date(2026, 2, 2), "by": UserFactory(), "at": JANUARY, **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nominal": euros(0)}, "nominal est positif"),
        ({"minimum_units": 5, "maximum_units": 4}, "bornes en ordre"),
        ({"risks": " "}, "ses risques"),
        ({"kind": "THEME"}, "nomme son thème"),
        ({"kind": "TERRITORY", "place_level": "DEPARTEMENT"}, "un territorial son territoire"),
        ({"opens_on": date(2025, 1, 1)}, "jour passé"),
    ],
)
def test_a_compartment_that_lacks_something_is_refused_and_not_written(fields, words):
    with pytest.raises(PoolRefused, match=words):
        open_compartment(**terms_of_opening(FundFactory(), **fields))
    assert not Compartment.objects.exists()


def test_a_compartment_takes_the_next_rank_and_the_operator_issues_none():
    fund = FundFactory()
    first = open_compartment(**terms_of_opening(fund))
    with pytest.raises(PoolRefused, match="déjà ce nom"):
        open_compartment(**terms_of_opening(fund))
    second = open_compartment(**terms_of_opening(fund, name="Autre"))
    assert (first.rank, second.rank) == (1, 2)
    with pytest.raises(PoolRefused, match="opérateur"):
        open_compartment(**terms_of_opening(fund, name="Tiers", issuer=fund.operator))
    close_compartment(compartment=first, closes_on=date(2026, 3, 1), by=UserFactory(), at=JANUARY)
    with pytest.raises(PoolRefused, match="jour à venir"):
        close_compartment(compartment=second, closes_on=date(2025, 3, 1), by=UserFactory(), at=JANUARY)


def test_redemption_terms_are_added_for_a_day_to_come():
    compartment = a_compartment()
    terms = {
        "compartment": compartment, "valid_from": date(2026, 7, 1), "window_month": 6, "window_day": 1,
        "notice_days": 30, "holding_days": 0, "share_bp": 2_000, "uses_reserve": True, "uses_entrants": False,
        "by": UserFactory(), "at": JANUARY,
    }  # fmt: skip
    for wrong, words in (
        ({"valid_from": date(2025, 7, 1)}, "jour à venir"),
        ({"window_day": 31}, "1er au 28"),
        ({"share_bp": 10_001}, "plus que le capital"),
        ({"uses_reserve": False}, "nouveaux entrants"),
    ):
        with pytest.raises(PoolRefused, match=words):
            set_redemption_terms(**(terms | wrong))
    set_redemption_terms(**terms)
    assert compartment.redemption_terms.count() == 2


def test_the_operator_matches_nothing_and_terms_make_sense():
    fund = FundFactory(region_code="32")
    terms = {
        "fund": fund, "entity": fund.entity, "name": "Un pour un", "financed_by": "Région", "ratio": 1,
        "cap": euros(100), "budget": euros(1_000), "needs_minimum": 0, "starts_on": date(2026, 2, 1),
        "ends_on": date(2026, 3, 1), "by": UserFactory(), "at": JANUARY,
    }  # fmt: skip
    for wrong, words in (
        ({"entity": LegalEntityFactory(operator=True)}, "n’abonde jamais"),
        ({"cap": euros(2_000)}, "plafond"),
        ({"departments": ["75"]}, "75"),
    ):
        with pytest.raises(MatchingRefused, match=words):
            write_matching(**(terms | wrong))
    assert not MatchingFund.objects.exists()
    assert write_matching(**terms).state == "DRAFT"


def test_what_the_provider_collected_reaches_the_bank_once_and_never_more():
    compartment = a_compartment()
    hold(compartment, 100)
    entity = compartment.issuer
    sweep = {"entity": entity, "received_on": date(2026, 1, 12), "by": UserFactory(), "at": JANUARY}
    with pytest.raises(NotEnoughCash, match=r"2.000,00"):
        record_sweep(amount=from_cents(200_001), reference="VIR-1", **sweep)
    with pytest.raises(PoolRefused, match="référence"):
        record_sweep(amount=euros(10), reference=" ", **sweep)
    entry = record_sweep(amount=euros(1_500), reference="VIR-1", **sweep)
    assert record_sweep(amount=euros(1_500), reference="VIR-1", **sweep) == entry
    assert balance_cents(entity=entity, purpose=Purpose.BANK) == 150_000
    (till,) = tills()
    assert (till.bank_cents, till.provider_cents, till.is_short) == (150_000, 50_000, False)
    assert check_books(JANUARY).is_right


def test_nobody_places_money_that_no_rule_was_asked_about():
    compartment, by = a_compartment(), UserFactory()
    hold(compartment, 100)
    place = {
        "compartment": compartment, "project": ProjectFactory(), "amount": euros(100), "instrument": "LOAN", "by": by,
        "at": JANUARY, "reason": "Comité.",
    }  # fmt: skip
    with pytest.raises(RulesNotEvaluated):
        place_money(evaluated_as="placement:rien", **place)
    assert not Placement.objects.exists()
    decide_placement(**place)
    assert list(RuleEvaluation.objects.order_by("pk").values_list("moment", flat=True)) == ["BEFORE", "AFTER"]


def test_who_instructed_a_file_does_not_place_money_in_its_project(monkeypatch):
    compartment = a_compartment()
    hold(compartment, 100)
    monkeypatch.setattr("funds.rules.decisions.earlier_act", lambda project, user: "Cette personne a instruit.")
    with pytest.raises(SamePerson, match="a instruit"):
        decide_placement(
            compartment=compartment, project=ProjectFactory(), amount=euros(100), instrument="LOAN", by=UserFactory(),
            at=JANUARY, reason="Comité.",
        )  # fmt: skip
    assert not Placement.objects.exists()


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("what", sorted(FORMS))
def test_each_form_of_the_pot_opens_for_its_role_and_an_empty_one_writes_nothing(client, what):
    compartment = a_compartment()
    AwardFactory()
    sign_in(client, RoleGrantFactory(role=FORMS[what].roles[0]).user)
    address = reverse("pool:record", args=[compartment.fund.uuid, what])
    assert client.get(address).status_code == 200
    assert client.post(address, {}).status_code == 422


@pytest.mark.usefixtures("clock")
def test_the_treasurer_records_a_transfer_and_opens_no_compartment(client):
    compartment = a_compartment()
    hold(compartment, 100)
    sign_in(client, RoleGrantFactory(role="treasurer").user)
    address = reverse("pool:record", args=[compartment.fund.uuid, "virement"])
    sent = {"entity": compartment.issuer.pk, "amount": "5 000", "received_on": "2026-11-20", "reference": "VIR-9"}
    answer = client.post(address, sent)
    assert answer.status_code == 422 and "VIR-9" in answer.content.decode()
    before = Entry.objects.count()
    assert client.post(address, sent | {"amount": "2 000"}).status_code == 302
    assert Entry.objects.count() == before + 1
    assert client.get(reverse("pool:record", args=[compartment.fund.uuid, "compartiment"])).status_code == 403
    page = client.get(reverse("pool:desk")).content.decode()
    assert "Un virement du prestataire de paiement" in page and "Ouvrir un compartiment" not in page


@pytest.mark.usefixtures("clock")
def test_a_rule_is_ended_from_its_page_with_a_last_day_and_a_reason(client):
    rule = a_rule()
    sign_in(client, RoleGrantFactory(role="manager").user)
    address = reverse("rules:rule", args=[rule.code])
    past = client.post(address, {"act": "end", "last_day": "2026-01-01", "reason": "Fini."})
    assert past.status_code == 200 and AllocationRule.objects.count() == 1
    assert client.post(address, {"act": "end", "last_day": "2026-12-31", "reason": "Fini."}).status_code == 302
    assert AllocationRule.objects.order_by("version").last().valid_to == date(2026, 12, 31)
