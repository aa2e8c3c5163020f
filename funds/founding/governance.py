"""Governing bodies: how many seats each family has, and who sits, from when to when (R-047, R-049)."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from funds.founding.errors import BodyRefused
from funds.locks import lock_fund
from funds.models import Family, Fund, GoverningBody, Mandate, SeatAllotment
from funds.pool.locking import lock_row
from investors.models import User

LOCAL = (Family.AUTHORITY, Family.ACTOR)


@transaction.atomic
def found_body(
    *, fund: Fund, kind: str, name: str, role: str, founded_on: date, by: User, at: datetime
) -> GoverningBody:
    """Write a body of the fund. Raises: BodyRefused: its name is taken, or no word says what it decides."""
    fund = lock_fund(fund)
    if not role.strip() or not name.strip() or fund.bodies.filter(name=name.strip()).exists():
        raise BodyRefused(
            _("Une instance a un nom à elle, et dit ce qu’elle décide."), next_step=_("Complétez le formulaire.")
        )
    return GoverningBody.objects.create(
        fund=fund, kind=kind, name=name.strip(), role=role.strip(), founded_on=founded_on
    )


@transaction.atomic
def allot_seats(
    *, body: GoverningBody, seats: Mapping[str, int], valid_from: date, deliberation: str, by: User, at: datetime
) -> list[SeatAllotment]:
    """Share the seats of a body between families from a day on: the whole of the body, replacing what was before.

    Raises: BodyRefused: no seat, a day before the last sharing, more people sit for a family than it would have
        seats; and for a partnership board, territories without the majority of seats (R-047).
    """
    body = lock_row(body)
    given = {str(Family(family)): count for family, count in seats.items() if count > 0}
    last = body.allotments.order_by("-valid_from").first()
    if not given or any(count < 0 for count in seats.values()):
        raise BodyRefused(_("Une instance a au moins un siège."), next_step=_("Donnez un nombre de sièges."))
    if last is not None and valid_from <= last.valid_from:
        raise BodyRefused(
            _("La répartition en vigueur date du %(day)s : la suivante commence après.")
            % {"day": f"{last.valid_from:%d/%m/%Y}"},
            next_step=_("Changez le premier jour."),
        )
    if body.kind == GoverningBody.Kind.BOARD:
        _require_local_majority(body, given, clock.local(at).date())
    for family in Family:
        sitting = sitting_on(body, valid_from).filter(family=family).count()
        if sitting > given.get(family, 0):
            raise BodyRefused(
                _("%(sitting)s personnes siègent pour « %(family)s » ; il n’y aurait que %(seats)s sièges.")
                % {"sitting": sitting, "family": family.label, "seats": given.get(family, 0)},
                next_step=_("Mettez d’abord fin à un mandat."),
            )
    return SeatAllotment.objects.bulk_create(
        SeatAllotment(
            body=body, family=family, seats=count, valid_from=valid_from, deliberation=deliberation.strip(),
            recorded_by=by, recorded_at=at,
        )
        for family, count in given.items()
    )  # fmt: skip


@transaction.atomic
def appoint(
    *, body: GoverningBody, family: str, person: str, stands_for: str, starts_on: date, ends_on: date, by: User,
    at: datetime, function: str = "",
) -> Mandate:  # fmt: skip
    """Write a mandate. Args: person, stands_for: public.

    Raises: BodyRefused: no seat left for the family on its first day, a mandate longer than the dated limit, somebody
        who sits already in this body.
    """
    body = lock_row(body)
    years = parameters.value_at("governance.mandate.years", starts_on, scope=str(body.fund.uuid)).whole
    if not starts_on < ends_on or ends_on > _years_after(starts_on, years):
        raise BodyRefused(
            _("Un mandat dure au plus %(years)s ans.") % {"years": years}, next_step=_("Rapprochez le dernier jour.")
        )
    sitting = sitting_on(body, starts_on)
    seats = seats_on(body, starts_on).get(str(Family(family)), 0)
    taken = sitting.filter(family=family).count()
    if taken >= seats:
        raise BodyRefused(
            _("« %(family)s » a %(seats)s sièges dans cette instance, et %(taken)s y siègent.")
            % {"family": Family(family).label, "seats": seats, "taken": taken},
            next_step=_("Mettez fin à un mandat, ou changez la répartition des sièges."),
        )
    if not person.strip() or not stands_for.strip() or sitting.filter(person=person.strip()).exists():
        raise BodyRefused(
            _("Une personne siège une fois dans une instance, au titre de quelqu’un."),
            next_step=_("Écrivez son nom et qui elle représente."),
        )
    return Mandate.objects.create(
        body=body, family=family, person=person.strip(), stands_for=stands_for.strip(), function=function.strip(),
        starts_on=starts_on, ends_on=ends_on, recorded_by=by, recorded_at=at,
    )  # fmt: skip


@transaction.atomic
def end_mandate(*, mandate: Mandate, ended_on: date, reason: str, by: User, at: datetime) -> Mandate:
    """End a mandate before its day. Raises: BodyRefused: ended already, no reason, a day outside of it."""
    lock_row(mandate.body)
    mandate = lock_row(mandate)
    if mandate.ended_on is not None or not reason.strip():
        raise BodyRefused(
            _("Un mandat se termine une fois, avec son motif."), next_step=_("Écrivez pourquoi, en une phrase.")
        )
    if not mandate.starts_on <= ended_on <= mandate.ends_on:
        raise BodyRefused(
            _("Ce mandat court du %(first)s au %(last)s.")
            % {"first": f"{mandate.starts_on:%d/%m/%Y}", "last": f"{mandate.ends_on:%d/%m/%Y}"},
            next_step=_("Donnez un jour de cette période."),
        )
    mandate.ended_on, mandate.ended_because = ended_on, reason.strip()
    mandate.save(update_fields=["ended_on", "ended_because"])
    return mandate


def seats_on(body: GoverningBody, on: date) -> dict[str, int]:
    """Return the seats of each family on a day: the last sharing that had started; one query."""
    found: dict[date, dict[str, int]] = {}
    for row in body.allotments.all():
        if row.valid_from <= on:
            found.setdefault(row.valid_from, {})[row.family] = row.seats
    return found[max(found)] if found else {}


def sitting_on(body: GoverningBody, on: date) -> QuerySet[Mandate]:
    """Return the mandates that run on a day."""
    running = body.mandates.filter(starts_on__lte=on, ends_on__gte=on)
    return running.filter(Q(ended_on=None) | Q(ended_on__gt=on))


def local_share(counts: Mapping[str, int]) -> Fraction:
    """Return the part that territories have of seats or shares; 0 when there are none. Pure."""
    total = sum(counts.values())
    return Fraction(sum(counts.get(family, 0) for family in LOCAL), total) if total else Fraction(0)


def _require_local_majority(body: GoverningBody, seats: Mapping[str, int], on: date) -> None:
    floor = Fraction(parameters.value_at("governance.local_seats.above", on, scope=str(body.fund.uuid)).rate)
    if local_share(seats) > floor:
        return
    total = sum(seats.values())
    needed = total * floor.numerator // floor.denominator + 1
    raise BodyRefused(
        _("Les territoires ont %(local)s sièges sur %(total)s ; il leur en faut %(needed)s (R-047).")
        % {"local": sum(seats.get(family, 0) for family in LOCAL), "total": total, "needed": needed},
        next_step=_("Donnez-leur la majorité des sièges."),
    )


def _years_after(on: date, years: int) -> date:
    return on.replace(year=on.year + years, day=min(on.day, 28) if on.month == 2 else on.day)
