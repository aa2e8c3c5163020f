from datetime import date
from decimal import Decimal
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from fres.kernel import parameters
from fres.kernel.access import Role
from fres.kernel.context import THEME_COOKIE
from fres.kernel.models import Parameter
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db

LIST = "kernel:parameters"
KEY = "offer.payment_days"


@pytest.fixture
def staff(client):
    def sign(role):
        user = UserFactory()
        RoleGrantFactory(user=user, role=role)
        sign_in(client, user)
        return client

    return sign


def page_of(key=KEY):
    return reverse("kernel:parameter", kwargs={"key": key})


def posted(**values):
    return {
        "scope": "national",
        "value": "10",
        "valid_from": "2027-01-01",
        "status": "chosen",
        "source": "comité",
    } | values


# ---- Health ----


def test_a_service_in_health_says_so_to_anyone(client):
    response = client.get(reverse("kernel:health"))
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "checks": {"database": True, "documents": True}},
    )
    assert "no-store" in response["Cache-Control"]


def test_a_database_that_does_not_answer_is_told(client):
    with mock.patch("fres.kernel.views.connection.cursor", side_effect=OperationalError):
        response = client.get(reverse("kernel:health"))
    assert (response.status_code, response.json()["checks"]["database"]) == (503, False)


# ---- Colours and language ----


@pytest.mark.parametrize(("asked", "kept"), [("dark", "dark"), ("light", "light"), ("auto", "auto"), ("pink", "auto")])
def test_the_colours_asked_are_kept_in_a_cookie(client, asked, kept):
    response = client.post(reverse("kernel:set_theme"), {"theme": asked, "next": "/risques/"})
    assert (response.status_code, response["Location"]) == (302, "/risques/")
    assert (response.cookies[THEME_COOKIE].value, response.cookies[THEME_COOKIE]["samesite"]) == (kept, "Lax")


@pytest.mark.parametrize("target", ["https://ailleurs.invalid/", "//ailleurs.invalid", "javascript:alert(1)", ""])
def test_the_way_back_never_leaves_the_site(client, target):
    assert client.post(reverse("kernel:set_theme"), {"theme": "dark", "next": target})["Location"] == "/"


def test_a_visitor_chooses_the_language(client):
    response = client.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert (response.status_code, response.cookies["django_language"].value) == (302, "en")


# ---- Dated values ----


def test_staff_read_every_row_with_its_source_and_status(staff):
    page = staff(Role.AUDITOR).get(reverse(LIST), {"q": "ps.total.products"}).content.decode()
    assert "18,6\u00a0%" in page and "17,2\u00a0%" in page
    assert "31/12/2025" in page and "Confirmé" in page and "Loi de financement" in page


def test_filters_leave_what_was_asked(staff):
    response = staff(Role.TREASURER).get(reverse(LIST), {"status": "to_confirm", "on": "2026-11-23"})
    keys = {row.key for row in response.context["page"].object_list}
    assert "vat.standard" in keys and "ps.total.products" not in keys


def test_filters_that_make_no_sense_list_nothing(staff):
    response = staff(Role.TREASURER).get(reverse(LIST), {"on": "hier"})
    assert list(response.context["page"].object_list) == []


def test_the_export_has_the_rows_of_the_list(staff):
    response = staff(Role.AUDITOR).get(reverse("kernel:parameters_export"), {"q": "vat.standard"})
    lines = b"".join(response).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("vat.standard;TVA, taux normal;national;20;%;")


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.TREASURER, Role.COMPLIANCE])
def test_those_who_only_read_see_no_form_and_may_not_post(staff, role):
    client = staff(role)
    assert client.get(page_of()).context["form"] is None
    assert client.post(page_of(), posted()).status_code == 403
    assert Parameter.objects.filter(key=KEY).count() == 1


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_a_manager_closes_a_row_and_adds_the_next_one(staff, clock, role):
    client = staff(role)
    response = client.post(page_of(), posted(value="10"))
    assert response.status_code == 302
    old, new = Parameter.objects.filter(key=KEY).order_by("valid_from")
    assert (old.value, old.valid_to) == (7, date(2026, 12, 31))
    assert (new.value, new.valid_from, new.source) == (10, date(2027, 1, 1), "comité")
    page = client.get(page_of()).content.decode()
    assert "à venir" in page and "10\u00a0jours" in page and "Clôture" in page
    newest = parameters.changes_of(KEY)[0]
    assert newest.actor == str(response.wsgi_request.user)


def test_decimals_are_typed_as_in_french(staff, clock):
    staff(Role.MANAGER).post(page_of("pfu.income_tax"), posted(value="13,45"))
    assert parameters.value_at("pfu.income_tax", date(2027, 1, 1)).value == Decimal("13.45")


def test_a_refused_change_says_the_rule_and_the_next_step(staff, clock):
    response = staff(Role.MANAGER).post(page_of(), posted(valid_from="2026-11-23"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "au plus tôt demain" in page and "Choisissez une date à venir" in page
    assert Parameter.objects.filter(key=KEY).count() == 1


@pytest.mark.parametrize("values", [{"value": ""}, {"source": ""}, {"scope": "ailleurs"}, {"valid_from": "32/01/2027"}])
def test_an_incomplete_form_comes_back_with_its_errors(staff, clock, values):
    response = staff(Role.MANAGER).post(page_of(), posted(**values))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(values)
    assert Parameter.objects.filter(key=KEY).count() == 1


def test_a_fund_is_named_beside_its_own_value(staff, clock):
    scope = "0b4c7c1e-0000-4000-8000-000000000001"
    with mock.patch.object(parameters, "_scope_provider", [lambda: [(scope, "FRES Essai")]]):
        client = staff(Role.MANAGER)
        assert client.post(page_of(), posted(scope=scope, value="9")).status_code == 302
        assert "FRES Essai" in client.get(page_of()).content.decode()
        assert "FRES Essai" in client.get(reverse(LIST), {"scope": scope}).content.decode()
    assert parameters.value_at(KEY, date(2027, 1, 1), scope).whole == 9
    assert parameters.value_at(KEY, date(2027, 1, 1)).whole == 7


def test_an_unknown_key_is_not_found(staff):
    assert staff(Role.MANAGER).get(page_of("no.such.key")).status_code == 404


# ---- When something goes wrong ----


def test_an_unknown_address_is_answered_in_our_words(client):
    response = client.get("/nulle-part/")
    assert response.status_code in {302, 404}


def test_a_form_without_its_token_is_refused_in_our_words():
    response = Client(enforce_csrf_checks=True).post(reverse("kernel:set_theme"), {"theme": "dark"})
    assert response.status_code == 403
    assert "Ce formulaire a trop attendu" in response.content.decode()


def test_a_demand_we_cannot_read_is_refused_in_our_words(client):
    response = client.post(reverse("kernel:set_theme"), {f"field{n}": "x" for n in range(1100)})
    assert response.status_code == 400
    assert "Nous n’avons pas compris" in response.content.decode()
