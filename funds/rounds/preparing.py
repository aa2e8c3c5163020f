"""A round is prepared: demands received, the list and the rules frozen, the electoral roll drawn up."""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.text import slugify
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import format_cents, to_cents
from fres.kernel.states import advance
from funds.allocation.elections import CountingRules
from funds.models import Commitment, Compartment, Demand, Fund, RollEntry, Round, UnitMove
from funds.pool.accounts import cash_cents
from funds.rounds.colleges import check_colleges, college_of, require_secret
from funds.rounds.errors import RoundRefused
from funds.rounds.states import (
    CANCEL_ROUND,
    FREEZE,
    LEAVE_OUT,
    PUT_ON_BALLOT,
    WITHDRAW_DEMAND,
    BallotMode,
    DemandState,
    RoundState,
)
from funds.states import COUNTED_CLEARED
from investors.models import Party, User
from projects.models import Application
from projects.states import ApplicationState

ON_THE_LIST = frozenset({ApplicationState.APPROVED, ApplicationState.LABELLED})  # TWO_STAGE: the committee comes first
BATCH = 2_000


@transaction.atomic
def prepare_round(
    *,
    fund: Fund,
    title: str,
    summary: str,
    budget: Money,
    roll_on: date,
    opens_at: datetime,
    closes_at: datetime,
    by: User,
    at: datetime,
    max_choices: int = 5,
    compartment: Compartment | None = None,
    ballot_kind: str = BallotMode.APPROVAL,
    points: int = 0,
    colleges: Sequence[Mapping[str, Any]] = (),
) -> Round:
    """Announce a round: how much, for when, who will be on the roll.

    Args: compartment: whose cash is shared; None for an endowment held by the fund's carrier. points: what each member
        shares in a vote by points. colleges: see `Round.colleges`.
    Raises: RoundRefused: it would open in the past, close before it opens, its roll is drawn up after it opens, the
        compartment is another fund's, or the ballot or the colleges make no sense.
    """
    if compartment is not None and compartment.fund_id != fund.pk:
        raise RoundRefused(_("Ce compartiment est celui d’un autre fonds."))
    if opens_at <= at or closes_at <= opens_at:
        raise RoundRefused(_("Un vote s’ouvre plus tard, et se ferme après son ouverture."))
    if roll_on > clock.local(opens_at).date():
        raise RoundRefused(_("La liste électorale s’arrête au plus tard le jour de l’ouverture."))
    if to_cents(budget) <= 0 or max_choices < 1:
        raise RoundRefused(_("La somme à répartir et le nombre de choix sont au-dessus de zéro."))
    is_by_points = ballot_kind == BallotMode.POINTS
    if is_by_points != bool(points):
        raise RoundRefused(_("Un vote par points dit combien de points a chaque votant ; un autre n’en a pas."))
    check_colleges(colleges)
    stem = slugify(title)[:70] or "vote"
    taken = set(Round.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug = next(
        name for rank in range(1, len(taken) + 2) if (name := stem if rank == 1 else f"{stem}-{rank}") not in taken
    )
    return Round.objects.create(
        slug=slug, fund=fund, title=title, summary=summary, budget=budget, roll_on=roll_on, opens_at=opens_at,
        closes_at=closes_at, max_choices=max_choices, compartment=compartment, ballot_kind=ballot_kind, points=points,
        colleges=[dict(one) for one in colleges], created_by=by, created_at=at,
    )  # fmt: skip


@transaction.atomic
def receive_demand(
    *, of: Round, application: Application, amount: Money, by: User, at: datetime, maximum: Money | None = None
) -> Demand:
    """Write what a project asks of a round: the least it needs, all or nothing, and the most it could use.

    Raises: RoundRefused: the list is frozen, the file is not approved, the project asks already, or asks too much.
    """
    of = _lock(of)
    _require(of, RoundState.PREPARED, _("La liste de ce tour est figée : une demande vaut pour le prochain."))
    _require_approved(application)
    if not 0 < to_cents(amount) <= to_cents(of.budget):
        raise RoundRefused(_("Une demande est au-dessus de zéro et ne dépasse pas la somme à répartir."))
    if maximum is not None and not amount <= maximum <= of.budget:
        raise RoundRefused(_("Le maximum d’une demande va de son minimum à la somme à répartir."))
    if of.demands.filter(project=application.project).exists():
        raise RoundRefused(_("Ce projet demande déjà une part de ce tour."))
    rank = of.demands.count() + 1
    return Demand.objects.create(
        round=of, project=application.project, application=application, code=f"P{rank:02d}", amount=amount,
        maximum=maximum, received_by=by, received_at=at,
    )  # fmt: skip


@transaction.atomic
def leave_out(*, demand: Demand, reason: str, by: User, at: datetime) -> Demand:
    """Leave a demand off the ballot, with a reason that will be public. Raises: RoundRefused: no reason, or frozen."""
    if not reason.strip():
        raise RoundRefused(_("Laisser un projet hors de la liste demande un motif public."))
    _require(_lock(demand.round), RoundState.PREPARED, _("La liste de ce tour est figée."))
    reason = reason.strip()[:200]
    return advance(demand, LEAVE_OUT, by=by, at=at, reason=reason, left_out_reason=reason)


@transaction.atomic
def withdraw_demand(*, demand: Demand, by: User, at: datetime) -> Demand:
    """Withdraw what a project asked, before the list is frozen. Raises: RoundRefused: it is frozen."""
    _require(_lock(demand.round), RoundState.PREPARED, _("La liste de ce tour est figée."))
    return advance(demand, WITHDRAW_DEMAND, by=by, at=at)


@transaction.atomic
def freeze_round(
    *, of: Round, rules: CountingRules, by: User, at: datetime, drawn: Sequence[str] | None = None
) -> Round:
    """Freeze the list, the rules with their digest, and the electoral roll: nothing of them changes afterwards.

    Args: drawn: the codes as they were drawn in public; None draws them now, with the system's source of chance.
    Raises: RoundRefused: no demand, too late, more money than the compartment has, a file no longer approved, a
        project that the rules in force could not finance whatever the vote, a draw that is not of these codes, nobody
        on the roll, or a college too small to be secret.
    """
    of = _lock(of)
    _require(of, RoundState.PREPARED, _("Ce tour est déjà figé, ou annulé."))
    if at >= of.opens_at:
        raise RoundRefused(_("Les règles se figent avant l’ouverture du vote."), next_step=_("Annulez ce tour."))
    demands = list(of.demands.filter(state=DemandState.RECEIVED).select_related("application", "project__organisation"))
    if not demands:
        raise RoundRefused(_("Aucune demande n’est reçue pour ce tour."))
    for demand in demands:
        _require_approved(demand.application)
    _require_fundable(of, demands, at)
    codes = [demand.code for demand in demands]
    order = list(drawn) if drawn is not None else secrets.SystemRandom().sample(codes, len(codes))
    if sorted(order) != sorted(codes):
        raise RoundRefused(_("L’ordre tiré au sort ne nomme pas exactement les projets de la liste."))
    frozen = replace(rules, drawn_order=tuple(order)).as_dict()
    for demand in demands:
        advance(demand, PUT_ON_BALLOT, by=by, at=at)
    if not draw_up_roll(of):
        raise RoundRefused(_("Personne n’est sur la liste électorale à cette date."))
    require_secret(of.colleges, of.roll.values_list("college", flat=True))
    return advance(of, FREEZE, by=by, at=at, rules=frozen, rules_digest=digest_of(of, frozen, demands), frozen_at=at)


@transaction.atomic
def cancel_round(*, of: Round, reason: str, by: User, at: datetime) -> Round:
    """Give a round up before its count, with a public reason. Raises: RoundRefused: no reason. TransitionRefused."""
    if not reason.strip():
        raise RoundRefused(_("Annuler un tour demande un motif public."))
    return advance(_lock(of), CANCEL_ROUND, by=by, at=at, reason=reason.strip()[:200])


def draw_up_roll(of: Round) -> int:
    """Write the members of the fund at the snapshot date: savers whose money had cleared, and holders of units.

    A person, or an organisation, is there once, whatever they saved and through however many accounts.
    Returns: how many.
    """
    until = datetime.combine(of.roll_on, time.max, tzinfo=clock.PARIS)
    cleared = Commitment.objects.filter(offer__fund=of.fund, state__in=COUNTED_CLEARED, cleared_at__lte=until)
    moves = UnitMove.objects.filter(compartment__fund=of.fund, moved_at__lte=until)
    units = Counter(dict(moves.exclude(receiver=None).values_list("receiver").annotate(total=Sum("units"))))
    units.subtract(dict(moves.exclude(giver=None).values_list("giver").annotate(total=Sum("units"))))
    members = set(cleared.values_list("saver", flat=True)) | {holder for holder, held in units.items() if held > 0}
    kinds = Party.objects.filter(pk__in=members).order_by("pk").values_list("pk", "kind")
    RollEntry.objects.bulk_create(
        (RollEntry(round=of, party_id=pk, college=college_of(of.colleges, kind)) for pk, kind in kinds),
        batch_size=BATCH,
    )
    return len(members)


def digest_of(of: Round, rules: Mapping[str, Any], demands: Sequence[Demand]) -> str:
    """Return the SHA-256 of everything that is frozen: sum, dates, list with its costs, rules."""
    frozen = {
        "round": str(of.uuid),
        "budget_cents": to_cents(of.budget),
        "roll_on": of.roll_on.isoformat(),
        "opens_at": of.opens_at.isoformat(),
        "closes_at": of.closes_at.isoformat(),
        "max_choices": of.max_choices,
        "ballot": [of.ballot_kind, of.points],
        "colleges": of.colleges,
        "projects": sorted(
            [demand.code, to_cents(demand.amount), to_cents(demand.most), str(demand.project.uuid)]
            for demand in demands
        ),
        "rules": rules,
    }
    return hashlib.sha256(json.dumps(frozen, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _require_fundable(of: Round, demands: Sequence[Demand], at: datetime) -> None:
    """Refuse a list with a project that no vote could finance: what law and rules bar is not put to the vote (B15)."""
    if of.compartment is not None and to_cents(of.budget) > (cash := cash_cents(of.compartment)):
        raise RoundRefused(
            _("Le compartiment a %(cash)s en caisse ; ce tour en promet %(budget)s.")
            % {"cash": format_cents(cash), "budget": format_cents(to_cents(of.budget))},
            next_step=_("Annulez ce tour, et annoncez-en un qui tient dans la caisse."),
        )
    # Imported here: the solver is for freezing and counting, not for every page.
    from funds.rounds.allocating import barred

    for demand, why in barred(of, demands, clock.local(at).date()):
        raise RoundRefused(
            _("« %(title)s » ne pourrait pas être financé, quel que soit le vote : %(why)s")
            % {"title": demand.project.title, "why": why},
            next_step=_("Laissez ce projet hors de la liste avec ce motif, ou changez la règle d’abord."),
        )


def _require(of: Round, state: RoundState, why_not: str) -> None:
    if of.state != state:
        raise RoundRefused(why_not)


def _require_approved(application: Application) -> None:
    if application.state not in ON_THE_LIST:
        raise RoundRefused(
            _("Le dossier de « %(title)s » n’est ni approuvé ni labellisé : il ne va pas au vote.")
            % {"title": application.project.title},
            next_step=_("Le comité l’examine d’abord."),
        )


def _lock(of: Round) -> Round:
    return Round.objects.select_for_update(of=("self",)).select_related("fund", "compartment").get(pk=of.pk)
