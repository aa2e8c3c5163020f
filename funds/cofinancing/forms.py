"""Forms of co-financing rounds."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fres.kernel.form_fields import AmountField
from funds.models import Channel, Contribution, Fund, Partner, RoundTable
from funds.record_forms import day_field
from projects.models import Project


class OpenForm(forms.Form):
    """A round for a project that has none."""

    fund = forms.ModelChoiceField(Fund.objects.order_by("pk"), label=_("Fonds"), empty_label=None)
    project = forms.ModelChoiceField(Project.objects.none(), label=_("Projet"))
    need = AmountField(label=_("Besoin total"))
    reason = forms.CharField(label=_("D’où vient ce chiffre"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = Project.objects.filter(round_table=None).order_by("title", "pk")
        self.fields["project"].queryset = waiting  # type: ignore[attr-defined]


class NeedForm(forms.Form):
    """Another need, with its reason."""

    need = AmountField(label=_("Nouveau besoin"))
    reason = forms.CharField(label=_("Pourquoi"), max_length=300)


class AskForm(forms.Form):
    """Whom to ask, by which channel of the register, for what."""

    channel = forms.ModelChoiceField(Channel.objects.none(), label=_("Canal"), required=False)
    partner = forms.ModelChoiceField(Partner.objects.none(), label=_("Partenaire"), required=False)
    financer = forms.CharField(
        label=_("Ou un financeur qui n’est pas inscrit"), max_length=160, required=False,
        help_text=_("Le canal ou le partenaire donnent le nom ; écrivez-le seulement sans eux."),
    )  # fmt: skip
    nature = forms.ChoiceField(label=_("Nature"), choices=Contribution.Nature.choices)
    asked = AmountField(label=_("Montant demandé"))
    asked_on = day_field(_("Demandé le"))

    def __init__(self, *args: Any, table: RoundTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.filter(fund=table.fund).exclude(stage=Channel.Stage.CLOSED)
        self.fields["channel"].queryset = channels.select_related("partner")  # type: ignore[attr-defined]
        self.fields["partner"].queryset = Partner.objects.filter(fund=table.fund)  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """What a financer answers to what was asked."""

    act = forms.ChoiceField(
        label=_("Réponse"),
        choices=[
            ("promise", _("Promis")),
            ("confirm", _("Confirmé")),
            ("refuse", _("Refusé")),
            ("withdraw", _("Retiré du plan")),
        ],
    )
    amount = AmountField(label=_("Montant promis ou confirmé"), required=False)
    on = day_field(_("Le"))
    evidence = forms.CharField(
        label=_("Preuve"), max_length=200, required=False, help_text=_("Lettre, délibération, acte : sa référence.")
    )
    file = forms.FileField(label=_("Le document"), required=False)
    reason = forms.CharField(label=_("Motif d’un refus ou d’un retrait"), max_length=300, required=False)

    def __init__(self, *args: Any, is_partner: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_partner:
            choices = [choice for choice in self.fields["act"].choices if choice[0] != "withdraw"]  # type: ignore[attr-defined]
            self.fields["act"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("act") in ("promise", "confirm") and data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Écrivez le montant."))
        return data
