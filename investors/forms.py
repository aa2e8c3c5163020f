"""What people write about themselves, and what staff look for."""

from datetime import date
from typing import Any, cast
from uuid import UUID

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.territories import communes_of_postal_code
from investors.consents import TERMS, record_consent
from investors.countries import country_choices
from investors.models import Party, PartyCheck, RoleGrant, TaxResidence, User
from investors.parties import Identity
from investors.selectors import audited_kinds

_ADULT_AGE = 18
_DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "bday"})
_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y")


class SignupForm(AllauthSignupForm):
    """An address, a password, and the terms: one act, one box, never ticked beforehand."""

    field_order = ("email", "password1", "accepts_terms")

    accepts_terms = forms.BooleanField(
        label=_("J’ai lu les conditions d’utilisation et je les accepte."),
        error_messages={
            "required": _("Un compte s’ouvre en acceptant les conditions. Lisez-les, puis cochez la case.")
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = _("12 signes au moins. Quatre mots pris au hasard conviennent.")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account exists."""
        record_consent(user=user, text=TERMS, at=clock.now())


class ProfileForm(forms.Form):
    """What a gift and a loan ask of a person (ruling B6), and where they are taxed.

    Works without a script: a postal code of several communes shows them at the first save, to choose from.
    """

    given_names = forms.CharField(
        label=_("Prénoms"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    family_name = forms.CharField(
        label=_("Nom de naissance"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    birth_date = forms.DateField(label=_("Date de naissance"), widget=_DATE, input_formats=_DATE_FORMATS)
    birth_place = forms.CharField(label=_("Commune de naissance"), max_length=120)
    birth_country = forms.ChoiceField(label=_("Pays de naissance"), choices=country_choices)
    address_line = forms.CharField(
        label=_("Numéro et rue"), max_length=160, widget=forms.TextInput(attrs={"autocomplete": "street-address"})
    )
    postal_code = forms.CharField(
        label=_("Code postal"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "text"}),
    )
    commune_code = forms.ChoiceField(label=_("Commune"), required=False)
    city = forms.CharField(
        label=_("Ville"),
        max_length=120,
        required=False,
        help_text=_("En France, elle se déduit du code postal. Écrivez-la pour une adresse à l’étranger."),
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )
    country = forms.ChoiceField(label=_("Pays"), choices=country_choices)
    phone = forms.CharField(
        label=_("Téléphone"),
        max_length=20,
        required=False,
        validators=[
            RegexValidator(r"^\+?[0-9 .()-]{6,20}$", _("Un numéro s’écrit en chiffres, par exemple 06 12 34 56 78."))
        ],
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    tax_country = forms.ChoiceField(
        label=_("Pays où vous payez vos impôts"),
        choices=country_choices,
        help_text=_("Il décide des prélèvements retenus sur vos intérêts."),
    )
    tax_identifier = forms.CharField(
        label=_("Numéro fiscal"),
        max_length=30,
        required=False,
        help_text=_("Sur votre avis d’impôt, en France treize chiffres. Facultatif en France, demandé ailleurs."),
    )

    def __init__(self, *args: Any, party: Party | None, residence: TaxResidence | None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"birth_country": "FR", "country": "FR", "tax_country": "FR"}
        if party is not None:
            initial |= {name: getattr(party, name) for name in Identity.__dataclass_fields__}
        if residence is not None:
            initial |= {"tax_country": residence.country, "tax_identifier": residence.tax_identifier}
        kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        postal_code = str(self["postal_code"].value() or "").strip()
        self.communes = dict(communes_of_postal_code(postal_code).order_by("name").values_list("code", "name"))
        commune_field = cast(forms.ChoiceField, self.fields["commune_code"])
        if len(self.communes) > 1:
            commune_field.choices = [("", _("Choisissez")), *self.communes.items()]
        else:
            del self.fields["commune_code"]

    def clean_birth_date(self) -> date:
        born = self.cleaned_data["birth_date"]
        today = clock.today()
        birthdays = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if birthdays < _ADULT_AGE:
            raise forms.ValidationError(
                _("Un compte s’ouvre à 18 ans. Pour un enfant, c’est son représentant légal qui ouvre le sien.")
            )
        if born.year < 1900:
            raise forms.ValidationError(_("Cette date est trop ancienne : écrivez l’année en quatre chiffres."))
        return born

    def clean_tax_identifier(self) -> str:
        return "".join(self.cleaned_data["tax_identifier"].split())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self._settle_the_city(values)
        if values.get("tax_country") not in (None, "FR") and not values.get("tax_identifier"):
            self.add_error("tax_identifier", _("Hors de France, le numéro fiscal est demandé par la loi."))
        return values

    def _settle_the_city(self, values: dict[str, Any]) -> None:
        """Deduce the city from the commune in France; take it as written elsewhere, or where no commune is known."""
        if values.get("country") != "FR":
            values["commune_code"] = ""
            if values.get("country") and not values.get("city"):
                self.add_error("city", _("Écrivez la ville de votre adresse."))
            return
        chosen = values.get("commune_code") or (next(iter(self.communes)) if len(self.communes) == 1 else "")
        values["commune_code"] = chosen
        if chosen:
            values["city"] = self.communes[chosen]
        elif not self.communes:
            if not values.get("city"):
                self.add_error("city", _("Aucune commune connue n’a ce code postal. Vérifiez-le, ou écrivez la ville."))
        elif "commune_code" not in self.errors:
            message = gettext("Le code postal %(code)s sert %(number)s communes : choisissez la vôtre.")
            self.add_error("commune_code", message % {"code": values["postal_code"], "number": len(self.communes)})

    def identity(self) -> Identity:
        """Return what was written, once valid."""
        return Identity(**{name: self.cleaned_data[name] for name in Identity.__dataclass_fields__})


class IbanForm(forms.Form):
    """The account that receives what is due: in the saver's own name (ruling B29)."""

    iban = forms.CharField(
        label=_("IBAN"),
        max_length=42,
        help_text=_("27 signes en France, commençant par FR."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    holder = forms.CharField(
        label=_("Titulaire du compte"),
        max_length=160,
        help_text=_("Le nom écrit sur votre relevé d’identité bancaire."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class PartyCheckForm(forms.Form):
    """What was checked of a person, and on what evidence."""

    kind = forms.ChoiceField(label=_("Contrôle"), choices=PartyCheck.Kind.choices)
    evidence = forms.CharField(
        label=_("Preuve"),
        max_length=300,
        help_text=_(
            "Ce qui a été regardé : la pièce et sa date, les listes et leur jour, le relevé d’identité bancaire."
        ),
    )
    iban_hash = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class PartySearchForm(forms.Form):
    q = forms.CharField(label=_("Nom, numéro, SIREN, ville"), required=False, max_length=80)
    kind = forms.ChoiceField(label=_("Nature"), required=False, choices=[("", _("Toutes")), *Party.Kind.choices])


class UserSearchForm(forms.Form):
    q = forms.CharField(label=_("Nom ou adresse"), required=False, max_length=80)
    role = forms.ChoiceField(label=_("Rôle"), required=False, choices=[("", _("Tous")), *Role.choices])


class JournalForm(forms.Form):
    kind = forms.ChoiceField(label=_("Quoi"), required=False, choices=lambda: list(audited_kinds().items()))


class GrantForm(forms.Form):
    """A role, and for what: everywhere, or one fund, organisation or partner named by its identifier."""

    role = forms.ChoiceField(label=_("Rôle"), choices=[choice for choice in Role.choices if choice[0] != Role.SAVER])
    scope_kind = forms.ChoiceField(label=_("Portée"), required=False, choices=RoleGrant.Scope.choices)
    scope_uuid = forms.UUIDField(label=_("Identifiant de l’objet"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        scope_uuid: UUID | None = values.get("scope_uuid")
        if "scope_uuid" in values and bool(values.get("scope_kind")) != (scope_uuid is not None):
            self.add_error("scope_uuid", _("Une portée se donne avec l’identifiant de son objet, et l’inverse."))
        return values
