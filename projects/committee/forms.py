"""What members and staff write about sessions."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fres.kernel import clock
from investors.models import User
from projects.committee.founding import CollegePlan, GridLine
from projects.models import (
    Application,
    College,
    Committee,
    ConflictDeclaration,
    Grid,
    GridCriterion,
    Outcome,
    RefusalReason,
    SchemeAxis,
    Seat,
    Session,
)

_MOMENT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
_MOMENTS = ("%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M")
_DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
COLLEGE_ROWS, GRID_ROWS = 6, 10
BASIS_IN_PERCENT = 100


def _basis_points(percent: Decimal) -> int:
    return int(percent * BASIS_IN_PERCENT)


class _Percent(forms.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(min_value=Decimal(0), max_value=Decimal(100), decimal_places=2, localize=True, **kwargs)


class CommitteeForm(forms.Form):
    """A committee and its colleges; empty rows are left out."""

    fund = forms.ChoiceField(label=_("Fonds"))
    name = forms.CharField(label=_("Nom du comité"), max_length=120)
    quorum = _Percent(label=_("Quorum, en pourcentage des sièges"), required=True, initial=Decimal(50))
    majority = forms.ChoiceField(label=_("Majorité"), choices=Committee.Majority)
    tie_rule = forms.ChoiceField(label=_("En cas de partage"), choices=Committee.TieRule)

    def __init__(self, *args: Any, funds: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fund"].choices = list(funds)  # type: ignore[attr-defined]
        for rank in range(1, COLLEGE_ROWS + 1):
            self.fields[f"college_{rank}"] = forms.CharField(
                label=_("Collège %(rank)s") % {"rank": rank}, max_length=80, required=False
            )
            self.fields[f"weight_{rank}"] = _Percent(label=_("Poids du collège %(rank)s, en %%") % {"rank": rank})

    @property
    def quorum_bp(self) -> int:
        return _basis_points(self.cleaned_data["quorum"])

    def colleges(self) -> list[CollegePlan]:
        """Return the rows filled in, in order."""
        data = self.cleaned_data
        return [
            CollegePlan(data[f"college_{rank}"], _basis_points(data[f"weight_{rank}"] or Decimal(0)))
            for rank in range(1, COLLEGE_ROWS + 1)
            if data[f"college_{rank}"]
        ]


class GridForm(forms.Form):
    """The next version of a grid; empty rows are left out."""

    name = forms.CharField(label=_("Nom de la grille"), max_length=120)
    scale_max = forms.IntegerField(label=_("Note la plus haute"), min_value=2, max_value=20, initial=4)
    veto_quota = forms.ChoiceField(label=_("Le veto joue"), choices=Grid.VetoQuota, initial=Grid.VetoQuota.MAJORITY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rank in range(1, GRID_ROWS + 1):
            self.fields[f"label_{rank}"] = forms.CharField(
                label=_("Critère %(rank)s") % {"rank": rank}, max_length=160, required=False
            )
            self.fields[f"weight_{rank}"] = _Percent(label=_("Poids du critère %(rank)s, en %%") % {"rank": rank})
            self.fields[f"veto_{rank}"] = forms.BooleanField(
                label=_("Critère %(rank)s : veto s’il est totalement absent") % {"rank": rank}, required=False
            )

    def lines(self) -> list[GridLine]:
        """Return the rows filled in, with codes C1, C2…"""
        data = self.cleaned_data
        ranks = [rank for rank in range(1, GRID_ROWS + 1) if data[f"label_{rank}"]]
        return [
            GridLine(
                code=f"C{place}",
                label=data[f"label_{rank}"],
                weight_bp=_basis_points(data[f"weight_{rank}"] or Decimal(0)),
                is_veto=data[f"veto_{rank}"],
            )
            for place, rank in enumerate(ranks, 1)
        ]


class _People(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.display_name} – {obj.email}" if isinstance(obj, User) else str(obj)


class SeatForm(forms.Form):
    """A person to seat, named by their address."""

    email = forms.EmailField(label=_("Adresse e-mail du compte"))
    college = forms.ModelChoiceField(label=_("Collège"), queryset=College.objects.none(), empty_label=_("Choisissez"))
    how = forms.ChoiceField(
        label=_("Désignation"), choices=[(one.value, one.label) for one in Seat.How if one != Seat.How.DRAWN]
    )
    stands_for = forms.CharField(label=_("Au titre de"), max_length=120, required=False)
    on = forms.DateField(label=_("À partir du"), widget=_DAY)

    def __init__(self, *args: Any, committee: Committee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["college"].queryset = committee.colleges.order_by("rank")  # type: ignore[attr-defined]

    def clean_email(self) -> User:
        user = User.objects.filter(email=self.cleaned_data["email"].lower(), is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("Aucun compte ouvert à cette adresse."))
        return user


class DrawForm(forms.Form):
    """A draw among accounts listed by address, one a line."""

    draw_college = forms.ModelChoiceField(
        label=_("Collège"), queryset=College.objects.none(), empty_label=_("Choisissez")
    )
    places = forms.IntegerField(label=_("Sièges à pourvoir"), min_value=1, max_value=50, initial=1)
    seed = forms.CharField(
        label=_("Graine"),
        max_length=200,
        help_text=_("Un nombre rendu public après que la liste est arrêtée, par exemple un tirage officiel."),
    )
    seed_source = forms.CharField(label=_("Où chacun peut la lire"), max_length=200)
    pool = forms.CharField(
        label=_("Personnes éligibles, une adresse par ligne"), widget=forms.Textarea(attrs={"rows": 6})
    )

    def __init__(self, *args: Any, committee: Committee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["draw_college"].queryset = committee.colleges.order_by("rank")  # type: ignore[attr-defined]

    def clean_pool(self) -> list[User]:
        wanted = {line.strip().lower() for line in self.cleaned_data["pool"].splitlines() if line.strip()}
        found = list(User.objects.filter(email__in=wanted, is_active=True))
        missing = wanted - {user.email for user in found}
        if missing:
            raise forms.ValidationError(
                _("Aucun compte ouvert pour : %(list)s.") % {"list": ", ".join(sorted(missing))}
            )
        return found


class AxisForm(forms.Form):
    scheme = forms.CharField(label=_("Schéma régional"), max_length=160)
    code = forms.CharField(label=_("Code de l’axe"), max_length=20)
    label = forms.CharField(label=_("Axe"), max_length=200)
    valid_from = forms.DateField(label=_("En vigueur depuis le"), widget=_DAY)


class SessionForm(forms.Form):
    """A session to come: chair among the seats, secretary by address."""

    starts_at = forms.DateTimeField(label=_("Jour et heure"), widget=_MOMENT, input_formats=_MOMENTS)
    place = forms.CharField(label=_("Lieu"), max_length=200)
    chair = _People(label=_("Présidence"), queryset=Seat.objects.none())
    secretary = forms.EmailField(label=_("Secrétariat, adresse e-mail du compte"))

    def __init__(self, *args: Any, committee: Committee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seats = Seat.objects.filter(committee=committee, valid_to=None).select_related("user", "college")
        self.fields["chair"].queryset = seats  # type: ignore[attr-defined]

    def clean_starts_at(self) -> Any:
        return self.cleaned_data["starts_at"].replace(tzinfo=clock.PARIS)

    def clean_secretary(self) -> User:
        user = User.objects.filter(email=self.cleaned_data["secretary"].lower(), is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("Aucun compte ouvert à cette adresse."))
        return user


class AgendaForm(forms.Form):
    application = forms.ModelChoiceField(
        label=_("Dossier à ajouter"), queryset=Application.objects.none(), to_field_name="uuid"
    )

    def __init__(self, *args: Any, files: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["application"]
        field.queryset = files
        field.label_from_instance = lambda one: f"{one.project.title} – {one.organisation.name}"


class DeclarationForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Votre lien avec ce projet, ses dirigeants ou ses financeurs"),
        choices=[
            (ConflictDeclaration.Kind.NONE, _("Aucun lien")),
            (ConflictDeclaration.Kind.LINK, _("Un lien qui ne m’empêche pas de délibérer, je le décris")),
            (ConflictDeclaration.Kind.CONFLICT, _("Un intérêt : je me déporte, le dossier se ferme pour moi")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Nature du lien"),
        help_text=_("Une phrase. Un déport et son motif sont publics."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReviewForm(forms.Form):
    """One score a criterion, from 0 to the grid's highest."""

    comment = forms.CharField(
        label=_("Commentaire, pour la délibération"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria: list[GridCriterion] = list(session.grid.criteria.all())
        highest = session.grid.scale_max
        comment = self.fields.pop("comment")
        for one in self.criteria:
            veto = _("Veto si totalement absent.") if one.is_veto else ""
            self.fields[one.code] = forms.TypedChoiceField(
                label=f"{one.code}. {one.label}",
                help_text=" ".join(str(text) for text in (one.help_text, veto) if text),
                choices=[("", _("à noter")), *((value, str(value)) for value in range(highest + 1))],
                coerce=int,
                empty_value=None,
            )
        self.fields["comment"] = comment

    def scores(self) -> dict[str, int]:
        """Return the scores given; the operation says which one is missing."""
        data = self.cleaned_data
        return {one.code: data[one.code] for one in self.criteria if data.get(one.code) is not None}


class DecisionForm(forms.Form):
    """What a ballot decided, put into words. The outcome is the ballot's; the operation refuses what is missing."""

    axis = forms.ModelChoiceField(
        label=_("Axe du schéma régional"), queryset=SchemeAxis.objects.none(), empty_label=_("Choisissez")
    )
    motive = forms.CharField(label=_("Motif, public et envoyé au porteur"), widget=forms.Textarea(attrs={"rows": 3}))
    conditions = forms.CharField(
        label=_("Conditions suspensives, une par ligne"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    refusal_code = forms.ChoiceField(label=_("Motif codé"), choices=[("", "")])
    next_step = forms.CharField(
        label=_("Ce que le porteur peut faire maintenant"), widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, axes: Any, outcome: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["axis"].queryset = axes  # type: ignore[attr-defined]
        self.fields["refusal_code"].choices = [("", _("à choisir")), *RefusalReason.choices]  # type: ignore[attr-defined]
        if outcome != Outcome.APPROVE:
            del self.fields["conditions"]
        if outcome != Outcome.REFUSE:
            del self.fields["refusal_code"], self.fields["next_step"]
