"""A call's form, read from its data: sections, fields, and when each is asked. Pure.

The data is JSON (`Form.definition`); `parse_form` refuses what could not be shown or filled in, so that a version that
was published can always be answered. A condition looks at a field that comes earlier: hidden fields count as empty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Answers = Mapping[str, Any]

MOST_ROWS = 40
LEVELS = (0, 1, 2, 3)  # absent, planned, operating, exemplary (§2.1, PROG)


class FormInvalid(ValueError):
    """The data does not describe a form: who publishes it must correct it first."""


class Kind(StrEnum):
    """What a field holds, and as what its answer is kept."""

    TEXT = "text"  # str
    LONG = "long"  # str
    CHOICE = "choice"  # code
    CHOICES = "choices"  # list of codes
    YES_NO = "yes_no"  # bool
    WHOLE = "whole"  # int
    NUMBER = "number"  # decimal, as text
    AMOUNT = "amount"  # whole cents
    DATE = "date"  # ISO date, as text
    COMMUNE = "commune"  # {"postal_code": …, "code": …}
    SCALE = "scale"  # {"level": 0…3, "evidence": …}
    TABLE = "table"  # list of rows: {column: value}
    BODY = "body"  # uuid of an accompanying organisation, as text
    PIECE = "piece"  # a file: kept as a row of its own


_IN_A_TABLE = frozenset({Kind.TEXT, Kind.CHOICE, Kind.WHOLE, Kind.NUMBER, Kind.AMOUNT, Kind.DATE})
_WITH_OPTIONS = frozenset({Kind.CHOICE, Kind.CHOICES})


@dataclass(frozen=True, slots=True)
class Condition:
    """When something is asked: the earlier field `field` is one of `values`."""

    field: str
    values: tuple[Any, ...]

    def holds(self, answers: Answers) -> bool:
        """Whether the visible answers fulfil it; a list of choices needs one of the values."""
        given = answers.get(self.field)
        if isinstance(given, list):
            return any(value in given for value in self.values)
        return given in self.values


@dataclass(frozen=True, slots=True)
class Field:
    code: str
    kind: Kind
    label: str
    help: str
    required: bool
    options: tuple[tuple[str, str], ...]
    columns: "tuple[Field, ...]"
    rows: tuple[tuple[str, str], ...]  # a table whose rows are given: (code, label)
    least_rows: int
    max_length: int
    months_valid: int | None  # a piece's lifetime
    when: Condition | None

    def label_of(self, option: str) -> str:
        """Return the words of an option, or its code when the form no longer knows it."""
        return dict(self.options).get(option, option)

    def column(self, code: str) -> "Field":
        """Return a column of a table. Raises: KeyError: no such column."""
        return next(column for column in self.columns if column.code == code)


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    title: str
    intro: str
    minutes: int  # estimated effort
    fields: tuple[Field, ...]
    check: str  # name of the consistency checks that apply, "" for none
    when: Condition | None


@dataclass(frozen=True, slots=True)
class FormSchema:
    sections: tuple[Section, ...]

    def section(self, code: str) -> Section:
        """Return a section. Raises: KeyError: no such section."""
        for one in self.sections:
            if one.code == code:
                return one
        raise KeyError(code)

    def fields(self) -> Iterator[tuple[Section, Field]]:
        """Yield every field with its section, in order."""
        for section in self.sections:
            for field in section.fields:
                yield section, field

    def visible_answers(self, answers: Answers) -> dict[str, Any]:
        """Return the answers to what is asked, the others left out: what is checked, frozen and printed."""
        seen: dict[str, Any] = {}
        for section, field in self.fields():
            if is_asked(section, seen) and is_asked(field, seen) and not is_empty(answers.get(field.code)):
                seen[field.code] = answers[field.code]
        return seen

    def visible_sections(self, answers: Answers) -> tuple[Section, ...]:
        """Return the sections that are asked, given all the answers."""
        seen = self.visible_answers(answers)
        return tuple(section for section in self.sections if is_asked(section, seen))

    def visible_fields(self, section: Section, answers: Answers) -> tuple[Field, ...]:
        """Return the fields of a section that are asked, given all the answers."""
        seen = self.visible_answers(answers)
        return tuple(field for field in section.fields if is_asked(field, seen))


@dataclass(frozen=True, slots=True)
class Gap:
    """A required answer that is missing."""

    section: Section
    field: Field
    why: str  # "missing", "rows", "row", "level"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a section is: required answers given, of those asked."""

    section: Section
    given: int
    asked: int

    @property
    def is_complete(self) -> bool:
        return self.given == self.asked

    @property
    def is_started(self) -> bool:
        return self.given > 0

    @property
    def minutes_left(self) -> int:
        """The estimated effort that remains, in proportion, at least a minute while something is missing."""
        if self.is_complete:
            return 0
        return max(1, self.section.minutes * (self.asked - self.given) // self.asked)


def is_asked(one: Field | Section, answers: Answers) -> bool:
    return one.when is None or one.when.holds(answers)


def is_empty(value: Any) -> bool:
    """Whether an answer says nothing. False and 0 say something."""
    return value is None or value in ("", [], {})


def gaps_of(schema: FormSchema, answers: Answers, pieces: frozenset[str] = frozenset()) -> list[Gap]:
    """Return every required answer that is missing among what is asked, in the order of the form.

    Args: pieces: codes of the pieces that are there and still good.
    """
    found = []
    seen = schema.visible_answers(answers)
    for section in schema.visible_sections(answers):
        for field in section.fields:
            if is_asked(field, seen) and (why := _why_missing(field, seen.get(field.code), pieces)):
                found.append(Gap(section, field, why))
    return found


def progress_of(schema: FormSchema, answers: Answers, pieces: frozenset[str] = frozenset()) -> list[Progress]:
    """Return how far each asked section is. A section without required answers counts as one, given once anything
    in it is answered."""
    seen = schema.visible_answers(answers)
    missing = {(gap.section.code, gap.field.code) for gap in gaps_of(schema, answers, pieces)}
    found = []
    for section in schema.visible_sections(answers):
        asked = [field for field in section.fields if is_asked(field, seen)]
        required = [field for field in asked if field.required]
        if required:
            given = sum((section.code, field.code) not in missing for field in required)
            found.append(Progress(section, given, len(required)))
        else:
            answered = any(field.code in seen or field.code in pieces for field in asked)
            found.append(Progress(section, int(answered), 1))
    return found


def _why_missing(field: Field, value: Any, pieces: frozenset[str]) -> str:
    if field.kind == Kind.PIECE:
        return "missing" if field.required and field.code not in pieces else ""
    if is_empty(value):
        return "missing" if field.required else ""
    if field.kind == Kind.TABLE:
        if field.required and len(value) < max(field.least_rows, 1):
            return "rows"
        needed = [column.code for column in field.columns if column.required]
        return "row" if any(is_empty(row.get(code)) for row in value for code in needed) else ""
    if field.kind == Kind.SCALE and field.required and value.get("level") is None:
        return "level"
    return ""


# Reading the data


def parse_form(definition: Any) -> FormSchema:
    """Return the form that the data describes.

    Raises: FormInvalid: a part is missing or unknown, two share a code, or a condition looks at what comes later.
    """
    if not isinstance(definition, dict) or not definition.get("sections"):
        raise FormInvalid("a form has sections")
    known: set[str] = set()
    sections: list[Section] = []
    for data in definition["sections"]:
        section = _section(data, known)
        if section.code in {one.code for one in sections}:
            raise FormInvalid(f"two sections are called {section.code}")
        sections.append(section)
    return FormSchema(tuple(sections))


def _section(data: Any, known: set[str]) -> Section:
    code = _text(data, "code")
    when = _condition(data, known)
    fields = []
    for one in data.get("fields", []):
        field = _field(one, known)
        known.add(field.code)
        fields.append(field)
    if not fields:
        raise FormInvalid(f"section {code} asks nothing")
    minutes = data.get("minutes")
    if type(minutes) is not int or minutes < 1:
        raise FormInvalid(f"section {code} says no effort in minutes")
    return Section(
        code=code,
        title=_text(data, "title"),
        intro=str(data.get("intro", "")),
        minutes=minutes,
        fields=tuple(fields),
        check=str(data.get("check", "")),
        when=when,
    )


def _field(data: Any, known: set[str], *, is_column: bool = False) -> Field:
    code = _text(data, "code")
    if code in known:
        raise FormInvalid(f"two fields are called {code}")
    try:
        kind = Kind(_text(data, "kind"))
    except ValueError as unknown:
        raise FormInvalid(f"{code} is of an unknown kind") from unknown
    if is_column and kind not in _IN_A_TABLE:
        raise FormInvalid(f"{code} cannot be a column")
    options = tuple((str(value), str(label)) for value, label in data.get("options", []))
    if (kind in _WITH_OPTIONS) != bool(options):
        raise FormInvalid(f"{code} has options if and only if one is chosen")
    columns: list[Field] = []
    for one in data.get("columns", []):
        columns.append(_field(one, {column.code for column in columns}, is_column=True))
    if (kind == Kind.TABLE) != bool(columns):
        raise FormInvalid(f"{code} has columns if and only if it is a table")
    least = data.get("least_rows", 1 if data.get("required") else 0)
    if type(least) is not int or not 0 <= least <= MOST_ROWS:
        raise FormInvalid(f"{code} asks for {least} rows")
    return Field(
        code=code,
        kind=kind,
        label=_text(data, "label"),
        help=str(data.get("help", "")),
        required=bool(data.get("required", False)),
        options=options,
        columns=tuple(columns),
        rows=tuple((str(row), str(label)) for row, label in data.get("rows", [])),
        least_rows=least,
        max_length=int(data.get("max_length", 200 if kind == Kind.TEXT else 6_000)),
        months_valid=data.get("months_valid"),
        when=None if is_column else _condition(data, known),
    )


def _condition(data: Any, known: set[str]) -> Condition | None:
    rule = data.get("when")
    if rule is None:
        return None
    field, values = rule.get("field"), rule.get("is")
    if field not in known:
        raise FormInvalid(f"{data.get('code')} depends on {field}, which does not come before it")
    if not isinstance(values, list) or not values:
        raise FormInvalid(f"{data.get('code')} depends on no value of {field}")
    return Condition(field, tuple(values))


def _text(data: Any, key: str) -> str:
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise FormInvalid(f"{key} is missing in {data!r:.80}")
    return value
