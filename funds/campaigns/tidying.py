"""How campaigns end otherwise than by their decision: suspended too long, failed and closed or prepared again, or
cancelled before any payout (ruling A5).
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.models import TransitionLog
from fres.kernel.states import TransitionRefused, advance
from funds.campaigns.preparing import Terms, change_terms
from funds.campaigns.refusals import CampaignRefused
from funds.closing import return_money
from funds.locks import lock_offer
from funds.models import Offer
from funds.states import (
    CANCEL_SUSPENDED,
    CLOSE_FAILED,
    PREPARE_AGAIN,
    RETURN_FILE,
    SUSPEND_OFFER,
    CommitmentState,
    OfferFileState,
    OfferState,
)
from investors.models import User

SUSPENSION_KEY = "ecspr.irregularity_days"
OWED = (CommitmentState.CLEARED, CommitmentState.REFUND_DUE, CommitmentState.PROCESSING)


def suspended_since(offer: Offer) -> datetime | None:
    """Return since when an offer is suspended, and None when it is not."""
    if offer.state != OfferState.SUSPENDED:
        return None
    last = _last_suspension(offer)
    return last.at if last is not None else None


def suspension_reason(offer: Offer) -> str:
    """Return why an offer is suspended; "" when it is not."""
    last = _last_suspension(offer) if offer.state == OfferState.SUSPENDED else None
    return last.reason if last is not None else ""


def cancelled_after(offer: Offer) -> datetime | None:
    """Return the moment after which a suspended offer is cancelled (R23(12)); None when it is not suspended."""
    since = suspended_since(offer)
    if since is None:
        return None
    return since + timedelta(days=parameters.value_at(SUSPENSION_KEY, clock.local(since).date()).whole)


def cancel_suspended(*, at: datetime) -> int:
    """Cancel each offer suspended for longer than the law allows; every euro goes back. Return how many."""
    done = 0
    for offer in Offer.objects.filter(state=OfferState.SUSPENDED).order_by("pk"):
        limit = cancelled_after(offer)
        if limit is None or at <= limit:
            continue
        reason = _("L’offre est restée suspendue plus de %(days)s jours.") % {
            "days": parameters.value_at(SUSPENSION_KEY, clock.local(at).date()).whole
        }
        try:
            with transaction.atomic():
                offer = advance(lock_offer(offer=offer), CANCEL_SUSPENDED, by=None, at=at, reason=reason)
        except TransitionRefused:
            continue  # a person was faster
        return_money(offer=offer, at=at)
        done += 1
    return done


@transaction.atomic
def close_failed(*, offer: Offer, by: User, at: datetime, reason: str) -> Offer:
    """Close a failed campaign for good, once all its money is given back. Raises: CampaignRefused."""
    offer = lock_offer(offer=offer)
    _refuse_owed(offer)
    return advance(offer, CLOSE_FAILED, by=by, at=at, reason=reason.strip(), decided_at=None)


@transaction.atomic
def prepare_again(*, offer: Offer, terms: Terms, by: User, at: datetime, reason: str) -> Offer:
    """Prepare a failed campaign anew, with another calendar: its file goes back to its holder, its sheet stays.

    The next version of the sheet tells the new dates; the identifier stays. Raises: CampaignRefused: money is still
    owed, or the offer has no file. AnswerUnfit.
    """
    offer = lock_offer(offer=offer)
    _refuse_owed(offer)
    file = getattr(offer, "file", None)
    if file is None:
        raise CampaignRefused(
            _("Cette campagne n’a pas de dossier : elle ne se prépare pas à nouveau."),
            next_step=_("Préparez une nouvelle offre du projet."),
        )
    if file.state != OfferFileState.DRAFT:
        advance(file, RETURN_FILE, by=by, at=at, reason=reason.strip(), review_note=reason.strip())
    offer = advance(
        offer, PREPARE_AGAIN, by=by, at=at, reason=reason.strip(), decided_at=None, opened_at=None, opened_by=None
    )
    return change_terms(offer=offer, terms=terms, by=by, at=at)


def _refuse_owed(offer: Offer) -> None:
    owed = offer.commitments.filter(state__in=OWED)
    if owed.exists():
        raise CampaignRefused(
            _("%(count)s épargnants attendent encore leur argent.") % {"count": owed.count()},
            next_step=_("Attendez que tout soit rendu."),
        )


def _last_suspension(offer: Offer) -> TransitionLog | None:
    logs = TransitionLog.objects.filter(
        subject_type=Offer._meta.label_lower, subject_uuid=offer.uuid, transition=SUSPEND_OFFER.name
    )
    return logs.order_by("-at", "-pk").first()
