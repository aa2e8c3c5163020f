"""Forms of the pot at the desk: each names who may send it, and gives its fields to one operation."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from djmoney.money import Money

from fres.kernel.access import Role
from fres.kernel.form_fields import AmountField
from funds.models import (
    Compartment,
    CurrencyExchange,
    GuaranteeEnvelope,
    LegalEntity,
    LoanGuarantee,
    LocalCurrency,
    Placement,
)
from funds.pool.guarantees import call_guarantee, grant_guarantee, open_envelope, release_guarantee
from funds.pool.mirror import open_currency, record_exchange
from funds.pool.opening import close_compartment, open_compartment, set_redemption_terms, write_matching
from funds.pool.placing import record_loss, record_repayment
from funds.pool.reserves import set_loss_reserve
from funds.pool.states import GuaranteeState
from funds.pool.sweeping import record_sweep
from funds.record_forms import FundForm, day_field, words_field
from funds.rules.decisions import decide_placement
from investors.models import User
from projects.models import Award, Project, Theme
from projects.states import IN_FORCE

_PERCENT: dict[str, Any] = {"max_digits": 5, "decimal_places": 2, "min_value": 0, "max_value": 100, "localize": True}


def _bp(percent: Any) -> int:
    return int(percent * 100)


class PoolForm(FundForm):
    """A form of the pot. `roles`: who may open and send it."""

    roles: tuple[str, ...] = (Role.MANAGER,)

    def _compartments(self) -> Any:
        return Compartment.objects.filter(fund=self.fund).select_related("issuer", "fund")

    def _entities(self) -> Any:
        """Return the entities of the fund that keep its money: its carrier and its issuers."""
        issuing = Q(pk__in=self._compartments().values("issuer"))
        return LegalEntity.objects.filter(Q(pk=self.fund.entity_id) | issuing).order_by("name")


class CompartmentForm(PoolForm):
    heading = gettext_lazy("Ouvrir un compartiment")
    explains = gettext_lazy("L’émetteur, l’instrument, le nominal et la sorte ne changent plus ensuite.")
    issuer = forms.ModelChoiceField(LegalEntity.objects.none(), label=gettext_lazy("Émetteur"))
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=120)
    purpose = words_field(gettext_lazy("À quoi il sert"))
    kind = forms.ChoiceField(label=gettext_lazy("Sorte"), choices=Compartment.Kind.choices)
    theme = forms.ChoiceField(label=gettext_lazy("Thème"), choices=[("", "…"), *Theme.choices], required=False)
    place_level = forms.ChoiceField(
        label=gettext_lazy("Niveau du territoire"), required=False,
        choices=[("", "…"), ("DEPARTEMENT", gettext_lazy("Département")), ("EPCI", gettext_lazy("Intercommunalité")),
                 ("COMMUNE", gettext_lazy("Commune"))],
    )  # fmt: skip
    place_code = forms.CharField(label=gettext_lazy("Code du territoire"), max_length=12, required=False)
    instrument = forms.ChoiceField(label=gettext_lazy("Instrument"), choices=Compartment.Instrument.choices)
    nominal = AmountField(label=gettext_lazy("Nominal d’une part"))
    minimum_units = forms.IntegerField(label=gettext_lazy("Souscription minimale, en parts"), min_value=1, initial=1)
    maximum_units = forms.IntegerField(
        label=gettext_lazy("Souscription maximale, en parts"), min_value=1, max_value=1_000_000, initial=10_000
    )
    risks = words_field(gettext_lazy("Risques, lus avant de souscrire"))
    opens_on = day_field(gettext_lazy("Ouvert à partir du"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("issuer", LegalEntity.objects.filter(role=LegalEntity.Role.FUND).order_by("name"))

    def record(self, *, by: User, at: datetime) -> object:
        return open_compartment(fund=self.fund, by=by, at=at, **self.cleaned_data)


class CloseForm(PoolForm):
    heading = gettext_lazy("Fermer un compartiment aux souscriptions")
    compartment: "forms.ModelChoiceField[Compartment]" = forms.ModelChoiceField(
        Compartment.objects.none(), label=gettext_lazy("Compartiment")
    )
    closes_on = day_field(gettext_lazy("Dernier jour"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("compartment", self._compartments())

    def record(self, *, by: User, at: datetime) -> object:
        return close_compartment(by=by, at=at, **self.cleaned_data)


class TermsForm(PoolForm):
    heading = gettext_lazy("Règles de rachat")
    explains = gettext_lazy("De nouvelles règles s’ajoutent ; les demandes déjà faites gardent leur fenêtre.")
    compartment: "forms.ModelChoiceField[Compartment]" = forms.ModelChoiceField(
        Compartment.objects.none(), label=gettext_lazy("Compartiment")
    )
    valid_from = day_field(gettext_lazy("À partir du"))
    window_day = forms.IntegerField(label=gettext_lazy("Fenêtre annuelle, jour"), min_value=1, max_value=28)
    window_month = forms.IntegerField(label=gettext_lazy("Fenêtre annuelle, mois"), min_value=1, max_value=12)
    notice_days = forms.IntegerField(label=gettext_lazy("Préavis, en jours"), min_value=0, max_value=1_000)
    holding_days = forms.IntegerField(label=gettext_lazy("Détention minimale, en jours"), min_value=0, max_value=10_000)
    percent = forms.DecimalField(label=gettext_lazy("Part du capital rachetable par an, en %"), **_PERCENT)
    uses_reserve = forms.BooleanField(label=gettext_lazy("Payé par la réserve d’abord"), required=False)
    uses_entrants = forms.BooleanField(label=gettext_lazy("Puis par les nouveaux entrants"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("compartment", self._compartments())

    def record(self, *, by: User, at: datetime) -> object:
        data = dict(self.cleaned_data)
        return set_redemption_terms(share_bp=_bp(data.pop("percent")), by=by, at=at, **data)


class MatchingForm(PoolForm):
    heading = gettext_lazy("Écrire un abondement")
    explains = gettext_lazy("Essayé sur l’année passée, puis ouvert par une autre personne : ses conditions se figent.")
    roles = (Role.MANAGER, Role.TREASURER)
    entity = forms.ModelChoiceField(LegalEntity.objects.none(), label=gettext_lazy("Réservé dans les livres de"))
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=120)
    financed_by = forms.CharField(label=gettext_lazy("Financé par"), max_length=120)
    ratio = forms.DecimalField(
        label=gettext_lazy("Euros publics par euro citoyen"), max_digits=8, decimal_places=4, localize=True
    )
    cap = AmountField(label=gettext_lazy("Plafond par campagne"))
    budget = AmountField(label=gettext_lazy("Dotation"))
    needs_minimum = forms.IntegerField(label=gettext_lazy("Épargnants encaissés au moins"), min_value=0, initial=0)
    departments = forms.CharField(
        label=gettext_lazy("Départements"), max_length=60, required=False,
        help_text=gettext_lazy("Leurs codes, séparés par des virgules ; rien pour toute la région."),
    )  # fmt: skip
    starts_on = day_field(gettext_lazy("Du"))
    ends_on = day_field(gettext_lazy("Au"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("entity", self._entities())

    def clean_departments(self) -> list[str]:
        return [code.strip() for code in self.cleaned_data["departments"].split(",") if code.strip()]

    def record(self, *, by: User, at: datetime) -> object:
        return write_matching(fund=self.fund, by=by, at=at, **self.cleaned_data)


class CurrencyForm(PoolForm):
    heading = gettext_lazy("Suivre une monnaie locale")
    code = forms.CharField(label=gettext_lazy("Code"), max_length=3)
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=80)
    network = forms.CharField(label=gettext_lazy("Réseau"), max_length=160)
    keeper = forms.ModelChoiceField(LegalEntity.objects.none(), label=gettext_lazy("Qui garde la réserve"))
    compartment: "forms.ModelChoiceField[Compartment]" = forms.ModelChoiceField(
        Compartment.objects.none(), label=gettext_lazy("Compartiment qui place autant d’euros")
    )
    on = day_field(gettext_lazy("Depuis le"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("keeper", self._entities())
        self.choose("compartment", self._compartments())

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).upper()
        if LocalCurrency.objects.filter(code=code).exists():
            raise ValidationError(_("Cette monnaie est déjà suivie."))
        return code

    def record(self, *, by: User, at: datetime) -> object:
        return open_currency(**self.cleaned_data)


class ExchangeForm(PoolForm):
    heading = gettext_lazy("Un change de monnaie locale")
    explains = gettext_lazy("Au pair : la réserve bouge d’autant.")
    roles = (Role.TREASURER,)
    currency = forms.ModelChoiceField(LocalCurrency.objects.none(), label=gettext_lazy("Monnaie"))
    kind = forms.ChoiceField(label=gettext_lazy("Sens"), choices=CurrencyExchange.Kind.choices)
    units = forms.DecimalField(
        label=gettext_lazy("Unités"), max_digits=14, decimal_places=2, min_value=0, localize=True
    )
    reference = forms.CharField(label=gettext_lazy("Numéro de la pièce"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("currency", LocalCurrency.objects.filter(compartment__fund=self.fund))

    def record(self, *, by: User, at: datetime) -> object:
        data = dict(self.cleaned_data)
        units = Money(data.pop("units"), data["currency"].code)
        return record_exchange(units=units, party=None, by=by, at=at, **data)


class EnvelopeForm(PoolForm):
    heading = gettext_lazy("Ouvrir une enveloppe de garantie")
    explains = gettext_lazy("La dotation s’inscrit en banque le jour même.")
    entity = forms.ModelChoiceField(LegalEntity.objects.none(), label=gettext_lazy("Dans les livres de"))
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=120)
    financed_by = forms.CharField(label=gettext_lazy("Dotée par"), max_length=160)
    endowment = AmountField(label=gettext_lazy("Dotation"))
    quota = forms.DecimalField(label=gettext_lazy("Part garantie d’un prêt, au plus, en %"), **_PERCENT)
    cap = AmountField(label=gettext_lazy("Plafond par projet"))
    multiplier = forms.DecimalField(
        label=gettext_lazy("Multiplicateur de la dotation"), max_digits=6, decimal_places=2, localize=True
    )
    fee = forms.DecimalField(label=gettext_lazy("Commission, en %"), initial=0, **_PERCENT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("entity", self._entities())

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if GuaranteeEnvelope.objects.filter(code=code).exists():
            raise ValidationError(_("Une enveloppe a déjà ce code."))
        return code

    def record(self, *, by: User, at: datetime) -> object:
        data = dict(self.cleaned_data)
        return open_envelope(
            fund=self.fund, quota_bp=_bp(data.pop("quota")), fee_bp=_bp(data.pop("fee")),
            multiplier=Fraction(data.pop("multiplier")), by=by, at=at, **data,
        )  # fmt: skip


class GuaranteeForm(PoolForm):
    heading = gettext_lazy("Garantir un prêt")
    envelope: "forms.ModelChoiceField[GuaranteeEnvelope]" = forms.ModelChoiceField(
        GuaranteeEnvelope.objects.none(), label=gettext_lazy("Enveloppe")
    )
    project = forms.ModelChoiceField(Project.objects.none(), label=gettext_lazy("Projet"))
    lender = forms.CharField(label=gettext_lazy("Prêteur garanti"), max_length=160)
    loan_amount = AmountField(label=gettext_lazy("Prêt"))
    amount = AmountField(label=gettext_lazy("Somme garantie"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("envelope", self.fund.guarantee_envelopes.order_by("name"))
        self.choose("project", labelled_projects())

    def record(self, *, by: User, at: datetime) -> object:
        return grant_guarantee(by=by, at=at, **self.cleaned_data)


class EndGuaranteeForm(PoolForm):
    heading = gettext_lazy("Lever ou appeler une garantie")
    explains = gettext_lazy("Lever : le prêt est remboursé. Appeler : la somme est due au prêteur.")
    roles = (Role.MANAGER, Role.TREASURER)
    guarantee: "forms.ModelChoiceField[LoanGuarantee]" = forms.ModelChoiceField(
        LoanGuarantee.objects.none(), label=gettext_lazy("Garantie")
    )
    act = forms.ChoiceField(
        label=gettext_lazy("Acte"), choices=[("release", gettext_lazy("Lever")), ("call", gettext_lazy("Appeler"))]
    )
    amount = AmountField(label=gettext_lazy("Somme appelée"), required=False)
    reason = forms.CharField(label=gettext_lazy("Motif"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = LoanGuarantee.objects.filter(envelope__fund=self.fund, state=GuaranteeState.ACTIVE)
        self.choose("guarantee", rows.select_related("project", "envelope"))
        self.fields["guarantee"].label_from_instance = lambda row: f"{row.project.title}, {row.lender}"  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("act") == "call" and data.get("amount") is None:
            self.add_error("amount", _("Écrivez la somme appelée."))
        return data

    def record(self, *, by: User, at: datetime) -> object:
        data = self.cleaned_data
        if data["act"] == "release":
            return release_guarantee(guarantee=data["guarantee"], by=by, at=at, reason=data["reason"])
        return call_guarantee(guarantee=data["guarantee"], amount=data["amount"], by=by, at=at, reason=data["reason"])


class PlacementForm(PoolForm):
    heading = gettext_lazy("Placer de l’argent du pot")
    explains = gettext_lazy(
        "Les règles sont regardées avant et après. Qui a instruit ou voté le dossier ne décide pas ce placement."
    )
    compartment: "forms.ModelChoiceField[Compartment]" = forms.ModelChoiceField(
        Compartment.objects.none(), label=gettext_lazy("Compartiment")
    )
    project = forms.ModelChoiceField(Project.objects.none(), label=gettext_lazy("Projet"))
    amount = AmountField(label=gettext_lazy("Montant"))
    instrument = forms.ChoiceField(label=gettext_lazy("Instrument"), choices=Placement.Instrument.choices)
    risk_class = forms.CharField(label=gettext_lazy("Classe de risque"), max_length=10, required=False)
    currency = forms.ModelChoiceField(
        LocalCurrency.objects.none(), label=gettext_lazy("Réseau de monnaie locale"), required=False,
        to_field_name="code",
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Motif public"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("compartment", self._compartments())
        self.choose("project", labelled_projects())
        self.choose("currency", LocalCurrency.objects.filter(compartment__fund=self.fund))

    def record(self, *, by: User, at: datetime) -> object:
        data = dict(self.cleaned_data)
        currency = data.pop("currency")
        return decide_placement(currency=currency.code if currency else "", by=by, at=at, **data)


class ReturnForm(PoolForm):
    heading = gettext_lazy("Un remboursement ou une perte du pot")
    roles = (Role.TREASURER,)
    act = forms.ChoiceField(
        label=gettext_lazy("Mouvement"),
        choices=[("repaid", gettext_lazy("Remboursement reçu")), ("lost", gettext_lazy("Perte constatée"))],
    )
    compartment: "forms.ModelChoiceField[Compartment]" = forms.ModelChoiceField(
        Compartment.objects.none(), label=gettext_lazy("Compartiment")
    )
    project = forms.ModelChoiceField(Project.objects.none(), label=gettext_lazy("Projet"))
    instrument = forms.ChoiceField(label=gettext_lazy("Instrument"), choices=Placement.Instrument.choices)
    amount = AmountField(label=gettext_lazy("Montant"))
    reason = forms.CharField(label=gettext_lazy("Motif public"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("compartment", self._compartments())
        held = Project.objects.filter(placements__compartment__fund=self.fund).distinct().order_by("title")
        self.choose("project", held)

    def record(self, *, by: User, at: datetime) -> object:
        data = dict(self.cleaned_data)
        act = record_repayment if data.pop("act") == "repaid" else record_loss
        return act(by=by, at=at, **data)


class LossReserveForm(PoolForm):
    heading = gettext_lazy("Compléter la réserve pour pertes")
    explains = gettext_lazy("Ce qui manque d’après la règle en vigueur, une fois par jour.")
    roles = (Role.TREASURER,)
    compartment: "forms.ModelChoiceField[Compartment]" = forms.ModelChoiceField(
        Compartment.objects.none(), label=gettext_lazy("Compartiment")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("compartment", self._compartments())

    def record(self, *, by: User, at: datetime) -> object:
        return set_loss_reserve(compartment=self.cleaned_data["compartment"], by=by, at=at)


class SweepForm(PoolForm):
    heading = gettext_lazy("Un virement du prestataire de paiement")
    explains = gettext_lazy("Ce que la banque a reçu du prestataire : à recopier du relevé.")
    roles = (Role.TREASURER,)
    entity = forms.ModelChoiceField(LegalEntity.objects.none(), label=gettext_lazy("Reçu par"))
    amount = AmountField(label=gettext_lazy("Montant"))
    received_on = day_field(gettext_lazy("Reçu le"))
    reference = forms.CharField(label=gettext_lazy("Référence du virement"), max_length=70)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("entity", self._entities())

    def record(self, *, by: User, at: datetime) -> object:
        return record_sweep(by=by, at=at, **self.cleaned_data)


def labelled_projects() -> Any:
    """Return the projects that hold a label in force, or whose organisation does, by title."""
    awards = Award.objects.filter(state__in=IN_FORCE).values("subject_uuid")
    held = Q(uuid__in=awards) | Q(organisation__uuid__in=awards)
    return Project.objects.filter(held).order_by("title", "pk")


FORMS: dict[str, type[PoolForm]] = {
    "compartiment": CompartmentForm,
    "fermeture": CloseForm,
    "rachats": TermsForm,
    "placement": PlacementForm,
    "retour": ReturnForm,
    "reserve": LossReserveForm,
    "virement": SweepForm,
    "abondement": MatchingForm,
    "monnaie": CurrencyForm,
    "change": ExchangeForm,
    "enveloppe": EnvelopeForm,
    "garantie": GuaranteeForm,
    "fin-de-garantie": EndGuaranteeForm,
}
