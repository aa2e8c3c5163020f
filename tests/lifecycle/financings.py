"""The transitions of a financing: the provider's answer, the monitoring desk, the committee, the last euro repaid."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.urls import reverse

from funds.models import Concern, FinancingRequest, Loan, Offer
from funds.monitoring.concerns import raise_concern
from funds.monitoring.requests import NewTerms, decide_request, propose_default, propose_loss, propose_restructuring
from funds.monitoring.schedules import answer_restructuring
from funds.monitoring.watching import finish_exits
from funds.servicing.distribution import distribute_instalment
from funds.servicing.loans import start_schedule
from funds.servicing.payouts import prepare_payout, refuse_payout, send_payout
from funds.states import FinancingState
from investors.models import User
from projects.indicators.loading import load_indicators
from projects.models import Report
from projects.monitoring.reports import publish_report, submit_report
from tests.funds.payments.scenes import Provider
from tests.funds.servicing.scenes import (
    a_paid_loan,
    a_ready_payee,
    a_succeeded_offer,
    an_approved_order,
    pay_instalment,
)
from tests.investors.factories import UserFactory
from tests.lifecycle.walking import Walk, posting, somebody, waiting
from tests.projects.factories import MembershipFactory
from tests.projects.monitoring import scenes as reports
from tests.projects.monitoring.scenes import an_officer

FIELD = "financing_state"


def _desk(offer: Offer) -> str:
    return reverse("follow_up:financing", args=[offer.slug])


def _at_desk(offer: Offer, right: User, *, without: dict[str, Any], names: str, **data: Any) -> Walk:
    """Who follows acts at the desk; the treasurer may not."""
    address = _desk(offer)
    return Walk(
        offer,
        right=posting(address, right, **data),
        wrong=posting(address, somebody("treasurer"), **data),
        without=posting(address, right, **(data | without)),
        names=names,
        field=FIELD,
    )


def _in_alert(loan: Loan, provider: Provider) -> Offer:
    raise_concern(offer=loan.offer, kind=Concern.Kind.DISPUTE, detail="Litige.", by=None, at=provider.now)
    return Offer.objects.get(pk=loan.offer_id)


def _decision(offer: Offer, request: FinancingRequest, proposer: User, role: str) -> Walk:
    """Another person with the role decides; the proposer, who holds it too, may not."""
    data = {"act": "decide", "request": str(request.uuid), "answer": "yes", "note": "Constaté."}
    made = _at_desk(offer, somebody(role), without={}, names="autre personne", **data)
    made.without = posting(_desk(offer), proposer, **data)
    return made


def _fund(provider: Provider, gateway: Any) -> Walk:
    offer = a_succeeded_offer(provider, 600, gift=True)
    order = an_approved_order(provider, offer)
    made = _at_desk(offer, somebody("monitoring"), without={}, names="404", act="fund")

    def paid() -> str:
        send_payout(order_id=order.pk, at=provider.now, gateway=gateway)
        return ""

    made.without, made.right = made.right, paid
    return made


def _monitor(provider: Provider, gateway: Any) -> Walk:
    offer = a_succeeded_offer(provider, 600)
    loan = Loan.objects.get(offer=offer)
    made = _at_desk(offer, somebody("monitoring"), without={}, names="404", act="monitor")

    def scheduled() -> str:
        start_schedule(loan=loan, paid_at=provider.now, at=provider.now)
        return ""

    Offer.objects.filter(pk=offer.pk).update(financing_state=FinancingState.FUNDED)
    made.without, made.right = made.right, scheduled
    return made


def _alert(provider: Provider, gateway: Any) -> Walk:
    offer = a_paid_loan(provider, gateway, 600).offer
    data = {"act": "concern", "kind": Concern.Kind.DISPUTE.value, "detail": "Litige avec le bailleur."}
    return _at_desk(offer, somebody("monitoring"), without={"detail": ""}, names="obligatoire", **data)


def _lift_alert(provider: Provider, gateway: Any) -> Walk:
    offer = _in_alert(a_paid_loan(provider, gateway, 600), provider)
    data = {"act": "close", "concern": str(offer.concerns.get().uuid), "note": "Accord signé."}
    return _at_desk(offer, somebody("monitoring"), without={"note": " "}, names="", **data)


def _restructuring(provider: Provider, gateway: Any) -> tuple[Offer, FinancingRequest, User]:
    loan = a_paid_loan(provider, gateway, 600)
    offer, proposer = _in_alert(loan, provider), somebody("committee")
    terms = NewTerms(months=6, rate_bp=loan.rate_bp, first_due_on=provider.now.date() + timedelta(days=40))
    request = propose_restructuring(offer=offer, terms=terms, reason="Six mois.", by=proposer, at=provider.now)
    return offer, request, proposer


def _restructure(provider: Provider, gateway: Any) -> Walk:
    return _decision(*_restructuring(provider, gateway), "committee")


def _apply(provider: Provider, gateway: Any) -> Walk:
    offer, request, _proposer = _restructuring(provider, gateway)
    decide_request(request=request, accepts=True, note="Oui.", by=UserFactory(), at=provider.now)
    data = {"act": "apply", "request": str(request.uuid)}
    made = _at_desk(offer, somebody("committee"), without={}, names="prêteurs", **data)
    post = made.right

    def once_the_lender_agrees() -> str:
        holding = offer.loan.holdings.get()
        answer_restructuring(request=request, holding=holding, agrees=True, by=holding.commitment.by, at=provider.now)
        return post()

    made.right = once_the_lender_agrees
    return made


def _default(provider: Provider, gateway: Any) -> Walk:
    offer, proposer = _in_alert(a_paid_loan(provider, gateway, 600), provider), somebody("monitoring")
    request = propose_default(offer=offer, ground="INSOLVENCY", reason="Jugement.", by=proposer, at=provider.now)
    return _decision(offer, request, proposer, "monitoring")


def _loss(provider: Provider, gateway: Any) -> Walk:
    offer, proposer = _in_alert(a_paid_loan(provider, gateway, 600), provider), somebody("committee")
    first = propose_default(offer=offer, ground="INSOLVENCY", reason="Jugement.", by=UserFactory(), at=provider.now)
    decide_request(request=first, accepts=True, note="Constaté.", by=UserFactory(), at=provider.now)
    request = propose_loss(offer=offer, reason="Liquidation close.", by=proposer, at=provider.now)
    return _decision(offer, request, proposer, "committee")


def _repay(loan: Loan, provider: Provider, ranks: range) -> None:
    for instalment in loan.instalments.filter(rank__in=ranks).order_by("rank"):
        pay_instalment(provider, instalment)
        distribute_instalment(instalment=instalment, at=provider.now)


def _exit(provider: Provider, gateway: Any) -> Walk:
    loan = a_paid_loan(provider, gateway, 600)
    made = _at_desk(loan.offer, somebody("monitoring"), without={}, names="rien n’est dû", act="exit")
    made.without = waiting(_repay, made.state, loan=loan, provider=provider, ranks=range(1, 3))
    made.right = waiting(_repay, made.state, loan=loan, provider=provider, ranks=range(3, 100))
    return made


def _close(provider: Provider, gateway: Any) -> Walk:
    loan = a_paid_loan(provider, gateway, 600)
    load_indicators()
    _repay(loan, provider, range(1, 100))
    finish_exits(at=provider.now)
    made = _at_desk(loan.offer, somebody("monitoring"), without={}, names="rien n’est dû", act="close")
    nightly = waiting(finish_exits, made.state, at=provider.now)

    def once_the_final_report_is_published() -> str:
        report = Report.objects.get(project=loan.offer.project, kind=Report.Kind.FINAL)
        _publish(report)
        return nightly()

    made.without, made.right = nightly, once_the_final_report_is_published
    return made


def _publish(report: Report) -> None:
    signer = MembershipFactory(organisation=report.project.organisation, is_legal_representative=True).user
    reports.write(report, by=signer)
    publish_report(report=submit_report(report=report, by=signer, at=reports.AT), by=an_officer(), at=reports.AT)


def _cancel(provider: Provider, gateway: Any) -> Walk:
    offer = a_succeeded_offer(provider, 600)
    a_ready_payee(provider, offer)
    order = prepare_payout(offer=offer, by=UserFactory(), at=provider.now)
    address = reverse("campaigns:desk_offer", args=[offer.slug])
    data = {"act": "cancel_financing", "reason": "Le porteur renonce."}
    post = posting(address, somebody("manager"), **data)

    def once_the_order_is_refused() -> str:
        refuse_payout(order=order, by=UserFactory(), reason="Le porteur renonce.", at=provider.now)
        return post()

    wrong = posting(address, somebody("treasurer"), **data)
    return Walk(offer, once_the_order_is_refused, wrong, post, "ordre de versement", FIELD)


WALKS: dict[str, Callable[[Provider, Any], Walk]] = {
    "fund": _fund,
    "monitor": _monitor,
    "alert": _alert,
    "lift_alert": _lift_alert,
    "restructure": _restructure,
    "apply_restructuring": _apply,
    "default": _default,
    "recognise_loss": _loss,
    "exit": _exit,
    "close": _close,
    "cancel": _cancel,
}
