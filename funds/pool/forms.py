"""Forms of the pot: how many units, for what, and how many to be bought back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from funds.models import Compartment, Subscription
from funds.places import departments_of
from projects.models import Theme


class SubscribeForm(forms.Form):
    """Units, a wish, and the words that were read."""

    units = forms.IntegerField(label=_("Nombre de parts"), min_value=1)
    wish = forms.ChoiceField(
        label=_("Ce que vous souhaitez financer d’abord"),
        required=False,
        help_text=_("Un souhait, jamais une promesse : le risque est partagé par tout le pot."),
    )
    has_read = forms.BooleanField(
        label=_("J’ai lu les risques : je peux perdre une partie ou la totalité de la somme.")
    )

    def __init__(self, *args: Any, compartment: Compartment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].initial = compartment.minimum_units
        if compartment.is_strict:
            del self.fields["wish"]
            return
        places = [(f"TERRITORY:{one.code}", one.name) for one in departments_of(compartment.fund.region_code)]
        themes = [(f"THEME:{code}", str(label)) for code, label in Theme.choices]
        self.fields["wish"].choices = [  # type: ignore[attr-defined]
            ("", str(_("Sans préférence"))), (str(_("Un thème")), themes), (str(_("Un département")), places)
        ]  # fmt: skip

    def wished(self) -> tuple[str, str]:
        """Return the wish and its code."""
        kind, _colon, code = (self.cleaned_data.get("wish") or "").partition(":")
        return (kind or Subscription.Wish.NONE, code)


class RedeemForm(forms.Form):
    """Which compartment, how many units."""

    compartment: "forms.ModelChoiceField[Compartment]" = forms.ModelChoiceField(
        label=_("Compartiment"), queryset=Compartment.objects.none(), to_field_name="slug"
    )
    units = forms.IntegerField(label=_("Nombre de parts"), min_value=1)

    def __init__(self, *args: Any, held: list[Compartment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compartment"].queryset = Compartment.objects.filter(  # type: ignore[attr-defined]
            pk__in=[one.pk for one in held]
        )


class ActForm(forms.Form):
    """What to do with a withdrawal, and why when the holder must be told."""

    act = forms.ChoiceField(
        label=_("Décision"),
        choices=[
            ("prepare", _("Préparer le rachat")),
            ("approve", _("Approuver le rachat")),
            ("put_off", _("Reporter à la fenêtre suivante")),
            ("refuse", _("Refuser le rachat")),
        ],
    )
    reason = forms.CharField(label=_("Motif, lu par l’épargnant"), max_length=200, required=False)
