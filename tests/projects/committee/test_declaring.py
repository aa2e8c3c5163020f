"""A file opens after the declaration; who withdraws leaves quorum, grid and vote; hints come from what we know."""

from datetime import date

import pytest
from django.db import transaction

from investors.models import Representation
from investors.officers import Owner, add_mandate, declare_owner
from projects.committee.access import require_open_file
from projects.committee.declaring import declare_interest
from projects.committee.errors import DeclarationRefused, NotDeclared, NotSeated, Recused, ReviewRefused, VoteRefused
from projects.committee.hints import folded, hints_for
from projects.committee.selectors import files_to_read, item_quorum, reading_of
from projects.models import ConflictDeclaration, Recusal, Score
from tests.investors.factories import PartyFactory
from tests.projects.committee import scenes
from tests.projects.committee.scenes import declare_all, item_of, members, score, seats
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def test_a_file_is_closed_until_its_reader_declares(clock):
    item = item_of(scenes.a_convened_session())
    seat = seats(item.session.committee)[0]
    with pytest.raises(NotDeclared, match="après votre déclaration"):
        require_open_file(item, seat)
    with pytest.raises(NotDeclared):
        score(item, seat.user, 4, 4, 4)
    assert not Score.objects.exists()
    declare_interest(item=item, by=seat.user, kind="none", at=clock.now)
    assert require_open_file(item, seat).kind == "none"
    score(item, seat.user, 4, 4, 4)
    assert Score.objects.count() == 3


def test_an_interest_withdraws_its_holder_for_good_and_from_the_quorum(clock):
    item = item_of(scenes.an_open_session())
    declare_all(item)
    score(item, members(item.session)[1], 0, 0, 0)
    before = item_quorum(item)
    withdrawn = seats(item.session.committee)[1]
    declare_interest(item=item, by=withdrawn.user, kind="conflict", reason="Ma sœur y travaille", at=clock.now)
    after = item_quorum(item)
    assert (before.entitled, after.entitled) == (6, 5)
    assert (before.present, after.present) == (6, 5)
    assert Recusal.objects.get().reason == "Ma sœur y travaille"
    assert reading_of(item).score is None  # their scores no longer count
    for act in (
        lambda: require_open_file(item, withdrawn),
        lambda: score(item, withdrawn.user, 4, 4, 4),
        lambda: declare_interest(item=item, by=withdrawn.user, kind="none", at=clock.now),
    ):
        with pytest.raises(Recused):
            act()
    assert not files_to_read(withdrawn.user, clock.now.date())
    assert len(files_to_read(members(item.session)[2], clock.now.date())) == 1


@pytest.mark.parametrize("kind", ["link", "conflict", "perhaps"])
def test_a_link_without_its_nature_is_refused(clock, kind):
    item = item_of(scenes.a_convened_session())
    with pytest.raises(DeclarationRefused):
        declare_interest(item=item, by=members(item.session)[0], kind=kind, reason=" ", at=clock.now)
    assert not ConflictDeclaration.objects.exists()


def test_nobody_declares_before_the_summons_nor_without_a_seat(clock):
    item = item_of(scenes.a_planned_session())
    with pytest.raises(DeclarationRefused, match="convocation"):
        declare_interest(item=item, by=members(item.session)[0], kind="none", at=clock.now)
    with pytest.raises(NotSeated):
        declare_interest(item=item, by=PartyFactory().user, kind="none", at=clock.now)


def test_a_declaration_is_kept_and_a_later_one_speaks(clock):
    item = item_of(scenes.a_convened_session())
    seat = seats(item.session.committee)[0]
    declare_interest(item=item, by=seat.user, kind="none", at=clock.now)
    declare_interest(item=item, by=seat.user, kind="link", reason="Client de la boutique", at=clock.now)
    assert require_open_file(item, seat).kind == "link"
    assert item.declarations.count() == 2
    for model in (ConflictDeclaration, Recusal):
        declare_interest(
            item=item, by=seats(item.session.committee)[1].user, kind="conflict", reason="x", at=clock.now
        ) if model is Recusal else None
        with pytest.raises(Exception, match="append_only"), transaction.atomic():
            model.objects.update(reason="réécrit")


def test_who_has_voted_declares_no_more(clock):
    item = scenes.a_ready_item()
    scenes.a_vote(item, "approve", "yyyyyy")
    with pytest.raises(DeclarationRefused, match="déjà voté"):
        declare_interest(item=item, by=members(item.session)[0], kind="conflict", reason="Tardif", at=clock.now)


@pytest.mark.parametrize("values", [{"C1": 3, "C2": 2}, {"C1": 3, "C2": 2, "C3": 5}, {"C1": -1, "C2": 2, "C3": 2}])
def test_a_score_missing_or_outside_the_scale_is_refused(clock, values):
    item = item_of(scenes.an_open_session())
    declare_all(item)
    with pytest.raises(ReviewRefused, match="de 0 à 4"):
        scenes.review_file(item=item, by=members(item.session)[0], scores=values, at=clock.now)
    assert not Score.objects.exists()


def test_scores_are_written_again_until_the_first_ballot(clock):
    item = scenes.a_ready_item()
    score(item, members(item.session)[0], 4, 4, 2)
    assert Score.objects.count() == 3
    assert str(reading_of(item).score) == "7/2"
    scenes.open_ballot(item=item, proposal="adjourn", by=item.session.secretary, at=clock.now)
    with pytest.raises(ReviewRefused, match="arrêtées"):
        score(item, members(item.session)[0], 0, 0, 0)


def codes(user, application, clock):
    return {hint.code for hint in hints_for(user, application, clock.now.date())}


def test_hints_come_from_memberships_representations_and_names(clock):
    application = scenes.a_file()
    organisation = application.organisation
    stranger = PartyFactory(given_names="Zoé", family_name="Autre", address_line="1 rue Neuve").user
    assert codes(stranger, application, clock) == set()

    member = MembershipFactory(organisation=organisation).user
    assert codes(member, application, clock) == {"member"}
    former = MembershipFactory(organisation=organisation, left_on=clock.now.date().replace(year=2025)).user
    assert codes(former, application, clock) == {"was_member"}
    agent = PartyFactory(given_names="Ali", family_name="Tiers", address_line="2 rue Neuve").user
    Representation.objects.create(
        party=organisation.party, user=agent, role="delegate", valid_from=clock.now.date().replace(year=2025)
    )
    assert codes(agent, application, clock) == {"represents"}

    director = MembershipFactory(organisation=organisation, user=PartyFactory(
        given_names="Éloïse", family_name="De Wàele", address_line="9 quai du Wault").user)  # fmt: skip
    assert director
    namesake = PartyFactory(given_names="ELOISE", family_name="de waele", address_line="3 rue Neuve").user
    assert codes(namesake, application, clock) == {"same_name"}
    cousin = PartyFactory(given_names="Paul", family_name="De-Waele", address_line="4 rue Neuve").user
    assert codes(cousin, application, clock) == {"same_family_name"}
    neighbour = PartyFactory(given_names="Luc", family_name="Petit", address_line="9, quai du Wault").user
    assert codes(neighbour, application, clock) == {"same_address"}


def test_the_hints_shown_are_kept_with_the_declaration(clock):
    session = scenes.a_convened_session()
    item, user = item_of(session), members(session)[0]
    MembershipFactory(organisation=item.application.organisation, user=user)
    declaration = declare_interest(item=item, by=user, kind="conflict", reason="Membre", at=clock.now)
    assert "member" in declaration.hints


def test_names_are_compared_without_accents_case_or_signs():
    assert folded("D’Artagnan-Éloïse  DE LA Tour") == "dartagnan eloise de la tour"


def test_a_member_absent_from_the_room_does_not_vote(clock):
    item = item_of(scenes.an_open_session(present=4))
    declare_all(item)
    score(item, members(item.session)[0], 3, 3, 3)
    ballot = scenes.open_ballot(item=item, proposal="approve", by=item.session.secretary, at=clock.now)
    with pytest.raises(VoteRefused, match="présent"):
        scenes.cast_vote(ballot=ballot, by=members(item.session)[5], choice="yes", at=clock.now)


def test_hints_come_from_the_directors_and_owners_that_the_holder_declared(clock):
    application = scenes.a_file()
    holder, day = application.organisation.party, clock.now.date()
    add_mandate(party=holder, given_names="Éloïse", family_name="De Wàele", function="chair", since=day)
    owner = Owner("Marc", "Tison", date(1970, 5, 1), "FR", "capital", 6_000)
    declare_owner(party=holder, owner=owner, at=clock.now)

    def person(given_names, family_name, born=date(1970, 5, 1)):
        home = {"address_line": f"5 rue {given_names}"}
        return PartyFactory(given_names=given_names, family_name=family_name, birth_date=born, **home).user

    assert codes(person("ELOISE", "de waele"), application, clock) == {"is_director"}
    assert codes(person("Paul", "De-Waele"), application, clock) == {"director_family_name"}
    assert codes(person("Marc", "Tison"), application, clock) == {"is_owner"}
    assert codes(person("Marc", "Tison", date(1980, 1, 1)), application, clock) == {"owner_family_name"}
    assert codes(person("Zoé", "Autre"), application, clock) == set()
