"""The committee's pages: the door of a file, the room, the public's view, and how many queries they cost."""

import pytest
from django.urls import reverse

from fres.kernel.document_files import store_bytes
from projects.committee.deciding import decide
from projects.committee.declaring import declare_interest
from projects.models import ApplicationPiece, Ballot, Decision, Score, Vote
from tests.investors.factories import PartyFactory, RoleGrantFactory
from tests.investors.sessions import sign_in
from tests.projects.committee import scenes
from tests.projects.committee.scenes import a_ready_item, a_vote, item_of, members

pytestmark = pytest.mark.django_db


def read(client, name, *arguments):
    response = client.get(reverse(name, args=arguments))
    text = response.content.decode()
    assert response.status_code == 200
    assert "unknown variable" not in text
    return text


def post(client, page, uuid, **data):
    return client.post(reverse(page, args=[uuid]), data)


def test_a_member_meets_the_door_then_the_file_then_votes_on_a_phone(client, clock):
    session = scenes.an_open_session()
    item = item_of(session)
    purpose = item.application.project.purpose
    user = members(session)[0]
    sign_in(client, user)
    assert "Déclarer mes intérêts" in read(client, "committee:desk")
    closed = read(client, "committee:item", item.uuid)
    assert "ouvre le dossier" in closed
    assert purpose not in closed

    refused = post(client, "committee:item", item.uuid, act="review", C1="4", C2="4", C3="4")
    assert refused.status_code == 422
    assert "après votre déclaration" in refused.content.decode()
    assert purpose not in refused.content.decode()
    assert not Score.objects.exists()

    assert post(client, "committee:item", item.uuid, act="declare", kind="none").status_code == 302
    assert purpose in read(client, "committee:item", item.uuid)
    assert post(client, "committee:item", item.uuid, act="review", C1="4", C2="", C3="4").status_code == 422
    assert post(client, "committee:item", item.uuid, act="review", C1="4", C2="3", C3="4").status_code == 302
    assert "3,75" in read(client, "committee:item", item.uuid)

    for other in members(session)[1:]:
        declare_interest(item=item, by=other, kind="none", at=clock.now)
    assert post(client, "committee:item", item.uuid, act="open_ballot", proposal="approve").status_code == 302
    ballot = Ballot.objects.get()
    assert "Mis aux voix" in read(client, "committee:item", item.uuid)
    assert post(client, "committee:item", item.uuid, act="vote", ballot=ballot.uuid, choice="yes").status_code == 302
    assert "Vous avez voté" in read(client, "committee:item", item.uuid)
    assert post(client, "committee:item", item.uuid, act="vote", ballot=ballot.uuid, choice="no").status_code == 422
    assert Vote.objects.get().choice == "yes"


def test_a_piece_goes_through_the_same_door(client, clock):
    item = item_of(scenes.an_open_session())
    piece = ApplicationPiece.objects.create(
        application=item.application, field="statutes", name="statuts.pdf", mime="application/pdf", size=8,
        sha256=store_bytes(b"%PDF-1.4"), uploaded_by=item.application.created_by, uploaded_at=clock.now,
    )  # fmt: skip
    user = members(item.session)[0]
    sign_in(client, user)
    address = reverse("committee:piece", args=[item.uuid, piece.uuid])
    assert client.get(address).status_code == 403
    declare_interest(item=item, by=user, kind="none", at=clock.now)
    assert client.get(address).content == b"%PDF-1.4"
    assert "statuts.pdf" in read(client, "committee:item", item.uuid)
    declare_interest(item=item, by=user, kind="conflict", reason="Associé", at=clock.now)
    assert client.get(address).status_code == 403


def test_scores_of_others_wait_for_one_s_own(client, clock):
    item = a_ready_item()
    sign_in(client, members(item.session)[1])
    assert "quand vous avez donné les vôtres" in read(client, "committee:item", item.uuid)


def test_a_recused_member_finds_the_door_closed(client, clock):
    item = item_of(scenes.an_open_session())
    user = members(item.session)[1]
    declare_interest(item=item, by=user, kind="conflict", reason="Associé du porteur", at=clock.now)
    sign_in(client, user)
    page = read(client, "committee:item", item.uuid)
    assert "Déport" in page
    assert item.application.project.purpose not in page
    assert "Associé du porteur" in read(client, "committee:recusals")


def test_the_chair_closes_the_ballot_and_pronounces_with_an_axis(client, clock):
    item = a_ready_item()
    ballot = scenes.open_ballot(item=item, proposal="approve", by=item.session.secretary, at=clock.now)
    for user in members(item.session):
        scenes.cast_vote(ballot=ballot, by=user, choice="yes", at=clock.now)
    sign_in(client, item.session.chair.user)
    assert post(client, "committee:item", item.uuid, act="close_ballot", ballot=ballot.uuid).status_code == 302
    assert "Le vote décide" in read(client, "committee:item", item.uuid)
    given = {"act": "decide", "outcome": "approve", "motive": "Utile.", "conditions": "Bail signé\r\nPermis"}
    refused = post(client, "committee:item", item.uuid, **given)
    assert refused.status_code == 422
    assert "axe du schéma régional" in refused.content.decode()
    assert not Decision.objects.exists()
    assert post(client, "committee:item", item.uuid, **given, axis=scenes.axis().pk).status_code == 302
    decision = Decision.objects.get()
    client.logout()
    page = read(client, "committee:decision", decision.uuid)
    assert "Utile." in page
    assert "Bail signé" in page
    assert not any(str(user) in page for user in members(item.session))
    assert item.application.project.title in read(client, "committee:decisions")


def test_the_secretary_runs_a_session_from_agenda_to_sealed_minutes(client, clock):
    session = scenes.a_planned_session()
    RoleGrantFactory(user=session.secretary, role="manager")
    sign_in(client, session.secretary)
    file = scenes.a_file()
    assert post(client, "committee:session", session.uuid, act="add", application=file.uuid).status_code == 302
    assert post(client, "committee:session", session.uuid, act="convene").status_code == 302
    assert post(client, "committee:session", session.uuid, act="open").status_code == 302
    seat = scenes.seats(session.committee)[0]
    assert post(client, "committee:session", session.uuid, act="arrive", seat=seat.uuid).status_code == 302
    assert "1 présents sur 6" in read(client, "committee:session", session.uuid)
    assert post(client, "committee:session", session.uuid, act="notes", notes="Pas de quorum.").status_code == 302
    assert post(client, "committee:session", session.uuid, act="end").status_code == 302
    page = client.get(reverse("committee:minutes", args=[session.uuid]))
    content = page.context["content"].sha256
    assert post(client, "committee:minutes", session.uuid, act="seal").status_code == 422
    assert post(client, "committee:minutes", session.uuid, act="sign", content=content).status_code == 302
    sign_in(client, seat.user)
    assert post(client, "committee:minutes", session.uuid, act="sign", content=content).status_code == 302
    assert post(client, "committee:minutes", session.uuid, act="seal").status_code == 302
    assert "scellé" in read(client, "committee:minutes", session.uuid)
    response = client.get(reverse("committee:minutes_pdf", args=[session.uuid]))
    assert b"".join(response.streaming_content).startswith(b"%PDF")


def test_the_management_founds_a_committee_and_weights_that_are_not_whole_are_refused(client, clock):
    from funds.models import Fund
    from tests.funds.factories import FundFactory

    fund = FundFactory()
    assert Fund.objects.exists()
    user = PartyFactory().user
    RoleGrantFactory(user=user, role="manager")
    sign_in(client, user)
    data = {
        "fund": str(fund.uuid), "name": "Comité d’essai", "quorum": "50", "majority": "SIMPLE", "tie_rule": "ADJOURN",
        "college_1": "Épargnants", "weight_1": "50", "college_2": "Région", "weight_2": "40",
    }  # fmt: skip
    page = reverse("committee:new_committee")
    refused = client.post(page, data)
    assert refused.status_code == 422
    assert "90" in refused.content.decode()
    made = client.post(page, data | {"weight_2": "50"})
    assert made.status_code == 302, made.context["form"].errors
    grid = {"name": "Grille", "scale_max": "4", "veto_quota": "ALL", "label_1": "Utilité", "weight_1": "100"}
    uuid = made["Location"].rstrip("/").rsplit("/", 1)[1]
    assert post(client, "committee:new_grid", uuid, **grid | {"weight_1": "99"}).status_code == 422
    assert post(client, "committee:new_grid", uuid, **grid).status_code == 302
    member = PartyFactory().user
    shown = client.get(reverse("committee:committee", args=[uuid]))
    college = shown.context["colleges"][0]
    seat = {"act": "seat", "email": member.email, "college": college.pk, "how": "elected", "on": "2026-11-01"}
    assert post(client, "committee:committee", uuid, **seat).status_code == 302
    assert post(client, "committee:committee", uuid, **seat).status_code == 422
    drawn = {
        "act": "draw", "draw_college": college.pk, "places": "1", "seed": "1 2 3", "seed_source": "Journal",
        "pool": f"{PartyFactory().user.email}\n{PartyFactory().user.email}",
    }  # fmt: skip
    assert post(client, "committee:committee", uuid, **drawn).status_code == 302
    assert "Tirage" in read(client, "committee:committee", uuid)


def test_a_condition_is_met_from_its_list(client, clock):
    item = a_ready_item()
    a_vote(item, "approve", "yyyyyy")
    given = {"axis": scenes.axis(), "motive": "Utile.", "conditions": ["Bail signé"]}
    decision = decide(item=item, outcome="approve", by=item.session.chair.user, at=clock.now, **given)
    user = PartyFactory().user
    RoleGrantFactory(user=user, role="instructor")
    sign_in(client, user)
    assert "Bail signé" in read(client, "committee:conditions")
    page, condition = reverse("committee:conditions"), decision.conditions.get()
    assert client.post(page, {"condition": condition.uuid, "evidence": ""}).status_code == 422
    assert client.post(page, {"condition": condition.uuid, "evidence": "Bail du 3 mars"}).status_code == 302
    assert "Aucune condition" in read(client, "committee:conditions")


@pytest.mark.parametrize("name", ["committee:decisions", "committee:recusals"])
def test_public_lists_cost_the_same_queries_whatever_their_length(client, clock, django_assert_max_num_queries, name):
    item = a_ready_item()
    a_vote(item, "approve", "yyyyyy")
    decide(item=item, outcome="approve", axis=scenes.axis(), motive="Utile.", by=item.session.chair.user, at=clock.now)
    with django_assert_max_num_queries(8):
        client.get(reverse(name))
