"""Where a saver stands before lending: their class, their questionnaire, the warning, their simulation."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from investors.models import Classification, EntryAssessment, LossSimulation, Party, User
from investors.protection.states import ClassState
from investors.selectors import own_data, party_of

RETAIL = "RETL"  # everyone without a class of their own (E01)


@dataclass(frozen=True)
class Readiness:
    """What of a saver's protection is in force on a day; what has ended is left out."""

    saver_class: str
    assessment: EntryAssessment | None
    is_warned: bool
    simulation: LossSimulation | None

    @property
    def is_retail(self) -> bool:
        return self.saver_class == RETAIL

    @property
    def awaits_warning(self) -> bool:
        """Whether the last questionnaire calls for a warning that was not read yet (E07)."""
        last = self.assessment
        return last is not None and last.outcome != EntryAssessment.Outcome.PASSED and not self.is_warned

    @property
    def is_ready(self) -> bool:
        """Whether nothing of E06 to E08 stands before a loan."""
        if not self.is_retail:
            return True
        return self.assessment is not None and not self.awaits_warning and self.simulation is not None


def readiness_of(party: Party, on: date) -> Readiness:
    """Return what of a saver's protection is in force on a day."""
    held = class_in_force(party, on)
    assessment = party.entry_assessments.select_related("acknowledgement").order_by("-pk").first()
    simulation = party.loss_simulations.order_by("-pk").first()
    if assessment is not None and assessment.expires_on <= on:
        assessment = None
    if simulation is not None and simulation.expires_on <= on:
        simulation = None
    return Readiness(
        saver_class=held.wanted if held else RETAIL,
        assessment=assessment,
        is_warned=assessment is not None and hasattr(assessment, "acknowledgement"),
        simulation=simulation,
    )


def class_in_force(party: Party, on: date) -> Classification | None:
    return party.classifications.filter(state=ClassState.GRANTED, expires_on__gt=on).first()


def classifications() -> QuerySet[Classification]:
    """Return every request for a class, those that wait first, then the newest."""
    return Classification.objects.select_related("party", "requested_by", "decided_by").order_by(
        # "REQUESTED" sorts after the others: what waits comes first
        "-state", "-requested_at", "-pk",
    )  # fmt: skip


@own_data("protection")
def _own_protection(user: User) -> dict[str, Any]:
    party = party_of(user)
    if party is None:
        return {}
    return {
        "questionnaires": list(
            party.entry_assessments.values("version", "outcome", "score", "out_of", "answers", "taken_at", "expires_on")
        ),
        "simulations": list(
            party.loss_simulations.values("is_sent", "result", "reference_date", "made_at", "expires_on")
        ),
        "classes": list(
            party.classifications.values(
                "wanted", "criteria", "evidence", "state", "requested_at", "decided_at", "grounds", "expires_on"
            )
        ),
    }
