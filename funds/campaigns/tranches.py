"""Tranches: what waits for a milestone stays in an account of its own until the lenders release it on evidence.

On success the first tranche is owed to the holder, the others move to the account of held tranches; a release moves
one back to what the holder is owed, and the usual payout pays it, signed by two people.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock, parameters
from fres.kernel.documents import issue_document
from fres.kernel.errors import BooksBroken
from fres.kernel.models import Document
from fres.kernel.money import CURRENCY, from_cents, split_cents, to_cents
from fres.kernel.states import advance
from fres.kernel.uploads import keep_upload
from funds.campaigns import notices
from funds.campaigns.refusals import CampaignRefused, NotReleased, VoteRefused
from funds.chart import Purpose
from funds.ledger import Line, account_for, first_open_day, post_entry
from funds.locks import lock_offer
from funds.models import Commitment, Offer, OfferFile, Tranche, TrancheDelegate, TrancheVote
from funds.reflection import end_of_day
from funds.states import (
    COUNTED_CLEARED,
    HOLD_TRANCHE,
    KEEP_TRANCHE,
    PAY_TRANCHE,
    PUBLISH_EVIDENCE,
    RELEASE_FIRST,
    RELEASE_TRANCHE,
    TrancheState,
)
from investors.models import Party, User
from investors.selectors import parties_acted_for

JOURNAL = "OF"
VOTE_KEY = "tranche.vote_days"
SETTLED = (TrancheState.RELEASED, TrancheState.PAID, TrancheState.GIVEN_BACK)
EVIDENCE_SERIES, EVIDENCE_KIND = "PREUVE", "milestone_evidence"


@dataclass(frozen=True)
class Count:
    """What a vote adds up to: weights in cents for lenders, in voices for delegates; `silent` is who did not vote."""

    in_favour: int
    against: int
    silent: int

    def is_released(self, silence_rule: str) -> bool:
        """Return whether a majority releases the tranche; nobody's voice never does, when silence abstains."""
        yes = self.in_favour + (self.silent if silence_rule == OfferFile.SilenceRule.AGREES else 0)
        return yes > self.against


def split_tranches(total_cents: int, planned_cents: Sequence[int]) -> list[int]:
    """Return what each tranche gets of what was raised, in proportion to what was planned; nothing is lost.

    Raises: ValueError: nothing was planned, or less was raised than there are tranches.
    """
    if not planned_cents or total_cents < len(planned_cents):
        raise ValueError("a sum is split among tranches that were planned, one cent each at least")
    shares = split_cents(total_cents, dict(enumerate(planned_cents)))
    amounts = [shares[rank] for rank in range(len(planned_cents))]
    for rank, amount in enumerate(amounts):
        if amount == 0:  # a tranche is never empty: its cent comes from the largest
            largest = max(range(len(amounts)), key=lambda place: amounts[place])
            amounts[largest] -= 1
            amounts[rank] = 1
    return amounts


@transaction.atomic
def hold_tranches(*, offer: Offer, net_cents: int, at: datetime) -> None:
    """On success: share what the holder is owed among the tranches, hold all but the first in their own account.

    The caller holds the lock of the offer and has just posted its success. An offer without tranches: nothing.
    """
    tranches = list(offer.tranches.select_for_update().order_by("rank"))
    if not tranches:
        return
    amounts = split_tranches(net_cents, [to_cents(one.planned) for one in tranches])
    for tranche, cents in zip(tranches, amounts, strict=True):
        if tranche.rank == 1:
            advance(tranche, RELEASE_FIRST, by=None, at=at, amount=from_cents(cents), decided_at=at)
        else:
            advance(tranche, HOLD_TRANCHE, by=None, at=at, amount=from_cents(cents))
    held = sum(amounts[1:])
    _move(offer, f"offer:{offer.uuid}:held", from_=Purpose.HOLDER_MONEY, to=Purpose.HELD_TRANCHES, cents=held, at=at)
    _draw_delegates(offer, at=at)


@transaction.atomic
def publish_evidence(
    *, tranche: Tranche, text: str, by: User, at: datetime, file: UploadedFile | None = None
) -> Tranche:
    """Publish the evidence of a milestone and open its vote; every voter is told.

    Args: file: what shows it, inspected, then issued as a document of the offer that anyone may open.
    Raises: CampaignRefused: nothing is said, or an earlier tranche still waits. FileTooHeavy, UploadRefused
        (`fres.kernel.uploads`). TransitionRefused: it does not wait.
    """
    if not text.strip():
        raise CampaignRefused(_("La preuve d’une étape se dit et se montre."), next_step=_("Décrivez-la."))
    offer = lock_offer(offer=tranche.offer)
    tranche = Tranche.objects.select_for_update().get(pk=tranche.pk)
    earlier = offer.tranches.filter(rank__lt=tranche.rank).exclude(state__in=SETTLED)
    if earlier.exists():
        raise CampaignRefused(
            _("Une tranche précédente n’est pas encore libérée."), next_step=_("Publiez d’abord sa preuve.")
        )
    document = None if file is None else _issue_evidence(tranche, file, at=at)
    days = parameters.value_at(VOTE_KEY, clock.local(at).date()).whole
    tranche = advance(
        tranche,
        PUBLISH_EVIDENCE,
        by=by,
        at=at,
        evidence=text.strip()[:4_000],
        evidence_document=document,
        evidence_by=by,
        evidence_at=at,
        vote_ends_at=end_of_day(at, days=days),
        round=tranche.round + 1,
    )
    for user in _voting_users(tranche, at):
        notices.tell_vote(tranche=tranche, reader=user, at=at)
    return tranche


@transaction.atomic
def vote_on_tranche(*, tranche: Tranche, party: Party, is_for: bool, by: User, at: datetime) -> TrancheVote:
    """Give a lender's voice on a release; the last one before the end counts.

    Raises: VoteRefused: no vote runs, this party has no voice, or this person does not act for it.
    """
    tranche = Tranche.objects.select_for_update().select_related("offer").get(pk=tranche.pk)
    if tranche.state != TrancheState.VOTING or tranche.vote_ends_at is None or at > tranche.vote_ends_at:
        raise VoteRefused(
            _("Aucun vote ne court sur cette tranche : son état est « %(state)s ».")
            % {"state": tranche.get_state_display()},
            next_step=_("La page de l’offre dit où en est chaque tranche."),
        )
    if party.pk not in voters_of(tranche.offer):
        raise VoteRefused(
            _("Seuls les prêteurs de ce projet, ou leurs délégués tirés au sort, votent."),
            next_step=_("Le compte des voix paraît sur la page de l’offre à la fin du vote."),
        )
    if not parties_acted_for(by, clock.local(at).date()).filter(pk=party.pk).exists():
        raise VoteRefused(_("Vous n’agissez pas pour ce prêteur."), next_step=_("Votez pour vous-même."))
    return TrancheVote.objects.create(
        tranche=tranche, round=tranche.round, party=party, by=by, is_for=is_for, voted_at=at
    )


@transaction.atomic
def close_vote(*, tranche: Tranche, at: datetime) -> Tranche:
    """Count a vote that is over, and release the tranche or keep it; one already counted is returned as it is.

    Raises: VoteRefused: the vote still runs.
    """
    offer = lock_offer(offer=tranche.offer)
    tranche = Tranche.objects.select_for_update().get(pk=tranche.pk)
    if tranche.state != TrancheState.VOTING:
        return tranche
    if tranche.vote_ends_at is None or at <= tranche.vote_ends_at:
        raise VoteRefused(_("Le vote court encore."), next_step=_("Il est compté à sa fin."))
    if not count_of(tranche).is_released(offer.file.silence_rule):
        return advance(tranche, KEEP_TRANCHE, by=None, at=at)
    tranche = advance(tranche, RELEASE_TRANCHE, by=None, at=at, decided_at=at)
    assert tranche.amount is not None
    _move(
        offer, f"tranche:{tranche.uuid}:released", from_=Purpose.HELD_TRANCHES, to=Purpose.HOLDER_MONEY,
        cents=to_cents(tranche.amount), at=at,
    )  # fmt: skip
    return tranche


def close_votes_due(*, at: datetime) -> tuple[int, int]:
    """Count every vote that is over; return how many tranches were released, how many kept."""
    released = kept = 0
    due = Tranche.objects.filter(state=TrancheState.VOTING, vote_ends_at__lt=at)
    for tranche in due.select_related("offer").order_by("vote_ends_at", "pk"):
        state = close_vote(tranche=tranche, at=at).state
        released += state == TrancheState.RELEASED
        kept += state == TrancheState.WAITING
    return released, kept


def count_of(tranche: Tranche) -> Count:
    """Return what the present round of votes adds up to, each party's last voice alone."""
    return counts_of(tranche.offer, [tranche])[tranche.pk]


def counts_of(offer: Offer, tranches: Sequence[Tranche]) -> dict[int, Count]:
    """Return what the present round of each tranche of an offer adds up to, by key; two queries for all of them."""
    if not tranches:
        return {}
    weights = voters_of(offer)
    last: dict[int, dict[int, bool]] = {tranche.pk: {} for tranche in tranches}
    rounds = {tranche.pk: tranche.round for tranche in tranches}
    votes = TrancheVote.objects.filter(tranche__in=rounds).order_by("pk")
    for tranche_id, number, party_id, is_for in votes.values_list("tranche_id", "round", "party_id", "is_for"):
        if number == rounds[tranche_id]:
            last[tranche_id][party_id] = is_for
    return {
        tranche: Count(
            in_favour=sum(weight for party, weight in weights.items() if voices.get(party) is True),
            against=sum(weight for party, weight in weights.items() if voices.get(party) is False),
            silent=sum(weight for party, weight in weights.items() if party not in voices),
        )
        for tranche, voices in last.items()
    }


def voters_of(offer: Offer) -> dict[int, int]:
    """Return who votes on the releases of an offer: party → weight (cents lent; 1 for a delegate drawn). One query.

    Delegates, where some were drawn, vote for all: whoever was drawn votes, were their loan contested since.
    """
    drawn = TrancheDelegate.objects.filter(offer=offer)
    rows = Commitment.objects.filter(offer=offer).filter(
        Q(state__in=COUNTED_CLEARED) | Q(saver__in=drawn.values("party"))
    )
    rows = rows.annotate(is_drawn=Exists(drawn.filter(party=OuterRef("saver")))).order_by("pk")
    lenders: dict[int, int] = {}
    delegates: dict[int, int] = {}
    for saver, amount, state, is_drawn in rows.values_list("saver", "amount", "state", "is_drawn"):
        if is_drawn:
            delegates[saver] = 1
        elif state in COUNTED_CLEARED:
            lenders[saver] = lenders.get(saver, 0) + to_cents(Money(amount, CURRENCY))
    return delegates or lenders


def current_tranche(offer: Offer) -> Tranche | None:
    """Return the tranche that a payout of an offer pays now: released, not paid; None when none is.

    Raises: NotReleased: the offer has tranches and none is to be paid: a payout waits for a vote.
    """
    if not offer.tranches.exists():
        return None
    tranche = offer.tranches.filter(state=TrancheState.RELEASED).order_by("rank").first()
    if tranche is None:
        raise NotReleased(
            _("Aucune tranche libérée n’attend son versement."),
            next_step=_("Une tranche se verse après la preuve de son étape et le vote des prêteurs."),
        )
    return tranche


def record_tranche_paid(*, tranche: Tranche, at: datetime) -> Tranche:
    """Write that the payout of a tranche was paid. In the caller's transaction, under the lock of the offer."""
    if tranche.state == TrancheState.PAID:
        return tranche
    return advance(tranche, PAY_TRANCHE, by=None, at=at)


def draw(seed: str, keys: Iterable[str], count: int) -> list[str]:
    """Return `count` of the keys, drawn by the SHA-256 of seed and key: anyone can draw again. Pure."""
    return sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).hexdigest())[:count]


def _issue_evidence(tranche: Tranche, file: UploadedFile, *, at: datetime) -> Document:
    kept = keep_upload(file)
    file.seek(0)
    return issue_document(
        series=EVIDENCE_SERIES,
        year=clock.local(at).year,
        kind=EVIDENCE_KIND,
        about=("offer", tranche.offer.uuid),
        owner_party=None,
        title=f"Preuve d’étape : {tranche.milestone}"[:200],
        at=at,
        mime=kept.mime,
        content=file.read(),
    )


def _lenders(offer: Offer) -> dict[int, int]:
    weights: dict[int, int] = {}
    rows = Commitment.objects.filter(offer=offer, state__in=COUNTED_CLEARED).order_by("pk")
    for commitment in rows.only("saver_id", "amount", "amount_currency"):
        weights[commitment.saver_id] = weights.get(commitment.saver_id, 0) + to_cents(commitment.amount)
    return weights


def _draw_delegates(offer: Offer, *, at: datetime) -> None:
    count = offer.file.delegates
    if not count:
        return
    numbers = dict(Party.objects.filter(pk__in=_lenders(offer)).values_list("number", "pk"))
    # What nobody could choose beforehand, and everybody can read: the offer, and the moment of its decision.
    seed = hashlib.sha256(f"{offer.uuid}:{at.isoformat()}".encode()).hexdigest()
    TrancheDelegate.objects.bulk_create(
        TrancheDelegate(offer=offer, party_id=numbers[number], rank=rank, seed=seed, drawn_at=at)
        for rank, number in enumerate(draw(seed, numbers, count), start=1)
    )


def _voting_users(tranche: Tranche, at: datetime) -> list[User]:
    return list(User.objects.filter(party__in=voters_of(tranche.offer)).order_by("pk"))


def _move(offer: Offer, key: str, *, from_: Purpose, to: Purpose, cents: int, at: datetime) -> None:
    if cents <= 0:
        raise BooksBroken(f"{key} would move {cents} cents")
    owner, on = offer.project.organisation.party, clock.local(at).date()
    post_entry(
        entity=offer.books,
        journal=JOURNAL,
        key=key,
        transfers=[
            Line(
                debit=account_for(offer.books, from_, party=owner, offer=offer),
                credit=account_for(offer.books, to, party=owner, offer=offer),
                amount_cents=cents,
            )
        ],
        accounting_date=first_open_day(offer.books, on),
        value_date=on,
        label=f"Tranches du porteur {owner.number}",
        piece_ref=str(offer.uuid),
        piece_date=on,
        source=("offer", offer.uuid),
        at=at,
    )
