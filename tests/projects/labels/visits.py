"""What stands in the addresses of labels that the access table tests."""

from fres.kernel.document_files import store_bytes
from projects.labels.charters import sign_charter
from projects.models import Evidence, MisuseReport
from tests.access_objects import Visit, visit
from tests.funds.factories import FundFactory
from tests.investors.factories import UserFactory
from tests.projects.factories import AwardFactory, ProjectFactory
from tests.projects.labels.answers import just_enough
from tests.projects.labels.scenes import (
    NOW,
    a_project,
    an_organisation,
    assess,
    label_of,
    representative_of,
)


@visit("labels:referential")
@visit("labels:report")
@visit("labels:new_version")
@visit("labels:weights")
def _referential() -> Visit:
    return Visit({"code": "GEIQ", "version": "2015"})


@visit("labels:award")
@visit("fund_labels:award")
def _award() -> Visit:
    return Visit({"uuid": AwardFactory().uuid})


@visit("labels:explanation")
def _explanation() -> Visit:
    subject = a_project()
    assessment = assess("BALISES@2", subject, just_enough("balises-2"))
    return Visit({"uuid": assessment.uuid}, owner=representative_of(subject))


@visit("labels:assessment")
def _assessment() -> Visit:
    return Visit({"uuid": assess("BALISES@2", a_project(), {}, ends=False).uuid})


@visit("labels:claim")
def _claim() -> Visit:
    return Visit(owner=representative_of(an_organisation()))


@visit("labels:sign")
def _sign() -> Visit:
    return Visit({"code": "CCES", "version": "2015"}, owner=representative_of(an_organisation()))


@visit("labels:reply")
@visit("labels:signature")
def _signature() -> Visit:
    subject = an_organisation()
    signatory = representative_of(subject)
    assessment = assess("CCES@2015", subject, just_enough("cces-2015", "FOOD"), branch="FOOD", by=signatory)
    signature = sign_charter(assessment=assessment, sector="FOOD", by=signatory, at=NOW)
    data = {"act": "question", "text": "Nous répondons.", "reason": "Critère A1"}
    return Visit({"uuid": signature.uuid}, data=data, owner=signatory)


@visit("labels:start")
def _start() -> Visit:
    return Visit({"subject_type": "project", "subject_uuid": ProjectFactory().uuid})


@visit("labels:piece")
def _piece() -> Visit:
    piece = Evidence.objects.create(
        award=AwardFactory(), name="arrete.pdf", mime="application/pdf", size=8, sha256=store_bytes(b"%PDF-1.4"),
        given_by=UserFactory(), given_at=NOW,
    )  # fmt: skip
    return Visit({"uuid": piece.uuid})


@visit("labels:misuse")
def _misuse() -> Visit:
    report = MisuseReport.objects.create(
        label=label_of("CCES@2015"), about="Un magasin", seen_where="Vitrine", facts="Affiche", reported_at=NOW
    )
    return Visit({"uuid": report.uuid}, data={"decision": "uphold", "answer": "Vérifié sur place."})


@visit("fund_labels:accepted")
def _accepted() -> Visit:
    return Visit({"uuid": FundFactory().uuid})
