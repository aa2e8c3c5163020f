"""The register of units: what each holder has, as the moves say."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from funds.locks import lock_party
from funds.models import Compartment, RedemptionRequest, UnitMove
from funds.pool.errors import NotEnoughUnits, PoolRefused
from funds.pool.locking import lock_compartment
from funds.pool.states import RedemptionState
from investors.models import Party, User

HELD_BACK = (RedemptionState.WAITING, RedemptionState.PREPARED)


def units_held(compartment: Compartment, holder: Party, until: datetime | None = None) -> int:
    """Return the units a holder has now (or had at a moment)."""
    moves = UnitMove.objects.filter(compartment=compartment)
    if until is not None:
        moves = moves.filter(moved_at__lte=until)
    received = moves.filter(receiver=holder).aggregate(sum=Sum("units"))["sum"] or 0
    given = moves.filter(giver=holder).aggregate(sum=Sum("units"))["sum"] or 0
    return received - given


def units_free(compartment: Compartment, holder: Party) -> int:
    """Return the units a holder may give or withdraw: those of a request under way wait for it."""
    asked = RedemptionRequest.objects.filter(compartment=compartment, holder=holder, state__in=HELD_BACK)
    return units_held(compartment, holder) - (asked.aggregate(sum=Sum("units"))["sum"] or 0)


def units_out(compartment: Compartment) -> int:
    """Return the units in circulation."""
    return _sum(compartment, "ISSUE") - _sum(compartment, "REDEEM")


def holders(compartments: Iterable[Compartment]) -> dict[int, dict[int, int]]:
    """Return, by compartment and by holder's key, the units held; in one query, holders of none left out."""
    found: dict[int, dict[int, int]] = {}
    keys = [one.pk for one in compartments]
    query = """SELECT compartment_id, holder, sum(units) FROM (
            SELECT compartment_id, receiver_id AS holder, units FROM funds_unitmove WHERE receiver_id IS NOT NULL
            UNION ALL SELECT compartment_id, giver_id, -units FROM funds_unitmove WHERE giver_id IS NOT NULL
        ) sides WHERE compartment_id = ANY(%s) GROUP BY compartment_id, holder HAVING sum(units) <> 0
        ORDER BY compartment_id, holder"""
    with connection.cursor() as cursor:
        cursor.execute(query, [keys])
        for compartment, holder, units in cursor.fetchall():
            found.setdefault(compartment, {})[holder] = int(units)
    return found


@transaction.atomic
def transfer_units(
    *, compartment: Compartment, giver: Party, receiver: Party, units: int, by: User, at: datetime, reason: str
) -> UnitMove:
    """Pass units from one holder to another: the capital does not move, so the books say nothing.

    Raises: NotEnoughUnits, PoolRefused: the same person, no reason, or no unit.
    """
    if giver.pk == receiver.pk or units <= 0 or not reason.strip():
        raise PoolRefused(
            _("Un transfert va d’une personne à une autre, d’au moins une part, avec son motif."),
            next_step=_("Choisissez un autre bénéficiaire et dites pourquoi."),
        )
    for pk in sorted((giver.pk, receiver.pk)):
        lock_party(pk)
    compartment = lock_compartment(compartment.pk)
    require_free(compartment, giver, units)
    return UnitMove.objects.create(
        compartment=compartment, kind=UnitMove.Kind.TRANSFER, giver=giver, receiver=receiver, units=units, by=by,
        moved_at=at, reason=reason.strip(),
    )  # fmt: skip


def require_free(compartment: Compartment, holder: Party, units: int) -> None:
    """Raises: NotEnoughUnits: the holder has fewer free units; read under the lock of the compartment."""
    free = units_free(compartment, holder)
    if units > free:
        raise NotEnoughUnits(
            _("%(units)s parts demandées, %(free)s disponibles.") % {"units": units, "free": free},
            next_step=_("Demandez au plus les parts disponibles : celles d’un rachat en cours attendent sa fin."),
        )


def _sum(compartment: Compartment, kind: str) -> int:
    return UnitMove.objects.filter(compartment=compartment, kind=kind).aggregate(sum=Sum("units"))["sum"] or 0
