"""Bad input of issue 4, walked one by one on the pages: each refusal is clear, and nothing changes (must show 6)."""

import tempfile

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from fres.kernel.access import Role
from funds.models import AllocationOrder, AllocationRule, Ballot, Entry, PartnerUpload, Placement, UploadLine
from funds.rounds.counting import count_round
from funds.rounds.ordering import prepare_order, sign_order
from funds.rounds.voting import last_ballots, remove_from_roll
from tests.funds.rounds.scenes import AFTER, CHOICES, DURING, a_round, closed, opened, staff, vote
from tests.funds.sources.scenes import NOW, a_member, a_partner, as_csv, as_file, line, sound
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    sign_in(client, user)
    return client


@pytest.fixture
def bank(clock):
    clock.move_to(NOW)
    partner = a_partner()
    return partner, signed_in(a_member(partner)), reverse("sources:partner", args=[partner.uuid])


def upload(bank, lines):
    _partner, client, url = bank
    return client.post(url, {"file": as_file(as_csv(lines))}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"siren": "123456789"}, "n’est pas un SIREN"),
        ({"montant": "999"}, "Le total dit"),
        ({"commune": "62902"}, "a été partagée entre"),
    ],
)
def test_a_file_with_a_wrong_siren_a_wrong_total_or_a_split_commune_counts_for_nothing(bank, changed, said):
    lines = sound(bank[0])
    lines[0] |= changed
    assert said in upload(bank, lines)
    assert PartnerUpload.objects.get().state == "REFUSED" and not UploadLine.objects.exists()


def test_last_years_code_of_a_merged_commune_is_followed_and_said(bank):
    partner = bank[0]
    lines = [line(partner, "COLLECTE", "10", commune="62901"), line(partner, "TOTAL_COLLECTE", "10")]
    assert "n’existe plus" in upload(bank, lines)
    assert UploadLine.objects.get().commune_code == "62498"


def test_the_same_file_twice_is_told_and_there_once(bank):
    upload(bank, sound(bank[0]))
    assert "rien n’est compté deux fois" in upload(bank, sound(bank[0]))
    assert PartnerUpload.objects.count() == 1 and UploadLine.objects.count() == 2


def test_a_body_of_200_mb_is_refused_before_it_is_read(bank):
    _partner, client, url = bank
    with tempfile.TemporaryFile() as heavy:
        answer = client.generic(
            "POST", url, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="200000000",
            **{"wsgi.input": heavy},
        )  # fmt: skip
    assert answer.status_code == 413 and "100" in answer.content.decode()
    assert not PartnerUpload.objects.exists()


def test_a_rule_that_contradicts_law_is_refused_beside_its_field(clock):
    of, _parties = a_round()
    clock.move_to(NOW)
    client = signed_in(staff(Role.MANAGER))
    data = {
        "code": "part-esus", "scope": "fund", "base": "NAV", "timing": "PRE_TRADE", "severity": "BLOCK", "cure_days": 0,
        "valid_from": NOW.date().isoformat(), "reason": "Aller plus loin.", "p_class": "ESUS", "p_min": "5 %",
        "p_max": "20 %",
    }  # fmt: skip
    answer = client.post(f"{reverse('rules:new')}?genre=SHARE_RANGE", data)
    assert answer.context["form"].errors["p_max"]
    assert not AllocationRule.objects.filter(fund=of.fund).exists()


def test_a_vote_twice_counts_once_a_removed_member_and_a_late_vote_are_refused(clock):
    of, parties = a_round()
    of = opened(of)
    url = reverse("rounds:vote", args=[of.slug])
    clock.move_to(DURING)
    twice, removed = signed_in(parties[0].user), signed_in(parties[1].user)
    for choice in ("P01", "P02"):
        assert twice.post(url, {"choice": [choice]}).status_code == 200
    assert [ballot.choices for ballot in last_ballots(of)] == [["P02"]]
    assert of.roll.exclude(channel="").count() == 1
    entry = of.roll.get(party=parties[1])
    remove_from_roll(entry=entry, reason="A quitté le fonds", by=of.created_by, at=DURING)
    refused = removed.post(url, {"choice": ["P01"]})
    assert refused.status_code == 422 and "A quitté le fonds" in refused.content.decode()
    clock.move_to(AFTER)
    late = twice.post(url, {"choice": ["P03"]})
    assert late.status_code == 422 and "n’est pas ouvert" in late.content.decode()
    assert Ballot.objects.count() == 2


def test_an_order_edited_after_its_signature_is_refused_by_the_database_and_by_the_page(clock):
    of, parties = a_round(units=1_000)
    of = opened(of)
    for party, chosen in zip(parties, CHOICES, strict=True):
        vote(of, party, chosen)
    clock.move_to(AFTER)
    count_round(of=closed(of), at=AFTER)
    order = prepare_order(of=of, by=staff(Role.TREASURER), at=AFTER)
    order = sign_order(order=order, by=staff(Role.MANAGER), at=AFTER)
    before = (Entry.objects.count(), Placement.objects.count())
    lines = [{**line, "amount_cents": line["amount_cents"] + 1} for line in order.lines]
    with pytest.raises(ProgrammingError), transaction.atomic():
        AllocationOrder.objects.filter(pk=order.pk).update(lines=lines)
    client = signed_in(staff(Role.MANAGER))
    url = reverse("rounds:desk_round", args=[of.uuid])
    for act in ({"act": "sign_order"}, {"act": "prepare_order", "codes": ["P01"], "motive": "Changer."}):
        assert client.post(url, act).status_code == 422
    assert (Entry.objects.count(), Placement.objects.count()) == before
