"""Jobs and duties of the kernel: sending messages, and running every duty each hour."""

import smtplib
from datetime import datetime

from fres.kernel import clock, messages
from fres.kernel.duties import duty, run_duties
from fres.kernel.jobs import app
from fres.kernel.models import Message


@app.task(name="deliver_message", retry=8)
def deliver_message(message_uuid: str) -> None:
    messages.deliver(message=Message.objects.get(uuid=message_uuid), at=clock.now())


@app.periodic(cron="7 * * * *")
@app.task(name="hourly_duties", queueing_lock="hourly_duties", pass_context=False)
def hourly_duties(timestamp: int) -> None:
    run_duties(at=clock.now())


@duty(order=900)
def send_waiting_messages(at: datetime) -> str:
    """Send what the worker has not sent: nothing stays behind because a job was lost."""
    sent = failed = 0
    for message in messages.waiting_messages().iterator():
        try:
            messages.deliver(message=message, at=at)
            sent += 1
        except (smtplib.SMTPException, OSError):
            failed += 1
    return f"{sent} messages sent, {failed} refused by the mail server"
