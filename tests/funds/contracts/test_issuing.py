import hashlib
import io
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader

from fres.kernel.documents import open_document
from fres.kernel.duties import run_duty
from fres.kernel.models import Document
from funds.contracts import issue_contract_model, issue_loan_contract
from funds.contracts.content import gather_contract, register_of
from funds.contracts.pdf import render_contract
from funds.models import Holding, Instalment, Loan
from funds.servicing.amortisation import schedule
from tests.funds.factories import NOW, CommitmentFactory, OfferFactory, euros
from tests.kernel.pdfa import can_preflight, preflight, problems
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def a_loan(savers=3, *, is_dated=False, **fields):
    """Return a loan of 100 € for each saver, with its register."""
    offer = OfferFactory(succeeded=True, **fields)
    loan = Loan.objects.create(
        offer=offer, borrower=offer.project.organisation.party, principal_cents=savers * 10_000, rate_bp=offer.rate_bp,
        months=offer.months, signed_at=NOW,
    )  # fmt: skip
    for _ in range(savers):
        commitment = CommitmentFactory(offer=offer, settled=True)
        Holding.objects.create(loan=loan, commitment=commitment, party=commitment.saver, principal_cents=10_000)
    if is_dated:
        lines = schedule(principal_cents=loan.principal_cents, rate_bp=350, months=24, first_due_on=date(2026, 12, 31))
        Instalment.objects.bulk_create(
            Instalment(
                loan=loan, rank=one.rank, due_on=one.due_on, principal_cents=one.principal_cents,
                interest_cents=one.interest_cents, balance_after_cents=one.balance_after_cents,
            )
            for one in lines
        )  # fmt: skip
    return loan


def text_of(content):
    return " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_a_contract_says_what_the_law_asks_of_it():
    loan = a_loan(holder_fee_bp=400)
    MembershipFactory(
        organisation=loan.offer.project.organisation, is_legal_representative=True, user__display_name="Dominique Caron"
    )
    document = issue_loan_contract(loan=loan, at=NOW)
    text = text_of(open_document(document)).replace("\u00a0", " ")
    borrower = loan.borrower
    for mention in (
        borrower.legal_name, "SCIC SA", "12 rue de la Gare, 62300 Lens", "Dominique Caron", loan.offer.books.party.name,
        "300,00 €", "trois cents euros", "3,50 % par an, fixe", "24 mois", "de frais, taxes comprises", "12,00 €",
        "4,00 % du capital versé", "mois après le versement", "Retard et défaut", "plus de 90 jours",
        "4 jours calendaires", "96 heures", "Remboursement anticipé", "médiateur", "vous pouvez perdre",
        "ni par la garantie des dépôts", "les prélèvements prévus par la loi",
        "n° 24", "Acheter et poser 240 panneaux", document.number,
    ):  # fmt: skip
        assert mention in text or mention in text.lower(), mention
    loan.refresh_from_db()
    assert loan.contract == document
    assert document.amounts_cents["principal"] == 30_000


def test_a_contract_names_no_lender_and_holds_the_fingerprint_of_the_register():
    loan = a_loan()
    text = text_of(open_document(issue_loan_contract(loan=loan, at=NOW)))
    lines = sorted(f"{holding.party.number};10000\n" for holding in loan.holdings.all())
    fingerprint = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert fingerprint in text.replace(" ", "")
    for holding in loan.holdings.all():
        assert holding.party.family_name not in text
        assert holding.party.number not in text


def test_the_register_has_one_fingerprint_whatever_its_order():
    lines = [("S000001", 100), ("S000002", 200)]
    assert register_of(lines) == register_of(reversed(lines))
    assert register_of(lines).sha256 != register_of([("S000001", 200), ("S000002", 100)]).sha256


def test_the_annex_prints_every_instalment_and_their_total():
    loan = a_loan(is_dated=True)
    contract = gather_contract(loan=loan, at=NOW)
    assert sum(row.principal_cents for row in contract.rows) == loan.principal_cents
    text = text_of(render_contract(contract, "PRET/2026/000001"))
    assert "31/12/2026" in text
    assert "28/02/2027" in text
    assert all(f"n° {rank}" in text for rank in range(1, 25))


def test_a_contract_is_issued_once():
    loan = a_loan()
    assert issue_loan_contract(loan=loan, at=NOW) == issue_loan_contract(loan=loan, at=NOW)
    assert Document.objects.count() == 1


def test_an_offer_shows_one_model_that_anyone_may_read():
    offer = OfferFactory(open=True)
    model = issue_contract_model(offer=offer, at=NOW)
    assert issue_contract_model(offer=offer, at=NOW) == model
    assert model.owner_party is None
    text = text_of(open_document(model)).replace("\u202f", " ").replace("\u00a0", " ")
    assert "Contrat type" in text
    assert "de 1 000,00 € à 10 000,00 €" in text
    assert "Exemple pour 1 000,00 €" in text


def test_the_duty_issues_the_contracts_left_behind():
    loan = a_loan()
    assert run_duty("funds.contracts.duties.issue_contracts_left_behind", NOW) == "1 loan contracts issued"
    assert run_duty("funds.contracts.duties.issue_contracts_left_behind", NOW) == "0 loan contracts issued"
    loan.refresh_from_db()
    assert loan.contract is not None


def test_a_contract_is_reproducible_and_archivable(tmp_path):
    contract = gather_contract(loan=a_loan(savers=1, maximum=euros(50_000)), at=datetime(2026, 11, 24, 9, tzinfo=UTC))
    content = render_contract(contract, "PRET/2026/000001")
    assert content == render_contract(contract, "PRET/2026/000001")
    assert problems(content) == []
    if can_preflight():
        path = tmp_path / "contract.pdf"
        path.write_bytes(content)
        assert "is a valid PDF/A-1b file" in preflight(path)
