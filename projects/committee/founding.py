"""Found a committee: colleges and their weights, seats filled, elected or drawn, grids and axes of the scheme."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.access import Role
from fres.kernel.templatetags.fres import number
from investors.models import RoleGrant, User
from investors.roles import grant_role, revoke_role
from projects.committee.errors import AgendaRefused, CommitteeRefused, DrawRefused, SeatRefused, WeightsNotWhole
from projects.committee.rules import DRAW_METHOD, are_whole, drawn_order, percentage
from projects.models import College, Committee, Draw, Grid, GridCriterion, SchemeAxis, Seat, Session
from projects.models.committee import BASIS

LEAST_BP, MOST_BP = 1_000, 5_000  # of a college's weight: fact sheet §5.1, said again by the table
_SCOPE = RoleGrant.Scope.FUND


@dataclass(frozen=True, slots=True)
class CollegePlan:
    name: str
    weight_bp: int


@dataclass(frozen=True, slots=True)
class GridLine:
    code: str
    label: str
    weight_bp: int
    is_veto: bool = False
    help_text: str = ""


@transaction.atomic
def found_committee(
    *,
    fund_uuid: UUID,
    name: str,
    colleges: Sequence[CollegePlan],
    at: datetime,
    quorum_bp: int = BASIS // 2,
    majority: str = Committee.Majority.SIMPLE,
    tie_rule: str = Committee.TieRule.ADJOURN,
) -> Committee:
    """Make a committee and its colleges, in the order given.

    Raises: WeightsNotWhole: a weight is not between 10 % and 50 %, or they do not sum to 100 %.
    """
    _check_weights([college.weight_bp for college in colleges])
    committee = Committee.objects.create(
        fund_uuid=fund_uuid, name=name, quorum_bp=quorum_bp, majority=majority, tie_rule=tie_rule, created_at=at
    )
    College.objects.bulk_create(
        College(committee=committee, name=college.name, weight_bp=college.weight_bp, rank=rank)
        for rank, college in enumerate(colleges, 1)
    )
    return committee


@transaction.atomic
def reweigh_colleges(*, committee: Committee, weights_bp: Mapping[UUID, int]) -> None:
    """Give every college of a committee its new weight; closed ballots keep the weights they were counted with.

    Args: weights_bp: by the uuid of each college, all of them.
    Raises: WeightsNotWhole. CommitteeRefused: a college is missing, or a session is open.
    """
    committee = Committee.objects.select_for_update().get(pk=committee.pk)
    colleges = list(committee.colleges.order_by("rank"))
    if {college.uuid for college in colleges} != set(weights_bp):
        raise CommitteeRefused(_("Donnez un poids à chaque collège."))
    _check_weights(list(weights_bp.values()))
    if Session.objects.filter(committee=committee, opened_at__isnull=False, ended_at=None).exists():
        raise CommitteeRefused(
            _("Une séance est ouverte : les poids ne changent pas pendant qu’on vote."),
            next_step=_("Levez la séance, puis changez les poids."),
        )
    for college in colleges:
        college.weight_bp = weights_bp[college.uuid]
        college.save(update_fields=["weight_bp"])


def _check_weights(weights_bp: Sequence[int]) -> None:
    for weight in weights_bp:
        if not LEAST_BP <= weight <= MOST_BP:
            raise WeightsNotWhole(
                _("Un collège pèse de 10 %% à 50 %% ; celui-ci pèserait %(weight)s %%.") % {"weight": _percent(weight)},
                next_step=_("Répartissez le poids entre deux et dix collèges."),
            )
    _check_whole(weights_bp)


def _check_whole(weights_bp: Sequence[int]) -> None:
    if not are_whole(weights_bp):
        raise WeightsNotWhole(
            _("Les poids font %(total)s %% au lieu de 100 %%.") % {"total": _percent(sum(weights_bp))},
            next_step=_("Corrigez-les jusqu’à ce que leur somme fasse 100 %."),
        )


def _percent(weight_bp: int) -> str:
    return number(percentage(Fraction(weight_bp, BASIS)))


# Grids and axes


@transaction.atomic
def publish_grid(
    *,
    committee: Committee,
    name: str,
    scale_max: int,
    lines: Sequence[GridLine],
    by: User,
    at: datetime,
    veto_quota: str = Grid.VetoQuota.MAJORITY,
) -> Grid:
    """Publish the next version of a committee's grid; sessions already planned keep theirs.

    Raises: WeightsNotWhole: the weights of the lines do not sum to 100 %. CommitteeRefused: a code is used twice.
    """
    Committee.objects.select_for_update().get(pk=committee.pk)
    _check_whole([line.weight_bp for line in lines])
    if len({line.code for line in lines}) != len(lines):
        raise CommitteeRefused(_("Chaque critère a son code."), next_step=_("Changez le code écrit deux fois."))
    last = committee.grids.aggregate(last=Max("version"))["last"] or 0
    grid = Grid.objects.create(
        committee=committee, version=last + 1, name=name, scale_max=scale_max, veto_quota=veto_quota, by=by, at=at
    )
    GridCriterion.objects.bulk_create(
        GridCriterion(
            grid=grid,
            rank=rank,
            code=line.code,
            label=line.label,
            help_text=line.help_text,
            weight_bp=line.weight_bp,
            is_veto=line.is_veto,
        )
        for rank, line in enumerate(lines, 1)
    )
    return grid


def add_axis(
    *, fund_uuid: UUID, scheme: str, code: str, label: str, valid_from: date, valid_to: date | None = None
) -> SchemeAxis:
    """Add an axis of the regional scheme to those a decision may be linked to (R-049)."""
    return SchemeAxis.objects.create(
        fund_uuid=fund_uuid, scheme=scheme, code=code, label=label, valid_from=valid_from, valid_to=valid_to
    )


# Seats


@transaction.atomic
def fill_seat(
    *, college: College, user: User, how: str, by: User, on: date, stands_for: str = "", draw: Draw | None = None
) -> Seat:
    """Seat a person in a college from a day on, and give them the role of committee member for the fund.

    Raises: SeatRefused: they sit already in a college of the committee.
    """
    committee = Committee.objects.select_for_update().get(pk=college.committee_id)
    if seats_on(committee, on).filter(user=user).exists():
        raise SeatRefused(
            _("%(name)s siège déjà dans ce comité : on vote dans un seul collège.") % {"name": user},
            next_step=_("Mettez fin à son siège avant de l’asseoir dans un autre collège."),
        )
    if (how == Seat.How.DRAWN) != (draw is not None):
        raise SeatRefused(_("Un siège tiré au sort nomme son tirage, les autres n’en ont pas."))
    seat = Seat.objects.create(
        committee=committee, college=college, user=user, how=how, draw=draw, stands_for=stands_for, valid_from=on
    )
    if not _grants(seat).exists():
        grant_role(user=user, role=Role.COMMITTEE, by=by, on=on, scope_kind=_SCOPE, scope_uuid=committee.fund_uuid)
    return seat


@transaction.atomic
def end_seat(*, seat: Seat, on: date) -> Seat:
    """End a seat: it does not hold on the day `on` any more, nor does the role that came with it.

    Raises: SeatRefused: it has ended; or the person is to chair a session that is not over.
    """
    seat = Seat.objects.select_for_update().get(pk=seat.pk)
    if seat.valid_to is not None:
        raise SeatRefused(_("Ce siège a déjà pris fin."))
    if seat.chaired.filter(ended_at=None).exclude(state="CANCELLED").exists():
        raise AgendaRefused(
            _("Cette personne préside une séance qui n’est pas levée."),
            next_step=_("Donnez d’abord la présidence à un autre membre."),
        )
    seat.valid_to = max(on, seat.valid_from)
    seat.save(update_fields=["valid_to"])
    others = Seat.objects.filter(user=seat.user, committee__fund_uuid=seat.committee.fund_uuid, valid_to=None)
    if not others.exists():
        for grant in _grants(seat).filter(scope_kind=_SCOPE):
            revoke_role(grant=grant, on=on)
    return seat


def _grants(seat: Seat) -> QuerySet[RoleGrant]:
    held = RoleGrant.objects.filter(user=seat.user, role=Role.COMMITTEE, valid_to=None)
    return held.filter(scope_uuid=seat.committee.fund_uuid) | held.filter(scope_kind="")


def seats_on(committee: Committee, on: date) -> QuerySet[Seat]:
    """Return the seats of a committee that hold on a day."""
    return Seat.objects.filter(committee=committee, valid_from__lte=on).exclude(valid_to__lte=on)


# Draws


@transaction.atomic
def draw_seats(
    *,
    college: College,
    pool: Iterable[User],
    places: int,
    seed: str,
    seed_source: str,
    by: User,
    at: datetime,
) -> tuple[Draw, tuple[Seat, ...]]:
    """Draw people into seats of a college, and record all it takes to draw again: pool, seed, origin, order.

    Who sits already is left out of the pool. Those drawn after the places stand in, in that order.
    Args: seed: known in public only after the pool was frozen. seed_source: where anybody can read it.
    Raises: DrawRefused: no seed or no origin, fewer people than seats, or this seed has served.
    """
    committee = Committee.objects.select_for_update().get(pk=college.committee_id)
    on = clock.local(at).date()
    seated = set(seats_on(committee, on).values_list("user_id", flat=True))
    people = {str(user.uuid): user for user in pool if user.pk not in seated}
    seed, seed_source = seed.strip(), seed_source.strip()
    if not seed or not seed_source:
        raise DrawRefused(
            _("Un tirage a une graine, et l’endroit public où chacun peut la lire."),
            next_step=_("Prenez un nombre publié après la clôture de la liste, par exemple un tirage officiel."),
        )
    if places < 1 or len(people) < places:
        raise DrawRefused(
            _("%(people)s personnes éligibles pour %(places)s sièges.") % {"people": len(people), "places": places},
            next_step=_("Élargissez la liste, ou tirez moins de sièges."),
        )
    if Draw.objects.filter(college__committee=committee, seed=seed).exists():
        raise DrawRefused(_("Cette graine a déjà servi : son résultat est connu."), next_step=_("Prenez-en une autre."))
    ranking = drawn_order(pool=people, seed=seed)
    draw = Draw.objects.create(
        college=college,
        method=DRAW_METHOD,
        seed=seed,
        seed_source=seed_source,
        pool=sorted(people),
        ranking=list(ranking),
        places=places,
        by=by,
        at=at,
    )
    seats = tuple(
        fill_seat(college=college, user=people[one], how=Seat.How.DRAWN, by=by, on=on, draw=draw)
        for one in ranking[:places]
    )
    return draw, seats


def is_draw_right(draw: Draw) -> bool:
    """Whether drawing again from the recorded pool and seed gives the recorded order."""
    return list(drawn_order(pool=draw.pool, seed=draw.seed)) == draw.ranking
