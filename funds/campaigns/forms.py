"""Forms of campaigns: terms, answers, team, plan, tranches, and what is said in public."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from fres.kernel import clock
from funds.campaigns.preparing import FundingLine, PersonLine, Terms, TrancheLine
from funds.fici.fields import FIGURE_YEARS, FIGURES, Kind, fields_for
from funds.forms import AmountField
from funds.models import FundingSource, Offer, OfferFile

OPENING_HOUR, LAST_SECOND = time(8, 0), time(23, 59)
EMPTY_ROWS = 2


class DayInput(forms.DateInput):
    """A calendar field of the browser."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")


class TermsForm(forms.Form):
    """The terms of an offer; its operation judges what they mean together."""

    lane = forms.ChoiceField(label=_("Nature"), choices=Offer.Lane.choices)
    minimum = AmountField(label=_("Minimum à encaisser"))
    maximum = AmountField(label=_("Maximum"))
    ticket_minimum = AmountField(label=_("Mise minimale par personne"))
    ticket_maximum = AmountField(label=_("Mise maximale par personne"))
    opens_on = forms.DateField(label=_("Ouverture, à 8 heures"), widget=DayInput())
    closes_on = forms.DateField(label=_("Dernier jour d’engagement"), widget=DayInput())
    rate = forms.DecimalField(
        label=_("Taux annuel, en %"), help_text=_("0 pour un don."), min_value=0, max_value=20, decimal_places=2,
        localize=True,
    )  # fmt: skip
    months = forms.IntegerField(label=_("Durée en mois"), help_text=_("0 pour un don."), min_value=0, max_value=180)
    risks = forms.CharField(
        label=_("Risques propres au projet"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    gives_receipt = forms.BooleanField(label=_("Le don donne droit à un reçu fiscal"), required=False)
    raised_elsewhere = AmountField(
        label=_("Levé ailleurs depuis douze mois"), required=False,
        help_text=_("Sur d’autres plateformes ou par une offre au public, dans toute l’Union : la loi cumule."),
    )  # fmt: skip
    declared_on = forms.DateField(label=_("Déclaration signée le"), required=False, widget=DayInput())

    def __init__(self, *args: Any, offer: Offer | None = None, **options: Any) -> None:
        if offer is not None:
            options["initial"] = _initial_of(offer)
        super().__init__(*args, **options)
        if offer is not None:
            self.fields["lane"].disabled = True

    def terms(self) -> Terms:
        """Return the terms written, dates as moments in Paris."""
        said = self.cleaned_data
        return Terms(
            lane=said["lane"],
            minimum=said["minimum"],
            maximum=said["maximum"],
            ticket_minimum=said["ticket_minimum"],
            ticket_maximum=said["ticket_maximum"],
            opens_at=_at(said["opens_on"], OPENING_HOUR),
            closes_at=_at(said["closes_on"], LAST_SECOND),
            risks=said["risks"],
            rate_bp=int(said["rate"] * 100),
            months=said["months"],
            gives_receipt=said["gives_receipt"],
            raised_elsewhere=said["raised_elsewhere"],
            raised_elsewhere_declared_on=said["declared_on"],
        )


class CalendarForm(forms.Form):
    """The dates of a campaign that is prepared again."""

    opens_on = forms.DateField(label=_("Nouvelle ouverture, à 8 heures"), widget=DayInput())
    closes_on = forms.DateField(label=_("Nouveau dernier jour d’engagement"), widget=DayInput())

    def moments(self) -> tuple[datetime, datetime]:
        """Return the opening and the last moment written, in Paris."""
        said = self.cleaned_data
        return _at(said["opens_on"], OPENING_HOUR), _at(said["closes_on"], LAST_SECOND)


class AnswersForm(forms.Form):
    """The questions of the file, and the key figures of up to three years."""

    def __init__(self, *args: Any, offer: Offer, **options: Any) -> None:
        answers: Mapping[str, Any] = offer.file.answers
        options["initial"] = _initial_answers(answers)
        super().__init__(*args, **options)
        for field in fields_for(is_gift=offer.is_gift):
            self.fields[field.key] = _form_field(field)
        self.has_figures = not offer.is_gift
        if self.has_figures:
            for rank in range(1, FIGURE_YEARS + 1):
                self.fields[f"year_{rank}"] = forms.IntegerField(
                    label=_("Exercice"), required=False, min_value=1990, max_value=2100
                )
                for key, label in FIGURES:
                    self.fields[f"{key}_{rank}"] = forms.IntegerField(label=label, required=False)

    @property
    def questions(self) -> list[Any]:
        return [self[name] for name in self.fields if not name[-2:].startswith("_")]

    @property
    def years(self) -> list[list[Any]]:
        """The fields of each year, its number first."""
        if not self.has_figures:
            return []
        keys = ("year", *(key for key, _label in FIGURES))
        return [[self[f"{key}_{rank}"] for key in keys] for rank in range(1, FIGURE_YEARS + 1)]

    def answers(self) -> dict[str, Any]:
        """Return the answers by key, and `figures` for the years that were named."""
        said = self.cleaned_data
        found: dict[str, Any] = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in said.items()
            if not name[-2:].startswith("_")
        }
        if self.has_figures:
            found["figures"] = [
                {"year": said[f"year_{rank}"], **{key: said[f"{key}_{rank}"] for key, _label in FIGURES}}
                for rank in range(1, FIGURE_YEARS + 1)
                if said.get(f"year_{rank}")
            ]
        return found


class PersonForm(forms.Form):
    """One person of the team; an empty name leaves the row out."""

    name = forms.CharField(label=_("Nom"), max_length=120, required=False)
    role = forms.CharField(label=_("Fonction"), max_length=120, required=False)
    presentation = forms.CharField(
        label=_("Présentation"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_responsible = forms.BooleanField(label=_("Signe la fiche d’informations clés"), required=False)


class FundingForm(forms.Form):
    """One line of the funding plan; an empty amount leaves the row out."""

    kind = forms.ChoiceField(
        label=_("Qui"), required=False,
        choices=[one for one in FundingSource.Kind.choices if one[0] != FundingSource.Kind.SAVERS],
    )  # fmt: skip
    label = forms.CharField(label=_("Précision"), max_length=120, required=False)
    amount = AmountField(label=_("Montant"), required=False)
    is_obtained = forms.BooleanField(label=_("Déjà obtenu"), required=False)


class TrancheForm(forms.Form):
    """One tranche; an empty amount leaves the row out."""

    planned = AmountField(label=_("Montant, si le maximum est levé"), required=False)
    milestone = forms.CharField(label=_("Étape"), max_length=200, required=False)
    proof = forms.CharField(label=_("Preuve attendue"), max_length=200, required=False)


class TrancheRulesForm(forms.Form):
    """Who releases a tranche, and what silence means."""

    silence_rule = forms.ChoiceField(label=_("Règle du silence"), choices=OfferFile.SilenceRule.choices)
    delegates = forms.IntegerField(
        label=_("Délégués tirés au sort"), help_text=_("0 : tous les prêteurs votent."), min_value=0, max_value=99
    )


TeamFormSet = forms.formset_factory(PersonForm, extra=EMPTY_ROWS)
FundingFormSet = forms.formset_factory(FundingForm, extra=EMPTY_ROWS)
TrancheFormSet = forms.formset_factory(TrancheForm, extra=EMPTY_ROWS)


def people_of(formset: Any) -> list[PersonLine]:
    return [PersonLine(**row) for row in formset.cleaned_data if row.get("name")]


def funding_of(formset: Any) -> list[FundingLine]:
    return [FundingLine(**row) for row in formset.cleaned_data if row.get("amount") is not None]


def tranches_of(formset: Any) -> list[TrancheLine]:
    return [TrancheLine(**row) for row in formset.cleaned_data if row.get("planned") is not None]


class QuestionForm(forms.Form):
    text = forms.CharField(
        label=_("Votre question, que tout le monde lira"), max_length=1_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class UpdateForm(forms.Form):
    """News of a project."""

    title = forms.CharField(label=_("Titre"), max_length=120)
    body = forms.CharField(label=_("Nouvelle"), max_length=6_000, widget=forms.Textarea(attrs={"rows": 5}))


class IntentionForm(forms.Form):
    amount = AmountField(label=_("Combien pourriez-vous engager ?"))


def written(amount: Money | None) -> str:
    """Return a sum as a form shows it: "1234,50"."""
    if amount is None:
        return ""
    return f"{amount.amount:f}".replace(".", ",")


def _initial_of(offer: Offer) -> dict[str, Any]:
    money = ("minimum", "maximum", "ticket_minimum", "ticket_maximum", "raised_elsewhere")
    return {name: written(getattr(offer, name)) for name in money} | {
        "lane": offer.lane,
        "opens_on": clock.local(offer.opens_at).date(),
        "closes_on": clock.local(offer.closes_at).date(),
        "rate": Decimal(offer.rate_bp) / 100,
        "months": offer.months,
        "risks": offer.risks,
        "gives_receipt": offer.gives_receipt,
        "declared_on": offer.raised_elsewhere_declared_on,
    }


def _initial_answers(answers: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in answers.items() if key != "figures"}
    for rank, year in enumerate(answers.get("figures", []), start=1):
        found |= {f"{key}_{rank}": value for key, value in year.items()}
    return found


def _form_field(field: Any) -> forms.Field:
    common = {"label": field.label, "help_text": field.help, "required": False}
    if field.kind is Kind.DATE:
        return forms.DateField(widget=DayInput(), **common)
    if field.kind is Kind.EUROS:
        return forms.IntegerField(min_value=0, **common)
    if field.kind is Kind.LINE:
        return forms.CharField(max_length=field.limit, **common)
    return forms.CharField(max_length=field.limit, widget=forms.Textarea(attrs={"rows": 3}), **common)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=clock.PARIS)
