"""The key information sheet: parts A to I in order, six pages at most, versions that say what changed."""

import subprocess
from io import BytesIO

import pytest
from pypdf import PdfReader

from fres.kernel.documents import open_document
from fres.kernel.models import Document
from funds.campaigns.preparing import accept_file, return_file, save_answers, send_file
from funds.fici import publishing
from funds.fici.content import HEADINGS, differences
from funds.fici.publishing import (
    allocate_identifier,
    current_version,
    preview_fici,
    publish_fici,
    record_reading,
)
from funds.models import FiciVersion, Offer
from funds.texts import record_of, texts_of
from projects.organisations.identifiers import is_lei
from tests.funds.campaigns.scenes import ANSWERS, a_drafted_offer, an_accepted_offer, an_offer_with_sheet
from tests.funds.factories import NOW, FundFactory
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


def change(offer, **answers):
    """Return the file to its holder, who changes answers and sends it; another person accepts it."""
    manager = UserFactory()
    return_file(offer=offer, by=manager, at=NOW, note="Un chiffre change.")
    save_answers(offer=offer, answers=answers, by=offer.file.created_by, at=NOW)
    send_file(offer=offer, by=offer.file.created_by, at=NOW)
    accept_file(offer=offer, by=manager, at=NOW)
    return manager


def text_of(document):
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(open_document(document))).pages)


def test_the_sheet_has_every_part_of_annex_one_in_order_on_six_pages_at_most():
    version = current_version(an_offer_with_sheet())
    told = " ".join(text_of(version.document).split())
    places = [told.index(f"Partie {letter}") for letter in HEADINGS]
    assert places == sorted(places) and list(HEADINGS) == list("ABCDEFGHI")
    assert told.index("n’a été ni vérifiée ni approuvée") < told.index("Délai de réflexion") < places[0]
    assert version.pages <= 6
    for said in ("3,50", "969500FRESTEST00000900000001", "Inès Vasseur, Présidente", "5,00", "Banque du bassin"):
        assert said in told.replace("\u00a0", " ")


def test_poppler_finds_a_tagged_document_with_a_title_on_six_pages_at_most(tmp_path):
    version = current_version(an_offer_with_sheet(tranches=(4_000, 6_000)))
    path = tmp_path / "fici.pdf"
    path.write_bytes(open_document(version.document))
    try:
        told = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("pdfinfo is not installed")
    lines = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
    assert lines["Tagged"].strip() == "yes"
    assert lines["Title"].strip().startswith("Fiche d’informations clés")
    assert int(lines["Pages"]) <= 6


def test_the_identifier_is_the_operator_s_lei_and_eight_digits_given_once():
    fund = FundFactory()
    fund.operator.lei = "969500FRESTEST000009"
    fund.operator.save()
    one, two = (allocate_identifier(offer=a_drafted_offer(fund=fund)) for _ in range(2))
    assert one.identifier == "969500FRESTEST00000900000001"
    assert two.identifier == "969500FRESTEST00000900000002"
    assert allocate_identifier(offer=one).identifier == one.identifier


@pytest.mark.parametrize(("lei", "is_valid"), [
    ("969500FRESTEST000009", True), ("969500OWNERTEST00244", True), ("969500FRESTEST000008", False),
    ("969500frestest000009", False), ("", False), ("969500FRESTEST00000", False),
])  # fmt: skip
def test_a_lei_is_checked_by_its_last_two_digits(lei, is_valid):
    assert is_lei(lei) is is_valid


def test_a_sheet_of_seven_pages_is_refused_with_its_count_and_longest_parts():
    offer = an_accepted_offer()
    offer.project.purpose = "Acheter et poser des panneaux sur les toits de la commune, un par un. " * 600
    offer.project.save()
    before = Document.objects.count()
    with pytest.raises(publishing.FiciTooLong) as refused:
        publish_fici(offer=offer, by=UserFactory(), at=NOW)
    assert refused.value.pages >= 7
    assert f"{refused.value.pages} pages" in refused.value.message
    assert "Partie A" in refused.value.next_step and refused.value.lengths[0][0].startswith("Partie A")
    assert Document.objects.count() == before and not FiciVersion.objects.exists()
    with pytest.raises(publishing.FiciTooLong):
        preview_fici(offer=offer, at=NOW)


def test_a_changed_figure_makes_version_two_that_names_the_first_and_shows_the_difference():
    offer = an_offer_with_sheet()
    first = current_version(offer)
    figures = [dict(ANSWERS["figures"][0], turnover=41000), ANSWERS["figures"][1]]
    manager = change(offer, figures=figures)
    second = publish_fici(offer=offer, by=manager, at=NOW, reason="Le chiffre d’affaires 2025 est corrigé.")
    assert (second.number, second.document.supersedes) == (2, first.document)
    told = differences(first.content, second.content)
    assert [one.label for one in told] == ["Chiffres clés"]
    assert "40\u202f000" in told[0].before and "41\u202f000" in told[0].after
    assert Offer.objects.get(pk=offer.pk).identifier == first.offer.identifier
    assert open_document(first.document) != open_document(second.document)


def test_the_same_file_makes_no_new_version_and_a_new_one_says_why():
    offer = an_offer_with_sheet()
    manager = UserFactory()
    with pytest.raises(publishing.FiciRefused, match="Rien n’a changé"):
        publish_fici(offer=offer, by=manager, at=NOW, reason="Pour voir.")
    with pytest.raises(publishing.FiciRefused, match="dit ce qui change"):
        publish_fici(offer=offer, by=manager, at=NOW)
    assert offer.fici_versions.count() == 1


def test_another_owner_or_another_instrument_is_another_offer():
    offer = an_offer_with_sheet()
    party = offer.project.organisation.party
    party.siren = "812345678"
    party.save()
    with pytest.raises(publishing.FiciOfAnotherOffer, match="le porteur"):
        publish_fici(offer=offer, by=UserFactory(), at=NOW, reason="Un autre porteur.")
    assert offer.fici_versions.count() == 1


def test_a_new_address_is_the_same_owner():
    offer = an_offer_with_sheet()
    party = offer.project.organisation.party
    party.legal_name = "Soleil du Bassin, coopérative"
    party.save()
    assert publish_fici(offer=offer, by=UserFactory(), at=NOW, reason="Nouveau nom.").number == 2


def test_whoever_wrote_or_sent_the_file_does_not_publish_its_sheet():
    offer = an_accepted_offer()
    with pytest.raises(publishing.FiciRefused, match="ne publie pas"):
        publish_fici(offer=offer, by=offer.file.created_by, at=NOW)


def test_a_file_that_is_not_accepted_has_no_sheet():
    offer = a_drafted_offer()
    with pytest.raises(publishing.FiciRefused, match="pas relu"):
        publish_fici(offer=offer, by=UserFactory(), at=NOW)


def test_an_incomplete_sheet_names_what_is_missing():
    offer = an_accepted_offer()
    party = offer.project.organisation.party
    party.lei = ""
    party.save()
    offer.team.update(is_responsible=False)
    with pytest.raises(publishing.FiciIncomplete) as refused:
        publish_fici(offer=offer, by=UserFactory(), at=NOW)
    assert "LEI du porteur" in refused.value.message and "responsable" in refused.value.message


def test_a_gift_has_no_sheet():
    offer = an_accepted_offer(gift=True)
    with pytest.raises(publishing.FiciIncomplete, match="un don"):
        publish_fici(offer=offer, by=UserFactory(), at=NOW)


def test_the_commitment_keeps_the_version_that_was_served():
    offer = an_offer_with_sheet()
    version = current_version(offer)
    told = record_of(texts_of(offer))
    assert told["offer.fici"] == {"version": "1", "sha256": version.document.sha256}
    record_reading(version=version, user=UserFactory(), at=NOW)
    assert version.readings.count() == 1
