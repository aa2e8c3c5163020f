"""The chapter of a tranche that its lenders refuse: weak evidence, a vote against it, and the money that comes back."""

from datetime import date, datetime

from fres.kernel import jobs
from funds.campaigns.tranche_returns import approve_return, prepare_return
from funds.campaigns.tranches import publish_evidence, vote_on_tranche, voters_of
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.region import Region
from funds.models import Tranche, TrancheReturn
from funds.states import TrancheReturnState, TrancheState
from investors.models import Party, User

REFUSED = "la-fournee-commune-fournil-mobile"
WEAK_EVIDENCE = "Le camion est choisi. Une photographie est affichée à la boulangerie ; la facture suivra."
REASON = "Six mois après la première tranche, le camion n’est ni commandé ni payé : le projet se fera sans lui."


def _show_little(region: Region, at: datetime) -> None:
    """The holder publishes what the lenders will not find enough; most of them say so."""
    tranche = _tranche()
    assert tranche is not None
    holder = User.objects.get(email=cast.BAKERY.holder_email)
    tranche = publish_evidence(tranche=tranche, text=WEAK_EVIDENCE, by=holder, at=at)
    for rank, party_id in enumerate(voters_of(tranche.offer)):
        party = Party.objects.select_related("user").get(pk=party_id)
        if party.user is not None:
            vote_on_tranche(tranche=tranche, party=party, is_for=rank % 4 == 0, by=party.user, at=at)


def _prepare(region: Region, at: datetime) -> None:
    tranche = _tranche()
    assert tranche is not None
    jobs.run_pending()  # an instalment received that day is shared first
    prepare_return(tranche=tranche, reason=REASON, by=region.treasurer, at=at)


def _approve(region: Region, at: datetime) -> None:
    jobs.run_pending()
    waiting = TrancheReturn.objects.get(tranche__offer__slug=REFUSED, state=TrancheReturnState.PREPARED)
    approve_return(tranche_return=waiting, by=region.second_treasurer, at=at)


def _tranche() -> Tranche | None:
    return Tranche.objects.filter(offer__slug=REFUSED, rank=2).select_related("offer").first()


def _is_past(*, rounds: int, returns: tuple[str, ...]) -> bool:
    """Whether the second tranche is not where the next act takes it up; so it is where the campaign was not told."""
    tranche = _tranche()
    if tranche is None or tranche.state != TrancheState.WAITING or tranche.round != rounds:
        return True
    return tuple(tranche.returns.values_list("state", flat=True)) != returns


ACTS = (
    Act(date(2026, 2, 9), _show_little, lambda region: _is_past(rounds=0, returns=())),
    Act(date(2026, 3, 2), _prepare, lambda region: _is_past(rounds=1, returns=())),
    Act(date(2026, 3, 9), _approve, lambda region: _is_past(rounds=1, returns=(TrancheReturnState.PREPARED,))),
)
