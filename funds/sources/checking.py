"""The validator of partners' files: every error with its line, its column and its reason. Pure: what is known comes in.

It stops at a number of errors (`sources.max_errors`): a file of the wrong kind is not told a million times.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from stdnum.fr import siren as siren_number

from fres.kernel.money import format_cents
from funds.models import Instrument, UploadLine
from funds.sources.format import FORMAT, TOTALS, FileBroken, RawLine, cents_of, period_end

Nature = UploadLine.Nature
WITH_PLACE = frozenset({Nature.COLLECTION.value, Nature.LENDING.value})
NATURES = frozenset(Nature.values)
CLASSES = frozenset(UploadLine.ClientClass.values)
# Columns that a nature leaves empty.
EMPTY = {
    **dict.fromkeys(WITH_PLACE, ("siren_destinataire", "canal_destinataire")),
    Nature.HOLDING.value: ("commune", "classe"),
    Nature.SAVERS.value: ("commune", "classe", "siren_destinataire", "canal_destinataire"),
    **dict.fromkeys(TOTALS, ("canal", "commune", "classe", "siren_destinataire", "canal_destinataire")),
}


@dataclass(frozen=True)
class Known:
    """What the validator may rest on."""

    siren: str
    region_code: str
    today: date
    instruments: frozenset[str]  # of the partner's active channels
    sources: frozenset[tuple[str, str]]  # (SIREN, instrument) of every active channel of the fund
    communes: dict[str, tuple[str, str]]  # code in force → (code of the commune of the whole, region)
    successors: Callable[[str], list[tuple[str, str, str]]]  # (code, name, region) an old code leads to


@dataclass(frozen=True, slots=True)
class Problem:
    """One error. `line` is 0 when it is of the file as a whole, `column` empty when it is of the line."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """One line that may be written."""

    number: int
    nature: str
    instrument: str
    sent_commune_code: str
    commune_code: str
    client_class: str
    amount_cents: int
    count: int
    target_siren: str
    target_instrument: str


class _Enough(Exception):
    """The last error that is told."""


@dataclass
class Report:
    """What the file says, filled while its lines are taken."""

    max_errors: int
    problems: list[Problem] = field(default_factory=list)
    has_more: bool = False
    notes: dict[str, str] = field(default_factory=dict)  # old code → what was done with it
    period: str = ""
    lines: int = 0
    sums: dict[str, int] = field(default_factory=dict)
    totals: dict[str, tuple[int, int]] = field(default_factory=dict)  # nature → (line, cents)
    seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        return not self.problems

    def add(self, line: int, column: str, reason: str) -> None:
        if len(self.problems) >= self.max_errors:
            self.has_more = True
            raise _Enough
        self.problems.append(Problem(line, column, reason))

    def as_rows(self) -> list[dict[str, object]]:
        return [asdict(problem) for problem in self.problems]


def check_lines(raw: Iterable[RawLine], *, known: Known, report: Report) -> Iterator[CheckedLine]:
    """Yield the lines without error, and write every error, sum and remark into the report.

    The report is complete once every line has been taken.
    """
    try:
        for line in raw:
            before = len(report.problems)
            checked = _checked(line, known, report)
            if checked is not None and len(report.problems) == before:
                report.lines += 1
                yield checked
        _check_totals(report)
    except FileBroken as broken:
        if len(report.problems) < report.max_errors:
            report.problems.append(Problem(broken.line, broken.column, str(broken)))
        else:
            report.has_more = True
    except _Enough:
        return


def _checked(line: RawLine, known: Known, report: Report) -> CheckedLine | None:
    values, number = line.values, line.number
    _check_identity(line, known, report)
    nature = values["nature"]
    if nature not in NATURES and nature not in TOTALS:
        report.add(number, "nature", _("« %(found)s » n’est pas une nature du format.") % {"found": nature[:40]})
        return None
    for column in EMPTY[nature]:
        if values[column]:
            report.add(number, column, _("Cette colonne reste vide sur une ligne %(nature)s.") % {"nature": nature})
    cents = cents_of(values["montant"])
    if cents is None:
        report.add(
            number, "montant",
            _("« %(found)s » n’est pas un montant : des chiffres et deux décimales au plus, ni espace ni signe.")
            % {"found": values["montant"][:40]},
        )  # fmt: skip
    if nature in TOTALS:
        _take_total(line, TOTALS[nature], cents, report)
        return None
    if cents is not None and nature != Nature.SAVERS:
        report.sums[nature] = report.sums.get(nature, 0) + cents
    if values["canal"] not in known.instruments:
        report.add(number, "canal", _refused_channel(values["canal"]))
    commune = _commune(line, known, report) if nature in WITH_PLACE else ""
    if nature in WITH_PLACE and values["classe"] not in CLASSES:
        report.add(
            number, "classe", _("« %(found)s » n’est pas une classe de clients.") % {"found": values["classe"][:40]}
        )
    if nature == Nature.HOLDING:
        _check_target(line, known, report)
    count = _count(line, nature, report)
    _check_twice(line, report)
    return CheckedLine(
        number, nature, values["canal"], values["commune"], commune, values["classe"], cents or 0, count,
        values["siren_destinataire"], values["canal_destinataire"],
    )  # fmt: skip


def _check_identity(line: RawLine, known: Known, report: Report) -> None:
    values, number = line.values, line.number
    if values["format"] != FORMAT:
        report.add(number, "format", _("Écrivez « %(format)s ».") % {"format": FORMAT})
    if values["siren"] != known.siren:
        if not siren_number.is_valid(values["siren"]):
            reason = _("« %(found)s » n’est pas un SIREN : neuf chiffres, dont une clé qui est fausse ici.")
        else:
            reason = _("%(found)s n’est pas votre SIREN : le vôtre est %(siren)s.")
        report.add(number, "siren", reason % {"found": values["siren"][:40], "siren": known.siren})
    if values["periode"] == report.period:
        return
    ends_on = period_end(values["periode"])
    if ends_on is None:
        report.add(number, "periode", _("Écrivez une année (2025) ou un trimestre (2026-T3)."))
    elif ends_on >= known.today:
        report.add(number, "periode", _("Cette période n’est pas terminée : un encours se déclare après sa fin."))
    elif report.period:
        report.add(number, "periode", _("Le fichier a commencé par la période %(first)s.") % {"first": report.period})
    else:
        report.period = values["periode"]


def _refused_channel(code: str) -> str:
    if code not in Instrument.values:
        return _("« %(found)s » n’est pas un code de canal.") % {"found": code[:40]}
    return _("Vous n’avez pas de canal %(code)s en activité : le fonds l’inscrit d’abord au registre.") % {"code": code}


def _commune(line: RawLine, known: Known, report: Report) -> str:
    """Return the code in force; an old one is followed when it leads to one place, and it is said."""
    sent, number = line.values["commune"], line.number
    code, region = known.communes.get(sent, ("", ""))
    if not code:
        found = known.successors(sent) if sent else []
        if len(found) > 1:
            names = ", ".join(f"{name} ({code})" for code, name, _region in found)
            report.add(
                number, "commune", _("%(code)s a été partagée entre %(names)s.") % {"code": sent, "names": names}
            )
            return ""
        if not found:
            report.add(number, "commune", _("« %(found)s » n’est pas un code de commune.") % {"found": sent[:40]})
            return ""
        code, name, region = found[0]
        report.notes[sent] = _("%(old)s n’existe plus : compté dans %(name)s (%(new)s).") % {
            "old": sent, "name": name, "new": code,
        }  # fmt: skip
    if region != known.region_code:
        report.add(number, "commune", _("%(code)s n’est pas dans la région du fonds.") % {"code": sent})
    return code


def _check_target(line: RawLine, known: Known, report: Report) -> None:
    values, number = line.values, line.number
    target = (values["siren_destinataire"], values["canal_destinataire"])
    if target not in known.sources:
        sirens = {siren for siren, _instrument in known.sources}
        column = "canal_destinataire" if target[0] in sirens else "siren_destinataire"
        report.add(
            number,
            column,
            _("Cette source n’est pas au registre du fonds."),
        )
    elif target == (values["siren"], values["canal"]):
        report.add(number, "canal_destinataire", _("Une source ne place pas chez elle-même."))


def _count(line: RawLine, nature: str, report: Report) -> int:
    text = line.values["nombre"]
    if nature == Nature.HOLDING and not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        report.add(line.number, "nombre", _("Écrivez un nombre entier, sans espace."))
        return 0
    return int(text)


def _check_twice(line: RawLine, report: Report) -> None:
    names = ("nature", "canal", "commune", "classe", "siren_destinataire", "canal_destinataire")
    key = tuple(line.values[name] for name in names)
    first = report.seen.setdefault(key, line.number)
    if first != line.number:
        report.add(line.number, "", _("La ligne %(first)d dit déjà ce chiffre : réunissez-les.") % {"first": first})


def _take_total(line: RawLine, nature: str, cents: int | None, report: Report) -> None:
    if nature in report.totals:
        report.add(
            line.number, "nature", _("Ce total est déjà à la ligne %(first)d.") % {"first": report.totals[nature][0]}
        )
    elif cents is not None:
        report.totals[nature] = (line.number, cents)


def _check_totals(report: Report) -> None:
    if not report.lines and report.is_sound:
        report.add(0, "", _("Le fichier n’a aucune ligne."))
    for total, nature in TOTALS.items():
        line, said = report.totals.get(nature, (0, 0))
        found = report.sums.get(nature, 0)
        if line and said != found:
            report.add(
                line, "montant",
                _("Le total dit %(said)s, les lignes font %(found)s.")
                % {"said": format_cents(said), "found": format_cents(found)},
            )  # fmt: skip
        elif not line and nature in report.sums:
            report.add(0, "nature", _("La ligne %(total)s manque.") % {"total": total})
