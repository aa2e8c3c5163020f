"""Campaigns around their offers: one in preparation, one announced, one whose sheet changes, one that is silent.

A tranche that is released is told by the story of its campaign (`la-fournee-commune-four`), whose file is made here.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.money import from_cents
from funds.campaigns.preparing import (
    FundingLine,
    PersonLine,
    Terms,
    TrancheLine,
    accept_file,
    announce_offer,
    prepare_offer,
    return_file,
    save_answers,
    send_file,
    set_funding,
    set_team,
    set_tranches,
)
from funds.campaigns.telling import (
    answer_question,
    ask_question,
    hide_question,
    publish_update,
    tell_intention,
)
from funds.campaigns.tranches import publish_evidence, vote_on_tranche, voters_of
from funds.commitments import commit_to_offer
from funds.demonstration import cast
from funds.demonstration.cast import ProjectCard
from funds.demonstration.chapters import Act
from funds.demonstration.lending import prepare_to_lend
from funds.demonstration.region import Region, make_project, make_saver
from funds.fici.publishing import current_version, publish_fici, record_reading
from funds.models import Offer, OfferFile, Question
from funds.offers import open_offer
from funds.states import TrancheState
from investors.models import Party, User
from projects.models import Theme

IN_TRANCHES = "la-fournee-commune-four"
SEATS = ProjectCard(
    "theatre-des-ruelles-gradins", "Le Théâtre des Ruelles : des gradins pliants", cast.THEATRE, cast.SAINT_QUENTIN,
    Theme.CULTURE, "90.01", "Asseoir quatre-vingts personnes au pied des immeubles.",
    "Acheter quatre rangs de gradins pliants et une remorque.",
)  # fmt: skip
BAKEHOUSE = ProjectCard(
    "la-fournee-commune-arras", "La Fournée commune : un fournil à Arras", cast.BAKERY, cast.ARRAS, Theme.INDUSTRY,
    "10.71", "Ouvrir un second fournil et former quatre apprentis.",
    "Louer et équiper un fournil de 180 m², acheter un four et un pétrin.",
)  # fmt: skip
CARPORTS = ProjectCard(
    "soleil-de-gohelle-ombrieres", "Soleil de Gohelle : les ombrières du marché", cast.SOLAR, cast.LOOS, Theme.ENERGY,
    "35.11", "Abriter le marché et produire de l’électricité.",
    "Poser 400 m² d’ombrières photovoltaïques sur la place du marché.",
)  # fmt: skip
WATERING = ProjectCard(
    "jardins-de-l-ancre-arrosage", "Les Jardins de l’Ancre : arroser avec la pluie", cast.GARDEN, cast.CALAIS,
    Theme.FOOD, "01.13", "Garder l’eau de pluie pour trois hectares de légumes.",
    "Poser deux citernes de 60 m³ et un arrosage au goutte-à-goutte.",
)  # fmt: skip

ANSWERS = {
    "ownership": "Les sociétaires détiennent tout le capital, une personne égale une voix.",
    "ownership_changed_on": "2024-06-30",
    "management": "Une présidence et un conseil coopératif de sept personnes élues.",
    "website": "https://exemple.invalid",
    "accounts": "Déposés au greffe et envoyés à qui les demande.",
    "expected_result": "L’activité annoncée, tenue trois ans au moins.",
    "own_funds": "2000",
    "debt_before": "15000",
    "risk_sector": "Les prix de l’énergie et des matières premières peuvent changer en cours de prêt.",
    "risk_default": "Une mauvaise année peut empêcher de payer une échéance.",
    "risk_return": "Un chantier en retard repousse les premières recettes.",
    "guarantee": "aucune",
    "defaults_five_years": "Aucun défaut déclaré depuis cinq ans.",
    "insiders": "aucune",
    "criminal_record_on": "2024-01-15",
    "figures": [
        {"year": 2023, "turnover": 186000, "net_profit": 9000, "total_assets": 142000, "equity": 51000,
         "net_debt": 15000},
        {"year": 2022, "turnover": 171000, "net_profit": -2000, "total_assets": 139000, "equity": 42000},
    ],
}  # fmt: skip


def fill_file(
    offer: Offer, *, holder: User, at: datetime, tranches: Sequence[tuple[int, str, str]] = (), delegates: int = 0
) -> None:
    """Write the file of an offer as its holder would; `tranches`: whole euros, milestone, proof."""
    project = offer.project
    said = {"activities": project.organisation.purpose, "use_of_funds": project.purpose} | {
        key: value for key, value in ANSWERS.items() if not offer.is_gift or key == "expected_result"
    }
    if not offer.is_gift:
        said["risk_project"] = offer.risks[:600]
    save_answers(offer=offer, answers=said, by=holder, at=at)
    people = [
        PersonLine(holder.display_name, "Représentant légal", "Porte le projet depuis son premier jour.", True),
        PersonLine("Maëlle Quentin", "Coordination", "Suit le chantier et la trésorerie."),
    ]
    set_team(offer=offer, people=people, by=holder, at=at)
    lines = [
        FundingLine("OWN", "Fonds propres", from_cents(200_000), True),
        FundingLine("BANK", "Banque du bassin", from_cents(600_000), True),
        FundingLine("REGION", "Aide à l’investissement", from_cents(300_000)),
        FundingLine("GUARANTEE", "Fonds de garantie", from_cents(300_000)),
    ]
    set_funding(offer=offer, lines=lines[:2] if offer.is_gift else lines, by=holder, at=at)
    if tranches:
        parts = [TrancheLine(from_cents(euros * 100), milestone, proof) for euros, milestone, proof in tranches]
        set_tranches(offer=offer, lines=parts, by=holder, at=at, delegates=delegates)


def make_file(
    offer: Offer, *, holder: User, manager: User, at: datetime, tranches: Sequence[tuple[int, str, str]]
) -> None:
    """Give an offer of the story its file: written, sent, accepted, its sheet published."""
    OfferFile.objects.create(offer=offer, created_by=holder, created_at=at)
    offer = Offer.objects.select_related("project__organisation", "file").get(pk=offer.pk)
    fill_file(offer, holder=holder, at=at, tranches=tranches)
    _accept(offer, holder=holder, manager=manager, at=at)


def _accept(offer: Offer, *, holder: User, manager: User, at: datetime) -> None:
    send_file(offer=offer, by=holder, at=at)
    accept_file(offer=offer, by=manager, at=at)
    if not offer.is_gift:
        publish_fici(offer=offer, by=manager, at=at)


def _prepare(
    card: ProjectCard, *, region: Region, at: datetime, euros: tuple[int, int], days: int, opens_in: int = 0,
    rate_bp: int = 0, months: int = 0,
) -> tuple[Offer, User]:  # fmt: skip
    """Make the project and its label, and have its holder prepare the offer."""
    holder, evaluator = User.objects.get(email=card.holder.holder_email), User.objects.get(email="label@fres.example")
    project, _award = make_project(card, evaluator=evaluator, at=at)
    low, high = euros
    terms = Terms(
        lane=Offer.Lane.PROJECT if rate_bp else Offer.Lane.GIFT,
        minimum=_euros(low),
        maximum=_euros(high),
        ticket_minimum=_euros(20),
        ticket_maximum=_euros(min(1_000, high)),
        opens_at=at + timedelta(days=opens_in),
        closes_at=at + timedelta(days=opens_in + days),
        risks="Le chantier peut coûter plus, durer plus, ou s’arrêter.",
        rate_bp=rate_bp,
        months=months,
        raised_elsewhere_declared_on=clock.local(at).date(),
    )
    offer = prepare_offer(project=project, fund=region.fund, terms=terms, by=holder, at=at)
    return Offer.objects.select_related("project__organisation", "file").get(pk=offer.pk), holder


def _prepare_seats(region: Region, at: datetime) -> None:
    """A gift whose file came back with a word: its holder still writes."""
    offer, holder = _prepare(SEATS, region=region, at=at, euros=(900, 2_400), days=60, opens_in=30)
    fill_file(offer, holder=holder, at=at)
    send_file(offer=offer, by=holder, at=at)
    note = "Dites qui garde les gradins l’hiver, et joignez le devis de la remorque."
    return_file(offer=offer, by=region.manager, at=at, note=note)


def _announce_bakehouse(region: Region, at: datetime) -> None:
    """A loan announced before it opens, in two tranches: people say what they might lend."""
    offer, holder = _prepare(
        BAKEHOUSE, region=region, at=at, euros=(8_000, 15_000), days=75, opens_in=45, rate_bp=375, months=48
    )
    tranches = (
        (9_000, "Bail signé et four commandé", "Le bail et la commande"),
        (6_000, "Four en service", "Le procès-verbal de mise en service"),
    )
    fill_file(offer, holder=holder, at=at, tranches=tranches, delegates=5)
    _accept(offer, holder=holder, manager=region.manager, at=at)
    announce_offer(offer=offer, by=region.manager, at=at)
    for rank, euros in ((14, 200), (15, 50), (16, 120), (17, 500)):
        saver = _saver(rank, at=at)
        tell_intention(offer=offer, amount=_euros(euros), by=_account(saver), at=at)


def _open_carports(region: Region, at: datetime) -> None:
    offer, holder = _prepare(CARPORTS, region=region, at=at, euros=(5_000, 9_000), days=70, rate_bp=325, months=36)
    fill_file(offer, holder=holder, at=at)
    _accept(offer, holder=holder, manager=region.manager, at=at)
    open_offer(offer=offer, by=region.manager, at=at)
    question = ask_question(
        offer=offer, text="Que devient le marché pendant la pose ?", by=_account(_saver(20, at=at)), at=at
    )
    answer_question(question=question, text="Il se tient rue du Carreau, à deux minutes.", by=holder, at=at)


def _commit_to_carports(region: Region, at: datetime) -> None:
    offer = Offer.objects.get(slug=CARPORTS.slug)
    holder = User.objects.get(email=CARPORTS.holder.holder_email)
    version = current_version(offer)
    assert version is not None
    for rank, euros in ((21, 200), (22, 150), (23, 300)):
        saver = _saver(rank, at=at)
        user = _account(saver)
        record_reading(version=version, user=user, at=at)
        prepare_to_lend(party=saver, user=user, cents=euros * 100, at=at)
        commit_to_offer(offer=offer, saver=saver, amount=_euros(euros), by=user, at=at)
    publish_update(
        offer=offer, title="Le permis est accordé",
        body="La commune a accordé le permis le 12 novembre. Les poteaux sont commandés à Béthune.", by=holder, at=at,
    )  # fmt: skip
    rude = ask_question(offer=offer, text="Vous êtes des incapables !", by=_account(_saver(24, at=at)), at=at)
    hide_question(question=rude, reason="Propos blessants", by=region.manager, at=at)


def _change_carports(region: Region, at: datetime) -> None:
    """A guarantee goes away: the sheet has a second version, and everybody engaged may leave."""
    offer = Offer.objects.select_related("project__organisation", "file").get(slug=CARPORTS.slug)
    holder = User.objects.get(email=CARPORTS.holder.holder_email)
    return_file(offer=offer, by=region.manager, at=at, note="Le devis de pose a changé : dites-le dans la fiche.")
    answers = {"risk_project": "Le devis de pose a augmenté de 12 % : le chantier peut encore coûter plus."}
    save_answers(offer=offer, answers=answers, by=holder, at=at)
    send_file(offer=offer, by=holder, at=at)
    accept_file(offer=offer, by=region.manager, at=at)
    reason = "Le devis de pose a augmenté de 12 %, la marge du projet baisse d’autant."
    publish_fici(offer=offer, by=region.manager, at=at, is_material=True, reason=reason)
    ask_question(offer=offer, text="Qui paie si le devis augmente encore ?", by=_account(_saver(25, at=at)), at=at)


def _open_watering(region: Region, at: datetime) -> None:
    """A gift whose holder lets a question wait: five working days later it is suspended."""
    offer, holder = _prepare(WATERING, region=region, at=at, euros=(800, 2_000), days=70)
    fill_file(offer, holder=holder, at=at)
    _accept(offer, holder=holder, manager=region.manager, at=at)
    open_offer(offer=offer, by=region.manager, at=at)


def _ask_about_watering(region: Region, at: datetime) -> None:
    offer = Offer.objects.get(slug=WATERING.slug)
    text = "Les citernes passent-elles sous la ligne électrique ?"
    ask_question(offer=offer, text=text, by=_account(_saver(26, at=at)), at=at)


def _prove_oven(region: Region, at: datetime) -> None:
    """The oven works: its evidence is published and the lenders are asked."""
    offer = Offer.objects.get(slug=IN_TRANCHES)
    holder = User.objects.get(email=cast.BAKERY.holder_email)
    tranche = offer.tranches.get(rank=2)
    text = "Le four est en service depuis lundi. Procès-verbal du fabricant et photographies au siège."
    publish_evidence(tranche=tranche, text=text, by=holder, at=at)
    publish_update(
        offer=offer, title="Premières fournées", body="Trente kilos de pain le premier jour.", by=holder, at=at
    )
    for rank, party_id in enumerate(voters_of(offer)):
        party = Party.objects.select_related("user").get(pk=party_id)
        if party.user is not None and rank % 4:
            vote_on_tranche(tranche=tranche, party=party, is_for=rank % 7 != 0, by=party.user, at=at)


def _can_prove_oven(region: Region) -> bool:
    """Done once; a region told small has no such offer, or not in tranches."""
    offer = Offer.objects.filter(slug=IN_TRANCHES).first()
    if offer is None:
        return True
    return not offer.tranches.filter(rank=2, state=TrancheState.WAITING, evidence_at=None).exists()


def _saver(rank: int, *, at: datetime) -> Party:
    card = cast.savers(rank + 1)[rank]
    return Party.objects.filter(user__email=card.email).first() or make_saver(card, at=at)


def _account(party: Party) -> User:
    assert party.user is not None
    return party.user


def _euros(euros: int) -> Money:
    return from_cents(euros * 100)


def _is_made(slug: str) -> bool:
    return Offer.objects.filter(slug=slug).exists()


def _is_asked(slug: str) -> bool:
    return Question.objects.filter(offer__slug=slug).exists()


ACTS = (
    Act(date(2024, 9, 16), _prove_oven, _can_prove_oven),
    Act(date(2026, 10, 12), _prepare_seats, lambda region: _is_made(SEATS.slug)),
    Act(date(2026, 10, 19), _announce_bakehouse, lambda region: _is_made(BAKEHOUSE.slug)),
    Act(date(2026, 10, 26), _open_watering, lambda region: _is_made(WATERING.slug)),
    Act(date(2026, 11, 2), _open_carports, lambda region: _is_made(CARPORTS.slug)),
    Act(date(2026, 11, 9), _ask_about_watering, lambda region: _is_asked(WATERING.slug)),
    Act(
        date(2026, 11, 16), _commit_to_carports,
        lambda region: Offer.objects.filter(slug=CARPORTS.slug, commitments__isnull=False).exists(),
    ),
    Act(
        date(2026, 11, 20), _change_carports,
        lambda region: Offer.objects.filter(slug=CARPORTS.slug, fici_versions__number=2).exists(),
    ),
)  # fmt: skip
