"""Which payments a person may see: their own, their organisation's, and all of them for the staff who follow money."""

from datetime import date

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from fres.kernel import clock
from fres.kernel.access import Role
from funds.models import BankRefund, Commitment, Payment, Refund
from funds.states import BankRefundState, RefundState
from investors.models import User
from investors.permissions import roles_of
from investors.selectors import parties_acted_for

FOLLOW_MONEY = frozenset({Role.TREASURER.value, Role.MANAGER.value, Role.AUDITOR.value})


def payments_visible_to(user: User) -> QuerySet[Payment]:
    """Return the payments of the user's own party, of parties and organisations they act for, or all for staff."""
    payments = Payment.objects.select_related(
        "commitment__offer__project", "commitment__saver", "instalment__loan__offer__project", "dispute"
    )
    if roles_of(user) & FOLLOW_MONEY:
        return payments
    today = clock.today()
    return payments.filter(_own_commitment(user, today) | _own_instalment(user, today)).distinct()


def commitments_payable_by(user: User) -> QuerySet[Commitment]:
    """Return the commitments whose payment, or refund, the user may ask for: those of parties they are or act for."""
    today = clock.today()
    own = _acts_for("saver", user, today)
    return Commitment.objects.filter(own).select_related("offer__project", "saver").distinct()


def refunds_come_back() -> QuerySet[Refund]:
    """Return the refunds that came back, the oldest first, each with its transfers, the last one first.

    Left out: those the bank gave back itself, after a contested debit.
    """
    asked = BankRefund.objects.select_related("prepared_by", "party", "order__approved_by", "order__sending")
    return (
        Refund.objects.filter(state=RefundState.FAILED)
        .exclude(failure_code="DISPUTED")
        .select_related(
            "payment__commitment__offer__project", "payment__commitment__saver",
            "payment__instalment__loan__offer__project", "payment__instalment__loan__borrower",
        )
        .prefetch_related(Prefetch("bank_refunds", queryset=asked.order_by("-pk")))
        .order_by("answered_at", "pk")
    )  # fmt: skip


def refunds_to_settle() -> QuerySet[Refund]:
    """Return the refunds that came back and that no transfer has given back: debts that stand (ruling B29)."""
    sent = BankRefund.objects.filter(refund=OuterRef("pk"), state=BankRefundState.SENT)
    return refunds_come_back().exclude(Exists(sent))


def refunds_payable_to(user: User) -> QuerySet[Refund]:
    """Return the refunds that came back of parties a user is or acts for: they may name an account for these."""
    payers = parties_acted_for(user, clock.today()).values("pk")
    return refunds_come_back().filter(
        Q(payment__commitment__saver__in=payers) | Q(payment__instalment__loan__borrower__in=payers)
    )


def _own_commitment(user: User, today: date) -> Q:
    return _acts_for("commitment__saver", user, today)


def _own_instalment(user: User, today: date) -> Q:
    members = "instalment__loan__offer__project__organisation__memberships"
    return Q(**{f"{members}__user": user}) & (
        Q(**{f"{members}__left_on": None}) | Q(**{f"{members}__left_on__gt": today})
    )


def _acts_for(party: str, user: User, today: date) -> Q:
    acting = f"{party}__representations"
    is_acting = Q(**{f"{acting}__user": user, f"{acting}__valid_from__lte": today}) & (
        Q(**{f"{acting}__valid_to": None}) | Q(**{f"{acting}__valid_to__gt": today})
    )
    return Q(**{f"{party}__user": user}) | is_acting
