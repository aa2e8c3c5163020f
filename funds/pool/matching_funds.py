"""Matching money: written, tried on past campaigns, locked once open, then reserved euro by euro with its reason.

A match is min(ratio × cleared citizen euros, cap), within what the endowment still has, in whole cents rounded down. It
counts towards success once its entry stands in the matching entity's books (ruling B13), under the locks of B4 then the
matching fund's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.money import format_cents, from_cents, to_cents
from fres.kernel.states import advance
from funds.chart import Purpose
from funds.ledger import Line, account_for, post_entry, reverse_entry
from funds.locks import lock_offer
from funds.models import Match, MatchingFund, MatchRelease, Offer
from funds.pool.errors import MatchingRefused
from funds.pool.locking import lock_row
from funds.pool.states import CLOSE_MATCHING, OPEN_MATCHING, MatchingState
from funds.states import COUNTED_CLEARED, FinancingState, OfferState
from investors.models import User

JOURNAL = "PT"
TAKES_MATCH = (OfferState.OPEN, OfferState.SUSPENDED)


@dataclass(frozen=True)
class SimulatedMatch:
    """What a campaign of the past would have had."""

    offer: str
    title: str
    citizen_cents: int
    savers: int
    amount_cents: int
    reason: str


def match_cents(matching: MatchingFund, *, citizen_cents: int, savers: int, left_cents: int) -> int:
    """Return what a campaign's citizen money calls for, in whole cents rounded down, within what is left."""
    if savers < matching.needs_minimum:
        return 0
    ratio = Fraction(matching.ratio)
    most = citizen_cents * ratio.numerator // ratio.denominator
    return max(0, min(most, to_cents(matching.cap), left_cents))


@transaction.atomic
def simulate_matching(*, matching: MatchingFund, year: int, at: datetime) -> list[SimulatedMatch]:
    """Try the terms on the campaigns decided in a year, in the order of their closing, and keep the result.

    Raises: MatchingRefused: the fund is open: its terms are locked, there is nothing left to try.
    """
    matching = lock_row(matching)
    if matching.state != MatchingState.DRAFT:
        raise MatchingRefused(_("Cet abondement est ouvert : ses conditions ne bougent plus."))
    left = to_cents(matching.budget)
    found: list[SimulatedMatch] = []
    decided = Offer.objects.filter(
        fund=matching.fund, state__in=(OfferState.SUCCEEDED, OfferState.FAILED), decided_at__year=year
    )
    for offer in decided.select_related("project").order_by("closes_at", "pk"):
        if not _is_inside(matching, offer):
            continue
        citizen, savers = citizen_money(offer)
        cents = match_cents(matching, citizen_cents=citizen, savers=savers, left_cents=left)
        left -= cents
        found.append(
            SimulatedMatch(
                offer=offer.slug,
                title=offer.project.title,
                citizen_cents=citizen,
                savers=savers,
                amount_cents=cents,
                reason=_reason(matching, citizen=citizen, savers=savers, cents=cents),
            )
        )
    MatchingFund.objects.filter(pk=matching.pk).update(
        simulated_at=at,
        simulation={
            "year": year,
            "total_cents": sum(one.amount_cents for one in found),
            "lines": [vars(one) for one in found],
        },
    )
    return found


@transaction.atomic
def open_matching(*, matching: MatchingFund, by: User, at: datetime) -> MatchingFund:
    """Open a matching fund: from then on its terms are locked, and each cleared euro calls for its match.

    Raises: MatchingRefused: never simulated, written by the same person, or already over.
    """
    matching = lock_row(matching)
    if matching.simulated_at is None:
        raise MatchingRefused(
            _("Les conditions n’ont pas été essayées sur l’année passée."), next_step=_("Lancez la simulation.")
        )
    if matching.created_by_id == by.pk:
        raise MatchingRefused(
            _("Celui qui écrit un abondement ne l’ouvre pas."), next_step=_("Demandez à une autre personne.")
        )
    if clock.local(at).date() > matching.ends_on:
        raise MatchingRefused(_("Sa période est passée."), next_step=_("Écrivez un nouvel abondement."))
    return advance(matching, OPEN_MATCHING, by=by, at=at, opened_by=by, opened_at=at)


@transaction.atomic
def close_matching(*, matching: MatchingFund, by: User, at: datetime, reason: str) -> MatchingFund:
    """Stop reserving; what is reserved stands."""
    return advance(lock_row(matching), CLOSE_MATCHING, by=by, at=at, reason=reason)


@transaction.atomic
def match_offer(*, offer: Offer, at: datetime) -> list[Match]:
    """Reserve what an offer's cleared money calls for and has not yet; return the new matches. Twice adds nothing."""
    offer = lock_offer(offer=offer)
    if offer.state not in TAKES_MATCH:
        return []
    on = clock.local(at).date()
    open_ones = MatchingFund.objects.filter(
        fund=offer.fund, state=MatchingState.OPEN, starts_on__lte=on, ends_on__gte=on
    )
    made: list[Match] = []
    for seen in open_ones.order_by("pk"):
        if not _is_inside(seen, offer):
            continue
        matching = lock_row(seen)
        citizen, savers = citizen_money(offer)
        have = matched_cents(offer, matching)
        wanted = match_cents(matching, citizen_cents=citizen, savers=savers, left_cents=left_cents(matching) + have)
        if wanted > have:
            reason = _reason(matching, citizen=citizen, savers=savers, cents=wanted)
            made.append(_reserve(matching, offer, wanted - have, citizen=citizen, reason=reason, at=at))
    return made


def matched_for_decision(offer: Offer, *, at: datetime) -> int:
    """Return the public euros that count towards an offer's success (ruling B13), reserved up to now, in cents.

    For whoever decides the offer, under its lock.
    """
    match_offer(offer=offer, at=at)
    return matched_cents(offer)


def match_open_offers(*, at: datetime) -> int:
    """Reserve what every open offer calls for; return how many matches were written."""
    offers = Offer.objects.filter(state__in=TAKES_MATCH, fund__matching_funds__state=MatchingState.OPEN).distinct()
    return sum(len(match_offer(offer=offer, at=at)) for offer in offers.order_by("pk"))


@transaction.atomic
def release_matches(*, offer: Offer, at: datetime) -> int:
    """Give back to their funds the matches of an offer that failed, was cancelled or whose financing was."""
    offer = lock_offer(offer=offer)
    did_not_succeed = offer.state in (OfferState.FAILED, OfferState.CANCELLED, OfferState.CLOSED)
    if not did_not_succeed and offer.financing_state != FinancingState.CANCELLED:
        return 0
    done = 0
    for match in offer.matches.filter(release=None).select_related("entry", "matching_fund__entity").order_by("pk"):
        lock_row(match.matching_fund)
        entry = reverse_entry(
            entry=match.entry, key=f"match:{match.uuid}:released", label="Abondement libéré",
            source=("match", match.uuid), at=at,
        )  # fmt: skip
        MatchRelease.objects.create(
            match=match, entry=entry, reason=_("La campagne n’a pas réussi : l’argent public revient au fonds."),
            released_at=at,
        )  # fmt: skip
        done += 1
    return done


def release_due(*, at: datetime) -> int:
    """Release the matches of every offer that did not succeed; return how many."""
    over = (OfferState.FAILED, OfferState.CANCELLED, OfferState.CLOSED)
    offers = Offer.objects.filter(state__in=over, matches__isnull=False, matches__release=None).distinct()
    return sum(release_matches(offer=offer, at=at) for offer in offers.order_by("pk"))


def citizen_money(offer: Offer) -> tuple[int, int]:
    """Return the cleared citizen money of an offer in cents, and how many savers it comes from."""
    cleared = offer.commitments.filter(state__in=COUNTED_CLEARED)
    found: dict[str, Any] = cleared.aggregate(sum=Sum("amount"), savers=Count("saver", distinct=True))
    return int((found["sum"] or 0) * 100), found["savers"]


def matched_cents(offer: Offer, matching: MatchingFund | None = None) -> int:
    """Return the public euros reserved for an offer and not released, in cents."""
    matches = offer.matches.filter(release=None)
    if matching is not None:
        matches = matches.filter(matching_fund=matching)
    return int((matches.aggregate(sum=Sum("amount"))["sum"] or 0) * 100)


def left_cents(matching: MatchingFund) -> int:
    """Return what a matching fund has not reserved, in cents."""
    taken = matching.matches.filter(Q(release=None)).aggregate(sum=Sum("amount"))["sum"] or 0
    return to_cents(matching.budget) - int(taken * 100)


def last_year(at: datetime) -> int:
    """Return the last whole year."""
    on: date = clock.local(at).date()
    return on.year - 1


def _reserve(matching: MatchingFund, offer: Offer, cents: int, *, citizen: int, reason: str, at: datetime) -> Match:
    match = Match(
        matching_fund=matching, offer=offer, amount=from_cents(cents), citizen_cents=citizen, reason=reason,
        matched_at=at,
    )  # fmt: skip
    on = clock.local(at).date()
    given = account_for(matching.entity, Purpose.MATCHING_GIVEN)
    reserved = account_for(matching.entity, Purpose.MATCHING_RESERVED, party=offer.project.organisation.party)
    match.entry = post_entry(
        entity=matching.entity,
        journal=JOURNAL,
        key=f"match:{match.uuid}",
        transfers=[Line(given, reserved, cents)],
        accounting_date=on,
        value_date=on,
        label=f"Abondement, offre {offer.slug}"[:200],
        piece_ref=str(match.uuid),
        piece_date=on,
        source=("match", match.uuid),
        at=at,
    )
    match.save(force_insert=True)
    return match


def _is_inside(matching: MatchingFund, offer: Offer) -> bool:
    code = offer.project.commune_code
    return not matching.departments or any(code.startswith(one) for one in matching.departments)


def _reason(matching: MatchingFund, *, citizen: int, savers: int, cents: int) -> str:
    if savers < matching.needs_minimum:
        return _("%(savers)s épargnants encaissés sur les %(least)s demandés : pas encore d’abondement.") % {
            "savers": savers, "least": matching.needs_minimum,
        }  # fmt: skip
    ratio = format(matching.ratio.normalize(), "f").replace(".", ",")
    asked = citizen * Fraction(matching.ratio)
    words = {
        "ratio": ratio, "citizen": format_cents(citizen), "cents": format_cents(cents),
        "cap": format_cents(to_cents(matching.cap)),
    }  # fmt: skip
    if cents == to_cents(matching.cap) and asked > cents:
        return _("%(ratio)s € par euro citoyen (%(citizen)s encaissés), plafonné à %(cap)s.") % words
    if asked > cents + 1:
        return _("%(ratio)s € par euro citoyen (%(citizen)s encaissés) : la dotation s’arrête à %(cents)s.") % words
    return _("%(ratio)s € par euro citoyen (%(citizen)s encaissés) : %(cents)s.") % words
