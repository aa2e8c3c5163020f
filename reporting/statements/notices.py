"""That a yearly statement is ready: one message a statement and reader, written after it, found again by its key."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from fres.kernel import clock
from fres.kernel.messages import queue_message
from fres.kernel.models import Document, Message
from investors.models import Party, User
from reporting.statements.issuing import KIND

WORTH_TELLING = timedelta(days=30)


def tell_ready(*, at: datetime) -> int:
    """Tell each reader of a statement issued in the last thirty days that it is there; return how many were told.

    Readers: the saver's own account, and those who act for them that day. A correction is a statement of its own.
    """
    key = Concat(Value("statement:"), Cast(OuterRef("uuid"), CharField()))
    told = Message.objects.filter(key=key)
    waiting = (
        Document.objects.filter(kind=KIND, void=None, superseded_by=None, issued_at__gt=at - WORTH_TELLING)
        .filter(~Exists(told))
        .annotate(year=F("series__year"))
        .order_by("pk")
    )
    count = 0
    for document in waiting.iterator(chunk_size=500):
        assert document.owner_party is not None  # a statement is somebody’s
        party = Party.objects.select_related("user").get(uuid=document.owner_party)
        for rank, reader in enumerate(_readers(party, at=at)):
            queue_message(
                to=reader.email,
                template="statements/ready",
                context={
                    "year": document.year,
                    "number": document.number,
                    "is_correction": document.supersedes_id is not None,
                    "url": f"{settings.SITE_URL}{reverse('reporting:documents')}",
                },
                key=f"statement:{document.uuid}" + (f":{reader.uuid}" if rank else ""),
                at=at,
                about=("document", document.uuid),
                language=reader.language,
            )
            count += 1
    return count


def _readers(party: Party, *, at: datetime) -> list[User]:
    on = clock.local(at).date()
    acting = party.representations.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))
    found = [party.user] if party.user is not None else []
    found += [one.user for one in acting.select_related("user").order_by("pk")]
    return list({user.pk: user for user in found if user.is_active}.values())
