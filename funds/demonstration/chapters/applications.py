"""Files of project holders: a call, drafts under way, and files at each point of their instruction.

What the committee and the evaluators decide is told by their own chapters.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from reportlab.pdfgen.canvas import Canvas

from fres.kernel import clock
from fres.kernel.states import advance
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.region import Region, make_organisation
from investors.models import User
from projects.applications import concluding, drafts, instruction
from projects.applications.appeals import decide_appeal, file_appeal
from projects.applications.calls import open_call, schema_of
from projects.applications.consistency import YEARS
from projects.applications.eligibility import Rule
from projects.applications.submitting import submit_application
from projects.indicators.loading import load_indicators
from projects.models import Application, Call, Membership, Organisation
from projects.states import APPROVE, ApplicationState

YEAR_ROUND, SUMMER = "projets-utiles-au-territoire", "cantines-et-circuits-courts-2026"
ADVISERS = cast.Company(
    "Boutique de gestion des Beffrois", "Association", "000001206", cast.ARRAS, "6 place du Beffroi",
    "Accompagner la création et la reprise d’activités de l’économie sociale et solidaire.", "",
    "porteur.beffrois@fres.example", "Étienne Caudron",
)  # fmt: skip
ADVISER_EMAIL = "accompagnement@fres.example"


@dataclass(frozen=True)
class File:
    """One file of the story. `euros`: asked of the savers; half as much comes from its own funds."""

    title: str
    holder: cast.Company
    theme: str
    summary: str
    euros: int
    place: cast.Place

    @property
    def cents(self) -> int:
        return self.euros * 100


TOURING = File(
    "Une tournée des villages", cast.THEATRE, "culture", "Jouer dans douze villages qui n’ont plus de salle.", 18_000,
    cast.SAINT_QUENTIN,
)  # fmt: skip
COLD_ROOM = File(
    "Une chambre froide pour les cantines", cast.GARDEN, "food", "Garder les légumes deux semaines de plus.", 36_000,
    cast.CALAIS,
)  # fmt: skip
HANDBIKES = File(
    "Des vélos pour tous les corps", cast.BICYCLES, "industry", "Un atelier de vélos adaptés, fabriqués ici.", 54_000,
    cast.AMIENS,
)  # fmt: skip
STUDIOS = File(
    "Six studios au-dessus du port", cast.HOUSING, "housing", "Loger six apprentis près de leur travail.", 120_000,
    cast.DUNKERQUE,
)  # fmt: skip
TRADING = File(
    "Revendre des machines neuves", cast.WORKSHOP, "industry", "Ouvrir un rayon de machines neuves.", 40_000,
    cast.ROUBAIX,
)  # fmt: skip
LAUNDRY = File(
    "Une laverie d’insertion", cast.WORKSHOP, "integration", "Quinze postes d’insertion dans une laverie de quartier.",
    66_000, cast.ROUBAIX,
)  # fmt: skip
DAIRY = File(
    "L’atelier de la crème", cast.GROCERY, "food", "Transformer sur place le lait de quatre fermes.", 48_000,
    cast.AVESNES,
)  # fmt: skip
WIND = File(
    "Une éolienne citoyenne", cast.SOLAR, "energy", "Étudier une éolienne portée par les habitants.", 90_000, cast.LOOS,
)  # fmt: skip
MILL = File(
    "Moudre le blé du bassin", cast.BAKERY, "food", "Un moulin pour les blés de six fermes voisines.", 75_000,
    cast.LENS,
)  # fmt: skip
SUMMER_CAMP = File(
    "Un chantier d’été au jardin", cast.GARDEN, "integration", "Former vingt jeunes pendant l’été.", 12_000,
    cast.CALAIS,
)  # fmt: skip
WORKSHOP_ON_WHEELS = File(
    "Un atelier qui roule", cast.BICYCLES, "industry", "Réparer les vélos au pied des immeubles.", 27_000, cast.AMIENS,
)  # fmt: skip
TWICE = File(
    "Un atelier qui roule (saisi deux fois)", cast.BICYCLES, "industry", "Réparer les vélos au pied des immeubles.",
    27_000, cast.AMIENS,
)  # fmt: skip
SHOWROOM = File(
    "Un magasin de machines neuves", cast.WORKSHOP, "industry", "Vendre des machines neuves en centre-ville.", 30_000,
    cast.ROUBAIX,
)  # fmt: skip
OLD_ROOF = File(
    "Le toit de la salle des fêtes", cast.SOLAR, "energy", "Couvrir de panneaux la salle des fêtes.", 60_000,
    cast.LOOS,
)  # fmt: skip


def _open_calls(region: Region, at: datetime) -> None:
    load_indicators()
    common: dict[str, Any] = {
        "fund_uuid": region.fund.uuid, "fund_name": region.fund.name, "region_code": cast.REGION, "by": region.manager,
        "at": at, "contact_email": "gestion@fres.example",
    }  # fmt: skip
    open_call(
        slug=YEAR_ROUND,
        title="Projets utiles au territoire",
        summary="Toute l’année, tous les thèmes, de 5 000 à 500 000 €.",
        description="Le fonds cherche des projets de l’économie sociale et solidaire que la banque ne finance pas "
        "seule, portés ici, utiles ici, accompagnés et suivis.",
        opens_at=at,
        closes_at=None,
        **common,
    )
    organisation = make_organisation(ADVISERS, operator=region.operator, evaluator=region.manager, at=at)
    adviser = User.objects.get(email=ADVISER_EMAIL)
    Membership.objects.create(organisation=organisation, user=adviser, joined_on=clock.local(at).date())


def _open_summer_call(region: Region, at: datetime) -> None:
    open_call(
        slug=SUMMER,
        title="Cantines et circuits courts",
        summary="Relier les fermes du territoire à ses cantines.",
        description="Transformer, stocker, livrer : ce qui manque entre une ferme et une cantine.",
        fund_uuid=region.fund.uuid,
        fund_name=region.fund.name,
        region_code=cast.REGION,
        opens_at=at,
        closes_at=datetime(2026, 12, 19, 23, 59, tzinfo=clock.PARIS),
        by=region.manager,
        at=at,
        contact_email="gestion@fres.example",
    )


# What each file goes through, act after act


def _begin(file: File, at: datetime) -> Application:
    organisation = Organisation.objects.get(party__siren=file.holder.siren)
    return drafts.start_application(
        organisation=organisation, call=Call.objects.get(slug=YEAR_ROUND), title=file.title, summary=file.summary,
        theme=file.theme, commune_code=file.place.commune, postal_code=file.place.postal_code, by=_holder(file), at=at,
    )  # fmt: skip


def _write(file: File, at: datetime) -> Application:
    """Fill in every section and join the pieces."""
    application, by = _begin(file, at), _holder(file)
    answers = _answers(file, clock.local(at).year)
    if application.form is None:
        raise ValueError("a draft has a form")
    for section in schema_of(application.form).sections:
        known = {field.code: answers[field.code] for field in section.fields if field.code in answers}
        row = application.sections.filter(section=section.code).first()
        drafts.save_section(
            application=application,
            section=section.code,
            answers=known,
            revision=row.revision if row else 0,
            by=by,
            at=at,
        )
    for field, title in (("statutes", "Statuts"), ("registration", "Extrait"), ("closed_accounts", "Comptes annuels")):
        sent = SimpleUploadedFile(f"{field}.pdf", _pdf(f"{title}, {file.holder.name}"))
        drafts.join_piece(application=application, field=field, file=sent, by=by, at=at)
    return application


def _send(file: File, at: datetime) -> Application:
    application = _write(file, at - timedelta(hours=2))
    submit_application(application=application, by=_holder(file), at=at)
    return _file(file)


def _assign(file: File, region: Region, at: datetime) -> None:
    instruction.assign_applications(applications=[_file(file)], instructor=_instructor(), by=region.manager, at=at)


def _find_eligible(file: File, region: Region, at: datetime) -> None:
    _assign(file, region, at)
    findings = {rule.value: {"met": True, "comment": ""} for rule in Rule}
    instruction.check_eligibility(application=_file(file), findings=findings, by=_instructor(), at=at)


def _find_ineligible(file: File, region: Region, at: datetime) -> None:
    _assign(file, region, at)
    findings = {rule.value: {"met": rule != Rule.EXCLUSIONS, "comment": ""} for rule in Rule}
    instruction.check_eligibility(
        application=_file(file), findings=findings, by=_instructor(), at=at, code="NOT_THE_RIGHT_TOOL",
        reason="L’achat et la revente de marchandises neuves se financent par un crédit de trésorerie ordinaire.",
        next_step="Demandez un crédit de campagne à votre banque ; la Boutique de gestion des Beffrois vous aide à le "
        "présenter. L’atelier de réparation, lui, a sa place ici.",
    )  # fmt: skip


def _ask(file: File, at: datetime) -> None:
    instruction.ask_questions(
        application=_file(file),
        questions=[
            ("budget", "Le devis du matériel date de plus d’un an : en avez-vous un plus récent ?"),
            ("engineering", "Que devient l’échéancier si la subvention arrive six mois plus tard ?"),
        ],
        by=_instructor(),
        at=at,
    )


def _answer(file: File, at: datetime) -> None:
    asked = _file(file).question_rounds.get(answered_at=None)
    said = ("Oui, joint au dossier : le prix n’a pas changé.", "Nos fonds propres couvrent deux échéances.")
    answers = {question.uuid: text for question, text in zip(asked.questions.all(), said, strict=True)}
    instruction.answer_questions(application=_file(file), answers=answers, by=_holder(file), at=at)


def _study(file: File, at: datetime) -> None:
    """A message, an opinion, a visit that was made."""
    application, by = _file(file), _instructor()
    instruction.post_message(
        application=application, text="Pouvons-nous visiter le local mardi ?", is_from_fund=True, by=by, at=at
    )
    instruction.post_message(
        application=application, text="Oui, à 10 h, avec notre présidente.", is_from_fund=False, by=_holder(file), at=at
    )
    opinion = concluding.ask_opinion(
        application=application,
        expert="Réseau régional de l’insertion",
        subject="Les débouchés des salariés",
        by=by,
        at=at,
    )
    concluding.record_opinion(
        opinion=opinion, verdict="reserved", by=by, at=at,
        text="Débouchés réels, à condition de signer les deux conventions avec les hôtels avant l’ouverture.",
    )  # fmt: skip
    day = clock.local(at).date()
    visit = concluding.plan_visit(application=application, planned_on=day, place=file.place.city, by=by, at=at)
    concluding.report_visit(
        visit=visit, visited_on=day, people_met="Présidence, direction, deux salariés", by=by, at=at,
        report="Local sain, bail de neuf ans à signer. Équipe solide ; la trésorerie de départ est courte.",
    )  # fmt: skip


def _conclude(file: File, at: datetime) -> None:
    points = {
        "viability": "Équilibre dès la deuxième année, prudent sur les ventes.",
        "social_use": "Utile à des familles et à des salariés que rien d’autre ne sert ici.",
        "governance": "Conseil élu, une voix par personne, comptes présentés aux usagers.",
        "carrier": "Équipe en place depuis quatre ans.",
        "additionality": "Deux refus bancaires, faute de garantie.",
        "accompaniment": "Suivi mensuel par la Boutique de gestion des Beffrois.",
        "without_visit_because": "Lieu visité l’an dernier pour un autre dossier.",
        "proposed_conditions": "Bail signé avant le versement.",
        "advice": "conditional",
    }
    concluding.save_note(application=_file(file), points=points, by=_instructor(), at=at)
    concluding.send_to_committee(application=_file(file), by=_instructor(), at=at)


def _approved_on_paper(file: File, at: datetime) -> None:
    """The committee of the fund's first spring kept its minutes on paper."""
    member = User.objects.get(email="comite@fres.example")
    advance(_file(file), APPROVE, by=member, at=at, reason="Procès-verbal papier du premier comité, repris.")


def _contest(file: File, at: datetime) -> None:
    grounds = "Les machines neuves ne sont qu’un produit d’appel : neuf machines vendues sur dix sont réparées ici."
    file_appeal(application=_file(file), grounds=grounds, by=_holder(file), at=at)


def _dismiss(file: File, region: Region, at: datetime) -> None:
    appeal = _file(file).refusals.order_by("pk")[0].appeal
    decide_appeal(
        appeal=appeal, is_accepted=False, by=region.manager, at=at,
        answer="Le plan d’affaires joint montre des ventes neuves pour les deux tiers du chiffre.",
        next_step="Présentez l’atelier seul : ce dossier se copie, vos réponses y restent.",
    )  # fmt: skip


def _answers(file: File, year: int) -> dict[str, Any]:
    own = file.cents // 2
    base = file.cents + own
    running = base // 10
    adviser = Organisation.objects.get(party__siren=ADVISERS.siren)
    account = {"income": 24_000_000, "charges": 23_400_000, "result": 600_000, "debts": 3_000_000, "cash": 2_400_000}
    return {
        "project_title": file.title,
        "project_summary": file.summary,
        "project_purpose": f"{file.summary} L’argent paie le matériel, l’aménagement et le démarrage.",
        "project_theme": file.theme,
        "project_commune": {"postal_code": file.place.postal_code, "code": file.place.commune},
        "need": "Enquête menée auprès de cent vingt habitants et de huit partenaires du territoire.",
        "calendar": [
            {"step": "Signature des contrats", "on": f"{year + 1}-02-01"},
            {"step": "Ouverture", "on": f"{year + 1}-06-01"},
        ],
        "maturity": "closed_years",
        "ess_status": "statutory",
        "team": "Une direction, une comptable à mi-temps, huit salariés.",
        "governance": "Conseil élu par l’assemblée générale, réuni chaque mois ; usagers et salariés y votent.",
        "stakeholders_vote": 3,
        "pay_ratio": "2.4",
        "insolvency": False,
        "accompanying_body": str(adviser.uuid),
        "accompaniment": "Plan d’affaires, tableau de bord, une visite par mois la première année.",
        "asked_bank": True,
        "bank_refusals": [
            {
                "bank": "Banque de l’Escaut", "asked_on": f"{year}-01-20", "amount": file.cents, "answer": "guarantee",
                "reason": "Aucune garantie réelle.",
            },
        ],
        "first_year": year + 1,
        "charges": [
            {"kind": "investment", "label": "Matériel et aménagement", "year1": base},
            {"kind": "wages", "label": "Animation", "year1": running, "year2": running, "year3": running},
        ],
        "resources": [
            {"kind": "citizens", "label": "Prêts des habitants", "status": "asked", "year1": file.cents},
            {"kind": "own", "label": "Réserves", "status": "acquired", "year1": own},
            {"kind": "sales", "label": "Ventes", "status": "planned"} | dict.fromkeys(YEARS, running),
        ],
        "assumptions": "Devis de l’automne, contrats signés pour la moitié des ventes.",
        "accounts": [
            account | {"year": year - 3 + rank, "equity": 4_000_000 + 600_000 * rank} for rank in range(3)
        ],
        "instruments": [
            {
                "instrument": "citizen_loan", "provider": "Épargnants du fonds", "amount": file.cents,
                "on": f"{year + 1}-02-01", "status": "asked", "terms": "48 mois",
            },
            {
                "instrument": "own_funds", "provider": "Réserves", "amount": own, "on": f"{year}-12-31",
                "status": "acquired",
            },
        ],
        "has_guarantee": False,
        "no_guarantee": "Le matériel se revend aux deux tiers de son prix ; le reste serait perdu pour les épargnants.",
        "engineering_by": "La direction, avec la Boutique de gestion des Beffrois",
        "engineering_paid": "public",
        "engineering_cost": 240_000,
        "repayment": "La marge des ventes nouvelles, et les loyers économisés.",
        "balises_version": "BALISES@2",
        **{
            f"balise2_{rank:02}": {"level": (rank * 7) % 4, "evidence": "Décrit dans le rapport d’activité."}
            for rank in range(1, 11)
        },
        "main_domain": "employment",
        "forecast": [
            {
                "indicator": "EMP-01", "stakeholder": "Salariés", "baseline": "8", "target": "10.5",
                "target_year": year + 3, "method": "Contrats au 31 décembre",
            },
            {
                "indicator": "EMP-04", "stakeholder": "Salariés", "baseline": "6", "baseline_denominator": "8",
                "target": "9", "target_denominator": "10.5", "target_year": year + 3, "method": "Contrats",
            },
        ],
        "beneficiaries": "Les habitants du quartier et les salariés ; personne n’y perd un service.",
        "evaluation": "Un comité d’usagers lit les chiffres deux fois par an.",
    }  # fmt: skip


def _pdf(title: str) -> bytes:
    """Return a small PDF, the same bytes each time."""
    written = io.BytesIO()
    canvas = Canvas(written, invariant=1)
    canvas.drawString(72, 760, title)
    canvas.save()
    return written.getvalue()


def _holder(file: File) -> User:
    return User.objects.get(email=file.holder.holder_email)


def _instructor() -> User:
    return User.objects.get(email="instruction@fres.example")


def _file(file: File) -> Application:
    return Application.objects.get(project__title=file.title)


def _act(day: date, file: File, do: Callable[[Region, datetime], object], *, since: str = "") -> Act:
    """An act on a file, done once the file is there, or has left the state `since`."""

    def is_done(region: Region) -> bool:
        found = Application.objects.filter(project__title=file.title).first()
        return found is not None and (not since or found.state != since)

    def lived(region: Region, at: datetime) -> None:
        do(region, at)

    return Act(day, lived, is_done)


def _study_once(region: Region) -> bool:
    return Application.objects.filter(project__title=LAUNDRY.title, messages__isnull=False).exists()


A = ApplicationState
ACTS: tuple[Act, ...] = (
    Act(date(2024, 1, 22), _open_calls, lambda region: Call.objects.filter(slug=YEAR_ROUND).exists()),
    Act(date(2026, 9, 1), _open_summer_call, lambda region: Call.objects.filter(slug=SUMMER).exists()),
    # 2024: approved by the first committee, never labelled: the approval lapses by itself after twelve months
    _act(date(2024, 2, 5), OLD_ROOF, lambda region, at: _send(OLD_ROOF, at)),
    _act(date(2024, 2, 12), OLD_ROOF, lambda region, at: _find_eligible(OLD_ROOF, region, at), since=A.SUBMITTED),
    _act(date(2024, 3, 11), OLD_ROOF, lambda region, at: _conclude(OLD_ROOF, at), since=A.UNDER_REVIEW),
    _act(date(2024, 3, 25), OLD_ROOF, lambda region, at: _approved_on_paper(OLD_ROOF, at), since=A.IN_COMMITTEE),
    # 2025: questions that nobody answered; an appeal that was dismissed
    _act(date(2025, 2, 3), WIND, lambda region, at: _send(WIND, at)),
    _act(date(2025, 2, 10), WIND, lambda region, at: _find_eligible(WIND, region, at), since=A.SUBMITTED),
    _act(date(2025, 2, 24), WIND, lambda region, at: _ask(WIND, at), since=A.UNDER_REVIEW),
    _act(date(2025, 5, 5), SHOWROOM, lambda region, at: _send(SHOWROOM, at)),
    _act(date(2025, 5, 12), SHOWROOM, lambda region, at: _find_ineligible(SHOWROOM, region, at), since=A.SUBMITTED),
    _act(date(2025, 5, 26), SHOWROOM, lambda region, at: _contest(SHOWROOM, at), since=A.INELIGIBLE),
    _act(date(2025, 6, 16), SHOWROOM, lambda region, at: _dismiss(SHOWROOM, region, at), since=A.APPEALED),
    # 2026: one file at each point
    _act(date(2026, 6, 1), SUMMER_CAMP, lambda region, at: _send(SUMMER_CAMP, at)),
    _act(
        date(2026, 6, 15), SUMMER_CAMP,
        lambda region, at: drafts.withdraw(
            application=_file(SUMMER_CAMP), reason="La ville finance le chantier.", by=_holder(SUMMER_CAMP), at=at
        ),
        since=A.SUBMITTED,
    ),
    _act(date(2026, 7, 6), MILL, lambda region, at: _send(MILL, at)),
    _act(date(2026, 7, 13), MILL, lambda region, at: _find_eligible(MILL, region, at), since=A.SUBMITTED),
    _act(date(2026, 7, 20), MILL, lambda region, at: _ask(MILL, at), since=A.UNDER_REVIEW),
    _act(date(2026, 8, 3), MILL, lambda region, at: _answer(MILL, at), since=A.QUESTIONED),
    _act(date(2026, 9, 7), MILL, lambda region, at: _conclude(MILL, at), since=A.UNDER_REVIEW),
    _act(date(2026, 9, 21), LAUNDRY, lambda region, at: _send(LAUNDRY, at)),
    _act(date(2026, 9, 28), LAUNDRY, lambda region, at: _find_eligible(LAUNDRY, region, at), since=A.SUBMITTED),
    Act(date(2026, 10, 19), lambda region, at: _study(LAUNDRY, at), _study_once),
    _act(date(2026, 10, 12), DAIRY, lambda region, at: _send(DAIRY, at)),
    _act(date(2026, 10, 19), DAIRY, lambda region, at: _find_eligible(DAIRY, region, at), since=A.SUBMITTED),
    _act(date(2026, 11, 2), DAIRY, lambda region, at: _ask(DAIRY, at), since=A.UNDER_REVIEW),
    _act(date(2026, 10, 26), STUDIOS, lambda region, at: _send(STUDIOS, at)),  # nobody took it: it is late
    _act(date(2026, 10, 26), TRADING, lambda region, at: _send(TRADING, at)),
    _act(date(2026, 11, 2), TRADING, lambda region, at: _find_ineligible(TRADING, region, at), since=A.SUBMITTED),
    _act(date(2026, 11, 9), TRADING, lambda region, at: _contest(TRADING, at), since=A.INELIGIBLE),
    _act(date(2026, 11, 9), WORKSHOP_ON_WHEELS, lambda region, at: _send(WORKSHOP_ON_WHEELS, at)),
    _act(
        date(2026, 11, 16), WORKSHOP_ON_WHEELS,
        lambda region, at: _find_ineligible(WORKSHOP_ON_WHEELS, region, at), since=A.SUBMITTED,
    ),
    _act(date(2026, 11, 9), TWICE, lambda region, at: _send(TWICE, at)),
    _act(
        date(2026, 11, 10), TWICE,
        lambda region, at: drafts.cancel(
            application=_file(TWICE), reason="Saisi deux fois par erreur.", at=at,
            by=User.objects.get(email="administration@fres.example"),
        ),
        since=A.SUBMITTED,
    ),
    _act(date(2026, 11, 16), HANDBIKES, lambda region, at: _send(HANDBIKES, at)),
    _act(date(2026, 11, 2), COLD_ROOM, lambda region, at: _write(COLD_ROOM, at)),  # filled in, not sent
    _act(date(2026, 11, 18), TOURING, lambda region, at: _begin(TOURING, at)),
)  # fmt: skip
