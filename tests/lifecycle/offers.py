"""The transitions of an offer: the manager's desk, and what the calendar decides."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.urls import reverse

from funds.campaigns.tidying import cancel_suspended, cancelled_after
from funds.closing import decide_due
from funds.models import Offer
from funds.offers import suspend_offer
from funds.states import CommitmentState, OfferState
from tests.funds.campaign_scenes import a_saver, clear, commit
from tests.funds.campaigns.scenes import an_offer_with_sheet
from tests.funds.factories import NOW, CommitmentFactory, OfferFactory, euros
from tests.lifecycle.walking import Try, Walk, posting, somebody, waiting

WHY = "Une erreur dans la fiche."


def _on_desk(offer: Offer, act: str, *, names: str = "motif", **data: str) -> Walk:
    """The manager acts with a reason; the treasurer may not; without a reason nothing is done."""
    address = reverse("campaigns:desk_offer", args=[offer.slug])
    manager = somebody("manager")
    return Walk(
        offer,
        right=posting(address, manager, act=act, reason=WHY, **data),
        wrong=posting(address, somebody("treasurer"), act=act, reason=WHY, **data),
        without=posting(address, manager, act=act, reason="", **data),
        names=names,
    )


def _while(offer: Offer, attempt: Try, **changes: Any) -> Try:
    """Return the attempt made while columns of the offer are wrong, which are put right afterwards."""

    def changed() -> str:
        before = Offer.objects.filter(pk=offer.pk).values(*changes).get()
        Offer.objects.filter(pk=offer.pk).update(**changes)
        refusal = attempt()
        Offer.objects.filter(pk=offer.pk).update(**before)
        return refusal

    return changed


def _open() -> Walk:
    offer = an_offer_with_sheet(opened=False)
    made = _on_desk(offer, "open", names="La décision est prévue")
    made.without = _while(offer, made.right, settles_on=offer.closes_at.date())
    return made


def _suspended() -> Offer:
    offer = OfferFactory(open=True)
    return suspend_offer(offer=offer, by=somebody("manager"), at=NOW, reason=WHY)


def _cancel_suspended() -> Walk:
    offer = _suspended()
    limit = cancelled_after(offer)
    assert limit is not None
    made = _on_desk(offer, "cancel_suspended")
    made.right = waiting(cancel_suspended, made.state, at=limit + timedelta(seconds=1))
    made.without, made.names = waiting(cancel_suspended, made.state, at=limit), "rien n’est dû"
    return made


def _decided(act: str, cleared: int) -> Walk:
    offer = OfferFactory(gift=True, open=True, minimum=euros(100), maximum=euros(1_000))
    clear(commit(offer, a_saver(), euros(cleared)))
    made = _on_desk(offer, act, names="rien n’est dû")
    made.right = waiting(decide_due, made.state, at=offer.closes_at + timedelta(days=1))
    made.without = waiting(decide_due, made.state, at=NOW)
    return made


def _failed(act: str, **data: str) -> Walk:
    """Nothing goes on before the last euro is given back."""
    offer = an_offer_with_sheet()
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.FAILED, decided_at=NOW)
    owed = CommitmentFactory(offer=offer, cleared=True)
    made = _on_desk(offer, act, names="attendent encore", **data)
    post = made.right

    def once_all_is_given_back() -> str:
        type(owed).objects.filter(pk=owed.pk).update(state=CommitmentState.REFUNDED)
        return post()

    made.without, made.right = post, once_all_is_given_back
    return made


WALKS: dict[str, Callable[[], Walk]] = {
    "open": _open,
    "suspend": lambda: _on_desk(OfferFactory(open=True), "suspend"),
    "resume": lambda: _on_desk(_suspended(), "resume"),
    "cancel": lambda: _on_desk(OfferFactory(open=True), "cancel"),
    "cancel_suspended": _cancel_suspended,
    "succeed": lambda: _decided("succeed", 150),
    "fail": lambda: _decided("fail", 50),
    "prepare_again": lambda: _failed("prepare_again", opens_on="2027-02-01", closes_on="2027-03-31"),
    "close_failed": lambda: _failed("close"),
}
