"""What stands before the holder's journey begins: a region, its fund, a call, a label, a committee, its people."""

from dataclasses import dataclass
from datetime import date

from fres.kernel import clock
from fres.kernel.access import Role
from funds.models import Fund
from investors.models import User
from projects.committee.founding import CollegePlan, GridLine, add_axis, fill_seat, found_committee, publish_grid
from projects.labels.loading import DEMONSTRATION, load_local_label
from projects.models import Call, Committee, Label, Organisation, Seat
from tests.funds.campaigns.scenes import OPERATOR_LEI
from tests.funds.factories import FundFactory
from tests.investors.factories import PartyFactory, RoleGrantFactory, TaxResidenceFactory
from tests.projects.applications import scenes as files
from tests.projects.organisations.scenes import some_communes

SINCE = date(2024, 1, 1)
COLLEGES = (CollegePlan("Épargnants", 5_000), CollegePlan("Région", 2_500), CollegePlan("Experts", 2_500))
GRID = (
    GridLine("C1", "Utilité sociale", 5_000, is_veto=True),
    GridLine("C2", "Ancrage", 2_500),
    GridLine("C3", "Modèle économique", 2_500, is_veto=True),
)


@dataclass
class Region:
    """The fund and its people, by what they do."""

    fund: Fund
    call: Call
    body: Organisation
    label: Label
    committee: Committee
    members: list[User]
    secretary: User
    staff: dict[str, User]


def a_person(given_names: str, family_name: str, *roles: str) -> User:
    """A person with an account and a profile, who holds these roles everywhere."""
    name = f"{given_names} {family_name}"
    party = PartyFactory(
        given_names=given_names, family_name=family_name, address_line=f"2 rue {family_name}", user__display_name=name
    )
    TaxResidenceFactory(party=party)
    for role in roles:
        RoleGrantFactory(user=party.user, role=role)
    return party.user


def a_region() -> Region:
    """Lay out everything a holder finds on the day they come."""
    some_communes()
    fund = FundFactory()
    fund.operator.lei = OPERATOR_LEI
    fund.operator.save()
    staff = {
        role.value: a_person(f"Rose {role.value.title()}", f"Dubois{rank}", role)
        for rank, role in enumerate(
            (Role.INSTRUCTOR, Role.MANAGER, Role.EVALUATOR, Role.MONITORING, Role.COMPLIANCE), start=1
        )
    }
    staff |= {name: a_person("Jean", name.title(), Role.TREASURER) for name in ("preparer", "approver")}
    members = [
        a_person("Ada", "Lemaire", Role.COMMITTEE),
        a_person("Ben", "Morel", Role.COMMITTEE),
        a_person("Chloé", "Roussel", Role.COMMITTEE),
        a_person("Driss", "Petit", Role.COMMITTEE),
    ]
    secretary = a_person("Élise", "Garnier", Role.MANAGER)
    return Region(
        fund=fund,
        call=files.a_call(fund_uuid=fund.uuid, fund_name=fund.name),
        body=files.an_accompanying_body(),
        label=load_local_label(path=DEMONSTRATION, fund_uuid=str(fund.uuid)),
        committee=_a_committee(fund, members, secretary),
        members=members,
        secretary=secretary,
        staff=staff,
    )


def _a_committee(fund: Fund, members: list[User], by: User) -> Committee:
    at = clock.now()
    committee = found_committee(fund_uuid=fund.uuid, name="Comité d’engagement", colleges=COLLEGES, at=at)
    colleges = list(committee.colleges.order_by("rank"))
    for user, college in zip(members, (colleges[0], colleges[1], colleges[0], colleges[2]), strict=True):
        fill_seat(college=college, user=user, how=Seat.How.ELECTED, by=by, on=SINCE)
    publish_grid(committee=committee, name="Grille", scale_max=4, lines=GRID, by=by, at=at)
    add_axis(fund_uuid=fund.uuid, scheme="SRDEII 2022-2028", code="A1", label="Coopérer", valid_from=SINCE)
    return committee
