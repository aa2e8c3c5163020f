import io
from datetime import UTC, date, datetime, timedelta

import pytest
from pypdf import PdfReader

from fres.kernel import jobs
from fres.kernel.check_codes import check_address, check_code
from fres.kernel.documents import check_documents, open_document
from fres.kernel.duties import run_duty
from fres.kernel.models import Document, DocumentSeries, DocumentVoid
from fres.kernel.states import advance
from funds.models import GiftReceipt, ReceiptEligibility
from funds.receipts import issue_receipt, queue_receipt, void_receipts, why_no_receipt
from funds.receipts.content import gather_receipt
from funds.receipts.pdf import amount_between_asterisks, render_receipt
from funds.states import REFUND, CommitmentState
from tests.funds.factories import (
    NOW,
    CommitmentFactory,
    OfferFactory,
    PaymentFactory,
    ReceiptEligibilityFactory,
    ReceiptMandateFactory,
    euros,
)
from tests.investors.factories import PartyFactory
from tests.kernel.pdfa import can_preflight, preflight, problems

pytestmark = pytest.mark.django_db
NEXT_DAY = NOW + timedelta(days=1)


def a_gift(amount=40, means="card", **fields):
    """Return a gift that cleared, with its payment."""
    offer = fields.pop("offer", None) or OfferFactory(gift=True, open=True, receipts=True)
    commitment = CommitmentFactory(offer=offer, cleared=True, amount=euros(amount), reflection_ends_at=NOW, **fields)
    PaymentFactory(commitment=commitment, cleared=True, means=means)
    return commitment


def text_of(document):
    pages = PdfReader(io.BytesIO(open_document(document))).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


def test_a_gift_that_cleared_has_a_receipt_with_every_mention_of_the_form():
    gift = a_gift(40)
    receipt = issue_receipt(commitment=gift, at=NEXT_DAY)
    beneficiary = gift.offer.project.organisation.party
    text = text_of(receipt.document)
    for mention in (
        "11580*05",
        receipt.document.number,
        beneficiary.legal_name,
        "défense de l’environnement",
        "Œuvre ou organisme d’intérêt général",
        gift.saver.family_name,
        gift.saver.given_names,
        "12 rue de la Gare, 62300 Lens",
        "***40,00***",
        "quarante euros",
        "23 novembre 2026",
        "[X] article 200",
        "article 978",
        "Autre : don en ligne",
        "Numéraire",
        "carte bancaire",
        "Présidence de l’association",
        "Fait le 24 novembre 2026",
        gift.offer.books.name,
        check_code(receipt.document.number),
    ):
        assert mention in text, mention
    assert "[X] article 978" not in text
    assert (receipt.amount_cents, receipt.paid_on) == (4000, date(2026, 11, 23))
    assert gift.saver.family_name not in receipt.document.title


def test_numbers_of_a_beneficiary_have_no_gap_and_start_again_for_another():
    offer = OfferFactory(gift=True, open=True, receipts=True)
    numbers = [issue_receipt(commitment=a_gift(offer=offer), at=NOW).document.number for _ in range(3)]
    siren = offer.project.organisation.party.siren
    assert numbers == [f"{siren}/2026/{rank:06d}" for rank in (1, 2, 3)]
    assert issue_receipt(commitment=a_gift(), at=NOW).document.number.endswith("/2026/000001")


def test_a_second_call_returns_the_receipt_that_is_valid():
    gift = a_gift()
    assert issue_receipt(commitment=gift, at=NOW) == issue_receipt(commitment=gift, at=NEXT_DAY)
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("means", "words"),
    [("card", "carte bancaire : carte bancaire"), ("sepa_debit", "carte bancaire : prélèvement SEPA")],
)
def test_the_receipt_names_the_means_of_payment(means, words):
    assert words in text_of(issue_receipt(commitment=a_gift(means=means), at=NOW).document)


def test_a_company_has_the_receipt_of_companies():
    donor = PartyFactory(legal=True, legal_form="SAS")
    offer = OfferFactory(gift=True, open=True, receipts=True)
    ReceiptEligibilityFactory(party=offer.project.organisation.party, article=ReceiptEligibility.Article.CGI_238_BIS)
    gift = a_gift(1234, offer=offer, saver=donor, by=PartyFactory().user)
    text = text_of(issue_receipt(commitment=gift, at=NOW).document)
    for mention in ("16216*02", donor.legal_name, "SAS", "[X] article 238 bis", "***1 234,00***", "***0,00***"):
        assert mention in text.replace("\u202f", " "), mention
    assert "article 978" not in text


def test_a_right_for_persons_is_none_for_companies():
    offer = OfferFactory(gift=True, open=True, receipts=True)
    gift = a_gift(offer=offer, saver=PartyFactory(legal=True), by=PartyFactory().user)
    assert issue_receipt(commitment=gift, at=NOW) is None
    assert "habilité" in why_no_receipt(commitment=gift, at=NOW)


# What a receipt needs (ruling B7)


def without_eligibility(gift):
    gift.offer.project.organisation.party.receipt_eligibilities.all().delete()


def with_an_eligibility_that_ended(gift):
    gift.offer.project.organisation.party.receipt_eligibilities.update(valid_to=date(2026, 11, 22))


def with_an_eligibility_to_come(gift):
    gift.offer.project.organisation.party.receipt_eligibilities.update(valid_from=date(2026, 11, 24))


def without_mandate(gift):
    gift.offer.project.organisation.party.receipt_mandates.all().delete()


def with_a_mandate_signed_later(gift):
    gift.offer.project.organisation.party.receipt_mandates.update(signed_on=date(2026, 11, 24))


def with_a_mandate_to_another(gift):
    ended = gift.offer.project.organisation.party.receipt_mandates
    ended.all().delete()
    ReceiptMandateFactory(party=gift.offer.project.organisation.party)


def with_a_donor_of_no_address(gift):
    gift.saver.address_line = ""
    gift.saver.save()


def with_a_donor_of_no_birth_date(gift):
    gift.saver.birth_date = None
    gift.saver.save()


def with_a_donor_who_wants_none(gift):
    gift.wants_receipt = False
    gift.save()


def with_an_offer_without_receipt(gift):
    gift.offer.gives_receipt = False
    gift.offer.save()


def unpaid(gift):
    gift.payments.all().delete()


def with_a_beneficiary_of_no_number(gift):
    party = gift.offer.project.organisation.party
    party.siren = ""
    party.save()


@pytest.mark.parametrize(
    "change",
    [
        without_eligibility, with_an_eligibility_that_ended, with_an_eligibility_to_come, without_mandate,
        with_a_mandate_signed_later, with_a_mandate_to_another, with_a_donor_of_no_address,
        with_a_donor_of_no_birth_date, with_a_donor_who_wants_none, with_an_offer_without_receipt, unpaid,
        with_a_beneficiary_of_no_number,
    ],
)  # fmt: skip
def test_no_receipt_is_given_and_the_reason_is_told(change):
    gift = a_gift()
    change(gift)
    gift.refresh_from_db()
    assert issue_receipt(commitment=gift, at=NOW) is None
    assert why_no_receipt(commitment=gift, at=NOW)
    assert not Document.objects.exists()
    assert not DocumentSeries.objects.exists()


@pytest.mark.parametrize("state", [CommitmentState.REFUNDED, CommitmentState.DISPUTED, CommitmentState.REFUND_DUE])
def test_a_gift_that_no_longer_counts_has_no_receipt(state):
    gift = a_gift()
    gift.state = state
    gift.save()
    assert issue_receipt(commitment=gift, at=NOW) is None


def test_an_association_without_siren_numbers_by_its_rna():
    offer = OfferFactory(gift=True, open=True, receipts=True)
    party = offer.project.organisation.party
    party.siren, party.rna = "", "W621001234"
    party.save()
    receipt = issue_receipt(commitment=a_gift(offer=offer), at=NOW)
    assert receipt.document.number == "W621001234/2026/000001"
    assert "RNA W621001234" in text_of(receipt.document)


# Voiding and replacing


def test_a_gift_given_back_voids_its_receipt_and_replaces_nothing():
    gift = a_gift()
    receipt = issue_receipt(commitment=gift, at=NOW)
    assert void_receipts(commitment=gift, remaining_cents=0, at=NEXT_DAY, reason="Don rendu au donateur.") is None
    void = DocumentVoid.objects.get(document=receipt.document)
    assert (void.reason, void.at) == ("Don rendu au donateur.", NEXT_DAY)
    assert GiftReceipt.objects.count() == 1


def test_a_gift_given_back_in_part_replaces_its_receipt_by_one_that_names_it():
    gift = a_gift(100)
    first = issue_receipt(commitment=gift, at=NOW)
    second = void_receipts(commitment=gift, remaining_cents=6000, at=NEXT_DAY, reason="Don rendu au donateur.")
    assert second.replaces == first
    assert second.document.supersedes == first.document
    assert second.amount_cents == 6000
    text = text_of(second.document)
    assert f"remplace le reçu n° {first.document.number}, annulé le 24 novembre 2026" in text
    assert "***60,00***" in text
    again = void_receipts(commitment=gift, remaining_cents=6000, at=NEXT_DAY, reason="Don rendu au donateur.")
    assert again == second
    assert GiftReceipt.objects.count() == 2


def test_a_receipt_that_cannot_be_replaced_is_voided_all_the_same():
    gift = a_gift(100)
    issue_receipt(commitment=gift, at=NOW)
    without_mandate(gift)
    assert void_receipts(commitment=gift, remaining_cents=6000, at=NEXT_DAY, reason="Don rendu.") is None
    assert DocumentVoid.objects.count() == 1


def test_voiding_and_replacing_stand_or_fall_together(monkeypatch):
    gift = a_gift(100)
    issue_receipt(commitment=gift, at=NOW)
    monkeypatch.setattr("funds.receipts.issuing.render_receipt", lambda receipt, number: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        void_receipts(commitment=gift, remaining_cents=6000, at=NEXT_DAY, reason="Don rendu.")
    assert not DocumentVoid.objects.exists()
    assert DocumentSeries.objects.get().last_number == 1


def test_a_gift_that_stands_again_has_a_new_receipt_that_names_the_old():
    gift = a_gift(100)
    first = issue_receipt(commitment=gift, at=NOW)
    void_receipts(commitment=gift, remaining_cents=0, at=NOW, reason="Débit contesté auprès de la banque.")
    second = issue_receipt(commitment=gift, at=NEXT_DAY)
    assert second.replaces == first
    assert "Débit contesté" in text_of(second.document)
    assert list(check_documents()) == []


def test_nothing_to_void_changes_nothing():
    gift = a_gift()
    assert void_receipts(commitment=gift, remaining_cents=0, at=NOW, reason="Don rendu.") is None
    assert not DocumentVoid.objects.exists()


# Who asks for it


def test_the_job_gives_the_receipt_and_is_put_in_the_queue_once():
    gift = a_gift()
    assert queue_receipt(commitment=gift)
    assert not queue_receipt(commitment=gift)
    jobs.run_pending()
    assert GiftReceipt.objects.filter(commitment=gift).count() == 1


def test_a_gift_without_receipt_puts_nothing_in_the_queue():
    assert not queue_receipt(commitment=a_gift(wants_receipt=False))


def test_the_duty_finds_what_was_left_behind_and_leaves_what_is_done():
    left, done, given_back = a_gift(), a_gift(), a_gift()
    issue_receipt(commitment=done, at=NOW)
    advance(given_back, REFUND, by=None, at=NOW)
    incomplete = a_gift()
    with_a_donor_of_no_address(incomplete)
    told = run_duty("funds.receipts.duties.issue_missing_receipts", NEXT_DAY)
    assert told == "1 receipts issued, 1 gifts cannot have one yet"
    assert GiftReceipt.objects.filter(commitment=left).exists()
    assert GiftReceipt.objects.count() == 2


# The file


def test_the_same_receipt_gives_the_same_bytes_and_is_archivable(tmp_path):
    gift = a_gift()
    receipt = gather_receipt(commitment=gift, amount_cents=4000, at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    content = render_receipt(receipt, "800000007/2026/000001")
    assert content == render_receipt(receipt, "800000007/2026/000001")
    assert problems(content) == []
    assert check_address("800000007/2026/000001").endswith("/800000007/2026/000001")
    if can_preflight():
        path = tmp_path / "receipt.pdf"
        path.write_bytes(content)
        assert "is a valid PDF/A-1b file" in preflight(path)


def test_a_receipt_holds_on_one_page():
    receipt = issue_receipt(commitment=a_gift(123456), at=NOW)
    assert len(PdfReader(io.BytesIO(open_document(receipt.document))).pages) == 1


def test_an_amount_between_asterisks_leaves_no_room_to_add_a_figure():
    assert amount_between_asterisks(4000) == "***40,00***"
    assert amount_between_asterisks(123456705) == "***1\u202f234\u202f567,05***"
