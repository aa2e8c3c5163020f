"""Forms of labels and charters: what is typed, turned into what the operations take."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel import parameters
from fres.kernel.models import Territory
from projects.labels.criteria import OPERATORS
from projects.labels.subjects import Subject
from projects.labels.versions import CriterionDraft
from projects.labels.weights import HIGHEST_WEIGHT
from projects.models import Award, Criterion, Label
from projects.models.groupings import Sector
from projects.states import AwardState

_DATE = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
_THRESHOLD_PARTS = 5
BRANCHES = {
    "STANDARD": gettext_lazy("Cas ordinaire"),
    "BY_RIGHT": gettext_lazy("Agréée de droit (insertion, entreprise adaptée, ESAT…)"),
    "FINANCIER": gettext_lazy("Financeur assimilé"),
    "COMPANY": gettext_lazy("Société commerciale"),
    **dict(Sector.choices),
}


class RegisterFilterForm(forms.Form):
    """Narrow the register down. Every field is optional."""

    search = forms.CharField(label=gettext_lazy("Nom"), max_length=80, required=False)
    label = forms.ChoiceField(label=gettext_lazy("Label"), required=False)
    department = forms.ChoiceField(label=gettext_lazy("Département"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("État"), required=False)

    def __init__(self, *args: Any, labels: list[tuple[str, str]], departments: list[tuple[str, str]], **options: Any):
        super().__init__(*args, **options)
        from projects.labels.selectors import PUBLIC_STATES

        states = [(state.value, AwardState(state).label) for state in PUBLIC_STATES]
        for name, choices in (("label", labels), ("department", departments), ("state", states)):
            self.fields[name].choices = [("", _("Tous")), *choices]  # type: ignore[attr-defined]


class StartForm(forms.Form):
    """Which version, which case. The subject stands in the address."""

    label = forms.ModelChoiceField(
        label=gettext_lazy("Référentiel"), queryset=Label.objects.none(), empty_label=gettext_lazy("Choisissez")
    )
    branch = forms.ChoiceField(label=gettext_lazy("Cas"), required=False)

    def __init__(self, *args: Any, labels: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["label"].queryset = labels  # type: ignore[attr-defined]
        self.fields["branch"].choices = [("", _("Cas ordinaire, sans autre précision")), *BRANCHES.items()]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """The answer to one criterion, on its own scale."""

    yes = forms.ChoiceField(label=gettext_lazy("Réponse"), required=False)
    level = forms.ChoiceField(label=gettext_lazy("Niveau"), required=False)
    is_na = forms.BooleanField(label=gettext_lazy("Sans objet"), required=False)
    reference = forms.CharField(label=gettext_lazy("Preuve citée"), max_length=300, required=False)
    valid_to = forms.DateField(label=gettext_lazy("La preuve vaut jusqu’au"), required=False, **_DATE)  # type: ignore[arg-type]
    note = forms.CharField(
        label=gettext_lazy("Remarque"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )
    file = forms.FileField(label=gettext_lazy("Pièce"), required=False)

    def __init__(self, *args: Any, criterion: Criterion, **options: Any) -> None:
        options["prefix"] = f"c{criterion.pk}"
        super().__init__(*args, **options)
        self.criterion = criterion
        if criterion.scale in (Criterion.Scale.BOOL, Criterion.Scale.DECL):
            self.fields["yes"].choices = [("", "–"), ("yes", _("oui")), ("no", _("non"))]  # type: ignore[attr-defined]
        else:
            del self.fields["yes"]
        if criterion.scale == Criterion.Scale.PROG:
            levels = [
                ("0", _("0 – absent")),
                ("1", _("1 – prévu")),
                ("2", _("2 – en place")),
                ("3", _("3 – exemplaire")),
            ]
            self.fields["level"].choices = [("", "–"), *levels]  # type: ignore[attr-defined]
        else:
            del self.fields["level"]
        if not (criterion.allows_na or criterion.alternative):
            del self.fields["is_na"]
        for test in criterion.tests:
            label = (
                f"{test['label']} ({test['operator']} {test['threshold']}{' ' + test['unit'] if test['unit'] else ''})"
            )
            self.fields[f"value_{test['name']}"] = forms.CharField(label=label, max_length=40, required=False)

    def operation_arguments(self) -> dict[str, Any]:
        """Return what `answer_criterion` takes."""
        given = self.cleaned_data
        values = {name[6:]: _value(text) for name, text in given.items() if name.startswith("value_") and text}
        return {
            "yes": {"yes": True, "no": False}.get(given.get("yes", "")),
            "level": int(given["level"]) if given.get("level") else None,
            "is_na": bool(given.get("is_na")),
            "values": values,
            "reference": given["reference"],
            "valid_to": given["valid_to"],
            "note": given["note"],
        }


def _value(text: str) -> str | list[str]:
    """ "2/3" is a part and a whole; anything else one number."""
    parts = [part.strip() for part in text.split("/")]
    return parts if len(parts) == 2 else text.strip()


class ClaimForm(forms.Form):
    """A status given by somebody else, with its proof."""

    subject = forms.ChoiceField(label=gettext_lazy("Pour"))
    label = forms.ModelChoiceField(label=gettext_lazy("Statut"), queryset=Label.objects.none())
    proof = forms.CharField(
        label=gettext_lazy("Preuve"),
        help_text=gettext_lazy("L’arrêté et sa date, le registre ou la liste où le vérifier."),
        max_length=300,
    )
    valid_from = forms.DateField(label=gettext_lazy("Premier jour"), **_DATE)  # type: ignore[arg-type]
    valid_to = forms.DateField(label=gettext_lazy("Dernier jour"), required=False, **_DATE)  # type: ignore[arg-type]
    file = forms.FileField(label=gettext_lazy("Pièce (PDF ou image)"), required=False)

    def __init__(self, *args: Any, subjects: list[Subject], labels: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["subject"].choices = [(f"{one.type}:{one.uuid}", one.name) for one in subjects]  # type: ignore[attr-defined]
        self.fields["label"].queryset = labels  # type: ignore[attr-defined]


class SignForm(forms.Form):
    """Sign a charter: for whom, in which sector, and each inalienable criterion accepted one by one."""

    subject = forms.ChoiceField(label=gettext_lazy("Signataire"))
    sector = forms.ChoiceField(label=gettext_lazy("Secteur"), choices=Sector.choices)
    agrees = forms.BooleanField(label=gettext_lazy("Je signe cet engagement au nom de l’organisation"))

    def __init__(self, *args: Any, subjects: list[Subject], criteria: list[Criterion], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["subject"].choices = [(f"{one.type}:{one.uuid}", one.name) for one in subjects]  # type: ignore[attr-defined]
        for criterion in criteria:
            self.fields[f"accepts_{criterion.pk}"] = forms.BooleanField(
                label=f"{criterion.title} : {criterion.text_fr}", required=False
            )
        self.order_fields(["subject", "sector", *(f"accepts_{one.pk}" for one in criteria), "agrees"])


class MisuseForm(forms.Form):
    """What a reader saw."""

    about = forms.CharField(label=gettext_lazy("Qui utilise ce nom"), max_length=160)
    seen_where = forms.CharField(label=gettext_lazy("Où l’avez-vous vu"), max_length=300)
    facts = forms.CharField(
        label=gettext_lazy("Ce que vous avez constaté"), widget=forms.Textarea(attrs={"rows": 5}), max_length=3000
    )
    reporter_email = forms.EmailField(
        label=gettext_lazy("Votre adresse, si vous voulez la réponse"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class VersionForm(forms.Form):
    """The version to come, beside its criteria."""

    version = forms.CharField(label=gettext_lazy("Version"), max_length=20)
    valid_from = forms.DateField(label=gettext_lazy("Premier jour"), **_DATE)  # type: ignore[arg-type]
    purpose = forms.CharField(label=gettext_lazy("Ce qu’il dit"), widget=forms.Textarea(attrs={"rows": 3}))
    validity_months = forms.IntegerField(
        label=gettext_lazy("Durée en mois"), min_value=1, max_value=120, required=False
    )
    source = forms.CharField(label=gettext_lazy("Source ou décision"), max_length=400)


class LocalLabelForm(forms.Form):
    """A label that a fund makes its own, beside its criteria."""

    fund_uuid = forms.ChoiceField(label=gettext_lazy("Fonds"))
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=20, help_text=gettext_lazy("Majuscules, chiffres et tirets.")
    )
    version = forms.CharField(label=gettext_lazy("Version"), max_length=20)
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=160)
    purpose = forms.CharField(label=gettext_lazy("Ce qu’il dit"), widget=forms.Textarea(attrs={"rows": 3}))
    owner = forms.CharField(label=gettext_lazy("Décideur"), max_length=160)
    subject_types = forms.MultipleChoiceField(
        label=gettext_lazy("À qui il s’attribue"), choices=Award.Subject.choices, widget=forms.CheckboxSelectMultiple
    )
    validity_months = forms.IntegerField(label=gettext_lazy("Durée en mois"), min_value=1, max_value=120)
    valid_from = forms.DateField(label=gettext_lazy("Premier jour"), **_DATE)  # type: ignore[arg-type]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["fund_uuid"].choices = parameters.fund_scopes()  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).upper()
        if not re.fullmatch(r"[A-Z][A-Z0-9-]{1,19}", code):
            raise forms.ValidationError(_("Un code a des majuscules, des chiffres et des tirets."), code="code")
        return code

    def clean_fund_uuid(self) -> UUID:
        return UUID(self.cleaned_data["fund_uuid"])


class CriterionForm(forms.Form):
    """One criterion of the version to come. Emptying its identifier leaves it out."""

    identifier = forms.CharField(label=gettext_lazy("Identifiant"), max_length=20, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Type"), choices=Criterion.Kind.choices, required=False)
    scale = forms.ChoiceField(label=gettext_lazy("Échelle"), choices=Criterion.Scale.choices, required=False)
    title = forms.CharField(label=gettext_lazy("Intitulé"), max_length=120, required=False)
    text_fr = forms.CharField(label=gettext_lazy("Texte"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    evidence = forms.CharField(
        label=gettext_lazy("Preuves attendues, une par ligne"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )
    tests = forms.CharField(
        label=gettext_lazy("Seuils, un par ligne : nom ; libellé ; >= ; 66 ; %"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )
    weight = forms.IntegerField(label=gettext_lazy("Poids"), min_value=0, max_value=9, initial=1, required=False)

    def clean_tests(self) -> tuple[dict[str, str], ...]:
        found = []
        for line in self.cleaned_data["tests"].splitlines():
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split(";")]
            if len(parts) != _THRESHOLD_PARTS or parts[2] not in OPERATORS or not _is_number(parts[3]):
                raise forms.ValidationError(_("Un seuil s’écrit : nom ; libellé ; >= ; 66 ; %."), code="threshold")
            found.append(dict(zip(("name", "label", "operator", "threshold", "unit"), parts, strict=True)))
        return tuple(found)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("identifier"):
            if not given.get("title") or not given.get("text_fr"):
                raise forms.ValidationError(_("Un critère a un intitulé et un texte."), code="words")
            if (given.get("scale") == Criterion.Scale.NUM) != bool(given.get("tests")):
                raise forms.ValidationError(_("Un critère chiffré a un seuil ; les autres n’en ont pas."), code="scale")
            if given.get("kind") == Criterion.Kind.EXCLUSION and given.get("scale") != Criterion.Scale.BOOL:
                raise forms.ValidationError(_("Une exclusion se répond par oui ou non."), code="exclusion")
        return given

    def draft(self, base: Criterion | None) -> CriterionDraft:
        """Return the criterion; what the form does not show is kept from the version it comes from."""
        given = self.cleaned_data
        return CriterionDraft(
            identifier=given["identifier"],
            kind=given["kind"],
            scale=given["scale"],
            title=given["title"],
            text_fr=given["text_fr"],
            evidence=tuple(line.strip() for line in given["evidence"].splitlines() if line.strip()),
            tests=given["tests"],
            weight=given["weight"] if given["weight"] is not None else 1,
            question=base.question if base else "",
            any_test=base.any_test if base else False,
            allows_na=base.allows_na if base else False,
            alternative=base.alternative if base else "",
            branch=base.branch if base else "",
            part=base.part if base else "",
        )


CriterionFormSet = forms.formset_factory(CriterionForm, extra=2, max_num=60)
NewCriterionFormSet = forms.formset_factory(CriterionForm, extra=8, max_num=60)


def criterion_initial(label: Label) -> list[dict[str, Any]]:
    """Return the criteria of a version as the forms of the next one begin."""
    return [
        {
            "identifier": one.identifier, "kind": one.kind, "scale": one.scale, "title": one.title,
            "text_fr": one.text_fr, "evidence": "\n".join(one.evidence), "weight": one.weight,
            "tests": "\n".join(
                " ; ".join((t["name"], t["label"], t["operator"], t["threshold"], t["unit"])) for t in one.tests
            ),
        }
        for one in label.criteria.all()
    ]  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


class WeightsForm(forms.Form):
    """What a territory makes of the criteria of progress of a label; each starts at the label's own weight."""

    territory_code = forms.ChoiceField(label=gettext_lazy("Département"))
    valid_from = forms.DateField(
        label=gettext_lazy("À partir du"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=gettext_lazy("Décision du territoire"), max_length=300,
        help_text=gettext_lazy("Qui l’a prise, quand, et pourquoi : elle est publiée."),
    )  # fmt: skip

    def __init__(self, *args: Any, label: Label, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = Territory.objects.filter(level=Territory.Level.DEPARTEMENT, is_current=True).order_by("code")
        self.fields["territory_code"].choices = [  # type: ignore[attr-defined]
            (row.code, f"{row.name} ({row.code})") for row in rows
        ]
        self.criteria = list(label.criteria.filter(kind=Criterion.Kind.PROGRESS))
        for one in self.criteria:
            self.fields[f"weight_{one.pk}"] = forms.IntegerField(
                label=f"{one.identifier} – {one.title}", min_value=0, max_value=HIGHEST_WEIGHT, initial=one.weight
            )

    def weights(self) -> dict[str, int]:
        """Return what was typed, by the criterion's identifier."""
        return {one.identifier: self.cleaned_data[f"weight_{one.pk}"] for one in self.criteria}
