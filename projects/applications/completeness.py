"""Whether a draft may be sent: what is missing, what contradicts itself, which pieces are too old. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fres.kernel import parameters
from projects.applications.calls import schema_of
from projects.applications.consistency import CHECKS, Problem, check_impact
from projects.applications.drafts import answers_of, current_pieces
from projects.applications.form_schema import FormSchema, Gap, Progress, gaps_of, progress_of
from projects.indicators.selectors import rate_codes
from projects.models import Application, ApplicationPiece


@dataclass(frozen=True)
class DraftState:
    """A draft as it stands: what the tracker shows, and what would stop its submission."""

    schema: FormSchema
    answers: Mapping[str, Any]
    pieces: tuple[ApplicationPiece, ...]
    expired: tuple[ApplicationPiece, ...]
    progress: tuple[Progress, ...]
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...]

    @property
    def is_ready(self) -> bool:
        return not (self.gaps or self.problems or self.expired)

    @property
    def minutes_left(self) -> int:
        return sum(one.minutes_left for one in self.progress)

    @property
    def percent(self) -> int:
        """Share of the required answers that are given, rounded down."""
        asked = sum(one.asked for one in self.progress)
        return 100 * sum(one.given for one in self.progress) // asked if asked else 0


def draft_state(application: Application, *, on: date) -> DraftState:
    """Return how far a draft is on a day. Raises: ValueError: the file has no form."""
    if application.form is None:
        raise ValueError(f"application {application.uuid} has no form")
    schema = schema_of(application.form)
    answers = answers_of(application)
    pieces = current_pieces(application)
    good = frozenset(piece.field for piece in pieces if not piece.is_expired(on))
    return DraftState(
        schema=schema,
        answers=answers,
        pieces=tuple(pieces),
        # An old piece does no harm beside a fresh one of the same kind.
        expired=tuple(piece for piece in pieces if piece.is_expired(on) and piece.field not in good),
        progress=tuple(progress_of(schema, answers, good)),
        gaps=tuple(gaps_of(schema, answers, good)),
        problems=tuple(problems_of(schema, answers, on=on)),
    )


def problems_of(schema: FormSchema, answers: Mapping[str, Any], *, on: date) -> list[Problem]:
    """Return what contradicts itself in the sections that are asked."""
    seen = schema.visible_answers(answers)
    found: list[Problem] = []
    for section in schema.visible_sections(answers):
        if section.check == "impact":
            found.extend(check_impact(seen, rates=rate_codes()))
        elif section.check:
            found.extend(CHECKS[section.check](seen))
    return found


def section_problems(schema: FormSchema, answers: Mapping[str, Any], section: str, *, on: date) -> list[Problem]:
    """Return what contradicts itself in one section."""
    return [problem for problem in problems_of(schema, answers, on=on) if problem.section == section]


def years_of_accounts(on: date) -> int:
    """Return how many closed years are asked for (dated parameter)."""
    return parameters.value_at("application.accounts.years", on).whole
