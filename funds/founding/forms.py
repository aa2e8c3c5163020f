"""Forms of what founds a fund. Each knows the fund it is about; `record` gives its fields to one operation."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fres.kernel.form_fields import AmountField
from funds.founding.acts import adopt_scheme, publish_engagement_text, record_act, sign_act
from funds.founding.capital import HolderShares, entities_of, record_capital
from funds.founding.conventions import ShareTerms, record_convention, record_convention_payment
from funds.founding.governance import allot_seats, appoint, end_mandate, found_body
from funds.models import (
    CapitalTable,
    Compartment,
    Convention,
    EarmarkedShare,
    EngagementText,
    Family,
    FoundingAct,
    GoverningBody,
    LegalEntity,
    Mandate,
    Partner,
)
from funds.record_forms import FundForm, day_field, words_field
from investors.models import User

SHARE_ROWS, CAPITAL_ROWS = 4, 12


class ActForm(FundForm):
    heading = gettext_lazy("Un acte du fonds")
    kind = forms.ChoiceField(label=gettext_lazy("Nature"), choices=FoundingAct.Kind.choices)
    title = forms.CharField(label=gettext_lazy("Objet"), max_length=200)
    council = forms.CharField(label=gettext_lazy("Conseil régional"), max_length=160)
    deliberation = forms.CharField(label=gettext_lazy("Numéro de la délibération"), max_length=60)
    deliberated_on = day_field(gettext_lazy("Délibéré le"))
    file = forms.FileField(label=gettext_lazy("L’acte signé"))

    def record(self, *, by: User, at: datetime) -> object:
        return record_act(fund=self.fund, by=by, at=at, **self.cleaned_data)


class SignatureForm(FundForm):
    heading = gettext_lazy("Une signature d’un acte")
    explains = gettext_lazy("Une banque signe d’abord son engagement : il s’enregistre sur la fiche du partenaire.")
    act = forms.ModelChoiceField(FoundingAct.objects.none(), label=gettext_lazy("Acte"))
    partner = forms.ModelChoiceField(Partner.objects.none(), label=gettext_lazy("Partenaire"))
    signatory = forms.CharField(label=gettext_lazy("Signataire"), max_length=160)
    function = forms.CharField(label=gettext_lazy("Fonction"), max_length=160)
    signed_on = day_field(gettext_lazy("Signé le"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("act", self.fund.founding_acts.all())
        self.choose("partner", self.fund.partners.all())

    def record(self, *, by: User, at: datetime) -> object:
        return sign_act(by=by, at=at, **self.cleaned_data)


class TextForm(FundForm):
    heading = gettext_lazy("Une version de l’engagement")
    explains = gettext_lazy("Ceux qui ont signé une version restent liés par ses mots.")
    audience = forms.ChoiceField(label=gettext_lazy("Signé par"), choices=EngagementText.Audience.choices)
    body = words_field(gettext_lazy("Texte"), 10, max_length=4_000)
    valid_from = day_field(gettext_lazy("Proposé à partir du"))

    def record(self, *, by: User, at: datetime) -> object:
        return publish_engagement_text(fund=self.fund, by=by, at=at, **self.cleaned_data)


class ConventionForm(FundForm):
    heading = gettext_lazy("Une convention")
    explains = gettext_lazy(
        "La même référence écrit une nouvelle version. Une part vers un territoire (NIVEAU:CODE, comme DEPARTEMENT:62) "
        "ou un secteur (début du code d’activité) devient une règle de fléchage quand l’argent arrive."
    )
    kind = forms.ChoiceField(label=gettext_lazy("Nature"), choices=Convention.Kind.choices)
    reference = forms.CharField(label=gettext_lazy("Référence"), max_length=60)
    title = forms.CharField(label=gettext_lazy("Objet"), max_length=200)
    partner = forms.ModelChoiceField(Partner.objects.none(), label=gettext_lazy("Signée avec"))
    signed_on = day_field(gettext_lazy("Signée le"))
    valid_from = day_field(gettext_lazy("Du"))
    valid_to = day_field(gettext_lazy("Au"))
    promised = AmountField(label=gettext_lazy("Montant promis"))
    file = forms.FileField(label=gettext_lazy("La convention signée"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("partner", self.fund.partners.all())
        for rank in range(1, SHARE_ROWS + 1):
            self.fields |= {
                f"name_{rank}": forms.CharField(label=_("Part fléchée"), max_length=120, required=False),
                f"percent_{rank}": forms.DecimalField(
                    label=_("En %"), max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False,
                    localize=True,
                ),
                f"compartment_{rank}": forms.ModelChoiceField(
                    Compartment.objects.filter(fund=self.fund), label=_("Compartiment"), required=False
                ),
                f"target_{rank}": forms.ChoiceField(
                    label=_("Vers"), choices=EarmarkedShare.Target.choices, required=False
                ),
                f"code_{rank}": forms.CharField(label=_("Code"), max_length=40, required=False),
            }  # fmt: skip

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        names = ("name", "percent", "compartment", "target", "code")
        return [[self[f"{name}_{rank}"] for name in names] for rank in range(1, SHARE_ROWS + 1)]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        shares = []
        for rank in range(1, SHARE_ROWS + 1):
            name, percent, compartment, target, code = (
                data.pop(f"{field}_{rank}", None) for field in ("name", "percent", "compartment", "target", "code")
            )
            if not name and percent is None:
                continue
            if not name or percent is None or compartment is None:
                raise ValidationError(_("Une part fléchée a un nom, un pourcentage et un compartiment."))
            target = target or EarmarkedShare.Target.ALL
            if (target == EarmarkedShare.Target.ALL) == bool(code):
                raise ValidationError(_("Une part vers un territoire ou un secteur donne son code, elle seule."))
            shares.append(ShareTerms(name, int(percent * 100), compartment, target, code or ""))
        data["shares"] = shares
        return data

    def record(self, *, by: User, at: datetime) -> object:
        return record_convention(fund=self.fund, by=by, at=at, **self.cleaned_data)


class ConventionPaymentForm(FundForm):
    heading = gettext_lazy("Un versement d’une convention")
    share = forms.ModelChoiceField(EarmarkedShare.objects.none(), label=gettext_lazy("Part fléchée"))
    amount = AmountField(label=gettext_lazy("Montant"))
    received_on = day_field(gettext_lazy("Reçu le"))
    reference = forms.CharField(label=gettext_lazy("Référence du virement"), max_length=80)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("share", EarmarkedShare.objects.filter(convention__fund=self.fund).select_related("convention"))

    def record(self, *, by: User, at: datetime) -> object:
        return record_convention_payment(by=by, at=at, **self.cleaned_data)


class BodyForm(FundForm):
    heading = gettext_lazy("Une instance")
    kind = forms.ChoiceField(label=gettext_lazy("Nature"), choices=GoverningBody.Kind.choices)
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=160)
    role = words_field(gettext_lazy("Ce qu’elle décide"), max_length=600)
    founded_on = day_field(gettext_lazy("Instituée le"))

    def record(self, *, by: User, at: datetime) -> object:
        return found_body(fund=self.fund, by=by, at=at, **self.cleaned_data)


class SeatsForm(FundForm):
    heading = gettext_lazy("Une répartition des sièges")
    explains = gettext_lazy("Elle vaut pour toute l’instance, et remplace la précédente à son premier jour.")
    body = forms.ModelChoiceField(GoverningBody.objects.none(), label=gettext_lazy("Instance"))
    valid_from = day_field(gettext_lazy("À partir du"))
    deliberation = forms.CharField(label=gettext_lazy("Délibération"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("body", self.fund.bodies.all())
        for family in Family:
            self.fields[family.value] = forms.IntegerField(
                label=family.label, min_value=0, max_value=500, required=False
            )

    def record(self, *, by: User, at: datetime) -> object:
        data = dict(self.cleaned_data)
        seats = {family.value: data.pop(family.value) or 0 for family in Family}
        return allot_seats(seats=seats, by=by, at=at, **data)


class MandateForm(FundForm):
    heading = gettext_lazy("Un mandat")
    explains = gettext_lazy("Le nom et la fonction paraissent sur la page du fonds.")
    body = forms.ModelChoiceField(GoverningBody.objects.none(), label=gettext_lazy("Instance"))
    family = forms.ChoiceField(label=gettext_lazy("Famille"), choices=Family.choices)
    person = forms.CharField(label=gettext_lazy("Personne"), max_length=160)
    stands_for = forms.CharField(label=gettext_lazy("Au titre de"), max_length=160)
    function = forms.CharField(label=gettext_lazy("Fonction"), max_length=120, required=False)
    starts_on = day_field(gettext_lazy("Du"))
    ends_on = day_field(gettext_lazy("Au"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("body", self.fund.bodies.all())

    def record(self, *, by: User, at: datetime) -> object:
        return appoint(by=by, at=at, **self.cleaned_data)


class EndMandateForm(FundForm):
    heading = gettext_lazy("La fin d’un mandat")
    mandate = forms.ModelChoiceField(Mandate.objects.none(), label=gettext_lazy("Mandat"))
    ended_on = day_field(gettext_lazy("Terminé le"))
    reason = forms.CharField(label=gettext_lazy("Motif"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("mandate", Mandate.objects.filter(body__fund=self.fund, ended_on=None).select_related("body"))

    def record(self, *, by: User, at: datetime) -> object:
        return end_mandate(by=by, at=at, **self.cleaned_data)


class CapitalForm(FundForm):
    heading = gettext_lazy("Une table de capital")
    explains = gettext_lazy(
        "Elle dit tout le capital : elle remplace la précédente. La différence s’inscrit aux livres."
    )
    entity = forms.ModelChoiceField(LegalEntity.objects.none(), label=gettext_lazy("Société"))
    stage = forms.ChoiceField(label=gettext_lazy("Étape"), choices=CapitalTable.Stage.choices)
    nominal = AmountField(label=gettext_lazy("Nominal d’une part"))
    effective_on = day_field(gettext_lazy("À partir du"))
    deliberation = forms.CharField(label=gettext_lazy("Délibération"), max_length=60)
    reason = forms.CharField(label=gettext_lazy("Pourquoi"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = [one.pk for one in entities_of(self.fund)]
        self.choose("entity", LegalEntity.objects.filter(pk__in=entities).order_by("name"))
        last = self.fund.capital_tables.order_by("-effective_on", "-pk").first()
        lines = list(last.lines.all()) if last is not None else []
        for rank in range(1, CAPITAL_ROWS + 1):
            line = lines[rank - 1] if rank <= len(lines) else None
            self.fields |= {
                f"family_{rank}": forms.ChoiceField(
                    label=_("Famille"), choices=[("", "…"), *Family.choices], required=False,
                    initial=line.family if line else "",
                ),
                f"holder_{rank}": forms.CharField(
                    label=_("Détenteur"), max_length=160, required=False, initial=line.holder if line else ""
                ),
                f"partner_{rank}": forms.ModelChoiceField(
                    self.fund.partners.all(), label=_("Partenaire"), required=False,
                    initial=line.partner_id if line else None,
                ),
                f"shares_{rank}": forms.IntegerField(
                    label=_("Parts"), min_value=1, max_value=2_000_000_000, required=False,
                    initial=line.shares if line else None,
                ),
            }  # fmt: skip

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        names = ("family", "holder", "partner", "shares")
        return [[self[f"{name}_{rank}"] for name in names] for rank in range(1, CAPITAL_ROWS + 1)]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        lines = []
        for rank in range(1, CAPITAL_ROWS + 1):
            family, holder, partner, shares = (
                data.pop(f"{field}_{rank}", None) for field in ("family", "holder", "partner", "shares")
            )
            if not holder and not shares:
                continue
            if not (family and (holder or partner) and shares):
                raise ValidationError(_("Une ligne de capital a une famille, un détenteur et un nombre de parts."))
            lines.append(HolderShares(family, holder or partner.name, shares, partner))
        data["lines"] = lines
        return data

    def record(self, *, by: User, at: datetime) -> object:
        return record_capital(fund=self.fund, by=by, at=at, **self.cleaned_data)


class SchemeForm(FundForm):
    heading = gettext_lazy("Un schéma régional")
    explains = gettext_lazy("Ses axes sont ceux qu’une décision du comité peut nommer, du premier au dernier jour.")
    name = forms.CharField(label=gettext_lazy("Nom"), max_length=160)
    deliberation = forms.CharField(label=gettext_lazy("Délibération"), max_length=60)
    adopted_on = day_field(gettext_lazy("Adopté le"))
    valid_from = day_field(gettext_lazy("Du"))
    valid_to = day_field(gettext_lazy("Au"))
    axes = words_field(
        gettext_lazy("Axes"),
        6,
        required=False,
        help_text=gettext_lazy("Un par ligne : le code, une espace, l’intitulé."),
    )
    file = forms.FileField(label=gettext_lazy("Le schéma"), required=False)

    def clean_axes(self) -> list[tuple[str, str]]:
        found = []
        for line in self.cleaned_data["axes"].splitlines():
            code, _space, label = line.strip().partition(" ")
            if not code:
                continue
            if not label.strip() or len(code) > 20 or len(label) > 200:
                raise ValidationError(_("Chaque ligne donne un code de 20 signes au plus, puis un intitulé."))
            found.append((code, label.strip()))
        return found

    def record(self, *, by: User, at: datetime) -> object:
        return adopt_scheme(fund=self.fund, by=by, at=at, **self.cleaned_data)


FORMS: dict[str, type[FundForm]] = {
    "acte": ActForm,
    "signature": SignatureForm,
    "engagement": TextForm,
    "convention": ConventionForm,
    "versement": ConventionPaymentForm,
    "instance": BodyForm,
    "sieges": SeatsForm,
    "mandat": MandateForm,
    "fin-de-mandat": EndMandateForm,
    "capital": CapitalForm,
    "schema": SchemeForm,
}
