"""Buying units back: a queue served in order at a yearly window, from the reserve, then from new entrants' money.

What a window may pay is exact: the liquidity reserve, plus what came in since the last window, within the share of the
capital that the terms allow and the cash there is. Two people approve; the sum then is a debt, "to be paid" (B35).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.money import format_cents, to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry
from funds.locks import lock_party
from funds.models import Compartment, RedemptionRequest, RedemptionTerms, UnitMove
from funds.pool.accounts import capital_cents, cash_cents, units_account
from funds.pool.errors import NotEnoughCash, OutOfTurn, PoolRefused, SamePerson, TooEarly
from funds.pool.locking import lock_compartment, lock_row
from funds.pool.register import require_free
from funds.pool.reserves import liquidity_reserve_cents
from funds.pool.states import (
    APPROVE_REDEMPTION,
    PREPARE_REDEMPTION,
    PUT_OFF_REDEMPTION,
    REFUSE_REDEMPTION,
    WITHDRAW_REDEMPTION,
    RedemptionState,
)
from funds.pool.subscribing import JOURNAL
from investors.models import Party, Representation, User


@dataclass(frozen=True)
class WindowMoney:
    """What a window may pay, in cents: where it comes from, what is promised already, and what bounds it."""

    reserve_cents: int
    entrants_cents: int
    ceiling_cents: int
    cash_cents: int
    promised_cents: int

    @property
    def reserve_left_cents(self) -> int:
        return max(0, self.reserve_cents)

    @property
    def left_cents(self) -> int:
        """What may still be promised: both sources, within the ceiling and the cash."""
        sources = self.reserve_cents + self.entrants_cents
        return max(0, min(sources, self.ceiling_cents, self.cash_cents) - self.promised_cents)


def terms_at(compartment: Compartment, on: date) -> RedemptionTerms:
    """Return the redemption terms in force on a day. Raises: TooEarly: the compartment has none yet."""
    found = compartment.redemption_terms.filter(valid_from__lte=on).order_by("-valid_from").first()
    if found is None:
        raise TooEarly(
            _("Ce compartiment n’a pas encore de règle de rachat."), next_step=_("Demandez à la gestion du fonds.")
        )
    return found


def window_for(terms: RedemptionTerms, asked_on: date) -> date:
    """Return the first window a request asked on a day may have: the notice has run."""
    earliest = asked_on + timedelta(days=terms.notice_days)
    window = date(earliest.year, terms.window_month, terms.window_day)
    return window if window >= earliest else window.replace(year=window.year + 1)


def window_money(compartment: Compartment, window_on: date, on: date) -> WindowMoney:
    """Return what a window may pay, as of a day: each figure from the books or the register."""
    terms = terms_at(compartment, on)
    last = window_on.replace(year=window_on.year - 1)
    issued = UnitMove.objects.filter(compartment=compartment, kind="ISSUE", moved_at__gt=_midnight(last))
    entrants = (issued.aggregate(sum=Sum("units"))["sum"] or 0) * to_cents(compartment.nominal)
    paid = RedemptionRequest.objects.filter(
        compartment=compartment, window_on=window_on, state=RedemptionState.TO_BE_PAID
    ).aggregate(reserve=Sum("from_reserve_cents"), entrants=Sum("from_entrants_cents"))
    paid_reserve, paid_entrants = paid["reserve"] or 0, paid["entrants"] or 0
    prepared = RedemptionRequest.objects.filter(compartment=compartment, state=RedemptionState.PREPARED)
    promised = (prepared.aggregate(sum=Sum("units"))["sum"] or 0) * to_cents(compartment.nominal)
    # The reserve is sized on the capital there was before this window's own withdrawals.
    capital = capital_cents(compartment) + paid_reserve + paid_entrants
    return WindowMoney(
        reserve_cents=liquidity_reserve_cents(compartment, on, of_cents=capital) - paid_reserve
        if terms.uses_reserve
        else 0,
        entrants_cents=entrants - paid_entrants if terms.uses_entrants else 0,
        ceiling_cents=capital * terms.share_bp // 10_000 - paid_reserve - paid_entrants,
        cash_cents=cash_cents(compartment),
        promised_cents=promised,
    )


@transaction.atomic
def ask_redemption(*, compartment: Compartment, holder: Party, units: int, by: User, at: datetime) -> RedemptionRequest:
    """Put a request in the queue of the first window after its notice.

    Raises: NotEnoughUnits: more than the holder has free. TooEarly: held for less than the terms ask, or no terms.
    PoolRefused: no unit asked.
    """
    holder = lock_party(holder.pk)
    compartment = lock_compartment(compartment.pk)
    on = clock.local(at).date()
    terms = terms_at(compartment, on)
    if units <= 0:
        raise PoolRefused(_("On demande le rachat d’au moins une part."), next_step=_("Changez le nombre de parts."))
    require_free(compartment, holder, units)
    received = UnitMove.objects.filter(compartment=compartment, receiver=holder)
    until = _midnight(on - timedelta(days=terms.holding_days) + timedelta(days=1))
    matured = received.filter(moved_at__lt=until).aggregate(sum=Sum("units"))["sum"] or 0
    gone = UnitMove.objects.filter(compartment=compartment, giver=holder).aggregate(sum=Sum("units"))["sum"] or 0
    waiting = RedemptionRequest.objects.filter(
        compartment=compartment, holder=holder, state__in=(RedemptionState.WAITING, RedemptionState.PREPARED)
    )
    free = matured - gone - (waiting.aggregate(sum=Sum("units"))["sum"] or 0)
    if units > free:
        raise TooEarly(
            _("Les parts se gardent au moins %(days)s jours : vous pouvez en demander %(free)s aujourd’hui.")
            % {"days": terms.holding_days, "free": max(0, free)},
            next_step=_("Revenez quand le délai sera passé, ou transférez vos parts à une autre personne."),
        )
    return RedemptionRequest.objects.create(
        compartment=compartment, holder=holder, by=by, units=units, asked_at=at, window_on=window_for(terms, on)
    )


@transaction.atomic
def withdraw_redemption(*, request: RedemptionRequest, by: User, at: datetime) -> RedemptionRequest:
    """Take a request back before its approval. Raises: TransitionRefused."""
    lock_party(request.holder_id)
    lock_compartment(request.compartment_id)
    return advance(lock_row(request), WITHDRAW_REDEMPTION, by=by, at=at, ended_at=at)


def queue_of(compartment: Compartment, window_on: date) -> list[RedemptionRequest]:
    """Return the requests a window looks at, in the order in which they were asked."""
    waiting = compartment.redemptions.filter(state=RedemptionState.WAITING, window_on__lte=window_on)
    return list(waiting.select_related("holder").order_by("asked_at", "pk"))


@transaction.atomic
def prepare_redemption(*, request: RedemptionRequest, by: User, at: datetime) -> RedemptionRequest:
    """Say, as the first of two people, that the head of the queue is bought back at its window.

    Raises: OutOfTurn: others asked before. TooEarly: its window has not come. NotEnoughCash: the window cannot pay all
    of it: it is put off whole, never paid in part. SamePerson: the person acts for the holder.
    """
    lock_party(request.holder_id)
    compartment = lock_compartment(request.compartment_id)
    request = lock_row(request)
    on = clock.local(at).date()
    _refuse_holder(request, by)
    if on < request.window_on:
        raise TooEarly(
            _("La fenêtre de cette demande est le %(day)s.") % {"day": f"{request.window_on:%d/%m/%Y}"},
            next_step=_("Revenez ce jour-là."),
        )
    head = next(iter(queue_of(compartment, request.window_on)), None)
    if request.state == RedemptionState.WAITING and head is not None and head.pk != request.pk:
        raise OutOfTurn(
            _("Une demande plus ancienne attend : les rachats sont servis dans l’ordre."),
            next_step=_("Préparez d’abord la demande du %(day)s, ou reportez-la.")
            % {"day": f"{clock.local(head.asked_at):%d/%m/%Y}"},
        )
    needed = request.units * to_cents(compartment.nominal)
    money = window_money(compartment, request.window_on, on)
    if needed > money.left_cents:
        raise NotEnoughCash(
            _("Cette fenêtre peut encore payer %(left)s ; la demande est de %(needed)s.")
            % {"left": format_cents(money.left_cents), "needed": format_cents(needed)},
            next_step=_("Reportez-la à la fenêtre suivante : elle garde son rang."),
        )
    return advance(request, PREPARE_REDEMPTION, by=by, at=at, prepared_by=by, prepared_at=at)


@transaction.atomic
def approve_redemption(*, request: RedemptionRequest, by: User, at: datetime) -> RedemptionRequest:
    """Approve, as another person: the units leave the register and the sum is owed, to be paid (ruling B35).

    Raises: SamePerson, NotEnoughCash (checked again, under the compartment's lock), NotEnoughUnits.
    """
    holder = lock_party(request.holder_id)
    compartment = lock_compartment(request.compartment_id)
    request = lock_row(request)
    if request.prepared_by_id == by.pk:
        raise SamePerson(
            _("Celui qui prépare un rachat ne l’approuve pas."), next_step=_("Demandez à un autre trésorier.")
        )
    _refuse_holder(request, by)
    on = clock.local(at).date()
    needed = request.units * to_cents(compartment.nominal)
    money = window_money(compartment, request.window_on, on)
    # What is prepared is promised, this request with it: the whole of what the window may pay is compared.
    available = min(money.reserve_cents + money.entrants_cents, money.ceiling_cents, money.cash_cents)
    if needed > available:
        raise NotEnoughCash(
            _("Cette fenêtre peut encore payer %(left)s ; la demande est de %(needed)s.")
            % {"left": format_cents(max(0, available)), "needed": format_cents(needed)},
            next_step=_("Reportez-la à la fenêtre suivante : elle garde son rang."),
        )
    from_reserve = min(needed, money.reserve_left_cents)
    request = advance(
        request, APPROVE_REDEMPTION, by=by, at=at, approved_by=by, approved_at=at,
        from_reserve_cents=from_reserve, from_entrants_cents=needed - from_reserve,
    )  # fmt: skip
    entry = post_entry(
        entity=compartment.issuer,
        journal=JOURNAL,
        key=f"redemption:{request.uuid}:due",
        transfers=[
            Line(
                units_account(compartment),
                account_for(compartment.issuer, Purpose.TO_BE_PAID, party=holder),
                needed,
            )
        ],
        accounting_date=on,
        value_date=on,
        label=f"Rachat {holder.number}, {request.units} parts",
        piece_ref=str(request.uuid),
        piece_date=on,
        source=("redemption", request.uuid),
        at=at,
    )
    UnitMove.objects.create(
        compartment=compartment, kind=UnitMove.Kind.REDEEM, giver=holder, units=request.units, redemption=request,
        entry=entry, moved_at=at, by=by,
    )  # fmt: skip
    return request


@transaction.atomic
def put_off_redemption(*, request: RedemptionRequest, by: User, at: datetime, reason: str) -> RedemptionRequest:
    """Put a request off to the next yearly window: it keeps its rank. Raises: PoolRefused: no reason."""
    _require_reason(reason)
    lock_party(request.holder_id)
    lock_compartment(request.compartment_id)
    request = lock_row(request)
    window = request.window_on.replace(year=request.window_on.year + 1)
    return advance(
        request, PUT_OFF_REDEMPTION, by=by, at=at, reason=reason, window_on=window, prepared_by=None, prepared_at=None,
        end_reason=reason[:200],
    )  # fmt: skip


@transaction.atomic
def refuse_redemption(*, request: RedemptionRequest, by: User, at: datetime, reason: str) -> RedemptionRequest:
    """Refuse a request with a reason its holder reads. Raises: PoolRefused: no reason."""
    _require_reason(reason)
    lock_party(request.holder_id)
    lock_compartment(request.compartment_id)
    return advance(
        lock_row(request), REFUSE_REDEMPTION, by=by, at=at, reason=reason, ended_at=at, end_reason=reason[:200]
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise PoolRefused(_("Un refus ou un report dit son motif."), next_step=_("Écrivez-le en une phrase."))


def _refuse_holder(request: RedemptionRequest, user: User) -> None:
    acts_for = Representation.objects.filter(party_id=request.holder_id, user=user).exists()
    if acts_for or request.by_id == user.pk or request.holder.user_id == user.pk:
        raise SamePerson(_("Personne ne traite son propre rachat."), next_step=_("Demandez à un autre trésorier."))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, datetime.min.time(), tzinfo=clock.PARIS)
