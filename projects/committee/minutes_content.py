"""What minutes say, gathered once: frozen, hashed, so that a signature names exactly what was read."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from fractions import Fraction

from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.french_dates import date_in_words
from fres.kernel.parameters import fund_scopes
from projects.committee.rules import CollegeCount, percentage, printed
from projects.committee.selectors import PublishedCount, day_of, items_of, published_counts, reading_of, seats_of
from projects.models import AgendaItem, Attendance, Ballot, Committee, Session


@dataclass(frozen=True, slots=True)
class MemberRow:
    name: str
    college: str
    presence: str


@dataclass(frozen=True, slots=True)
class CriterionRow:
    code: str
    label: str
    weight: str
    mean: str
    spread: str
    remark: str


@dataclass(frozen=True, slots=True)
class BallotRow:
    """One question put to the vote, counted as it is published: no one's own vote."""

    proposal: str
    result: str
    support: str
    present: int
    entitled: int
    colleges: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ItemContent:
    """What was said, scored, voted and decided on one file."""

    rank: int
    title: str
    holder: str
    recusals: tuple[str, ...]
    links: tuple[str, ...]
    criteria: tuple[CriterionRow, ...]
    score: str
    notes: str
    ballots: tuple[BallotRow, ...]
    outcome: str
    axis: str
    motive: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MinutesContent:
    """All that the PDF prints but its number and its signatures."""

    fund: str
    committee: str
    day: str
    place: str
    hours: str
    chair: str
    secretary: str
    rules: tuple[tuple[str, str], ...]
    members: tuple[MemberRow, ...]
    items: tuple[ItemContent, ...]
    notes: str

    @property
    def sha256(self) -> str:
        """The fingerprint that signatures name: of the content as sorted JSON."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SignatureLine:
    capacity: str
    name: str
    at: datetime


def gather_minutes(session: Session) -> MinutesContent:
    """Return the minutes of a session as things stand, in French whatever the language of who asks (D13)."""
    with override("fr"):
        return _gather(session)


def _gather(session: Session) -> MinutesContent:
    day = date_in_words(day_of(session))
    names = dict(fund_scopes())
    return MinutesContent(
        fund=names.get(str(session.committee.fund_uuid), ""),
        committee=session.committee.name,
        day=day,
        place=session.place,
        hours=_hours(session),
        chair=str(session.chair.user),
        secretary=str(session.secretary),
        rules=_rules(session),
        members=_members(session),
        items=tuple(_item(session, item) for item in items_of(session)),
        notes=session.notes,
    )


def _hours(session: Session) -> str:
    if session.opened_at is None:
        return "non ouverte"
    opened = f"ouverte à {_hour(session.opened_at)}"
    return f"{opened}, levée à {_hour(session.ended_at)}" if session.ended_at else opened


def _hour(moment: datetime) -> str:
    local = clock.local(moment)
    return f"{local.hour}\u00a0h\u00a0{local.minute:02}"


def _percent(value: Fraction) -> str:
    text = f"{percentage(value):f}".rstrip("0").rstrip(".").replace(".", ",")
    return f"{text}\u00a0%"


def _rules(session: Session) -> tuple[tuple[str, str], ...]:
    weights = ", ".join(f"{one.name} {_percent(one.weight)}" for one in session.committee.colleges.order_by("rank"))
    majority = Committee.Majority(session.majority).label
    return (
        ("Quorum", f"{_percent(Fraction(session.quorum_bp, 10_000))} des sièges, déports retirés"),
        ("Collèges", weights),
        ("Majorité", f"{majority} de la somme pondérée des collèges"),
        ("Partage", str(Committee.TieRule(session.tie_rule).label)),
        ("Grille", f"{session.grid.name}, version {session.grid.version}, notes de 0 à {session.grid.scale_max}"),
    )


def _members(session: Session) -> tuple[MemberRow, ...]:
    there: dict[int, list[str]] = {}
    for one in Attendance.objects.filter(session=session).order_by("arrived_at"):
        left = f" à {_hour(one.left_at)}" if one.left_at else ""
        there.setdefault(one.seat_id, []).append(f"de {_hour(one.arrived_at)}{left}")
    return tuple(
        MemberRow(str(seat.user), seat.college.name, ", ".join(there.get(seat.pk, ["absence"])))
        for seat in seats_of(session)
    )


def _item(session: Session, item: AgendaItem) -> ItemContent:
    recused = list(item.recusals.select_related("seat__user", "seat__college").order_by("at"))
    linked = item.declarations.filter(kind="link").select_related("seat__user").order_by("at")
    decision = item.decided
    reading = reading_of(item)
    labels = {one.code: one for one in session.grid.criteria.all()}
    return ItemContent(
        rank=item.rank,
        title=item.application.project.title,
        holder=item.application.organisation.name,
        recusals=tuple(f"{one.seat.user}, {one.seat.college.name}\u00a0: {one.reason}" for one in recused),
        links=tuple(f"{one.seat.user}\u00a0: {one.reason}" for one in linked),
        criteria=tuple(
            CriterionRow(
                code=one.code,
                label=labels[one.code].label,
                weight=_percent(labels[one.code].weight),
                mean=_decimal(one.mean) if one.mean is not None else "",
                spread=f"{one.lowest} à {one.highest}" if one.scores else "",
                remark="Veto"
                if one.is_vetoed
                else "Avis dispersés"
                if one.is_dispersed(session.grid.scale_max)
                else "",
            )
            for one in (reading.criteria if reading.totals else ())
        ),
        score=_decimal(reading.score) if reading.score is not None else "",
        notes=item.notes,
        ballots=tuple(_ballot(one) for one in item.ballots.filter(closed_at__isnull=False).order_by("rank")),
        outcome=decision.done if decision else "",
        axis=str(decision.axis) if decision else "",
        motive=decision.motive if decision else "",
        conditions=tuple(decision.conditions.values_list("text", flat=True)) if decision else (),
    )


def _decimal(value: Fraction) -> str:
    return f"{printed(value):f}".replace(".", ",")


def _ballot(ballot: Ballot) -> BallotRow:
    return BallotRow(
        proposal=str(ballot.get_proposal_display()),
        result=str(ballot.get_result_display()),
        support=_percent(Fraction(ballot.support)) if ballot.support else "aucun vote exprimé",
        present=ballot.present,
        entitled=ballot.entitled,
        colleges=tuple(
            (one.name, _percent(Fraction(one.weight_bp, 10_000)), _count(one)) for one in published_counts(ballot)
        ),
    )


def _count(published: PublishedCount) -> str:
    count: CollegeCount | None = published.count
    if count is None:
        return "un seul votant\u00a0: non détaillé"
    if not count.cast and not count.abstain:
        return "aucun votant"
    return f"{count.yes} pour, {count.no} contre, {count.abstain} abstention{'s' if count.abstain > 1 else ''}"
