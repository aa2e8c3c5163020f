"""What is already engaged around one saver and one offer: one question to the database, read under the locks.

In SQL, because every commitment waits for it while it holds the locks: what only a loan, or only a gift, needs to know
is asked of that lane alone.
"""

from datetime import date, datetime, time
from typing import Any

from django.db import connection

from fres.kernel import clock
from funds.commitment_rules import Standing
from funds.limits import Limits, months_before
from funds.models import Offer
from funds.states import COUNTED_CLEARED, LIVE, RESERVING
from investors.models import Party, User
from investors.protection.selectors import RETAIL
from projects.states import IN_FORCE

LENDING_MONTHS = 12  # the period of a saver's own ceiling

_OF_A_GIFT = """
    (SELECT coalesce(sum(commitment.amount), 0) * 100 FROM funds_commitment commitment
        JOIN funds_offer other ON other.id = commitment.offer_id
        WHERE commitment.saver_id = %(saver)s AND commitment.state = ANY(%(live)s)
            AND other.lane = 'GIFT' AND other.project_id = offer.project_id) AS gifts_to_project,
    0 AS lent, NULL AS ceiling, 0 AS owner_raised, '' AS sheet_to_open,
    '' AS saver_class, '' AS entry, false AS is_warned, NULL AS simulated, false AS has_simulation
"""
_OF_A_LOAN = """
    0 AS gifts_to_project,
    (SELECT coalesce(sum(commitment.amount), 0) * 100 FROM funds_commitment commitment
        JOIN funds_offer other ON other.id = commitment.offer_id
        WHERE commitment.saver_id = %(saver)s AND commitment.state = ANY(%(live)s)
            AND other.lane = 'PROJECT' AND commitment.committed_at >= %(lent_since)s) AS lent,
    (SELECT ceiling.amount * 100 FROM funds_saverceiling ceiling
        WHERE ceiling.saver_id = %(saver)s AND ceiling.acts_from <= %(at)s ORDER BY ceiling.id DESC LIMIT 1) AS ceiling,
    (SELECT coalesce(sum(commitment.amount), 0) * 100 FROM funds_offer other
        JOIN projects_project project ON project.id = other.project_id
        JOIN projects_organisation owning ON owning.id = project.organisation_id
        JOIN funds_commitment commitment ON commitment.offer_id = other.id
        WHERE owning.party_id = organisation.party_id AND other.lane = 'PROJECT'
            AND other.opens_at >= %(owner_since)s AND commitment.state = ANY(%(live)s)) AS owner_raised,
    coalesce((SELECT document.number FROM funds_ficiversion sheet
        JOIN kernel_document document ON document.id = sheet.document_id
        WHERE sheet.offer_id = offer.id
            AND sheet.number = (SELECT max(number) FROM funds_ficiversion WHERE offer_id = offer.id)
            AND NOT EXISTS (SELECT FROM funds_ficireading reading
                WHERE reading.version_id = sheet.id AND reading.user_id = ANY(%(users)s))), '') AS sheet_to_open,
    coalesce((SELECT held.wanted FROM investors_classification held WHERE held.party_id = %(saver)s
        AND held.state = 'GRANTED' AND held.expires_on > %(on)s), '') AS saver_class,
    coalesce(entry.outcome, '') AS entry, coalesce(entry.is_warned, false) AS is_warned,
    simulation.result * 100 AS simulated, simulation.id IS NOT NULL AS has_simulation
"""
_PROTECTION = """
LEFT JOIN LATERAL (
    SELECT taken.outcome, EXISTS (SELECT FROM investors_warningacknowledgement read
        WHERE read.assessment_id = taken.id) AS is_warned
    FROM (SELECT * FROM investors_entryassessment WHERE party_id = %(saver)s ORDER BY id DESC LIMIT 1) taken
    WHERE taken.expires_on > %(on)s
) entry ON true
LEFT JOIN LATERAL (
    SELECT made.id, made.result
    FROM (SELECT * FROM investors_losssimulation WHERE party_id = %(saver)s ORDER BY id DESC LIMIT 1) made
    WHERE made.expires_on > %(on)s
) simulation ON true
"""
_QUERY = """
SELECT of_offer.reserved, of_offer.cleared, of_offer.mine, places.proposed, places.is_waited_for,
    places.own_id, places.own_proposed, {lane},
    organisation.party_id = %(saver)s AS is_owner,
    EXISTS (SELECT FROM projects_membership member WHERE member.organisation_id = organisation.id
        AND member.user_id = ANY(%(users)s) AND member.is_legal_representative
        AND (member.left_on IS NULL OR member.left_on > %(on)s)) AS is_signatory,
    EXISTS (SELECT FROM funds_legalentity entity
        WHERE entity.party_id = %(saver)s AND entity.role = 'OPERATOR') AS is_operator,
    coalesce((SELECT residence.country FROM investors_taxresidence residence WHERE residence.party_id = %(saver)s
        AND residence.valid_from <= %(on)s AND (residence.valid_to IS NULL OR residence.valid_to > %(on)s)
        ORDER BY residence.valid_from DESC LIMIT 1), '') AS country,
    EXISTS (SELECT FROM investors_representation acting WHERE acting.party_id = %(saver)s AND acting.user_id = %(by)s
        AND acting.role = 'guardian' AND acting.valid_from <= %(on)s
        AND (acting.valid_to IS NULL OR acting.valid_to > %(on)s)) AS is_by_guardian,
    EXISTS (SELECT FROM projects_award award JOIN funds_fund fund ON fund.id = offer.fund_id
        WHERE award.id = offer.award_id AND award.state = ANY(%(in_force)s) AND award.valid_from <= %(on)s
        AND (award.valid_to IS NULL OR award.valid_to >= %(on)s)
        AND fund.accepted_labels @> to_jsonb(award.label || '@' || award.label_version)) AS has_label
FROM funds_offer offer
JOIN projects_project project ON project.id = offer.project_id
JOIN projects_organisation organisation ON organisation.id = project.organisation_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(commitment.amount) FILTER (WHERE commitment.state = ANY(%(reserving)s)), 0) * 100 AS reserved,
        coalesce(sum(commitment.amount) FILTER (WHERE commitment.state = ANY(%(cleared)s)), 0) * 100 AS cleared,
        coalesce(sum(commitment.amount) FILTER (WHERE commitment.saver_id = %(saver)s), 0) * 100 AS mine
    FROM funds_commitment commitment WHERE commitment.offer_id = offer.id AND commitment.state = ANY(%(live)s)
) of_offer
CROSS JOIN LATERAL (
    SELECT coalesce(sum(place.proposed_amount) FILTER (
            WHERE place.state = 'PROPOSED' AND place.saver_id <> %(saver)s), 0) * 100 AS proposed,
        coalesce(bool_or(place.state = 'WAITING' AND place.saver_id <> %(saver)s), false) AS is_waited_for,
        max(place.id) FILTER (WHERE {own}) AS own_id,
        coalesce(sum(place.proposed_amount) FILTER (WHERE {own}), 0) * 100 AS own_proposed
    FROM funds_waitingplace place WHERE place.offer_id = offer.id AND place.state IN ('WAITING', 'PROPOSED')
) places
{protection}
WHERE offer.id = %(offer)s
"""
_OWN = "place.state = 'PROPOSED' AND place.saver_id = %(saver)s AND place.proposed_until >= %(at)s"
_QUERIES = {
    Offer.Lane.GIFT: _QUERY.format(lane=_OF_A_GIFT, own=_OWN, protection=""),
    Offer.Lane.PROJECT: _QUERY.format(lane=_OF_A_LOAN, own=_OWN, protection=_PROTECTION),
}


def standing_of(*, offer: Offer, saver: Party, by: User, limits: Limits, at: datetime) -> Standing:
    """Return what is engaged around a saver and an offer. Args: at: aware."""
    on = clock.local(at).date()
    values: dict[str, Any] = {
        "offer": offer.pk,
        "saver": saver.pk,
        "by": by.pk,
        "owner_since": _start_of(months_before(clock.local(offer.opens_at).date(), limits.owner_cap_months)),
        "lent_since": _start_of(months_before(on, LENDING_MONTHS)),
        "users": [pk for pk in (saver.user_id, by.pk) if pk is not None],
        "at": at,
        "on": on,
        "in_force": sorted(IN_FORCE),
        "reserving": sorted(RESERVING),
        "cleared": sorted(COUNTED_CLEARED),
        "live": sorted(LIVE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[Offer.Lane(offer.lane)], values)
        row = cursor.fetchone()
    return Standing(
        reserved=int(row[0]),
        cleared=int(row[1]),
        mine=int(row[2]),
        proposed=int(row[3]),
        is_waited_for=row[4],
        place_id=row[5],
        proposed_to_saver=int(row[6]),
        gifts_to_project=int(row[7]),
        lent=int(row[8]),
        ceiling=None if row[9] is None else int(row[9]),
        owner_raised=int(row[10]),
        sheet_to_open=row[11],
        saver_class=row[12] or RETAIL,
        entry=row[13],
        is_warned=row[14],
        simulated=None if row[15] is None else int(row[15]),
        has_simulation=row[16],
        is_owner=row[17],
        is_signatory=row[18],
        is_operator=row[19],
        country=row[20],
        is_by_guardian=row[21],
        has_label=row[22],
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.PARIS)
