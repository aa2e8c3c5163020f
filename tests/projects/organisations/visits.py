"""What the addresses of organisations are asked with in the table of access."""

from datetime import timedelta
from typing import Any

from fres.kernel import clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from investors.models import Mandate
from projects.models import Invitation
from projects.organisations.team import token_hash
from tests.access_objects import Visit, visit
from tests.investors.factories import UserFactory
from tests.projects.factories import MembershipFactory, OrganisationFactory

ELIGIBLE: dict[str, Any] = {
    "place": "62", "form": "association", "stage": "RUNNING", "purpose": "useful", "profit": "kept", "amount": "40000",
    "when": "later", "bank": "refused", "support": "named",
}  # fmt: skip
DIAGNOSED = dict.fromkeys(
    ("sobriety", "circular", "power", "chain", "elsewhere", "commons", "governance", "cooperation", "ownership",
     "money", "work"), "2",
)  # fmt: skip


def a_departement() -> None:
    for level, code, name in (
        (Territory.Level.REGION, "32", "Hauts-de-France"),
        (Territory.Level.DEPARTEMENT, "62", "Pas-de-Calais"),
    ):
        Territory.objects.get_or_create(
            vintage=VINTAGE, level=level, code=code, defaults={"name": name, "region_code": "32"}
        )


def an_invitation(organisation: Any, token: str = "") -> Invitation:
    at = clock.now()
    return Invitation.objects.create(
        organisation=organisation,
        email=f"invitation{Invitation.objects.count()}@exemple.invalid",
        token_hash=token_hash(token or f"jeton-{Invitation.objects.count()}"),
        invited_by=UserFactory(),
        invited_at=at,
        expires_at=at + timedelta(days=14),
    )


@visit("organisations:own")
@visit("organisations:edit")
@visit("organisations:numbers")
@visit("organisations:places")
@visit("organisations:people")
@visit("organisations:team")
@visit("organisations:sign")
@visit("organisations:public_page")
@visit("groupings:create")
def _own() -> Visit:
    member = MembershipFactory(is_legal_representative=True)
    return Visit({"slug": member.organisation.slug}, owner=member.user)


@visit("organisations:organisation")
def _public() -> Visit:
    return Visit({"slug": OrganisationFactory(is_listed=True).slug})


@visit("organisations:end_person")
def _end_person() -> Visit:
    member = MembershipFactory(is_legal_representative=True)
    mandate = Mandate.objects.create(
        party=member.organisation.party,
        given_names="Ada",
        family_name="Bernard",
        function="chair",
        valid_from=clock.today(),
    )
    return Visit({"slug": member.organisation.slug, "uuid": mandate.uuid}, owner=member.user)


@visit("organisations:change_member")
@visit("organisations:remove_member")
def _member() -> Visit:
    member = MembershipFactory(is_legal_representative=True)
    other = MembershipFactory(organisation=member.organisation)
    return Visit({"slug": member.organisation.slug, "pk": other.pk}, owner=member.user)


@visit("organisations:withdraw_invitation")
def _invited() -> Visit:
    member = MembershipFactory(is_legal_representative=True)
    return Visit({"slug": member.organisation.slug, "uuid": an_invitation(member.organisation).uuid}, owner=member.user)


@visit("organisations:invitation")
def _invitation() -> Visit:
    organisation = OrganisationFactory()
    token = f"jeton-{organisation.pk}"
    an_invitation(organisation, token)
    return Visit({"token": token})


@visit("organisations:verdict")
def _verdict() -> Visit:
    a_departement()
    return Visit(data=ELIGIBLE)


@visit("organisations:diagnosis_profile")
def _profile() -> Visit:
    return Visit(data=DIAGNOSED)


@visit("organisations:keep_answers")
def _keep() -> Visit:
    return Visit(data={"kind": "diagnosis"} | DIAGNOSED)


@visit("organisations:desk")
def _desk() -> Visit:
    OrganisationFactory()
    return Visit()
