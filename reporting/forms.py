"""What a person gives to check a document: what is printed on it, or the file itself."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PrintedForm(forms.Form):
    """A number, and what proves that the document is in hand."""

    number = forms.CharField(
        label=_("Numéro du document"), max_length=80, help_text=_("En haut à droite, par exemple REL/2025/000123.")
    )
    proof = forms.CharField(
        label=_("Code imprimé, ou empreinte SHA-256"),
        max_length=80,
        help_text=_("Le code est dans l’adresse imprimée en bas de page : trois groupes de quatre signes."),
    )


class FileForm(forms.Form):
    """The file as it was received."""

    file = forms.FileField(
        label=_("Fichier PDF"),
        help_text=_("Le fichier est comparé, puis oublié : rien n’est gardé."),
        allow_empty_file=True,
    )
