"""Fields of forms that every app asks with."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel.money import CURRENCY

_AMOUNT = re.compile(r"[+\-\u2212]?\d{1,12}([.,]\d{0,12})?")
_SPACES = re.compile(r"[\s\u00a0\u202f]")


class AmountField(forms.CharField):
    """A sum in euros, written "1 234,56", "1234.5" or "50 €"; gives Money. The rules judge its size, not the field."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        text = _SPACES.sub("", super().to_python(value) or "").removesuffix("€")
        if not text:
            return None
        if not _AMOUNT.fullmatch(text):
            raise forms.ValidationError(_("Écrivez un montant en euros, par exemple 50 ou 50,25."), code="amount")
        try:
            return Money(Decimal(text.replace("\u2212", "-").replace(",", ".")), CURRENCY)
        except InvalidOperation as broken:
            raise forms.ValidationError(_("Écrivez un montant en euros, par exemple 50 ou 50,25.")) from broken

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(_("Écrivez un montant en euros."), code="required")
