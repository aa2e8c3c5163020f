"""What stands in the address and the body of each URL of the pot and of the rules."""

from datetime import timedelta

from fres.kernel import clock
from funds.models import PoolPayment
from funds.pool.redeeming import ask_redemption
from funds.pool.sheets import publish_pool_sheet
from funds.pool.subscribing import subscribe
from tests.access_objects import Visit, visit
from tests.funds.factories import FundFactory
from tests.funds.pool.scenes import JANUARY, a_breach, a_compartment, a_holder, a_matching_fund, a_rule, hold


@visit("pool:pot")
@visit("pool:subscribe")
def _pot() -> Visit:
    return Visit({"slug": a_compartment().slug})


@visit("pool:sheet")
def _sheet() -> Visit:
    compartment = a_compartment()
    publish_pool_sheet(compartment=compartment, by=a_holder().user, at=clock.now())
    return Visit({"slug": compartment.slug})


@visit("pool:publish_sheet")
def _unpublished() -> Visit:
    return Visit({"slug": a_compartment().slug})


@visit("pool:subscription")
@visit("pool:pay")
@visit("pool:cancel")
def _subscription() -> Visit:
    compartment, saver = a_compartment(), a_holder()
    made = subscribe(compartment=compartment, saver=saver, units=1, by=saver.user, at=clock.now() - timedelta(days=9))
    return Visit({"uuid": made.uuid}, owner=saver.user)


@visit("pool:payment_return")
def _payment() -> Visit:
    compartment, saver = a_compartment(), a_holder()
    made = subscribe(compartment=compartment, saver=saver, units=1, by=saver.user, at=JANUARY)
    payment = PoolPayment.objects.create(
        subscription=made, amount=made.amount, asked_at=JANUARY, asked_by=saver.user, state="EXPIRED"
    )
    return Visit({"uuid": payment.uuid})


@visit("pool:withdraw")
@visit("pool:redemption")
def _redemption() -> Visit:
    compartment = a_compartment()
    holder = hold(compartment, 5)
    asked = ask_redemption(compartment=compartment, holder=holder, units=1, by=holder.user, at=JANUARY)
    return Visit({"uuid": asked.uuid}, owner=holder.user)


@visit("pool:matching")
def _matching() -> Visit:
    return Visit({"uuid": a_matching_fund().uuid})


@visit("pool:record")
def _record() -> Visit:
    return Visit({"uuid": FundFactory().uuid, "what": "compartiment"})


@visit("rules:desk")
@visit("rules:new")
@visit("rules:simulate")
def _fund() -> Visit:
    FundFactory()
    return Visit()


@visit("rules:rule")
def _rule() -> Visit:
    return Visit({"code": a_rule().code})


@visit("rules:breach")
def _breach() -> Visit:
    return Visit({"uuid": a_breach().uuid})
