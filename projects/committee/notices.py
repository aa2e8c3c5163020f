"""What a committee's people and the holders are told: the summons with its agenda, and the decision."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from fres.kernel import clock
from fres.kernel.messages import queue_message
from fres.kernel.templatetags.fres import date_long, datetime_long
from projects.committee.founding import seats_on
from projects.models import Decision, Membership, Session


def tell_convened(*, session: Session, at: datetime) -> int:
    """Send the summons and the agenda to everyone who sits on the day; return how many."""
    items = session.items.select_related("application__project__organisation").order_by("rank")
    agenda = [
        {"rank": item.rank, "title": item.application.project.title, "holder": item.application.organisation.name}
        for item in items.select_related("application__organisation")
    ]
    seats = list(seats_on(session.committee, clock.local(session.starts_at).date()).select_related("user"))
    for seat in seats:
        with override(seat.user.language):
            starts = datetime_long(session.starts_at)
        queue_message(
            to=seat.user.email,
            template="committee/convened",
            context={
                "committee": session.committee.name,
                "starts": starts,
                "place": session.place,
                "agenda": agenda,
                "url": f"{settings.SITE_URL}{reverse('committee:desk')}",
            },
            key=f"session:{session.uuid}:convened:{seat.uuid}",
            at=at,
            about=("session", session.uuid),
            language=seat.user.language,
        )
    return len(seats)


def tell_decided(*, decision: Decision, at: datetime) -> int:
    """Tell the holder's legal representatives what was decided and why; return how many."""
    application, on = decision.item.application, clock.local(at).date()
    members = Membership.objects.filter(
        organisation=application.organisation, is_legal_representative=True, joined_on__lte=on
    ).exclude(left_on__lte=on)
    people = [member.user for member in members.select_related("user").order_by("pk")]
    for person in people:
        refusal = decision.refusal
        with override(person.language):
            until = decision.valid_until or (refusal.appeal_until if refusal else None)
            values = {
                "title": application.project.title,
                "outcome": decision.outcome,
                "motive": decision.motive,
                "axis": decision.axis.label,
                "until": date_long(until) if until else "",
                "next_step": refusal.next_step if refusal else "",
                "conditions": list(decision.conditions.order_by("rank").values_list("text", flat=True)),
                "url": f"{settings.SITE_URL}{reverse('committee:decision', args=[decision.uuid])}",
            }
        queue_message(
            to=person.email,
            template="committee/decided",
            context=values,
            key=f"decision:{decision.uuid}:{person.uuid}",
            at=at,
            about=("decision", decision.uuid),
            legal=True,
            language=person.language,
        )
    return len(people)
