"""What losing a label does to the money side (ruling A6): offers on it stop taking commitments, savers are told.

Whatever suspends, withdraws or ends an award goes through here; a nightly duty repairs what did not. A signed loan
stands: running reflections and payments go on, nothing that was promised changes.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.messages import queue_message
from funds.models import Commitment, Fund, Offer
from funds.offers import label_refusals, suspend_offer
from funds.states import LIVE, OfferState
from investors.models import User
from projects.labels import awarding
from projects.labels.notices import label_name
from projects.models import Award, Label
from projects.states import AwardState


class NoLabelAccepted(RuleViolation):
    """A fund accepts at least one label version that may be held (ruling B24)."""

    rule = "B24"


@transaction.atomic
def suspend_award(*, award: Award, by: User, at: datetime, reason: str) -> Award:
    """Suspend an internal label and stop the offers that stand on it. Raises: ReasonMissing; TransitionRefused."""
    suspended = awarding.suspend_award(award=award, by=by, at=at, reason=reason)
    stop_offers(award=suspended, by=by, at=at)
    return suspended


@transaction.atomic
def withdraw_award(*, award: Award, by: User, at: datetime, reason: str) -> Award:
    """Withdraw a suspended label; offers on it stay stopped. Raises: ReasonMissing; TransitionRefused."""
    withdrawn = awarding.withdraw_award(award=award, by=by, at=at, reason=reason)
    stop_offers(award=withdrawn, by=by, at=at)
    return withdrawn


@transaction.atomic
def record_loss(*, award: Award, by: User, at: datetime, reason: str) -> Award:
    """Record that a status given by others was lost, and stop the offers on it. Raises: ReasonMissing."""
    lost = awarding.record_loss(award=award, by=by, at=at, reason=reason)
    stop_offers(award=lost, by=by, at=at)
    return lost


@transaction.atomic
def expire_award(*, award: Award, at: datetime) -> Award:
    """Record that the last day of a label has passed, and stop the offers on it."""
    expired = awarding.expire_award(award=award, at=at)
    stop_offers(award=expired, by=None, at=at)
    return expired


@transaction.atomic
def stop_offers(*, award: Award, by: User | None, at: datetime) -> int:
    """Suspend the open offers that stand on an award, and tell whoever has money in them; return how many."""
    offers = Offer.objects.filter(award=award, state=OfferState.OPEN).order_by("pk")
    reason = _("Le label %(label)s est « %(state)s ».") % {"label": award, "state": award.get_state_display()}
    for offer in offers:
        _stop(offer, by=by, at=at, reason=reason)
    return len(offers)


def _stop(offer: Offer, *, by: User | None, at: datetime, reason: str) -> None:
    stopped = suspend_offer(offer=offer, by=by, at=at, reason=reason)
    tell_label_lost(offer=stopped, award=stopped.award, at=at)


def tell_label_lost(*, offer: Offer, award: Award, at: datetime) -> int:
    """Tell every saver with a live commitment, once for an award's loss; return how many were written to."""
    reached: set[int] = set()
    live = Commitment.objects.filter(offer=offer, state__in=LIVE).select_related("by").order_by("pk")
    for commitment in live:
        if commitment.by_id in reached:
            continue
        reached.add(commitment.by_id)
        reader = commitment.by
        with override(reader.language):
            values = {
                "title": offer.project.title,
                "label": label_name(award),
                "state": award.get_state_display(),
                "reason": award.published_reason,
                "url": f"{settings.SITE_URL}{reverse('funds:commitment', args=[commitment.uuid])}",
            }
        queue_message(
            to=reader.email,
            template="offers/label_lost",
            context=values,
            key=f"offer:{offer.uuid}:label:{award.uuid}:{award.state}:{reader.pk}",
            about=("offer", offer.uuid),
            legal=True,
            at=at,
            language=reader.language,
        )
    return len(reached)


def expire_ended_awards(*, at: datetime) -> int:
    """Expire every award whose last day has passed; return how many."""
    ended = Award.objects.filter(
        state__in=(AwardState.RENEWAL_DUE, AwardState.VERIFIED), valid_to__lt=clock.local(at).date()
    )
    count = 0
    for award in ended.order_by("pk").iterator(chunk_size=200):
        expire_award(award=award, at=at)
        count += 1
    return count


def repair_offers(*, at: datetime) -> int:
    """Stop the open offers whose label is no longer in force, or no longer accepted; return how many (ruling A6)."""
    on = clock.local(at).date()
    open_offers = Offer.objects.filter(state=OfferState.OPEN).select_related("award", "fund", "project__organisation")
    count = 0
    for offer in open_offers.order_by("pk").iterator(chunk_size=500):
        refusals = label_refusals(offer, on)
        if refusals:
            with transaction.atomic():
                _stop(offer, by=None, at=at, reason=refusals[0].message)
            count += 1
    return count


@transaction.atomic
def accept_labels(*, fund: Fund, labels: Sequence[UUID], by: User, at: datetime) -> Fund:
    """Say which label versions a fund accepts from now on. An open offer on another stops at once (ruling B24).

    Raises: NoLabelAccepted: none, or one that nobody can hold (a charter, a profile).
    """
    chosen = list(Label.objects.filter(uuid__in=labels).order_by("code", "version"))
    unheld = [one for one in chosen if not one.may_be_held]
    if unheld:
        raise NoLabelAccepted(
            _("%(label)s ne se détient pas : « %(holding)s ».")
            % {"label": unheld[0], "holding": unheld[0].get_holding_display()},
            next_step=_("Choisissez des labels attribués ici ou vérifiés."),
        )
    if not chosen:
        raise NoLabelAccepted(
            _("Un fonds accepte au moins un label : sans label, aucune offre ne s’ouvre."),
            next_step=_("Choisissez-en au moins un, ou publiez le label du fonds."),
        )
    locked = Fund.objects.select_for_update(of=("self",)).get(pk=fund.pk)
    locked.accepted_labels = [one.full_code for one in chosen]
    locked.save(update_fields=["accepted_labels"])
    repair_offers(at=at)
    return locked
