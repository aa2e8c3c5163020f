"""Jobs of payments: what the worker does soon after it is asked. What a lost job leaves is a duty's (`duties.py`)."""

from fres.kernel import clock, jobs
from funds.models import Refund
from funds.payments.refunds import send_refund
from funds.payments.stripe_gateway import gateway_from_settings
from funds.payments.webhooks import handle_event


@jobs.job(name="handle_event")
def handle_event_job(*, event_pk: int) -> None:
    handle_event(event_pk=event_pk, at=clock.now(), gateway=gateway_from_settings())


@jobs.job(name="send_refund")
def send_refund_job(*, refund_uuid: str) -> None:
    refund = Refund.objects.get(uuid=refund_uuid)
    send_refund(refund_id=refund.pk, at=clock.now(), gateway=gateway_from_settings())
