"""Answers in words, for pages, frozen versions and the receipt: one way of writing each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from fres.kernel.french_dates import date_in_figures
from fres.kernel.money import NO_BREAK_SPACE, format_cents
from fres.kernel.templatetags.fres import number
from projects.applications.consistency import TOTALLED, total_cents
from projects.applications.form_schema import Field, FormSchema, Kind, is_asked

_LEVELS = {0: "0, absent", 1: "1, prévu", 2: "2, en place", 3: "3, exemplaire"}


@dataclass(frozen=True, slots=True)
class Names:
    """Names that answers refer to by a code: communes, accompanying bodies."""

    communes: Mapping[str, str]
    bodies: Mapping[str, str]


def frozen_sections(schema: FormSchema, answers: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """Return what was answered, in words, section by section: JSON values, in French, nothing to look up any more."""
    seen = schema.visible_answers(answers)
    sections = []
    for section in schema.visible_sections(answers):
        lines = [
            _line(field, seen[field.code], names)
            for field in section.fields
            if field.code in seen and is_asked(field, seen)
        ]
        if lines:
            sections.append({"code": section.code, "title": section.title, "lines": lines})
    return sections


def _line(field: Field, value: Any, names: Names) -> dict[str, Any]:
    line: dict[str, Any] = {"code": field.code, "label": field.label}
    if field.kind == Kind.TABLE:
        shown = [column for column in field.columns if any(row.get(column.code) is not None for row in value)]
        line["head"] = [column.label for column in shown]
        line["figures"] = [column.kind in (Kind.AMOUNT, Kind.NUMBER, Kind.WHOLE) for column in shown]
        line["rows"] = [[printed(column, row.get(column.code), names) for column in shown] for row in value]
        if len(value) > 1 and field.code in TOTALLED and any(column.kind == Kind.AMOUNT for column in shown):
            line["total"] = [
                format_cents(total_cents(value, column.code)) if column.kind == Kind.AMOUNT else "" for column in shown
            ]
    else:
        line["text"] = printed(field, value, names)
    return line


def printed(field: Field, value: Any, names: Names) -> str:
    """Return one answer in words; an empty text when there is none."""
    if value is None or value == "":
        return ""
    match field.kind:
        case Kind.AMOUNT:
            return format_cents(value)
        case Kind.WHOLE:
            return str(value) if field.code in ("year", "first_year", "target_year") else number(value)
        case Kind.NUMBER:
            return number(Decimal(value))
        case Kind.DATE:
            return date_in_figures(date.fromisoformat(value))
        case Kind.YES_NO:
            return "oui" if value else "non"
        case Kind.CHOICE:
            return field.label_of(value)
        case Kind.CHOICES:
            return ", ".join(field.label_of(one) for one in value)
        case Kind.COMMUNE:
            code = value.get("code", "")
            return f"{names.communes.get(code, code)} ({value.get('postal_code', '')})"
        case Kind.SCALE:
            level = _LEVELS.get(value.get("level"), "")
            evidence = value.get("evidence", "")
            return f"{level}{NO_BREAK_SPACE}: {evidence}" if evidence else level
        case Kind.BODY:
            return names.bodies.get(value, value)
    return str(value)


def why_missing(why: str) -> str:
    """Return in words why an answer does not count as given."""
    return {
        "missing": _("à remplir"),
        "rows": _("il manque des lignes"),
        "row": _("une ligne est incomplète"),
        "level": _("le niveau manque"),
    }[why]
