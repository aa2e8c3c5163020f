import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory

from fres.access_table import ROLES, STAFF
from fres.kernel.access import STAFF_ROLES, Role, WroteWhileReading, has_any_role, reads_only, require, roles_of
from fres.kernel.models import Parameter
from tests.investors.factories import RoleGrantFactory, UserFactory


@pytest.fixture
def request_():
    return RequestFactory().get("/")


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_kernel_and_the_table_know_the_same_roles():
    assert set(ROLES) == set(Role.values)
    assert set(STAFF) == {str(role) for role in STAFF_ROLES}


@pytest.mark.django_db
def test_a_page_that_shows_may_read(request_):
    view = reads_only(lambda request: HttpResponse(str(Parameter.objects.count())))
    assert int(view(request_).content) > 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "write",
    [
        lambda: Parameter.objects.update(label="x"),
        lambda: Parameter.objects.all()._raw_delete("default"),
        lambda: Parameter.objects.select_for_update().first() and run("UPDATE kernel_parameter SET label = 'x'"),
        lambda: run("WITH gone AS (DELETE FROM kernel_parameter RETURNING id) SELECT count(*) FROM gone"),
        lambda: run("  insert into kernel_message DEFAULT VALUES"),
        lambda: run("TRUNCATE kernel_message"),
        lambda: run("SELECT 1; UPDATE kernel_parameter SET label = 'x'"),
    ],
)
def test_a_page_that_shows_may_not_write(request_, write):
    before = list(Parameter.objects.values_list("pk", "label"))

    @reads_only
    def view(request):
        write()
        return HttpResponse()

    with pytest.raises(WroteWhileReading), transaction.atomic():
        view(request_)
    assert list(Parameter.objects.values_list("pk", "label")) == before


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["UPDATE the books", 'a "DELETE FROM" b', "it''s INSERT INTO"])
def test_a_word_in_a_text_is_no_write(request_, text):
    view = reads_only(
        lambda request: run("SELECT '" + text.replace("''", "'").replace("'", "''") + "'") or HttpResponse()
    )
    assert view(request_).status_code == 200


@pytest.mark.django_db
def test_a_template_rendered_late_is_watched_too(request_):
    @reads_only
    def view(request):
        page = engines["django"].from_string("{{ write }}")
        return SimpleTemplateResponse(page, {"write": lambda: Parameter.objects.update(label="x")})

    with pytest.raises(WroteWhileReading):
        view(request_)


@pytest.mark.parametrize(("hidden", "refusal"), [(False, PermissionDenied), (True, Http404)])
def test_who_may_not_is_told_so_or_not_even_that(request_, hidden, refusal):
    request_.user = "anyone"
    view = require(lambda user: user == "someone", hidden=hidden)(lambda request: HttpResponse())
    with pytest.raises(refusal):
        view(request_)
    request_.user = "someone"
    assert view(request_).status_code == 200


@pytest.mark.django_db
def test_roles_are_asked_of_the_people():
    user = UserFactory()
    assert roles_of(user) == {"saver"}
    RoleGrantFactory(user=user, role=Role.TREASURER)
    assert has_any_role(user, Role.TREASURER, Role.MANAGER)
    assert not has_any_role(user, Role.MANAGER)


def test_nobody_holds_no_role():
    assert roles_of(None) == frozenset()
