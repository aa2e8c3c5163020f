"""What a project holder sees of their campaigns and loans, and what staff see of the orders that pay them."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import charts, clock, parameters
from fres.kernel.money import from_cents, to_cents
from funds.models import Commitment, Instalment, Loan, Offer, PayeeAccount, Payment, PayoutOrder, Tranche
from funds.payments.claims import claims_of, contested_instalments
from funds.payments.notices import failure_sentence
from funds.payments.timeline import Step
from funds.selectors import figures_of
from funds.servicing.holder_claims import HolderClaim, holder_claim
from funds.servicing.payouts import payable_cents, why_not_payable
from funds.states import FinancingState, OfferState, PaymentState, PayoutState, TrancheState
from investors.models import User
from projects.models import Organisation


@dataclass(frozen=True)
class InstalmentRow:
    """One line of a schedule as its borrower reads it.

    `state`: RECEIVED, TAKEN_BACK, PROCESSING, LATE, DUE or PROJECTED.
    """

    rank: int
    due_on: date
    principal: Money
    interest: Money
    total: Money
    balance_after: Money
    state: str
    state_label: str


@dataclass(frozen=True)
class HolderLoan:
    """A loan as its borrower follows it. `pay_url`: where to post to pay `next`; "" when there is nothing to pay."""

    loan: Loan
    next: Instalment | None
    next_total: Money
    rows: tuple[InstalmentRow, ...]
    paid: Money
    remaining: Money
    pay_url: str
    claims: tuple[HolderClaim, ...]


@dataclass(frozen=True)
class HolderOffer:
    offer: Offer
    figures: charts.OfferFigures
    missing: Money
    payout: PayoutOrder | None


@dataclass(frozen=True)
class HolderOrganisation:
    """An organisation of the visitor. `account`: MISSING, INCOMPLETE or READY, at the payment provider."""

    organisation: Organisation
    offers: tuple[HolderOffer, ...]
    loans: tuple[HolderLoan, ...]
    account: str


@dataclass(frozen=True)
class DuePayout:
    """A successful offer that waits for its order. `blocked`: why none can be prepared, "" when one can."""

    offer: Offer
    cleared: Money
    fee: Money
    net: Money
    payee: PayeeAccount | None
    blocked: str


@dataclass(frozen=True)
class Computation:
    """How an order's amount was found: what the offer cleared, less fee, tax and other tranches."""

    cleared: Money
    fee: Money
    held: Money
    net: Money
    fee_bp: int


def organisations_of(user: User, on: date) -> QuerySet[Organisation]:
    """Return the organisations the user is a member of on a day."""
    return (
        Organisation.objects.filter(memberships__user=user, memberships__joined_on__lte=on)
        .exclude(memberships__in=user.memberships.filter(left_on__lte=on))
        .select_related("party")
        .distinct()
    )


def instalments_payable_by(user: User, on: date) -> QuerySet[Instalment]:
    """Return the instalments of the loans of the user's organisations."""
    return Instalment.objects.filter(loan__offer__project__organisation__in=organisations_of(user, on)).select_related(
        "loan__offer__project", "loan__borrower"
    )


def holder_overview(*, user: User, at: datetime) -> list[HolderOrganisation]:
    """Return what the holder's space shows: each organisation, its offers, its loans. Args: at: aware."""
    on = clock.local(at).date()
    organisations = list(organisations_of(user, on).order_by("name"))
    offers = list(
        Offer.objects.filter(project__organisation__in=organisations)
        .select_related("project__organisation__party", "books")
        .prefetch_related("payout_orders")
        .order_by("-opens_at", "pk")
    )
    figures = figures_of(offers)
    loans = list(
        Loan.objects.filter(offer__in=offers)
        .exclude(offer__financing_state=FinancingState.CANCELLED)
        .select_related("offer__project")
        .prefetch_related(
            Prefetch("instalments", Instalment.objects.order_by("rank").select_related("distribution")),
            Prefetch("instalments__payments", Payment.objects.order_by("pk")),
        )
        .order_by("pk")
    )
    payees = {payee.party_id: payee for payee in PayeeAccount.objects.filter(party__organisation__in=organisations)}
    alert_days = parameters.value_at("instalment.alert_days", on).whole
    claims = [holder_claim(one) for one in claims_of(contested_instalments().filter(instalment__loan__in=loans))]
    told = []
    for organisation in organisations:
        own = [offer for offer in offers if offer.project.organisation_id == organisation.pk]
        own_keys = {offer.pk for offer in own}
        payee = payees.get(organisation.party_id)
        told.append(
            HolderOrganisation(
                organisation=organisation,
                offers=tuple(
                    HolderOffer(
                        offer=offer,
                        figures=figures[offer.pk].chart,
                        missing=from_cents(figures[offer.pk].missing_cents),
                        payout=next(
                            (one for one in offer.payout_orders.all() if one.state != PayoutState.REFUSED), None
                        ),
                    )
                    for offer in own
                ),
                loans=tuple(_loan(loan, on, alert_days, claims) for loan in loans if loan.offer_id in own_keys),
                account="MISSING" if payee is None else "READY" if payee.can_receive else "INCOMPLETE",
            )
        )
    return told


def due_payouts() -> list[DuePayout]:
    """Return the successful offers that no living order pays, the oldest decision first."""
    alive = PayoutOrder.objects.filter(offer=OuterRef("pk")).exclude(state=PayoutState.REFUSED)
    by_tranches = Tranche.objects.filter(offer=OuterRef("pk"))
    released = by_tranches.filter(state=TrancheState.RELEASED)
    waits_at_once = ~Exists(alive) & ~Exists(by_tranches) & Q(financing_state=FinancingState.CONTRACTING)
    waits_for_tranche = Exists(released) & ~Exists(alive.exclude(state=PayoutState.PAID))
    offers = (
        Offer.objects.filter(waits_at_once | waits_for_tranche, state=OfferState.SUCCEEDED)
        .select_related("project__organisation__party__payee_account", "books", "award")
        .order_by("decided_at", "pk")
    )
    told = []
    for offer in offers:
        net = payable_cents(offer)
        cleared = settled_cents(offer)
        held = _held_cents(offer, net)
        payee = getattr(offer.project.organisation.party, "payee_account", None)
        told.append(
            DuePayout(
                offer=offer,
                cleared=from_cents(cleared),
                fee=from_cents(cleared - net - held),
                net=from_cents(net),
                payee=payee,
                blocked=why_not_payable(offer),
            )
        )
    return told


def settled_cents(offer: Offer) -> int:
    """Return what the success of an offer gave its holder, before our fee, in cents."""
    total = Commitment.objects.filter(offer=offer, settled_at__isnull=False).aggregate(total=Sum("amount"))["total"]
    return int((total or 0) * 100)


def computation_of(order: PayoutOrder) -> Computation:
    """Return how the amount of an order follows from what the offer cleared; `held` is what other tranches take."""
    cleared, net = settled_cents(order.offer), to_cents(order.amount)
    held = 0 if order.tranche_id is None else _held_cents(order.offer, net)
    return Computation(
        cleared=from_cents(cleared),
        fee=from_cents(cleared - net - held),
        held=from_cents(held),
        net=order.amount,
        fee_bp=order.offer.holder_fee_bp,
    )


def _held_cents(offer: Offer, net: int) -> int:
    """What an offer's tranches take beside the amount that is paid now; 0 without tranches."""
    amounts = [to_cents(one.amount) for one in offer.tranches.all() if one.amount is not None]
    return sum(amounts) - net if amounts else 0


def orders() -> QuerySet[PayoutOrder]:
    """Return every order with what its pages show, the newest first."""
    return PayoutOrder.objects.select_related(
        "offer__project__organisation__party", "offer__award", "offer__books", "payee__party", "prepared_by",
        "approved_by", "tranche",
    ).order_by("-prepared_at", "-pk")  # fmt: skip


def payout_steps(order: PayoutOrder, *, at: datetime) -> list[Step]:
    """Return an order as dated steps: prepared, approved, sent, paid; or refused."""
    today = clock.local(at).date()
    steps = [Step(_day(order.prepared_at), _("Préparé"), str(order.prepared_by), "done")]
    if order.approved_at is not None:
        steps.append(Step(_day(order.approved_at), _("Approuvé"), str(order.approved_by), "done"))
    if order.state == PayoutState.PREPARED:
        steps.append(Step(today, _("Attend une seconde personne"), "", "now"))
    elif order.state == PayoutState.REFUSED:
        steps.append(Step(today, _("Refusé"), order.refused_reason, "failed"))
    elif order.state == PayoutState.APPROVED:
        waits = failure_sentence(order.failure_code)
        label = _("Remis à plus tard par le prestataire") if waits else _("Attend d’être envoyé")
        steps.append(Step(today, label, waits, "now"))
    elif order.state == PayoutState.SENT:
        steps.append(Step(_day(order.sent_at or at), _("Envoyé, réponse du prestataire attendue"), "", "now"))
    else:
        steps.append(Step(_day(order.paid_at or at), _("Versé"), order.provider_id or "", "done"))
    return steps


def _loan(loan: Loan, on: date, alert_days: int, every_claim: list[HolderClaim]) -> HolderLoan:
    instalments = list(loan.instalments.all())
    claims = tuple(
        one
        for one in every_claim
        if one.owed.amount and one.payment.instalment in instalments  # both of this loan
    )
    rows = tuple(_row(one, on, alert_days, {claim.rank for claim in claims}) for one in instalments)
    unpaid = [
        one
        for one, row in zip(instalments, rows, strict=True)
        if row.state not in ("RECEIVED", "TAKEN_BACK", "PROCESSING")
    ]
    following = unpaid[0] if unpaid else None
    is_waiting = any(row.state == "PROCESSING" for row in rows)
    shared = ("RECEIVED", "TAKEN_BACK")  # what the lenders were given is no longer owed to them
    paid = sum(one.principal_cents for one, row in zip(instalments, rows, strict=True) if row.state in shared)
    pay_url = ""
    if following is not None and not is_waiting:
        pay_url = reverse("funds:pay_instalment", args=[following.uuid])
    return HolderLoan(
        loan=loan,
        next=following,
        next_total=from_cents(following.total_cents if following is not None else 0),
        rows=rows,
        paid=from_cents(paid),
        remaining=from_cents(loan.principal_cents - paid),
        pay_url=pay_url,
        claims=claims,
    )


def _row(instalment: Instalment, on: date, alert_days: int, claimed: set[int]) -> InstalmentRow:
    states = {payment.state for payment in instalment.payments.all()}
    if instalment.rank in claimed:
        state, label = "TAKEN_BACK", _("Reprise par la banque, à régler")
    elif hasattr(instalment, "distribution") or PaymentState.CLEARED in states:
        state, label = "RECEIVED", _("Reçue")
    elif PaymentState.PROCESSING in states:
        state, label = "PROCESSING", _("En cours à la banque")
    elif instalment.due_on < on:
        state, label = "LATE", _("En retard")
        if (on - instalment.due_on).days > alert_days:
            label = _("En retard, prêt en alerte")
    elif instalment.due_on == on:
        state, label = "DUE", _("Due aujourd’hui")
    else:
        state, label = "PROJECTED", _("À venir")
    return InstalmentRow(
        rank=instalment.rank,
        due_on=instalment.due_on,
        principal=from_cents(instalment.principal_cents),
        interest=from_cents(instalment.interest_cents),
        total=from_cents(instalment.total_cents),
        balance_after=from_cents(instalment.balance_after_cents),
        state=state,
        state_label=label,
    )


def _day(moment: datetime) -> date:
    return clock.local(moment).date()
