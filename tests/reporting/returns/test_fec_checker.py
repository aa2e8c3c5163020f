"""Each strict rule has a file that breaks it, and only it, by one change to a file that breaks none."""

from datetime import date

import pytest

from reporting.returns.fec_checker import HEADER, Expected, check_fec

SIREN = "800000002"
AN = "AN|À-nouveaux|1|20260101|517|Prestataire|||Bilan 2025|20251231|À-nouveaux|100,00|0,00|||20260105||"
AN_HELD = (
    "AN|À-nouveaux|1|20260101|4685|Fonds détenus|S000001|Tiers S000001|"
    "Bilan 2025|20251231|À-nouveaux|0,00|100,00|||20260105||"
)
IN = "PS|Prestataire|2|20260310|517|Prestataire|||recu-1|20260310|Encaissement S000002|40,00|0,00|||20260311||"
IN_HELD = (
    "PS|Prestataire|2|20260310|4685|Fonds détenus|S000002|Tiers S000002|"
    "recu-1|20260310|Encaissement S000002|0,00|40,00|||20260311||"
)
OUT = (
    "PS|Prestataire|3|20260312|4685|Fonds détenus|S000002|Tiers S000002|"
    "rendu-1|20260312|Remboursement S000002|15,00|0,00|||20260312||"
)
OUT_CASH = "PS|Prestataire|3|20260312|517|Prestataire|||rendu-1|20260312|Remboursement S000002|0,00|15,00|||20260312||"
LINES = [HEADER, AN, AN_HELD, IN, IN_HELD, OUT, OUT_CASH]
EXPECTED = Expected(
    siren=SIREN,
    starts_on=date(2026, 1, 1),
    ends_on=date(2026, 12, 31),
    journals={"AN": "À-nouveaux", "PS": "Prestataire"},
    accounts={"517", "4685"},
    opening={("517", ""): 10_000, ("4685", "S000001"): -10_000},
    closing={("517", ""): 12_500, ("4685", "S000001"): -10_000, ("4685", "S000002"): -2_500},
    has_piece=lambda piece: piece != "perdue",
)


def broken_rules(tmp_path, content, name=f"{SIREN}FEC20261231.txt", expected=EXPECTED):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else ("\n".join(content) + "\n").encode())
    return {problem.rule for problem in check_fec(path, expected)}


def changed(line, column, value):
    """Return the right file with one cell of one line changed (lines from 1, the header; columns from 1)."""
    lines = list(LINES)
    cells = lines[line - 1].split("|")
    cells[column - 1] = value
    lines[line - 1] = "|".join(cells)
    return lines


def test_a_right_file_breaks_no_rule(tmp_path):
    assert broken_rules(tmp_path, LINES) == set()


@pytest.mark.parametrize(
    "name",
    [
        f"{SIREN}FEC20251231.txt", "800000003FEC20261231.txt", f"{SIREN}FEC2026.txt", f"{SIREN}fec20261231.txt",
        "123456789FEC20261231.txt",
    ],
)  # fmt: skip
def test_the_name_says_the_entity_and_the_closing_date(tmp_path, name):
    assert broken_rules(tmp_path, LINES, name=name) == {"name"}


CELLS = [  # the rule that is broken, then those that break with it
    ("journal in the table", 4, 1, "XX", ["journal", "entry"]),
    ("one name per journal", 4, 2, "Banque", ["journal"]),
    ("number is a number", 4, 3, "2a", ["number", "entry", "balance", "closing"]),
    ("numbers without a gap", 4, 3, "4", ["number", "entry", "balance"]),
    ("real date", 4, 4, "20260231", ["date", "entry"]),
    ("date without separators", 4, 4, "2026-03-10", ["date", "entry"]),
    ("date in the year", 4, 4, "20251231", ["date", "entry"]),
    ("same date on all lines", 4, 4, "20260309", ["entry"]),
    ("three figures", 4, 5, "51BNK", ["account", "opening", "closing"]),
    ("in the chart", 4, 5, "5121", ["account", "closing"]),
    ("one name per account", 4, 6, "Stripe", ["account"]),
    ("auxiliary number and name together", 5, 8, "", ["together", "account"]),
    ("one name per auxiliary", 6, 8, "Camille Martin", ["account"]),
    ("no e-mail address", 5, 8, "camille@exemple.invalid", ["text", "account"]),
    ("voucher named", 4, 9, "", ["filled"]),
    ("voucher kept", 4, 9, "perdue", ["piece"]),
    ("voucher dated before the validation", 4, 10, "20260312", ["date"]),
    ("voucher's date is real", 4, 10, "20261345", ["date"]),
    ("wording filled", 4, 11, "  ", ["filled"]),
    ("wording without a tab", 4, 11, "a\tb", ["text"]),
    ("two decimals", 4, 12, "40,0", ["amount", "balance", "closing"]),
    ("decimal comma", 4, 12, "40.00", ["amount", "balance", "closing"]),
    ("no thousands separator", 4, 12, "1 000,00", ["amount", "balance", "closing"]),
    ("no sign", 4, 12, "-40,00", ["amount", "balance", "closing"]),
    ("one side only", 4, 13, "40,00", ["amount", "balance", "closing"]),
    ("not both zero", 4, 12, "0,00", ["amount", "balance", "closing"]),
    ("entry balanced", 4, 12, "41,00", ["balance", "closing"]),
    ("matching code with its date", 4, 14, "A", ["together"]),
    ("matching date is real", 4, 15, "20260230", ["together", "date"]),
    ("validated after it was booked", 4, 16, "20260309", ["date", "entry"]),
    ("validation filled", 4, 16, "", ["filled", "date", "entry", "order"]),
    ("currency amount with its code", 4, 17, "40,00", ["together"]),
    ("separator inside a text", 4, 11, "a|b", ["columns", "entry", "balance", "closing"]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "value", "rules"), [case[1:] for case in CELLS], ids=[c[0] for c in CELLS])
def test_one_wrong_cell_is_named(tmp_path, line, column, value, rules):
    found = broken_rules(tmp_path, changed(line, column, value))
    assert rules[0] in found
    assert found <= set(rules)


def test_a_file_is_sorted_by_validation(tmp_path):
    lines = list(LINES)
    lines[5], lines[6] = OUT.replace("||20260312||", "||20260310||"), OUT_CASH.replace("||20260312||", "||20260310||")
    assert "order" in broken_rules(tmp_path, lines)


def test_opening_balances_come_first(tmp_path):
    late = [line.replace("|1|", "|4|").replace("||20260105||", "||20260312||") for line in (AN, AN_HELD)]
    renumbered = [line.replace("|2|", "|1|").replace("|3|", "|2|") for line in (IN, IN_HELD, OUT, OUT_CASH)]
    late = [line.replace("|4|", "|3|", 1) for line in late]
    assert "opening" in broken_rules(tmp_path, [HEADER, *renumbered, *late])


def test_a_year_after_another_opens_with_balances(tmp_path):
    renumbered = [line.replace("|2|", "|1|").replace("|3|", "|2|") for line in (IN, IN_HELD, OUT, OUT_CASH)]
    assert "opening" in broken_rules(tmp_path, [HEADER, *renumbered])


def test_opening_balances_are_last_years_closing(tmp_path):
    lines = [line.replace("100,00", "90,00") for line in LINES]
    assert broken_rules(tmp_path, lines) == {"opening", "closing"}


def test_balances_of_the_file_are_those_of_the_books(tmp_path):
    lines = [line.replace("40,00", "41,00") for line in LINES]
    assert broken_rules(tmp_path, lines) == {"closing"}


def test_an_entry_has_two_lines(tmp_path):
    assert "entry" in broken_rules(tmp_path, [*LINES[:-1]])


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("﻿".encode() + ("\n".join(LINES) + "\n").encode(), "charset"),
        (("\n".join(LINES) + "\n").encode("latin-1"), "charset"),
        (("\r\n".join(LINES) + "\r\n").encode(), "line end"),
        ("\n".join(LINES).encode(), "line end"),
        (("\n".join([HEADER.lower(), *LINES[1:]]) + "\n").encode(), "header"),
        (("\n".join(line + "|" for line in LINES) + "\n").encode(), "columns"),
        (("\n".join(line.replace("|", "\t") for line in LINES) + "\n").encode(), "header"),
        (b"", "header"),
    ],
    ids=["mark", "latin", "crlf", "no last end", "lower case", "trailing separator", "tabs", "empty"],
)
def test_the_form_of_the_file_is_exact(tmp_path, content, rule):
    assert rule in broken_rules(tmp_path, content)
