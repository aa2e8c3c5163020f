"""The saver's pages: commit, sign, take back, wait, follow; each refusal clear and nothing written (must show 9)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from funds.books import check_books
from funds.commitments import confirm_due, revoke_commitment
from funds.models import Commitment, SaverCeiling, WaitingPlace
from funds.states import CommitmentState, WaitingState
from funds.texts import digest_of, texts_of
from funds.waiting import join_waiting_list
from tests.funds.campaign_scenes import NOW, a_saver, clear, commit
from tests.funds.factories import OfferFactory, euros
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def held_clock(clock):
    yield
    assert not check_books(NOW).problems


@pytest.fixture
def saver():
    return a_saver()


@pytest.fixture
def visitor(client, saver):
    client.force_login(saver.user)
    return client


def address(offer, name="commit"):
    return reverse(f"funds:{name}", args=[offer.slug])


def review(visitor, offer, amount, **fields):
    return visitor.post(address(offer), {"amount": amount, **fields})


def sign(visitor, offer, amount, **fields):
    values = {
        "amount": amount,
        "texts": digest_of(texts_of(offer)),
        "risk_understood": "on",
        "amount_wanted": "on",
    }
    return visitor.post(address(offer, "sign"), values | fields)


def text(response):
    return response.content.decode()


def test_a_loan_is_reviewed_then_signed_then_can_be_taken_back(visitor, saver):
    offer = OfferFactory(open=True)
    first = visitor.get(address(offer))
    assert first.status_code == 200
    assert "27\u00a0novembre 2026, 23\u00a0h\u00a059" in text(first), "E12: the period, immediately before"
    shown = review(visitor, offer, "100")
    assert shown.status_code == 200
    assert "checked" not in text(shown), "no box is ticked beforehand"
    assert "100,00\u00a0€" in text(shown)
    for one in texts_of(offer):
        assert one.digest[:16] in text(shown)
    assert not Commitment.objects.exists(), "looking binds nobody"
    signed = sign(visitor, offer, "100")
    commitment = Commitment.objects.get()
    assert signed["Location"] == reverse("funds:commitment", args=[commitment.uuid])
    assert (commitment.saver, commitment.amount, commitment.state) == (saver, euros(100), "IN_REFLECTION")
    assert set(commitment.texts_shown) == {one.key for one in texts_of(offer)}
    own = visitor.get(signed["Location"])
    assert reverse("funds:revoke", args=[commitment.uuid]) in text(own)
    taken_back = visitor.post(reverse("funds:revoke", args=[commitment.uuid]), follow=True)
    assert "est retiré" in text(taken_back)
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.REVOKED
    assert sign(visitor, offer, "100").status_code == 302, "one may commit again"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "montant positif"),
        ("-50", "montant positif"),
        ("\u221250", "montant positif"),
        ("0,001", "nombre entier de centimes"),
        ("19,99", "mise minimale"),
        ("5000,01", "Une personne engage au plus"),
        ("abc", "par exemple 50"),
        ("1e9", "par exemple 50"),
        ("", "montant en euros"),
        ("99999999999999", "par exemple 50"),
    ],
)
@pytest.mark.parametrize("kind", [{}, {"gift": True}])
def test_an_amount_that_does_not_fit_is_answered_clearly_and_nothing_is_written(visitor, amount, said, kind):
    offer = OfferFactory(open=True, **kind)
    response = review(visitor, offer, amount)
    assert response.status_code == 422
    assert said in text(response)
    assert not Commitment.objects.exists()
    assert not WaitingPlace.objects.exists()


@pytest.mark.parametrize("amount", ["1 234,50", "1\u202f234,50 €", "1234.5"])
def test_an_amount_is_read_as_french_people_write_it(visitor, amount):
    offer = OfferFactory(gift=True, open=True)
    review(visitor, offer, amount)
    assert Commitment.objects.get().amount == euros("1234.50")


def test_more_than_the_room_is_refused_with_the_rule_the_number_and_the_next_step(visitor):
    offer = OfferFactory(open=True, maximum=euros(1_000))
    commit(offer, a_saver(), euros(900))
    response = review(visitor, offer, "150")
    assert response.status_code == 422
    assert "dépassent de 50,00\u00a0€" in text(response)
    assert "De 20,00\u00a0€ à 100,00\u00a0€." in text(response)
    assert "liste d’attente" in text(response)
    assert Commitment.objects.count() == 1


def test_an_offer_closed_a_second_ago_takes_nothing(visitor, clock):
    offer = OfferFactory(open=True, closes_at=clock.now + timedelta(seconds=1))
    assert visitor.get(address(offer)).status_code == 200
    clock.advance(seconds=2)
    response = review(visitor, offer, "100")
    assert response.status_code == 422
    assert "clos depuis le 23/11/2026 à 10" in text(response)
    assert visitor.get(address(offer))["Location"] == reverse("funds:offer", args=[offer.slug])
    response = sign(visitor, offer, "100")
    assert response.status_code == 422
    assert not Commitment.objects.exists()


def test_signing_asks_for_the_two_acts(visitor):
    offer = OfferFactory(open=True)
    for missing in ("risk_understood", "amount_wanted"):
        response = sign(visitor, offer, "100", **{missing: ""})
        assert response.status_code == 422
        assert "Cochez cette case" in text(response)
    assert not Commitment.objects.exists()


def test_signing_texts_that_changed_meanwhile_shows_them_again(visitor):
    offer = OfferFactory(open=True)
    before = digest_of(texts_of(offer))
    offer.rate_bp = 300
    offer.save(update_fields=["rate_bp"])
    response = sign(visitor, offer, "100", texts=before)
    assert "conditions ont changé" in text(response)
    assert "3,00\u00a0%" in text(response)
    assert not Commitment.objects.exists()


@pytest.mark.parametrize("amount", ["0,001", "-5", "", "x"])
def test_signing_a_made_up_amount_goes_back_to_the_first_page(visitor, amount):
    offer = OfferFactory(open=True)
    assert sign(visitor, offer, amount)["Location"] == address(offer)
    assert "écrivez de nouveau le montant" in text(visitor.get(address(offer)))
    assert not Commitment.objects.exists()


def test_a_gift_is_committed_at_once_and_waits_for_its_payment(visitor):
    offer = OfferFactory(gift=True, open=True, receipts=True)
    response = review(visitor, offer, "40", wants_receipt="on")
    commitment = Commitment.objects.get()
    assert response.status_code == 307, "the same POST goes on to the payment"
    assert response["Location"] == reverse("funds:pay", args=[commitment.uuid])
    assert (commitment.state, commitment.wants_receipt) == ("CONFIRMED", True)
    assert response["Location"] in text(visitor.get(reverse("funds:commitment", args=[commitment.uuid])))


def test_an_incomplete_profile_is_sent_to_complete_it(client):
    client.force_login(UserFactory())
    offer = OfferFactory(open=True)
    assert client.get(address(offer))["Location"].startswith(reverse("investors:profile"))
    assert client.post(address(offer), {"amount": "50"}).status_code == 302
    assert client.post(address(offer, "sign"), {"amount": "50"}).status_code == 302
    assert not Commitment.objects.exists()


def test_someone_else_s_commitment_does_not_exist(visitor):
    commitment = commit(OfferFactory(open=True), a_saver(), euros(50))
    for name, method in (("commitment", visitor.get), ("revoke", visitor.post)):
        assert method(reverse(f"funds:{name}", args=[commitment.uuid])).status_code == 404
    commitment.refresh_from_db()
    assert commitment.state == CommitmentState.IN_REFLECTION


def test_a_revocation_is_never_a_link(visitor, saver):
    commitment = commit(OfferFactory(open=True), saver, euros(50))
    assert visitor.get(reverse("funds:revoke", args=[commitment.uuid])).status_code == 405


def test_revoking_too_late_says_until_when_it_was_possible(visitor, saver, clock):
    commitment = commit(OfferFactory(open=True), saver, euros(50))
    clock.advance(days=5)
    response = visitor.post(reverse("funds:revoke", args=[commitment.uuid]), follow=True)
    assert "s’est terminé le 27/11/2026 à 23" in text(response)
    assert reverse("funds:revoke", args=[commitment.uuid]) not in text(response)


def test_a_full_offer_offers_the_waiting_list_and_one_may_leave_it(visitor, saver):
    offer = OfferFactory(open=True, minimum=euros(500), maximum=euros(1_000))
    commit(offer, a_saver(), euros(1_000))
    assert "liste d’attente" in text(visitor.get(address(offer)))
    response = visitor.post(address(offer), {"amount": "200", "wait": "1"}, follow=True)
    place = WaitingPlace.objects.get()
    assert (place.saver, place.amount, place.rank) == (saver, euros(200), 1)
    assert "au rang 1" in text(response)
    visitor.post(reverse("funds:leave_waiting_list", args=[place.uuid]))
    place.refresh_from_db()
    assert place.state == WaitingState.LEFT


def test_what_exceeds_goes_to_the_waiting_list_with_one_box(visitor, saver):
    offer = OfferFactory(open=True, minimum=euros(500), maximum=euros(1_000))
    commit(offer, a_saver(), euros(700))
    shown = review(visitor, offer, "500", join_waiting_list="on")
    assert "200,00\u00a0€" in text(shown)
    sign(visitor, offer, "500", join_waiting_list="True")
    assert Commitment.objects.get(saver=saver).amount == euros(300)
    assert WaitingPlace.objects.get().amount == euros(200)


def test_a_proposed_place_is_taken_from_the_same_page(visitor, saver):
    offer = OfferFactory(open=True, minimum=euros(500), maximum=euros(1_000))
    full = commit(offer, a_saver(), euros(1_000))
    join_waiting_list(offer=offer, saver=saver, amount=euros(200), by=saver.user, at=NOW)
    for amount in (800, 100):
        other = a_saver()
        join_waiting_list(offer=offer, saver=other, amount=euros(amount), by=other.user, at=NOW)
    visitor.post(reverse("funds:revoke", args=[full.uuid]))
    revoke_commitment(commitment=full, by=full.by, at=NOW)
    assert "vous est proposée" in text(visitor.get(address(offer, "offer")))
    assert review(visitor, offer, "250").status_code == 422
    assert sign(visitor, offer, "200").status_code == 302
    assert WaitingPlace.objects.get(saver=saver).state == WaitingState.TAKEN
    assert Commitment.objects.get(saver=saver).amount == euros(200)


def test_the_space_shows_every_state_and_adds_up(visitor, saver, clock):
    assert "Aucun engagement" in text(visitor.get(reverse("funds:space")))
    paid = commit(OfferFactory(gift=True, open=True), saver, euros(40))
    clear(paid)
    commit(OfferFactory(open=True), saver, euros(60), at=NOW)
    clock.advance(days=6)
    confirm_due(at=clock.now)
    commit(OfferFactory(open=True), saver, euros(80), at=clock.now)
    shown = text(visitor.get(reverse("funds:space")))
    assert "140,00\u00a0€" in shown, "engaged and not cleared: 60 + 80"
    assert "40,00\u00a0€" in shown
    assert "Retirer mon engagement" in shown
    assert "Payer 60,00\u00a0€" in shown


def test_the_ceiling_is_set_lowered_at_once_and_raised_the_next_day(visitor, saver, clock):
    ceiling = reverse("funds:ceiling")
    visitor.post(ceiling, {"amount": "100"})
    assert "au plus 100,00\u00a0€" in text(visitor.get(ceiling))
    visitor.post(ceiling, {"amount": "1 000"})
    assert "agira le" in text(visitor.get(ceiling))
    response = review(visitor, OfferFactory(open=True), "200")
    assert response.status_code == 422
    assert "plafond personnel" in text(response)
    clock.advance(days=1, seconds=1)
    assert review(visitor, OfferFactory(open=True), "200").status_code == 200
    assert visitor.post(ceiling, {"amount": "-1"}).status_code == 422
    assert SaverCeiling.objects.count() == 2


def test_a_second_click_on_the_same_signature_is_a_second_commitment_only_up_to_the_ticket(visitor, saver):
    offer = OfferFactory(open=True, ticket_maximum=euros(100))
    assert sign(visitor, offer, "100").status_code == 302
    assert sign(visitor, offer, "100").status_code == 422
    assert Commitment.objects.count() == 1
