"""What a manager types in the forms of rules: euros and per cent, never cents."""

import pytest
from django.test import Client
from django.urls import reverse

from fres.kernel.access import Role
from funds.models import AllocationRule
from tests.conftest import HeldClock
from tests.funds.factories import FundFactory
from tests.investors.factories import RoleGrantFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(clock: HeldClock) -> Client:
    client = Client()
    sign_in(client, RoleGrantFactory(role=Role.MANAGER).user)
    return client


def _typed(**changes):
    return {
        "code": "plafond", "scope": "fund", "base": "", "timing": "PRE_TRADE", "severity": "BLOCK", "cure_days": "0",
        "valid_from": "2026-12-01", "valid_to": "", "reason": "Essai.", **changes,
    }  # fmt: skip


def _write(manager, kind, **changes):
    return manager.post(f"{reverse('rules:new')}?genre={kind}", _typed(**changes))


def test_a_ceiling_is_typed_in_euros_kept_in_cents_and_shown_in_euros_again(manager):
    FundFactory()
    assert _write(manager, "MAX_PER_PROJECT", p_cents="15 000,50 €").status_code == 302
    assert AllocationRule.objects.get().params == {"cents": 1_500_050}
    page = manager.get(reverse("rules:rule", kwargs={"code": "plafond"}))
    assert page.context["form"]["p_cents"].value() == "15000,50"


def test_a_part_is_typed_and_shown_in_per_cent(manager):
    FundFactory()
    assert _write(manager, "LIQUIDITY_RESERVE", p_share="10 %", p_horizon_days="365").status_code == 302
    page = manager.get(reverse("rules:rule", kwargs={"code": "plafond"}))
    assert page.context["form"]["p_share"].value() == "10\u00a0%"


def test_rates_by_class_are_typed_one_by_one(manager):
    FundFactory()
    assert _write(manager, "LOSS_RESERVE", p_share="2 %", p_by_class="A: 1 %; C: 7,5 %").status_code == 302
    page = manager.get(reverse("rules:rule", kwargs={"code": "plafond"}))
    assert page.context["form"]["p_by_class"].value() == "A: 1\u00a0%; C: 7,5\u00a0%"


@pytest.mark.parametrize(("kind", "typed"), [
    ("MAX_PER_PROJECT", {"p_cents": "0,001"}), ("MAX_PER_PROJECT", {"p_cents": "beaucoup"}),
    ("LOSS_RESERVE", {"p_share": "dix"}), ("LOSS_RESERVE", {"p_share": "2 %", "p_by_class": "A"}),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_beside_its_field_and_nothing_is_written(manager, kind, typed):
    FundFactory()
    page = _write(manager, kind, **typed)
    assert page.status_code == 200
    assert set(page.context["form"].errors) == {list(typed)[-1]}
    assert not AllocationRule.objects.exists()


def test_a_simulation_starts_from_the_rules_in_force_and_reads_the_same_words(manager):
    FundFactory()
    _write(manager, "MAX_PER_PROJECT", p_cents="15 000", valid_from="2026-11-23")
    form = manager.get(reverse("rules:simulate")).context["form"]
    assert form["plafond__cents"].value() == "15000"
    page = manager.get(reverse("rules:simulate"), {"essayer": "1", "plafond__cents": "20 000"})
    row = AllocationRule.objects.get()
    assert page.context["form"].params_of(row) == {"cents": 2_000_000}
