"""Forms of the desk that record one thing about a fund: each gives what was typed to one operation."""

from datetime import datetime
from typing import Any

from django import forms

from funds.models import Fund
from investors.models import User


def day_field(label: Any, **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **options)


def words_field(label: Any, rows: int = 3, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **options)


class FundForm(forms.Form):
    """A form about one fund; `rows` are the lines of its table, when it has one."""

    heading: Any = ""
    explains: Any = ""

    def __init__(self, *args: Any, fund: Fund, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fund = fund

    def record(self, *, by: User, at: datetime) -> object:
        """Call the operation with what was typed. Raises: RuleViolation."""
        raise NotImplementedError

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        return []

    def plain_fields(self) -> list[forms.BoundField]:
        """Return the fields that are not in the table."""
        inside = {field.name for row in self.rows for field in row}
        return [field for field in self if field.name not in inside]

    def choose(self, name: str, rows: Any) -> None:
        """Let a field choose among rows."""
        self.fields[name].queryset = rows  # type: ignore[attr-defined]
