"""What the addresses of groupings are asked with in the table of access."""

from fres.kernel import clock
from projects.models import GroupingMember
from tests.access_objects import Visit, visit
from tests.projects.factories import MembershipFactory
from tests.projects.groupings.scenes import GroupingFactory


def _carried() -> tuple[GroupingMember, MembershipFactory]:
    member = MembershipFactory(is_legal_representative=True)
    return GroupingFactory(pivot=member.organisation), member


@visit("groupings:grouping")
@visit("groupings:manage")
@visit("groupings:edit")
def _grouping() -> Visit:
    grouping, member = _carried()
    return Visit({"slug": grouping.slug}, owner=member.user)


@visit("groupings:act")
def _act() -> Visit:
    grouping, member = _carried()
    data = {"activite-label": "Cuisine partagée", "activite-since": "2026-01-05"}
    return Visit({"slug": grouping.slug, "name": "activite"}, data, owner=member.user)


@visit("groupings:change_state")
def _state() -> Visit:
    grouping, member = _carried()
    return Visit({"slug": grouping.slug, "name": "terminer"}, owner=member.user)


@visit("groupings:sign")
@visit("groupings:leave")
def _member() -> Visit:
    person = MembershipFactory(is_legal_representative=True)
    member = GroupingMember.objects.create(
        grouping=GroupingFactory(),
        organisation=person.organisation,
        member_type="ESS",
        name=person.organisation.name,
        commune_code="62498",
        asked_at=clock.now(),
    )
    return Visit({"uuid": member.uuid}, owner=person.user)
