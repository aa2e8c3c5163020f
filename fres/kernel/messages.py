"""Messages to people: written with the act that causes them, sent by the worker, kept as they were sent (B26)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template.exceptions import TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.utils import translation

from fres.kernel import jobs
from fres.kernel.models import Message

# A legal message that has not left so long after it was due is a problem of `check_books`.
LATE_AFTER = timedelta(hours=24)


def queue_message(
    *,
    to: str,
    template: str,
    context: Mapping[str, Any],
    key: str,
    at: datetime,
    about: tuple[str, UUID] | None = None,
    legal: bool = False,
    language: str = "fr",
) -> Message:
    """Write a message to be sent, and its job, in the current transaction; a key already used sends nothing more.

    Args: template: `offers/paid` names `templates/mail/offers/paid{_subject.txt,.txt,.html}` (the page is optional).
        context: JSON values only, amounts in cents. about: type and uuid of what it tells.
        legal: the law asks for it, `check_books` lists it when it is late.
    Returns: the row; the earlier one when the key was used.
    Raises: TemplateDoesNotExist: here, rather than later in the worker.
    """
    get_template(f"mail/{template}.txt")
    message = Message(
        key=key,
        to=to,
        template=template,
        context=dict(context),
        about_type=about[0] if about else "",
        about_uuid=about[1] if about else None,
        is_legal=legal,
        queued_at=at,
        language=language,
    )
    # A used key turns the INSERT into nothing: no look before, no savepoint. Every commitment waits for this.
    with transaction.atomic(savepoint=False):
        Message.objects.bulk_create([message], ignore_conflicts=True)
        message.pk, uuid = Message.objects.values_list("pk", "uuid").get(key=key)
        if uuid != message.uuid:
            return Message.objects.get(pk=message.pk)
        _defer(message, is_new=True)
    return message


def deliver(*, message: Message, at: datetime) -> Message:
    """Render and send a message, and record that it left; one that has left is returned as it is.

    Killed between sending and recording, it is sent again: its Message-ID stays the same, so that mail software shows
    one message. Only its own job calls this, one at a time.
    Raises: OSError, SMTPException: the mail server did not take it; the attempt is recorded and the job tries again.
    """
    message = Message.objects.get(pk=message.pk)
    if message.sent_at is not None:
        return message
    subject, text, page = render(message)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    mail = EmailMultiAlternatives(
        subject=subject, body=text, to=[message.to], headers={"Message-ID": f"<{message.uuid}@{domain}>"}
    )
    if page:
        mail.attach_alternative(page, "text/html")
    message.attempts += 1
    try:
        mail.send()
    except (OSError, SMTPException) as problem:
        message.failure = str(problem)[:200]
        message.save(update_fields=["attempts", "failure"])
        raise
    message.sent_at = at
    message.failure = ""
    message.subject, message.body, message.body_html = subject[:200], text, page
    message.save(update_fields=["attempts", "failure", "sent_at", "subject", "body", "body_html"])
    return message


def render(message: Message) -> tuple[str, str, str]:
    """Return subject, text and page of a message in its reader's language; no page without an .html template."""
    values = {**message.context, "site_url": settings.SITE_URL}
    base = f"mail/{message.template}"
    with translation.override(message.language):
        # One line; the no-break spaces of amounts stay.
        subject = re.sub(r"[ \t\r\n]+", " ", render_to_string(f"{base}_subject.txt", values)).strip(" ")
        text = render_to_string(f"{base}.txt", values).strip() + "\n"
        try:
            get_template(f"{base}.html")
        except TemplateDoesNotExist:
            return subject, text, ""
        return subject, text, render_to_string(f"{base}.html", values)


def waiting_messages() -> QuerySet[Message]:
    """Return the messages that have not left, the oldest first."""
    return Message.objects.filter(sent_at=None).order_by("queued_at", "pk")


def overdue_legal_messages(at: datetime) -> QuerySet[Message]:
    """Return the messages the law asks for that did not leave within a day."""
    return waiting_messages().filter(is_legal=True, queued_at__lt=at - LATE_AFTER)


def requeue_waiting(*, at: datetime) -> int:
    """Give a job to each message due that has none waiting any more; return how many were given one."""
    return sum(_defer(message) for message in waiting_messages().filter(queued_at__lte=at).iterator(chunk_size=500))


def _defer(message: Message, *, is_new: bool = False) -> bool:
    from fres.kernel.tasks import deliver_message

    lock = f"message-{message.uuid}"
    arguments = {"message_uuid": str(message.uuid)}
    return jobs.defer(deliver_message, queueing_lock=lock, lock=lock, is_new=is_new, **arguments)
