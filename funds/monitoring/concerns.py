"""Reasons of alert: a financing is in alert exactly while one of them is open (§6)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel.states import advance
from funds.locks import lock_offer
from funds.models import Concern, FollowUpNote, Offer
from funds.monitoring.errors import NotEnoughReason
from funds.states import LIFT_ALERT, RAISE_ALERT, FinancingState
from investors.models import User

WATCHED = frozenset({FinancingState.MONITORED, FinancingState.ALERT, FinancingState.RESTRUCTURED})


@transaction.atomic
def raise_concern(*, offer: Offer, kind: str, detail: str, by: User | None, at: datetime) -> Concern:
    """Open a reason of alert and put the financing in alert; one already open of this kind is returned as it is.

    Args: by: None for a duty. Raises: NotEnoughReason: no words, or a financing that is not followed.
    """
    offer = lock_offer(offer=offer)
    found = Concern.objects.filter(offer=offer, kind=kind, closed_at=None).first()
    if found is not None:
        return found
    if not detail.strip() or offer.financing_state not in WATCHED:
        raise NotEnoughReason(
            _("Un motif d’alerte dit ce qui est constaté, sur un financement en cours de suivi."),
            next_step=_("Écrivez le constat en une phrase."),
        )
    concern = Concern.objects.create(
        offer=offer, kind=Concern.Kind(kind), detail=detail.strip(), raised_by=by, raised_at=at
    )
    if offer.financing_state == FinancingState.MONITORED:
        advance(offer, RAISE_ALERT, by=by, at=at, field="financing_state", reason=concern.detail)
    return concern


@transaction.atomic
def close_concern(*, concern: Concern, note: str, by: User | None, at: datetime) -> Concern:
    """Close a reason of alert; the last one lifts the alert. Raises: NotEnoughReason: nothing says why."""
    offer = lock_offer(offer=concern.offer)
    concern = Concern.objects.select_for_update(of=("self",), no_key=True).get(pk=concern.pk)
    if concern.closed_at is not None:
        return concern
    if not note.strip():
        raise NotEnoughReason(_("Dites pourquoi ce motif est levé."), next_step=_("Une phrase suffit."))
    concern.closed_at, concern.closed_by, concern.close_note = at, by, note.strip()
    concern.save(update_fields=["closed_at", "closed_by", "close_note"])
    lift_if_clear(offer=offer, by=by, at=at)
    return concern


def lift_if_clear(*, offer: Offer, by: User | None, at: datetime) -> Offer:
    """Lift the alert of a locked financing that has no open reason any more; return it."""
    if offer.financing_state == FinancingState.ALERT and not offer.concerns.filter(closed_at=None).exists():
        reason = _("Plus aucun motif d’alerte.")
        return advance(offer, LIFT_ALERT, by=by, at=at, field="financing_state", reason=reason)
    return offer


@transaction.atomic
def write_note(*, offer: Offer, kind: str, happens_on: date, text: str, by: User, at: datetime) -> FollowUpNote:
    """Write an action plan (looked at again on a day) or a visit (made on a day). Raises: NotEnoughReason: no words."""
    if not text.strip():
        raise NotEnoughReason(
            _("Une note de suivi dit quelque chose."), next_step=_("Écrivez ce qui est décidé ou vu.")
        )
    return FollowUpNote.objects.create(
        offer=offer, kind=FollowUpNote.Kind(kind), happens_on=happens_on, text=text.strip(), written_by=by,
        written_at=at,
    )  # fmt: skip
