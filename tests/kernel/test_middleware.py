import pytest
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from fres.kernel import uploads
from fres.kernel.access import Role
from fres.kernel.middleware import AccessMiddleware, UploadLimitMiddleware
from fres.kernel.models import Parameter
from fres.kernel.parameters import ParameterMissing
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in

MEGABYTE = 1_000_000


class UnreadableBody:
    """A body that must not be read."""

    def read(self, *args):
        raise AssertionError("the body was read")


def announce(path, size):
    request = RequestFactory().post(path)
    request.META["CONTENT_LENGTH"] = str(size)
    request._stream = UnreadableBody()
    request.COOKIES.clear()
    return UploadLimitMiddleware(lambda request: HttpResponse("passed"))(request)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/porteur/", 20 * MEGABYTE, 200),
        ("/porteur/", 40 * MEGABYTE, 413),
        ("/partenaire/fichiers/", 40 * MEGABYTE, 200),
        ("/partenaire/fichiers/", 100 * MEGABYTE, 200),
        ("/partenaire/fichiers/", 101 * MEGABYTE, 413),
        ("/espace/profil/", 20 * MEGABYTE + uploads.FORM_ALLOWANCE_BYTES, 200),
        ("/espace/profil/", 20 * MEGABYTE + uploads.FORM_ALLOWANCE_BYTES + 1, 413),
    ],
)
def test_a_body_too_heavy_is_refused_before_it_is_read(path, size, status):
    response = announce(path, size)
    assert response.status_code == status
    if status == 413:
        assert str(uploads.limit_for(path).megabytes) in response.content.decode()


@pytest.mark.parametrize("size", ["", "abc", "-5", "1000"])
def test_a_small_or_unsaid_length_asks_nothing_of_the_database(size):
    assert announce("/porteur/", size).content == b"passed"


@pytest.mark.django_db
def test_the_limit_follows_the_dated_value():
    Parameter.objects.filter(key="upload.max_mb").update(value=50)
    assert announce("/porteur/", 40 * MEGABYTE).status_code == 200
    Parameter.objects.filter(key="upload.max_mb").delete()
    with pytest.raises(ParameterMissing):
        announce("/porteur/", 40 * MEGABYTE)


@pytest.mark.django_db
def test_a_heavy_upload_is_refused_by_the_site_and_not_only_by_the_piece(client):
    response = client.post(reverse("kernel:set_theme"), b"x", content_type="text/plain", CONTENT_LENGTH=40 * MEGABYTE)
    assert response.status_code == 413


@pytest.mark.django_db
def test_the_back_office_is_unknown_to_who_is_no_staff():
    request = RequestFactory().get("/gestion/parametres/")
    request.user = UserFactory()
    with pytest.raises(Http404):
        AccessMiddleware(lambda request: HttpResponse())(request)


@pytest.mark.django_db
def test_staff_without_a_second_factor_are_sent_to_it_and_back(client):
    user = UserFactory()
    RoleGrantFactory(user=user, role=Role.TREASURER)
    sign_in(client, user, second_factor=False)
    response = client.get("/gestion/parametres/?q=a&scope=")
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('mfa_index')}?next=%2Fgestion%2Fparametres%2F%3Fq%3Da%26scope%3D"


@pytest.mark.django_db
def test_a_visitor_is_asked_to_sign_in(client):
    response = client.get("/gestion/parametres/")
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))
