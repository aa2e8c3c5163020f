"""The page of the fund, its files, and the forms that write what founds it."""

import pytest
from django.urls import reverse

from funds.founding.acts import sign_act
from funds.models import CapitalTable, GoverningBody
from tests.funds.factories import FundFactory
from tests.funds.founding.scenes import DAY, NOW, a_board, a_convention, a_founder, an_act, holders
from tests.funds.founding.test_founding import a_table
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def a_whole_fund(founders=1):
    act = an_act()
    for rank in range(founders):
        partner = a_founder(act.fund, 10 + rank)
        sign_act(act=act, partner=partner, signatory="A", function="B", signed_on=DAY, by=UserFactory(), at=NOW)
    a_board(act.fund, AUTHORITY=2, BANK=1)
    a_convention(act.fund)
    a_table(act.fund, act.fund.entity, holders(act.fund, authority=40, actor=20, public_bank=20, bank=20))
    return act.fund


def test_everybody_reads_what_the_fund_is_and_downloads_its_act(client):
    fund = a_whole_fund()
    page = client.get(reverse("founding:funds"))
    text = page.content.decode()
    assert page.status_code == 200
    for words in (fund.name, "2026-1", "Fondateur 10", "Conseil", "Banque publique", "CPER"):
        assert words in text
    act = fund.founding_acts.get()
    answer = client.get(reverse("founding:file", args=[act.file.uuid]))
    assert answer.status_code == 200 and answer["Content-Disposition"].startswith("attachment")


def test_the_page_asks_as_many_questions_for_many_founders(client, django_assert_max_num_queries):
    a_whole_fund(founders=30)
    with django_assert_max_num_queries(60):
        client.get(reverse("founding:funds"))


def test_the_management_writes_a_body_and_reads_why_a_capital_is_refused(client):
    fund = FundFactory()
    sign_in(client, RoleGrantFactory(role="manager").user)
    body = {"kind": "BOARD", "name": "Conseil", "role": "Décide.", "founded_on": "2026-03-02"}
    assert client.post(reverse("founding:record", args=[fund.uuid, "instance"]), body).status_code == 302
    assert GoverningBody.objects.get().name == "Conseil"
    bank = a_founder(fund, 1)
    table = {
        "entity": fund.entity.pk, "stage": "AUTONOMOUS", "nominal": "100", "effective_on": "2026-03-02",
        "deliberation": "1", "reason": "x", "family_1": "BANK", "partner_1": bank.pk, "shares_1": "10",
    }  # fmt: skip
    answer = client.post(reverse("founding:record", args=[fund.uuid, "capital"]), table)
    assert answer.status_code == 422 and "Les territoires apportent" in answer.content.decode()
    assert not CapitalTable.objects.exists()


@pytest.mark.parametrize(
    "what",
    ["acte", "signature", "engagement", "convention", "versement", "instance", "sieges", "mandat", "fin-de-mandat",
     "capital", "schema"],
)  # fmt: skip
def test_each_form_opens_and_an_empty_one_writes_nothing(client, what):
    fund = a_whole_fund()
    sign_in(client, RoleGrantFactory(role="manager").user)
    address = reverse("founding:record", args=[fund.uuid, what])
    assert client.get(address).status_code == 200
    assert client.post(address, {}).status_code == 422
