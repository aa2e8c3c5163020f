"""Pages of claims: the holder reads what they owe and why, a treasurer attaches the lines of the bank's statement."""

import pytest
from django.urls import reverse

from fres.kernel import clock as kernel_clock
from fres.kernel.access import Role
from funds.models import ClaimRecovery, Payment
from tests.conftest import HeldClock
from tests.funds.payments.bank_refund_scenes import staff
from tests.funds.payments.conftest import _application, _running, gateway, payout_gateway, provider, server  # noqa: F401
from tests.funds.payments.recovery_scenes import a_claim, a_claim_of_rows, claim
from tests.funds.payments.scenes import Provider, assert_books_right
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(provider: Provider, payout_gateway, clock: HeldClock) -> Payment:  # noqa: F811
    found = a_claim(provider, payout_gateway)
    clock.move_to(provider.now)
    return found


def test_from_the_desk_to_the_last_euro(client, payment):
    holder = payment.instalment.loan.offer.project.organisation.memberships.first().user
    sign_in(client, holder)
    space = client.get(reverse("funds:holder_space")).content.decode()
    assert "reprise par la banque" in space
    assert "demandez-le à la gestion" in space
    assert "gardent leur argent" in client.get(reverse("funds:payment", args=[payment.uuid])).content.decode()

    treasurer, other, manager = staff(Role.TREASURER), staff(Role.TREASURER), staff(Role.MANAGER)
    address = reverse("funds:claim", args=[payment.uuid])
    sign_in(client, treasurer)
    assert address in client.get(reverse("funds:desk")).content.decode()
    assert address in client.get(reverse("funds:claims")).content.decode()
    line = {"amount": "40", "received_on": kernel_clock.today().isoformat(), "reference": "VIR 1"}
    assert client.post(address, {}).status_code == 422
    assert client.post(address, line | {"amount": "99999"}).status_code == 422
    assert not ClaimRecovery.objects.exists()
    assert client.post(address, line).status_code == 302
    again = client.post(address, line)
    assert again.status_code == 422
    assert "déjà rattachée" in again.content.decode()
    recovery = ClaimRecovery.objects.get()
    undo = {"undo": str(recovery.uuid), "reason": "Mal lu"}
    assert client.post(address, undo).status_code == 422
    assert client.post(address, {"undo": "x"}).status_code == 404
    sign_in(client, manager)
    assert client.post(address, line).status_code == 403
    sign_in(client, other)
    assert "Défaire cette ligne" in client.get(address).content.decode()
    assert client.post(address, undo).status_code == 302
    assert claim(payment).recovered_cents == 0
    owed = claim(payment).owed_cents
    client.post(address, line | {"amount": f"{owed // 100},{owed % 100:02d}"})
    assert "Recouvrée" in client.get(address).content.decode()
    assert address not in client.get(reverse("funds:claims")).content.decode()
    assert address in client.get(reverse("funds:claims"), {"tous": "1"}).content.decode()
    assert address not in client.get(reverse("funds:desk")).content.decode()
    sign_in(client, holder)
    assert "reprise par la banque" not in client.get(reverse("funds:holder_space")).content.decode()
    assert "Virement reçu" in client.get(reverse("funds:payment", args=[payment.uuid])).content.decode()
    assert_books_right()


def test_a_payment_without_a_claim_has_no_such_page(client, provider, payout_gateway, clock):  # noqa: F811
    from tests.funds.payments.recovery_scenes import a_shared_instalment

    found = a_shared_instalment(provider, payout_gateway)
    clock.move_to(provider.now)
    sign_in(client, staff(Role.TREASURER))
    assert client.get(reverse("funds:claim", args=[found.uuid])).status_code == 404


def test_the_list_costs_the_same_for_one_claim_and_for_many(client, django_assert_max_num_queries):
    a_claim_of_rows()
    sign_in(client, staff(Role.TREASURER))
    address = reverse("funds:claims")
    client.get(address)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _rank in range(4):
        a_claim_of_rows()
    with CaptureQueriesContext(connection) as many:
        assert client.get(address).context["page"].paginator.count == 5
    assert len(many) == len(few)
