"""Which territories an organisation or a project belongs to, and with what weight (labels-territories-impact §4.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from projects.models import Organisation, Project, TerritoryRole
from projects.models.places import WHOLE_BP
from projects.organisations.communes import SettledCommune, settle_commune


class WeightsDoNotAddUp(RuleViolation):
    """The weights of the zones that benefit add up to exactly 1."""

    rule = "weights-do-not-add-up"


class CommuneTwice(RuleViolation):
    """A commune is named twice in one role, perhaps under its old code."""

    rule = "commune-twice"


@dataclass(frozen=True, slots=True)
class Benefit:
    """A zone that benefits: a commune as typed, and its share in whole basis points (10 000 = all of it)."""

    commune: str
    weight_bp: int


@transaction.atomic
def set_territories(
    *, subject: Organisation | Project, seat: str, sites: Sequence[str] = (), benefits: Sequence[Benefit] = ()
) -> list[SettledCommune]:
    """Write where a subject is, works and does good; what stood before is replaced. All or nothing.

    Args: seat, sites, benefits: communes as `settle_commune` reads them. No benefit at all is allowed: reports then
        use the sites, else the seat.
    Returns: the communes whose old code led to another one, to be said to the person who typed them.
    Raises: CommuneUnknown; CommuneAmbiguous; CommuneTwice; WeightsDoNotAddUp: with the sum that was given.
    """
    total = sum(one.weight_bp for one in benefits)
    if benefits and (total != WHOLE_BP or min(one.weight_bp for one in benefits) < 1):
        raise WeightsDoNotAddUp(
            _("Les parts des zones qui bénéficient font %(total)s %% au lieu de 100 %%.") % {"total": _percent(total)},
            next_step=_("Corrigez une part : chacune dépasse zéro, et leur somme fait exactement 100."),
        )
    roles = TerritoryRole.Role
    rows: list[tuple[str, SettledCommune, int | None]] = [(roles.SEAT, settle_commune(seat), None)]
    rows += [(roles.SITE, settle_commune(one), None) for one in sites]
    rows += [(roles.BENEFIT, settle_commune(one.commune), one.weight_bp) for one in benefits]
    _refuse_doubles([(role, commune) for role, commune, _weight in rows])
    owner = {"organisation" if isinstance(subject, Organisation) else "project": subject}
    type(subject)._base_manager.select_for_update().get(pk=subject.pk)
    present = {(row.role, row.commune_code): row for row in TerritoryRole.objects.filter(**owner)}
    wanted = {(str(role), commune.code): weight for role, commune, weight in rows}
    for key, row in present.items():
        if key not in wanted:
            row.delete()
    for (role, code), weight in wanted.items():
        row = present.get((role, code)) or TerritoryRole(role=role, commune_code=code, **owner)
        if row.pk is None or row.weight_bp != weight:
            row.weight_bp = weight
            row.save()
    if subject.commune_code != rows[0][1].code:
        subject.commune_code = rows[0][1].code
        subject.save(update_fields=["commune_code"])
    return [commune for _role, commune, _weight in rows if commune.replaced]


def reporting_weights(subject: Organisation | Project) -> dict[str, Fraction]:
    """Return the communes a subject counts for in reports, with exact shares that add up to 1, by code.

    Zones of benefit, else sites in equal shares, else the seat: a holding registered in Paris does not absorb a rural
    project. A subject without any attachment counts for its own commune.
    """
    rows = list(subject.territory_roles.all())
    benefits = {row.commune_code: row.weight_bp for row in rows if row.role == TerritoryRole.Role.BENEFIT}
    if benefits:
        return shares(benefits)
    sites = sorted(row.commune_code for row in rows if row.role == TerritoryRole.Role.SITE)
    if sites:
        return {code: Fraction(1, len(sites)) for code in sites}
    return {subject.commune_code: Fraction(1)}


def shares(weights_bp: Mapping[str, int | None]) -> dict[str, Fraction]:
    """Return weights in basis points as exact shares, by code. Raises: ValueError: they do not add up to 10 000."""
    whole = {code: weight or 0 for code, weight in weights_bp.items()}
    if sum(whole.values()) != WHOLE_BP:
        raise ValueError(f"weights add up to {sum(whole.values())}, not {WHOLE_BP}")
    return {code: Fraction(whole[code], WHOLE_BP) for code in sorted(whole)}


def _refuse_doubles(rows: Sequence[tuple[str, SettledCommune]]) -> None:
    seen: set[tuple[str, str]] = set()
    for role, commune in rows:
        if (role, commune.code) in seen:
            raise CommuneTwice(
                _("%(name)s (%(code)s) est nommée deux fois dans le même rôle.")
                % {"name": commune.name, "code": commune.code},
                next_step=_("Une commune fusionnée compte pour celle qui lui succède : gardez une seule ligne."),
            )
        seen.add((role, commune.code))


def _percent(weight_bp: int) -> str:
    whole, rest = divmod(weight_bp, 100)
    return f"{whole},{rest:02d}" if rest else str(whole)
