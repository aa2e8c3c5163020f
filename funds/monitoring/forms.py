"""Forms of the follow-up of a financing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from funds.models import Concern, FinancingRequest, FollowUpNote


def _text(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}), **options)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ConcernForm(forms.Form):
    kind = forms.ChoiceField(label=_("Motif"), choices=Concern.Kind.choices)
    detail = forms.CharField(label=_("Ce qui est constaté"), max_length=400)


class NoteForm(forms.Form):
    note_kind = forms.ChoiceField(label=_("Nature"), choices=FollowUpNote.Kind.choices)
    happens_on = _day(_("Visite faite le, ou plan revu le"))
    text = _text(_("Texte"))


class RestructuringForm(forms.Form):
    months = forms.IntegerField(label=_("Nouvelle durée, en mois"), min_value=1, max_value=180)
    rate = forms.DecimalField(
        label=_("Nouveau taux annuel, en %"), min_value=0, max_value=20, decimal_places=2, localize=True
    )
    first_due_on = _day(_("Nouvelle première échéance"))
    terms_reason = _text(_("Raisons et preuves"))


class EndForm(forms.Form):
    """A default or a loss to propose."""

    end_kind = forms.ChoiceField(
        label=_("Ce qui est proposé"),
        choices=[
            ("UNPAID", _("Défaut : impayé au-delà du délai")),
            ("INSOLVENCY", _("Défaut : procédure d’insolvabilité")),
            ("FRAUD", _("Défaut : fraude")),
            (FinancingRequest.Kind.LOSS, _("Perte : recouvrement clos ou sans espoir")),
        ],
    )
    end_reason = _text(_("Raisons et preuves"))
