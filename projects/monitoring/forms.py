"""The yearly report as a form: accounts, governance, label, and one group of fields for each indicator."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fres.kernel.form_fields import AmountField
from fres.kernel.money import from_cents, to_cents
from projects.models import Report, ReportPiece, ReportValue
from projects.monitoring.reports import GivenReport, GivenValue

_ACCOUNTS = ("turnover", "result", "equity")


@dataclass(frozen=True)
class IndicatorFields:
    """One indicator on the page: its figures, how it was measured, what was forecast and told the year before."""

    row: ReportValue
    figures: tuple[forms.BoundField, ...]
    proof: tuple[forms.BoundField, ...]
    forecast: str
    before: str


class ReportForm(forms.Form):
    """Nothing is required here: a report is written in several sittings, and judged when it is sent."""

    turnover = AmountField(label=_("Produits de l’exercice"), required=False)
    result = AmountField(label=_("Résultat"), required=False, help_text=_("Avec un signe moins si c’est une perte."))
    equity = AmountField(label=_("Fonds propres au 31 décembre"), required=False)
    governance = forms.CharField(
        label=_("La gouvernance cette année"),
        help_text=_("Assemblées tenues, membres, décisions prises, changements de dirigeants."),
        required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    label_report = forms.CharField(
        label=_("Le respect du label cette année"),
        help_text=_("Critère par critère s’il y a eu un changement ; sinon, dites que rien n’a changé."),
        required=False, max_length=4_000, widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip

    def __init__(
        self, *args: Any, report: Report, before: dict[str, str], forecast: dict[str, str], **options: Any
    ) -> None:
        self.rows = list(report.values.select_related("indicator"))
        self.before, self.forecast = before, forecast
        options["initial"] = _initial_of(report)
        super().__init__(*args, **options)
        for row in self.rows:
            self._add(row)

    def accounts(self) -> list[forms.BoundField]:
        return [self[name] for name in _ACCOUNTS]

    def expected(self) -> Iterator[IndicatorFields]:
        """Yield the indicators that this project must tell."""
        return (self._shown(row) for row in self.rows if row.is_expected)

    def others(self) -> Iterator[IndicatorFields]:
        """Yield those that it may add."""
        return (self._shown(row) for row in self.rows if not row.is_expected)

    def given(self) -> GivenReport:
        data = self.cleaned_data
        turnover, result, equity = (None if data[name] is None else to_cents(data[name]) for name in _ACCOUNTS)
        return GivenReport(turnover, result, equity, data["governance"], data["label_report"])

    def values_given(self) -> dict[str, GivenValue]:
        data, found = self.cleaned_data, {}
        for row in self.rows:
            code = row.indicator.code
            quality, scope = data[f"{code}-quality"], data[f"{code}-scope"]
            found[code] = GivenValue(
                value=data.get(f"{code}-value"),
                numerator=data.get(f"{code}-numerator"),
                denominator=data.get(f"{code}-denominator"),
                quality=int(quality) if quality else None,
                evidence=data[f"{code}-evidence"],
                scope_percent=100 if scope is None else scope,
            )
        return found

    def _add(self, row: ReportValue) -> None:
        code, indicator = row.indicator.code, row.indicator
        if indicator.is_rate:
            self.fields[f"{code}-numerator"] = _figure(indicator.numerator, row.numerator)
            self.fields[f"{code}-denominator"] = _figure(indicator.denominator, row.denominator)
        else:
            label = _("Valeur (%(unit)s)") % {"unit": indicator.get_unit_display()}
            self.fields[f"{code}-value"] = _figure(label, row.value)
        self.fields[f"{code}-quality"] = forms.ChoiceField(
            label=_("Qualité de la mesure"), required=False, initial=row.quality,
            choices=[("", "—"), *ReportValue.Quality.choices],
        )  # fmt: skip
        self.fields[f"{code}-evidence"] = forms.CharField(
            label=_("Preuve"), required=False, max_length=300, initial=row.evidence,
            help_text=_("D’où vient le chiffre : registre, paie, comptes, relevé, enquête."),
        )  # fmt: skip
        self.fields[f"{code}-scope"] = forms.IntegerField(
            label=_("Part due au projet, en %"), required=False, min_value=0, max_value=100, initial=row.scope_percent
        )

    def _shown(self, row: ReportValue) -> IndicatorFields:
        code = row.indicator.code
        names = ("numerator", "denominator") if row.indicator.is_rate else ("value",)
        figures = tuple(self[f"{code}-{name}"] for name in names)
        proof = tuple(self[f"{code}-{name}"] for name in ("quality", "evidence", "scope"))
        return IndicatorFields(row, figures, proof, self.forecast.get(code, ""), self.before.get(code, ""))


class ReportPieceForm(forms.Form):
    kind = forms.ChoiceField(label=_("Nature de la pièce"), choices=ReportPiece.Kind.choices)
    file = forms.FileField(label=_("Fichier"))


def _figure(label: Any, initial: Decimal | None) -> forms.DecimalField:
    shown = None if initial is None else initial.normalize()
    return forms.DecimalField(
        label=label, required=False, initial=shown, max_digits=16, decimal_places=3, localize=True
    )


def _initial_of(report: Report) -> dict[str, Any]:
    cents = {
        "turnover": report.turnover_cents,
        "result": report.result_cents,
        "equity": report.equity_cents,
    }
    amounts = {
        name: None if value is None else str(from_cents(value).amount).replace(".", ",")
        for name, value in cents.items()
    }
    return amounts | {"governance": report.governance, "label_report": report.label_report}
