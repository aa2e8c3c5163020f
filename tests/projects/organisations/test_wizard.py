"""Questions without an account: yes, perhaps or no with coded reasons; a profile, never a mark; nothing is written."""

from io import StringIO
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from projects.models import KeptAnswers, Tool
from projects.organisations import diagnosis
from projects.organisations.eligibility import REASONS, Answers, Limits, Outcome, evaluate
from projects.organisations.tools import SHIPPED, fitting_tools, load_tools, read_tools
from tests.investors.factories import UserFactory
from tests.investors.sessions import sign_in
from tests.projects.organisations.visits import DIAGNOSED, ELIGIBLE, a_departement

LIMITS = Limits(minimum_euros=5_000, maximum_euros=2_000_000, months_ahead=4)
YES = ELIGIBLE | {"amount": 40_000}


def said(**changes):
    return evaluate(Answers(**(YES | changes)), LIMITS)


def test_nothing_against_it_is_a_yes():
    assert said() == said(profit="shared")  # an association shares no profit: the answer is beside the point
    assert (said().outcome, said().reasons) == (Outcome.YES, ())


@pytest.mark.parametrize(
    ("changes", "codes", "outcome"),
    [
        ({"place": "elsewhere"}, ["PLACE_ELSEWHERE"], Outcome.NO),
        ({"form": "sole"}, ["FORM_SOLE"], Outcome.NO),
        ({"form": "company"}, ["COMPANY_OUTSIDE_ESS"], Outcome.PERHAPS),
        ({"form": "company", "profit": "shared"}, ["PROFIT_SHARED", "COMPANY_OUTSIDE_ESS"], Outcome.NO),
        ({"form": "none", "stage": "CREATION"}, ["IN_CREATION"], Outcome.PERHAPS),
        ({"purpose": "placement"}, ["PURPOSE_SPECULATIVE"], Outcome.NO),
        ({"amount": 4_999}, ["AMOUNT_TOO_SMALL"], Outcome.NO),
        ({"amount": 5_000}, [], Outcome.YES),
        ({"amount": 2_000_000}, [], Outcome.YES),
        ({"amount": 2_000_001}, ["AMOUNT_TOO_LARGE"], Outcome.PERHAPS),
        ({"bank": "covers"}, ["BANK_COVERS"], Outcome.NO),
        ({"bank": "not_asked", "support": "none"}, ["BANK_NOT_ASKED", "NO_SUPPORT"], Outcome.PERHAPS),
        ({"when": "soon"}, ["TOO_SOON"], Outcome.PERHAPS),
    ],
)
def test_each_answer_has_its_reason(changes, codes, outcome):
    verdict = said(**changes)
    assert ([reason.code for reason in verdict.reasons], verdict.outcome) == (codes, outcome)


def test_every_reason_says_the_rule_and_what_to_do_next():
    assert all(str(reason.rule) and str(reason.next_step) for reason in REASONS.values())


def test_sobriety_comes_first_and_nothing_is_added_up():
    assert [question.code for question in diagnosis.QUESTIONS][:2] == list(diagnosis.SOBRIETY_FIRST)
    lines = diagnosis.read_profile(DIAGNOSED | {"sobriety": "0", "work": "0", "money": "na"})
    assert [question.code for question in diagnosis.next_steps(lines)] == ["sobriety", "work"]
    assert lines[9].rank is None


def test_the_shipped_tools_are_all_invented_and_say_so():
    rows = read_tools(SHIPPED)
    assert len(rows) == 20
    assert all(row["is_invented"] and "invent" in row["operator"] for row in rows)


@pytest.mark.django_db
def test_tools_are_loaded_once_and_found_by_stage_place_and_need():
    assert load_tools().added == 20
    assert (load_tools().added, load_tools().kept) == (0, 20)
    found = {tool.code for tool in fitting_tools(stage="CREATION", departement="62", amount=8_000)}
    assert "pret-honneur-artois" in found
    assert "pret-honneur-nord" not in found
    assert "aide-fse-insertion" not in found
    assert "fabrique-projets" in found


@pytest.mark.django_db
class TestPages:
    @pytest.fixture(autouse=True)
    def places(self, clock):
        a_departement()

    def test_a_person_goes_from_page_to_page_without_an_account(self, client):
        address = reverse("organisations:eligibility")
        page = client.get(address).content.decode()
        assert "Page 1 sur 4" in page
        given = {}
        for names in (("place", "form", "stage"), ("purpose", "profit"), ("amount", "when")):
            given |= {name: ELIGIBLE[name] for name in names}
            page = client.get(f"{address}?{urlencode(given)}").content.decode()
            assert 'name="place" value="62"' in page
        assert "Page 4 sur 4" in page
        answer = client.get(f"{address}?{urlencode(ELIGIBLE)}", follow=True)
        assert "Oui, vous pouvez demander" in answer.content.decode()
        assert not client.session.keys()

    def test_a_page_half_answered_says_what_is_missing(self, client):
        page = client.get(reverse("organisations:eligibility"), {"place": "62"})
        assert page.status_code == 422
        assert "Page 1 sur 4" in page.content.decode()

    def test_a_refusal_shows_its_code_and_other_tools(self, client):
        load_tools()
        page = client.get(reverse("organisations:verdict"), ELIGIBLE | {"form": "sole", "amount": "4000"})
        text = page.content.decode()
        assert "FORM_SOLE" in text
        assert "AMOUNT_TOO_SMALL" in text
        assert "Microcrédit" in text
        assert "exemple inventé" in text

    @pytest.mark.parametrize("wrong", [{"amount": "beaucoup"}, {"place": "99"}, {"form": "<script>"}])
    def test_a_wrong_answer_in_the_address_leads_back_to_the_questions(self, client, wrong):
        assert client.get(reverse("organisations:verdict"), ELIGIBLE | wrong).status_code == 302

    def test_answers_are_kept_by_a_button_once_signed_in_and_replace_the_earlier_ones(self, client):
        user = UserFactory()
        sign_in(client, user)
        address = reverse("organisations:keep_answers")
        assert client.get(address, {"kind": "eligibility"} | ELIGIBLE).status_code == 200
        assert not KeptAnswers.objects.exists()
        for amount in ("40000", "50000"):
            client.post(address, {"kind": "eligibility"} | ELIGIBLE | {"amount": amount})
        kept = KeptAnswers.objects.get(user=user)
        assert (kept.answers["amount"], kept.kind) == (50_000, "eligibility")

    @pytest.mark.parametrize("given", [{}, {"kind": "eligibility"}, {"kind": "autre"} | ELIGIBLE])
    def test_answers_that_are_not_whole_are_not_kept(self, client, given):
        sign_in(client, UserFactory())
        assert client.post(reverse("organisations:keep_answers"), given).status_code == 404

    def test_the_profile_gives_no_mark(self, client):
        text = client.get(reverse("organisations:diagnosis_profile"), DIAGNOSED).content.decode()
        assert "CC BY-SA 4.0" in text
        assert "/33" not in text

    def test_the_catalogue_is_narrowed_down(self, client):
        load_tools()
        page = client.get(reverse("organisations:tools"), {"stage": "DIFFICULTY", "instrument": "ADVICE"})
        assert set(page.context["tools"]) == set(
            Tool.objects.filter(stages__contains=["DIFFICULTY"], instrument="ADVICE")
        )


@pytest.mark.django_db
def test_the_command_loads_a_file_and_refuses_another(tmp_path):
    out = StringIO()
    call_command("load_tools", str(SHIPPED), stdout=out)
    assert out.getvalue() == "tools loaded: 20 added, 0 changed, 0 kept\n"
    wrong = tmp_path / "outils.csv"
    wrong.write_text("code;name\na;b\n", encoding="utf-8")
    with pytest.raises(CommandError, match="operator"):
        call_command("load_tools", str(wrong))
