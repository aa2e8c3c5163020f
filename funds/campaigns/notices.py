"""What holders, askers and lenders are told of a campaign, written with the fact (ruling B26)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.messages import queue_message
from fres.kernel.money import to_cents
from fres.kernel.templatetags.fres import date_long, datetime_long
from funds.models import Offer, Question, Tranche
from investors.models import User
from projects.models import Membership


def tell_asked(*, question: Question, at: datetime) -> None:
    """Every member of the organisation reads the question, and the day by which it is to be answered."""
    for reader in members_of(question.offer, at):
        with override(reader.language):
            values = {"question": question.text, "before": date_long(question.answer_before)}
        _queue(reader, question.offer, "asked", f"question:{question.uuid}", values, "campaigns:questions", at=at)


def tell_answered(*, question: Question, at: datetime) -> None:
    values = {"question": question.text, "answer": question.answer}
    _queue(question.asked_by, question.offer, "answered", f"question:{question.uuid}", values, "funds:offer", at=at)


def tell_suspended(*, offer: Offer, reason: str, at: datetime) -> None:
    for reader in members_of(offer, at):
        values = {"reason": reason}
        _queue(reader, offer, "suspended", f"offer:{offer.uuid}:{at:%Y%m%d}", values, "campaigns:questions", at=at)


def tell_vote(*, tranche: Tranche, reader: User, at: datetime) -> None:
    """A voter reads what was published, how much waits, and until when they vote."""
    assert tranche.vote_ends_at is not None and tranche.amount is not None
    with override(reader.language):
        values = {
            "milestone": tranche.milestone,
            "amount_cents": to_cents(tranche.amount),
            "ends_at": datetime_long(tranche.vote_ends_at),
        }
    key = f"tranche:{tranche.uuid}:{tranche.round}"
    url = f"{settings.SITE_URL}{reverse('campaigns:vote', args=[tranche.uuid])}"
    _send(reader, tranche.offer, "vote", key, values, url, at=at)


def members_of(offer: Offer, at: datetime) -> list[User]:
    """Return the present members of the organisation that carries an offer."""
    on = clock.local(at).date()
    present = Membership.objects.filter(organisation=offer.project.organisation, joined_on__lte=on)
    return [one.user for one in present.exclude(left_on__lte=on).select_related("user").order_by("pk")]


def _queue(reader: User, offer: Offer, name: str, key: str, values: dict[str, Any], page: str, *, at: datetime) -> None:
    _send(reader, offer, name, key, values, f"{settings.SITE_URL}{reverse(page, args=[offer.slug])}", at=at)


def _send(reader: User, offer: Offer, name: str, key: str, values: dict[str, Any], url: str, *, at: datetime) -> None:
    queue_message(
        to=reader.email,
        template=f"campaigns/{name}",
        context={"title": offer.project.title, "url": url, **values},
        key=f"campaign:{name}:{key}:{reader.pk}",
        about=("offer", offer.uuid),
        at=at,
        language=reader.language,
    )
