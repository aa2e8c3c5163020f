"""What a territory makes of the criteria of a label: each keeps the right to say what is useful there (R-102).

A weight is of one département and one criterion of progress; the last one that has started counts, for the subjects of
that département only. What was concluded before keeps its conclusion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.models import Territory
from investors.models import User
from projects.models import Criterion, CriterionWeight, Label

HIGHEST_WEIGHT = 5


class WeightsRefused(RuleViolation):
    """Weights are of a département, from 0 to 5, not all 0, from a day to come, with the territory's decision."""

    rule = "R-102"


@dataclass(frozen=True)
class TerritoryWeights:
    """What one territory makes of a label today: the criteria it weighs otherwise, and the last decision."""

    territory: str
    rows: tuple[CriterionWeight, ...]


@transaction.atomic
def set_weights(
    *,
    label: Label,
    territory_code: str,
    weights: Mapping[str, int],
    valid_from: date,
    reason: str,
    by: User,
    at: datetime,
) -> list[CriterionWeight]:
    """Write what a territory makes of criteria from a day on; those that do not change are not written again.

    Args: weights: by the identifier of criteria of progress. Returns: what was written.
    Raises: WeightsRefused: an unknown département, a criterion that is not one of progress, a weight outside of 0 to 5,
        all of them 0, a day past or before the last decision, no reason, nothing that changes.
    """
    Label.objects.select_for_update(no_key=True).get(pk=label.pk)
    criteria = {one.identifier: one for one in label.criteria.filter(kind=Criterion.Kind.PROGRESS)}
    departments = Territory.objects.filter(level=Territory.Level.DEPARTEMENT, code=territory_code, is_current=True)
    if not departments.exists():
        raise WeightsRefused(
            _("« %(code)s » n’est pas un département en vigueur.") % {"code": territory_code[:20]},
            next_step=_("Choisissez un département de la liste."),
        )
    unknown = next((name for name in weights if name not in criteria), None)
    if unknown is not None or any(not 0 <= weight <= HIGHEST_WEIGHT for weight in weights.values()):
        raise WeightsRefused(
            _("On pèse des critères de progrès, de 0 à %(most)s.") % {"most": HIGHEST_WEIGHT},
            next_step=_("Corrigez les poids."),
        )
    before = CriterionWeight.objects.filter(criterion__label=label, territory_code=territory_code)
    last = before.order_by("-valid_from").first()
    if valid_from < clock.local(at).date() or (last is not None and valid_from < last.valid_from):
        raise WeightsRefused(
            _("Un poids vaut à partir d’un jour à venir, après la décision précédente du territoire."),
            next_step=_("Changez le premier jour."),
        )
    if not reason.strip():
        raise WeightsRefused(
            _("Un poids cite la décision du territoire."), next_step=_("Écrivez qui l’a prise, et pourquoi.")
        )
    present = weights_of(label, territory_code, valid_from)
    after = {one.pk: weights.get(name, present[one.pk]) for name, one in criteria.items()}
    changed = {pk: weight for pk, weight in after.items() if weight != present[pk]}
    if not changed or not any(after.values()):
        raise WeightsRefused(
            _("Rien ne change, ou plus aucun critère ne compterait."),
            next_step=_("Changez au moins un poids, et gardez-en un au-dessus de 0."),
        )
    return CriterionWeight.objects.bulk_create(
        CriterionWeight(
            criterion_id=pk, territory_code=territory_code, weight=weight, valid_from=valid_from,
            reason=reason.strip(), decided_by=by, decided_at=at,
        )
        for pk, weight in sorted(changed.items())
    )  # fmt: skip


def weights_of(label: Label, department: str, on: date) -> dict[int, int]:
    """Return the weight a territory gives each criterion on a day, by criterion key; the label's own without one."""
    weights = {one.pk: one.weight for one in label.criteria.all()}
    rows = CriterionWeight.objects.filter(
        criterion__label=label, territory_code=department, valid_from__lte=on
    ).order_by("valid_from", "pk")
    return weights | {row.criterion_id: row.weight for row in rows}


def territories_of(label: Label, on: date) -> list[TerritoryWeights]:
    """Return what each territory makes of a label on a day, for everybody; two queries whatever their number."""
    rows = CriterionWeight.objects.filter(criterion__label=label, valid_from__lte=on).select_related("criterion")
    last: dict[tuple[str, int], CriterionWeight] = {}
    for row in rows.order_by("valid_from", "pk"):
        last[row.territory_code, row.criterion_id] = row
    codes = sorted({code for code, _criterion in last})
    names = dict(
        Territory.objects.filter(level=Territory.Level.DEPARTEMENT, code__in=codes, is_current=True).values_list(
            "code", "name"
        )
    )
    return [
        TerritoryWeights(
            names.get(code, code),
            tuple(
                sorted((row for (where, _pk), row in last.items() if where == code), key=lambda row: row.criterion.rank)
            ),
        )
        for code in codes
    ]
