"""A strict reader of accounting-entries files: the law's rules, and those its own program lets pass.

Pure: it knows nothing of our tables, only of the file and of what the caller expects of it. Source: LPF art. A47 A-1
and the right-hand column of the fact sheet on tax and accounting, §6 (the State's program checks the structure only).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from stdnum.fr import siren as siren_number

COLUMNS = 18
HEADER = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
MUST_BE_FILLED = {
    0: "JournalCode", 1: "JournalLib", 2: "EcritureNum", 3: "EcritureDate", 4: "CompteNum", 5: "CompteLib",
    8: "PieceRef", 9: "PieceDate", 10: "EcritureLib", 11: "Debit", 12: "Credit", 15: "ValidDate",
}  # fmt: skip
TOGETHER = ((6, 7, "CompAuxNum, CompAuxLib"), (13, 14, "EcritureLet, DateLet"), (16, 17, "Montantdevise, Idevise"))
_NAME = re.compile(r"(\d{9})FEC(\d{8})(?:_\d+)?\.(?:txt|csv)")
_AMOUNT = re.compile(r"\d+,\d{2}")
_DAY = re.compile(r"\d{8}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
Balances = Mapping[tuple[str, str], int]  # (account, auxiliary) → debits less credits, in cents


@dataclass(frozen=True)
class FecProblem:
    """What is wrong, on which line of the file (the header is line 1; 0 is the file itself), by which rule."""

    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Expected:
    """What the books say the file must hold.

    `opening` is last year's closing as it opens this one, `closing` this year's balances; None skips the comparison.
    `journals` are codes and names. `accounts` are the numbers of the dated chart. `has_piece` says whether a voucher is
    kept. An entity in its first year has no opening balances: `opening` is then empty.
    """

    siren: str
    starts_on: date
    ends_on: date
    journals: Mapping[str, str]
    accounts: Collection[str]
    opening_journal: str = "AN"
    opening: Balances | None = None
    closing: Balances | None = None
    has_piece: Callable[[str], bool] | None = None


@dataclass
class _State:
    """What the lines read so far leave to compare the next ones with."""

    entry: int = 0
    entry_line: int = 0
    entry_lines: int = 0
    entry_cents: int = 0
    entry_shape: tuple[str, ...] = ()
    total_cents: int = 0
    validated: str = ""
    is_past_opening: bool = False
    account_names: dict[str, str] = field(default_factory=dict)
    auxiliary_names: dict[str, str] = field(default_factory=dict)
    opening: dict[tuple[str, str], int] = field(default_factory=dict)
    closing: dict[tuple[str, str], int] = field(default_factory=dict)


def check_fec(path: Path, expected: Expected) -> Iterator[FecProblem]:
    """Yield everything wrong with a file; nothing when it may be handed over. The file is read line by line."""
    yield from _check_name(path.name, expected)
    state = _State()
    number = 0
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            if number == 1:
                yield from _check_header(raw)
                continue
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                yield FecProblem(number, "charset", "the line is not UTF-8")
                continue
            if not text.endswith("\n") or text.endswith("\r\n"):
                yield FecProblem(number, "line end", "a line ends with one LF")
            cells = text.rstrip("\r\n").split("|")
            if len(cells) != COLUMNS:
                yield FecProblem(number, "columns", f"{len(cells)} columns instead of {COLUMNS}")
                continue
            yield from _check_cells(number, cells, expected)
            yield from _follow(number, cells, expected, state)
    if number == 0:
        yield FecProblem(0, "header", "the file is empty")
    yield from _end_entry(state)
    if state.total_cents:
        yield FecProblem(0, "balance", f"debits less credits of the file: {state.total_cents} cents")
    yield from _compare("opening", state.opening, expected.opening)
    yield from _compare("closing", state.closing, expected.closing)


def _check_name(name: str, expected: Expected) -> Iterator[FecProblem]:
    found = _NAME.fullmatch(name)
    if found is None:
        yield FecProblem(0, "name", f"{name} is not <SIREN>FEC<closing date>.txt")
        return
    if not siren_number.is_valid(found[1]) or found[1] != expected.siren:
        yield FecProblem(0, "name", f"{found[1]} is not the SIREN of the entity")
    if found[2] != f"{expected.ends_on:%Y%m%d}":
        yield FecProblem(0, "name", f"{found[2]} is not the closing date")


def _check_header(raw: bytes) -> Iterator[FecProblem]:
    if raw.startswith(b"\xef\xbb\xbf"):
        yield FecProblem(1, "charset", "the file starts with a byte order mark")
    if raw != f"{HEADER}\n".encode():
        yield FecProblem(1, "header", "the first line is not the 18 names in their order, separated by |")


def _check_cells(number: int, cells: list[str], expected: Expected) -> Iterator[FecProblem]:
    """Check what a line says by itself."""
    for place, name in MUST_BE_FILLED.items():
        if not cells[place].strip():
            yield FecProblem(number, "filled", f"{name} is empty")
    for first, second, names in TOGETHER:
        if bool(cells[first]) != bool(cells[second]):
            yield FecProblem(number, "together", f"{names}: one without the other")
    if any(_CONTROL.search(cell) for cell in cells):
        yield FecProblem(number, "text", "a text holds a tab or a control character")
    if "@" in "".join((cells[5], cells[7], cells[10])):
        yield FecProblem(number, "text", "a text holds an e-mail address")
    journal = expected.journals.get(cells[0])
    if journal is None:
        yield FecProblem(number, "journal", f"{cells[0]} is not in the table of journals")
    elif journal != cells[1]:
        yield FecProblem(number, "journal", f"{cells[0]} is called {cells[1]}")
    if not re.match(r"[0-9]{3}", cells[4]):
        yield FecProblem(number, "account", f"{cells[4]} does not start with three figures")
    if cells[4] not in expected.accounts:
        yield FecProblem(number, "account", f"{cells[4]} is not in the chart")
    yield from _check_amounts(number, cells)
    yield from _check_dates(number, cells, expected)
    if expected.has_piece is not None and cells[8] and not expected.has_piece(cells[8]):
        yield FecProblem(number, "piece", f"{cells[8]} is not kept")


def _check_amounts(number: int, cells: list[str]) -> Iterator[FecProblem]:
    if not _AMOUNT.fullmatch(cells[11]) or not _AMOUNT.fullmatch(cells[12]):
        yield FecProblem(number, "amount", f"{cells[11]}, {cells[12]}: figures, a comma, two decimals, no sign")
    elif (_cents(cells[11]) == 0) == (_cents(cells[12]) == 0):
        yield FecProblem(number, "amount", "exactly one of debit and credit is not zero")


def _check_dates(number: int, cells: list[str], expected: Expected) -> Iterator[FecProblem]:
    days = {name: _day(cells[place]) for name, place in (("EcritureDate", 3), ("PieceDate", 9), ("ValidDate", 15))}
    for name, day in days.items():
        if day is None:
            yield FecProblem(number, "date", f"{name} is not a real day written AAAAMMJJ")
    if cells[14] and _day(cells[14]) is None:
        yield FecProblem(number, "date", "DateLet is not a real day written AAAAMMJJ")
    booked, piece, validated = days.values()
    if booked is not None and not expected.starts_on <= booked <= expected.ends_on:
        yield FecProblem(number, "date", f"{cells[3]} is outside the financial year")
    if validated is not None and booked is not None and validated < booked:
        yield FecProblem(number, "date", "validated before it was booked")
    if validated is not None and piece is not None and piece > validated:
        yield FecProblem(number, "date", "the voucher is dated after the validation")


def _follow(number: int, cells: list[str], expected: Expected, state: _State) -> Iterator[FecProblem]:
    """Check a line against those before it."""
    if not cells[2].isascii() or not cells[2].isdigit():
        yield FecProblem(number, "number", f"{cells[2]} is not a number")
        return
    entry = int(cells[2])
    shape = (cells[0], cells[3], cells[15])
    if entry != state.entry or state.entry_lines == 0:
        yield from _end_entry(state)
        if entry != state.entry + 1:
            yield FecProblem(number, "number", f"entry {entry} follows entry {state.entry}")
        state.entry, state.entry_line, state.entry_lines, state.entry_cents = entry, number, 0, 0
        state.entry_shape = shape
        yield from _check_opening_place(number, cells, expected, state)
    elif shape != state.entry_shape:
        yield FecProblem(number, "entry", "journal and dates are not the same on all lines of the entry")
    state.entry_lines += 1
    if cells[15] < state.validated:
        yield FecProblem(number, "order", "validated before the line above")
    state.validated = max(state.validated, cells[15])
    if state.account_names.setdefault(cells[4], cells[5]) != cells[5]:
        yield FecProblem(number, "account", f"{cells[4]} has two names")
    if cells[6] and state.auxiliary_names.setdefault(cells[6], cells[7]) != cells[7]:
        yield FecProblem(number, "account", f"auxiliary {cells[6]} has two names")
    if _AMOUNT.fullmatch(cells[11]) and _AMOUNT.fullmatch(cells[12]):
        cents = _cents(cells[11]) - _cents(cells[12])
        state.entry_cents += cents
        state.total_cents += cents
        key = (cells[4], cells[6])
        state.closing[key] = state.closing.get(key, 0) + cents
        if cells[0] == expected.opening_journal:
            state.opening[key] = state.opening.get(key, 0) + cents


def _check_opening_place(number: int, cells: list[str], expected: Expected, state: _State) -> Iterator[FecProblem]:
    is_opening = cells[0] == expected.opening_journal
    if is_opening and state.is_past_opening:
        yield FecProblem(number, "opening", "opening balances come first")
    if not is_opening:
        if not state.is_past_opening and state.entry == 1 and expected.opening:
            yield FecProblem(number, "opening", "the file does not start with the opening balances")
        state.is_past_opening = True


def _end_entry(state: _State) -> Iterator[FecProblem]:
    if state.entry_lines == 1:
        yield FecProblem(state.entry_line, "entry", f"entry {state.entry} has one line")
    if state.entry_lines and state.entry_cents:
        yield FecProblem(state.entry_line, "balance", f"entry {state.entry} leaves {state.entry_cents} cents")


def _compare(what: str, found: Balances, expected: Balances | None) -> Iterator[FecProblem]:
    if expected is None:
        return
    for key in sorted(found.keys() | expected.keys()):
        if found.get(key, 0) != expected.get(key, 0):
            account = " ".join(filter(None, key))
            message = f"{account}: {found.get(key, 0)} cents in the file, {expected.get(key, 0)} in the books"
            yield FecProblem(0, what, message)


def _day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _cents(text: str) -> int:
    return int(text.replace(",", ""))
