"""Appeals: filed within thirty days, decided by somebody who had no part in the file (§6, rulings A5, A7)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.states import advance
from investors.models import User
from projects.applications import notices
from projects.applications.errors import AppealRefused, ReasonMissing
from projects.applications.refusing import record_refusal
from projects.four_eyes import is_stranger
from projects.models import Appeal, Application, Refusal
from projects.states import ACCEPT_APPEAL, APPEAL, DISMISS_APPEAL


@transaction.atomic
def file_appeal(*, application: Application, grounds: str, by: User, at: datetime) -> Appeal:
    """Contest the refusal of a file. Raises: AppealRefused: too late, or filed already. ReasonMissing.

    TransitionRefused: the file was not refused.
    """
    application = Application.objects.select_for_update(of=("self",)).select_related("project").get(pk=application.pk)
    if not grounds.strip():
        raise ReasonMissing(_("Un recours dit ce qu’il conteste."), next_step=_("Écrivez-le en quelques phrases."))
    refusal = last_refusal(application)
    if refusal is None or refusal.appeal_until is None:
        raise AppealRefused(_("Aucun recours n’est ouvert contre cette décision."))
    day = clock.local(at).date()
    if day > refusal.appeal_until:
        raise AppealRefused(
            _("Le recours était ouvert jusqu’au %(day)s.") % {"day": f"{refusal.appeal_until:%d/%m/%Y}"},
            next_step=_("Copiez ce dossier et déposez-le de nouveau : la décision compte les faits nouveaux."),
        )
    if Appeal.objects.filter(refusal=refusal).exists():
        raise AppealRefused(_("Un recours a déjà été déposé contre cette décision."))
    appeal = Appeal.objects.create(refusal=refusal, filed_by=by, filed_at=at, grounds=grounds.strip())
    advance(application, APPEAL, by=by, at=at)
    return appeal


@transaction.atomic
def decide_appeal(*, appeal: Appeal, is_accepted: bool, answer: str, next_step: str, by: User, at: datetime) -> Appeal:
    """Decide an appeal with a motivated answer: the file goes back to instruction, or stays refused for good.

    Args: next_step: what the holder can do once dismissed; unused when accepted.
    Raises: AppealRefused: decided already, or by somebody who instructed, voted, refused or filed. ReasonMissing.
    """
    appeal = Appeal.objects.select_for_update(of=("self",)).select_related("refusal__application").get(pk=appeal.pk)
    application, refusal = appeal.refusal.application, appeal.refusal
    if appeal.outcome:
        raise AppealRefused(_("Ce recours a déjà été décidé."))
    if not answer.strip():
        raise ReasonMissing(_("La réponse à un recours est motivée."))
    if by.pk in (refusal.decided_by_id, appeal.filed_by_id) or not is_stranger(application, by):
        raise AppealRefused(
            _("Vous avez eu part à ce dossier : un recours est décidé par une autre personne."),
            next_step=_("Confiez-le à une personne de la direction qui n’y a pas touché."),
        )
    appeal.outcome = Appeal.Outcome.ACCEPTED if is_accepted else Appeal.Outcome.DISMISSED
    appeal.answer, appeal.decided_by, appeal.decided_at = answer.strip(), by, at
    appeal.save(update_fields=["outcome", "answer", "decided_by", "decided_at"])
    if is_accepted:
        advance(application, ACCEPT_APPEAL, by=by, at=at, review_started_at=at)
    else:
        record_refusal(
            application=application, stage=Refusal.Stage.APPEAL, code=refusal.code, reason=answer,
            next_step=next_step, by=by, at=at,
        )  # fmt: skip
        advance(application, DISMISS_APPEAL, by=by, at=at)
    notices.tell_appeal_decided(appeal=appeal, at=at)
    return appeal


def last_refusal(application: Application) -> Refusal | None:
    """Return the last refusal of a file, or None."""
    return application.refusals.order_by("-decided_at", "-pk").first()
