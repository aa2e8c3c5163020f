"""What the carrier of a grouping writes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from djmoney.money import Money

from projects.groupings.editing import GroupingProfile
from projects.groupings.selectors import perimeter_names
from projects.groupings.states import GroupingState
from projects.models import CircuitCarrier, Grouping, MemberBenefit, Organisation, PooledResource, ProgrammePart
from projects.models.groupings import GroupingKind, MemberType, Objective, Origin, Purpose, Sector, Structure
from projects.organisations.communes import written_out

_DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
_FACETS = ("origins", "structures", "purposes", "objectives")


def _date(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=_DATE)


def _money(label: Any, *, required: bool = True, minimum: int = 0) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        max_digits=12,
        decimal_places=2,
        min_value=minimum,
        required=required,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )


def _facet(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple)


class GroupingForm(forms.Form):
    """What a grouping says of itself."""

    name = forms.CharField(label=_("Nom"), max_length=160)
    purpose = forms.CharField(label=_("Objet"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000)
    sector = forms.ChoiceField(
        label=_("Secteur (pour un circuit)"), required=False, choices=[("", _("Aucun")), *Sector.choices]
    )
    commune = forms.CharField(label=_("Commune du lieu visible"), max_length=120)
    perimeter = forms.CharField(
        label=_("Périmètre"),
        required=False,
        help_text=_("Une commune ou une intercommunalité par ligne : son nom ou son code."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    partner_territory = forms.CharField(
        label=_("Territoire partenaire"),
        max_length=160,
        required=False,
        help_text=_("Ville et campagne, Nord et Sud : le local n’est pas le repli."),
    )
    origins = _facet(_("Origine"), Origin.choices)
    structures = _facet(_("Structure"), Structure.choices)
    purposes = _facet(_("Fonctions"), Purpose.choices)
    objectives = _facet(_("Objectifs"), Objective.choices)
    started_on = _date(_("Né le"), required=False)
    strategy = forms.CharField(
        label=_("Stratégie commune"), required=False, widget=forms.Textarea(attrs={"rows": 5}), max_length=8000
    )
    strategy_approved_on = _date(_("Stratégie approuvée le"), required=False)
    agreement_signed_on = _date(_("Accord signé le"), required=False)
    agreement_ends_on = _date(_("Accord jusqu’au"), required=False)
    other_networks = forms.CharField(
        label=_("Autres groupements et labels"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, grouping: Grouping | None = None, **kwargs: Any) -> None:
        if grouping is not None:
            initial = {name: getattr(grouping, name) for name in self.base_fields if hasattr(grouping, name)}
            initial["commune"] = written_out(grouping.commune_code)
            names = zip(perimeter_names(grouping), grouping.perimeter_codes, strict=True)
            initial["perimeter"] = "\n".join(f"{name} ({code})" for name, code in names)
            kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("strategy_approved_on") and not values.get("strategy"):
            self.add_error("strategy", _("Une stratégie approuvée est écrite."))
        start, end = values.get("agreement_signed_on"), values.get("agreement_ends_on")
        if end and (start is None or end <= start):
            self.add_error("agreement_ends_on", _("Un accord se termine après avoir été signé."))
        return values

    def profile(self) -> GroupingProfile:
        """Return what was written, once valid."""
        values = {name: self.cleaned_data[name] for name in GroupingForm.base_fields}
        values["perimeter"] = values["perimeter"].splitlines()
        return GroupingProfile(**values)


class NewGroupingForm(GroupingForm):
    field_order = ("kind",)

    kind = forms.ChoiceField(label=_("Nature"), choices=GroupingKind.choices, widget=forms.RadioSelect)


class ProposalForm(forms.Form):
    """An organisation of this site, named by the address of its page or its SIREN."""

    organisation = forms.CharField(
        label=_("Organisation inscrite ici"), max_length=120, help_text=_("Son nom exact ou son SIREN.")
    )

    def clean_organisation(self) -> Organisation:
        text = self.cleaned_data["organisation"].strip()
        bare = text.replace(" ", "")
        found = Organisation.objects.select_related("party")
        matches = list(found.filter(party__siren=bare)[:2] if bare.isdigit() else found.filter(name__iexact=text)[:2])
        if len(matches) != 1:
            raise forms.ValidationError(
                _("Aucune organisation inscrite ne porte ce nom ou ce numéro. Ajoutez-la comme structure extérieure.")
            )
        return matches[0]


class OutsideMemberForm(forms.Form):
    """A body that has no account here."""

    member_type = forms.ChoiceField(label=_("Type"), choices=MemberType.choices)
    name = forms.CharField(label=_("Nom"), max_length=160)
    siren = forms.CharField(label=_("SIREN"), max_length=14, required=False)
    commune = forms.CharField(label=_("Commune"), max_length=120)
    signed_on = _date(_("Adhésion signée le"), required=False)
    evidence = forms.CharField(label=_("Pièce signée"), max_length=200, required=False)
    deliberation = forms.CharField(label=_("Délibération n°"), max_length=80, required=False)
    deliberated_on = _date(_("Délibérée le"), required=False)


class ResourceForm(forms.Form):
    """What members put together."""

    kind = forms.ChoiceField(label=_("Nature"), choices=PooledResource.Kind.choices)
    label = forms.CharField(label=_("Ressource"), max_length=160)
    euros = _money(_("Montant par an, en euros"))
    since = _date(_("Depuis le"))
    evidence = forms.CharField(label=_("Pièce"), max_length=200, required=False)

    def values(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        return values | {"amount": Money(values.pop("euros"), "EUR")}


class ActivityForm(forms.Form):
    """What the grouping does."""

    label = forms.CharField(label=_("Activité"), max_length=160)
    recognised_by = forms.CharField(
        label=_("Utilité sociale reconnue par"), max_length=200, required=False, help_text=_("Vide si personne.")
    )
    since = _date(_("Depuis le"))

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class CarrierForm(forms.Form):
    """Who carries the grouping."""

    name = forms.CharField(label=_("Nom"), max_length=120)
    side = forms.ChoiceField(label=_("Rôle"), choices=CircuitCarrier.Side.choices)
    body = forms.CharField(label=_("Structure"), max_length=160, required=False)
    is_funded_post = forms.BooleanField(label=_("Poste d’animation financé"), required=False)
    since = _date(_("Depuis le"))

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class PartForm(forms.Form):
    """A part of the programme."""

    part = forms.ChoiceField(label=_("Volet"), choices=ProgrammePart.Part.choices)
    stage = forms.ChoiceField(label=_("Avancement"), choices=ProgrammePart.Stage.choices)
    budget_euros = _money(_("Budget, en euros"), minimum=1)
    cofinanced_euros = _money(_("Apporté par d’autres, en euros"))
    cofinancers = forms.CharField(label=_("Cofinanceurs"), max_length=200, required=False)
    starts_on = _date(_("Du"))
    ends_on = _date(_("Au"), required=False)
    report = forms.CharField(label=_("Rapport ou guide"), max_length=200, required=False)

    def values(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        return values | {
            "budget": Money(values.pop("budget_euros"), "EUR"),
            "cofinanced": Money(values.pop("cofinanced_euros"), "EUR"),
        }


class BenefitForm(forms.Form):
    """What a labelled pole brings to a member."""

    member = forms.UUIDField(label=_("Membre"))
    kind = forms.ChoiceField(label=_("Avantage"), choices=MemberBenefit.Kind.choices)
    granted_by = forms.CharField(label=_("Accordé par"), max_length=160)
    euros = _money(_("Montant, en euros"), required=False)
    since = _date(_("Du"))
    until = _date(_("Au"), required=False)

    def __init__(self, *args: Any, members: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["member"] = forms.ChoiceField(label=_("Membre"), choices=members)

    def values(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        values.pop("member")
        euros = values.pop("euros")
        return values | {"amount": Money(euros, "EUR") if euros is not None else None}


class GroupingFilterForm(forms.Form):
    """How the public narrows the directory down."""

    search = forms.CharField(label=_("Mots"), required=False, max_length=80)
    kind = forms.ChoiceField(label=_("Nature"), required=False, choices=[("", _("Toutes")), *GroupingKind.choices])
    state = forms.ChoiceField(label=_("État"), required=False, choices=[("", _("Tous")), *GroupingState.choices])
    sector = forms.ChoiceField(label=_("Secteur"), required=False, choices=[("", _("Tous")), *Sector.choices])
    origin = forms.ChoiceField(label=_("Origine"), required=False, choices=[("", _("Toutes")), *Origin.choices])
    objective = forms.ChoiceField(label=_("Objectif"), required=False, choices=[("", _("Tous")), *Objective.choices])


def facet_labels(grouping: Grouping) -> list[tuple[Any, str]]:
    """Return the facets of a grouping in words: (facet, its values), those without a value left out."""
    words: list[tuple[Any, str]] = []
    for name, choices in zip(_FACETS, (Origin, Structure, Purpose, Objective), strict=True):
        values = getattr(grouping, name)
        if values:
            label = GroupingForm.base_fields[name].label
            words.append((label, ", ".join(str(choices(value).label) for value in values)))
    return words
