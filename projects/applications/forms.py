"""Forms beside the sections: start a file, filter the list, the acts of the instruction."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel import parameters
from fres.kernel.models import Territory
from fres.kernel.territories import communes_of_postal_code, current
from investors.models import User
from projects.applications.eligibility import Rule
from projects.models import Call, ExpertOpinion, InstructionNote, Organisation, RefusalReason, Theme
from projects.states import ApplicationState

_AREA = forms.Textarea(attrs={"rows": 4})
_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _regions() -> list[tuple[str, str]]:
    return list(current(Territory.Level.REGION).values_list("code", "name"))


class StartForm(forms.Form):
    """What names a project: the rest comes section by section."""

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Votre organisation"), queryset=Organisation.objects.none(), empty_label=None
    )
    title = forms.CharField(label=gettext_lazy("Nom du projet"), max_length=120)
    summary = forms.CharField(label=gettext_lazy("Le projet en une phrase"), max_length=240)
    theme = forms.ChoiceField(label=gettext_lazy("Thème"), choices=Theme.choices)
    postal_code = forms.CharField(
        label=gettext_lazy("Code postal du projet"),
        max_length=5,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    commune_code = forms.ChoiceField(label=gettext_lazy("Commune"), required=False)

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        self.communes = self._communes()
        if len(self.communes) > 1:
            self.fields["commune_code"].choices = [("", _("Choisissez")), *self.communes.items()]  # type: ignore[attr-defined]
        else:
            del self.fields["commune_code"]

    def _communes(self) -> dict[str, str]:
        code = "".join(str(self["postal_code"].value() or "").split())
        return dict(communes_of_postal_code(code).values_list("code", "name")) if code else {}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "postal_code" not in values:
            return values
        if not self.communes:
            self.add_error("postal_code", _("Aucune commune connue n’a ce code postal : vérifiez-le."))
        elif len(self.communes) == 1:
            values["commune_code"] = next(iter(self.communes))
        elif not values.get("commune_code") and "commune_code" not in self.errors:
            self.add_error("commune_code", _("Ce code postal sert plusieurs communes : choisissez la vôtre."))
        return values


class FileFilterForm(forms.Form):
    """What the list of files shows; empty fields ask for everything."""

    q = forms.CharField(label=gettext_lazy("Projet, organisation, numéro"), max_length=80, required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("État"), required=False, choices=[("", gettext_lazy("Tous")), *ApplicationState.choices]
    )
    call = forms.ChoiceField(label=gettext_lazy("Appel"), required=False)
    instructor = forms.ChoiceField(label=gettext_lazy("Instruit par"), required=False)
    late = forms.BooleanField(label=gettext_lazy("En retard seulement"), required=False)

    def __init__(self, *args: Any, people: list[User], **options: Any) -> None:
        super().__init__(*args, **options)
        calls = Call.objects.order_by("title").values_list("slug", "title")
        self.fields["call"].choices = [("", _("Tous")), *calls]  # type: ignore[attr-defined]
        names = [(str(one.pk), str(one)) for one in people]
        self.fields["instructor"].choices = [("", _("Tous")), ("none", _("Personne")), *names]  # type: ignore[attr-defined]


class EligibilityForm(forms.Form):
    """Each rule, met or not; and when one is not, the refusal that is sent."""

    code = forms.ChoiceField(
        label=gettext_lazy("Motif, si une règle n’est pas remplie"), required=False,
        choices=[("", gettext_lazy("Choisissez")), *RefusalReason.choices],
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Explication envoyée au porteur"), required=False, widget=_AREA)
    next_step = forms.CharField(
        label=gettext_lazy("Ce qu’il peut faire maintenant"), required=False, widget=_AREA,
        help_text=gettext_lazy("Un autre outil, un réseau d’accompagnement, ce qui changerait la réponse."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for rule in Rule:
            self.fields[f"met-{rule}"] = forms.ChoiceField(
                label=rule.label, choices=[("yes", _("Remplie")), ("no", _("Non remplie"))], widget=forms.RadioSelect
            )
            self.fields[f"comment-{rule}"] = forms.CharField(
                label=_("Constat"), required=False, max_length=400, widget=forms.TextInput
            )

        self.order_fields([name for name in self.fields if "-" in name])

    def findings(self) -> dict[str, dict[str, Any]]:
        """Return what was found of each rule, once valid."""
        data = self.cleaned_data
        return {
            rule.value: {"met": data[f"met-{rule}"] == "yes", "comment": data.get(f"comment-{rule}", "")}
            for rule in Rule
        }


class OpinionForm(forms.Form):
    expert = forms.CharField(label=gettext_lazy("À qui"), max_length=160)
    subject = forms.CharField(label=gettext_lazy("Sur quoi"), max_length=160)


class OpinionGivenForm(forms.Form):
    verdict = forms.ChoiceField(label=gettext_lazy("Conclusion"), choices=ExpertOpinion.Verdict.choices)
    text = forms.CharField(label=gettext_lazy("Texte de l’avis"), widget=_AREA)


class VisitForm(forms.Form):
    planned_on = forms.DateField(label=gettext_lazy("Jour"), widget=_DATE)
    place = forms.CharField(label=gettext_lazy("Lieu"), max_length=160)


class VisitReportForm(forms.Form):
    visited_on = forms.DateField(label=gettext_lazy("Faite le"), widget=_DATE)
    people_met = forms.CharField(label=gettext_lazy("Personnes rencontrées (fonctions)"), max_length=240)
    report = forms.CharField(label=gettext_lazy("Compte rendu"), widget=_AREA)


class NoteForm(forms.ModelForm):
    """The note of the committee, as far as it goes."""

    class Meta:
        model = InstructionNote
        fields = (
            "viability", "social_use", "governance", "carrier", "additionality", "accompaniment",
            "without_visit_because", "proposed_conditions", "advice",
        )  # fmt: skip
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in fields[:-1]}


class CallForm(forms.Form):
    """A call to open."""

    title = forms.CharField(label=gettext_lazy("Titre"), max_length=160)
    summary = forms.CharField(label=gettext_lazy("En une phrase"), max_length=240)
    description = forms.CharField(label=gettext_lazy("Ce qui est cherché"), widget=_AREA)
    opens_on = forms.DateField(label=gettext_lazy("Ouvre le"), widget=_DATE)
    closes_on = forms.DateField(
        label=gettext_lazy("Ferme le"), required=False, widget=_DATE,
        help_text=gettext_lazy("Dernier jour, jusqu’à minuit. Vide : l’appel reste ouvert."),
    )  # fmt: skip
    contact_email = forms.EmailField(label=gettext_lazy("Adresse pour les questions"), required=False)
    fund = forms.ChoiceField(label=gettext_lazy("Fonds"), choices=parameters.fund_scopes)
    region = forms.ChoiceField(label=gettext_lazy("Région"), choices=_regions)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        opens_on, closes_on = values.get("opens_on"), values.get("closes_on")
        if opens_on and closes_on and closes_on < opens_on:
            self.add_error("closes_on", _("Un appel ferme après avoir ouvert."))
        return values
