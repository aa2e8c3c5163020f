"""Forms of the register of sources."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from funds.models import Channel, Instrument, Partner, PartnerKey


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class UploadForm(forms.Form):
    file = forms.FileField(label=_("Fichier CSV ou JSON"), allow_empty_file=True)


class KeyForm(forms.Form):
    name = forms.CharField(label=_("À quoi sert cette clé"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("Ce qu’elle peut faire"), choices=PartnerKey.Scope.choices, widget=forms.CheckboxSelectMultiple
    )


class PartnerForm(forms.Form):
    kind = forms.ChoiceField(label=_("Genre"), choices=Partner.Kind.choices)
    name = forms.CharField(label=_("Dénomination"), max_length=160)
    siren = forms.CharField(label=_("SIREN"), max_length=20)
    contact = forms.CharField(label=_("Contact"), max_length=160, required=False)


class EngagementForm(forms.Form):
    signed_on = _day(_("Signé le"))
    signatory = forms.CharField(label=_("Signataire"), max_length=160)
    function = forms.CharField(label=_("Fonction"), max_length=160)
    file = forms.FileField(label=_("Le document signé"), required=False)


class ChannelForm(forms.Form):
    instrument = forms.ChoiceField(label=_("Instrument"), choices=Instrument.choices)
    mode = forms.ChoiceField(label=_("Mode"), choices=Channel.Mode.choices)
    territory_code = forms.CharField(label=_("Code du territoire couvert"), max_length=9)


class LeadForm(forms.Form):
    instrument = forms.ChoiceField(label=_("Instrument"), choices=Instrument.choices)
    operator_name = forms.CharField(label=_("Opérateur"), max_length=160)
    territory_code = forms.CharField(label=_("Code du territoire couvert"), max_length=9)
    obstacle = forms.CharField(label=_("Ce qui bloque"), max_length=600, widget=forms.Textarea(attrs={"rows": 3}))
    next_step = forms.CharField(label=_("Prochaine étape"), max_length=300)
    next_step_on = _day(_("Pour le"))
