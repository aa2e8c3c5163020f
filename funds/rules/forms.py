"""The form of a rule: one per kind, made from the kind's own parameters, so that none is forgotten."""

import typing
from dataclasses import fields
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from funds.allocation.problem import Base
from funds.allocation.rules import KINDS, Severity, Timing
from funds.models import AllocationRule, Fund
from funds.rules.units import PARTS, field_for, is_whole, shown, stored

LABELS = {
    "share": _("Part"),
    "cents": _("Montant, en euros"),
    "minimum": _("Minimum"),
    "maximum": _("Maximum"),
    "asset_class": _("Classe d’actifs"),
    "sector": _("Secteur (début du code d’activité)"),
    "sectors": _("Secteurs"),
    "level": _("Niveau de territoire"),
    "levels": _("Niveaux de zone"),
    "codes": _("Codes"),
    "labels": _("Labels"),
    "ratio": _("Rapport"),
    "winners": _("Nombre de projets"),
    "instrument": _("Instrument"),
    "instruments": _("Instruments"),
    "status": _("Statut"),
    "statuses": _("Statuts"),
    "horizon_days": _("Horizon, en jours"),
    "by_class": _("Taux par classe de risque, comme « A: 5 %; B: 10 % »"),
    "cap_cents": _("Plafond, en euros"),
    "needs_success": _("Seulement si la campagne réussit"),
    "currency": _("Monnaie locale"),
    "envelope": _("Enveloppe de garantie"),
    "quota": _("Quotité garantie"),
    "multiplier": _("Multiplicateur de la dotation"),
    "fee_bp": _("Commission, en points de base (100 font 1 %)"),
    "floor": _("Plancher"),
    "disclosure_cents": _("Seuil de publication, en euros"),
    "strictness": _("Fléchage strict ou préférence"),
    "fallback": _("À défaut"),
    "projects": _("Projets"),
    "places": _("Territoires"),
    "expires_on": _("Jusqu’au"),
    "actor": _("Financeur exigé"),
    "mean": _("Moyenne des mieux payés, en SMIC"),
    "highest": _("Le mieux payé, en SMIC"),
}
TIMINGS = {
    Timing.PRE_TRADE: _("Avant la décision"),
    Timing.POST_TRADE: _("Après la décision"),
    Timing.PERIODIC: _("Chaque nuit"),
}
BASES = {
    Base.NAV: _("Actif net"),
    Base.COMMITTED: _("Engagé"),
    Base.COLLECTED: _("Collecté"),
    Base.PROJECT_TOTAL: _("Budget du projet"),
    Base.CAPITAL: _("Capital de la structure"),
}
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RuleForm(forms.Form):
    """A rule of one kind: its parameters as text, read exactly by the engine, which names each field that is wrong."""

    code = forms.SlugField(label=_("Code de la règle"), max_length=40)
    scope = forms.ChoiceField(label=_("Porte sur"))
    base = forms.ChoiceField(label=_("Base"), required=False)
    timing = forms.ChoiceField(label=_("Moment"), choices=[(one.value, text) for one, text in TIMINGS.items()])
    severity = forms.ChoiceField(
        label=_("Gravité"),
        choices=[(Severity.BLOCK.value, _("Bloquante")), (Severity.WARN.value, _("Avertissement"))],
    )
    cure_days = forms.IntegerField(label=_("Délai de régularisation, en jours"), min_value=0, initial=0)
    valid_from = forms.DateField(label=_("À partir du"), widget=_DAY)
    valid_to = forms.DateField(label=_("Jusqu’au"), widget=_DAY, required=False)
    reason = forms.CharField(label=_("Pourquoi cette version"), max_length=300)

    def __init__(self, *args: Any, fund: Fund, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        params = KINDS[kind]
        scopes = [("fund", _t("Tout le fonds"))] if "fund" in params.SCOPES else []
        if "compartment" in params.SCOPES:
            scopes += [(f"compartment:{one.slug}", one.name) for one in fund.compartments.all()]
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]
        bases = [("", "—"), *((one.value, text) for one, text in BASES.items() if one in params.BASES)]
        self.fields["base"].choices = bases  # type: ignore[attr-defined]
        hints = typing.get_type_hints(params)
        self.param_keys = {one.name: params.KEYS.get(one.name, one.name) for one in fields(params)}
        for name, key in self.param_keys.items():
            self.fields[f"p_{key}"] = field_for(name, hints[name], LABELS[name])

    def data_of_rule(self) -> dict[str, Any]:
        """Return what `adopt_rule` reads."""
        cleaned = self.cleaned_data
        data = {name: cleaned[name] for name in ("code", "scope", "timing", "severity", "cure_days", "valid_from")}
        params = {key: stored(name, cleaned[f"p_{key}"]) for name, key in self.param_keys.items()}
        kept = {key: value for key, value in params.items() if value not in ("", None)}
        return {**data, "kind": self.kind, "base": cleaned["base"] or None, "valid_to": cleaned["valid_to"],
                "params": kept}  # fmt: skip

    def take_errors(self, errors: dict[str, str]) -> None:
        """Put the engine's refusals beside their fields."""
        for name, text in errors.items():
            field = f"p_{name.removeprefix('params.')}" if name.startswith("params.") else name
            self.add_error(field if field in self.fields else None, text)


class EndForm(forms.Form):
    """The last day of a rule, and why it ends."""

    last_day = forms.DateField(label=_("Dernier jour"), widget=_DAY)
    reason = forms.CharField(label=_("Pourquoi elle finit"), max_length=300)


def initial_of(row: AllocationRule, on: date) -> dict[str, Any]:
    """Return a form's first values from a version."""
    params = {f"p_{key}": shown(_name_of(row.kind, key), value) for key, value in row.params.items()}
    return {
        "code": row.code, "scope": row.scope, "base": row.base, "timing": row.timing, "severity": row.severity,
        "cure_days": row.cure_days, "valid_from": max(on, row.valid_from), "valid_to": row.valid_to, **params,
    }  # fmt: skip


class ExplainForm(forms.Form):
    reason = forms.CharField(
        label=_("Ce qui s’est passé, ce qui est fait"), max_length=1_000, widget=forms.Textarea(attrs={"rows": 4})
    )


class SimulateForm(forms.Form):
    """The second rule set: the first with other numbers. One field for each number of a rule in force."""

    def __init__(self, *args: Any, rows: list[AllocationRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            for key, value in row.params.items():
                name = _name_of(row.kind, key)
                if name in PARTS or is_whole(value):
                    field = field_for(name, type(value), f"{row.code} – {LABELS[name]}")
                    field.initial = shown(name, value)
                    self.fields[f"{row.code}__{key}"] = field

    def params_of(self, row: AllocationRule) -> dict[str, Any]:
        """Return the parameters of a rule in the second set."""
        cleaned = self.cleaned_data if self.is_bound and self.is_valid() else {}
        given = {key: stored(_name_of(row.kind, key), cleaned.get(f"{row.code}__{key}")) for key in row.params}
        return {key: value if given[key] in (None, "") else given[key] for key, value in row.params.items()}


def _name_of(kind: str, key: str) -> str:
    """Return the parameter that a key of the data stands for: a kind may write it shorter ("min")."""
    return next((name for name, written in KINDS[kind].KEYS.items() if written == key), key)
