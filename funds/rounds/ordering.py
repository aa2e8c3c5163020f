"""The allocation order: what the vote decided, or a lawful departure from it told in public, signed by two people.

Signing checks everything again under the lock of the round, moves the money of the pot in the books of the fund's
carrier, and tells the members what their pot now finances.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, parameters
from fres.kernel.money import format_cents, to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, balance_cents, first_open_day, post_entry
from funds.models import AllocationOrder, Demand, Round
from funds.pool.accounts import cash_cents
from funds.rounds.errors import OrderRefused
from funds.rounds.placing import place_order
from funds.rounds.preparing import ON_THE_LIST
from funds.rounds.states import (
    REFUSE_ORDER,
    SETTLE_ROUND,
    SIGN_ORDER,
    START_CONTRACT,
    DemandState,
    OrderState,
    RoundState,
)
from funds.rounds.telling import tell_members
from investors.models import User

QUORUM = "vote.quorum_percent"
MOTIVE_LENGTH = 400


@transaction.atomic
def prepare_order(
    *, of: Round, by: User, at: datetime, changed: Mapping[str, int] | None = None, motive: str = ""
) -> AllocationOrder:
    """Prepare the order of a counted round: what the rules made of the vote, unless `changed` departs from it.

    Args: changed: code of a project of the list → cents, all that is to be given; None keeps the result.
        motive: public, for a departure.
    Raises: OrderRefused: not counted, an order exists, a departure without motive, or amounts that no rule allows.
    """
    of = _lock(of)
    if of.state != RoundState.COUNTED:
        raise OrderRefused(_("Un ordre suit un vote dépouillé, une seule fois."))
    if of.orders.exclude(state=OrderState.REFUSED).exists():
        raise OrderRefused(_("Un ordre existe déjà pour ce tour."), next_step=_("Ouvrez-le, ou refusez-le."))
    demands = {demand.code: demand for demand in of.demands.select_related("project")}
    counted = {line["code"]: line["amount_cents"] for line in of.result.given}
    wanted = dict(counted if changed is None else {code: cents for code, cents in changed.items() if cents})
    if unknown := set(wanted) - {code for code, one in demands.items() if one.state in _VOTED}:
        raise OrderRefused(_("« %(code)s » n’était pas au vote.") % {"code": min(unknown)})
    motive = motive.strip()[:MOTIVE_LENGTH]
    if wanted != counted and not motive:
        raise OrderRefused(
            _("Cet ordre s’écarte du résultat : il lui faut un motif, qui sera public."),
            next_step=_("Écrivez la règle de droit qui l’impose."),
        )
    lines, voted = _lines(wanted, demands), _lines(counted, demands)
    _check(of, lines)
    return AllocationOrder.objects.create(
        round=of, lines=lines, counted=voted, override_motive=motive if wanted != counted else "",
        digest=digest_of(of, lines), prepared_by=by, prepared_at=at,
    )  # fmt: skip


@transaction.atomic
def sign_order(*, order: AllocationOrder, by: User, at: datetime) -> AllocationOrder:
    """Sign an order as its second person: limits checked again, money moved in the books, members told.

    Raises: RulesBroken: a rule in force forbids what the order places. OrderRefused: the same person, no quorum, a
        limit passed since, a content that is not what was prepared,
        a pot that holds too little, or it is signed or refused already.
    """
    of = _lock(order.round)
    order = AllocationOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if order.state != OrderState.PREPARED:
        raise OrderRefused(_("Cet ordre est déjà signé, ou refusé."), next_step=_("Rechargez la page."))
    if order.prepared_by_id == by.pk:
        raise OrderRefused(
            _("Vous avez préparé cet ordre : une autre personne le signe."), next_step=_("Demandez à la direction.")
        )
    if obstacle := why_not_sign(of, at):
        raise OrderRefused(obstacle)
    if order.digest != digest_of(of, order.lines):
        raise OrderRefused(_("Cet ordre n’est plus celui qui a été préparé : son empreinte diffère."))
    _check(of, order.lines)
    order = advance(order, SIGN_ORDER, by=by, at=at, signed_by=by, signed_at=at)
    if of.compartment is not None:
        place_order(of=of, order=order, compartment=of.compartment, by=by, at=at)
    else:
        _post(of, order, at=at)
    for line in order.lines:
        demand = Demand.objects.select_for_update(of=("self",)).get(uuid=line["demand"])
        advance(demand, START_CONTRACT, by=by, at=at, reason=order.override_motive[:200])
    advance(of, SETTLE_ROUND, by=by, at=at)
    tell_members(of=of, order=order, at=at)
    return order


@transaction.atomic
def refuse_order(*, order: AllocationOrder, reason: str, by: User, at: datetime) -> AllocationOrder:
    """Refuse a prepared order with its reason; another may then be prepared.

    Raises: OrderRefused: no reason. TransitionRefused: it is signed or refused already.
    """
    if not reason.strip():
        raise OrderRefused(_("Un refus porte un motif."))
    _lock(order.round)
    reason = reason.strip()[:200]
    return advance(order, REFUSE_ORDER, by=by, at=at, reason=reason, refused_reason=reason)


def why_not_sign(of: Round, at: datetime) -> str:
    """Return, in French, what keeps any order of a round from being signed; "" when nothing does."""
    needed = parameters.value_at(QUORUM, clock.local(at).date(), str(of.fund.uuid)).value
    result = of.result
    if result.voters * 100 < needed * result.on_roll:
        message = _("Le quorum n’est pas atteint : %(voters)d votants pour %(roll)d inscrits, il faut %(needed)s %%.")
        figures = {"voters": result.voters, "roll": result.on_roll, "needed": format(needed.normalize(), "f")}
        return message % figures
    return ""


def pot_cents(of: Round) -> int:
    """Return what the compartment of a round has in cash, or the endowment in the books of the fund's carrier."""
    if of.compartment is not None:
        return cash_cents(of.compartment)
    return balance_cents(entity=of.fund.entity, purpose=Purpose.COMMON_POT)


def digest_of(of: Round, lines: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of an order: its round, the count it follows, its lines."""
    content = {"round": str(of.uuid), "election": of.result.election_digest, "lines": lines}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


_VOTED = frozenset({DemandState.CHOSEN, DemandState.NOT_CHOSEN})


def _lines(amounts: Mapping[str, int], demands: Mapping[str, Demand]) -> list[dict[str, Any]]:
    return [
        {"demand": str(demands[code].uuid), "code": code, "amount_cents": amounts[code]} for code in sorted(amounts)
    ]


def _lock(of: Round) -> Round:
    return (
        Round.objects.select_for_update(of=("self",))
        .select_related("fund__entity", "compartment__issuer", "compartment__fund", "result")
        .get(pk=of.pk)
    )


def _check(of: Round, lines: list[dict[str, Any]]) -> None:
    """Refuse amounts that the frozen list, the sum of the round, the pot or a file's state do not allow."""
    if not lines:
        raise OrderRefused(_("Cet ordre ne donne rien à personne."))
    total = sum(line["amount_cents"] for line in lines)
    if total > to_cents(of.budget):
        raise OrderRefused(
            _("L’ordre donne %(total)s ; la somme à répartir est de %(budget)s.")
            % {"total": format_cents(total), "budget": format_cents(to_cents(of.budget))}
        )
    if total > (held := pot_cents(of)):
        raise OrderRefused(
            _("L’ordre donne %(total)s ; le pot commun contient %(held)s.")
            % {"total": format_cents(total), "held": format_cents(held)}
        )
    found = {str(one.uuid): one for one in of.demands.select_related("application", "project")}
    for line in lines:
        demand = found.get(line["demand"])
        if demand is None or demand.state not in _VOTED:
            raise OrderRefused(_("Une ligne de l’ordre ne vient pas de la liste de ce vote."))
        least, most = to_cents(demand.amount), to_cents(demand.most)
        if not least <= line["amount_cents"] <= most:
            raise OrderRefused(
                _("« %(title)s » reçoit de %(least)s à %(most)s, ou rien.")
                % {"title": demand.project.title, "least": format_cents(least), "most": format_cents(most)}
            )
        if demand.application.state not in ON_THE_LIST:
            raise OrderRefused(
                _("Le dossier de « %(title)s » n’est plus approuvé ni labellisé.") % {"title": demand.project.title},
                next_step=_("Refusez cet ordre, et préparez-en un qui s’en écarte avec son motif."),
            )


def _post(of: Round, order: AllocationOrder, *, at: datetime) -> None:
    entity, on = of.fund.entity, clock.local(at).date()
    pot = account_for(entity, Purpose.COMMON_POT)
    found = {str(one.uuid): one for one in of.demands.select_related("project__organisation__party")}
    post_entry(
        entity=entity,
        journal="OD",
        key=f"allocation:{order.uuid}",
        transfers=[
            Line(
                debit=pot,
                credit=account_for(entity, Purpose.ALLOCATED, party=found[line["demand"]].project.organisation.party),
                amount_cents=line["amount_cents"],
            )
            for line in order.lines
        ],
        accounting_date=first_open_day(entity, on),
        value_date=on,
        label="Attribution du pot commun",
        piece_ref=str(order.uuid),
        piece_date=on,
        source=("allocation", order.uuid),
        at=at,
    )
