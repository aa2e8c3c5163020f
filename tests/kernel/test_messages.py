from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from unittest import mock
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.template.exceptions import TemplateDoesNotExist
from procrastinate.contrib.django.models import ProcrastinateJob

from fres.kernel import jobs
from fres.kernel.messages import deliver, overdue_legal_messages, queue_message, requeue_waiting
from fres.kernel.models import Message
from fres.kernel.tasks import send_waiting_messages

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def mail_templates(settings, tmp_path):
    """Two messages of our own, so that no app's words are needed."""
    folder = tmp_path / "mail" / "essai"
    folder.mkdir(parents=True)
    for name in ("plein", "texte"):
        (folder / f"{name}_subject.txt").write_text("Vous avez engagé\n{{ amount_cents|money }}\n")
        (folder / f"{name}.txt").write_text("Bonjour,\n{{ amount_cents|money }} sur {{ site_url }}.\n")
    (folder / "plein.html").write_text("<p>{{ amount_cents|money }}</p>")
    templates = [dict(one) for one in settings.TEMPLATES]
    templates[0]["DIRS"] = [tmp_path]
    settings.TEMPLATES = templates


def queue(**values):
    defaults = {
        "to": "alix@exemple.invalid",
        "template": "essai/plein",
        "context": {"amount_cents": 10_000},
        "key": "engagement-1",
        "at": AT,
        "about": ("funds.commitment", uuid4()),
        "legal": True,
    }
    return queue_message(**defaults | values)


def waiting_jobs():
    return ProcrastinateJob.objects.filter(task_name="deliver_message", status="todo")


def test_a_message_and_its_job_are_written_together_or_not_at_all():
    with pytest.raises(RuntimeError), transaction.atomic():
        queue()
        raise RuntimeError
    assert not Message.objects.exists()
    assert not waiting_jobs().exists()
    queue()
    assert waiting_jobs().count() == 1
    assert mail.outbox == []


def test_a_key_sends_once():
    assert queue().pk == queue(context={"amount_cents": 1}).pk
    assert waiting_jobs().count() == 1


def test_a_message_without_a_template_is_refused_when_it_is_written():
    with pytest.raises(TemplateDoesNotExist):
        queue(template="essai/inconnu")
    assert not Message.objects.exists()


def test_the_worker_sends_and_records_what_it_sent(clock):
    message = queue()
    assert jobs.run_pending() == 1
    message.refresh_from_db()
    sent = mail.outbox[0]
    assert sent.subject == "Vous avez engagé 100,00\u00a0€"
    assert sent.to == ["alix@exemple.invalid"]
    assert sent.extra_headers["Message-ID"] == f"<{message.uuid}@fres.invalid>"
    assert sent.alternatives[0][0] == "<p>100,00\u00a0€</p>"
    assert (message.sent_at, message.attempts, message.failure) == (clock.now, 1, "")
    assert (message.subject, message.body, message.body_html) == (sent.subject, sent.body, "<p>100,00\u00a0€</p>")


def test_a_message_may_be_text_alone():
    deliver(message=queue(template="essai/texte"), at=AT)
    assert mail.outbox[0].alternatives == []
    assert mail.outbox[0].body == "Bonjour,\n100,00\u00a0€ sur http://localhost:8000.\n"


def test_what_has_left_does_not_leave_again():
    message = queue()
    deliver(message=message, at=AT)
    deliver(message=message, at=AT + timedelta(days=1))
    assert len(mail.outbox) == 1
    message.refresh_from_db()
    assert message.sent_at == AT


@pytest.mark.parametrize("problem", [ConnectionRefusedError("refusé"), SMTPRecipientsRefused({})])
def test_a_refused_message_stays_waiting_with_the_reason_and_its_job(problem):
    message = queue()
    with mock.patch("django.core.mail.EmailMultiAlternatives.send", side_effect=problem), pytest.raises(type(problem)):
        jobs.run_pending()
    message.refresh_from_db()
    assert (message.sent_at, message.attempts, message.failure) == (None, 1, str(problem)[:200])
    assert waiting_jobs().count() == 1
    jobs.run_pending()
    message.refresh_from_db()
    assert (message.attempts, message.failure, len(mail.outbox)) == (2, "", 1)


@pytest.mark.parametrize(
    ("legal", "late_by", "is_listed"),
    [(True, timedelta(hours=25), True), (True, timedelta(hours=23), False), (False, timedelta(days=9), False)],
)
def test_legal_messages_that_did_not_leave_within_a_day_are_listed(legal, late_by, is_listed):
    queue(legal=legal)
    assert overdue_legal_messages(AT + late_by).exists() == is_listed


def test_a_message_that_left_is_not_late():
    deliver(message=queue(), at=AT)
    assert not overdue_legal_messages(AT + timedelta(days=30)).exists()


def test_a_message_whose_job_was_lost_gets_another():
    queue()
    ProcrastinateJob.objects.filter(pk__in=waiting_jobs())._raw_delete("default")
    assert requeue_waiting(at=AT - timedelta(days=1)) == 0
    assert send_waiting_messages(AT) == "1 messages queued again"
    assert requeue_waiting(at=AT) == 0
    jobs.run_pending()
    assert len(mail.outbox) == 1
