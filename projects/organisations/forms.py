"""What a holder writes about an organisation, its places, its team and the people who direct it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from investors.countries import country_choices
from investors.officer_tables import BeneficialOwner, Mandate
from investors.officers import Owner
from projects.models.organisations import EssStatus, Function, RegisterState
from projects.organisations.communes import CommuneAmbiguous, CommuneUnknown, written_out
from projects.organisations.identifiers import (
    LeiNotValid,
    Numbers,
    RnaNotValid,
    SirenNotValid,
    SiretNotValid,
    read_lei,
    read_numbers,
)
from projects.organisations.legal_forms import EssStatusDoesNotFit, legal_form_choices
from projects.organisations.places import Benefit
from projects.organisations.profiles import OrganisationAlreadyThere, Profile

_DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
SITES, ZONES = 5, 6
# Under which field a refusal of an operation stands; the others stand above the form.
FIELD_OF: dict[type[RuleViolation], str] = {
    SirenNotValid: "number",
    SiretNotValid: "number",
    RnaNotValid: "rna",
    LeiNotValid: "lei",
    OrganisationAlreadyThere: "number",
    CommuneUnknown: "commune",
    CommuneAmbiguous: "commune",
    EssStatusDoesNotFit: "ess_status",
}


def show_refusal(form: forms.Form, refusal: RuleViolation) -> None:
    """Put a refusal under the field it is about, or above the form."""
    field = FIELD_OF.get(type(refusal))
    form.add_error(field if field in form.fields else None, str(refusal))


class NumbersForm(forms.Form):
    """SIREN or SIRET, RNA, or none while being created."""

    number = forms.CharField(
        label=_("SIREN ou SIRET"),
        required=False,
        max_length=20,
        help_text=_("9 ou 14 chiffres, espaces permis. Laissez vide si l’organisation est en création."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    rna = forms.CharField(
        label=_("Numéro RNA"),
        required=False,
        max_length=14,
        help_text=_("Pour une association : W et 9 signes, sur le récépissé de la préfecture. Facultatif."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        try:
            values["numbers"] = read_numbers(siren_or_siret=values["number"], rna=values["rna"])
        except RuleViolation as refusal:
            show_refusal(self, refusal)
        return values

    @property
    def numbers(self) -> Numbers:
        return self.cleaned_data["numbers"]


class RegisteredNumbersForm(NumbersForm):
    """The numbers of an organisation that is there: those of the registers, and its LEI."""

    lei = forms.CharField(
        label=_("LEI"),
        required=False,
        max_length=24,
        help_text=_(
            "20 signes, délivrés contre paiement par un organisme agréé. Exigé pour ouvrir un prêt aux épargnants."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "lei" in values:
            try:
                values["lei"] = read_lei(values["lei"])
            except RuleViolation as refusal:
                show_refusal(self, refusal)
        return values


class ProfileForm(forms.Form):
    """What an organisation says of itself."""

    name = forms.CharField(label=_("Nom d’usage"), max_length=160, help_text=_("Celui que lit le public."))
    legal_name = forms.CharField(
        label=_("Dénomination officielle"), max_length=160, help_text=_("Celle des statuts, avec le sigle.")
    )
    legal_category = forms.ChoiceField(label=_("Forme juridique"))
    ess_status = forms.ChoiceField(
        label=_("Économie sociale et solidaire"),
        choices=EssStatus.choices,
        help_text=_("Association, coopérative, mutuelle, fondation : la forme suffit. Les preuves se demandent après."),
    )
    purpose = forms.CharField(
        label=_("Ce que fait l’organisation"),
        help_text=_("L’objet des statuts, en mots simples."),
        max_length=1200,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    address_line = forms.CharField(
        label=_("Numéro et rue"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    postal_code = forms.CharField(
        label=_("Code postal"),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
    )
    commune = forms.CharField(
        label=_("Commune du siège"),
        max_length=120,
        help_text=_("Son nom, ou son code INSEE. Une commune fusionnée mène à celle qui lui succède."),
    )
    created_on = forms.DateField(label=_("Créée le"), required=False, widget=_DATE)
    website = forms.URLField(label=_("Site"), required=False, assume_scheme="https")
    email = forms.EmailField(
        label=_("Adresse e-mail de l’organisation"),
        required=False,
        help_text=_("Jamais montrée au public."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Téléphone"),
        max_length=20,
        required=False,
        validators=[
            RegexValidator(r"^\+?[0-9 .()-]{6,20}$", _("Un numéro s’écrit en chiffres, par exemple 06 12 34 56 78."))
        ],
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )

    def __init__(self, *args: Any, profile: Profile | None = None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"ess_status": EssStatus.UNKNOWN}
        if profile is not None:
            initial |= {name: getattr(profile, name) for name in self.base_fields if hasattr(profile, name)}
            initial["commune"] = written_out(profile.commune)
        kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        field = self.fields["legal_category"]
        field.choices = [("", _("Choisissez")), *legal_form_choices(clock.today())]  # type: ignore[attr-defined]

    def profile(self) -> Profile:
        """Return what was written, once valid."""
        return Profile(**{name: self.cleaned_data[name] for name in ProfileForm.base_fields})


class OrganisationForm(NumbersForm, ProfileForm):
    """Everything the creation of an organisation asks, on one page that fits a phone."""

    field_order = ("number", "rna", "name", "legal_name", "legal_category", "ess_status", "purpose")

    represents = forms.ChoiceField(
        label=_("Représentez-vous légalement l’organisation ?"),
        choices=[
            ("yes", _("Oui : je peux signer pour elle")),
            ("no", _("Non : j’inviterai la personne qui signe")),
        ],
        widget=forms.RadioSelect,
    )
    function = forms.ChoiceField(
        label=_("Votre fonction"), required=False, choices=[("", _("Non précisée")), *Function.choices]
    )

    @property
    def is_legal_representative(self) -> bool:
        return self.cleaned_data["represents"] == "yes"


class PlacesForm(forms.Form):
    """Where an organisation works and who benefits: a few lines, weights in percent."""

    seat = forms.CharField(label=_("Commune du siège"), max_length=120)

    def __init__(self, *args: Any, roles: list[Any] | None = None, **kwargs: Any) -> None:
        rows = roles or []
        initial: dict[str, Any] = {}
        sites = [row for row in rows if row.role == "SITE"]
        zones = [row for row in rows if row.role == "BENEFICE"]
        for row in rows:
            if row.role == "SIEGE":
                initial["seat"] = written_out(row.commune_code)
        for rank, row in enumerate(sites):
            initial[f"site_{rank}"] = written_out(row.commune_code)
        for rank, row in enumerate(zones):
            initial[f"zone_{rank}"] = written_out(row.commune_code)
            initial[f"share_{rank}"] = Decimal(row.weight_bp) / 100
        kwargs["initial"] = initial | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.site_count = max(SITES, len(sites) + 1)
        self.zone_count = max(ZONES, len(zones) + 1)
        for rank in range(self.site_count):
            self.fields[f"site_{rank}"] = forms.CharField(
                label=_("Lieu d’activité n° %(n)s") % {"n": rank + 1}, max_length=120, required=False
            )
        for rank in range(self.zone_count):
            self.fields[f"zone_{rank}"] = forms.CharField(
                label=_("Commune qui bénéficie n° %(n)s") % {"n": rank + 1}, max_length=120, required=False
            )
            self.fields[f"share_{rank}"] = forms.DecimalField(
                label=_("Part n° %(n)s, en %%") % {"n": rank + 1},
                max_digits=5,
                decimal_places=2,
                min_value=Decimal("0.01"),
                max_value=100,
                required=False,
                localize=True,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )

    @property
    def site_fields(self) -> list[forms.BoundField]:
        return [self[f"site_{rank}"] for rank in range(self.site_count)]

    @property
    def zone_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"zone_{rank}"], self[f"share_{rank}"]) for rank in range(self.zone_count)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for rank in range(self.zone_count):
            zone, share = values.get(f"zone_{rank}"), values.get(f"share_{rank}")
            if bool(zone) != (share is not None) and not self.has_error(f"share_{rank}"):
                self.add_error(f"zone_{rank}", _("Une commune qui bénéficie se donne avec sa part, et l’inverse."))
        return values

    @property
    def sites(self) -> list[str]:
        return [text for rank in range(self.site_count) if (text := self.cleaned_data[f"site_{rank}"].strip())]

    @property
    def benefits(self) -> list[Benefit]:
        return [
            Benefit(text, int(self.cleaned_data[f"share_{rank}"] * 100))
            for rank in range(self.zone_count)
            if (text := self.cleaned_data[f"zone_{rank}"].strip())
        ]


class InvitationForm(forms.Form):
    """An address, and what the person will be in the team."""

    email = forms.EmailField(label=_("Adresse e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    function = forms.ChoiceField(
        label=_("Fonction"), required=False, choices=[("", _("Non précisée")), *Function.choices]
    )
    as_legal_representative = forms.BooleanField(label=_("Représentera légalement l’organisation"), required=False)


class MemberForm(forms.Form):
    """What a person is in the team."""

    function = forms.ChoiceField(
        label=_("Fonction"), required=False, choices=[("", _("Non précisée")), *Function.choices]
    )
    is_public = forms.BooleanField(label=_("Nom affiché sur la page publique"), required=False)
    is_legal_representative = forms.BooleanField(label=_("Représente légalement"), required=False)


class MandateForm(forms.Form):
    """A person who directs the organisation."""

    given_names = forms.CharField(label=_("Prénoms"), max_length=120)
    family_name = forms.CharField(label=_("Nom"), max_length=80)
    function = forms.ChoiceField(label=_("Fonction"), choices=Mandate.Function.choices)
    since = forms.DateField(label=_("Depuis le"), widget=_DATE)


class OwnerForm(forms.Form):
    """A person who owns or controls the organisation in the end."""

    given_names = forms.CharField(label=_("Prénoms"), max_length=120)
    family_name = forms.CharField(label=_("Nom"), max_length=80)
    birth_date = forms.DateField(label=_("Date de naissance"), widget=_DATE)
    nationality = forms.ChoiceField(label=_("Nationalité"), choices=country_choices, initial="FR")
    control = forms.ChoiceField(label=_("À quel titre"), choices=BeneficialOwner.Control.choices)
    share = forms.DecimalField(
        label=_("Part, en % (si capital ou votes)"),
        max_digits=5,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=100,
        required=False,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        by_capital = values.get("control") == BeneficialOwner.Control.CAPITAL
        if "control" in values and by_capital != (values.get("share") is not None) and not self.has_error("share"):
            self.add_error("share", _("Une part se donne à qui tient le capital ou les votes, et à personne d’autre."))
        return values

    def owner(self) -> Owner:
        """Return what was written, once valid."""
        values = self.cleaned_data
        share = values["share"]
        return Owner(
            given_names=values["given_names"],
            family_name=values["family_name"],
            birth_date=values["birth_date"],
            nationality=values["nationality"],
            control=values["control"],
            share_bp=int(share * 100) if share is not None else None,
        )


class DirectoryForm(forms.Form):
    """How the public narrows the directory down."""

    search = forms.CharField(label=_("Mots"), required=False, max_length=80)
    department = forms.ChoiceField(label=_("Département"), required=False)
    ess = forms.ChoiceField(label=_("Statut"), required=False, choices=[("", _("Tous")), *EssStatus.choices])

    def __init__(self, data: Mapping[str, Any], *, departments: list[tuple[str, str]]) -> None:
        super().__init__(data)
        field = self.fields["department"]
        field.choices = [("", _("Tous")), *departments]  # type: ignore[attr-defined]


class StaffFilterForm(forms.Form):
    """How the staff narrows the list of organisations down."""

    search = forms.CharField(label=_("Nom ou numéro"), required=False, max_length=80)
    register = forms.ChoiceField(label=_("Registre"), required=False, choices=[("", _("Tous")), *RegisterState.choices])
    sent = forms.ChoiceField(
        label=_("Dossiers"), required=False,
        choices=[("", _("Avec ou sans")), ("with", _("Avec un dossier")), ("without", _("Sans dossier"))],
    )  # fmt: skip
