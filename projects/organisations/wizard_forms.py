"""The steps of the eligibility questions and of the self-diagnosis: plain forms asked by GET, without an account."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fres.kernel import territories
from fres.kernel.models import Territory
from projects.models.tools import Instrument, ToolStage
from projects.organisations import diagnosis
from projects.organisations.eligibility import ELSEWHERE, Bank, Form, Limits, Profit, Purpose, Support, When


class StepForm(forms.Form):
    """One page of questions; its `title` is the heading of the page."""

    title: Any = ""

    def __init__(self, data: Mapping[str, Any] | None, *, region: str, limits: Limits) -> None:
        self.region, self.limits = region, limits
        super().__init__(data)
        self.settle()

    def settle(self) -> None:
        """Fill in what depends on the region or on dated values."""


class WhoForm(StepForm):
    title = _("Qui êtes-vous, et où ?")

    place = forms.ChoiceField(label=_("Où le projet aura-t-il lieu ?"))
    form = forms.ChoiceField(label=_("Quelle est votre forme ?"), choices=Form.choices, widget=forms.RadioSelect)
    stage = forms.ChoiceField(label=_("Où en êtes-vous ?"), choices=ToolStage.choices, widget=forms.RadioSelect)

    def settle(self) -> None:
        field = self.fields["place"]
        field.choices = [  # type: ignore[attr-defined]
            ("", _("Choisissez")),
            *region_departements(self.region),
            (ELSEWHERE, _("Ailleurs")),
        ]


class WhatForm(StepForm):
    title = _("Que voulez-vous faire ?")

    purpose = forms.ChoiceField(
        label=_("L’argent servira surtout à…"), choices=Purpose.choices, widget=forms.RadioSelect
    )
    profit = forms.ChoiceField(
        label=_("S’il y a des bénéfices, que deviennent-ils ?"), choices=Profit.choices, widget=forms.RadioSelect
    )


class HowMuchForm(StepForm):
    title = _("Combien, et quand ?")

    amount = forms.IntegerField(
        label=_("De combien avez-vous besoin, en euros ?"),
        min_value=1,
        max_value=1_000_000_000,
        help_text=_("Un ordre de grandeur suffit."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    when = forms.ChoiceField(label=_("Quand vous faut-il l’argent ?"), widget=forms.RadioSelect)

    def settle(self) -> None:
        months = self.limits.months_ahead
        self.fields["when"].choices = [  # type: ignore[attr-defined]
            (When.SOON.value, _("Dans moins de %(n)s mois") % {"n": months}),
            (When.LATER.value, _("Dans %(n)s mois ou plus") % {"n": months}),
        ]


class WithWhomForm(StepForm):
    title = _("Avec qui ?")

    bank = forms.ChoiceField(label=_("Qu’a dit votre banque ?"), choices=Bank.choices, widget=forms.RadioSelect)
    support = forms.ChoiceField(
        label=_("Un organisme vous accompagne-t-il ?"), choices=Support.choices, widget=forms.RadioSelect
    )


STEPS: tuple[type[StepForm], ...] = (WhoForm, WhatForm, HowMuchForm, WithWhomForm)


class DiagnosisForm(forms.Form):
    """The questions of the self-diagnosis, in their order: sobriety first (R-101)."""

    def __init__(self, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        for question in diagnosis.QUESTIONS:
            self.fields[question.code] = forms.ChoiceField(
                label=question.text,
                help_text=_("Par exemple : %(evidence)s.") % {"evidence": question.evidence},
                choices=diagnosis.Level.choices,
                widget=forms.RadioSelect,
            )


class ToolFilterForm(forms.Form):
    """How the catalogue of tools is narrowed down."""

    stage = forms.ChoiceField(label=_("Pour"), required=False, choices=[("", _("Tous")), *ToolStage.choices])
    instrument = forms.ChoiceField(
        label=_("Instrument"), required=False, choices=[("", _("Tous")), *Instrument.choices]
    )
    department = forms.ChoiceField(label=_("Département"), required=False)

    def __init__(self, data: Mapping[str, Any], *, region: str) -> None:
        super().__init__(data)
        field = self.fields["department"]
        field.choices = [("", _("Tous")), *region_departements(region)]  # type: ignore[attr-defined]


def region_departements(region_name: str) -> list[tuple[str, str]]:
    """Return the départements of a region by its name; all of them when the region is not known."""
    rows = territories.current(Territory.Level.DEPARTEMENT)
    region = territories.current(Territory.Level.REGION).filter(name=region_name).first()
    if region is not None:
        rows = rows.filter(region_code=region.code)
    return list(rows.values_list("code", "name"))
