"""What is already engaged around one saver and one offer: one question to the database, read under the locks."""

from datetime import date, datetime, time
from typing import Any

from django.db import connection

from fres.kernel import clock
from funds.commitment_rules import Standing
from funds.limits import Limits, months_before
from funds.models import Offer
from funds.states import COUNTED_CLEARED, LIVE, RESERVING
from investors.models import Party, User

LENDING_MONTHS = 12  # the period of a saver's own ceiling

_QUERY = """
SELECT of_offer.reserved, of_offer.cleared, of_offer.mine,
    (SELECT coalesce(sum(place.proposed_amount), 0)::numeric * 100 FROM funds_waitingplace place
        WHERE place.offer_id = %(offer)s AND place.state = 'PROPOSED' AND place.saver_id <> %(saver)s),
    EXISTS (SELECT FROM funds_waitingplace place
        WHERE place.offer_id = %(offer)s AND place.state = 'WAITING' AND place.saver_id <> %(saver)s),
    of_saver.gifts_to_project, of_saver.lent, own_place.id, coalesce(own_place.proposed_amount, 0) * 100,
    (SELECT ceiling.amount * 100 FROM funds_saverceiling ceiling
        WHERE ceiling.saver_id = %(saver)s AND ceiling.acts_from <= %(at)s ORDER BY ceiling.id DESC LIMIT 1),
    (SELECT coalesce(sum(commitment.amount), 0) * 100 FROM funds_commitment commitment
        JOIN funds_offer offer ON offer.id = commitment.offer_id
        JOIN projects_project project ON project.id = offer.project_id
        JOIN projects_organisation organisation ON organisation.id = project.organisation_id
        WHERE organisation.party_id = %(owner)s AND offer.lane = 'PROJECT' AND offer.opens_at >= %(owner_since)s
            AND commitment.state = ANY(%(live)s)),
    EXISTS (SELECT FROM projects_membership member WHERE member.organisation_id = %(organisation)s
        AND member.user_id = ANY(%(users)s) AND member.is_legal_representative
        AND (member.left_on IS NULL OR member.left_on > %(on)s)),
    EXISTS (SELECT FROM funds_legalentity entity WHERE entity.party_id = %(saver)s AND entity.role = 'OPERATOR'),
    (SELECT residence.country FROM investors_taxresidence residence WHERE residence.party_id = %(saver)s
        AND residence.valid_from <= %(on)s AND (residence.valid_to IS NULL OR residence.valid_to > %(on)s)
        ORDER BY residence.valid_from DESC LIMIT 1)
FROM (
    SELECT coalesce(sum(commitment.amount) FILTER (WHERE commitment.state = ANY(%(reserving)s)), 0) * 100 AS reserved,
        coalesce(sum(commitment.amount) FILTER (WHERE commitment.state = ANY(%(cleared)s)), 0) * 100 AS cleared,
        coalesce(sum(commitment.amount) FILTER (
            WHERE commitment.saver_id = %(saver)s AND commitment.state = ANY(%(live)s)), 0) * 100 AS mine
    FROM funds_commitment commitment WHERE commitment.offer_id = %(offer)s
) of_offer, (
    SELECT coalesce(sum(commitment.amount) FILTER (
            WHERE offer.lane = 'GIFT' AND offer.project_id = %(project)s), 0) * 100 AS gifts_to_project,
        coalesce(sum(commitment.amount) FILTER (
            WHERE offer.lane = 'PROJECT' AND commitment.committed_at >= %(lent_since)s), 0) * 100 AS lent
    FROM funds_commitment commitment JOIN funds_offer offer ON offer.id = commitment.offer_id
    WHERE commitment.saver_id = %(saver)s AND commitment.state = ANY(%(live)s)
) of_saver LEFT JOIN funds_waitingplace own_place ON own_place.offer_id = %(offer)s AND own_place.saver_id = %(saver)s
    AND own_place.state = 'PROPOSED' AND own_place.proposed_until >= %(at)s
"""


def standing_of(*, offer: Offer, saver: Party, by: User, limits: Limits, at: datetime) -> tuple[Standing, str]:
    """Return what is engaged around a saver and an offer, and the saver's country of tax residence ("" when unknown).

    Args: offer: its project and organisation loaded. at: aware.
    """
    on = clock.local(at).date()
    values: dict[str, Any] = {
        "offer": offer.pk,
        "saver": saver.pk,
        "project": offer.project_id,
        "organisation": offer.project.organisation_id,
        "owner": offer.project.organisation.party_id,
        "owner_since": _start_of(months_before(clock.local(offer.opens_at).date(), limits.owner_cap_months)),
        "lent_since": _start_of(months_before(on, LENDING_MONTHS)),
        "users": [pk for pk in (saver.user_id, by.pk) if pk is not None],
        "at": at,
        "on": on,
        "reserving": sorted(RESERVING),
        "cleared": sorted(COUNTED_CLEARED),
        "live": sorted(LIVE),
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, values)
        row = cursor.fetchone()
    standing = Standing(
        reserved=int(row[0]),
        cleared=int(row[1]),
        mine=int(row[2]),
        proposed=int(row[3]),
        is_waited_for=row[4],
        gifts_to_project=int(row[5]),
        lent=int(row[6]),
        place_id=row[7],
        proposed_to_saver=int(row[8]),
        ceiling=None if row[9] is None else int(row[9]),
        owner_raised=int(row[10]),
        is_signatory=row[11],
        is_operator=row[12],
        has_residence=row[13] is not None,
    )
    return standing, row[13] or ""


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.PARIS)
