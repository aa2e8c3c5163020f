import hashlib
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from fres.kernel.access import Role
from fres.kernel.check_codes import check_address, check_code
from fres.kernel.document_files import path_of
from fres.kernel.documents import DocumentAltered, issue_document, open_document, void_document
from funds.contracts import issue_contract_model, issue_loan_contract
from funds.receipts import issue_receipt
from investors.models import Representation
from tests.funds.contracts.test_issuing import a_loan
from tests.funds.factories import OfferFactory
from tests.funds.receipts.test_issuing import a_gift
from tests.investors.factories import PartyFactory, RoleGrantFactory, UserFactory
from tests.investors.sessions import sign_in
from tests.projects.factories import MembershipFactory
from tests.reporting.money import noon

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def held(clock):
    return clock


def a_statement(party, year=2025, content=b"%PDF-1.4 releve", **fields):
    return issue_document(
        series="REL", year=year, kind="statement", about=("legal_entity", party.uuid), owner_party=party.uuid,
        title=f"Relevé annuel {year}", at=noon(2026, 1, 15), content=content + str(year).encode(), **fields,
    )  # fmt: skip


def visitor(user=None):
    client = Client()
    if user is not None:
        sign_in(client, user)
    return client


def address_of(document):
    return reverse("reporting:document", args=[document.uuid])


def status(user, document):
    return visitor(user).get(address_of(document)).status_code


# My documents


def test_a_saver_sees_own_documents_year_by_year_and_may_keep_one_year():
    saver = PartyFactory()
    mine = [a_statement(saver, year) for year in (2024, 2025)]
    theirs = a_statement(PartyFactory())
    client = visitor(saver.user)
    page = client.get(reverse("reporting:documents"))
    assert [group.year for group in page.context["years"]] == [2025, 2024]
    text = page.content.decode()
    assert all(document.number in text for document in mine)
    assert theirs.number not in text
    page = client.get(reverse("reporting:documents"), {"annee": "2024"})
    assert [group.year for group in page.context["years"]] == [2024]
    assert (
        "Aucun document cette année-là" in client.get(reverse("reporting:documents"), {"annee": "x"}).content.decode()
    )


def test_a_voided_document_stays_in_the_list_and_says_so():
    saver = PartyFactory()
    old = a_statement(saver)
    void_document(document=old, reason="Erreur de montant.", at=noon(2026, 2, 1))
    new = a_statement(saver, supersedes=old)
    text = visitor(saver.user).get(reverse("reporting:documents")).content.decode()
    assert "Annulé" in text
    assert f"remplacé par le n° {new.number}" in text.replace("\u00a0", " ")


def test_a_saver_without_documents_is_told_when_they_come():
    text = visitor(PartyFactory().user).get(reverse("reporting:documents")).content.decode()
    assert "Aucun document pour l’instant" in text


def test_a_lender_finds_the_contract_of_what_they_lent():
    loan = a_loan()
    contract = issue_loan_contract(loan=loan, at=noon(2026, 3, 1))
    lender = loan.holdings.first().party
    assert contract.number in visitor(lender.user).get(reverse("reporting:documents")).content.decode()


# One document


def test_an_owner_downloads_the_bytes_that_were_issued():
    saver = PartyFactory()
    document = a_statement(saver)
    answer = visitor(saver.user).get(address_of(document))
    assert answer.content == open_document(document)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="REL-2025-000001.pdf"'
    assert "no-store" in answer["Cache-Control"]


def test_somebody_else_s_document_does_not_exist_and_a_visitor_is_asked_to_sign_in():
    document = a_statement(PartyFactory())
    assert status(PartyFactory().user, document) == 404
    assert status(UserFactory(), document) == 404
    answer = visitor().get(address_of(document))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))
    unknown = reverse("reporting:document", args=["00000000-0000-4000-8000-000000000000"])
    assert visitor().get(unknown).status_code == 302


@pytest.mark.parametrize(
    ("role", "answer"),
    [(Role.AUDITOR, 200), (Role.COMPLIANCE, 200), (Role.TREASURER, 200), (Role.COMMITTEE, 404), (Role.PARTNER, 404)],
)
def test_staff_who_follow_the_money_read_documents_and_no_one_else(role, answer):
    user = PartyFactory().user
    RoleGrantFactory(user=user, role=role)
    assert status(user, a_statement(PartyFactory())) == answer


def test_whoever_represents_a_party_reads_its_documents_for_as_long_as_they_represent_it(clock):
    company, user = PartyFactory(legal=True), PartyFactory().user
    document = a_statement(company)
    represented = Representation.objects.create(
        party=company, user=user, role="legal_representative", valid_from=date(2026, 1, 1)
    )
    assert status(user, document) == 200
    represented.valid_to = clock.now.date()
    represented.save()
    assert status(user, document) == 404


def test_lenders_and_the_borrower_s_members_read_a_contract_and_other_savers_do_not():
    loan = a_loan()
    contract = issue_loan_contract(loan=loan, at=noon(2026, 3, 1))
    member = MembershipFactory(organisation=loan.offer.project.organisation).user
    assert [status(user, contract) for user in (loan.holdings.first().party.user, member, PartyFactory().user)] == [
        200, 200, 404,
    ]  # fmt: skip


def test_members_of_a_beneficiary_read_the_receipts_given_in_its_name_until_they_leave(clock):
    gift = a_gift()
    receipt = issue_receipt(commitment=gift, at=clock.now).document
    membership = MembershipFactory(organisation=gift.offer.project.organisation)
    assert status(membership.user, receipt) == 200
    assert status(gift.saver.user, receipt) == 200
    assert status(MembershipFactory().user, receipt) == 404
    membership.left_on = clock.now.date()
    membership.save()
    assert status(membership.user, receipt) == 404


def test_anyone_reads_the_model_contract_of_an_offer():
    model = issue_contract_model(offer=OfferFactory(open=True), at=noon(2026, 3, 1))
    assert visitor().get(address_of(model)).status_code == 200


def test_altered_bytes_are_never_served():
    saver = PartyFactory()
    document = a_statement(saver)
    path_of(document.sha256).write_bytes(b"%PDF-1.4 autre")
    with pytest.raises(DocumentAltered):
        visitor(saver.user).get(address_of(document))


# Checking


def asked(**given):
    return visitor().get(reverse("reporting:verify"), given).content.decode()


def test_the_printed_address_says_that_a_document_is_genuine_and_names_nobody():
    saver = PartyFactory(family_name="Delattre")
    document = a_statement(saver)
    path = check_address(document.number).removeprefix("http://localhost:8000")
    assert path == reverse("reporting:verify_code", args=[check_code(document.number), document.number])
    text = visitor().get(path).content.decode()
    assert "authentique et valable" in text
    assert document.number in text
    assert document.sha256 in text
    assert "Delattre" not in text
    assert saver.number not in text


def test_a_number_is_recognised_with_its_code_or_its_hash_and_not_alone():
    document = a_statement(PartyFactory())
    code = check_code(document.number)
    for proof in (code, code.lower().replace("-", ""), document.sha256, document.sha256.upper()):
        assert "authentique et valable" in asked(number=document.number, proof=proof)
    other = check_code("REL/2025/000002")
    for number, proof in ((document.number, other), ("REL/2025/000002", other), (document.number, "0" * 64)):
        assert "n’est pas reconnu" in asked(number=number, proof=proof)
    assert "n’est pas reconnu" not in asked(number=document.number, proof="")


def test_a_document_voided_or_replaced_is_genuine_and_no_longer_in_force():
    saver = PartyFactory()
    first = a_statement(saver)
    void_document(document=first, reason="Débit contesté.", at=noon(2026, 2, 1))
    text = asked(number=first.number, proof=first.sha256)
    assert "mais annulé" in text
    assert "Débit contesté" not in text
    second = a_statement(saver, content=b"%PDF-1.4 corrige", supersedes=first)
    text = asked(number=first.number, proof=first.sha256)
    assert "mais remplacé" in text
    assert second.number in text


def test_a_file_is_compared_and_forgotten():
    document = a_statement(PartyFactory())
    content = open_document(document)

    def posted(name, body):
        file = SimpleUploadedFile(name, body, content_type="application/pdf")
        return visitor().post(reverse("reporting:verify"), {"file": file}).content.decode()

    assert hashlib.sha256(content).hexdigest() == document.sha256
    assert "authentique et valable" in posted("releve.pdf", content)
    assert "n’est pas reconnu" in posted("releve.pdf", content + b" ")
    assert "n’est pas reconnu" in posted("vide.pdf", b"")


def test_a_code_stands_when_the_secret_key_is_replaced(settings):
    document = a_statement(PartyFactory())
    code = check_code(document.number)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-another-key-another-key-another-key"
    assert "authentique et valable" in asked(number=document.number, proof=code)
    settings.SECRET_KEY_FALLBACKS = []
    assert "n’est pas reconnu" in asked(number=document.number, proof=code)
