"""Votes on the common pot: one counted and signed in the spring of 2026, with forty voters; one open in November.

Both share the cash of the common compartment, under the rules in force; where a test tells this chapter alone, without
the pot's, they share an endowment of the fund's carrier.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.states import advance
from funds.allocation.elections import CountingRules
from funds.chart import Purpose
from funds.demonstration import cast
from funds.demonstration.chapters import Act, pool
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import Region, make_project
from funds.ledger import Line, account_for, post_entry
from funds.models import Compartment, Round
from funds.payments.stripe_gateway import gateway_from_settings
from funds.pool.paying import refresh_pool_payment, start_pool_payment
from funds.pool.states import SubscriptionState
from funds.pool.subscribing import subscribe
from funds.rounds.counting import count_round
from funds.rounds.ordering import prepare_order, sign_order
from funds.rounds.preparing import freeze_round, prepare_round, receive_demand
from funds.rounds.states import RoundState
from funds.rounds.voting import cast_vote, open_or_close
from investors.models import Party, User
from projects.models import Application, Theme
from projects.states import APPROVE, LABEL, SEND_TO_COMMITTEE, START_REVIEW, SUBMIT

SPRING, AUTUMN = "Le pot du printemps 2026", "Le pot de l’hiver 2026"
POT_CENTS = 14_000_000
# Subscribers of the pot's chapter, by rank, who take more units.
MORE_UNITS = ((0, 300), (2, 200), (3, 500))


@dataclass(frozen=True)
class Ask:
    """A project of the ballot, the least it needs and the most it could use, in euros."""

    card: cast.ProjectCard
    euros: int
    most: int | None = None


def _card(slug: str, title: str, holder: cast.Company, theme: Theme, summary: str) -> cast.ProjectCard:
    return cast.ProjectCard(slug, title, holder, holder.place, theme, "94.99", summary, summary)


SPRING_ASKS = (
    Ask(_card("pot-four-solaire", "Un four solaire de quartier", cast.BAKERY, Theme.FOOD,
              "Cuire une fournée par semaine sans gaz, devant les écoles."), 4_500, 6_000),
    Ask(_card("pot-velos-des-villages", "Des vélos pour les villages", cast.BICYCLES, Theme.INDUSTRY,
              "Prêter quarante vélos de travail aux communes sans garage."), 5_500),
    Ask(_card("pot-verger-partage", "Le verger partagé de l’Ancre", cast.GARDEN, Theme.FOOD,
              "Planter deux cents arbres et former six personnes à la taille."), 3_500, 4_000),
    Ask(_card("pot-scene-d-ete", "Une scène d’été", cast.THEATRE, Theme.CULTURE,
              "Vingt soirs de spectacle gratuit dans les cours d’immeubles."), 2_250),
    Ask(_card("pot-ateliers-de-reparation", "Les ateliers du samedi", cast.WORKSHOP, Theme.INTEGRATION,
              "Apprendre à réparer chez soi, dans dix quartiers."), 3_125),
)  # fmt: skip
AUTUMN_ASKS = (
    Ask(_card("pot-chaleur-du-gymnase", "La chaleur du gymnase", cast.SOLAR, Theme.ENERGY,
              "Isoler le toit et récupérer la chaleur des douches."), 4_300),
    Ask(_card("pot-epicerie-d-hiver", "L’épicerie d’hiver", cast.GROCERY, Theme.FOOD,
              "Tenir la tournée quand les routes gèlent : pneus, chaînes, chambre froide."), 1_800, 2_500),
    Ask(_card("pot-maison-des-guides", "La maison des guides", cast.ENDOWMENT, Theme.CULTURE,
              "Un local au pied des terrils pour les guides bénévoles."), 3_150),
    Ask(_card("pot-colocation-agee", "Deux chambres de plus", cast.HOUSING, Theme.HOUSING,
              "Aménager le rez-de-chaussée pour deux personnes âgées."), 2_650),
)  # fmt: skip
# What the rank of a voter makes them choose: positions in the list, always the same.
HABITS = ((0, 2), (0, 1, 3), (2,), (3, 4), (1,), (0, 2, 4), (3,), (1, 2), (4, 0), (2, 3))


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(9, 0), tzinfo=clock.PARIS)


def _announce(title: str, asks: tuple[Ask, ...], *, euros: int, roll_on: date, opens: date, closes: date) -> Act:
    """The act that announces a round, receives its demands and freezes it, a week before it opens."""

    def live(region: Region, at: datetime) -> None:
        pot = _pot()
        if pot is None:
            fill_pot(region, at)
        of = prepare_round(
            fund=region.fund, title=title, budget=Money(euros, "EUR"), roll_on=roll_on, opens_at=_moment(opens),
            closes_at=_moment(closes), by=region.manager, at=at, compartment=pot,
            summary="Les épargnants du fonds choisissent ensemble les projets que le pot commun finance.",
        )  # fmt: skip
        for ask in asks:
            receive_demand(
                of=of, application=_application(ask, at=at), amount=Money(ask.euros, "EUR"), by=region.manager, at=at,
                maximum=None if ask.most is None else Money(ask.most, "EUR"),
            )  # fmt: skip
        drawn = sorted(of.demands.values_list("code", flat=True), reverse=True)
        freeze_round(of=of, rules=CountingRules(), by=region.manager, at=at, drawn=drawn)

    return Act(opens - timedelta(days=7), live, lambda region: Round.objects.filter(title=title).exists())


def _pot() -> Compartment | None:
    return Compartment.objects.select_related("issuer", "fund").filter(slug=pool.COMMON).first()


def _subscribe_more(region: Region, at: datetime) -> None:
    """Three subscribers of the pot take more units, by card, before the vote on what it finances."""
    provider, gateway = ProviderPages(settings.STRIPE_API_BASE), gateway_from_settings()
    compartment = Compartment.objects.select_related("issuer", "fund").get(slug=pool.COMMON)
    for rank, units in MORE_UNITS:
        saver = Party.objects.select_related("user").get(user__email=pool.SUBSCRIBERS[rank].email)
        made = compartment.subscriptions.filter(saver=saver, units=units).first()
        if saver.user is None or (made is not None and made.state == SubscriptionState.ISSUED):
            continue
        made = made or subscribe(
            compartment=compartment, saver=saver, units=units, by=saver.user, at=at,
            texts_shown={"risks": compartment.risks},
        )  # fmt: skip
        payment = start_pool_payment(subscription=made, by=saver.user, at=at, gateway=gateway)
        provider.choose(payment.checkout_id or "", "card_paid")
        refresh_pool_payment(payment=payment, at=clock.now(), gateway=gateway)


def _has_subscribed_more(region: Region) -> bool:
    pot = _pot()
    rank, units = MORE_UNITS[-1]
    email = pool.SUBSCRIBERS[rank].email
    return pot is None or pot.subscriptions.filter(saver__user__email=email, units=units, state="ISSUED").exists()


def fill_pot(region: Region, at: datetime) -> None:
    """The region's council endows the pot, once."""
    entity, on = region.fund.entity, clock.local(at).date()
    if entity.entries.filter(key="demonstration:pot").exists():
        return
    bank, pot = account_for(entity, Purpose.BANK), account_for(entity, Purpose.COMMON_POT)
    post_entry(
        entity=entity, journal="BQ", key="demonstration:pot", transfers=[Line(bank, pot, POT_CENTS)],
        accounting_date=on, value_date=on, label="Dotation du pot commun", piece_ref="Convention pot commun",
        piece_date=on, source=("demonstration", None), at=at,
    )  # fmt: skip


def _application(ask: Ask, *, at: datetime) -> Application:
    """A file that the committee approved and whose project is labelled."""
    evaluator = User.objects.get(email="label@fres.example")
    project, _award = make_project(ask.card, evaluator=evaluator, at=at)
    holder = User.objects.get(email=ask.card.holder.holder_email)
    application = Application.objects.create(
        organisation=project.organisation, project=project, requested_cents=ask.euros * 100, created_by=holder,
        created_at=at,
    )  # fmt: skip
    for transition in (SUBMIT, START_REVIEW, SEND_TO_COMMITTEE, APPROVE, LABEL):
        application = advance(application, transition, by=evaluator, at=at)
    return application


def _vote(title: str, day: date, voters: int) -> Act:
    """The act in which so many members of the roll vote; every ninth changes their mind at once."""

    def live(region: Region, at: datetime) -> None:
        of = open_or_close(of=Round.objects.get(title=title), at=at)
        codes = list(of.demands.order_by("code").values_list("code", flat=True))
        entries = of.roll.filter(party__user__isnull=False).select_related("party__user").order_by("party__number")
        for rank, entry in enumerate(entries[:voters]):
            habit = HABITS[rank % len(HABITS)]
            user = entry.party.user
            if user is None:
                continue
            for shift in (1, 0) if rank % 9 == 8 else (0,):
                choices = {codes[(place + shift) % len(codes)] for place in habit}
                cast_vote(of=of, party=entry.party, choices=choices, by=user, at=at)

    def is_done(region: Region) -> bool:
        return Round.objects.filter(title=title, receipts__isnull=False).exists()

    return Act(day, live, is_done)


def _settle(title: str, day: date) -> Act:
    """The act in which a treasurer prepares the order of a counted round and the manager signs it."""

    def live(region: Region, at: datetime) -> None:
        of = open_or_close(of=Round.objects.get(title=title), at=at)
        if of.state == RoundState.CLOSED:
            count_round(of=of, at=at)
        order = prepare_order(of=of, by=region.treasurer, at=at)
        sign_order(order=order, by=region.manager, at=at)

    def is_done(region: Region) -> bool:
        return Round.objects.filter(title=title, state=RoundState.SETTLED).exists()

    return Act(day, live, is_done)


ACTS = (
    Act(date(2026, 3, 16), _subscribe_more, _has_subscribed_more),
    _announce(
        SPRING, SPRING_ASKS, euros=12_500, roll_on=date(2026, 4, 13), opens=date(2026, 4, 20), closes=date(2026, 5, 11)
    ),
    _vote(SPRING, date(2026, 4, 27), 40),
    _settle(SPRING, date(2026, 5, 18)),
    _announce(
        AUTUMN, AUTUMN_ASKS, euros=7_500, roll_on=date(2026, 11, 2), opens=date(2026, 11, 9), closes=date(2026, 12, 7)
    ),
    _vote(AUTUMN, date(2026, 11, 16), 14),
)
