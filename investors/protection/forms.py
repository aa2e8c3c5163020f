"""What a saver answers before lending, and what compliance decides. Nothing is ticked beforehand."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel import clock, parameters
from fres.kernel.form_fields import AmountField
from fres.kernel.money import format_cents
from investors.models import Classification, Party
from investors.protection.criteria import Criterion, criteria_for
from investors.protection.questionnaire import Question, Questionnaire

_DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class AssessmentForm(forms.Form):
    """The questionnaire: one field a question, in its sections. Its words are those of the published file."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=20)

    def __init__(self, *args: Any, questionnaire: Questionnaire, **options: Any) -> None:
        super().__init__(*args, **options)
        self.questionnaire = questionnaire
        self.fields["version"].initial = questionnaire.version
        for question in questionnaire.questions:
            self.fields[question.key] = _field(question)

    def sections(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """Yield each section's title with its questions, for the page."""
        for section in self.questionnaire.sections:
            yield section.title, [self[question.key] for question in section.questions]

    def answers(self) -> dict[str, list[str]]:
        """Return question → keys of the choices made, of a valid form."""
        given = {question.key: self.cleaned_data[question.key] for question in self.questionnaire.questions}
        return {key: [value] if isinstance(value, str) else list(value) for key, value in given.items()}


class AcknowledgementForm(forms.Form):
    """The warning was read: an act of its own."""

    understood = forms.BooleanField(
        label=gettext_lazy("J’ai lu cet avertissement et je comprends que je peux perdre toute la somme."),
        error_messages={"required": gettext_lazy("Cochez cette case quand vous avez lu l’avertissement.")},
    )


class SimulationForm(forms.Form):
    """The only figures that leave the person's browser: a result and its date; or nothing, when they keep it."""

    result = AmountField(label=gettext_lazy("Résultat à transmettre"), required=False)
    reference_date = forms.DateField(
        label=gettext_lazy("Date de vos chiffres"), widget=_DATE, required=False,
        help_text=gettext_lazy("Le 31 décembre de l’an dernier, ou une date plus récente si votre situation a changé."),
    )  # fmt: skip
    received = forms.BooleanField(
        label=gettext_lazy("J’ai pris connaissance du résultat, ou je choisis de ne pas le transmettre."),
        error_messages={"required": gettext_lazy("Cochez cette case avant de continuer.")},
    )


class ClassRequestForm(forms.Form):
    """A request to be treated as sophisticated: which criteria, on what evidence, and three statements."""

    wanted = forms.ChoiceField(
        label=gettext_lazy("Statut demandé"), choices=Classification.Wanted.choices, widget=forms.RadioSelect
    )
    criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Ce que vous remplissez"), widget=forms.CheckboxSelectMultiple
    )
    evidence = forms.CharField(
        label=gettext_lazy("Par quelles pièces"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Citez-les ; la conformité vous les demande avant de décider."),
    )  # fmt: skip
    attests = forms.BooleanField(required=False, label=gettext_lazy("J’atteste remplir les critères cochés."))
    is_aware = forms.BooleanField(
        required=False, label=gettext_lazy("Je sais quelles protections je perds, et je l’accepte.")
    )
    is_responsible = forms.BooleanField(
        required=False, label=gettext_lazy("Je réponds de l’exactitude de ce que je déclare.")
    )

    def __init__(self, *args: Any, party: Party, **options: Any) -> None:
        super().__init__(*args, **options)
        own = criteria_for(party.kind, Classification.Wanted.SOPHISTICATED)
        both = (*own, *criteria_for(party.kind, Classification.Wanted.PROFESSIONAL))
        field = self.fields["criteria"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(criterion.key, words_of(criterion)) for criterion in both]


class DecisionForm(forms.Form):
    """What compliance looked at, and what it decides."""

    grounds = forms.CharField(
        label=gettext_lazy("Pièces regardées, et ce qu’elles montrent"), max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


def words_of(criterion: Criterion) -> str:
    """Return a criterion with the figures in force today, its first letter raised."""
    figures = {
        key.rpartition(".")[2]: format_cents(parameters.value_at(key, clock.today()).cents).replace(",00", "")
        for key in criterion.parameters
    }
    words = str(criterion.label) % figures if figures else str(criterion.label)
    return words[0].upper() + words[1:]


def _field(question: Question) -> forms.Field:
    choices = [(choice.key, choice.text) for choice in question.choices]
    missing = {"required": _("Cette question attend une réponse.")}
    if question.takes_several:
        return forms.MultipleChoiceField(
            label=question.text, choices=choices, widget=forms.CheckboxSelectMultiple, error_messages=missing
        )
    return forms.ChoiceField(label=question.text, choices=choices, widget=forms.RadioSelect, error_messages=missing)
