"""A campaign that succeeded, and a holder who renounces before the payout: every donor is paid back (ruling A5)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from fres.kernel import clock, jobs
from fres.kernel.money import from_cents
from funds.commitments import commit_to_offer
from funds.demonstration import cast
from funds.demonstration.campaigns import Campaign
from funds.demonstration.chapters import Act
from funds.demonstration.provider import ProviderPages
from funds.demonstration.region import Region, make_saver
from funds.models import Commitment, Offer
from funds.offers import open_offer
from funds.payments.charging import refresh_payment, start_payment
from funds.payments.stripe_gateway import gateway_from_settings
from funds.states import CommitmentState, FinancingState, OfferState
from funds.texts import record_of, texts_of
from funds.unwinding import cancel_financing
from investors.models import Party
from projects.models import Theme

CAMPAIGN = Campaign(
    slug="habiter-la-dune-verger",
    card=cast.ProjectCard(
        "habiter-la-dune-verger", "Habiter la dune : un verger partagé", cast.HOUSING, cast.DUNKERQUE, Theme.HOUSING,
        "68.20", "Planter quarante arbres fruitiers derrière la maison partagée.",
        "Acheter les plants, les tuteurs et une clôture.",
    ),
    opens=0,
    closes_on=date(2026, 3, 20),
    minimum=200,
    maximum=600,
    risks="Le terrain appartient à la commune : sans son accord, le verger ne se plante pas.",
)  # fmt: skip
REASON = "La commune garde le terrain pour une école : le porteur renonce avant tout versement."


@dataclass(frozen=True)
class Donor:
    """A donor of this chapter: a person who could live in the region."""

    given_names: str
    family_name: str
    email: str
    euros: int


DONORS = (
    Donor("Maëlle", "Vanhove", "maelle.vanhove@fres.example", 120),
    Donor("Yanis", "Debruyne", "yanis.debruyne@fres.example", 60),
    Donor("Colette", "Fontaine", "colette.fontaine@fres.example", 90),
)


def _collect(region: Region, at: datetime) -> None:
    """The campaign opens, and three people give by card."""
    from funds.demonstration.story import make_offer

    offer = _offer() or make_offer(CAMPAIGN, region=region, opens_at=at, closes_on=CAMPAIGN.closes_on)
    if offer.state == OfferState.PREPARED:
        offer = open_offer(offer=offer, by=region.manager, at=at)
    provider, gateway = ProviderPages(settings.STRIPE_API_BASE), gateway_from_settings()
    for rank, donor in enumerate(DONORS):
        saver = _saver(rank, donor, at=at)
        assert saver.user is not None
        commitment = Commitment.objects.filter(offer=offer, saver=saver).first() or commit_to_offer(
            offer=offer, saver=saver, amount=from_cents(donor.euros * 100), by=saver.user,
            texts_shown=record_of(texts_of(offer)), at=at,
        )  # fmt: skip
        if commitment.state == CommitmentState.CONFIRMED:
            payment = start_payment(commitment=commitment, by=saver.user, at=at, gateway=gateway)
            assert payment.checkout_id is not None
            provider.choose(payment.checkout_id, "card_paid")
            refresh_payment(payment_id=payment.pk, at=clock.now(), gateway=gateway)
        jobs.run_pending()


def _renounce(region: Region, at: datetime) -> None:
    """The manager cancels the financing; each gift goes back by the way it came."""
    offer = _offer()
    assert offer is not None
    cancel_financing(offer=offer, by=region.manager, at=at, reason=REASON)
    jobs.run_pending()


def _offer() -> Offer | None:
    return Offer.objects.filter(slug=CAMPAIGN.slug).select_related("project", "fund").first()


def _saver(rank: int, donor: Donor, *, at: datetime) -> Party:
    found = Party.objects.filter(user__email=donor.email).select_related("user").first()
    place = cast.PLACES[(rank * 2 + 1) % len(cast.PLACES)]
    return found or make_saver(
        cast.SaverCard(
            email=donor.email, given_names=donor.given_names, family_name=donor.family_name,
            birth_date=date(1958 + rank * 9, 3 + rank, 11 + rank), place=place, address=f"{12 + rank} rue des Pêcheurs",
        ),
        at=at,
    )  # fmt: skip


def _is_collected(region: Region) -> bool:
    return Commitment.objects.filter(offer__slug=CAMPAIGN.slug, saver__user__email=DONORS[-1].email).exists()


def _is_renounced(region: Region) -> bool:
    offer = _offer()
    return offer is None or offer.financing_state != FinancingState.CONTRACTING


ACTS = (Act(date(2026, 3, 2), _collect, _is_collected), Act(date(2026, 4, 20), _renounce, _is_renounced))
