"""The holder's space and the back office of money, page by page."""

import pytest
from django.urls import reverse

from fres.kernel.access import Role
from funds.models import Loan, PayoutOrder
from funds.states import PayoutState
from tests.funds.servicing.factories import HoldingFactory, InstalmentFactory, PayoutOrderFactory
from tests.funds.servicing.scenes import a_paid_loan, a_ready_payee, a_succeeded_offer
from tests.investors.factories import PartyFactory, RoleGrantFactory
from tests.investors.sessions import sign_in
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def _staff(client, role):
    user = PartyFactory().user
    RoleGrantFactory(user=user, role=role)
    sign_in(client, user)
    return user


def _read(client, name, *arguments):
    response = client.get(reverse(name, args=arguments))
    text = response.content.decode()
    assert response.status_code == 200
    assert "unknown variable" not in text
    return text


def test_a_holder_reads_the_schedule_and_may_pay_the_first_instalment(client):
    holding = HoldingFactory()
    first = InstalmentFactory(loan=holding.loan)
    member = MembershipFactory(organisation=holding.loan.offer.project.organisation)
    sign_in(client, member.user)
    text = _read(client, "funds:holder_space")
    assert "336,67" in text
    assert reverse("funds:pay_instalment", args=[first.uuid]) in text
    assert reverse("funds:payee_account", args=[member.organisation.slug]) in text


def test_who_left_the_organisation_sees_its_loan_no_more(client):
    instalment = InstalmentFactory()
    organisation = instalment.loan.offer.project.organisation
    member = MembershipFactory(organisation=organisation, left_on=organisation.created_on.replace(year=2026))
    sign_in(client, member.user)
    assert "336,67" not in _read(client, "funds:holder_space")
    assert client.post(reverse("funds:pay_instalment", args=[instalment.uuid])).status_code == 404


def test_the_desk_shows_payouts_to_prepare_to_sign_and_late_instalments(client, clock):
    order, instalment = PayoutOrderFactory(), InstalmentFactory()
    clock.advance(days=60)
    _staff(client, Role.TREASURER)
    text = _read(client, "funds:desk")
    assert reverse("funds:payout", args=[order.uuid]) in text
    assert instalment.loan.offer.project.title in text
    assert "Contrôler les livres" in text


def test_a_treasurer_prepares_and_another_approves_in_the_browser(client, provider):
    offer = a_succeeded_offer(provider, 100, gift=True)
    a_ready_payee(provider, offer)
    _staff(client, Role.TREASURER)
    assert "Préparer l’ordre" in _read(client, "funds:payouts")
    client.post(reverse("funds:payouts"), {"offer": str(offer.uuid)})
    order = PayoutOrder.objects.get(offer=offer)
    page = reverse("funds:payout", args=[order.uuid])
    assert "une autre personne l’approuve" in _read(client, "funds:payout", order.uuid)
    assert client.post(page, {"decision": "approve"}).status_code == 422
    _staff(client, Role.TREASURER)
    assert "Approuver le versement" in _read(client, "funds:payout", order.uuid)
    assert client.post(page, {"decision": "approve"}).status_code == 302
    order.refresh_from_db()
    assert order.state == PayoutState.APPROVED


def test_a_refusal_needs_its_reason(client):
    order = PayoutOrderFactory()
    _staff(client, Role.TREASURER)
    page = reverse("funds:payout", args=[order.uuid])
    assert client.post(page, {"decision": "refuse", "reason": " "}).status_code == 422
    assert client.post(page, {"decision": "refuse", "reason": "Compte à vérifier."}).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.refused_reason) == (PayoutState.REFUSED, "Compte à vérifier.")


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.AUDITOR])
def test_who_reads_orders_does_not_sign_them(client, role):
    order = PayoutOrderFactory()
    _staff(client, role)
    page = reverse("funds:payout", args=[order.uuid])
    assert client.post(page, {"decision": "approve"}).status_code == 403
    assert client.post(reverse("funds:payouts"), {"offer": str(order.offer.uuid)}).status_code == 403
    assert "ne décide pas" in _read(client, "funds:payout", order.uuid)


def test_a_paid_loan_reads_as_paid_in_every_space(client, provider, payout_gateway):
    loan = a_paid_loan(provider, payout_gateway, 600, 400)
    assert isinstance(loan, Loan)
    member = MembershipFactory(organisation=loan.offer.project.organisation)
    sign_in(client, member.user)
    assert "Versé" in _read(client, "funds:holder_space")
    client.logout()
    _staff(client, Role.MANAGER)
    order = PayoutOrder.objects.get(offer=loan.offer)
    assert order.provider_id in _read(client, "funds:payout", order.uuid)
    _read(client, "funds:desk")


@pytest.fixture
def at_the_provider(settings, provider, clock):
    settings.STRIPE_SECRET_KEY = provider.server.secret_key
    settings.STRIPE_API_BASE = provider.server.url
    return provider


def test_a_holder_opens_the_account_that_receives_and_is_sent_to_the_provider_s_questions(client, at_the_provider):
    member = MembershipFactory()
    sign_in(client, member.user)
    page = reverse("funds:payee_account", args=[member.organisation.slug])
    assert client.post(page)["Location"].startswith(at_the_provider.server.url)
    payee = member.organisation.party.payee_account
    assert "Terminez l’ouverture" in _read(client, "funds:holder_space")
    at_the_provider.server.verify_account(payee.provider_id)
    assert client.post(page)["Location"] == reverse("funds:holder_space")
    assert "peut recevoir de l’argent" in _read(client, "funds:holder_space")
    stranger = MembershipFactory()
    sign_in(client, stranger.user)
    assert client.post(page).status_code == 404


def test_a_holder_who_pays_is_sent_to_the_hosted_page(client, at_the_provider):
    instalment = InstalmentFactory(loan=HoldingFactory().loan)
    member = MembershipFactory(organisation=instalment.loan.offer.project.organisation)
    sign_in(client, member.user)
    answer = client.post(reverse("funds:pay_instalment", args=[instalment.uuid]))
    assert answer["Location"].startswith(at_the_provider.server.url)


def test_a_provider_that_does_not_answer_is_said_and_nothing_is_lost(client, at_the_provider):
    member = MembershipFactory()
    sign_in(client, member.user)
    at_the_provider.server.fail("drop_before", method="POST", path="/v1/accounts", times=3)
    page = reverse("funds:payee_account", args=[member.organisation.slug])
    answer = client.post(page, follow=True)
    assert "ne répond pas" in answer.content.decode()
