"""Today's work of the back office: what waits for a person, what to watch, what the books say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from djmoney.money import Money

from fres.kernel import charts, clock
from fres.kernel.access import Role
from fres.kernel.money import format_cents, from_cents, to_cents
from funds.books import registered
from funds.chart import Purpose
from funds.ledger import balance_cents
from funds.models import BooksCheck, Commitment, Instalment, LegalEntity, Offer, Payment, PayoutOrder
from funds.payments.charging import ASK_AGAIN_WITHIN
from funds.payments.claims import open_claims
from funds.payments.notices import failure_sentence
from funds.payments.recording import offer_of, payer_of
from funds.payments.selectors import refunds_to_settle
from funds.selectors import figures_of
from funds.servicing.instalments import late_instalments
from funds.servicing.selectors import due_payouts
from funds.states import BankRefundState, CommitmentState, OfferState, PaymentState, PayoutState

WEEK = timedelta(days=7)
BANK_IS_SLOW = timedelta(days=10)
CHECK_EVERY = timedelta(days=2)
MOST_SHOWN = 50


@dataclass(frozen=True)
class Task:
    """One thing to do. `state`: LATE, BLOCKING, TODAY or PROJECTED; `who`: the role it waits for."""

    due_on: date
    title: str
    url: str
    detail: str
    who: str
    state: str
    state_label: str


@dataclass(frozen=True)
class DeskFigures:
    cleared_this_week: Money
    in_reflection: Money
    to_pay_out: Money
    to_be_paid: Money
    arrears: Money
    cleared_count: int
    reflecting_count: int
    payout_count: int
    arrears_count: int


@dataclass(frozen=True)
class WatchedPayment:
    payment: Payment
    reference: str
    saver: str
    title: str
    next_step: str


@dataclass(frozen=True)
class DeskOffer:
    offer: Offer
    figures: charts.OfferFigures
    next_step: str


@dataclass(frozen=True)
class Control:
    name: str
    counted: str
    is_right: bool


def tasks_of(*, at: datetime) -> list[Task]:
    """Return what waits for somebody, the oldest first. Args: at: aware."""
    found = [*_payout_tasks(), *_refund_tasks(), *_claim_tasks(), *_instalment_tasks(at), *_check_tasks(at)]
    return sorted(found, key=lambda task: (task.due_on, task.title))


def desk_figures(*, at: datetime) -> DeskFigures:
    cleared = Payment.objects.filter(commitment__isnull=False, cleared_at__gt=at - WEEK, cleared_at__lte=at)
    reflecting = Commitment.objects.filter(state=CommitmentState.IN_REFLECTION)
    leaving = PayoutOrder.objects.filter(state__in=(PayoutState.PREPARED, PayoutState.APPROVED, PayoutState.SENT))
    due = due_payouts()
    late = late_instalments(at=at)
    operators = LegalEntity.objects.filter(role=LegalEntity.Role.OPERATOR)
    due_by = (Purpose.TO_BE_PAID, Purpose.REFUND_TO_SEND)
    owed = sum(balance_cents(entity=entity, purpose=purpose) for entity in operators for purpose in due_by)
    to_pay_out = from_cents(sum(to_cents(one.net) for one in due)) + _sum(leaving)
    return DeskFigures(
        cleared_this_week=_sum(cleared),
        in_reflection=_sum(reflecting),
        to_pay_out=to_pay_out,
        to_be_paid=from_cents(owed),
        arrears=from_cents(sum(one.principal_cents for one in late)),
        cleared_count=cleared.count(),
        reflecting_count=reflecting.count(),
        payout_count=leaving.count() + len(due),
        arrears_count=late.values("loan_id").distinct().count(),
    )


def watched_payments(*, at: datetime) -> list[WatchedPayment]:
    """Return the payments that somebody should look at: refused this week, contested, slow, or without an answer."""
    unanswered = Q(state=PaymentState.ASKED, asked_at__lte=at - ASK_AGAIN_WITHIN)
    slow = Q(state=PaymentState.PROCESSING, processing_at__lte=at - BANK_IS_SLOW)
    refused = Q(state=PaymentState.FAILED, failed_at__gt=at - WEEK)
    contested = Q(dispute__isnull=False, dispute__won_at=None, dispute__written_off_at=None)
    found = (
        Payment.objects.filter(unanswered | slow | refused | contested)
        .select_related(
            "commitment__offer__project", "commitment__saver", "instalment__loan__offer__project",
            "instalment__loan__borrower", "dispute",
        )
        .order_by("asked_at", "pk")[:MOST_SHOWN]
    )  # fmt: skip
    return [
        WatchedPayment(
            payment=payment,
            reference=str(payment.uuid)[:8],
            saver=payer_of(payment).number,
            title=offer_of(payment).project.title,
            next_step=_next_step(payment),
        )
        for payment in found
    ]


def open_offers() -> list[DeskOffer]:
    """Return the offers that take commitments or wait for their decision, the first to close first."""
    offers = list(
        Offer.objects.filter(state__in=(OfferState.OPEN, OfferState.SUSPENDED))
        .select_related("project")
        .order_by("closes_at", "pk")
    )
    figures = figures_of(offers)
    now = clock.now()
    return [
        DeskOffer(one, figures[one.pk].chart, _offer_step(one, figures[one.pk].missing_cents, now)) for one in offers
    ]


def last_check() -> BooksCheck | None:
    return BooksCheck.objects.order_by("-checked_at", "-pk").first()


def controls(check: BooksCheck | None) -> list[Control]:
    """Return each control of the books with what the last check found of it."""
    if check is None:
        return []
    told_by_name: dict[str, int] = {}
    for problem in check.problems:
        told_by_name[problem["check"]] = told_by_name.get(problem["check"], 0) + 1
    rows = []
    for name in registered():
        with override(settings.LANGUAGE_CODE):  # a check is kept in the language of the house
            wrong = told_by_name.get(str(name), 0)
        counted = ngettext("%(n)d anomalie", "%(n)d anomalies", wrong) % {"n": wrong} if wrong else _("aucune anomalie")
        rows.append(Control(name=str(name), counted=counted, is_right=not wrong))
    return rows


def _payout_tasks() -> Iterator[Task]:
    treasurer = str(Role.TREASURER.label)
    for line in due_payouts():
        state = ("BLOCKING", _("Bloqué")) if line.blocked else ("TODAY", _("À faire"))
        title = _("Préparer le versement de %(amount)s") % {"amount": _told(line.net)}
        detail = f"{line.offer.project.title}. {line.blocked}".strip()
        decided_on = clock.local(line.offer.decided_at or clock.now()).date()
        yield Task(decided_on, title, reverse("funds:payouts"), detail, treasurer, *state)
    waiting = PayoutOrder.objects.filter(state__in=(PayoutState.PREPARED, PayoutState.APPROVED, PayoutState.SENT))
    for order in waiting.select_related("offer__project"):
        url, amount = reverse("funds:payout", args=[order.uuid]), {"amount": _told(order.amount)}
        if order.state == PayoutState.PREPARED:
            title, detail = _("Approuver le versement de %(amount)s") % amount, order.offer.project.title
            yield Task(clock.local(order.prepared_at).date(), title, url, detail, treasurer, "TODAY", _("À signer"))
        elif order.failure_code:
            title = _("Versement de %(amount)s remis à plus tard") % amount
            detail = f"{order.offer.project.title}. {failure_sentence(order.failure_code)}"
            on = clock.local(order.approved_at or order.prepared_at).date()
            yield Task(on, title, url, detail, treasurer, "BLOCKING", _("Remis"))


def _refund_tasks() -> Iterator[Task]:
    for refund in refunds_to_settle()[:MOST_SHOWN]:
        payment, amount = refund.payment, {"amount": _told(refund.amount)}
        detail = f"{payer_of(payment).number}, {offer_of(payment).project.title}"
        on = clock.local(refund.answered_at or refund.asked_at).date()
        who, url = str(Role.TREASURER.label), reverse("funds:bank_refund", args=[refund.uuid])
        asked = next(iter(refund.bank_refunds.all()), None)
        match asked.state if asked is not None else "":
            case BankRefundState.ASKED if asked is not None and asked.party.iban_verified_at is None:
                title, who, state = _("Vérifier un compte pour rendre %(amount)s"), str(Role.COMPLIANCE.label), "TODAY"
                label = _("À vérifier")
            case BankRefundState.ASKED:
                title, state, label = _("Préparer le virement qui rend %(amount)s"), "TODAY", _("À faire")
            case BankRefundState.PREPARED:
                title, state, label = _("Approuver le virement qui rend %(amount)s"), "TODAY", _("À signer")
            case BankRefundState.APPROVED:
                title, state, label = _("Virer %(amount)s, puis le constater"), "TODAY", _("À faire")
            case _:
                title, state, label = _("Remboursement de %(amount)s revenu"), "LATE", _("À rendre")
                detail = f"{detail}. {failure_sentence(refund.failure_code)}"
        yield Task(on, title % amount, url, detail, who, state, label)


def _claim_tasks() -> Iterator[Task]:
    for claim in open_claims()[:MOST_SHOWN]:
        payment = claim.payment
        title = _("Recouvrer %(amount)s, échéance reprise") % {"amount": format_cents(claim.open_cents)}
        detail = f"{payer_of(payment).number}, {offer_of(payment).project.title}"
        dispute = getattr(payment, "dispute", None)
        taken_at = dispute.opened_at if dispute is not None else payment.failed_at or payment.asked_at
        url, who = reverse("funds:claim", args=[payment.uuid]), str(Role.TREASURER.label)
        yield Task(clock.local(taken_at).date(), title, url, detail, who, "LATE", _("À recouvrer"))


def _instalment_tasks(at: datetime) -> Iterator[Task]:
    for one in late_instalments(at=at)[:MOST_SHOWN]:
        title = _("Échéance %(rank)d en retard, %(amount)s") % {
            "rank": one.rank, "amount": _told(from_cents(one.total_cents)),
        }  # fmt: skip
        project = one.loan.offer.project
        url = reverse("funds:offer", args=[one.loan.offer.slug])
        detail = f"{project.title}, {project.organisation.name}"
        yield Task(one.due_on, title, url, detail, str(Role.MONITORING.label), "LATE", _("En retard"))
    received = Instalment.objects.filter(
        distribution=None, payments__state=PaymentState.CLEARED, payments__cleared_at__lte=at - timedelta(days=1)
    )
    for one in received.select_related("loan__offer__project").distinct():
        title = _("Échéance %(rank)d reçue et non répartie") % {"rank": one.rank}
        url = reverse("funds:offer", args=[one.loan.offer.slug])
        detail = one.loan.offer.project.title
        yield Task(one.due_on, title, url, detail, str(Role.TREASURER.label), "BLOCKING", _("Bloqué"))


def _check_tasks(at: datetime) -> Iterator[Task]:
    check, url, who = last_check(), reverse("funds:solvency"), str(Role.TREASURER.label)
    if check is None or check.checked_at < at - CHECK_EVERY:
        on = clock.local(check.checked_at if check else at).date()
        yield Task(
            on, _("Contrôler les livres"), url, _("Aucun contrôle depuis deux jours."), who, "LATE", _("En retard")
        )
    elif check.problems:
        count = len(check.problems)
        title = ngettext("%(n)d anomalie dans les livres", "%(n)d anomalies dans les livres", count) % {"n": count}
        yield Task(clock.local(check.checked_at).date(), title, url, "", who, "BLOCKING", _("Faux"))


def _next_step(payment: Payment) -> str:
    if getattr(payment, "dispute", None) is not None:
        return _("Répondre à la banque, ou attendre la fin du délai.")
    if payment.state == PaymentState.ASKED:
        return _("Le prestataire est interrogé de nouveau chaque heure.")
    if payment.state == PaymentState.PROCESSING:
        return _("La banque tarde : vérifier chez le prestataire.")
    return _("Le payeur peut recommencer.")


def _offer_step(offer: Offer, missing_cents: int, at: datetime) -> str:
    if offer.state == OfferState.SUSPENDED:
        return _("Suspendue : lever la cause, ou annuler.")
    if at > offer.closes_at:
        return _("Se décide dès que plus rien n’est en cours.")
    if missing_cents:
        return _("Il manque %(amount)s au minimum.") % {"amount": _told(from_cents(missing_cents))}
    return _("Minimum atteint.")


def _sum(rows: object) -> Money:
    total = rows.aggregate(total=Sum("amount"))["total"]  # type: ignore[attr-defined]
    return from_cents(int((total or 0) * 100))


def _told(amount: Money) -> str:
    return format_cents(to_cents(amount))
