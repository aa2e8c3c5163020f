"""Messages to people: written with the act that causes them, sent by the worker, kept as they were sent (B26)."""

import smtplib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import translation

from fres.kernel import jobs
from fres.kernel.models import Message

LATE_AFTER = timedelta(hours=24)


def queue_message(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    key: str,
    at: datetime,
    about: tuple[str, UUID] | None = None,
    legal: bool = False,
    language: str = "fr",
) -> Message:
    """Write a message and its job in the current transaction. The same key is written once.

    Args: template: `offers/reflection_started` names `templates/mail/offers/reflection_started{_subject.txt,.txt,.html}`;
        context: values JSON can hold; legal: the law requires it, `check_books` lists it when it is late.
    """
    from fres.kernel import tasks

    with transaction.atomic():
        message, is_new = Message.objects.get_or_create(
            key=key,
            defaults={
                "to": to,
                "template": template,
                "context": context,
                "queued_at": at,
                "about_type": about[0] if about else "",
                "about_uuid": about[1] if about else None,
                "is_legal": legal,
                "language": language,
            },
        )
        if is_new:
            jobs.defer(tasks.deliver_message, queueing_lock=f"message-{message.uuid}", message_uuid=str(message.uuid))
    return message


def deliver(*, message: Message, at: datetime) -> Message:
    """Render, send and record one message; one already sent is left as it is."""
    if message.sent_at is not None:
        return message
    with translation.override(message.language):
        values = {**message.context, "site_url": settings.SITE_URL}
        base = f"mail/{message.template}"
        message.subject = " ".join(render_to_string(f"{base}_subject.txt", values).split())
        message.body = render_to_string(f"{base}.txt", values)
        message.body_html = render_to_string(f"{base}.html", values)
    mail = EmailMultiAlternatives(message.subject, message.body, None, [message.to])
    mail.attach_alternative(message.body_html, "text/html")
    message.attempts += 1
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as failure:
        message.failure = str(failure)[:200]
        message.save(update_fields=["attempts", "failure"])
        raise
    message.sent_at = at
    message.failure = ""
    message.save(update_fields=["attempts", "failure", "sent_at", "subject", "body", "body_html"])
    return message


def waiting_messages() -> QuerySet[Message]:
    return Message.objects.filter(sent_at=None).order_by("queued_at")


def overdue_legal_messages(at: datetime) -> QuerySet[Message]:
    """Return messages the law requires that were not sent within a day."""
    return waiting_messages().filter(is_legal=True, queued_at__lt=at - LATE_AFTER)
