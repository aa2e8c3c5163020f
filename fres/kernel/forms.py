"""Forms of the parameters page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fres.kernel import parameters
from fres.kernel.models import Parameter
from fres.kernel.models.parameters import NATIONAL


def _scopes() -> list[tuple[str, str]]:
    return [(NATIONAL, str(_("Nationale"))), *parameters.fund_scopes()]


class ParameterSearchForm(forms.Form):
    """What to list. Empty fields ask for everything; the day defaults to none, so that past rows are seen too."""

    q = forms.CharField(label=_("Clé, intitulé ou source"), max_length=80, required=False)
    scope = forms.ChoiceField(label=_("Portée"), required=False)
    status = forms.ChoiceField(label=_("Statut"), required=False, choices=[("", _("Tous")), *Parameter.Status.choices])
    on = forms.DateField(
        label=_("En vigueur le"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = [("", _("Toutes")), *_scopes()]  # type: ignore[attr-defined]


class ParameterChangeForm(forms.Form):
    """A value that follows the one in force, or a fund's own."""

    scope = forms.ChoiceField(label=_("Portée"))
    value = forms.DecimalField(label=_("Nouvelle valeur"), max_digits=20, decimal_places=6, localize=True)
    valid_from = forms.DateField(
        label=_("Premier jour"),
        help_text=_("À partir de demain : ce qui est calculé aujourd’hui ne change pas."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    status = forms.ChoiceField(label=_("Statut"), choices=Parameter.Status.choices)
    source = forms.CharField(
        label=_("Source"),
        help_text=_("Le texte, l’article et la date ; ou la décision du fonds."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = _scopes()  # type: ignore[attr-defined]
