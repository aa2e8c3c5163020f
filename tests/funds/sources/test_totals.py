"""The region's total: a partner's fund that invests in the pool appears once; pages show it and open onto the lines."""

import pytest
from django.urls import reverse

from fres.kernel import clock as kernel_clock
from fres.kernel.money import format_cents
from funds.models import Channel, Partner
from funds.sources.channels import ChannelRefused, close_channel, open_channel
from funds.sources.states import UploadState
from funds.sources.totals import places_of, public_places, totals_of
from funds.sources.uploading import receive_upload
from tests.funds.factories import FundFactory
from tests.funds.sources.scenes import (
    NOW,
    PASSBOOK,
    POT,
    a_member,
    a_partner,
    as_csv,
    as_file,
    line,
    sound,
)
from tests.investors.factories import UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db
TODAY = kernel_clock.local(NOW).date()


def send(partner, lines):
    return receive_upload(partner=partner, file=as_file(as_csv(lines)), by=UserFactory(), at=NOW)[0]


def collected(partner, amount, channel, **values):
    return [
        line(partner, "COLLECTE", amount, canal=channel.value, **values),
        line(partner, "TOTAL_COLLECTE", amount),
    ]


def a_region():
    """A passbook bank; a fund that placed 400 € of its 1 000 € in the pool, which holds 900 €."""
    fund = FundFactory(region_code="32")
    bank = a_partner(fund=fund, rank=7201)
    club = a_partner(fund=fund, rank=7202, kind=Partner.Kind.CLUB, signs=False)
    pool = a_partner(fund=fund, rank=7203, kind=Partner.Kind.CARRIER, channels=(POT,), signs=False)
    send(bank, collected(bank, "50", PASSBOOK))
    placed = line(club, "PLACEMENT", "400", siren_destinataire=pool.siren, canal_destinataire=POT.value)
    people = line(club, "EPARGNANTS", "80,50", nombre="12")
    assert send(
        club, [*collected(club, "1000", PASSBOOK), placed, line(club, "TOTAL_PLACEMENT", "400"), people]
    ).state == UploadState.ACCEPTED  # fmt: skip
    return fund, bank, club, pool


def test_a_partners_fund_that_invests_in_the_pool_appears_once(django_assert_num_queries):
    fund, _bank, club, pool = a_region()
    before = totals_of(fund, TODAY)
    assert (before.total_cents, len(before.silent), before.unseen) == (105_000, 1, [f"Livret solidaire – {club.name}"])
    send(pool, collected(pool, "900", POT))
    with django_assert_num_queries(3):
        found = totals_of(fund, TODAY)
    assert (found.gross_cents, found.total_cents, found.twice_cents) == (195_000, 155_000, 40_000)
    assert [(one.origin, one.end, one.cents) for one in found.passages] == [
        (f"Livret solidaire – {club.name}", f"Pot commun du fonds – {pool.name}", 40_000)
    ]
    assert {one.median_cents for one in found.sources} == {None, 8_050}


def test_declarations_that_disagree_print_no_total_but_every_source(client):
    fund, _bank, _club, pool = a_region()
    send(pool, collected(pool, "399", POT))
    found = totals_of(fund, TODAY)
    assert found.total_cents is None and found.refusal is not None and pool.name in found.refusal.message
    page = client.get(reverse("sources:public")).content.decode()
    assert "deux déclarations se contredisent" in page and format_cents(39_900) in page


def test_a_closed_channel_counts_no_more_and_opens_once():
    fund, bank, _club, _pool = a_region()
    channel = Channel.objects.get(partner=bank)
    with pytest.raises(ChannelRefused):
        open_channel(partner=bank, instrument=PASSBOOK, mode="CROSSED", territory_code="32", by=UserFactory(), at=NOW)
    close_channel(channel=channel, at=NOW)
    assert totals_of(fund, TODAY).gross_cents == 100_000
    with pytest.raises(ChannelRefused):
        open_channel(partner=bank, instrument=POT, mode="CROSSED", territory_code="99", by=UserFactory(), at=NOW)


def test_a_territory_shows_collection_beside_lending_and_few_savers_are_not_published():
    partner = a_partner()
    upload = send(partner, sound(partner))
    rows = {row.code: row for row in places_of(upload, "COMMUNE")}
    assert (rows["62498"].collection_cents, rows["59350"].lending_cents) == (100_050, 30_000)
    assert rows["62498"].ratio_bp == 0 and rows["59350"].ratio_bp is None
    assert rows["59350"].by_class == {"TPE": [0, 30_000]}
    few = send(partner, collected(partner, "10", PASSBOOK, nombre="10"))
    assert public_places(few, PASSBOOK, TODAY) == ([], None)


def test_a_partner_sends_a_file_reads_its_errors_and_sees_no_other_partner(client):
    partner, other = a_partner(), a_partner(rank=7301)
    sign_in(client, a_member(partner))
    page = reverse("sources:partner", kwargs={"uuid": partner.uuid})
    bad = as_csv([line(partner, "COLLECTE", "1 000")])
    answer = client.post(page, {"file": as_file(bad)}, follow=True)
    words = answer.content.decode()
    assert '<td class="num">2</td><td>montant</td>' in words and "rien n’est compté" in words
    answer = client.post(page, {"file": as_file(as_csv(sound(partner)))}, follow=True)
    assert "Accepté" in answer.content.decode()
    answer = client.post(page, {"file": as_file(as_csv(sound(partner)))}, follow=True)
    assert "déjà été déposé" in answer.content.decode()
    upload = partner.uploads.get(state=UploadState.ACCEPTED)
    assert client.get(reverse("sources:places", kwargs={"uuid": upload.uuid})).status_code == 200
    assert client.get(reverse("sources:partner", kwargs={"uuid": other.uuid})).status_code == 404


def test_two_hundred_megabytes_are_refused_before_the_body_is_read(client):
    partner = a_partner()
    sign_in(client, a_member(partner))

    class Unread:
        """A body that may not be read."""

        def read(self, *_size):
            raise AssertionError("the body was read")

        readline = read

    page = reverse("sources:partner", kwargs={"uuid": partner.uuid})
    environ = {"CONTENT_LENGTH": "200000000", "wsgi.input": Unread()}
    answer = client.generic("POST", page, b"", content_type="text/csv", **environ)
    assert answer.status_code == 413
    assert not partner.uploads.exists()
