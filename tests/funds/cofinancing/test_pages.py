"""Who sees a co-financing round: staff and holder whole, a partner its own line, the public what is confirmed."""

import pytest
from django.urls import reverse

from funds.cofinancing.selectors import public_plan
from funds.models import Contribution, FundingSource, RoundTable
from tests.funds.cofinancing.test_tables import a_line, a_table, confirm
from tests.funds.factories import OfferFactory, euros
from tests.funds.sources.scenes import a_member, a_partner
from tests.investors.factories import RoleGrantFactory
from tests.investors.sessions import sign_in
from tests.projects.factories import MembershipFactory, ProjectFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_the_desk_opens_a_round_asks_and_reads_why_a_confirmation_is_refused(client):
    partner = a_partner()
    project = ProjectFactory()
    sign_in(client, RoleGrantFactory(role="instructor").user)
    sent = {"fund": partner.fund.pk, "project": project.pk, "need": "1 000", "reason": "Budget du dossier."}
    assert client.post(reverse("cofinancing:desk"), sent).status_code == 302
    table = RoundTable.objects.get()
    address = reverse("cofinancing:table", args=[table.uuid])
    ask = {"what": "ask", "partner": partner.pk, "nature": "LOAN", "asked": "1 500", "asked_on": "2026-10-01"}
    assert client.post(address, ask).status_code == 302
    line = Contribution.objects.get()
    answer = {
        "what": "answer", "line": line.uuid, "act": "confirm", "amount": "1 500", "on": "2026-10-02",
        "evidence": "Lettre",
    }  # fmt: skip
    refused = client.post(address, answer)
    assert refused.status_code == 422 and "dépasse le besoin" in refused.content.decode()
    assert client.post(address, answer | {"amount": "900"}).status_code == 302
    assert client.post(address, {"what": "need", "need": "100", "reason": "Moins"}).status_code == 422
    assert "900,00" in client.get(address).content.decode()


def test_an_auditor_reads_and_writes_nothing(client):
    table = a_table()
    sign_in(client, RoleGrantFactory(role="auditor").user)
    address = reverse("cofinancing:table", args=[table.uuid])
    assert client.get(address).status_code == 200
    assert client.post(address, {"what": "need", "need": "1", "reason": "x"}).status_code == 403
    assert client.post(reverse("cofinancing:desk"), {}).status_code == 403


def test_a_partner_sees_and_answers_its_own_line_only(client):
    partner = a_partner()
    table = a_table(fund=partner.fund)
    own = a_line(table, partner=partner)
    other = a_line(table, financer="Fondation secrète", nature="GRANT")
    client.force_login(a_member(partner))
    address = reverse("cofinancing:partner")
    page = client.get(address).content.decode()
    assert table.project.title in page and "Fondation secrète" not in page
    sent = {"act": "promise", "amount": "2 000", "on": "2026-10-02"}
    assert client.post(address, sent | {"line": other.uuid}).status_code == 404
    assert client.post(address, sent | {"line": own.uuid, "act": "withdraw", "reason": "x"}).status_code == 422
    assert client.post(address, sent | {"line": own.uuid, "amount": ""}).status_code == 422
    assert client.post(address, sent | {"line": own.uuid}).status_code == 302
    own.refresh_from_db()
    assert (own.state, own.amount) == ("PROMISED", euros(2_000))


def test_a_holder_reads_the_round_of_their_project_and_no_other(client):
    membership = MembershipFactory()
    table = a_table(ProjectFactory(organisation=membership.organisation))
    a_line(table)
    stranger = a_table()
    client.force_login(membership.user)
    page = client.get(reverse("cofinancing:mine")).content.decode()
    assert table.project.title in page and "Banque du bourg" in page
    assert stranger.project.organisation.name not in page


def test_the_public_plan_tells_what_is_confirmed_once_a_round_is_open():
    offer = OfferFactory(open=True)
    for rank, kind in enumerate(("SAVERS", "BANK", "OWN"), 1):
        FundingSource.objects.create(offer=offer, rank=rank, kind=kind, amount=euros(5_000))
    plan = list(offer.funding.all())
    assert public_plan(offer.project, plan) == plan
    table = a_table(offer.project, offer.fund, need=1_000_000)
    confirm(a_line(table, partner=a_partner(fund=offer.fund)), 3_000)
    a_line(table, financer="Fondation", nature="GRANT")
    told = public_plan(offer.project, plan)
    assert [(line.kind, line.amount) for line in told] == [("SAVERS", euros(5_000)), ("BANK", euros(3_000))]


def test_the_list_of_rounds_asks_as_many_questions_for_many(client, django_assert_max_num_queries):
    for _rank in range(12):
        a_table()
    sign_in(client, RoleGrantFactory(role="manager").user)
    with django_assert_max_num_queries(25):
        client.get(reverse("cofinancing:desk"))
