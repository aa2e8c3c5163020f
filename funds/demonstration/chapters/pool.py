"""The pot: three compartments, savers who subscribe and withdraw, rules, placements, and public money beside it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.db import transaction
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.chart import Purpose
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import Region, make_project, make_saver
from funds.ledger import Line, account_for, post_entry
from funds.models import (
    Compartment,
    Entry,
    GuaranteeEnvelope,
    LegalEntity,
    LocalCurrency,
    MatchingFund,
    Placement,
    RedemptionRequest,
    RedemptionTerms,
    RuleEvaluation,
    Subscription,
)
from funds.payments.stripe_gateway import gateway_from_settings
from funds.pool.guarantees import call_guarantee, grant_guarantee, open_envelope
from funds.pool.matching_funds import last_year, match_open_offers, open_matching, simulate_matching
from funds.pool.mirror import open_currency, record_exchange
from funds.pool.opening import write_matching
from funds.pool.paying import refresh_pool_payment, start_pool_payment
from funds.pool.redeeming import (
    approve_redemption,
    ask_redemption,
    prepare_redemption,
    put_off_redemption,
    refuse_redemption,
    withdraw_redemption,
)
from funds.pool.reserves import set_loss_reserve
from funds.pool.states import SubscriptionState
from funds.pool.subscribing import cancel_subscription, subscribe
from funds.pool.sweeping import record_sweep, sweepable_cents
from funds.rules.decisions import decide_placement
from funds.rules.evaluation import evaluate_night
from funds.rules.register import adopt_rule
from investors.models import Party, User
from investors.parties import next_party_numbers
from projects.models import Project, Theme

ISSUER = cast.Company(
    "Épargne en commun Hauts-de-France", "SCIC SA", "000001495", cast.LILLE, "14 rue des Registres",
    lei="969500POOLTEST000015",
)  # fmt: skip
COMMON, ENERGY, AVESNOIS = "pot-commun", "pot-energie", "pot-avesnois"
ADVANCE_CENTS = 50_000
WHOLE_RISK = "Vous pouvez perdre une partie ou la totalité de la somme. Le capital n’est garanti par personne."
ROOFS = cast.ProjectCard(
    "toits-communs-gohelle", "Toits communs de Gohelle", cast.SOLAR, cast.LOOS, Theme.ENERGY, "35.11Z",
    "Couvrir douze toits publics de panneaux solaires.", "Acheter et poser les panneaux de douze toits publics.",
)  # fmt: skip
SHOP = cast.ProjectCard(
    "comptoir-avesnois", "Le comptoir de l’Avesnois", cast.GROCERY, cast.AVESNES, Theme.FOOD, "47.11B",
    "Un comptoir de produits fermiers qui accepte la monnaie locale.", "Aménager un local et acheter deux vitrines.",
)  # fmt: skip


@dataclass(frozen=True)
class Subscriber:
    """A saver of this chapter: units of a compartment and what they wish."""

    given_names: str
    family_name: str
    compartment: str
    units: int
    wish: str = Subscription.Wish.NONE
    wish_code: str = ""

    @property
    def email(self) -> str:
        return f"pot.{self.family_name.lower()}@fres.example"


SUBSCRIBERS = (
    Subscriber("Odile", "Becquart", COMMON, 150, Subscription.Wish.THEME, "energy"),
    Subscriber("Karim", "Mansouri", COMMON, 100, Subscription.Wish.TERRITORY, "59"),
    Subscriber("Blandine", "Leroux", COMMON, 120),
    Subscriber("Gaspard", "Wattel", COMMON, 200, Subscription.Wish.THEME, "housing"),
    Subscriber("Fatou", "Diallo", COMMON, 130, Subscription.Wish.THEME, "food"),
    Subscriber("Émile", "Trupin", COMMON, 100),
    Subscriber("Lucie", "Hennebelle", ENERGY, 40),
    Subscriber("Yann", "Dufour", AVESNOIS, 60),
)


def _open(region: Region, at: datetime) -> None:
    """The issuer is founded; three compartments open, each with its redemption terms."""
    with transaction.atomic():
        issuer = _found_issuer(at)
        _compartment(region, issuer, 1, COMMON, "Pot commun", "COMMON", "SHARE", 20, at=at)
        _compartment(region, issuer, 2, ENERGY, "Énergie citoyenne", "STRICT", "BOND", 50, at=at, theme="energy")
        _compartment(
            region, issuer, 3, AVESNOIS, "Avesnois solidaire", "TERRITORY", "PARTICIPATING", 10, at=at,
            place_level="DEPARTEMENT", place_code="59",
        )  # fmt: skip
    ProviderPages(settings.STRIPE_API_BASE).fund(ADVANCE_CENTS)


def _subscribe(region: Region, at: datetime) -> None:
    """Eight people pay for units by card; one changes their mind, one has not paid yet."""
    provider, gateway = ProviderPages(settings.STRIPE_API_BASE), gateway_from_settings()
    for rank, one in enumerate(SUBSCRIBERS):
        saver = _saver(rank, at=at)
        assert saver.user is not None
        compartment = Compartment.objects.select_related("issuer", "fund").get(slug=one.compartment)
        made = Subscription.objects.filter(saver=saver).first() or subscribe(
            compartment=compartment, saver=saver, units=one.units, by=saver.user, at=at, wish=one.wish,
            wish_code=one.wish_code, texts_shown={"risks": compartment.risks},
        )  # fmt: skip
        if made.state == SubscriptionState.CONFIRMED:
            payment = start_pool_payment(subscription=made, by=saver.user, at=at, gateway=gateway)
            assert payment.checkout_id is not None
            provider.choose(payment.checkout_id, "card_paid")
            refresh_pool_payment(payment=payment, at=clock.now(), gateway=gateway)


def _sweep(region: Region, at: datetime) -> None:
    """The provider sends what it collected to the issuer's bank; the advance for its fees stays."""
    issuer = LegalEntity.objects.get(siren=ISSUER.siren)
    record_sweep(
        entity=issuer, amount=from_cents(sweepable_cents(issuer) - ADVANCE_CENTS // 2), by=region.treasurer, at=at,
        received_on=clock.local(at).date(), reference="VIR-PRESTATAIRE-2025-02",
    )  # fmt: skip


@transaction.atomic
def _rules(region: Region, at: datetime) -> None:
    """Four rules, each with its reason."""
    day = clock.local(at).date().isoformat()
    common = {"scope": "fund", "valid_from": day}
    for data, reason in (
        (
            {"code": "liquidite", "kind": "LIQUIDITY_RESERVE", "params": {"share": "10 %"}, "cure_days": 90, **common},
            "Rendre leurs parts à ceux qui en ont besoin.",
        ),
        (
            {"code": "plafond-projet", "kind": "MAX_PER_PROJECT", "params": {"cents": 1_500_000}, **common},
            "Ne pas dépendre d’un seul projet.",
        ),
        (
            {"code": "plafond-energie", "kind": "MAX_PER_SECTOR", "params": {"sector": "35", "cents": 1_000_000},
             "timing": "PERIODIC", **common},
            "Garder de l’argent pour les autres métiers.",
        ),
        (
            {"code": "part-esus", "kind": "SHARE_RANGE", "base": "NAV", "severity": "WARN", "timing": "PERIODIC",
             "params": {"class": "ESUS", "min": "5 %", "max": "10 %"}, "cure_days": 90, **common},
            "La part solidaire des fonds d’épargne salariale.",
        ),
    ):  # fmt: skip
        adopt_rule(fund=region.fund, data=data, reason=reason, by=region.manager, at=at)


@transaction.atomic
def _place(region: Region, at: datetime) -> None:
    """Two projects receive money of the pot, under the rules."""
    evaluator = User.objects.get(email="label@fres.example")
    roofs, _award = make_project(ROOFS, evaluator=evaluator, at=at)
    shop, _award = make_project(SHOP, evaluator=evaluator, at=at)
    _decide(region, COMMON, roofs, 6_000, "Un projet que la banque refuse seule ; avis favorable du comité.", at=at)
    _decide(region, AVESNOIS, shop, 300, "Premier projet du réseau de la monnaie locale.", at=at, currency="TRL")
    set_loss_reserve(compartment=Compartment.objects.get(slug=COMMON), by=region.treasurer, at=at)


@transaction.atomic
def _place_more(region: Region, at: datetime) -> None:
    roofs = Project.objects.get(slug=ROOFS.slug)
    _decide(region, COMMON, roofs, 3_000, "Deuxième tranche, les six premiers toits produisent.", at=at)


@transaction.atomic
def _ask(region: Region, at: datetime) -> None:
    """Five ask for part of their units back, one takes the request back."""
    compartment = Compartment.objects.get(slug=COMMON)
    for rank, units in ((0, 30), (1, 20), (2, 10), (3, 200), (4, 5)):
        holder = _saver(rank, at=at)
        assert holder.user is not None
        asked = ask_redemption(compartment=compartment, holder=holder, units=units, by=holder.user, at=at)
        if rank == 4:
            withdraw_redemption(request=asked, by=holder.user, at=at)


@transaction.atomic
def _window(region: Region, at: datetime) -> None:
    """The yearly window: one is due, one waits for its second signature, one is refused, one put off."""
    asked = list(RedemptionRequest.objects.exclude(state="WITHDRAWN").order_by("pk"))
    prepare_redemption(request=asked[0], by=region.treasurer, at=at)
    approve_redemption(request=asked[0], by=region.second_treasurer, at=at)
    prepare_redemption(request=asked[1], by=region.treasurer, at=at)
    refuse_redemption(
        request=asked[2], by=region.treasurer, at=at, reason="Parts nanties : la banque doit d’abord les libérer."
    )
    put_off_redemption(
        request=asked[3], by=region.treasurer, at=at, reason="La demande dépasse la réserve de cette fenêtre."
    )
    # One who asks after the window waits for the next.
    holder = _saver(5, at=at)
    assert holder.user is not None
    ask_redemption(compartment=asked[0].compartment, holder=holder, units=10, by=holder.user, at=at)


@transaction.atomic
def _mirror(region: Region, at: datetime) -> None:
    compartment = Compartment.objects.select_related("issuer").get(slug=AVESNOIS)
    currency = open_currency(
        code="TRL", name="Le terril", network="Commerçants du bassin minier et de l’Avesnois",
        keeper=compartment.issuer, compartment=compartment, on=clock.local(at).date(),
    )  # fmt: skip
    for kind, units, reference in (
        ("IN", 260, "CHG-2026-001"),
        ("IN", 90, "CHG-2026-002"),
        ("OUT", 70, "REC-2026-001"),
    ):
        record_exchange(
            currency=currency, kind=kind, units=Money(units, "TRL"), party=None, by=region.treasurer, at=at,
            reference=reference,
        )  # fmt: skip


@transaction.atomic
def _guarantee(region: Region, at: datetime) -> None:
    """An envelope, a guarantee that runs and one that is called."""
    issuer = LegalEntity.objects.get(siren=ISSUER.siren)
    envelope = open_envelope(
        fund=region.fund, entity=issuer, code="garantie-ess", name="Garantie des entreprises solidaires",
        financed_by="Région et État, un euro pour un euro", endowment=from_cents(5_000_000), quota_bp=6_500,
        cap=from_cents(2_000_000), multiplier=Fraction(5), by=region.manager, at=at,
    )  # fmt: skip
    for slug, loan, amount, is_called in ((ROOFS.slug, 30_000, 18_000, False), (SHOP.slug, 12_000, 7_000, True)):
        guarantee = grant_guarantee(
            envelope=envelope, project=Project.objects.get(slug=slug), lender="Banque coopérative du Nord",
            loan_amount=from_cents(loan * 100), amount=from_cents(amount * 100), by=region.manager, at=at,
        )  # fmt: skip
        if is_called:
            call_guarantee(
                guarantee=guarantee, amount=from_cents(420_000), by=region.treasurer, at=at,
                reason="Deux échéances impayées, déchéance du terme.",
            )  # fmt: skip


@transaction.atomic
def _match(region: Region, at: datetime) -> None:
    """The Region's euros, tried on last year, opened by another person, then reserved for campaigns of the 62."""
    matching = write_matching(
        fund=region.fund, entity=region.fund.entity, name="Un pour deux", financed_by="Région Hauts-de-France",
        ratio=Decimal("0.5"), cap=from_cents(100_000), budget=from_cents(500_000), departments=["62"],
        needs_minimum=0, starts_on=date(2026, 11, 1), ends_on=date(2026, 12, 31), by=region.treasurer, at=at,
    )  # fmt: skip
    simulate_matching(matching=matching, year=last_year(at), at=at)
    open_matching(matching=matching, by=region.manager, at=at)
    match_open_offers(at=at)


def _night(region: Region, at: datetime) -> None:
    """A night's look at the rules, and two subscriptions that are not paid: one waits, one is given up."""
    evaluate_night(fund=region.fund, at=at)
    saver = _saver(6, at=at)
    assert saver.user is not None
    compartment = Compartment.objects.get(slug=COMMON)
    for is_given_up in (True, False):
        made = subscribe(compartment=compartment, saver=saver, units=10, by=saver.user, at=at)
        if is_given_up:
            cancel_subscription(subscription=made, by=saver.user, at=at)


ACTS = (
    Act(date(2025, 1, 20), _open, lambda region: Compartment.objects.filter(slug=COMMON).exists()),
    Act(
        date(2025, 2, 3), _subscribe,
        lambda region: Subscription.objects.filter(state="ISSUED").count() >= len(SUBSCRIBERS),
    ),
    Act(date(2025, 2, 17), _sweep, lambda region: Entry.objects.filter(key="sweep:VIR-PRESTATAIRE-2025-02").exists()),
    Act(date(2025, 3, 10), _rules, lambda region: region.fund.allocation_rules.exists()),
    Act(date(2025, 4, 7), _place, lambda region: Project.objects.filter(slug=ROOFS.slug).exists()),
    Act(date(2026, 2, 9), _mirror, lambda region: LocalCurrency.objects.exists()),
    Act(date(2026, 3, 9), _guarantee, lambda region: GuaranteeEnvelope.objects.exists()),
    Act(date(2026, 4, 13), _ask, lambda region: RedemptionRequest.objects.exists()),
    Act(date(2026, 6, 1), _window, lambda region: RedemptionRequest.objects.filter(state="TO_BE_PAID").exists()),
    Act(
        date(2026, 10, 5), _place_more,
        lambda region: Placement.objects.filter(project__slug=ROOFS.slug).count() >= 2,
    ),
    Act(date(2026, 11, 17), _match, lambda region: MatchingFund.objects.exists()),
    Act(
        date(2026, 11, 19), _night,
        lambda region: RuleEvaluation.objects.filter(moment="NIGHT").exists()
        and Subscription.objects.filter(state="CANCELLED").exists(),
    ),
)  # fmt: skip


def _found_issuer(at: datetime) -> LegalEntity:
    party = Party.objects.create(
        number=next_party_numbers(Party.Kind.LEGAL)[0], kind=Party.Kind.LEGAL, legal_name=ISSUER.name,
        legal_form=ISSUER.legal_form, siren=ISSUER.siren, lei=ISSUER.lei, address_line=ISSUER.address,
        postal_code=ISSUER.place.postal_code, city=ISSUER.place.city, commune_code=ISSUER.place.commune,
        country="FR", email="contact@fres.example", kyc_verified_at=at, screened_at=at, created_at=at,
    )  # fmt: skip
    issuer = LegalEntity.objects.create(
        party=party, role=LegalEntity.Role.FUND, name=ISSUER.name, siren=ISSUER.siren, lei=ISSUER.lei, chart="PCG"
    )
    day = clock.local(at).date()
    post_entry(
        entity=issuer, journal="BQ", key="demonstration:advance",
        transfers=[Line(account_for(issuer, Purpose.PROVIDER), account_for(issuer, Purpose.CAPITAL), ADVANCE_CENTS)],
        accounting_date=day, value_date=day, label="Capital versé, avance au prestataire", piece_ref="PV constitution",
        piece_date=day, source=("demonstration", None), at=at,
    )  # fmt: skip
    return issuer


def _compartment(
    region: Region, issuer: LegalEntity, rank: int, slug: str, name: str, kind: str, instrument: str, nominal: int, *,
    at: datetime, **target: str,
) -> None:  # fmt: skip
    compartment = Compartment.objects.create(
        slug=slug, fund=region.fund, issuer=issuer, rank=rank, name=name, kind=kind, instrument=instrument,
        nominal=from_cents(nominal * 100), purpose=f"{name} : financer des projets labellisés de la région.",
        risks=WHOLE_RISK, opens_on=clock.local(at).date(), created_by=region.manager, **target,
    )  # fmt: skip
    RedemptionTerms.objects.create(
        compartment=compartment, valid_from=clock.local(at).date(), window_month=6, window_day=1, notice_days=30,
        holding_days=180, share_bp=2_000, decided_by=region.manager, decided_at=at,
    )  # fmt: skip


def _saver(rank: int, *, at: datetime) -> Party:
    one = SUBSCRIBERS[rank]
    found = Party.objects.filter(user__email=one.email).select_related("user").first()
    if found is not None:
        return found
    card = cast.SaverCard(
        email=one.email, given_names=one.given_names, family_name=one.family_name,
        birth_date=date(1960 + rank * 4, 5, 7), place=cast.PLACES[rank * 3 % len(cast.PLACES)],
        address=f"{rank + 3} rue du Moulin",
    )  # fmt: skip
    return make_saver(card, at=at)


def _decide(
    region: Region, slug: str, project: Project, euros: int, reason: str, *, at: datetime, currency: str = ""
) -> None:
    decide_placement(
        compartment=Compartment.objects.select_related("issuer", "fund").get(slug=slug), project=project,
        amount=from_cents(euros * 100), instrument="LOAN", by=region.manager, at=at, reason=reason, currency=currency,
    )  # fmt: skip
