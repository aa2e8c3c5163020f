"""What stands in the address and the body of each URL of applications."""

from datetime import date
from itertools import count

from fres.kernel.document_files import store_bytes
from fres.kernel.documents import issue_document
from investors.models import User
from projects.models import (
    Appeal,
    Application,
    ApplicationPiece,
    ApplicationVersion,
    Question,
    QuestionRound,
    Refusal,
)
from projects.states import ApplicationState
from tests.access_objects import Visit, visit
from tests.projects.applications import scenes
from tests.projects.factories import ApplicationFactory

_ranks = count(1)


@visit("applications:call")
@visit("applications:start")
@visit("applications:form_definition")
def _call() -> Visit:
    return Visit({"slug": scenes.a_call().slug})


@visit("applications:refusals_of_year")
def _year() -> Visit:
    return Visit({"year": 2026})


@visit("applications:file")
@visit("applications:submit")
@visit("applications:ask_signature")
@visit("applications:update_form")
def _draft() -> Visit:
    application = scenes.a_draft()
    return Visit({"uuid": application.uuid}, owner=application.created_by)


@visit("applications:withdraw")
def _withdrawn() -> Visit:
    application = scenes.a_draft()
    return Visit({"uuid": application.uuid}, {"reason": "Autre financement."}, owner=application.created_by)


@visit("applications:clone")
def _clone() -> Visit:
    application = scenes.a_draft()
    return Visit({"uuid": application.uuid}, {"call": application.call.slug}, owner=application.created_by)


@visit("applications:section")
def _section() -> Visit:
    application = scenes.a_draft()
    return Visit({"uuid": application.uuid, "section": "budget"}, owner=application.created_by)


@visit("applications:join_piece")
def _join() -> Visit:
    application = scenes.a_draft()
    data = {"file": scenes.pdf_file()}
    return Visit({"uuid": application.uuid, "field": "statutes"}, data, owner=application.created_by)


@visit("applications:piece")
@visit("applications:remove_piece")
def _piece() -> Visit:
    application = scenes.a_draft()
    piece = _a_piece(application)
    return Visit({"uuid": application.uuid, "piece": piece.uuid}, owner=application.created_by)


@visit("applications:answer")
def _answer() -> Visit:
    application, signer = _a_sent_file(state=ApplicationState.QUESTIONED)
    asked = QuestionRound.objects.create(
        application=application, asked_by=signer, asked_at=scenes.AT, due_on=date(2027, 1, 1)
    )
    question = Question.objects.create(round=asked, rank=1, text="Quel loyer ?")
    return Visit({"uuid": application.uuid}, {f"answer-{question.uuid}": "Voici."}, owner=signer)


@visit("applications:message")
@visit("applications:appeal")
def _sent() -> Visit:
    application, signer = _a_sent_file()
    return Visit({"uuid": application.uuid}, {"text": "Bonjour."}, owner=signer)


@visit("applications:version")
@visit("applications:receipt")
@visit("applications:review_receipt")
def _version() -> Visit:
    application, signer = _a_sent_file()
    return Visit({"uuid": application.uuid, "rank": 1}, owner=signer)


@visit("applications:review")
def _review() -> Visit:
    application, _signer = _a_sent_file()
    return Visit({"uuid": application.uuid})


@visit("applications:review_piece")
def _review_piece() -> Visit:
    application, _signer = _a_sent_file()
    return Visit({"uuid": application.uuid, "piece": _a_piece(application).uuid})


@visit("applications:review_act")
def _act() -> Visit:
    application, _signer = _a_sent_file()
    return Visit({"uuid": application.uuid, "act": "message"}, {"text": "Bonjour."})


@visit("applications:decide")
def _decide() -> Visit:
    application, signer = _a_sent_file(state=ApplicationState.APPEALED)
    refusal = Refusal.objects.create(
        application=application, stage="eligibility", code="NOT_ESS", reason="Non.", next_step="Ailleurs.",
        decided_by=signer, decided_at=scenes.AT, appeal_until=date(2027, 1, 1),
    )  # fmt: skip
    Appeal.objects.create(refusal=refusal, filed_by=signer, filed_at=scenes.AT, grounds="Si.")
    return Visit({"uuid": application.uuid}, {"decision": "accept"})


def _a_sent_file(state: str = ApplicationState.SUBMITTED) -> tuple[Application, User]:
    """Return a file that was sent, written straight into its tables: these visits only ask who may open it."""
    organisation, signer = scenes.a_team()
    call = scenes.a_call()
    application = ApplicationFactory(
        organisation=organisation, call=call, form=call.forms.get(), state=state, created_by=signer,
        reference=f"DOS-2026-{next(_ranks):05d}", requested_cents=100, submitted_at=scenes.AT,
        review_started_at=scenes.AT,
    )  # fmt: skip
    receipt = issue_document(
        series="ACCES", year=2026, kind="application_receipt", about=("application", application.uuid),
        owner_party=organisation.party.uuid, title="Accusé", at=scenes.AT, content=b"%PDF-1.4",
    )  # fmt: skip
    ApplicationVersion.objects.create(
        application=application, rank=1, form=call.forms.get(), content={"answers": {}, "sections": [], "pieces": []},
        sha256="0" * 64, signed_by=signer, signed_at=scenes.AT, receipt=receipt,
    )  # fmt: skip
    return application, signer


def _a_piece(application: Application) -> ApplicationPiece:
    """Return a piece of any file, whatever its state."""
    content = b"%PDF-1.4"
    return ApplicationPiece.objects.create(
        application=application, field="statutes", name="statuts.pdf", mime="application/pdf", size=len(content),
        sha256=store_bytes(content), uploaded_by=application.created_by, uploaded_at=scenes.AT,
    )  # fmt: skip
