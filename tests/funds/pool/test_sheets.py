"""The information sheet of a compartment: its parts, its figures, its pages, who publishes and who reads it."""

import io
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.urls import reverse
from pypdf import PdfReader

from fres.kernel.access import Role
from fres.kernel.documents import open_document
from fres.kernel.models import Document
from funds.demonstration.chapters import pool_sheets
from funds.models import Compartment
from funds.pool.errors import PoolRefused
from funds.pool.sheets import current_sheet, publish_pool_sheet
from tests.funds.factories import NOW
from tests.funds.pool.scenes import a_compartment
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db
PARTS = ("1. L’émetteur", "2. Les risques", "3. Le capital", "4. Les parts", "5. L’opérateur", "6. Souscrire")


def text_of(document):
    pages = PdfReader(io.BytesIO(open_document(document))).pages
    return "\n".join(page.extract_text() for page in pages).replace("\xa0", " "), len(pages)


def test_the_sheet_has_its_six_parts_in_order_its_warning_first_and_few_pages():
    compartment = a_compartment()
    document = publish_pool_sheet(compartment=compartment, by=UserFactory(), at=NOW)
    text, pages = text_of(document)
    assert document.number.startswith("DIS/2026/")
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places)
    assert text.index("perdre tout ou partie") < places[0]
    assert compartment.risks[:40] in text.replace("\n", " ")
    assert pages <= 3


def test_a_second_sheet_replaces_the_first_which_is_kept():
    compartment = a_compartment()
    first = publish_pool_sheet(compartment=compartment, by=UserFactory(), at=NOW)
    second = publish_pool_sheet(compartment=compartment, by=UserFactory(), at=NOW)
    assert second.supersedes == first
    assert current_sheet(compartment) == second
    assert open_document(first)


def test_a_compartment_without_a_rule_of_redemption_has_no_sheet():
    compartment = a_compartment()
    Compartment.objects.filter(pk=compartment.pk).update(opens_on=date(2024, 1, 1))
    before_terms = datetime(2024, 6, 1, 9, tzinfo=UTC)
    with pytest.raises(PoolRefused, match="règle de rachat"):
        publish_pool_sheet(compartment=compartment, by=UserFactory(), at=before_terms)
    assert not Document.objects.exists()


def test_everybody_reads_the_sheet_in_force_and_only_the_manager_publishes_it(client, clock):
    compartment = a_compartment()
    read, publish = (reverse(f"pool:{name}", args=[compartment.slug]) for name in ("sheet", "publish_sheet"))
    page = reverse("pool:pot", args=[compartment.slug])
    assert client.get(read).status_code == 404
    assert read not in client.get(page).content.decode()
    sign_in(client, RoleGrantFactory(role=Role.TREASURER).user)
    assert client.post(publish).status_code == 403
    sign_in(client, RoleGrantFactory(role=Role.MANAGER).user)
    assert client.post(publish)["Location"] == page
    client.logout()
    response = client.get(read)
    assert response["Content-Type"] == "application/pdf"
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert read in client.get(page).content.decode()


def test_the_demonstration_publishes_each_sheet_twice_and_no_more():
    compartment = a_compartment()
    region = SimpleNamespace(fund=compartment.fund, manager=UserFactory())
    for act in pool_sheets.ACTS:
        assert not act.is_done(region)
        act.do(region, datetime(act.day.year, act.day.month, act.day.day, 10, tzinfo=UTC))
        assert act.is_done(region)
    assert Document.objects.filter(kind="pool_sheet").count() == 2
