"""Pages anybody reads: the first one, the list with its filters, one offer with its four figures and its risks."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from fres.kernel.models import Territory
from funds.closing import decide_offer
from funds.commitments import confirm_due
from funds.models import Commitment, Offer
from funds.selectors import figures_of, offer_cards, open_offers
from funds.states import OfferState
from funds.waiting import join_waiting_list
from tests.funds.campaign_scenes import NOW, a_saver, clear, commit, process
from tests.funds.factories import CommitmentFactory, FundFactory, OfferFactory, euros

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def held_clock(clock):
    return clock


@pytest.fixture
def places():
    """Lens in the Pas-de-Calais, Amiens in the Somme, as the official geographic code has them."""
    vintage = date(2026, 1, 1)
    rows = [
        ("REGION", "32", "Hauts-de-France", {"region_code": "32"}),
        ("DEPARTEMENT", "62", "Pas-de-Calais", {"region_code": "32"}),
        ("DEPARTEMENT", "80", "Somme", {"region_code": "32"}),
        ("EPCI", "246200364", "CA de Lens - Liévin", {"region_code": "32", "population": 240_000}),
        (
            "COMMUNE", "62498", "Lens",
            {"region_code": "32", "departement_code": "62", "epci_code": "246200364", "population": 32_000,
             "longitude": "2.82", "latitude": "50.43"},
        ),
        (
            "COMMUNE", "80021", "Amiens",
            {"region_code": "32", "departement_code": "80", "population": 134_000,
             "longitude": "2.30", "latitude": "49.90"},
        ),
    ]  # fmt: skip
    for level, code, name, fields in rows:
        Territory.objects.create(level=level, code=code, name=name, vintage=vintage, **fields)


def text(response):
    return response.content.decode()


def listed(client, **filters):
    return client.get(reverse("funds:offers"), filters)


def titles(response):
    return [card.offer.project.title for card in response.context["page"].object_list]


def test_the_first_page_is_there_before_anything_happened(client):
    assert "Aucun projet n’est ouvert aujourd’hui" in text(client.get(reverse("home")))


def test_the_first_page_shows_the_three_offers_that_close_first_and_the_ledger(client, places):
    fund = FundFactory()
    offers = [
        OfferFactory(gift=True, open=True, fund=fund, closes_at=datetime(2026, 12, day, tzinfo=UTC))
        for day in (20, 5, 10, 15)
    ]
    clear(commit(offers[0], a_saver(), euros(40)))
    response = client.get(reverse("home"))
    cards = response.context["cards"]
    assert [card.offer for card in cards] == [offers[1], offers[2], offers[3]]
    assert (cards[0].place, cards[0].department) == ("Lens", "Pas-de-Calais")
    assert response.context["open_count"] == 4
    assert response.context["totals"].collected == euros(40)
    assert response.context["totals"].savers == 1


def test_only_offers_that_take_commitments_are_listed_the_first_to_close_first(client):
    late = OfferFactory(open=True, closes_at=datetime(2026, 12, 30, tzinfo=UTC))
    soon = OfferFactory(open=True, closes_at=datetime(2026, 12, 1, tzinfo=UTC))
    OfferFactory()
    OfferFactory(open=True, closes_at=datetime(2026, 11, 23, 8, 59, 59, tzinfo=UTC))
    OfferFactory(open=True, opens_at=datetime(2026, 11, 24, tzinfo=UTC))
    OfferFactory(succeeded=True)
    assert titles(listed(client)) == [soon.project.title, late.project.title]


def test_offers_are_filtered_by_place_theme_lane_and_words(client, places):
    fund = FundFactory()
    lens = OfferFactory(open=True, fund=fund, project__title="Soleil de Gohelle")
    amiens = OfferFactory(
        gift=True, open=True, fund=fund, project__commune_code="80021", project__theme="culture",
        project__title="Cyclo-Somme", project__summary="Réparer des vélos.",
    )  # fmt: skip
    assert titles(listed(client, department="80")) == [amiens.project.title]
    assert titles(listed(client, epci="246200364")) == [lens.project.title]
    assert titles(listed(client, theme="culture")) == [amiens.project.title]
    assert titles(listed(client, lane="PROJECT")) == [lens.project.title]
    assert titles(listed(client, search="amiens vélos")) == [amiens.project.title]
    assert titles(listed(client, search="gohelle")) == [lens.project.title]
    assert len(titles(listed(client, department="999", theme="nothing"))) == 2, "an unknown filter filters nothing"


def test_an_empty_list_says_which_filter_hides_what(client, places):
    OfferFactory(open=True, fund=FundFactory())
    response = listed(client, department="80", lane="PROJECT")
    assert "Aucun projet ouvert ne réunit ces filtres" in text(response)
    assert [(one["label"], one["count"]) for one in response.context["alternatives"]] == [("Somme", 1)]


def test_many_offers_are_paged_and_a_page_too_far_is_the_last(client):
    for _ in range(12):
        OfferFactory(open=True)
    assert len(titles(listed(client))) == 10
    assert len(titles(listed(client, page=2))) == 2
    assert len(titles(listed(client, page=99))) == 2
    assert len(titles(listed(client, page="x"))) == 10


def test_every_page_that_shows_a_loan_shows_the_reflection_notice(client):
    offer = OfferFactory(open=True)
    for address in (reverse("home"), reverse("funds:offers"), reverse("funds:offer", args=[offer.slug])):
        assert "quatre jours calendaires" in text(client.get(address))


def test_an_offer_page_tells_the_four_figures(client):
    offer = OfferFactory(open=True, minimum=euros(1_000), maximum=euros(2_000))
    clear(commit(offer, a_saver(), euros(500)), at=datetime(2026, 11, 28, tzinfo=UTC))
    process(_confirmed(offer, 300))
    _confirmed(offer, 200)
    commit(offer, a_saver(), euros(1_000))
    saver = a_saver()
    join_waiting_list(offer=offer, saver=saver, amount=euros(400), by=saver.user, at=NOW)
    response = client.get(reverse("funds:offer", args=[offer.slug]))
    figures = response.context["figures"]
    assert (figures.cleared_cents, figures.processing_cents, figures.reflecting_cents, figures.waiting_cents) == (
        50_000, 50_000, 100_000, 40_000,
    )  # fmt: skip
    assert response.context["counts"] == {"cleared": 1, "processing": 2, "reflecting": 1, "waiting": 1}
    assert response.context["missing"] == euros(500)
    assert response.context["is_full"]
    assert "500\u00a0€" in text(response)


def _confirmed(offer, amount):
    commitment = commit(offer, a_saver(), euros(amount))
    Commitment.objects.filter(pk=commitment.pk).update(reflection_ends_at=NOW)
    confirm_due(at=datetime(2026, 11, 23, 9, 0, 2, tzinfo=UTC))
    commitment.refresh_from_db()
    return commitment


def test_the_risk_stands_beside_the_return_on_a_loan(client):
    response = client.get(reverse("funds:offer", args=[OfferFactory(open=True).slug]))
    shown = text(response)
    example = response.context["example"]
    assert example.received == example.amount + example.interest - example.levies
    assert shown.index("Vous pouvez perdre toute la somme.") < shown.index("Intérêts bruts")
    assert "Communication à caractère promotionnel" in shown


def test_a_loan_of_the_demonstration_says_which_rules_it_waits_for(client, settings):
    offer = OfferFactory(open=True)
    assert "(E07)" in text(client.get(reverse("funds:offer", args=[offer.slug])))
    gift = OfferFactory(gift=True, open=True)
    assert "(E07)" not in text(client.get(reverse("funds:offer", args=[gift.slug])))


def test_a_gift_without_receipt_says_so(client):
    shown = text(client.get(reverse("funds:offer", args=[OfferFactory(gift=True, open=True).slug])))
    assert "sans reçu fiscal" in shown.lower()


def test_an_offer_in_preparation_does_not_exist_for_the_public(client):
    assert client.get(reverse("funds:offer", args=[OfferFactory().slug])).status_code == 404


@pytest.mark.parametrize("state", ["SUSPENDED", "SUCCEEDED", "FAILED", "CANCELLED"])
def test_an_offer_that_is_over_stays_readable_and_offers_no_button(client, state):
    offer = OfferFactory(state=state, decided_at=NOW if state in ("SUCCEEDED", "FAILED") else None)
    response = client.get(reverse("funds:offer", args=[offer.slug]))
    assert response.status_code == 200
    assert not response.context["is_open"]
    assert reverse("funds:commit", args=[offer.slug]) not in text(response)


def test_a_decided_offer_keeps_its_figures(client):
    offer = OfferFactory(gift=True, open=True, minimum=euros(30), closes_at=datetime(2026, 11, 24, tzinfo=UTC))
    clear(commit(offer, a_saver(), euros(40)))
    decide_offer(offer=offer, at=datetime(2026, 11, 25, tzinfo=UTC))
    response = client.get(reverse("funds:offer", args=[offer.slug]))
    assert response.context["figures"].cleared_cents == 4_000
    assert response.context["offer"].state == OfferState.SUCCEEDED


def test_the_map_shows_where_it_is(client, places):
    offer = OfferFactory(open=True)
    shown = text(client.get(reverse("funds:offer", args=[offer.slug])))
    assert "Lens sur la carte de la région" in shown
    assert "CA de Lens - Liévin" in shown


def test_an_offer_somewhere_unknown_still_has_its_page(client):
    offer = OfferFactory(open=True, project__commune_code="99999")
    assert client.get(reverse("funds:offer", args=[offer.slug])).status_code == 200


def test_the_figures_of_two_thousand_offers_take_a_few_queries(django_assert_max_num_queries):
    first = CommitmentFactory(offer__gift=True)
    model = first.offer
    Offer.objects.bulk_create(
        [
            Offer(
                slug=f"grande-{rank}", fund=model.fund, project=model.project, award=model.award, books=model.books,
                paying_agent=model.paying_agent, lane="GIFT", instrument="DONATION", state="OPEN",
                minimum=model.minimum, maximum=model.maximum, ticket_minimum=model.ticket_minimum,
                ticket_maximum=model.ticket_maximum, opens_at=model.opens_at, closes_at=model.closes_at,
                settles_on=model.settles_on, risks=model.risks,
            )
            for rank in range(2_000)
        ]
    )  # fmt: skip
    offers = list(open_offers(NOW))
    assert len(offers) == 2_001
    with django_assert_max_num_queries(15):
        assert figures_of(offers)[model.pk].in_reflection_cents == 10_000
        assert len(offer_cards(offers)) == 2_001
