"""Forms of savers: amounts as French people write them, consents that nobody ticked beforehand."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from djmoney.money import Money

from fres.kernel.form_fields import AmountField
from fres.kernel.money import format_cents, to_cents
from funds.models import Offer
from projects.models import Theme


class CommitForm(forms.Form):
    """How much, and what happens to what exceeds the room."""

    amount = AmountField()
    join_waiting_list = forms.BooleanField(
        required=False, label=gettext_lazy("Mettre ce qui dépasse en liste d’attente")
    )
    wants_receipt = forms.BooleanField(required=False, label=gettext_lazy("Je demande un reçu fiscal"))

    def __init__(self, *args: Any, offer: Offer, **options: Any) -> None:
        super().__init__(*args, **options)
        gift, loan = _("Quelle somme voulez-vous donner ?"), _("Quelle somme voulez-vous prêter ?")
        self.fields["amount"].label = gift if offer.is_gift else loan

    def tell_room(self, offer: Offer, *, room_cents: int, is_full: bool) -> None:
        """Say on the page what may be engaged, and leave only the boxes that mean something then."""
        least, most = to_cents(offer.ticket_minimum), to_cents(offer.ticket_maximum)
        bounds = {
            "least": format_cents(least),
            "most": format_cents(most if is_full else min(most, max(room_cents, least))),
        }
        words = _("De %(least)s à %(most)s.") % bounds
        if not offer.is_gift:
            words += " " + _("Aucun euro n’est prélevé aujourd’hui.")
        self.fields["amount"].help_text = words
        if is_full:
            del self.fields["join_waiting_list"]
        if is_full or not offer.gives_receipt:
            del self.fields["wants_receipt"]


class ConsentForm(forms.Form):
    """The review of a loan: the amount that was checked, the texts that were read, and two acts of the saver's own."""

    amount = AmountField(widget=forms.HiddenInput)
    texts = forms.CharField(widget=forms.HiddenInput, max_length=64)
    join_waiting_list = forms.BooleanField(required=False, widget=forms.HiddenInput)
    risk_understood = forms.BooleanField(
        label=gettext_lazy("J’ai lu l’avertissement et je comprends que je peux perdre toute la somme."),
        error_messages={"required": gettext_lazy("Cochez cette case, ou revenez à l’offre.")},
    )
    amount_wanted = forms.BooleanField(
        error_messages={"required": gettext_lazy("Cochez cette case, ou choisissez un autre montant.")},
    )

    def __init__(self, *args: Any, amount_cents: int, **options: Any) -> None:
        super().__init__(*args, **options)
        words = _("Je veux prêter %(amount)s à ce seul projet.") % {"amount": format_cents(amount_cents)}
        self.fields["amount_wanted"].label = words


class CeilingForm(forms.Form):
    """The saver's own ceiling on what they lend over twelve months; empty for none."""

    amount = AmountField(required=False, label=gettext_lazy("Au plus, sur douze mois"))

    def clean_amount(self) -> Money | None:
        amount = self.cleaned_data["amount"]
        if amount is not None and (amount.amount < 0 or amount.amount.scaleb(2) % 1):
            raise forms.ValidationError(_("Écrivez un montant en euros et centimes, à partir de 0."))
        return amount


class BankLineForm(forms.Form):
    """A transfer as the bank's statement tells it."""

    sent_on = forms.DateField(
        label=gettext_lazy("Viré le"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(label=gettext_lazy("Référence du relevé"), max_length=80)


class RecoveryForm(forms.Form):
    """A transfer received, as the bank's statement tells it."""

    amount = AmountField(label=gettext_lazy("Montant reçu"))
    received_on = forms.DateField(
        label=gettext_lazy("Date de valeur"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(label=gettext_lazy("Référence du relevé"), max_length=80)


class OfferFilterForm(forms.Form):
    """Filters of the list of offers, all optional; read from the address."""

    search = forms.CharField(required=False, max_length=80, label=gettext_lazy("Mots ou commune"))
    department = forms.ChoiceField(required=False, label=gettext_lazy("Département"))
    epci = forms.ChoiceField(required=False, label=gettext_lazy("Intercommunalité"))
    theme = forms.ChoiceField(required=False, label=gettext_lazy("Thème"))
    lane = forms.ChoiceField(required=False, label=gettext_lazy("Voie"))

    def __init__(
        self, *args: Any, departments: list[tuple[str, str]], epcis: list[tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        every = [("", _("Tous"))]
        choices: dict[str, list[tuple[Any, Any]]] = {
            "department": [("", _("Toute la région")), *departments],
            "epci": [("", _("Toutes")), *epcis],
            "theme": [*every, *Theme.choices],
            "lane": [("", _("Toutes")), *Offer.Lane.choices],
        }
        for name, options_of in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = options_of
