"""What rules look at in a project, gathered from its files: committee's score, plan, pay, guarantee, campaign, labels.

Each fact comes from an act that somebody answers for: a decision of the committee, the answers a holder signed, an
assessment that was concluded, a guarantee that was granted, money that cleared. What nobody established is absent, and
a rule that needs it refuses (an unproved pay ratio does not pass).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any

from django.db.models import Sum

from fres.kernel import clock
from fres.kernel.models import Territory
from funds.allocation.problem import HIGHEST_SCORE, CoInvestor, Guarantee, LabelAward, PlaceShare
from funds.models import Commitment, LoanGuarantee, Offer
from funds.pool.states import GuaranteeState
from funds.states import COUNTED_CLEARED, OfferState
from projects.applications.consistency import YEARS, total_cents
from projects.models import Application, ApplicationVersion, AssessmentAnswer, Award, Decision, Project
from projects.states import IN_FORCE, AssessmentState

# What a holder's plan calls an instrument → the kind of financier that rules name.
FINANCIERS: Mapping[str, str] = {
    "bank_loan": "BANK",
    "own_funds": "OWN",
    "grant": "PUBLIC",
    "repayable_advance": "PUBLIC",
    "citizen_loan": "CITIZENS",
    "citizen_equity": "CITIZENS",
    "citizen_gift": "CITIZENS",
}
ACQUIRED = "acquired"
PAY_CRITERION = "ESUS-4"


@dataclass(frozen=True)
class Facts:
    """What is established of a project on a day; amounts in whole cents, ratios exact."""

    places: tuple[PlaceShare, ...] = ()
    labels: tuple[LabelAward, ...] = ()
    statuses: tuple[str, ...] = ()
    score: int = 1
    budget_cents: int | None = None
    pay_ratio_mean: Fraction | None = None
    pay_ratio_highest: Fraction | None = None
    co_investors: tuple[CoInvestor, ...] = ()
    guarantee: Guarantee | None = None
    citizen_cents: int = 0
    is_successful: bool = False


def facts_of(projects: Iterable[Project], on: date) -> dict[int, Facts]:
    """Return the facts of projects at the end of a day, by the project's key; in a fixed number of queries.

    Args: projects: with their organisation loaded.
    """
    wanted = list({one.pk: one for one in projects}.values())
    keys = [one.pk for one in wanted]
    until = datetime.combine(on, time.max, tzinfo=clock.PARIS)
    places, labels = places_of_projects(wanted), labels_of_projects(wanted, on)
    scores, pay = _scores(keys, until), _pay_ratios(wanted, until)
    guarantees, cleared = _guarantees(keys, until), _citizens(keys, until)
    states, plans = _files(keys, until)
    successes = set(
        Offer.objects.filter(project__in=keys, state=OfferState.SUCCEEDED, decided_at__lte=until).values_list(
            "project", flat=True
        )
    )
    return {
        key: Facts(
            places=places[key],
            labels=labels[key],
            statuses=tuple(sorted(states[key])),
            score=scores.get(key, 1),
            budget_cents=_budget(plans.get(key, {})),
            pay_ratio_mean=pay.get(key, (None, None))[0],
            pay_ratio_highest=pay.get(key, (None, None))[1],
            co_investors=_co_investors(plans.get(key, {}), cleared.get(key, 0)),
            guarantee=guarantees.get(key),
            citizen_cents=cleared.get(key, 0),
            is_successful=key in successes,
        )
        for key in keys
    }


def score_of(text: str, scale_max: int) -> int:
    """Return a committee's exact weighted score as the allocation's, from 1 to 1 000, rounded down. Pure."""
    if not text:
        return 1
    share = Fraction(text) / scale_max * HIGHEST_SCORE
    return max(1, min(HIGHEST_SCORE, share.numerator // share.denominator))


def places_of_projects(projects: Iterable[Project]) -> dict[int, tuple[PlaceShare, ...]]:
    """Return where projects are, by key: commune, intercommunality, département, region, and FRR when classed."""
    wanted = list(projects)
    communes = {
        row.code: row
        for row in Territory.objects.filter(
            level=Territory.Level.COMMUNE, is_current=True, code__in={one.commune_code for one in wanted}
        )
    }
    return {one.pk: _places(communes.get(one.commune_code)) for one in wanted}


def labels_of_projects(projects: Iterable[Project], on: date) -> dict[int, tuple[LabelAward, ...]]:
    """Return the labels of projects and of their organisations on a day, by the project's key."""
    wanted = list(projects)
    owners = {one.uuid: one.pk for one in wanted}
    carriers: dict[object, list[int]] = defaultdict(list)
    for one in wanted:
        carriers[one.organisation.uuid].append(one.pk)
    found: dict[int, set[LabelAward]] = {one.pk: set() for one in wanted}
    awards = Award.objects.filter(
        subject_uuid__in=[*owners, *carriers], state__in=IN_FORCE, valid_from__lte=on
    ).order_by("pk")
    for award in awards:
        keys = [owners[award.subject_uuid]] if award.subject_uuid in owners else carriers[award.subject_uuid]
        for key in keys:
            found[key].add(LabelAward(award.label, str(award.state), award.valid_from, award.valid_to))
    return {key: tuple(sorted(labels, key=repr)) for key, labels in found.items()}


def _places(row: Territory | None) -> tuple[PlaceShare, ...]:
    if row is None:
        return ()
    pairs = [("COMMUNE", row.code), ("EPCI", row.epci_code), ("DEPARTEMENT", row.departement_code),
             ("REGION", row.region_code)]  # fmt: skip
    if row.frr in (Territory.Frr.FRR, Territory.Frr.FRR_PLUS, Territory.Frr.FRR_BENEFICIAIRE):
        pairs.append(("FRR", row.code))
    return tuple(PlaceShare(level, code) for level, code in pairs if code)


def _scores(keys: list[int], until: datetime) -> dict[int, int]:
    """The last decision of the committee on each project; a file without a graded reading has the least score."""
    rows = (
        Decision.objects.filter(item__application__project__in=keys, decided_at__lte=until)
        .exclude(score="")
        .order_by("decided_at", "pk")
        .values_list("item__application__project", "score", "item__session__grid__scale_max")
    )
    return {project: score_of(score, scale_max) for project, score, scale_max in rows}


def _pay_ratios(projects: list[Project], until: datetime) -> dict[int, tuple[Fraction, Fraction]]:
    """What a concluded assessment found of the best paid, of the project or of its organisation (ESUS-4)."""
    owners = defaultdict(list)
    for one in projects:
        owners[one.uuid].append(one.pk)
        owners[one.organisation.uuid].append(one.pk)
    found: dict[int, tuple[Fraction, Fraction]] = {}
    answers = AssessmentAnswer.objects.filter(
        criterion__identifier=PAY_CRITERION,
        is_na=False,
        assessment__subject_uuid__in=list(owners),
        assessment__state=AssessmentState.CONCLUDED,
        assessment__concluded_at__lte=until,
    ).order_by("assessment__concluded_at", "pk")
    for uuid, values in answers.values_list("assessment__subject_uuid", "values"):
        mean, highest = _number(values.get("mean")), _number(values.get("highest"))
        if mean is not None and highest is not None:
            found |= dict.fromkeys(owners[uuid], (mean, highest))
    return found


def _number(value: Any) -> Fraction | None:
    """An exact number of an answer: a decimal as text, or two of them, the first out of the second."""
    if isinstance(value, list) and len(value) == 2 and Fraction(value[1]):
        return Fraction(value[0]) / Fraction(value[1])
    return Fraction(value) if isinstance(value, str) and value else None


def _guarantees(keys: list[int], until: datetime) -> dict[int, Guarantee]:
    rows = LoanGuarantee.objects.filter(
        project__in=keys, state=GuaranteeState.ACTIVE, granted_at__lte=until
    ).select_related("envelope")
    return {
        row.project_id: Guarantee(row.envelope.code, Fraction(row.amount.amount) / Fraction(row.loan_amount.amount))
        for row in rows.order_by("granted_at", "pk")
    }


def _citizens(keys: list[int], until: datetime) -> dict[int, int]:
    rows = (
        Commitment.objects.filter(offer__project__in=keys, state__in=COUNTED_CLEARED, cleared_at__lte=until)
        .exclude(offer__state__in=(OfferState.FAILED, OfferState.CANCELLED))
        .values("offer__project")
        .order_by("offer__project")
        .annotate(sum=Sum("amount"))
    )
    return {row["offer__project"]: int(row["sum"] * 100) for row in rows}


def _files(keys: list[int], until: datetime) -> tuple[dict[int, set[str]], dict[int, Mapping[str, Any]]]:
    """The states of a project's files, and the answers that its holder signed last."""
    states: dict[int, set[str]] = defaultdict(set)
    for project, state in Application.objects.filter(project__in=keys).values_list("project", "state"):
        states[project].add(str(state))
    versions = ApplicationVersion.objects.filter(application__project__in=keys, signed_at__lte=until)
    plans = {
        project: answers or {}
        for project, answers in versions.order_by("signed_at", "pk").values_list(
            "application__project", "content__answers"
        )
    }
    return states, plans


def _budget(answers: Mapping[str, Any]) -> int | None:
    charges = answers.get("charges") or []
    total = sum(total_cents(charges, year) for year in YEARS)
    return total or None


def _co_investors(answers: Mapping[str, Any], citizen_cents: int) -> tuple[CoInvestor, ...]:
    """Who brings the rest: the lines of the plan that are acquired, and citizen money that cleared here."""
    sums: dict[str, int] = defaultdict(int)
    for row in answers.get("instruments") or []:
        kind = FINANCIERS.get(row.get("instrument") or "")
        if kind is not None and kind != "CITIZENS" and row.get("status") == ACQUIRED:
            sums[kind] += row.get("amount") or 0
    sums["CITIZENS"] += citizen_cents
    return tuple(CoInvestor(kind, cents) for kind, cents in sorted(sums.items()) if cents > 0)
