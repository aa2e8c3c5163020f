"""Partners' files: each bad input is told with its line, its column and its reason, and nothing is written."""

import json
from datetime import date

import pytest

from fres.kernel import jobs
from funds.models import Channel, PartnerUpload, UploadLine
from funds.sources import uploading
from funds.sources.format import NAMES, cents_of, period_end
from funds.sources.partners import EngagementMissing, SirenNotValid, engagement_of, register_partner, revoke_engagement
from funds.sources.states import UploadState
from funds.sources.uploading import NoActiveChannel, UploadAlreadyReplaced, UploadEmpty, receive_upload
from tests.funds.factories import FundFactory, a_siren
from tests.funds.sources.scenes import NOW, a_partner, as_csv, as_file, line, sound
from tests.investors.factories import UserFactory

pytestmark = pytest.mark.django_db


def send(partner, content, name="declaration.csv"):
    return receive_upload(partner=partner, file=as_file(content, name), by=UserFactory(), at=NOW)[0]


def errors(upload):
    assert not UploadLine.objects.filter(upload=upload).exists()
    return [(one["line"], one["column"]) for one in upload.errors]


def test_periods_and_amounts_of_the_format():
    assert [period_end(text) for text in ("2025", "2026-T1", "2026-T4", "2026-T5", "26")] == [
        date(2025, 12, 31), date(2026, 3, 31), date(2026, 12, 31), None, None,
    ]  # fmt: skip
    assert [cents_of(text) for text in ("12", "12,5", "12.05", "0", "1 000", "-3", "1,005", "1e3", "")] == [
        1200, 1250, 1205, 0, None, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "array", "lines"])
def test_a_sound_file_is_accepted_in_each_of_its_forms(form):
    partner = a_partner()
    lines = sound(partner)
    content = {
        "csv": b"\xef\xbb\xbf" + as_csv(lines),
        "array": json.dumps(lines, indent=1, ensure_ascii=False).encode(),
        "lines": "\n".join(json.dumps(one) for one in lines).encode(),
    }[form]
    upload = send(partner, content)
    assert (upload.state, upload.errors, upload.lines_count, upload.period) == (UploadState.ACCEPTED, [], 2, "2026-T3")
    assert list(upload.lines.values_list("nature", "commune_code", "amount_cents", "count")) == [
        ("COLLECTE", "62498", 100_050, 12), ("CREDIT", "59350", 30_000, 12),
    ]  # fmt: skip


def test_every_error_is_told_and_not_the_first_alone():
    partner = a_partner()
    other = a_siren(99)
    lines = [
        line(partner, "COLLECTE", "1 000", commune="99999"),
        line(partner, "COLLECTE", "10", siren=other, classe="BANQUES"),
        line(partner, "CREDIT", "10", siren="123456789", nombre="12,5"),
        line(partner, "CREDIT", "20", commune="75056", canal="MICROCREDIT"),
        line(partner, "CREDIT", "30", commune="59350", canal="FOO", periode="2026-T4"),
        line(partner, "PLACEMENT", "10", siren_destinataire=other, canal_destinataire="POT_COMMUN"),
        line(partner, "VENTES", "10"),
        line(partner, "COLLECTE", "10", commune="59350", siren_destinataire=other),
        line(partner, "COLLECTE", "10", commune="59350", siren_destinataire=other, format="FRES-SOURCES@0"),
        line(partner, "TOTAL_COLLECTE", "30"),
        line(partner, "TOTAL_CREDIT", "61"),
    ]
    upload = send(partner, as_csv(lines))
    assert upload.state == UploadState.REFUSED
    assert errors(upload) == [
        (2, "montant"), (2, "commune"), (3, "siren"), (3, "classe"), (4, "siren"), (4, "nombre"), (5, "canal"),
        (5, "commune"), (6, "periode"), (6, "canal"), (7, "siren_destinataire"), (8, "nature"),
        (9, "siren_destinataire"), (10, "format"), (10, "siren_destinataire"), (10, ""), (12, "montant"), (0, "nature"),
    ]  # fmt: skip
    reasons = {(one["line"], one["column"]): one["reason"] for one in upload.errors}
    assert partner.siren in reasons[3, "siren"] and "clé" in reasons[4, "siren"]
    assert reasons[12, "montant"] == "Le total dit 61,00\u00a0€, les lignes font 60,00\u00a0€."


def test_a_file_of_the_wrong_kind_is_not_told_a_million_times(settings):
    partner = a_partner()
    upload = send(partner, as_csv([line(partner, "COLLECTE", "x", commune=f"9{rank:04}") for rank in range(300)]))
    assert (len(upload.errors), upload.has_more_errors) == (100, True)


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"siren,montant\r\n1,2", (1, "siren,montant")),
        (";".join(NAMES[1:]).encode(), (1, "format")),
        (";".join(NAMES).encode() + b"\r\nun;deux", (2, "")),
        (";".join(NAMES).encode() + b"\r\n\xe9;", (2, "")),
        (";".join(NAMES).encode() + b'\r\n"abc', (2, "")),
        (";".join(NAMES).encode() + b"\r\n" + b"x" * 30_000, (2, "")),
        (";".join(NAMES).encode(), (0, "")),
        (b'[{"format": "a"}', (1, "")),
        (b'[{"format": "a", "format": "b"}]', (1, "format")),
        (b'[{"format": ["a"]}]', (1, "format")),
        (b'{"format": ', (1, "")),
        (b"[" * 30_000, (1, "")),
        (b"[1]", (1, "")),
    ],
)
def test_a_broken_file_says_where_it_breaks(content, where):
    upload = send(a_partner(), content)
    assert upload.state == UploadState.REFUSED
    assert errors(upload)[-1] == where


def test_codes_of_last_year_are_followed_and_said_or_refused_with_their_successors():
    partner = a_partner()
    lines = [
        line(partner, "COLLECTE", "10", commune="62901"),
        line(partner, "COLLECTE", "20"),
        line(partner, "TOTAL_COLLECTE", "30"),
    ]
    upload = send(partner, as_csv(lines))
    assert upload.state == UploadState.ACCEPTED
    assert upload.notes == ["62901 n’existe plus : compté dans Lens (62498)."]
    assert list(upload.lines.values_list("sent_commune_code", "commune_code")) == [
        ("62901", "62498"), ("62498", "62498"),
    ]  # fmt: skip
    shared = [line(partner, "COLLECTE", "10", commune="62902"), line(partner, "TOTAL_COLLECTE", "10")]
    refused = send(partner, as_csv(shared))
    assert errors(refused) == [(2, "commune")]
    assert "Lens (62498)" in refused.errors[0]["reason"] and "Lille (59350)" in refused.errors[0]["reason"]


def test_the_same_file_twice_is_there_once_and_a_correction_replaces_it():
    partner = a_partner()
    first = send(partner, as_csv(sound(partner)))
    again, is_new = receive_upload(partner=partner, file=as_file(as_csv(sound(partner))), by=UserFactory(), at=NOW)
    assert (again.pk, is_new) == (first.pk, False)
    assert PartnerUpload.objects.count() == 1 and UploadLine.objects.count() == 2
    second = send(partner, as_csv(sound(partner, "2000")))
    first.refresh_from_db()
    assert (first.state, second.state, second.replaces) == (UploadState.REPLACED, UploadState.ACCEPTED, first)
    with pytest.raises(UploadAlreadyReplaced):
        send(partner, as_csv(sound(partner)))
    bad = send(partner, as_csv([line(partner, "COLLECTE", "1")]))
    assert send(partner, as_csv([line(partner, "COLLECTE", "1")])).pk != bad.pk
    assert PartnerUpload.objects.get(state=UploadState.ACCEPTED) == second


def test_a_heavy_file_is_decided_by_the_worker(monkeypatch):
    monkeypatch.setattr(uploading, "AT_ONCE_BYTES", 10)
    partner = a_partner()
    upload = send(partner, as_csv(sound(partner)))
    assert upload.state == UploadState.TO_VERIFY
    jobs.run_pending()
    upload.refresh_from_db()
    assert upload.state == UploadState.ACCEPTED


def test_a_bank_without_engagement_or_channel_sends_nothing():
    with pytest.raises(EngagementMissing):
        a_partner(signs=False)
    idle = a_partner(rank=7100, channels=())
    with pytest.raises(NoActiveChannel):
        send(idle, b"x")
    partner = a_partner(rank=7101)
    with pytest.raises(UploadEmpty):
        send(partner, b"")
    revoke_engagement(engagement=engagement_of(partner), reason="Publication refusée", by=UserFactory(), at=NOW)
    assert Channel.objects.get(partner=partner).stage == Channel.Stage.CLOSED
    with pytest.raises(EngagementMissing):
        send(partner, as_csv(sound(partner)))
    assert not PartnerUpload.objects.exists()
    with pytest.raises(SirenNotValid):
        register_partner(
            fund=FundFactory(), kind="BANK", name="X", siren="123456789", contact="", by=UserFactory(), at=NOW
        )
