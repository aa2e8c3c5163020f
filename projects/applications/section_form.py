"""One section of an application as an HTML form, made from its data: reads the page, gives back answers to keep.

A draft may be incomplete: nothing is required here. What cannot be read (letters for an amount) is told beside its
field, and the rest is kept all the same.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel.form_fields import AmountField
from fres.kernel.money import format_cents, from_cents, to_cents
from fres.kernel.territories import communes_of_postal_code
from projects.applications.consistency import TOTALLED, total_cents
from projects.applications.form_schema import LEVELS, MOST_ROWS, Field, FormSchema, Kind, Section, is_empty

_SPARE_ROWS = 1
_MORE_ROWS = 3
_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_LEVEL_WORDS = {
    0: gettext_lazy("0, absent"),
    1: gettext_lazy("1, prévu"),
    2: gettext_lazy("2, en place"),
    3: gettext_lazy("3, exemplaire"),
}


@dataclass(frozen=True)
class Cell:
    column: Field
    bound: forms.BoundField


@dataclass(frozen=True)
class TableRow:
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Shown:
    """One question on the page: its bound fields, its rows when it is a table, its files when it is a piece."""

    field: Field
    bound: tuple[forms.BoundField, ...]
    rows: tuple[TableRow, ...]
    totals: tuple[str, ...] = ()  # of a table of amounts, as last saved

    @property
    def id(self) -> str:
        return f"q-{self.field.code}"


class SectionForm(forms.Form):
    """The fields asked now in a section. `more` names a table that was asked for more empty rows."""

    def __init__(
        self,
        *args: Any,
        schema: FormSchema,
        section: Section,
        answers: Mapping[str, Any],
        bodies: Mapping[str, str],
        more: str = "",
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.schema, self.section, self.saved = schema, section, answers
        self.bodies, self.more = bodies, more
        self.asked = [field for field in schema.visible_fields(section, answers) if field.kind != Kind.PIECE]
        self.rows_of: dict[str, int] = {}
        self.use_required_attribute = False
        for field in self.asked:
            self._add(field, answers.get(field.code))

    def full_clean(self) -> None:
        """Read what was written: what the file requires in the end is marked on the page, never demanded of a draft."""
        required = {name: field.required for name, field in self.fields.items()}
        for field in self.fields.values():
            field.required = False
        super().full_clean()
        for name, field in self.fields.items():
            field.required = required.get(name, False)

    # What the page shows

    def questions(self) -> Iterator[Shown]:
        """Yield each question with what is written in it, in order."""
        for field in self.asked:
            if field.kind == Kind.TABLE:
                rows = tuple(self._table_row(field, rank) for rank in range(self.rows_of[field.code]))
                yield Shown(field, (), rows, self._totals(field))
            else:
                yield Shown(field, tuple(self[name] for name in self._names(field)), ())

    def shown_codes(self) -> str:
        """Return the questions shown, to see whether an answer makes others appear."""
        return " ".join(field.code for field in self.asked)

    def _totals(self, field: Field) -> tuple[str, ...]:
        rows = self.saved.get(field.code) or []
        if len(rows) < 2 or field.code not in TOTALLED:
            return ()
        totals = [
            format_cents(total_cents(rows, column.code)) if column.kind == Kind.AMOUNT else ""
            for column in field.columns
        ]
        return (_("Total"), *totals[1:])

    # What the page gives back

    def answers(self) -> dict[str, Any]:
        """Return the answers of the section to keep: what was read, and what the page did not ask left as it was.

        A field that could not be read keeps its earlier answer.
        """
        kept = {
            field.code: self.saved[field.code]
            for field in self.section.fields
            if field.code in self.saved and field.kind != Kind.PIECE
        }
        for field in self.asked:
            if any(name in self.errors for name in self._every_name(field)):
                continue
            value = self._read(field)
            if is_empty(value):
                kept.pop(field.code, None)
            else:
                kept[field.code] = value
        return kept

    def _read(self, field: Field) -> Any:
        data = self.cleaned_data
        match field.kind:
            case Kind.TABLE:
                return [row for rank in range(self.rows_of[field.code]) if (row := self._read_row(field, rank))]
            case Kind.SCALE:
                level, evidence = data.get(f"{field.code}-level"), data.get(f"{field.code}-evidence", "")
                value: dict[str, Any] = {"level": int(level)} if level not in (None, "") else {}
                return value | ({"evidence": evidence} if evidence else {})
            case Kind.COMMUNE:
                return self._read_commune(field)
            case Kind.YES_NO:
                return {"yes": True, "no": False}.get(data.get(field.code, ""))
        return _kept(field, data.get(field.code))

    def _read_row(self, field: Field, rank: int) -> dict[str, Any]:
        return {
            column.code: value
            for column in field.columns
            if not is_empty(value := _kept(column, self.cleaned_data.get(f"{field.code}-{rank}-{column.code}")))
        }

    def _read_commune(self, field: Field) -> dict[str, str]:
        postal_code = "".join(str(self.cleaned_data.get(field.code) or "").split())
        if not postal_code:
            return {}
        found = dict(communes_of_postal_code(postal_code).values_list("code", "name"))
        chosen = self.cleaned_data.get(f"{field.code}-commune") or ""
        if len(found) == 1:
            chosen = next(iter(found))
        return {"postal_code": postal_code, "code": chosen} if chosen in found else {"postal_code": postal_code}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for field in self.asked:
            if field.kind == Kind.COMMUNE and field.code in values:
                self._check_commune(field, str(values[field.code] or ""))
            if field.kind == Kind.CHOICES and field.code == "other_domains" and len(values.get(field.code) or []) > 2:
                self.add_error(field.code, _("Choisissez-en deux au plus."))
        return values

    def _check_commune(self, field: Field, postal_code: str) -> None:
        postal_code = "".join(postal_code.split())
        if not postal_code:
            return
        names = list(communes_of_postal_code(postal_code).values_list("name", flat=True))
        if not names:
            self.add_error(field.code, _("Aucune commune connue n’a ce code postal : vérifiez-le."))
        elif len(names) > 1 and not self.cleaned_data.get(f"{field.code}-commune"):
            if f"{field.code}-commune" not in self.fields:
                self._offer_communes(field, postal_code)
            message = _("Le code postal %(code)s sert %(n)d communes : choisissez la vôtre.")
            self.add_error(field.code, message % {"code": postal_code, "n": len(names)})

    # Making the fields

    def _add(self, field: Field, value: Any) -> None:
        match field.kind:
            case Kind.TABLE:
                self._add_table(field, value or [])
            case Kind.SCALE:
                value = value or {}
                levels = [(str(level), _LEVEL_WORDS[level]) for level in LEVELS]
                self.fields[f"{field.code}-level"] = forms.ChoiceField(
                    label=field.label, help_text=field.help, required=False, choices=levels, widget=forms.RadioSelect
                )
                self.initial[f"{field.code}-level"] = str(value["level"]) if "level" in value else ""
                self.fields[f"{field.code}-evidence"] = forms.CharField(
                    label=_("Preuve, ou ce qui est prévu"), required=False, max_length=1_000,
                    widget=forms.Textarea(attrs={"rows": 2}),
                )  # fmt: skip
                self.initial[f"{field.code}-evidence"] = value.get("evidence", "")
            case Kind.COMMUNE:
                value = value or {}
                self.fields[field.code] = forms.CharField(
                    label=field.label, help_text=field.help, required=False, max_length=5,
                    widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code"}),
                )  # fmt: skip
                self.fields[field.code].required = field.required
                self.initial[field.code] = value.get("postal_code", "")
                self.initial[f"{field.code}-commune"] = value.get("code", "")
                given = self.data.get(field.code) if self.is_bound else value.get("postal_code")
                self._offer_communes(field, str(given or ""))
            case _:
                self.fields[field.code] = self._plain(field)
                self.fields[field.code].required = field.required
                self.initial[field.code] = _initial(field, value)

    def _offer_communes(self, field: Field, postal_code: str) -> None:
        found = list(communes_of_postal_code("".join(postal_code.split())).values_list("code", "name"))
        if len(found) > 1:
            self.fields[f"{field.code}-commune"] = forms.ChoiceField(
                label=_("Commune"), required=False, choices=[("", _("Choisissez")), *found]
            )

    def _add_table(self, field: Field, rows: list[dict[str, Any]]) -> None:
        count = max(len(rows), field.least_rows) + _SPARE_ROWS
        if self.is_bound:
            with contextlib.suppress(ValueError):
                count = int(self.data.get(f"{field.code}-rows", count))
        if self.more == field.code:
            count += _MORE_ROWS
        count = min(max(count, 1), MOST_ROWS)
        self.rows_of[field.code] = count
        for rank in range(count):
            row = rows[rank] if rank < len(rows) else {}
            for column in field.columns:
                name = f"{field.code}-{rank}-{column.code}"
                made = self._plain(column)
                made.label = f"{column.label}, {_('ligne %(n)d') % {'n': rank + 1}}"
                made.widget.attrs["aria-label"] = made.label
                self.fields[name] = made
                self.initial[name] = _initial(column, row.get(column.code))

    def _plain(self, field: Field) -> forms.Field:
        words: dict[str, Any] = {"label": field.label, "help_text": field.help, "required": False}
        match field.kind:
            case Kind.LONG:
                area = forms.Textarea(attrs={"rows": 5})
                return forms.CharField(max_length=field.max_length, widget=area, **words)
            case Kind.CHOICE:
                return forms.ChoiceField(choices=[("", _("Choisissez")), *field.options], **words)
            case Kind.CHOICES:
                boxes = forms.CheckboxSelectMultiple
                return forms.MultipleChoiceField(choices=list(field.options), widget=boxes, **words)
            case Kind.YES_NO:
                both = [("yes", _("Oui")), ("no", _("Non"))]
                return forms.ChoiceField(choices=both, widget=forms.RadioSelect, **words)
            case Kind.WHOLE:
                return forms.IntegerField(
                    min_value=0,
                    max_value=2_000_000_000,
                    widget=forms.TextInput(attrs={"inputmode": "numeric"}),
                    **words,
                )
            case Kind.NUMBER:
                return forms.DecimalField(
                    max_digits=18, decimal_places=4, localize=True,
                    widget=forms.TextInput(attrs={"inputmode": "decimal"}), **words,
                )  # fmt: skip
            case Kind.AMOUNT:
                return WholeCentsField(**words)
            case Kind.DATE:
                return forms.DateField(widget=_DATE, **words)
            case Kind.BODY:
                return forms.ChoiceField(choices=[("", _("Choisissez")), *self.bodies.items()], **words)
        return forms.CharField(max_length=field.max_length, **words)

    def _table_row(self, field: Field, rank: int) -> TableRow:
        cells = tuple(Cell(column, self[f"{field.code}-{rank}-{column.code}"]) for column in field.columns)
        return TableRow(_("Ligne %(n)d") % {"n": rank + 1}, cells)

    def _names(self, field: Field) -> list[str]:
        if field.kind == Kind.SCALE:
            return [f"{field.code}-level", f"{field.code}-evidence"]
        if field.kind == Kind.COMMUNE and f"{field.code}-commune" in self.fields:
            return [field.code, f"{field.code}-commune"]
        return [field.code]

    def _every_name(self, field: Field) -> list[str]:
        if field.kind != Kind.TABLE:
            return self._names(field)
        return [name for name in self.fields if name.startswith(f"{field.code}-")]


class WholeCentsField(AmountField):
    """A sum of a budget: euros and whole cents, below a hundred million, minus allowed (a loss)."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        try:
            cents = to_cents(value)
        except ValueError as broken:
            raise forms.ValidationError(_("Écrivez des euros et des centimes, sans fraction de centime.")) from broken
        if abs(cents) > 10_000_000_000:
            raise forms.ValidationError(_("Ce montant dépasse cent millions d’euros."))


def _kept(field: Field, value: Any) -> Any:
    """Return a value read from the page as the answer that is kept (JSON)."""
    if value is None or value == "":
        return None
    match field.kind:
        case Kind.AMOUNT:
            return to_cents(value)
        case Kind.NUMBER:
            return f"{value.normalize():f}" if value else "0"
        case Kind.DATE:
            return value.isoformat()
        case Kind.TEXT | Kind.LONG:
            return value.strip()
    return value


def _initial(field: Field, value: Any) -> Any:
    """Return a kept answer as the page shows it."""
    if value is None:
        return None
    match field.kind:
        case Kind.AMOUNT:
            amount = from_cents(value).amount
            return f"{amount:.2f}".replace(".", ",").removesuffix(",00")
        case Kind.NUMBER:
            return Decimal(value)
        case Kind.DATE:
            return date.fromisoformat(value)
        case Kind.YES_NO:
            return "yes" if value else "no"
    return value
