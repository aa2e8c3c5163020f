"""Why projects were refused, year by year: counts by coded reason, no name, small numbers never told (§6, R-044)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.db.models.functions import ExtractYear

from fres.kernel import clock, parameters
from projects.models import Application, Refusal, RefusalReason


@dataclass(frozen=True, slots=True)
class ReasonCount:
    label: str
    count: int


@dataclass(frozen=True)
class YearOfRefusals:
    """What may be told of a year. `rare` are the reasons of fewer files than `least`; their sum is told only when it
    reaches `least` itself, else the total is not told either: the difference would give it away."""

    year: int
    submitted: int
    rows: tuple[ReasonCount, ...]
    rare: tuple[str, ...]
    rare_count: int | None
    total: int | None
    least: int


def refusals_of(year: int, *, on: date) -> YearOfRefusals:
    """Return the refusals decided in a year (Paris time), by reason; those a dismissed appeal confirms count once."""
    decided = Refusal.objects.exclude(stage=Refusal.Stage.APPEAL).annotate(
        year=ExtractYear("decided_at", tzinfo=clock.PARIS)
    )
    counts = dict(decided.filter(year=year).order_by().values_list("code").annotate(n=Count("pk")))
    least = parameters.value_at("refusals.published_from", on).whole
    return masked(counts, year=year, submitted=_submitted(year), least=least)


def masked(counts: dict[str, int], *, year: int, submitted: int, least: int) -> YearOfRefusals:
    """Return what may be told of counts by reason. Pure."""
    told = sorted(
        (ReasonCount(str(RefusalReason(code).label), n) for code, n in counts.items() if n >= least),
        key=lambda row: (-row.count, row.label),
    )
    rare = {code: n for code, n in counts.items() if 0 < n < least}
    rest = sum(rare.values())
    return YearOfRefusals(
        year=year,
        submitted=submitted,
        rows=tuple(told),
        rare=tuple(sorted(str(RefusalReason(code).label) for code in rare)),
        rare_count=rest if len(rare) > 1 and rest >= least else None,
        total=sum(counts.values()) if not rare or (len(rare) > 1 and rest >= least) else None,
        least=least,
    )


def years_of_refusals() -> list[int]:
    """Return the years in which something was refused, the last first."""
    years = Refusal.objects.annotate(year=ExtractYear("decided_at", tzinfo=clock.PARIS)).order_by("-year")
    return list(years.values_list("year", flat=True).distinct())


def _submitted(year: int) -> int:
    sent = Application.objects.exclude(submitted_at=None).annotate(year=ExtractYear("submitted_at", tzinfo=clock.PARIS))
    return sent.filter(year=year).count()
