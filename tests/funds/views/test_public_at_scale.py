"""The public pages with 2 000 offers: at most fifteen questions to the database each, and valid HTML (issue 3)."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from funds.models import Commitment, Offer
from projects.models import Award, Organisation, Project
from tests.funds.campaigns.scenes import an_offer_with_sheet
from tests.funds.campaigns.test_tranche_returns import a_refused_tranche
from tests.funds.factories import NOW, CommitmentFactory, OfferFactory, euros
from tests.test_valid_html import faults_of

OFFERS, MOST_QUERIES = 2_000, 15
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def copies_of(row, count, **changes):
    """Return unsaved copies of a row; `changes`: field → function of the rank."""
    values = {
        field.attname: getattr(row, field.attname)
        for field in type(row)._meta.concrete_fields
        if not field.primary_key and field.name != "uuid" and not field.name.endswith("_currency")
    }
    return [type(row)(**values | {name: of(rank) for name, of in changes.items()}) for rank in range(count)]


@pytest.fixture
def region():
    """2 000 offers in every state that the public sees, of one organisation, each with its project and label."""
    model = an_offer_with_sheet(maximum=euros(1_000), ticket_maximum=euros(1_000))
    CommitmentFactory(offer=model, cleared=True)
    gift = OfferFactory(gift=True, open=True, project=model.project, fund=model.fund)
    projects = Project.objects.bulk_create(
        copies_of(model.project, OFFERS, slug=lambda rank: f"grand-projet-{rank}", title=lambda rank: f"Projet {rank}")
    )
    awards = Award.objects.bulk_create(
        copies_of(
            model.award, OFFERS, subject_uuid=lambda rank: projects[rank].uuid,
            subject_name=lambda rank: projects[rank].title,
        )
    )  # fmt: skip
    states = ("OPEN", "OPEN", "SUCCEEDED", "FAILED", "SUSPENDED")
    offers = Offer.objects.bulk_create(
        one
        for number, source in enumerate((model, gift))
        for one in copies_of(
            source, OFFERS // 2, slug=lambda rank, n=number: f"grande-offre-{n}-{rank}", identifier=lambda rank: None,
            project_id=lambda rank, n=number: projects[n * OFFERS // 2 + rank].pk,
            award_id=lambda rank, n=number: awards[n * OFFERS // 2 + rank].pk,
            state=lambda rank: states[rank % len(states)],
            closes_at=lambda rank: NOW + timedelta(days=1 + rank % 60),
            settles_on=lambda rank: date(2027, 3, 1),
            decided_at=lambda rank: NOW if states[rank % len(states)] in ("SUCCEEDED", "FAILED") else None,
        )
    )  # fmt: skip
    saver = Commitment.objects.get().saver
    Commitment.objects.bulk_create(
        Commitment(
            offer=offer, saver=saver, by=saver.user, amount=euros(40), committed_at=NOW, state="IN_REFLECTION",
            reflection_ends_at=NOW + timedelta(days=5),
        )
        for offer in offers
    )  # fmt: skip
    return model


def a_voted_tranche():
    """A financed loan whose lenders refused its second tranche."""
    tranche, _savers = a_refused_tranche()
    return tranche.offer


def pages(model):
    organisation: Organisation = model.project.organisation
    Organisation.objects.filter(pk=organisation.pk).update(is_listed=True)
    return {
        "home": reverse("home"),
        "offers": reverse("funds:offers"),
        "the last page of offers": reverse("funds:offers") + "?page=40",
        "offers by word": reverse("funds:offers") + "?search=Projet+19",
        "a loan": reverse("funds:offer", args=[model.slug]),
        "a loan paid by tranches": reverse("funds:offer", args=[a_voted_tranche().slug]),
        "a gift": reverse("funds:offer", args=["grande-offre-1-0"]),
        "organisation": reverse("organisations:organisation", args=[organisation.slug]),
        "organisations": reverse("organisations:directory"),
        "labels": reverse("labels:register"),
        "signatories": reverse("labels:signatories"),
        "refusals": reverse("applications:refusals"),
    }


def test_every_public_page_holds_with_two_thousand_offers(client, region):
    asked, broken = {}, {}
    for name, address in pages(region).items():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code == 200, name
        asked[name] = len(queries)
        if faults := faults_of(response.content.decode()):
            broken[name] = faults[:3]
    assert broken == {}
    assert {name: count for name, count in asked.items() if count > MOST_QUERIES} == {}
