"""One order for every lock (ruling B4): saver, project owner, offer; then commitments, then payments.

Whoever counts before writing (room, a cap, a ceiling) takes these first, so that two people never count the same euro.
The locks are the weaker kind (`FOR NO KEY UPDATE`): they exclude each other, and let a row that merely names a party
or an offer be written meanwhile. With the stronger kind, an entry that names a saver while an offer is being decided
would wait for that saver's own request, which waits for the offer.
"""

from funds.models import Offer
from investors.models import Party


def lock_for_commitment(*, offer: Offer, saver: Party) -> tuple[Offer, Party]:
    """Lock a saver, the owner of an offer's project and the offer, in that order; return offer and saver, fresh.

    Raises: TransactionManagementError: no transaction is open.
    """
    fresh_saver = lock_party(saver.pk)
    fresh_offer = lock_offer(offer=offer)
    return fresh_offer, fresh_saver


def lock_party(pk: int) -> Party:
    return Party.objects.select_for_update(no_key=True).get(pk=pk)


def lock_offer(*, offer: Offer) -> Offer:
    """Lock the owner of an offer's project, then the offer; return it fresh, its project and books loaded."""
    owner_id = Offer.objects.values_list("project__organisation__party_id", flat=True).get(pk=offer.pk)
    lock_party(owner_id)
    return (
        Offer.objects.select_for_update(of=("self",), no_key=True)
        .select_related("project__organisation__party", "fund", "books", "award")
        .get(pk=offer.pk)
    )
