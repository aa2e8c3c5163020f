"""Files for tests: a call with the ordinary form, a team, a draft filled in so that it may be sent."""

import io
from datetime import UTC, datetime
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile

from fres.kernel import clock
from fres.kernel.models import Territory
from fres.kernel.territory_files import VINTAGE
from investors.models import User
from projects.applications.appeals import file_appeal
from projects.applications.calls import open_call, schema_of
from projects.applications.concluding import save_note, send_to_committee
from projects.applications.consistency import YEARS
from projects.applications.drafts import join_piece, save_section, start_application
from projects.applications.eligibility import Rule
from projects.applications.instruction import ask_questions, check_eligibility
from projects.applications.submitting import submit_application
from projects.indicators.loading import load_indicators
from projects.models import Application, Call, Organisation, QuestionRound
from tests.investors.factories import RoleGrantFactory, UserFactory
from tests.projects.factories import CallFactory, MembershipFactory, OrganisationFactory

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def pdf_bytes() -> bytes:
    """Return a small PDF of one empty page."""
    document = pikepdf.new()
    document.add_blank_page()
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def pdf_file(name: str = "statuts.pdf", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if content is not None else pdf_bytes(), "application/pdf")


def a_commune(code: str = "62498", postal: str = "62300", region: str = "32", name: str = "Lens") -> Territory:
    return Territory.objects.get_or_create(
        vintage=VINTAGE,
        level=Territory.Level.COMMUNE,
        code=code,
        defaults={"name": name, "postal_codes": postal, "region_code": region},
    )[0]


def a_call(**fields: Any) -> Call:
    """Return an open call with the first version of the ordinary form."""
    load_indicators()
    base = CallFactory.build()
    values = {
        "title": base.title,
        "summary": base.summary,
        "description": base.description,
        "fund_uuid": base.fund_uuid,
        "fund_name": base.fund_name,
        "region_code": "32",
        "opens_at": datetime(2024, 1, 1, tzinfo=UTC),
        "closes_at": None,
    }
    return open_call(**(values | fields), by=None, at=AT)


def a_team(organisation: Organisation | None = None) -> tuple[Organisation, User]:
    """Return an organisation and its legal representative."""
    organisation = organisation or OrganisationFactory()
    signer = UserFactory()
    MembershipFactory(organisation=organisation, user=signer, is_legal_representative=True)
    return organisation, signer


def an_accompanying_body() -> Organisation:
    body = OrganisationFactory(name="Boutique de gestion")
    adviser = UserFactory()
    RoleGrantFactory(user=adviser, role="accompanying")
    MembershipFactory(organisation=body, user=adviser)
    return body


def a_draft(*, by: User | None = None, call: Call | None = None, at: datetime = AT) -> Application:
    """Return a draft just opened."""
    a_commune()
    if by is None:
        organisation, by = a_team()
    else:
        organisation = Organisation.objects.get(memberships__user=by)
    return start_application(
        organisation=organisation, call=call or a_call(), title="Toit solaire de l’école", summary="Un toit utile.",
        theme="energy", commune_code="62498", postal_code="62300", by=by, at=at,
    )  # fmt: skip


def complete_answers(body: Organisation) -> dict[str, Any]:
    """Return answers that may be sent: 30 000,00 € asked of the savers, balanced, consistent."""
    account = {"income": 10_000_000, "charges": 9_500_000, "result": 500_000, "equity": 1_500_000, "debts": 200_000}
    text, asked = "Dit simplement, avec les faits.", {"status": "asked"}
    answers: dict[str, Any] = {
        "project_title": "Toit solaire de l’école",
        "project_summary": "Un toit utile.",
        "project_purpose": text,
        "project_theme": "energy",
        "project_commune": {"postal_code": "62300", "code": "62498"},
        "need": text,
        "calendar": [{"step": "Décision", "on": "2027-01-15"}, {"step": "Pose", "on": "2027-06-15"}],
        "maturity": "closed_years",
        "ess_status": "statutory",
        "team": text,
        "governance": text,
        "stakeholders_vote": 3,
        "insolvency": False,
        "accompanying_body": str(body.uuid),
        "accompaniment": text,
        "asked_bank": True,
        "bank_refusals": [{"bank": "Banque A", "asked_on": "2026-05-04", "amount": 3_000_000, "answer": "refused"}],
        "first_year": 2027,
        "charges": [
            {"kind": "investment", "label": "Panneaux", "year1": 4_000_000},
            {"kind": "wages", "label": "Coordination", "year1": 500_000, "year2": 500_000, "year3": 500_000},
        ],
        "resources": [
            {"kind": "citizens", "label": "Prêts", "status": "asked", "year1": 3_000_000},
            {"kind": "own", "label": "Parts", "status": "acquired", "year1": 1_000_000},
            {"kind": "sales", "label": "Vente", "status": "planned"} | dict.fromkeys(YEARS, 500_000),
        ],
        "assumptions": text,
        "accounts": [account | {"year": 2023 + rank, "equity": 1_000_000 + 500_000 * rank} for rank in range(3)],
        "instruments": [
            {"instrument": "citizen_loan", "provider": "Tous", "amount": 3_000_000, "on": "2027-03-01"} | asked,
            {"instrument": "own_funds", "provider": "Nous", "amount": 1_000_000, "on": "2027-01-01"} | asked,
        ],
        "has_guarantee": False,
        "no_guarantee": text,
        "engineering_by": "L’équipe",
        "engineering_paid": "inside",
        "repayment": text,
        "balises_version": "BALISES@2",
        **{f"balise2_{rank:02}": {"level": 2, "evidence": "Une preuve."} for rank in range(1, 11)},
        "main_domain": "climate",
        "forecast": [
            {"indicator": "ENR-01", "stakeholder": "Tous", "target": "60000", "target_year": 2028, "method": "Compteur"}
        ],
        "beneficiaries": text,
        "evaluation": text,
    }  # fmt: skip
    return answers


def fill(application: Application, *, by: User, at: datetime = AT, **changes: Any) -> Application:
    """Write every section of a draft, with its pieces; `changes` replace answers, None leaves one out."""
    answers = complete_answers(an_accompanying_body()) | changes
    schema = schema_of(application.form)
    for section in schema.sections:
        known = {field.code: answers[field.code] for field in section.fields if answers.get(field.code) is not None}
        row = application.sections.filter(section=section.code).first()
        save_section(
            application=application,
            section=section.code,
            answers=known,
            revision=row.revision if row else 0,
            by=by,
            at=at,
        )
    for field in ("statutes", "registration", "closed_accounts"):
        join_piece(application=application, field=field, file=pdf_file(f"{field}.pdf"), by=by, at=at)
    application.refresh_from_db()
    return application


def a_sent_file(*, at: datetime = AT) -> tuple[Application, User]:
    """Return a file submitted at a moment, and who signed it."""
    _organisation, signer = a_team()
    application = fill(a_draft(by=signer, at=at), by=signer, at=at)
    submit_application(application=application, by=signer, at=at)
    application.refresh_from_db()
    return application, signer


def met(value: bool = True, **exceptions: bool) -> dict[str, dict[str, Any]]:
    """Return findings for every rule of eligibility."""
    return {rule.value: {"met": exceptions.get(rule.value, value), "comment": ""} for rule in Rule}


def an_instructor() -> User:
    return RoleGrantFactory(role="instructor").user


def a_file_in_review(*, at: datetime = AT) -> tuple[Application, User, User]:
    """Return a file under instruction, who signed it, and who instructs it."""
    application, signer = a_sent_file(at=at)
    person = an_instructor()
    application = check_eligibility(application=application, findings=met(), by=person, at=at)
    return application, signer, person


def note_points(**changes: str) -> dict[str, str]:
    """Return a complete note."""
    words = dict.fromkeys(
        ("viability", "social_use", "governance", "carrier", "additionality", "accompaniment"), "Constaté sur pièces."
    )
    return words | {"advice": "favourable", "without_visit_because": "Lieu connu du fonds."} | changes


def a_file_in_committee(*, at: datetime = AT) -> tuple[Application, User, User]:
    """Return a file the committee may open, who signed it, and who instructed it."""
    application, signer, person = a_file_in_review(at=at)
    save_note(application=application, points=note_points(), by=person, at=at)
    return send_to_committee(application=application, by=person, at=at), signer, person


def now() -> datetime:
    return clock.now()


def ask_one(application: Application, *, by: User, at: datetime = AT, text: str = "Quel loyer ?") -> QuestionRound:
    """Ask one question on the budget."""
    return ask_questions(application=application, questions=[("budget", text)], by=by, at=at)


def a_refused_file(*, at: datetime = AT) -> tuple[Application, User, User]:
    """Return a file found ineligible, who signed it, and who refused it."""
    application, signer = a_sent_file(at=at)
    person = an_instructor()
    application = check_eligibility(
        application=application, findings=met(TERRITORY=False), by=person, at=at,
        code="OUT_OF_TERRITORY", reason="Le projet est hors de la région.", next_step="Écrivez au fonds voisin.",
    )  # fmt: skip
    return application, signer, person


def an_appealed_file(*, at: datetime = AT) -> Application:
    """Return a file whose refusal is contested."""
    application, signer, _person = a_refused_file(at=at)
    file_appeal(application=application, grounds="Le site principal est à Lens.", by=signer, at=at)
    application.refresh_from_db()
    return application
