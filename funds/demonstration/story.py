"""The demonstration region is lived: from step to step of its clock, people do what people do, through the operations.

Nothing is inserted that a saver, a holder, the staff, the provider or the passing of time did not cause. Each act looks
first whether it was done: a story that was interrupted goes on from the step it had come to.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.models import Max

from fres.kernel import clock, duties, jobs
from fres.kernel.models import TransitionLog
from fres.kernel.money import from_cents, to_cents
from funds.books import BooksReport, check_books, record_check
from funds.commitments import commit_to_offer, revoke_commitment
from funds.contracts import issue_contract_model
from funds.demonstration import cast
from funds.demonstration.campaigns import (
    CAMPAIGNS,
    LAST_STEP,
    VISITS,
    Campaign,
    Patience,
    Payout,
    Pledge,
    Way,
    day_of,
    step_of,
)
from funds.demonstration.chapters import acts
from funds.demonstration.chapters.campaigns import make_file
from funds.demonstration.lending import prepare_to_lend
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import (
    FOUNDED,
    PROVIDER_ADVANCE_CENTS,
    Region,
    find_region,
    found_region,
    make_project,
    make_saver,
    make_saving_organisation,
)
from funds.fici.publishing import current_version, record_reading
from funds.limits import limits_at
from funds.models import BooksCheck, LegalEntity, Offer, PayeeAccount, PayoutOrder, WaitingPlace
from funds.offers import cancel_offer, open_offer, settles_on_for, suspend_offer
from funds.payments.charging import refresh_payment, start_payment
from funds.payments.gateway import Gateway
from funds.payments.refunds import ask_gift_refund, can_be_given_back
from funds.payments.stripe_gateway import gateway_from_settings
from funds.sealing import close_months, seal_entries
from funds.servicing.instalments import unpaid_instalments
from funds.servicing.payouts import (
    approve_payout,
    open_payee_account,
    prepare_payout,
    refresh_payee_account,
    refuse_payout,
)
from funds.states import CommitmentState, OfferState, PayoutState, TrancheState, WaitingState
from funds.texts import record_of, texts_of
from funds.waiting import accept_place, join_waiting_list, leave_waiting_list
from investors.models import Party, User

HOUR = time(10, 0)
TODAY = datetime.combine(day_of(LAST_STEP), HOUR, tzinfo=clock.PARIS)  # ruling C6
REFUSAL = "Le relevé d’identité bancaire joint n’est pas au nom de la SCOP : à vérifier avec elle."
STATEMENTS_FROM_DAY = 20  # of January
CLOSING_WAITS_MONTHS = 2
NO_BUTTONS: tuple[tuple[str, ...], ...] = ()


def is_told(*, today: datetime) -> bool:
    """Whether the story was told up to a moment: its last act is a check of the books, which is kept. One query."""
    return BooksCheck.objects.filter(checked_at__gte=today).exists()


class Story:
    """Tells the story with one region, one provider and one gateway at hand. `say` receives a line per quarter."""

    def __init__(
        self, *, provider: ProviderPages, say: Callable[[str], None], campaigns: Sequence[Campaign] = CAMPAIGNS
    ) -> None:
        self.campaigns = campaigns
        self.provider = provider
        self.gateway: Gateway = gateway_from_settings()
        self.say = say
        self.savers: dict[int, Party] = {}
        self.step = 0
        self.acts = list(acts())

    def tell(self, *, today: datetime) -> BooksReport:
        """Live every step up to `today` (aware), then stand there; return what the check of the books says.

        Raises: whatever an operation refuses: the cast does nothing that the rules do not allow.
        """
        region = find_region()
        start = 0 if region is None else self._go_back_to_last_fact()
        if region is None:
            clock.move(to=FOUNDED)
            with transaction.atomic():
                region = found_region(at=clock.now())
                self.provider.fund(PROVIDER_ADVANCE_CENTS)
        self.region = region
        quarter = (0, 0)
        for step in range(start, LAST_STEP + 1):
            moment = datetime.combine(day_of(step), HOUR, tzinfo=clock.PARIS)
            if moment > today:
                break
            self._arrive(moment)
            self._live(step)
            if (moment.year, (moment.month - 1) // 3) != quarter:
                quarter = (moment.year, (moment.month - 1) // 3)
                self.say(f"{moment:%Y-%m}…")
        self._arrive(today)
        for entity in LegalEntity.objects.order_by("pk"):
            seal_entries(entity=entity, at=clock.now())
        report = check_books(clock.now())
        record_check(report)
        return report

    def _go_back_to_last_fact(self) -> int:
        """Show again the hour of the last thing written, were it long ago; return the step to take up."""
        last = TransitionLog.objects.aggregate(last=Max("at"))["last"] or FOUNDED
        _show(last)
        return max(0, step_of(clock.local(last).date() - timedelta(days=6)))

    def _arrive(self, moment: datetime) -> None:
        """Show a moment unless it is past, let the banks answer, do what is due, and let the worker work."""
        if moment > clock.now():
            clock.move(to=moment)
        self.provider.catch_up()
        jobs.run_pending()
        duties.run_duties(at=clock.now())
        jobs.run_pending()

    def _live(self, step: int) -> None:
        self.step = step
        for campaign in self.campaigns:
            if campaign.opens > step:
                continue
            offer = self._offer_of(campaign)
            if not campaign.is_opened:
                continue
            self._commit(campaign, offer)
            self._wait(campaign, offer)
            self._pay(campaign, offer)
            self._ask_back(campaign, offer)
            self._stop(campaign, offer)
            self._pay_out(campaign, offer)
            self._repay(campaign, offer)
        self._act(clock.today())
        jobs.run_pending()
        self._keep_books()

    def _act(self, today: date) -> None:
        """Live the acts of the chapters whose day has come."""
        while self.acts and self.acts[0].day <= today:
            act = self.acts.pop(0)
            if not act.is_done(self.region):
                act.do(self.region, clock.now())

    # ---- the campaign ----

    def _offer_of(self, campaign: Campaign) -> Offer:
        offer = Offer.objects.filter(slug=campaign.slug).select_related("project__organisation__party").first()
        if offer is None:
            offer = make_offer(campaign, region=self.region, opens_at=clock.now(), closes_on=campaign.closes_on)
            self._open_payee_account(offer)
        if campaign.is_opened and offer.state == OfferState.PREPARED:
            offer = open_offer(offer=offer, by=self.region.manager, at=clock.now())
        return offer

    def _open_payee_account(self, offer: Offer) -> None:
        party = offer.project.organisation.party
        if not PayeeAccount.objects.filter(party=party).exists():
            payee = open_payee_account(party=party, at=clock.now(), gateway=self.gateway)
            self.provider.verify_payee(payee.provider_id)
            refresh_payee_account(payee=payee, at=clock.now(), gateway=self.gateway)

    def _stop(self, campaign: Campaign, offer: Offer) -> None:
        manager, reason = self.region.manager, campaign.suspension_reason
        if offer.state == OfferState.OPEN and _is_due(campaign.suspended_at, self.step):
            offer = suspend_offer(offer=offer, by=manager, at=clock.now(), reason=reason)
        if offer.state == OfferState.SUSPENDED and _is_due(campaign.cancelled_at, self.step):
            cancel_offer(offer=offer, by=manager, at=clock.now(), reason=reason)

    # ---- savers ----

    def _saver(self, rank: int) -> Party:
        """Return a saver of the cast, who opens an account the first time they are needed."""
        if rank not in self.savers:
            if rank < 0:
                company = cast.SAVING_ORGANISATIONS[-rank - 1]
                party = Party.objects.filter(siren=company.siren).first()
                self.savers[rank] = party or make_saving_organisation(company, at=clock.now())
            else:
                card = cast.savers(rank + 1)[rank]
                party = Party.objects.filter(user__email=card.email).first()
                self.savers[rank] = party or make_saver(card, at=clock.now())
        return self.savers[rank]

    def _started(self, campaign: Campaign) -> Iterator[tuple[Pledge, Party, User]]:
        """Yield the pledges whose step has come, each with its saver and the account that acts for them."""
        for pledge in campaign.pledges:
            if campaign.opens + pledge.after <= self.step:
                saver = self._saver(pledge.saver)
                yield pledge, saver, account_of(saver)

    def _commit(self, campaign: Campaign, offer: Offer) -> None:
        if offer.state != OfferState.OPEN or clock.now() > offer.closes_at:
            return
        engaged = set(offer.commitments.values_list("saver_id", flat=True))
        engaged |= set(offer.waiting_places.values_list("saver_id", flat=True))
        for pledge, saver, user in self._started(campaign):
            if saver.pk in engaged:
                continue
            amount, at = from_cents(pledge.euros * 100), clock.now()
            if pledge.waits is not None:
                join_waiting_list(offer=offer, saver=saver, amount=amount, by=user, at=at)
                continue
            _open_sheet(offer, user, at=at)
            if not offer.is_gift:
                prepare_to_lend(party=saver, user=user, cents=to_cents(amount), at=at)
            commitment = commit_to_offer(
                offer=offer, saver=saver, amount=amount, by=user, texts_shown=record_of(texts_of(offer)), at=at
            )
            if pledge.way is Way.REVOKES:
                revoke_commitment(commitment=commitment, by=user, at=clock.now())

    def _wait(self, campaign: Campaign, offer: Offer) -> None:
        patience = {self._saver(one.saver).pk: one for one in campaign.pledges if one.waits is not None}
        live = (WaitingState.WAITING, WaitingState.PROPOSED)
        places = WaitingPlace.objects.filter(offer=offer, state__in=live, saver__in=patience).order_by("rank")
        for place in places.select_related("saver", "by", "offer"):
            pledge = patience[place.saver_id]
            if pledge.waits is Patience.TAKES and place.proposed_amount is not None:
                if not offer.is_gift:
                    cents = to_cents(place.proposed_amount)
                    prepare_to_lend(party=place.saver, user=place.by, cents=cents, at=clock.now())
                accept_place(
                    place=place, amount=place.proposed_amount, by=place.by, texts_shown=record_of(texts_of(offer)),
                    at=clock.now(),
                )  # fmt: skip
            elif pledge.waits is Patience.LEAVES and self.step > campaign.opens + pledge.after:
                leave_waiting_list(place=place, by=place.by, at=clock.now())

    def _pay(self, campaign: Campaign, offer: Offer) -> None:
        ways = {self._saver(one.saver).pk: one.way for one in self._pledges_started(campaign)}
        due = offer.commitments.filter(
            state=CommitmentState.CONFIRMED, saver__in=ways, pay_before__gte=clock.now()
        ).order_by("pk")
        for commitment in due.select_related("by", "saver", "offer"):
            visits = VISITS.get(ways[commitment.saver_id], NO_BUTTONS)
            tries = commitment.payments.count()
            if not visits or (not visits[0] and tries):
                continue
            payment = start_payment(commitment=commitment, by=commitment.by, at=clock.now(), gateway=self.gateway)
            self._press(payment.pk, payment.checkout_id, visits[min(tries, len(visits) - 1)])

    def _pledges_started(self, campaign: Campaign) -> list[Pledge]:
        return [one for one in campaign.pledges if campaign.opens + one.after <= self.step]

    def _press(self, payment_id: int, checkout_id: str | None, buttons: tuple[str, ...]) -> None:
        """Press buttons of the payment page, and come back from it as a browser does."""
        for button in buttons:
            assert checkout_id is not None
            self.provider.choose(checkout_id, button)
        if buttons:
            refresh_payment(payment_id=payment_id, at=clock.now(), gateway=self.gateway)

    def _ask_back(self, campaign: Campaign, offer: Offer) -> None:
        for pledge, saver, user in self._started(campaign):
            if not pledge.asks_back or self.step < campaign.opens + pledge.after + pledge.asks_back:
                continue
            commitment = offer.commitments.filter(saver=saver, state=CommitmentState.CLEARED).first()
            if commitment is not None and can_be_given_back(commitment):
                ask_gift_refund(commitment=commitment, by=user, at=clock.now())

    # ---- the holder and the staff ----

    def _pay_out(self, campaign: Campaign, offer: Offer) -> None:
        """One treasurer prepares the payout of a successful offer; a week later another person approves it."""
        if offer.state != OfferState.SUCCEEDED:
            return
        order = PayoutOrder.objects.filter(offer=offer).select_related("payee").order_by("-pk").first()
        tranches = offer.tranches.filter(state=TrancheState.RELEASED)
        is_paid = order is not None and order.state == PayoutState.PAID
        if order is None or order.state == PayoutState.REFUSED or (is_paid and tranches.exists()):
            prepare_payout(offer=offer, by=self.region.treasurer, at=clock.now())
        elif order.state == PayoutState.PREPARED and clock.now() - order.prepared_at > timedelta(days=1):
            self._decide_payout(campaign, offer, order)

    def _decide_payout(self, campaign: Campaign, offer: Offer, order: PayoutOrder) -> None:
        second = self.region.second_treasurer
        if campaign.payout is Payout.WAITS_FOR_APPROVAL:
            return
        if campaign.payout is Payout.REFUSED_ONCE and offer.payout_orders.count() == 1:
            refuse_payout(order=order, by=second, reason=REFUSAL, at=clock.now())
            return
        if campaign.payout is Payout.PUT_OFF:
            self.provider.verify_payee(order.payee.provider_id, is_verified=False)
        approve_payout(order=order, by=second, at=clock.now())

    def _repay(self, campaign: Campaign, offer: Offer) -> None:
        """The holder pays the instalments that fall due before the next step, the oldest first."""
        if offer.is_gift or _is_due(campaign.stops_paying_at, self.step):
            return
        due = unpaid_instalments(due_by=day_of(self.step + 1) - timedelta(days=1)).filter(loan__offer=offer)
        for instalment in due:
            holder = User.objects.get(email=campaign.card.holder.holder_email)
            payment = start_payment(instalment=instalment, by=holder, at=clock.now(), gateway=self.gateway)
            self._press(payment.pk, payment.checkout_id, ("card_paid",))
            jobs.run_pending()

    def _keep_books(self) -> None:
        """Close the months that are two months old; issue the statements of the year that ended, in late January."""
        today = clock.today()
        closable = _months_before(today, CLOSING_WAITS_MONTHS)
        for entity in LegalEntity.objects.order_by("pk"):
            close_months(entity=entity, through=closable, by=self.region.treasurer, at=clock.now())
        if today.month == 1 and STATEMENTS_FROM_DAY <= today.day < STATEMENTS_FROM_DAY + 7 and today.year > 2024:
            call_command("issue_statements", year=today.year - 1, stdout=StringIO())
            jobs.run_pending()


def make_offer(campaign: Campaign, *, region: Region, opens_at: datetime, closes_on: date) -> Offer:
    """Make the project of a campaign, its label and its prepared offer; a loan shows its model contract."""
    evaluator = User.objects.get(email="label@fres.example")
    closes_at = datetime.combine(closes_on, time(23, 59, 59), tzinfo=clock.PARIS)
    limits = limits_at(clock.local(opens_at).date(), fund_id=region.fund.pk)
    with transaction.atomic():
        project, award = make_project(campaign.card, evaluator=evaluator, at=opens_at)
        offer = Offer.objects.create(
            slug=campaign.slug,
            fund=region.fund,
            project=project,
            award=award,
            books=region.operator,
            paying_agent=region.operator,
            lane=Offer.Lane.GIFT if campaign.is_gift else Offer.Lane.PROJECT,
            instrument=Offer.Instrument.DONATION if campaign.is_gift else Offer.Instrument.LOAN,
            minimum=from_cents(campaign.minimum * 100),
            maximum=from_cents(campaign.maximum * 100),
            ticket_minimum=from_cents(campaign.ticket[0] * 100),
            ticket_maximum=from_cents(campaign.ticket[1] * 100),
            opens_at=opens_at,
            closes_at=closes_at,
            settles_on=settles_on_for(closes_at, limits=limits),
            rate_bp=campaign.rate_bp,
            months=campaign.months,
            holder_fee_bp=campaign.holder_fee_bp,
            risks=campaign.risks,
            gives_receipt=campaign.gives_receipt,
            raised_elsewhere_declared_on=clock.local(opens_at).date(),
            created_by=region.manager,
        )
        if not offer.is_gift:
            issue_contract_model(offer=offer, at=opens_at)
        if campaign.tranches:
            holder = User.objects.get(email=campaign.card.holder.holder_email)
            make_file(offer, holder=holder, manager=region.manager, at=opens_at, tranches=campaign.tranches)
    return offer


def _open_sheet(offer: Offer, user: User, *, at: datetime) -> None:
    """Have a saver open the information sheet of an offer that has one, as they must before lending (E11)."""
    version = current_version(offer)
    if version is not None:
        record_reading(version=version, user=user, at=at)


def account_of(party: Party) -> User:
    """Return the account that acts for a saver: their own, or their representative's."""
    return party.user or party.representations.select_related("user").get(valid_to=None).user


def open_current_campaigns(*, say: Callable[[str], None]) -> int:
    """Found the region today and open the campaigns that are open when the story ends, with nobody in them yet.

    For a provider that is not ours to drive: with a real test key, payments are made by whoever visits. Returns: how
    many offers there are. Safe to run again.
    """
    at = clock.now()
    region = find_region()
    if region is None:
        with transaction.atomic():
            region = found_region(at=at)
            for card in cast.savers(max(one.saver for campaign in CAMPAIGNS for one in campaign.pledges) + 1):
                make_saver(card, at=at)
    for campaign in CAMPAIGNS:
        length = campaign.closes_on - day_of(LAST_STEP)
        if length <= timedelta(0) or Offer.objects.filter(slug=campaign.slug).exists():
            continue
        closes_on = clock.local(at).date() + max(length, timedelta(days=30))
        offer = make_offer(campaign, region=region, opens_at=at, closes_on=closes_on)
        if campaign.is_opened:
            open_offer(offer=offer, by=region.manager, at=clock.now())
        say(campaign.slug)
    return Offer.objects.count()


def show_last_moment() -> None:
    """Give a working copy that lost its clock the hour of the last check of the books; a clock that runs is kept."""
    last = BooksCheck.objects.aggregate(last=Max("checked_at"))["last"]
    if last is not None and not Path(settings.CLOCK_FILE).exists():
        _show(last)


def _show(moment: datetime) -> None:
    Path(settings.CLOCK_FILE).unlink(missing_ok=True)
    clock.move(to=moment)


def _is_due(step: int | None, now: int) -> bool:
    return step is not None and now >= step


def _months_before(day: date, months: int) -> date:
    """Return the first day of the month so many months before that of a day."""
    rank = day.year * 12 + day.month - 1 - months
    return date(rank // 12, rank % 12 + 1, 1)
