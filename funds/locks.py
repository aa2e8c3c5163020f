"""One order for every lock (ruling B4): saver and project owner, then the offer; then commitments, then payments.

Whoever counts before writing (room, a cap, a ceiling) takes these first, so that two people never count the same euro.

The two parties are locked together, in the order of their keys: when two organisations lend to each other's project,
each is the saver of one commitment and the owner of the other, and "saver first" would have each wait for the other
(a test holds this).

The locks are the weaker kind (`FOR NO KEY UPDATE`): they exclude each other, and let a row that merely names a party
or an offer be written meanwhile. With the stronger kind, an entry that names a saver while an offer is being decided
would wait for that saver's own request, which waits for the offer.
"""

from funds.models import Offer
from investors.models import Party


def lock_for_commitment(*, offer: Offer, saver: Party) -> tuple[Offer, Party]:
    """Lock a saver and the owner of an offer's project, then the offer; return offer and saver, fresh.

    Raises: TransactionManagementError: no transaction is open.
    """
    locked = _lock_parties(saver.pk, _owner_pk(offer))
    return _lock_offer(offer), locked[saver.pk]


def lock_offer(*, offer: Offer) -> Offer:
    """Lock the owner of an offer's project, then the offer; return it fresh, its project and books loaded."""
    _lock_parties(_owner_pk(offer))
    return _lock_offer(offer)


def lock_party(pk: int) -> Party:
    """Lock one party, where no offer is concerned."""
    return _lock_parties(pk)[pk]


def _owner_pk(offer: Offer) -> int:
    return Offer.objects.values_list("project__organisation__party_id", flat=True).get(pk=offer.pk)


def _lock_parties(*keys: int) -> dict[int, Party]:
    rows = Party.objects.select_for_update(no_key=True).filter(pk__in=set(keys)).order_by("pk")
    return {row.pk: row for row in rows}


def _lock_offer(offer: Offer) -> Offer:
    return (
        Offer.objects.select_for_update(of=("self",), no_key=True)
        .select_related("project__organisation__party", "fund", "books", "award")
        .get(pk=offer.pk)
    )
