"""The texts shown before a commitment: locked wordings, one digest for a page, another as soon as a term differs."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.conf import settings

from fres.kernel.locked_texts import read_text
from funds.models import Offer
from funds.texts import digest_of, offer_terms, record_of, texts_of
from tests.funds.factories import OfferFactory, euros

# A published wording is never edited: one that changes is a new file, with a new version (data/texts/README.md).
PUBLISHED = {
    "class.warning@2026-11": "96159b18c14a62187f632a27473717761370fe1404f44866b720ade25de26854",
    "entry.warning@2026-11": "d5dd8b20ecde87ad1ad6373a639d13291f1139925098a116bd166f4e6f43af69",
    "fici.disclaimer@2026-11": "e02b63d474196ed0f095e795c81a20b430456586f8818a183193a319c64ad4ea",
    "fici.reflection@2026-11": "59adae2d44c392606a3ed091cef119ec1b04cbf100f25e6a96b2d20bbb951447",
    "fici.responsibility@2026-11": "214168078328cda98f48ada845c769a799bab9bce9145921d24f67866f4b724d",
    "fici.warning@2026-11": "da3af46635f644281c024d574046efd02dc78c3af8f8f5c7b59ba21eba88052e",
    "gift.commitment@2026-11": "421c59156651ad168af1a5883f1524df67d35f081cc0e8b0056c9e7d777cb572",
    "loan.commitment@2026-11": "eacfa715113155bb56ad6f470ec8f50540d1d01f0412be170b19bd4516d04586",
    "loan.reflection@2026-11": "deb28550a8070b5736e8cdab11594d0a26b25b6b3859201efad061a0bd58062d",
    "pool.warning@2026-11": "619a71eb6caff67c850e14e6b6fa15046f0a55280798693cfb72f26ffad47b24",
    "loan.warning@2026-11": "5f3c218017a986e197de21d47b9f06832938f7098d5f5936f4d2674c73871636",
}


def test_every_published_text_is_the_one_that_was_published():
    files = sorted((settings.BASE_DIR / "data" / "texts").glob("*.txt"))
    assert {file.stem: read_text(*file.stem.split("@")).digest for file in files} == PUBLISHED


def test_a_text_that_does_not_exist_is_never_shown_empty():
    with pytest.raises(FileNotFoundError):
        read_text("loan.warning", "1999-01")


@pytest.mark.django_db
def test_a_loan_shows_its_warning_first_and_its_own_terms_last():
    loan, gift = OfferFactory(), OfferFactory(gift=True)
    assert [text.key for text in texts_of(loan)] == [
        "loan.warning",
        "loan.reflection",
        "loan.commitment",
        "offer.terms",
    ]
    assert [text.key for text in texts_of(gift)] == ["gift.commitment", "offer.terms"]
    assert set(record_of(texts_of(gift))) == {"gift.commitment", "offer.terms"}


@pytest.mark.django_db
def test_the_digest_is_the_same_in_memory_and_from_the_database_and_in_any_time_zone():
    offer = OfferFactory()
    again = Offer.objects.get(pk=offer.pk)
    again.closes_at = again.closes_at.astimezone(timezone(timedelta(hours=9)))
    assert digest_of(texts_of(offer)) == digest_of(texts_of(again))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changed",
    [
        {"rate_bp": 351},
        {"months": 25},
        {"minimum": euros("1000.01")},
        {"maximum": euros(9_999)},
        {"ticket_minimum": euros(21)},
        {"ticket_maximum": euros(4_999)},
        {"closes_at": datetime(2026, 12, 31, 22, 58, tzinfo=UTC)},
        {"risks": "Un autre risque."},
    ],
)
def test_terms_that_differ_in_anything_differ_in_digest(changed):
    offer = OfferFactory()
    before = offer_terms(offer).digest
    for name, value in changed.items():
        setattr(offer, name, value)
    assert offer_terms(offer).digest != before
