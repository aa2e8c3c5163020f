"""The organisations' chapter of the demonstration: every state of the register, of a team and of a grouping."""

from datetime import datetime, time

import pytest

from fres.kernel import clock as kernel_clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from funds.demonstration.chapters.organisations import ACTS, POLE
from funds.demonstration.region import found_region
from projects.groupings.measures import grouping_measures
from projects.models import Grouping, Invitation, Organisation
from projects.organisations.duties import verify_waiting_organisations
from projects.organisations.places import reporting_weights
from projects.organisations.selectors import is_signed_off
from projects.organisations.states import InvitationState
from projects.organisations.team import lapse_invitations

pytestmark = pytest.mark.django_db
COMMUNES = (
    "62498", "62528", "59512", "59036", "80021", "59183", "59350", "62119", "80001", "02691", "62193",
)  # fmt: skip


def test_the_organisations_of_the_demonstration_live_every_state(clock):
    level = Territory.Level
    Territory.objects.create(vintage=VINTAGE, level=level.REGION, code="32", name="Hauts-de-France")
    Territory.objects.create(vintage=VINTAGE, level=level.EPCI, code="246200364", name="CA de Lens-Liévin")
    for code in COMMUNES:
        epci = "246200364" if code in ("62498", "62528") else ""
        Territory.objects.create(vintage=VINTAGE, level=level.COMMUNE, code=code, name=f"C{code}", epci_code=epci)
    clock.move_to(datetime(2024, 1, 8, 9, 0, tzinfo=kernel_clock.PARIS))
    region = found_region(at=clock.now)
    for act in ACTS:
        assert act.day.weekday() == 0, "the story steps from Monday to Monday"
        clock.move_to(datetime.combine(act.day, time(10, 0), tzinfo=kernel_clock.PARIS))
        assert not act.is_done(region)
        act.do(region, clock.now)
        assert act.is_done(region)
    verify_waiting_organisations(clock.now)
    lapse_invitations(at=clock.now)
    states = set(Organisation.objects.values_list("register_state", flat=True))
    assert states == {"VERIFIED", "NOT_FOUND", "TO_VERIFY", "NO_NUMBER"}
    assert set(Invitation.objects.values_list("state", flat=True)) == set(InvitationState.values)
    assert set(Grouping.objects.values_list("state", flat=True)) == {"PREFIGURATION", "ACTIVE", "ENDED"}
    measures = grouping_measures(Grouping.objects.get(name=POLE.name), clock.now.date())
    assert (measures.signed_members, measures.agreement_years, measures.deliberated_authorities) == (7, 4, 1)
    kitchen = Organisation.objects.get(name="La Cuisine des Corons")
    assert sum(reporting_weights(kitchen).values()) == 1
    assert is_signed_off(kitchen)
