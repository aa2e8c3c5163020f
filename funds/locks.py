"""One order for every lock (ruling B4): saver and project owner, then the offer; then commitments, then payments.

Whoever counts before writing (room, a cap, a ceiling) takes these first, so that two people never count the same euro.

The two parties are locked together, in the order of their keys: when two organisations lend to each other's project,
each is the saver of one commitment and the owner of the other, and "saver first" would have each wait for the other
(a test holds this).

The locks are the weaker kind (`FOR NO KEY UPDATE`): they exclude each other, and let a row that merely names a party
or an offer be written meanwhile. With the stronger kind, an entry that names a saver while an offer is being decided
would wait for that saver's own request, which waits for the offer.
"""

from django.db import transaction

from funds.models import Fund, Offer
from investors.models import Party

_OWNER = """(
    SELECT organisation.party_id FROM funds_offer offer
    JOIN projects_project project ON project.id = offer.project_id
    JOIN projects_organisation organisation ON organisation.id = project.organisation_id
    WHERE offer.id = %s
)"""
_SAVER_AND_OWNER = f"%s, {_OWNER}"


def lock_for_commitment(*, offer: Offer, saver: Party) -> tuple[Offer, Party]:
    """Lock a saver and the owner of an offer's project, then the offer; return offer and saver, fresh.

    Raises: TransactionManagementError: no transaction is open.
    """
    locked = _lock_parties(_SAVER_AND_OWNER, [saver.pk, offer.pk])
    rows = Offer.objects.raw("SELECT offer.* FROM funds_offer offer WHERE offer.id = %s FOR NO KEY UPDATE", [offer.pk])
    return rows[0], locked[saver.pk]


def lock_offer(*, offer: Offer) -> Offer:
    """Lock the owner of an offer's project, then the offer; return it fresh, its project and books loaded."""
    _lock_parties(_OWNER, [offer.pk])
    related = ("project__organisation__party", "fund", "books", "award")
    return Offer.objects.select_for_update(of=("self",), no_key=True).select_related(*related).get(pk=offer.pk)


def lock_party(pk: int) -> Party:
    """Lock one party, where no offer is concerned."""
    return Party.objects.select_for_update(no_key=True).get(pk=pk)


def _lock_parties(which: str, values: list[int]) -> dict[int, Party]:
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a lock that lasts until the end of a transaction needs one")
    # PostgreSQL sorts, then locks, row after row.
    rows = Party.objects.raw(
        f"SELECT party.* FROM investors_party party WHERE party.id = ANY(ARRAY[{which}]) ORDER BY party.id "
        "FOR NO KEY UPDATE OF party",
        values,
    )
    return {row.pk: row for row in rows}


def lock_fund(fund: Fund) -> Fund:
    """Lock a fund, for whoever writes its rules: two versions are never compared with the same past."""
    return Fund.objects.select_for_update(no_key=True).get(pk=fund.pk)
