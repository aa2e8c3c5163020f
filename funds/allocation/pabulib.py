"""Elections as `.pb` files, the public format of participatory budgeting: sections META, PROJECTS and VOTES.

A file is kept as it is written: every key, column and cell, known or not, so that reading and writing give it back
unchanged. Amounts are in the unit of the currency with at most two decimals; ours are whole cents.

Ballots read: `approval`, `choose-1`, `cumulative`, `scoring` (whole points) and `ordinal` (the first of n gets n
points: a rank is only used when satisfaction is by points). Colleges are an addition of ours: a META key `colleges`
("savers=2/3,partners=1/3") and a column `college` in VOTES.

Source: the format page of Pabulib; domain fact sheet on democratic allocation, §5.1.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from fres.kernel.errors import RuleViolation
from funds.allocation.elections import Ballot, BallotKind, College, Election, ElectionRefused, VotedProject

CENTS = 100
COMPULSORY = (
    "description",
    "country",
    "unit",
    "instance",
    "num_projects",
    "num_votes",
    "budget",
    "vote_type",
    "rule",
    "date_begin",
    "date_end",
)
NEEDED = ("num_projects", "num_votes", "budget", "vote_type")
APPROVALS = ("approval", "choose-1")
POINTS = ("cumulative", "scoring")
ORDINAL = "ordinal"
SECTIONS = ("META", "PROJECTS", "VOTES")
PLAIN_COLUMNS = {"PROJECTS": ("project_id", "cost"), "VOTES": ("voter_id", "vote")}


class PbRefused(RuleViolation):
    """A line of the file that cannot be read, with its number and the reason."""

    rule = "vote.pb"

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"Ligne {line} : {reason}", next_step="Corrigez le fichier .pb et recommencez.")


@dataclass(frozen=True)
class PbTable:
    """A section with its columns. `lines`: where each row stands in the file, empty for rows of our own."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = ()

    def line(self, row: int) -> int:
        return self.lines[row] if self.lines else 0

    def cell(self, row: int, column: str) -> str:
        """Return a cell without the spaces around it; "" when there is no such column."""
        return self.rows[row][self.columns.index(column)].strip() if column in self.columns else ""


@dataclass(frozen=True)
class PbFile:
    """A `.pb` file, as it is written."""

    meta: tuple[tuple[str, str], ...]
    projects: PbTable
    votes: PbTable
    meta_lines: tuple[int, ...] = ()

    def value(self, key: str) -> str | None:
        return next((value.strip() for name, value in self.meta if name.strip() == key), None)

    def meta_line(self, key: str) -> int:
        for place, (name, _value) in enumerate(self.meta):
            if name.strip() == key and self.meta_lines:
                return self.meta_lines[place]
        return 1


def read_pb(text: str) -> PbFile:
    """Return the file as it is written.

    Raises: PbRefused: a section missing, twice or out of order, a row with too few or too many cells, a META key twice.
    """
    rows = _rows(text)
    sections: dict[str, list[tuple[int, list[str]]]] = {}
    current = ""
    for line, cells in rows:
        name = cells[0].strip()
        if len(cells) == 1 and name in SECTIONS:
            if name in sections:
                raise PbRefused(line, f"la section {name} est écrite deux fois.")
            if name != SECTIONS[len(sections)]:
                raise PbRefused(line, f"la section {SECTIONS[len(sections)]} est attendue avant {name}.")
            sections[name] = []
            current = name
        elif not current:
            raise PbRefused(line, "le fichier commence par la section META.")
        else:
            sections[current].append((line, cells))
    end = rows[-1][0] if rows else 1
    for name in SECTIONS:
        if name not in sections or not sections[name]:
            raise PbRefused(end, f"la section {name} manque ou n’a pas d’en-tête.")
    meta_lines, meta = _meta(sections["META"])
    return PbFile(
        meta=meta,
        meta_lines=meta_lines,
        projects=_table("PROJECTS", sections["PROJECTS"]),
        votes=_table("VOTES", sections["VOTES"]),
    )


def _rows(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";", strict=True)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, cells))
    except csv.Error as refusal:
        raise PbRefused(reader.line_num, f"des guillemets ne se ferment pas ({refusal}).") from refusal
    return rows


def _meta(rows: Sequence[tuple[int, list[str]]]) -> tuple[tuple[int, ...], tuple[tuple[str, str], ...]]:
    line, header = rows[0]
    if [cell.strip() for cell in header] != ["key", "value"]:
        raise PbRefused(line, "l’en-tête de META est « key;value ».")
    seen = set()
    for line, cells in rows[1:]:
        if len(cells) != 2:
            raise PbRefused(line, f"une ligne de META a une clé et une valeur ; celle-ci a {len(cells)} cases.")
        if cells[0].strip() in seen:
            raise PbRefused(line, f"la clé « {cells[0].strip()} » est écrite deux fois.")
        seen.add(cells[0].strip())
    return tuple(line for line, _cells in rows[1:]), tuple((cells[0], cells[1]) for _line, cells in rows[1:])


def _table(section: str, rows: Sequence[tuple[int, list[str]]]) -> PbTable:
    line, header = rows[0]
    columns = tuple(cell.strip() for cell in header)
    for column in PLAIN_COLUMNS[section]:
        if column not in columns:
            raise PbRefused(line, f"la colonne « {column} » manque à la section {section}.")
    if len(set(columns)) != len(columns):
        raise PbRefused(line, f"deux colonnes de la section {section} portent le même nom.")
    for line, cells in rows[1:]:
        if len(cells) != len(columns):
            raise PbRefused(line, f"{len(cells)} cases au lieu de {len(columns)}.")
    return PbTable(columns, tuple(tuple(cells) for _line, cells in rows[1:]), tuple(line for line, _cells in rows[1:]))


def write_pb(file: PbFile) -> str:
    """Return the text of a file: `write_pb(read_pb(text)) == text` for every file written by this function."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(["META"])
    writer.writerow(["key", "value"])
    writer.writerows(file.meta)
    for section, table in (("PROJECTS", file.projects), ("VOTES", file.votes)):
        writer.writerow([section])
        writer.writerow(table.columns)
        writer.writerows(table.rows)
    return out.getvalue()


def election_of(file: PbFile) -> Election:
    """Return the election a file tells.

    Raises: PbRefused: the line and the reason. ElectionRefused: what no single line says (see `check_election`).
    """
    for key in NEEDED:
        if not file.value(key):
            raise PbRefused(1, f"la clé « {key} » manque à META.")
    vote_type = str(file.value("vote_type")).lower()
    if vote_type not in (*APPROVALS, *POINTS, ORDINAL):
        raise PbRefused(file.meta_line("vote_type"), f"le type de vote « {vote_type} » n’est pas lu.")
    for key, table in (("num_projects", file.projects), ("num_votes", file.votes)):
        if file.value(key) != str(len(table.rows)):
            raise PbRefused(
                file.meta_line(key), f"« {key} » annonce {file.value(key)} lignes ; il y en a {len(table.rows)}."
            )
    colleges = _colleges(file)
    projects = _projects(file.projects)
    ballots = _ballots(file.votes, vote_type, {project.code for project in projects}, bool(colleges))
    budget = _cents(str(file.value("budget")), file.meta_line("budget"), "le budget")
    kind = BallotKind.APPROVAL if vote_type in APPROVALS else BallotKind.POINTS
    return Election(projects, ballots, budget, kind, colleges)


def _cents(text: str, line: int, what: str) -> int:
    try:
        amount = Decimal(text.replace(",", "."))
    except InvalidOperation as refusal:
        raise PbRefused(line, f"{what} n’est pas un nombre : « {text} ».") from refusal
    cents = amount * CENTS
    if not amount.is_finite() or cents != cents.to_integral_value() or cents < 0:
        raise PbRefused(line, f"{what} n’est pas un montant positif d’au plus deux décimales : « {text} ».")
    return int(cents)


def _colleges(file: PbFile) -> tuple[College, ...]:
    written = file.value("colleges")
    if not written:
        return ()
    line = file.meta_line("colleges")
    colleges = []
    for part in written.split(","):
        code, _equals, weight = part.partition("=")
        try:
            colleges.append(College(code.strip(), Fraction(weight.strip())))
        except (ValueError, ZeroDivisionError) as refusal:
            raise PbRefused(line, f"le poids d’un collège est illisible : « {part.strip()} ».") from refusal
    return tuple(colleges)


def _projects(table: PbTable) -> tuple[VotedProject, ...]:
    projects, seen = [], set()
    for row in range(len(table.rows)):
        line, code = table.line(row), table.cell(row, "project_id")
        if not code or "," in code:
            raise PbRefused(line, f"le code de projet « {code} » est vide ou contient une virgule.")
        if code in seen:
            raise PbRefused(line, f"le projet « {code} » est écrit deux fois.")
        seen.add(code)
        cents = _cents(table.cell(row, "cost"), line, f"le coût du projet « {code} »")
        if not cents:
            raise PbRefused(line, f"le projet « {code} » ne coûte rien.")
        projects.append(VotedProject(code, cents, table.cell(row, "name")))
    return tuple(projects)


def _ballots(table: PbTable, vote_type: str, codes: set[str], has_colleges: bool) -> tuple[Ballot, ...]:
    if vote_type in POINTS and "points" not in table.columns:
        raise PbRefused(table.line(0) if table.rows else 1, f"un vote « {vote_type} » a une colonne « points ».")
    places = {column: place for place, column in enumerate(table.columns)}
    voter_at, vote_at = places["voter_id"], places["vote"]
    points_at, college_at = places.get("points"), places.get("college")
    ballots, seen = [], set()
    for row, cells in enumerate(table.rows):
        line, voter = table.line(row), cells[voter_at].strip()
        if voter in seen:
            raise PbRefused(line, f"le votant « {voter} » a deux bulletins.")
        seen.add(voter)
        chosen = [code.strip() for code in cells[vote_at].split(",")] if cells[vote_at].strip() else []
        for code in chosen:
            if code not in codes:
                raise PbRefused(line, f"le projet « {code} » n’est pas sur la liste.")
        if len(set(chosen)) != len(chosen):
            raise PbRefused(line, f"le bulletin « {voter} » nomme deux fois le même projet.")
        if vote_type == "choose-1" and len(chosen) > 1:
            raise PbRefused(line, f"le bulletin « {voter} » choisit {len(chosen)} projets ; un seul est permis.")
        if vote_type in POINTS and points_at is not None:
            points = _points(chosen, cells[points_at], line)
        elif vote_type == ORDINAL:
            points = {code: len(chosen) - place for place, code in enumerate(chosen)}
        else:
            points = dict.fromkeys(chosen, 1)
        college = cells[college_at].strip() if has_colleges and college_at is not None else ""
        ballots.append(Ballot(voter, points, college))
    return tuple(ballots)


def _points(chosen: Sequence[str], written: str, line: int) -> dict[str, int]:
    given = [part.strip() for part in written.split(",")] if written.strip() else []
    if len(given) != len(chosen):
        raise PbRefused(line, f"{len(chosen)} projets et {len(given)} nombres de points.")
    points = {}
    for code, text in zip(chosen, given, strict=True):
        try:
            value = Decimal(text)
        except InvalidOperation as refusal:
            raise PbRefused(line, f"les points de « {code} » ne sont pas un nombre : « {text} ».") from refusal
        if not value.is_finite() or value < 0 or value != value.to_integral_value():
            raise PbRefused(line, f"les points de « {code} » ne sont pas un nombre entier positif : « {text} ».")
        if value:
            points[code] = int(value)
    return points


def file_of(
    election: Election,
    *,
    meta: Mapping[str, str],
    attributes: Mapping[str, Mapping[str, str]] | None = None,
) -> PbFile:
    """Return an election as a `.pb` file, its ballots in the order they are given.

    Args:
        meta: the keys this function cannot know (description, country, unit, instance, rule, dates) and any other.
        attributes: voter → column → value, for columns such as age; a voter who has none leaves the cells empty.
    Raises: ElectionRefused: a compulsory META key is missing.
    """
    cumulative = election.kind is BallotKind.POINTS
    known = {
        "num_projects": str(len(election.projects)),
        "num_votes": str(len(election.ballots)),
        "budget": units(election.budget_cents),
        "vote_type": "scoring" if cumulative else "approval",
    }
    if election.colleges:
        known["colleges"] = ",".join(f"{college.code}={college.weight}" for college in election.colleges)
    if missing := [key for key in COMPULSORY if key not in meta and key not in known]:
        raise ElectionRefused(f"Clés obligatoires absentes du fichier .pb : {', '.join(missing)}.")
    ordered = list(COMPULSORY) + [key for key in (*known, *meta) if key not in COMPULSORY]
    values = {**meta, **known}
    columns = sorted({column for given in (attributes or {}).values() for column in given})
    names = ("voter_id", "vote", *(("points",) if cumulative else ()), *(("college",) if election.colleges else ()))
    rows = []
    for ballot in election.ballots:
        given = (attributes or {}).get(ballot.voter, {})
        row = [ballot.voter, ",".join(ballot.points)]
        row += [",".join(str(points) for points in ballot.points.values())] if cumulative else []
        row += [ballot.college] if election.colleges else []
        rows.append((*row, *(given.get(column, "") for column in columns)))
    return PbFile(
        meta=tuple((key, values[key]) for key in dict.fromkeys(ordered)),
        projects=PbTable(
            ("project_id", "cost", "name"),
            tuple((project.code, units(project.cost_cents), project.name) for project in election.projects),
        ),
        votes=PbTable((*names, *columns), tuple(rows)),
    )


def with_selection(file: PbFile, winners: Sequence[str]) -> PbFile:
    """Return the file with a column `selected` (1 or 0) that says which projects won."""
    table = file.projects
    place = table.columns.index("selected") if "selected" in table.columns else len(table.columns)
    columns = (*table.columns[:place], "selected", *table.columns[place + 1 :])
    won = set(winners)
    rows = tuple(
        (*cells[:place], "1" if table.cell(row, "project_id") in won else "0", *cells[place + 1 :])
        for row, cells in enumerate(table.rows)
    )
    return replace(file, projects=PbTable(columns, rows, table.lines))


def units(cents: int) -> str:
    """Return whole cents as units of the currency: "12.50", or "12" when there are no cents."""
    whole, rest = divmod(cents, CENTS)
    return f"{whole}.{rest:02}" if rest else str(whole)
