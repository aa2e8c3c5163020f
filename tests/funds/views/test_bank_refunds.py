"""Pages of refunds that came back: their payer names an account, the staff orders the transfer by two."""

import pytest
from django.urls import reverse

from fres.kernel.access import Role
from funds.models import BankRefund, Refund
from funds.states import BankRefundState
from investors.models import PartyCheck
from tests.conftest import HeldClock
from tests.funds.payments.bank_refund_scenes import IBAN, a_refund_that_came_back, staff
from tests.funds.payments.conftest import _application, _running, gateway, provider, server  # noqa: F401
from tests.funds.payments.scenes import Provider, assert_books_right
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(provider: Provider, clock: HeldClock) -> Refund:  # noqa: F811
    found = a_refund_that_came_back(provider)
    clock.move_to(provider.now)
    return found


def seen(client, person, name, refund):
    sign_in(client, person)
    return client.get(reverse(f"funds:{name}", args=[refund.uuid]))


def test_the_whole_way_from_the_savers_account_to_the_banks_line(client, refund):
    commitment = refund.payment.commitment
    sign_in(client, commitment.by)
    page = client.get(reverse("funds:commitment", args=[commitment.uuid])).content.decode()
    assert "vous restent dus" in page
    ask = reverse("funds:ask_bank_refund", args=[refund.uuid])
    refused = client.post(ask, {"iban": IBAN, "holder": "Dominique Quelquunautre"})
    assert refused.status_code == 422
    assert "succession" in refused.content.decode()
    assert not BankRefund.objects.exists()
    client.post(ask, {"iban": IBAN, "holder": commitment.saver.name})
    assert BankRefund.objects.get().state == BankRefundState.ASKED

    compliance, treasurer, manager = staff(Role.COMPLIANCE), staff(Role.TREASURER), staff(Role.MANAGER)
    page = seen(client, treasurer, "bank_refund", refund).content.decode()
    assert "pas encore vérifié" in page
    sign_in(client, compliance)
    check = {"kind": "IBAN", "evidence": "RIB du 12/11", "iban_hash": BankRefund.objects.get().iban_hash}
    client.post(reverse("investors:check_party", args=[commitment.saver.uuid]), check)
    assert PartyCheck.objects.get().by == compliance
    shown = client.get(reverse("investors:party", args=[commitment.saver.uuid])).content.decode()
    assert "RIB du 12/11" in shown
    assert "RIB du 12/11" in client.get(reverse("investors:journal"), {"kind": "controles"}).content.decode()

    address = reverse("funds:bank_refund", args=[refund.uuid])
    sign_in(client, treasurer)
    client.post(address, {"decision": "prepare"})
    assert client.post(address, {"decision": "approve"}).status_code == 422
    sign_in(client, manager)
    assert client.post(address, {"decision": "sent", "sent_on": "2026-12-01", "reference": "V"}).status_code == 403
    client.post(address, {"decision": "approve"})
    sign_in(client, treasurer)
    assert IBAN in client.get(address).content.decode()
    assert client.post(address, {"decision": "sent", "sent_on": "", "reference": ""}).status_code == 422
    on = BankRefund.objects.get().order.approved_at.date().isoformat()
    client.post(address, {"decision": "sent", "sent_on": on, "reference": "VIR 12"})
    assert BankRefund.objects.get().state == BankRefundState.SENT
    assert "VIR 12" in seen(client, commitment.by, "ask_bank_refund", refund).content.decode()
    page = client.get(reverse("funds:commitment", args=[commitment.uuid])).content.decode()
    assert "rendus par virement" in page
    assert_books_right()


def test_the_savers_page_asks_for_a_fresh_proof(client, refund):
    client.force_login(refund.payment.commitment.by)
    response = client.get(reverse("funds:ask_bank_refund", args=[refund.uuid]))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_reauthenticate"))


def test_an_act_that_does_not_exist_is_a_page_that_does_not_exist(client, refund):
    sign_in(client, staff(Role.TREASURER))
    assert client.post(reverse("funds:bank_refund", args=[refund.uuid]), {"decision": "burn"}).status_code == 404


def test_the_list_asks_as_many_questions_for_one_row_as_for_many(
    client, refund, provider: Provider, django_assert_max_num_queries  # noqa: F811
):  # fmt: skip
    sign_in(client, staff(Role.TREASURER))
    client.get(reverse("funds:bank_refunds"))
    payment = refund.payment
    Refund.objects.bulk_create(
        Refund(payment=payment, amount=1, cause="SAVER", state="FAILED", asked_at=refund.asked_at,
               answered_at=refund.asked_at) for _row in range(60)
    )  # fmt: skip
    with django_assert_max_num_queries(25):
        page = client.get(reverse("funds:bank_refunds"), {"tous": "1"})
    assert page.status_code == 200
    assert page.context["page"].paginator.count == 61
