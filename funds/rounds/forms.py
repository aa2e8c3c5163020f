"""Forms of the staff's pages on rounds."""

from django import forms
from django.utils.translation import gettext_lazy as _

from funds.allocation.elections import Comparison, Completion, CountingRules, Satisfaction, TieRule
from funds.models import Compartment, Demand, Fund
from funds.rounds.preparing import ON_THE_LIST
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
    max_choices = forms.IntegerField(label=_("Choix au plus"), min_value=1, max_value=50, initial=5)


class DemandForm(forms.Form):
    application = forms.ModelChoiceField(
        Application.objects.filter(state__in=ON_THE_LIST).select_related("project"), label=_("Dossier")
    )
    amount = forms.DecimalField(label=_("Somme demandée, en euros"), min_value=1, max_digits=12, decimal_places=2)


class RulesForm(forms.Form):
    """The choices that are frozen and published before the vote."""

    satisfaction = forms.ChoiceField(
        label=_("Satisfaction"), initial=Satisfaction.COST,
        choices=((Satisfaction.COST, _("le coût du projet")), (Satisfaction.ONE, _("un par projet"))),
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
    compares = forms.BooleanField(label=_("Comparer avec le résultat par nombre de voix"), required=False)

    def rules(self) -> CountingRules:
        data = self.cleaned_data
        return CountingRules(
            satisfaction=Satisfaction(data["satisfaction"]),
            completion=Completion(data["completion"]),
            delta_cents=int(data["delta"]),
            ties=(TieRule.MORE_APPROVERS, TieRule(data["cost_tie"]), TieRule.DRAWN_ORDER),
            comparison=Comparison.NUMBER if data["compares"] else Comparison.NONE,
        )


class PaperForm(forms.Form):
    number = forms.IntegerField(label=_("Numéro du bulletin"), min_value=1)
    choices = forms.CharField(label=_("Codes choisis, séparés par des virgules"), required=False)

    def codes(self) -> list[str]:
        return [code.strip().upper() for code in self.cleaned_data["choices"].split(",") if code.strip()]


class OrderForm(forms.Form):
    """What the order gives: the vote's choice is ticked; anything else needs a public motive."""

    codes = forms.MultipleChoiceField(label=_("Projets financés"), widget=forms.CheckboxSelectMultiple, required=False)
    motive = forms.CharField(label=_("Motif public, si l’ordre s’écarte du vote"), max_length=400, required=False)

    def offer(self, demands: list[Demand]) -> "OrderForm":
        field = self.fields["codes"]
        field.choices = [(one.code, f"{one.code} {one.project.title}") for one in demands]  # type: ignore[attr-defined]
        return self
