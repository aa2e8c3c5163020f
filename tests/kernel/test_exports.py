import csv
import hashlib
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from djmoney.money import Money
from hypothesis import given
from hypothesis import strategies as st

from fres.kernel.exports import (
    BYTE_ORDER_MARK,
    Column,
    Manifest,
    cell,
    cents_cell,
    csv_response,
    stream_rows,
    write_file,
)

COLUMNS = (Column("Nom", lambda row: row[0]), Column("Montant", lambda row: row[1]))


def read(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "oui"),
        (False, "non"),
        (-12, "-12"),
        (Money("-12.34", "EUR"), "-12,34"),
        (Money(5, "EUR"), "5,00"),
        (Decimal("18.6"), "18,6"),
        (date(2026, 11, 23), "2026-11-23"),
        (datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC), "2026-11-23 10:00:05"),
        ("Boulangerie", "Boulangerie"),
    ],
)
def test_a_cell_reads_as_a_french_spreadsheet_expects(value, text):
    assert cell(value) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=1", "\uff1d1", "\n=1"]
)
def test_a_text_that_looks_like_a_formula_is_defused(text):
    assert cell(text) == f"'{text}"


def test_a_float_never_enters_an_export():
    with pytest.raises(TypeError, match="float"):
        cell(1.5)


@given(cents=st.integers(-(10**12), 10**12))
def test_cents_are_written_exactly(cents):
    assert Decimal(cents_cell(cents).replace(",", ".")) * 100 == cents


@given(
    rows=st.lists(st.tuples(st.text(max_size=30).filter(lambda text: "\x00" not in text), st.integers()), max_size=30),
    chunk_rows=st.integers(1, 7),
)
def test_the_manifest_counts_the_rows_and_the_bytes_that_left(rows, chunk_rows):
    manifest = Manifest("essai.csv")
    content = b"".join(stream_rows(rows, COLUMNS, manifest=manifest, chunk_rows=chunk_rows))
    assert manifest.as_dict() == {
        "file": "essai.csv",
        "rows": len(rows),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert len(read(content)) == len(rows) + 1


def test_the_count_is_not_told_before_the_end():
    manifest = Manifest("essai.csv")
    stream = stream_rows([("a", 1)] * 5, COLUMNS, manifest=manifest, chunk_rows=2)
    next(stream)
    with pytest.raises(ValueError, match="not finished"):
        manifest.as_dict()


def test_rows_are_read_as_they_leave():
    taken = []

    def rows():
        for number in range(10):
            taken.append(number)
            yield (str(number), number)

    stream = stream_rows(rows(), COLUMNS, manifest=Manifest("essai.csv"), chunk_rows=3)
    next(stream)
    assert taken == [0, 1, 2]


def test_a_file_comes_with_its_manifest(tmp_path):
    manifest = write_file([("Zoé; « A »", 1)], COLUMNS, tmp_path / "essai.csv")
    content = (tmp_path / "essai.csv").read_bytes()
    assert content.decode().startswith(f"{BYTE_ORDER_MARK}Nom;Montant\r\n")
    assert read(content)[1] == ["Zoé; « A »", "1"]
    assert json.loads((tmp_path / "essai.csv.manifest.json").read_text()) == manifest.as_dict()


def test_a_download_is_never_kept_by_a_cache():
    response = csv_response(iter([("a", 1)]), COLUMNS, name="essai.csv")
    assert response["Content-Disposition"] == 'attachment; filename="essai.csv"'
    assert response["Cache-Control"] == "private, no-store"
    assert read(b"".join(response))[1] == ["a", "1"]
