"""The partners' API (ruling C10): same files and same refusals as the page, for one partner, by a key that can end."""

import json
import tempfile
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from fres.kernel.access import Role
from funds.models import PartnerKey, PartnerUpload, UploadLine
from funds.sources import uploading
from funds.sources.keys import KeyRefused, make_key, recognise, revoke_key
from funds.sources.uploading import receive_upload
from tests.funds.rounds.scenes import staff
from tests.funds.sources.scenes import NOW, a_member, a_partner, as_csv, as_file, line, sound
from tests.investors.factories import UserFactory
from tests.investors.sessions import sign_in

pytestmark = pytest.mark.django_db
UPLOAD, READ = PartnerKey.Scope.UPLOAD, PartnerKey.Scope.READ


@pytest.fixture(autouse=True)
def fresh(clock):
    clock.move_to(NOW)
    cache.clear()


def a_key(partner, scopes=(UPLOAD, READ), name="Entrepôt de données"):
    return make_key(partner=partner, name=name, scopes=scopes, by=a_member(partner), at=NOW)


def caller(secret):
    return Client(headers={"authorization": f"Bearer {secret}"})


def send(client, content, name="declaration.csv"):
    return client.post(reverse("partner_api:uploads"), {"fichier": as_file(content, name)})


def test_a_program_says_who_it_is_sends_a_file_and_reads_it_and_its_totals():
    partner = a_partner()
    key, secret = a_key(partner)
    client = caller(secret)
    me = client.get(reverse("partner_api:me")).json()
    assert (me["siren"], me["droits"], me["cle"]) == (partner.siren, ["READ", "UPLOAD"], key.prefix)
    assert [one["code"] for one in me["canaux"]] == ["LIVRET_SOLIDAIRE"]
    sent = send(client, as_csv(sound(partner)))
    assert sent.status_code == 201 and sent.json()["etat"] == "ACCEPTED"
    upload = PartnerUpload.objects.get()
    assert (upload.key, upload.by) == (key, key.created_by)
    read = client.get(reverse("partner_api:upload", args=[upload.uuid])).json()
    assert (read["empreinte"], read["lignes"], read["erreurs"]) == (upload.sha256, 2, [])
    assert client.get(reverse("partner_api:uploads")).json()["total"] == 1
    totals = client.get(reverse("partner_api:totals"), {"periode": "2026-T3"}).json()["totaux"]
    assert totals[0] == {
        "canal": "LIVRET_SOLIDAIRE", "nature": "COLLECTE", "montant_centimes": 100_050, "nombre": 12,
    }  # fmt: skip


def test_the_same_file_twice_by_program_or_by_page_is_there_once():
    partner = a_partner()
    client = caller(a_key(partner)[1])
    content = as_csv(sound(partner))
    first, second = send(client, content), send(client, content, "autre-nom.csv")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["uuid"] == second.json()["uuid"]
    _upload, is_new = receive_upload(partner=partner, file=as_file(content), by=UserFactory(), at=NOW)
    assert not is_new and PartnerUpload.objects.count() == 1


def test_a_refused_file_says_each_line_column_and_reason_in_french_and_nothing_is_counted():
    partner = a_partner()
    client = caller(a_key(partner)[1])
    lines = [
        line(partner, "COLLECTE", "1 000", siren="123456789"),
        line(partner, "CREDIT", "300", commune="62902"),
        line(partner, "TOTAL_COLLECTE", "5"),
        line(partner, "TOTAL_CREDIT", "301"),
    ]
    answer = send(client, as_csv(lines))
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["title"] == "Le fichier est refusé : rien n’en est compté.".replace(" :", "\u00a0:")
    found = {(one["ligne"], one["colonne"]) for one in told["errors"]}
    assert {(2, "siren"), (2, "montant"), (3, "commune"), (5, "montant")} <= found
    assert all(one["raison"] for one in told["errors"])
    assert not UploadLine.objects.exists()
    assert client.get(reverse("partner_api:totals"), {"periode": "2026-T3"}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic abc", "Bearer fres_00000000_x"])
def test_a_wrong_key_opens_nothing(header):
    partner = a_partner()
    client = Client(headers={"authorization": header})
    for name in ("me", "uploads"):
        answer = client.get(reverse(f"partner_api:{name}"))
        assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Bearer"
        assert answer["Content-Type"] == "application/problem+json"
    assert send(client, as_csv(sound(partner))).status_code == 401
    assert not PartnerUpload.objects.exists()


def test_a_revoked_key_and_an_expired_one_open_nothing(clock):
    partner = a_partner()
    key, secret = a_key(partner)
    _other, lasting = a_key(partner)
    assert caller(secret).get(reverse("partner_api:me")).status_code == 200
    revoke_key(key=key, by=key.created_by, at=NOW)
    assert caller(secret).get(reverse("partner_api:me")).status_code == 401
    clock.move_to(NOW + timedelta(days=365, minutes=1))
    assert caller(lasting).get(reverse("partner_api:me")).status_code == 401
    with pytest.raises(KeyRefused, match="déjà révoquée"):
        revoke_key(key=key, by=key.created_by, at=NOW)


def test_a_key_does_only_what_it_may():
    partner = a_partner()
    reads, sends = caller(a_key(partner, (READ,))[1]), caller(a_key(partner, (UPLOAD,))[1])
    refused = send(reads, as_csv(sound(partner)))
    assert refused.status_code == 403 and refused.json()["rule"] == "partner-key-scope"
    assert send(sends, as_csv(sound(partner))).status_code == 201
    assert sends.get(reverse("partner_api:uploads")).status_code == 403


def test_what_belongs_to_another_partner_does_not_exist():
    mine, other = a_partner(), a_partner(rank=7002)
    theirs, _new = receive_upload(partner=other, file=as_file(as_csv(sound(other))), by=UserFactory(), at=NOW)
    client = caller(a_key(mine)[1])
    assert client.get(reverse("partner_api:upload", args=[theirs.uuid])).status_code == 404
    assert client.get(reverse("partner_api:uploads")).json()["total"] == 0
    assert client.get(reverse("partner_api:totals"), {"periode": "2026-T3"}).status_code == 404
    refused = send(client, as_csv(sound(other)))
    assert refused.status_code == 422 and refused.json()["errors"][0]["colonne"] == "siren"


def test_a_body_of_200_mb_is_refused_before_it_is_read():
    client = caller(a_key(a_partner())[1])
    with tempfile.TemporaryFile() as heavy:
        answer = client.generic(
            "POST", reverse("partner_api:uploads"), b"", content_type="multipart/form-data; boundary=x",
            CONTENT_LENGTH="200000000", **{"wsgi.input": heavy},
        )  # fmt: skip
    assert answer.status_code == 413 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["rule"] == "upload-size" and not PartnerUpload.objects.exists()


def test_a_file_above_the_limit_is_refused_with_the_same_rule(monkeypatch):
    partner = a_partner()
    client = caller(a_key(partner)[1])

    class Limit:
        megabytes, file_bytes = 0, 10

    monkeypatch.setattr(uploading, "limit_for", lambda path: Limit)
    answer = send(client, as_csv(sound(partner)))
    assert answer.status_code == 413 and answer.json()["rule"] == "upload-size"


def test_without_a_file_or_with_a_wrong_page_the_field_is_named():
    client = caller(a_key(a_partner())[1])
    assert client.post(reverse("partner_api:uploads")).json()["fields"] == ["fichier"]
    assert client.get(reverse("partner_api:uploads"), {"page": "x"}).status_code == 422


def test_a_partner_without_engagement_is_told_the_next_step():
    partner = a_partner(signs=False, channels=())
    answer = send(caller(a_key(partner)[1]), b"x")
    assert answer.status_code == 409 and answer.json()["next_step"]


def test_a_key_that_calls_too_often_waits():
    client = caller(a_key(a_partner())[1])
    answers = [client.get(reverse("partner_api:me")).status_code for _call in range(61)]
    assert answers[:60] == [200] * 60 and answers[60] == 429
    assert int(client.get(reverse("partner_api:me"))["Retry-After"]) > 0


def test_an_address_that_tries_keys_is_stopped():
    client = caller("fres_00000000_guess")
    answers = [client.get(reverse("partner_api:me")).status_code for _call in range(21)]
    assert answers[:20] == [401] * 20 and answers[20] == 429


def test_the_secret_is_kept_as_its_hash_only_and_use_is_dated(clock):
    key, secret = a_key(a_partner())
    row = json.dumps(list(PartnerKey.objects.values()), default=str)
    assert secret not in row and secret.removeprefix(f"{key.prefix}_") not in row
    assert key.last_used_on is None and recognise(secret, NOW) == key
    key.refresh_from_db()
    assert key.last_used_on == NOW.date()


@pytest.mark.parametrize(("name", "scopes"), [("", (READ,)), ("x", ()), ("x", ("ADMIN",))])
def test_a_key_without_name_or_right_is_refused(name, scopes):
    with pytest.raises(KeyRefused, match="un nom"):
        a_key(a_partner(), scopes, name)
    assert not PartnerKey.objects.exists()


def test_a_partner_has_so_many_keys_and_no_more():
    partner = a_partner()
    keys = [a_key(partner)[0] for _rank in range(10)]
    with pytest.raises(KeyRefused, match="10 clés"):
        a_key(partner)
    revoke_key(key=keys[0], by=keys[0].created_by, at=NOW)
    assert a_key(partner)[0].pk


def test_the_database_refuses_a_key_that_may_nothing_or_ends_before_it_begins():
    key, _secret = a_key(a_partner())
    for change in ({"scopes": []}, {"expires_at": key.created_at}, {"revoked_at": NOW}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PartnerKey.objects.filter(pk=key.pk).update(**change)


def test_who_acts_for_the_partner_makes_a_key_sees_it_once_and_revokes_it():
    partner = a_partner()
    client = Client()
    sign_in(client, a_member(partner))
    url = reverse("sources:keys", args=[partner.uuid])
    assert client.post(url, {"act": "make", "name": "ERP"}).status_code == 422
    shown = client.post(url, {"act": "make", "name": "ERP", "scopes": ["UPLOAD"]})
    secret = shown.context["secret"]
    assert secret in shown.content.decode() and recognise(secret, NOW) is not None
    again = client.get(url).content.decode()
    assert secret not in again and PartnerKey.objects.get().prefix in again
    other, _secret = a_key(a_partner(rank=7003))
    assert client.post(url, {"act": "revoke", "key": other.uuid}).status_code == 404
    assert client.post(url, {"act": "revoke", "key": PartnerKey.objects.get(name="ERP").uuid}).status_code == 302
    assert recognise(secret, NOW) is None


def test_the_manager_of_the_fund_revokes_a_key_at_the_desk():
    partner = a_partner()
    key, secret = a_key(partner)
    client = Client()
    sign_in(client, staff(Role.MANAGER))
    url = reverse("sources:desk_partner", args=[partner.uuid])
    assert client.post(url, {"act": "revoke_key", "key": key.uuid}).status_code == 302
    assert recognise(secret, NOW) is None


def test_the_description_of_the_api_and_its_page_say_every_call():
    schema = Client().get(reverse("partner_api:openapi-json")).json()
    assert set(schema["paths"]) == {"/api/v1/moi", "/api/v1/fichiers", "/api/v1/fichiers/{uuid}", "/api/v1/totaux"}
    page = Client().get(reverse("sources:api")).content.decode()
    assert all(path in page for path in schema["paths"])
    assert schema["components"]["securitySchemes"]["PartnerKeyBearer"]["scheme"] == "bearer"
