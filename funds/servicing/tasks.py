"""Jobs of servicing: done soon after they are asked for. What a lost job leaves is a duty's (`duties.py`)."""

from fres.kernel import clock, jobs
from funds.models import Distribution, Instalment, Offer, PayoutOrder
from funds.payments.stripe_gateway import payout_gateway_from_settings
from funds.servicing.distribution import InstalmentNotHeld, distribute_instalment
from funds.servicing.notices import WORTH_TELLING, tell_distributed, tell_paid
from funds.servicing.payouts import send_payout


@jobs.job(name="send_payout")
def send_payout_job(*, order_uuid: str) -> None:
    order = PayoutOrder.objects.get(uuid=order_uuid)
    send_payout(order_id=order.pk, at=clock.now(), gateway=payout_gateway_from_settings())


@jobs.job(name="distribute_instalment")
def distribute_instalment_job(*, instalment_uuid: str) -> str:
    instalment = Instalment.objects.select_related("loan__offer").get(uuid=instalment_uuid)
    try:
        return str(distribute_instalment(instalment=instalment, at=clock.now()).uuid)
    except InstalmentNotHeld as refusal:
        return str(refusal)  # not a failure to try again: the duty looks at it every hour


@jobs.job(name="tell_project_paid")
def tell_paid_job(*, offer_uuid: str) -> int:
    at = clock.now()
    offer = Offer.objects.filter(uuid=offer_uuid, payout_orders__paid_at__gt=at - WORTH_TELLING).first()
    return tell_paid(offer=offer, at=at) if offer is not None else 0


@jobs.job(name="tell_instalment_distributed")
def tell_distribution_job(*, distribution_uuid: str) -> int:
    distribution, at = Distribution.objects.get(uuid=distribution_uuid), clock.now()
    return tell_distributed(distribution=distribution, at=at) if at - distribution.distributed_at < WORTH_TELLING else 0
