import io
import re
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from reporting.statements.content import (
    Claim,
    CommitmentLine,
    GiftLine,
    InterestLine,
    Movement,
    Statement,
    ToBePaid,
    YearAhead,
    problems,
)
from reporting.statements.pdf import render
from tests.kernel.pdfa import can_preflight, preflight
from tests.kernel.pdfa import problems as pdf_problems
from tests.reporting.money import noon

NUMBER, ADDRESS = "REL/2024/000123", "https://fres.example/verifier/7G2K-0QRD-M4XA/REL/2024/000123"


def a_statement(**fields):
    """A loan of 500 € of which 120 € came back, a gift of 40 € received by its project, a debit contested before."""
    loan = CommitmentLine(
        project="Toit solaire de Loos", holder="Soleil de Gohelle", place="Loos-en-Gohelle",
        territory="CA de Lens-Liévin, Pas-de-Calais", label="FRES-HDF 2024", terms="Prêt à 3,50\u00a0% sur 24 mois",
        committed_on=date(2023, 11, 2), opening_cents=50000, paid_in_cents=0, given_back_cents=0, given_cents=0,
        repaid_cents=12000, closing_cents=38000, lent_cents=38000,
    )  # fmt: skip
    gift = replace(
        loan, project="Boulangerie de Lens", terms="Don", opening_cents=0, paid_in_cents=4000, given_cents=4000,
        repaid_cents=0, closing_cents=0, lent_cents=0,
    )  # fmt: skip
    values = {
        "year": 2024, "issuer": "Coopérative régionale", "issuer_siren": "901234567", "saver_number": "S000123",
        "saver_name": "Camille Delattre", "saver_address": ("12 rue de la Gare", "62300 Lens"),
        "commitments": (loan, gift),
        "movements": (
            Movement(date(2024, 3, 4), "Versement encaissé, Boulangerie de Lens", 4000),
            Movement(date(2024, 6, 1), "Don remis au projet, Boulangerie de Lens", -4000),
            Movement(date(2024, 6, 10), "Capital de l’échéance n° 6, Toit solaire de Loos", -12000),
        ),
        "interest": (InterestLine("Toit solaire de Loos", "12,80\u00a0% et 17,20\u00a0%", 24000, 3072, 4128),),
        "to_be_paid": ToBePaid(
            opening_cents=100, principal_cents=12000, net_interest_cents=16800, kept_cents=700, closing_cents=28200
        ),
        "claim": Claim(opening_cents=900, kept_cents=700, closing_cents=200),
        "gifts": (
            GiftLine(date(2024, 3, 4), "Boulangerie de Lens", "Fonds Terres", "801234567/2024/000007", 4000, None),
        ),
        "years_ahead": (YearAhead(2025, 38000, 1200),),
        "issued_at": noon(2025, 1, 15), "issued_on": date(2025, 1, 15),
    }  # fmt: skip
    return Statement(**(values | fields))


def drawn(statement):
    return render(statement, number=NUMBER, check_address=ADDRESS)


def text_of(content):
    text = " ".join("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
    return re.sub(r"\s", " ", text)


def test_a_statement_prints_every_figure_that_it_certifies():
    statement = a_statement()
    assert list(problems(statement)) == []
    text = text_of(drawn(statement))
    for mention in (
        "Relevé annuel 2024", "Camille Delattre, n° S000123", "12 rue de la Gare, 62300 Lens", NUMBER,
        "SIREN 901 234 567", "500,00", "380,00", "−120,00", "240,00", "30,72", "41,28", "168,00",
        "12,80 % et 17,20 %", "Frais prélevés sur votre épargne : 0,00 €", "282,00 €",
        "Gardé sur un débit contesté −7,00", "Ce que vous nous devez", "801234567/2024/000007", "Fonds Terres",
        "Loos-en-Gohelle (CA de Lens-Liévin, Pas-de-Calais)", "FRES-HDF 2024", "Soleil de Gohelle",
        "15 janvier 2025", "n’est garanti par personne", ADDRESS,
    ):  # fmt: skip
        assert mention in text, mention


def test_a_statement_is_reproducible_and_archivable(tmp_path):
    content = drawn(a_statement())
    assert content == drawn(a_statement())
    assert pdf_problems(content) == []
    if can_preflight():
        path = tmp_path / "statement.pdf"
        path.write_bytes(content)
        assert "is a valid PDF/A-1b file" in preflight(path)


def test_a_correction_says_what_it_replaces():
    assert "remplace le relevé n° REL/2024/000007" in text_of(drawn(a_statement(replaces="REL/2024/000007")))


def test_an_account_that_never_moved_is_not_printed():
    text = text_of(drawn(a_statement(claim=Claim(), gifts=(), years_ahead=())))
    assert "Ce que vous nous devez" not in text
    assert "Dons et reçus" not in text
    assert "doivent encore rendre" not in text


def test_a_saver_without_interest_is_told_so():
    text = text_of(drawn(a_statement(interest=())))
    assert "Aucun intérêt ne vous a été attribué" in text


def test_a_late_instalment_is_said_late():
    text = text_of(drawn(a_statement(years_ahead=(YearAhead(2024, 8000, 100), YearAhead(2025, 30000, 1100)))))
    assert "2024, en retard" in text


def test_millions_fit_in_their_columns():
    statement = a_statement()
    huge = replace(statement.commitments[0], opening_cents=9_999_999_999, closing_cents=9_999_987_999)
    assert "99 999 999,99" in text_of(drawn(a_statement(commitments=(huge,))))


@pytest.mark.parametrize(
    "change",
    [
        {"to_be_paid": ToBePaid(opening_cents=1)},
        {"claim": Claim(opening_cents=1)},
        {"movements": ()},
        {"years_ahead": (YearAhead(2025, 38001, 0),)},
        {"interest": ()},
    ],
)
def test_a_sum_that_does_not_add_up_is_found(change):
    assert list(problems(a_statement(**change)))
