"""Pages of text: open to all, complete, and honest about what is not known."""

import pytest
from django.urls import reverse

from fres.kernel import publishers
from fres.page_urls import urlpatterns
from funds.models import LegalEntity
from tests.funds.factories import LegalEntityFactory

pytestmark = pytest.mark.django_db
NAMES = [pattern.name for pattern in urlpatterns]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_text_is_open_to_all_and_says_its_title_once(client, name):
    page = client.get(reverse(f"pages:{name}"))
    assert page.status_code == 200
    assert page.content.decode().count("<h1>") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_text_refuses_to_be_written_to(client, name):
    assert client.post(reverse(f"pages:{name}")).status_code == 405


def test_legal_notices_name_the_operator_before_the_carrier_of_the_fund(client):
    carrier = LegalEntityFactory(role=LegalEntity.Role.FUND)
    operator = LegalEntityFactory(role=LegalEntity.Role.OPERATOR)
    assert [one.siren for one in publishers.publishers()] == [operator.siren, carrier.siren]
    page = client.get(reverse("pages:legal")).content.decode()
    assert page.index(operator.siren) < page.index(carrier.siren)


def test_a_notice_nobody_filled_in_says_so(client, settings):
    settings.LEGAL_NOTICES = dict.fromkeys(settings.LEGAL_NOTICES, "")
    assert "à compléter avant l’ouverture" in client.get(reverse("pages:legal")).content.decode()


def test_the_accessibility_page_claims_no_audit(client):
    page = client.get(reverse("pages:accessibility")).content.decode()
    assert "non évaluée" in page
    assert "aucun taux ne peut être donné" in page
