"""What the site already measures of a subject, as answers to criteria: the evaluator takes them over, and sees them."""

from datetime import date

from projects.groupings.measures import GroupingMeasures, grouping_measures
from projects.models import Assessment, Criterion, Grouping, SubjectType

Measured = tuple[Criterion, dict[str, str | list[str]], bool | None, str]


def measured_answers(assessment: Assessment, *, on: date) -> list[Measured]:
    """Return the answers that a pole's own records give to PTCE-M1…M8: criterion, values, yes or no, where from."""
    if assessment.subject_type != SubjectType.GROUPING or assessment.label.code != "PTCE":
        return []
    grouping = Grouping.objects.filter(uuid=assessment.subject_uuid).first()
    if grouping is None:
        return []
    measures = grouping_measures(grouping, on)
    source = f"Registre du groupement, au {on:%d/%m/%Y}"
    answers = {**_numbers(measures), "PTCE-M3": measures.strategy_approved}
    found: list[Measured] = []
    for criterion in assessment.label.criteria.all():
        given = answers.get(criterion.identifier)
        if isinstance(given, bool):
            found.append((criterion, {}, given, source))
        elif given is not None:
            found.append((criterion, given, None, source))
    return found


def _numbers(measures: GroupingMeasures) -> dict[str, dict[str, str | list[str]] | bool]:
    signed, activities = measures.signed_members, measures.activities
    years = measures.agreement_years
    numbers: dict[str, dict[str, str | list[str]] | bool] = {
        "PTCE-M1": {"ess": str(measures.ess_members), "others": str(measures.other_members)},
        "PTCE-M2": {"members": str(signed), "types": str(len(measures.member_types))},
        "PTCE-M4": {"local_share": [str(measures.local_members), str(signed)] if signed else "0"},
        "PTCE-M5": {"recognised_share": [str(measures.recognised_activities), str(activities)] if activities else "0"},
        "PTCE-M7": {"items": str(measures.pooled_items)},
        "PTCE-M8": {"authorities": str(measures.authorities)},
    }
    # Days beyond whole years do not change "at least three years": what is kept is the whole part.
    numbers["PTCE-M6"] = {"years": str(years.numerator // years.denominator) if years is not None else "0"}
    return numbers
