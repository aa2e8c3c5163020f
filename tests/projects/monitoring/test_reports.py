"""The yearly report: asked, written, signed, reviewed, published; what it refuses, it refuses whole."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from fres.kernel.models import Message
from fres.kernel.states import TransitionRefused
from fres.kernel.uploads import FileTooHeavy
from projects.models import Report, ReportValue
from projects.monitoring import duties
from projects.monitoring.errors import (
    ReasonMissing,
    ReportIncomplete,
    ReportLocked,
    ReportNotSigned,
    ReviewerInvolved,
    ValueRefused,
)
from projects.monitoring.reports import (
    GivenValue,
    ask_report,
    publish_report,
    return_report,
    save_report,
    submit_report,
)
from projects.monitoring.selectors import public_report, public_reports
from projects.states import ReportState
from tests.investors.factories import UserFactory
from tests.investors.sessions import sign_in
from tests.projects.applications.scenes import pdf_file
from tests.projects.factories import MembershipFactory
from tests.projects.monitoring import scenes
from tests.projects.monitoring.scenes import AT, GIVEN

pytestmark = pytest.mark.django_db


def test_a_report_is_asked_once_and_its_team_is_told():
    report, signer = scenes.an_asked_report()
    again = ask_report(project=report.project, year=2025, due_on=date(2026, 6, 29), at=AT)
    assert again.pk == report.pk
    assert Message.objects.filter(key=f"report:{report.uuid}:asked:{signer.uuid}").count() == 1
    assert not report.values.filter(indicator__aggregation="DERIVED").exists()


def test_last_year_is_beside_and_its_proofs_are_carried_over_not_its_figures():
    before = scenes.a_published_report(year=2024)
    report, _signer = scenes.an_asked_report(project=before.project, year=2025)
    jobs = report.values.get(indicator__code="EMP-01")
    assert (jobs.is_expected, jobs.value, jobs.quality) == (True, None, 2)
    assert jobs.evidence == "Déclaration sociale de décembre"
    assert report.governance == before.governance


def test_what_is_missing_is_named_and_the_report_stays_a_draft():
    before = scenes.a_published_report(year=2024)
    report, signer = scenes.an_asked_report(project=before.project)
    with pytest.raises(ReportIncomplete) as refused:
        submit_report(report=report, by=signer, at=AT)
    assert "l’indicateur « Emplois du projet »" in refused.value.missing
    assert "la pièce « comptes annuels »" in refused.value.missing
    report.refresh_from_db()
    assert report.state == ReportState.DRAFT


def test_a_figure_without_its_proof_is_not_sent():
    report, signer = scenes.an_asked_report()
    scenes.write(report, by=signer, jobs=GivenValue(value=Decimal(3)))
    with pytest.raises(ReportIncomplete, match="la qualité et la preuve"):
        submit_report(report=report, by=signer, at=AT)


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("EMP-04", GivenValue(value=Decimal(80))),
        ("EMP-04", GivenValue(numerator=Decimal(5))),
        ("EMP-04", GivenValue(numerator=Decimal(5), denominator=Decimal(0))),
        ("EMP-01", GivenValue(numerator=Decimal(5), denominator=Decimal(6))),
        ("EMP-01", GivenValue(value=Decimal(5), scope_percent=140)),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_is_written(code, given):
    report, signer = scenes.an_asked_report()
    with pytest.raises(ValueRefused):
        save_report(report=report, given=GIVEN, values={"EMP-05": scenes.JOBS, code: given}, by=signer, at=AT)
    assert not ReportValue.objects.filter(report=report, value__isnull=False).exists()
    assert Report.objects.get(pk=report.pk).governance == ""


def test_only_a_legal_representative_signs():
    report, signer = scenes.an_asked_report()
    scenes.write(report, by=signer)
    member = MembershipFactory(organisation=report.project.organisation)
    with pytest.raises(ReportNotSigned):
        submit_report(report=report, by=member.user, at=AT)
    assert submit_report(report=report, by=signer, at=AT).state == ReportState.SUBMITTED


def test_a_sent_report_does_not_change():
    report, signer = scenes.a_sent_report()
    with pytest.raises(ReportLocked):
        save_report(report=report, given=GIVEN, values={}, by=signer, at=AT)


def test_a_report_given_back_says_why_and_may_be_sent_again():
    report, signer = scenes.a_sent_report()
    officer = scenes.an_officer()
    with pytest.raises(ReasonMissing):
        return_report(report=report, reason=" ", by=officer, at=AT)
    report = return_report(report=report, reason="Les comptes ne sont pas signés.", by=officer, at=AT)
    assert (report.state, report.return_reason) == (ReportState.RETURNED, "Les comptes ne sont pas signés.")
    assert submit_report(report=report, by=signer, at=AT).state == ReportState.SUBMITTED


def test_a_member_of_the_organisation_does_not_review_its_report():
    report, signer = scenes.a_sent_report()
    officer = scenes.an_officer()
    MembershipFactory(organisation=report.project.organisation, user=officer)
    for person in (signer, officer):
        with pytest.raises(ReviewerInvolved):
            publish_report(report=report, by=person, at=AT)


def test_a_draft_is_neither_published_nor_given_back():
    report, _signer = scenes.an_asked_report()
    with pytest.raises(TransitionRefused):
        publish_report(report=report, by=scenes.an_officer(), at=AT)
    with pytest.raises(TransitionRefused):
        return_report(report=report, reason="Non.", by=scenes.an_officer(), at=AT)


def test_the_published_content_is_frozen_with_both_parts_of_a_rate_and_its_proofs():
    before = scenes.a_published_report(year=2024)
    report = scenes.a_published_report(project=before.project, year=2025)
    told = {one.code: one for one in public_report(report).indicators}
    assert told["EMP-01"].told.startswith("6,5")
    assert told["EMP-04"].told == "76,9 %"
    assert told["EMP-04"].parts.endswith("6,5")
    assert told["EMP-01"].before == told["EMP-01"].told
    assert [one.report.year for one in public_reports([report.project_id])] == [2025, 2024]
    assert len(report.sha256) == 64
    assert {one["kind"] for one in report.content["pieces"]} == {"accounts", "minutes"}


def test_a_late_report_is_reminded_once_after_thirty_days():
    report, signer = scenes.an_asked_report()
    key = f"report:{report.uuid}:reminder:{signer.uuid}"
    duties.remind_late_reports(AT - timedelta(days=180))
    assert not Message.objects.filter(key=key).exists()
    assert duties.remind_late_reports(AT).startswith("reports: 1 ")
    assert duties.remind_late_reports(AT).startswith("reports: 0 ")


def test_the_journey_on_the_site_from_the_draft_to_the_public_page(client):
    report, signer = scenes.an_asked_report()
    sign_in(client, signer)
    page = client.get(reverse("monitoring:mine"))
    assert report.project.title in page.content.decode()
    posted = {
        "turnover": "182 500", "result": "-1 200,50", "equity": "31 000", "governance": "Une assemblée.",
        "label_report": "Rien n’a changé.", "EMP-01-value": "6,5", "EMP-01-quality": "2",
        "EMP-01-evidence": "Paie de décembre", "EMP-04-numerator": "5", "EMP-04-denominator": "6,5",
        "EMP-04-quality": "3", "EMP-04-evidence": "Contrats",
    }  # fmt: skip
    assert client.post(reverse("monitoring:report", args=[report.uuid]), posted).status_code == 302
    refused = client.post(reverse("monitoring:submit", args=[report.uuid]))
    assert refused.status_code == 422
    for kind in ("accounts", "minutes"):
        client.post(reverse("monitoring:join", args=[report.uuid]), {"kind": kind, "file": pdf_file()})
    assert client.post(reverse("monitoring:submit", args=[report.uuid])).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.result_cents) == (ReportState.SUBMITTED, -120_050)
    assert client.get(reverse("monitoring:public_report", args=[report.uuid])).status_code == 404

    sign_in(client, scenes.an_officer())
    review = reverse("monitoring:review", args=[report.uuid])
    assert "Paie de décembre" in client.get(review).content.decode()
    assert client.post(review, {"act": "publish"}).status_code == 302
    client.logout()
    public = client.get(reverse("monitoring:public_report", args=[report.uuid])).content.decode()
    assert "Paie de décembre" in public and "76,9 %" in public


def test_a_stranger_knows_nothing_of_a_report(client):
    report, _signer = scenes.an_asked_report()
    sign_in(client, UserFactory())
    assert client.get(reverse("monitoring:report", args=[report.uuid])).status_code == 404


def test_a_scan_of_thirty_megabytes_is_refused_and_no_piece_is_written():
    from projects.monitoring.reports import join_report_piece

    report, signer = scenes.an_asked_report()
    with pytest.raises(FileTooHeavy):
        heavy = pdf_file("scan.pdf", b"%PDF-1.4" + b"0" * 31_000_000)
        join_report_piece(report=report, kind="accounts", file=heavy, by=signer, at=AT)
    assert not report.pieces.exists()


def test_the_desk_lists_two_hundred_reports_with_the_same_number_of_queries(client, django_assert_max_num_queries):
    report, _signer = scenes.an_asked_report()
    Report.objects.bulk_create(
        Report(
            project=report.project, year=2100 + rank, indicator_version="2026", asked_at=AT,
            due_on=date(2026, 6, 29),
        )
        for rank in range(200)
    )  # fmt: skip
    sign_in(client, scenes.an_officer())
    with django_assert_max_num_queries(20):
        assert client.get(reverse("monitoring:reports")).status_code == 200
