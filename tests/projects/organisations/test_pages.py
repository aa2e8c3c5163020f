"""The holder's and the public pages: refusals under their field, queries that do not grow, names of who agreed."""

import pytest
from django.urls import reverse

from fres.kernel.models import Message
from projects.models import Organisation
from projects.organisations.identifiers import Numbers
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in
from tests.projects.factories import MembershipFactory, OrganisationFactory
from tests.projects.groupings.scenes import GroupingFactory
from tests.projects.organisations.scenes import OTHER_SIREN, SIREN, an_organisation, some_communes

pytestmark = pytest.mark.django_db
WRITTEN = {
    "number": SIREN, "name": "Les Halles", "legal_name": "Les Halles SCIC", "legal_category": "5460",
    "ess_status": "UNKNOWN", "purpose": "Vendre ici.", "commune": "Lens", "represents": "yes", "function": "chair",
}  # fmt: skip


@pytest.fixture(autouse=True)
def communes(clock):
    some_communes()


@pytest.fixture
def chair(client):
    user = UserFactory()
    sign_in(client, user)
    return user


def test_an_organisation_is_made_on_one_page(client, chair):
    page = client.post(reverse("organisations:create"), WRITTEN, follow=True)
    assert page.status_code == 200
    made = Organisation.objects.get()
    assert made.memberships.get().user == chair
    assert "à vérifier" in page.content.decode().lower()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "000001033"}, "number"),
        ({"rna": "123"}, "rna"),
        ({"commune": "62300"}, "commune"),
        ({"legal_category": "5499", "ess_status": "BY_FORM"}, "ess_status"),
        ({"represents": ""}, "represents"),
    ],
)
def test_a_refusal_stands_under_its_field_and_nothing_is_written(client, chair, changes, field):
    page = client.post(reverse("organisations:create"), WRITTEN | changes)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert not Organisation.objects.exists()


def test_a_number_already_there_tells_whom_to_ask(client, chair):
    an_organisation(by=UserFactory())
    page = client.post(reverse("organisations:create"), WRITTEN)
    assert page.status_code == 422
    assert "inviter dans son équipe" in page.content.decode()


def test_weights_on_the_page_add_up_or_are_refused(client, chair):
    made = an_organisation(by=chair)
    address = reverse("organisations:places", args=[made.slug])
    zones = {"seat": "Lens", "zone_0": "Lens", "share_0": "60", "zone_1": "Lille", "share_1": "39,99"}
    refused = client.post(address, zones)
    assert refused.status_code == 422
    assert "99,99" in refused.content.decode()
    assert client.post(address, zones | {"share_1": "40"}).status_code == 302
    assert made.territory_roles.filter(role="BENEFICE").count() == 2


def test_an_invitation_goes_from_the_team_to_the_page_of_the_person_invited(client, chair):
    made = an_organisation(by=chair)
    client.post(reverse("organisations:team", args=[made.slug]), {"email": "lea@exemple.invalid"})
    address = Message.objects.get(template="organisations/invitation").context["accept_url"]
    path = address[address.index("/invitations/") :]
    client.logout()
    sign_in(client, UserFactory(email="lea@exemple.invalid"))
    assert "Accepter l’invitation" in client.get(path).content.decode()
    assert client.post(path).status_code == 302
    assert client.post(path).status_code == 422
    assert made.memberships.count() == 2


def test_a_colleague_sees_the_team_and_does_not_manage_it(client, chair):
    member = MembershipFactory(user=chair)
    MembershipFactory(organisation=member.organisation, is_legal_representative=True)
    address = reverse("organisations:team", args=[member.organisation.slug])
    assert client.get(address).status_code == 200
    assert client.post(address, {"email": "x@exemple.invalid"}).status_code == 403


def test_the_history_says_who_changed_what(client, chair):
    client.post(reverse("organisations:create"), WRITTEN)
    made = Organisation.objects.get()
    client.post(reverse("organisations:edit", args=[made.slug]), WRITTEN | {"purpose": "Vendre et cuisiner ici."})
    page = client.get(reverse("organisations:own", args=[made.slug])).content.decode()
    assert "Vendre et cuisiner ici." in page
    assert str(chair) in page


def test_the_public_page_names_only_who_agreed_and_closes_again(client):
    organisation = OrganisationFactory(is_listed=True)
    shown = MembershipFactory(organisation=organisation, is_public=True)
    hidden = MembershipFactory(organisation=organisation)
    address = reverse("organisations:organisation", args=[organisation.slug])
    page = client.get(address).content.decode()
    assert shown.user.display_name in page
    assert hidden.user.display_name not in page
    Organisation.objects.filter(pk=organisation.pk).update(is_listed=False)
    assert client.get(address).status_code == 404


def test_the_directory_asks_as_many_questions_for_one_as_for_many(client, django_assert_max_num_queries):
    OrganisationFactory(is_listed=True)
    for size in (1, 40):
        OrganisationFactory.create_batch(size, is_listed=True)
        with django_assert_max_num_queries(15):
            assert client.get(reverse("organisations:directory")).status_code == 200


def test_the_directory_is_narrowed_down(client):
    OrganisationFactory(is_listed=True, name="Cuisine", commune_code="62498")
    OrganisationFactory(is_listed=True, name="Vélos", commune_code="59350", ess_status="BY_FORM")
    for filters in ({"search": "vélos"}, {"ess": "BY_FORM"}):
        page = client.get(reverse("organisations:directory"), filters)
        assert [card.organisation.name for card in page.context["cards"]] == ["Vélos"]


def test_the_directory_of_groupings_has_its_filters(client, django_assert_max_num_queries):
    GroupingFactory(origins=["citizen"])
    GroupingFactory(circuit=True)
    with django_assert_max_num_queries(15):
        page = client.get(reverse("groupings:directory"), {"sector": "FOOD"})
    assert [line.grouping.kind for line in page.context["lines"]] == ["CCES"]
    page = client.get(reverse("groupings:directory"), {"origin": "citizen"})
    assert [line.grouping.kind for line in page.context["lines"]] == ["PTCE"]


def test_a_carrier_writes_the_grouping_from_one_page(client, chair):
    made = an_organisation(by=chair)
    an_organisation(by=UserFactory(), name="Les Vélos", numbers=Numbers(siren=OTHER_SIREN))
    created = {
        "kind": "PTCE", "name": "Pôle", "purpose": "Coopérer.", "commune": "Lens", "perimeter": "CA de Lens-Liévin",
    }  # fmt: skip
    client.post(reverse("groupings:create", args=[made.slug]), created)
    pole = made.carried_groupings.get()

    def act(name):
        return reverse("groupings:act", args=[pole.slug, name])

    client.post(act("proposer"), {"proposer-organisation": OTHER_SIREN})
    resource = {"kind": "post", "label": "Poste", "euros": "12000,50", "since": "2026-01-05"}
    client.post(act("ressource"), {f"ressource-{name}": value for name, value in resource.items()})
    outside = {"name": "X", "member_type": "COMPANY", "commune": "Nulle-Part"}
    refused = client.post(act("exterieur"), {f"exterieur-{name}": value for name, value in outside.items()})
    assert refused.status_code == 422
    assert pole.members.count() == 2
    assert str(pole.resources.get().amount.amount) == "12000.50"
    client.post(reverse("groupings:change_state", args=[pole.slug, "ouvrir"]))
    pole.refresh_from_db()
    assert pole.state == "PREFIGURATION"


def test_a_lei_is_given_beside_the_numbers_and_a_wrong_one_is_told_under_its_field(client):
    user = UserFactory()
    made = an_organisation(by=user)
    sign_in(client, user)
    address = reverse("organisations:numbers", args=[made.slug])
    party = made.party
    typed = {"number": party.siren, "rna": party.rna}
    refused = client.post(address, typed | {"lei": "969500FRESTEST000008"})
    assert refused.status_code == 422
    assert "20 signes" in refused.content.decode()
    assert client.post(address, typed | {"lei": "969500 FRESTEST 000009"}).status_code == 302
    party.refresh_from_db()
    assert party.lei == "969500FRESTEST000009"


def test_the_staff_finds_any_organisation_by_its_number_in_a_fixed_number_of_queries(
    client, django_assert_max_num_queries
):
    made = an_organisation(by=UserFactory())
    for _rank in range(5):
        OrganisationFactory()
    sign_in(client, RoleGrantFactory(role="instructor").user)
    with django_assert_max_num_queries(15):
        page = client.get(reverse("organisations:desk"))
    assert len(page.context["lines"]) == 6
    found = client.get(reverse("organisations:desk"), {"search": made.party.siren, "register": made.register_state})
    assert [line.organisation for line in found.context["lines"]] == [made]
    assert not found.context["lines"][0].is_signed
    assert client.get(reverse("organisations:desk"), {"sent": "with"}).context["lines"] == []
