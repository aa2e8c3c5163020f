"""Forms of the staff's pages on rounds."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from fres.kernel.money import CURRENCY
from funds.allocation.elections import Comparison, Completion, CountingRules, Satisfaction, TieRule
from funds.models import Compartment, Demand, Fund, Round
from funds.rounds.colleges import person_and_organisation_colleges
from funds.rounds.errors import ChoiceRefused
from funds.rounds.preparing import ON_THE_LIST
from funds.rounds.states import BallotMode
from projects.models import Application


class RoundForm(forms.Form):
    fund = forms.ModelChoiceField(Fund.objects.all(), label=_("Fonds"))
    compartment: forms.ModelChoiceField = forms.ModelChoiceField(
        Compartment.objects.all(), label=_("Compartiment"), required=False, empty_label=_("dotation du fonds")
    )
    title = forms.CharField(label=_("Titre"), max_length=120)
    summary = forms.CharField(label=_("Présentation"), widget=forms.Textarea({"rows": 3}))
    budget = forms.DecimalField(label=_("Somme à répartir, en euros"), min_value=1, max_digits=12, decimal_places=2)
    roll_on = forms.DateField(label=_("Liste électorale arrêtée au"), widget=forms.DateInput({"type": "date"}))
    opens_at = forms.DateTimeField(label=_("Ouvre le"), widget=forms.DateTimeInput({"type": "datetime-local"}))
    closes_at = forms.DateTimeField(label=_("Se ferme le"), widget=forms.DateTimeInput({"type": "datetime-local"}))
    ballot_kind = forms.ChoiceField(label=_("Bulletin"), choices=BallotMode.choices, initial=BallotMode.APPROVAL)
    max_choices = forms.IntegerField(
        label=_("Choix au plus"), min_value=1, max_value=50, initial=5, help_text=_("Quand on coche des projets.")
    )
    points = forms.IntegerField(
        label=_("Points par votant"),
        min_value=0,
        max_value=1_000,
        initial=0,
        help_text=_("Quand on répartit des points."),
    )
    persons_percent = forms.IntegerField(
        label=_("Part des personnes, en %"), min_value=1, max_value=99, required=False,
        help_text=_("Deux collèges, personnes et organisations, se partagent la somme. Vide : un seul groupe."),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what `prepare_round` takes. Raises: RoundRefused: a college would share nothing."""
        values = dict(self.cleaned_data)
        persons = values.pop("persons_percent")
        values["budget"] = Money(values["budget"], CURRENCY)
        values["colleges"] = person_and_organisation_colleges(persons) if persons else []
        return values


class DemandForm(forms.Form):
    application = forms.ModelChoiceField(
        Application.objects.filter(state__in=ON_THE_LIST).select_related("project"), label=_("Dossier")
    )
    amount = forms.DecimalField(label=_("Somme demandée, en euros"), min_value=1, max_digits=12, decimal_places=2)
    maximum = forms.DecimalField(
        label=_("Au plus, en euros"), min_value=1, max_digits=12, decimal_places=2, required=False,
        help_text=_("Si le projet peut employer davantage. Vide : la somme demandée, ni plus ni moins."),
    )  # fmt: skip


class RulesForm(forms.Form):
    """The choices that are frozen and published before the vote."""

    satisfaction = forms.ChoiceField(
        label=_("Satisfaction"), initial=Satisfaction.COST,
        choices=(
            (Satisfaction.COST, _("le coût du projet")),
            (Satisfaction.ONE, _("un par projet")),
            (Satisfaction.POINTS, _("les points donnés")),
        ),
    )  # fmt: skip
    completion = forms.ChoiceField(
        label=_("Complément"), initial=Completion.ADD1U,
        choices=(
            (Completion.ADD1U, _("relances, puis nombre de voix")),
            (Completion.ADD1EU, _("relances jusqu’à épuisement, puis nombre de voix")),
            (Completion.ADD1, _("relances")),
            (Completion.ADD1E, _("relances jusqu’à épuisement")),
            (Completion.U, _("nombre de voix")),
            (Completion.NONE, _("aucun")),
        ),
    )  # fmt: skip
    delta = forms.ChoiceField(
        label=_("Pas de relance"), choices=(("100", _("1 euro par votant")), ("1", _("1 centime par votant")))
    )
    cost_tie = forms.ChoiceField(
        label=_("En cas d’égalité, après le nombre de soutiens"),
        choices=((TieRule.LOWER_COST, _("le coût le plus bas")), (TieRule.HIGHER_COST, _("le coût le plus haut"))),
    )
    comparison = forms.ChoiceField(
        label=_("Comparer avec le résultat par nombre de voix"), initial=Comparison.NONE,
        choices=(
            (Comparison.NONE, _("non")),
            (Comparison.NUMBER, _("chacun préfère le résultat qui a plus de ses projets")),
            (Comparison.SATISFACTION, _("chacun préfère le résultat qui le satisfait le plus")),
            (Comparison.EXCLUSION, _("moins de votants sans aucun de leurs projets")),
        ),
    )  # fmt: skip

    def rules(self) -> CountingRules:
        data = self.cleaned_data
        return CountingRules(
            satisfaction=Satisfaction(data["satisfaction"]),
            completion=Completion(data["completion"]),
            delta_cents=int(data["delta"]),
            ties=(TieRule.MORE_APPROVERS, TieRule(data["cost_tie"]), TieRule.DRAWN_ORDER),
            comparison=Comparison(data["comparison"]),
        )


class PaperForm(forms.Form):
    number = forms.IntegerField(label=_("Numéro du bulletin"), min_value=1)
    choices = forms.CharField(
        label=_("Codes choisis, séparés par des virgules"), required=False,
        help_text=_("Dans un vote par points : P01=4, P03=6."),
    )  # fmt: skip
    college = forms.CharField(label=_("Collège imprimé sur le bulletin"), max_length=12, required=False)

    def choices_of(self, of: Round) -> list[str] | dict[str, int]:
        """Return what is written on the ballot. Raises: ChoiceRefused: points that are not a whole number."""
        cells = [cell.strip().upper() for cell in self.cleaned_data["choices"].split(",") if cell.strip()]
        if of.ballot_kind != BallotMode.POINTS:
            return cells
        return read_points(tuple(cell.partition("=")[::2]) for cell in cells)


def read_points(pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return points by code from what was typed; an empty cell gives none.

    Raises: ChoiceRefused: not a whole number, or a project twice.
    """
    found: dict[str, int] = {}
    for code, typed in pairs:
        text = typed.strip()
        if code.strip() in found or not (text == "" or (text.isascii() and text.isdigit() and len(text) < 6)):
            raise ChoiceRefused(_t("Les points sont des nombres entiers, zéro ou plus."))
        found[code.strip()] = int(text or 0)
    return found


class OrderForm(forms.Form):
    """What the order gives: the vote's choice is ticked; anything else needs a public motive."""

    codes = forms.MultipleChoiceField(label=_("Projets financés"), widget=forms.CheckboxSelectMultiple, required=False)
    motive = forms.CharField(label=_("Motif public, si l’ordre s’écarte du vote"), max_length=400, required=False)

    def offer(self, demands: list[Demand]) -> "OrderForm":
        field = self.fields["codes"]
        field.choices = [(one.code, f"{one.code} {one.project.title}") for one in demands]  # type: ignore[attr-defined]
        return self
