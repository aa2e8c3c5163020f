"""Pronounce a decision: it follows from the ballot, is linked to an axis, says why; then the file moves on."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.states import advance
from investors.models import User
from projects.applications.deadlines import months_after
from projects.applications.refusing import record_refusal
from projects.committee.access import require_runner
from projects.committee.errors import ConditionRefused, DecisionRefused
from projects.committee.notices import tell_decided
from projects.committee.selectors import axes_on, reading_of
from projects.committee.states import SessionState
from projects.four_eyes import Act, check_four_eyes
from projects.models import (
    AgendaItem,
    Ballot,
    Condition,
    Decision,
    Membership,
    Outcome,
    Refusal,
    SchemeAxis,
    Session,
)
from projects.states import ADJOURN, APPROVE, TURN_DOWN

Result = Ballot.Result


def outcome_of(ballot: Ballot) -> str:
    """Return the one decision a closed ballot allows, "" when another ballot is needed.

    What is carried is decided. An approval rejected is a refusal. A tie adjourns. Any other rejection decides nothing.
    """
    if ballot.result == Result.CARRIED:
        return ballot.proposal
    if ballot.result == Result.TIED:
        return Outcome.ADJOURN
    if ballot.result == Result.REJECTED and ballot.proposal == Outcome.APPROVE:
        return Outcome.REFUSE
    return ""


@transaction.atomic
def decide(
    *,
    item: AgendaItem,
    outcome: str,
    axis: SchemeAxis | None,
    motive: str,
    by: User,
    at: datetime,
    conditions: Sequence[str] = (),
    refusal_code: str = "",
    next_step: str = "",
) -> Decision:
    """Pronounce what the last ballot decided, move the file, and tell its holder.

    Args: axis: of the regional scheme, in force on the day (R-049). motive: French, public, sent to the holder.
        conditions: precedent, for an approval. refusal_code, next_step: for a refusal (`RefusalReason`).
    Raises: CommitteeRefused: neither chair nor secretary. DecisionRefused: no ballot closed, another outcome than the
        ballot's, no axis, no motive, conditions without approval, decided already. RefusalWithoutReason.
        SamePersonTwice: this person instructed the file. TransitionRefused: the file is no longer in committee.
    """
    session = (
        Session.objects.select_for_update(of=("self",)).select_related("committee", "chair").get(pk=item.session_id)
    )
    require_runner(session, by)
    on = clock.local(at).date()
    ballot = _last_ballot(session, item, outcome)
    motive = motive.strip()
    if axis is None or not axes_on(session.committee, on).filter(pk=axis.pk).exists():
        raise DecisionRefused(
            _("Chaque décision se rattache à un axe du schéma régional en vigueur."),
            next_step=_("Choisissez l’axe que ce projet sert, ou celui qu’il ne sert pas assez."),
        )
    if not motive:
        raise DecisionRefused(_("Une décision porte son motif, public."), next_step=_("Écrivez-le en une phrase."))
    wanted = [text.strip() for text in conditions if text.strip()]
    if wanted and outcome != Outcome.APPROVE:
        raise DecisionRefused(_("Seule une approbation porte des conditions suspensives."))
    application = item.application
    check_four_eyes(application=application, user=by, act=Act.VOTED)
    refusal = None
    if outcome == Outcome.REFUSE:
        refusal = record_refusal(
            application=application,
            stage=Refusal.Stage.COMMITTEE,
            code=refusal_code,
            reason=motive,
            next_step=next_step,
            by=by,
            at=at,
        )
    months = parameters.value_at("application.approval.months", on, str(session.committee.fund_uuid)).whole
    score = reading_of(item).score
    decision = Decision.objects.create(
        item=item,
        ballot=ballot,
        outcome=outcome,
        axis=axis,
        motive=motive,
        refusal=refusal,
        score="" if score is None else str(score),
        valid_until=months_after(on, months) if outcome == Outcome.APPROVE else None,
        decided_by=by,
        decided_at=at,
    )
    Condition.objects.bulk_create(
        Condition(decision=decision, rank=rank, text=text[:300]) for rank, text in enumerate(wanted, 1)
    )
    move = {Outcome.APPROVE: APPROVE, Outcome.ADJOURN: ADJOURN, Outcome.REFUSE: TURN_DOWN}[Outcome(outcome)]
    advance(application, move, by=by, at=at, reason=motive)
    tell_decided(decision=decision, at=at)
    return decision


def _last_ballot(session: Session, item: AgendaItem, outcome: str) -> Ballot:
    if session.state != SessionState.OPEN:
        raise DecisionRefused(_("On décide en séance ouverte."))
    if Decision.objects.filter(item=item).exists():
        raise DecisionRefused(_("Ce dossier est décidé : une décision ne change pas."))
    ballot = item.ballots.order_by("-rank").first()
    if ballot is None or ballot.closed_at is None:
        raise DecisionRefused(
            _("Aucun vote n’est enregistré sur ce dossier."), next_step=_("Ouvrez un scrutin, puis fermez-le.")
        )
    allowed = outcome_of(ballot)
    if not allowed:
        raise DecisionRefused(
            _("La proposition a été rejetée : elle ne décide rien."), next_step=_("Mettez-en une autre aux voix.")
        )
    if outcome != allowed:
        raise DecisionRefused(
            _("Le vote décide « %(outcome)s », rien d’autre.") % {"outcome": Outcome(allowed).label},
            next_step=_("Prononcez cette décision."),
        )
    return ballot


@transaction.atomic
def meet_condition(*, condition: Condition, evidence: str, by: User, at: datetime) -> Condition:
    """Write that a condition precedent is met, on what evidence, by whom.

    Raises: ConditionRefused: met already, no evidence, or this person belongs to the organisation.
    """
    condition = (
        Condition.objects.select_for_update(of=("self",))
        .select_related("decision__item__application")
        .get(pk=condition.pk)
    )
    organisation = condition.decision.item.application.organisation_id
    if condition.met_at is not None:
        raise ConditionRefused(_("Cette condition est déjà levée."))
    if not evidence.strip():
        raise ConditionRefused(_("Une condition est levée sur une preuve."), next_step=_("Nommez la pièce et sa date."))
    if Membership.objects.filter(organisation_id=organisation, user=by, left_on=None).exists():
        raise ConditionRefused(_("Un membre de l’organisation ne lève pas les conditions de son propre projet."))
    condition.met_at, condition.met_by, condition.evidence = at, by, evidence.strip()[:300]
    condition.save(update_fields=["met_at", "met_by", "evidence"])
    return condition
