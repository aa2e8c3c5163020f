"""What the committee will read: opinions, a visit, the note with its rule checks, and the file sent (§6)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.states import advance
from investors.models import User
from projects.applications.deadlines import days_after
from projects.applications.errors import InstructionIncomplete, NotYourMove, ReasonMissing
from projects.applications.instruction import days_of, lock_in_review
from projects.four_eyes import Act, check_four_eyes
from projects.models import (
    Application,
    ExpertOpinion,
    InstructionNote,
    SiteVisit,
)
from projects.states import (
    BRING_BACK,
    SEND_TO_COMMITTEE,
)

NOTE_POINTS = ("viability", "social_use", "governance", "carrier", "additionality", "accompaniment")
_NOTE_FIELDS = frozenset({*NOTE_POINTS, "without_visit_because", "proposed_conditions", "advice"})


@transaction.atomic
def ask_opinion(*, application: Application, expert: str, subject: str, by: User, at: datetime) -> ExpertOpinion:
    """Note that an opinion was asked of somebody, and when it is expected. Raises: NotYourMove."""
    application = lock_in_review(application)
    day = clock.local(at).date()
    due_on = days_after(day, days_of(application, "application.opinion.days", day))
    return ExpertOpinion.objects.create(
        application=application, expert=expert, subject=subject, asked_by=by, asked_at=at, due_on=due_on
    )


@transaction.atomic
def record_opinion(*, opinion: ExpertOpinion, verdict: str, text: str, by: User, at: datetime) -> ExpertOpinion:
    """Write down the opinion that came, once. Raises: NotYourMove; ReasonMissing."""
    opinion = ExpertOpinion.objects.select_for_update(of=("self",)).get(pk=opinion.pk)
    lock_in_review(opinion.application)
    if opinion.given_at is not None:
        raise NotYourMove(_("Cet avis a déjà été rendu."), next_step=_("Demandez un second avis s’il a changé."))
    if verdict not in ExpertOpinion.Verdict.values or not text.strip():
        raise ReasonMissing(_("Un avis a une conclusion et un texte."))
    opinion.verdict, opinion.text, opinion.given_at = verdict, text.strip(), at
    opinion.save(update_fields=["verdict", "text", "given_at"])
    return opinion


@transaction.atomic
def plan_visit(*, application: Application, planned_on: date, place: str, by: User, at: datetime) -> SiteVisit:
    """Plan a visit. Raises: NotYourMove; SamePersonTwice."""
    application = lock_in_review(application)
    check_four_eyes(application=application, user=by, act=Act.INSTRUCTED)
    return SiteVisit.objects.create(application=application, planned_on=planned_on, place=place, planned_by=by)


@transaction.atomic
def report_visit(
    *, visit: SiteVisit, visited_on: date, people_met: str, report: str, by: User, at: datetime
) -> SiteVisit:
    """Tell a visit that was made. Raises: NotYourMove; ReasonMissing: no report, or a day to come."""
    visit = SiteVisit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    lock_in_review(visit.application)
    if not report.strip() or visited_on > clock.local(at).date():
        raise ReasonMissing(_("Une visite racontée a eu lieu, et a un compte rendu."))
    visit.visited_on, visit.people_met, visit.report = visited_on, people_met, report.strip()
    visit.save(update_fields=["visited_on", "people_met", "report"])
    return visit


@transaction.atomic
def save_note(*, application: Application, points: Mapping[str, str], by: User, at: datetime) -> InstructionNote:
    """Write the note, as far as it goes. Args: points: its text fields and `advice`, by name.

    Raises: NotYourMove; SamePersonTwice.
    """
    application = lock_in_review(application)
    check_four_eyes(application=application, user=by, act=Act.INSTRUCTED)
    note = InstructionNote.objects.filter(application=application).first()
    if note is None:
        note = InstructionNote(application=application)
    for name, text in points.items():
        if name not in _NOTE_FIELDS:
            raise KeyError(name)
        setattr(note, name, text.strip())
    note.written_by, note.saved_at, note.signed_at = by, at, None
    note.save()
    return note


@transaction.atomic
def send_to_committee(*, application: Application, by: User, at: datetime) -> Application:
    """Sign the note with the rules as they are found now, and send the file to the committee.

    Raises: InstructionIncomplete: a required point or rule of §6 is missing, each named. SamePersonTwice.
        TransitionRefused.
    """
    application = lock_in_review(application)
    check_four_eyes(application=application, user=by, act=Act.INSTRUCTED)
    note = InstructionNote.objects.select_for_update().filter(application=application).first()
    checks = rule_checks(application, note)
    if missing := [check["label"] for check in checks if not check["met"]]:
        raise InstructionIncomplete(
            _("Il manque à la note : %(points)s.") % {"points": ", ".join(missing)},
            next_step=_("Complétez la note, puis transmettez le dossier."),
        )
    if note is None:
        raise ValueError("a complete note exists")
    note.rule_checks, note.signed_at, note.written_by = checks, at, by
    note.save(update_fields=["rule_checks", "signed_at", "written_by"])
    return advance(application, SEND_TO_COMMITTEE, by=by, at=at, sent_to_committee_at=at)


@transaction.atomic
def bring_back(*, application: Application, reason: str, by: User, at: datetime) -> Application:
    """Bring an adjourned file back to the committee, saying what was added since.

    Raises: ReasonMissing; SamePersonTwice; TransitionRefused.
    """
    check_four_eyes(application=application, user=by, act=Act.INSTRUCTED)
    if not reason.strip():
        raise ReasonMissing(_("Dites ce qui a été apporté depuis l’ajournement."))
    return advance(application, BRING_BACK, by=by, at=at, reason=reason.strip(), sent_to_committee_at=at)


def note_points() -> dict[str, str]:
    """Return the required points of a note, in order, with their words."""
    return {
        "viability": _("viabilité économique"),
        "social_use": _("utilité sociale"),
        "governance": _("gouvernance"),
        "carrier": _("porteur et équipe"),
        "additionality": _("refus bancaires et complémentarité"),
        "accompaniment": _("accompagnement"),
    }


def rule_checks(application: Application, note: InstructionNote | None) -> list[dict[str, Any]]:
    """Return each rule a file must meet before the committee, and whether it does: JSON values, French labels.

    Source: §6, `INSTRUCTION → COMITE`: viability, social utility, governance, carrier, bank refusals (R-009),
    accompanying body named, visit; the visit may be waived for a written reason.
    """
    rows = [(name, words, bool(note and getattr(note, name))) for name, words in note_points().items()]
    rows.append(("advice", _("avis de l’instruction"), bool(note and note.advice)))
    rows.append(("body", _("structure d’accompagnement nommée"), application.accompanying_body_id is not None))
    visited = application.visits.filter(visited_on__isnull=False).exists()
    waived = bool(note and note.without_visit_because)
    rows.append(("visit", _("visite faite, ou raison écrite de s’en passer"), visited or waived))
    waiting = application.opinions.filter(given_at=None).exists()
    rows.append(("opinions", _("avis demandés tous rendus"), not waiting))
    return [{"code": code, "label": label, "met": met} for code, label, met in rows]
