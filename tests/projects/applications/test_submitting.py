"""Sending a file: signed, frozen, receipted; refused whole when something is missing, old or contradictory."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, transaction

from fres.kernel.documents import open_document
from fres.kernel.inspection import UploadRefused
from fres.kernel.models import Document, Message
from fres.kernel.uploads import FileTooHeavy
from projects.applications.calls import publish_form
from projects.applications.drafts import (
    clone_application,
    join_piece,
    move_to_latest_form,
    remove_piece,
    save_section,
    withdraw,
)
from projects.applications.errors import (
    ApplicationIncomplete,
    CallClosed,
    DraftClosed,
    FiguresInconsistent,
    PieceExpired,
    ReasonMissing,
    SectionChangedMeanwhile,
    SignatureRequired,
)
from projects.applications.submitting import submit_application
from projects.models import Application, ApplicationPiece, ApplicationVersion
from projects.states import ApplicationState
from tests.investors.factories import UserFactory
from tests.projects.applications import scenes
from tests.projects.applications.scenes import AT
from tests.projects.factories import MembershipFactory

pytestmark = pytest.mark.django_db


def a_filled_draft(**changes: Any) -> tuple[Application, Any]:
    _organisation, signer = scenes.a_team()
    return scenes.fill(scenes.a_draft(by=signer), by=signer, **changes), signer


def refused(application: Application, signer: Any, at: datetime = AT) -> Any:
    """Submit, expect a refusal, and see that nothing was written."""
    before = (Document.objects.count(), Message.objects.count())
    with pytest.raises(Exception) as told:
        submit_application(application=application, by=signer, at=at)
    application.refresh_from_db()
    assert (application.state, application.reference) == (ApplicationState.DRAFT, "")
    assert not ApplicationVersion.objects.exists()
    assert (Document.objects.count(), Message.objects.count()) == before
    return told.value


def test_a_complete_file_is_frozen_with_its_receipt_and_its_team_is_told():
    application, signer = a_filled_draft()
    version = submit_application(application=application, by=signer, at=AT)
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert application.requested_cents == 3_000_000
    assert application.reference == version.receipt.number == "DOS-2026-00001"
    assert application.accompanying_body.name == "Boutique de gestion"
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(open_document(version.receipt))).pages)
    flat = text.replace("\u202f", " ").replace("\u00a0", " ")
    assert "DOS-2026-00001" in flat
    assert version.sha256[:20] in flat
    assert "30 000,00 €" in flat
    assert "Boutique de gestion" in flat
    message = Message.objects.get(template="applications/notice")
    assert message.to == signer.email
    assert "8 décembre 2026" in message.context["notice"].replace("\u00a0", " ")


def test_a_frozen_version_never_changes():
    application, signer = a_filled_draft()
    version = submit_application(application=application, by=signer, at=AT)
    with pytest.raises(ProgrammingError), transaction.atomic():
        ApplicationVersion.objects.filter(pk=version.pk).update(sha256="0" * 64)
    with pytest.raises(DraftClosed):
        save_section(application=application, section="project", answers={}, revision=1, by=signer, at=AT)


def test_a_file_is_sent_once():
    application, signer = a_filled_draft()
    submit_application(application=application, by=signer, at=AT)
    with pytest.raises(DraftClosed):
        submit_application(application=application, by=signer, at=AT)
    assert ApplicationVersion.objects.count() == 1


def test_only_a_legal_representative_signs():
    application, _signer = a_filled_draft()
    colleague = UserFactory()
    MembershipFactory(organisation=application.organisation, user=colleague)
    refusal = refused(application, colleague)
    assert isinstance(refusal, SignatureRequired)
    assert application.organisation.name in refusal.message


def test_what_is_missing_is_named():
    application, signer = a_filled_draft(repayment=None, engineering_by=None)
    refusal = refused(application, signer)
    assert isinstance(refusal, ApplicationIncomplete)
    assert "Il manque 2 réponses" in refusal.message.replace("\u00a0", " ")
    assert "Ingénierie financière (Qui fait l’ingénierie financière" in refusal.message


def test_a_budget_that_does_not_balance_is_refused_with_its_gap():
    charges = [{"kind": "investment", "label": "Panneaux", "year1": 4_600_050, "year2": 500_000, "year3": 500_000}]
    application, signer = a_filled_draft(charges=charges)
    refusal = refused(application, signer)
    assert isinstance(refusal, FiguresInconsistent)
    words = refusal.message.replace("\u202f", " ").replace("\u00a0", " ")
    assert (
        words
        == "Année 1 : les charges font 46 000,50 €, les ressources 45 000,00 € ; il manque 1 000,50 € de ressources."
    )
    assert refusal.next_step


def test_accounts_that_do_not_add_up_are_refused():
    account = {"income": 100_00, "charges": 90_00, "equity": 50_00}
    application, signer = a_filled_draft(accounts=[account | {"year": 2025, "result": 11_00}])
    assert "10,00" in refused(application, signer).message


def test_instruments_add_up_to_the_budget():
    instruments = [
        {"instrument": "citizen_loan", "provider": "Tous", "amount": 2_900_000, "on": "2027-03-01", "status": "asked"}
    ]
    application, signer = a_filled_draft(instruments=instruments)
    assert "29 000,00 €" in refused(application, signer).message.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_rate_without_its_denominator_is_refused():
    row = {"indicator": "EMP-04", "stakeholder": "Salariés", "target": "3", "target_year": 2028, "method": "Paie"}
    application, signer = a_filled_draft(forecast=[row])
    assert "EMP-04" in refused(application, signer).message


def test_a_file_that_asks_nothing_of_the_savers_is_refused():
    resources = [
        {"kind": "own", "label": "Parts", "status": "acquired", "year1": 4_500_000, "year2": 500_000, "year3": 500_000}
    ]
    instruments = [
        {"instrument": "own_funds", "provider": "Nous", "amount": 5_500_000, "on": "2027-01-01", "status": "acquired"}
    ]
    application, signer = a_filled_draft(resources=resources, instruments=instruments)
    assert "0,00" in refused(application, signer).message


def test_an_old_piece_is_refused_and_a_fresh_one_beside_it_is_enough():
    application, signer = a_filled_draft()
    ApplicationPiece.objects.filter(field="registration").update(valid_to=(AT - timedelta(days=1)).date())
    refusal = refused(application, signer)
    assert isinstance(refusal, ApplicationIncomplete | PieceExpired)
    join_piece(application=application, field="registration", file=scenes.pdf_file(), by=signer, at=AT)
    assert submit_application(application=application, by=signer, at=AT).rank == 1


def test_a_closed_call_takes_no_file():
    call = scenes.a_call(closes_at=datetime(2026, 11, 24, tzinfo=UTC))
    _organisation, signer = scenes.a_team()
    application = scenes.fill(scenes.a_draft(by=signer, call=call), by=signer)
    assert isinstance(refused(application, signer, at=datetime(2026, 11, 25, tzinfo=UTC)), CallClosed)


def test_two_colleagues_do_not_overwrite_each_other():
    application = scenes.a_draft()
    first = application.sections.get(section="project")
    by = application.created_by
    answers = first.answers | {"need": "Enquête."}
    saved = save_section(application=application, section="project", answers=answers, revision=1, by=by, at=AT)
    assert saved.revision == 2
    with pytest.raises(SectionChangedMeanwhile):
        save_section(application=application, section="project", answers=first.answers, revision=1, by=by, at=AT)
    same = save_section(application=application, section="project", answers=answers, revision=1, by=by, at=AT)
    assert same.revision == 2


def test_a_copy_starts_with_the_answers_and_without_the_pieces():
    application, signer = a_filled_draft()
    submit_application(application=application, by=signer, at=AT)
    copy = clone_application(application=application, call=scenes.a_call(), by=signer, at=AT)
    assert copy.state == ApplicationState.DRAFT
    assert copy.cloned_from == application
    assert copy.project != application.project
    assert copy.sections.get(section="budget").answers == application.sections.get(section="budget").answers
    assert not copy.pieces.exists()


def test_a_draft_follows_a_newer_form_with_its_answers():
    application = scenes.a_draft()
    definition = application.form.definition
    definition["sections"][0]["fields"].append({"code": "more", "kind": "text", "label": "Encore", "required": True})
    publish_form(call=application.call, definition=definition, by=None, at=AT)
    moved = move_to_latest_form(application=application, by=application.created_by, at=AT)
    assert moved.form.version == 2
    assert moved.sections.get(section="project").answers["project_title"] == "Toit solaire de l’école"


def test_a_withdrawal_has_a_reason():
    application = scenes.a_draft()
    with pytest.raises(ReasonMissing):
        withdraw(application=application, reason=" ", by=application.created_by, at=AT)
    ended = withdraw(application=application, reason="Autre financement.", by=application.created_by, at=AT)
    assert ended.state == ApplicationState.WITHDRAWN


def test_nobody_accompanies_themselves():
    application = scenes.a_draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(pk=application.pk).update(accompanying_body=application.organisation)


# What people send


def active_pdf(**catalog: Any) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    for name, value in catalog.items():
        document.Root[f"/{name}"] = value
    written = io.BytesIO()
    document.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return written.getvalue()


def locked_pdf() -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    written = io.BytesIO()
    document.save(written, encryption=pikepdf.Encryption(owner="a", user="b"))
    return written.getvalue()


def macro_sheet() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/vbaProject.bin", b"x")
    return written.getvalue()


SCRIPT = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
LAUNCH = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))
ATTACHED = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=pikepdf.Array([])))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (active_pdf(OpenAction=SCRIPT), "script"),
        (active_pdf(OpenAction=LAUNCH), "action automatique"),
        (active_pdf(Names=ATTACHED), "fichier joint"),
        (locked_pdf(), "mot de passe"),
        (b"%PDF-1.7 rien", "abîmé"),
        (macro_sheet(), "macros"),
        (b"<svg onload='x'/>", "format"),
        (b"\x89PNG\r\n\x1a\nrien", "abîmée"),
        (b"", "vide"),
    ],
    ids=["script", "launch", "attachment", "password", "broken", "macro", "svg", "png", "empty"],
)
def test_a_file_that_could_act_is_refused_and_nothing_is_kept(content, words):
    application = scenes.a_draft()
    sent = SimpleUploadedFile("statuts.pdf", content)
    with pytest.raises(UploadRefused, match=words):
        join_piece(application=application, field="statutes", file=sent, by=application.created_by, at=AT)
    assert not ApplicationPiece.objects.exists()


def test_a_scan_of_thirty_megabytes_is_refused_with_the_limit():
    application = scenes.a_draft()
    sent = SimpleUploadedFile("scan.pdf", b"%PDF-" + b"0" * 29_900_000)
    with pytest.raises(FileTooHeavy, match="30 Mo ; la limite est de 20 Mo".replace(" ", r"\s")):
        join_piece(application=application, field="statutes", file=sent, by=application.created_by, at=AT)
    assert not ApplicationPiece.objects.exists()


def test_a_piece_has_a_lifetime_and_can_be_taken_out():
    application = scenes.a_draft()
    by = application.created_by
    piece = join_piece(application=application, field="registration", file=scenes.pdf_file(), by=by, at=AT)
    assert piece.valid_to.isoformat() == "2027-02-23"
    remove_piece(application=application, uuid=piece.uuid, by=by, at=AT)
    with pytest.raises(ApplicationPiece.DoesNotExist):
        remove_piece(application=application, uuid=piece.uuid, by=by, at=AT)
    with pytest.raises(KeyError):
        join_piece(application=application, field="nothing", file=scenes.pdf_file(), by=by, at=AT)
