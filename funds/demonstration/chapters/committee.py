"""The committee: founded and drawn in 2024; one session held, with a recusal, a veto, an adjournment; one to come."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from fres.kernel import clock
from fres.kernel.states import advance
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.region import Region, give_second_factor, make_member, make_saver
from investors.models import Party, User
from projects.committee.deciding import decide, meet_condition
from projects.committee.declaring import declare_interest, review_file
from projects.committee.founding import (
    CollegePlan,
    GridLine,
    add_axis,
    draw_seats,
    fill_seat,
    found_committee,
    publish_grid,
)
from projects.committee.minutes import seal_minutes, sign_minutes
from projects.committee.minutes_content import gather_minutes
from projects.committee.sessions import (
    convene_session,
    end_session,
    mark_present,
    open_session,
    plan_session,
    put_on_agenda,
    write_deliberation,
    write_notes,
)
from projects.committee.states import SessionState
from projects.committee.voting import cast_vote, close_ballot, open_ballot
from projects.models import (
    AgendaItem,
    Application,
    Committee,
    ConflictDeclaration,
    Decision,
    InstructionNote,
    Membership,
    Organisation,
    Project,
    SchemeAxis,
    Seat,
    Session,
    Theme,
)
from projects.states import BRING_BACK, SEND_TO_COMMITTEE, START_REVIEW, SUBMIT, ApplicationState

NAME = "Comité d’engagement"
SCHEME = "Schéma régional de développement économique 2022-2028"
CHAIR, SECRETARY, INSTRUCTOR = "comite@fres.example", "gestion@fres.example", "instruction@fres.example"
PLACE = "Maison de l’économie solidaire, Lille"
HELD_AT = datetime.combine(date(2026, 9, 28), time(9, 30), tzinfo=clock.PARIS)
COMING_AT = datetime.combine(date(2026, 11, 26), time(14, 0), tzinfo=clock.PARIS)

SAVERS, REGION, BANKS, ACTORS = "Épargnants", "Région et collectivités", "Banques", "Acteurs solidaires"
COLLEGES = (
    CollegePlan(SAVERS, 3_500), CollegePlan(REGION, 2_500), CollegePlan(BANKS, 2_000), CollegePlan(ACTORS, 2_000),
)  # fmt: skip
GRID = (
    GridLine(
        "C1", "Utilité sociale démontrée", 2_000, is_veto=True, help_text="À qui le projet sert, ce qu’il change."
    ),
    GridLine("C2", "Ancrage dans le territoire", 1_500, help_text="Lieux, partenaires, ressources d’ici."),
    GridLine("C3", "Gouvernance démocratique", 1_500, is_veto=True, help_text="Qui décide, avec quelles voix."),
    GridLine("C4", "Modèle économique tenable", 2_000, help_text="Équilibre, clients, capacité à rembourser."),
    GridLine("C5", "Lucrativité limitée", 1_000, help_text="Ce que deviennent les bénéfices."),
    GridLine("C6", "Emploi et conditions de travail", 1_000, help_text="Contrats, écarts de salaire, formation."),
    GridLine("C7", "Sobriété, climat", 1_000, help_text="Énergie, matières, transports."),
)
AXES = (
    ("A1", "Développer l’économie de proximité"),
    ("A2", "Accélérer la transition écologique"),
    ("A3", "Ouvrir l’emploi à ceux qui en sont loin"),
)


@dataclass(frozen=True)
class Member:
    email: str
    name: str
    college: str
    stands_for: str


MEMBERS = (
    Member("elue@fres.example", "Martine Flament", REGION, "Conseil régional"),
    Member("comite.agglo@fres.example", "Bruno Leclercq", REGION, "Communautés d’agglomération"),
    Member("comite.banque@fres.example", "Hugues Mercier", BANKS, "Banque coopérative des Beffrois"),
    Member("comite.banque.deux@fres.example", "Lise Wattel", BANKS, "Caisse solidaire du Ternois"),
    Member(CHAIR, "Odile Carpentier", ACTORS, "Réseau régional de l’économie solidaire"),
    Member("comite.scop@fres.example", "Fatou Diarra", ACTORS, "Union des coopératives"),
)


@dataclass(frozen=True)
class File:
    """A file sent to committee: project, what is asked, what the instruction says, scores of its readers."""

    slug: str
    title: str
    holder: cast.Company
    place: cast.Place
    theme: Theme
    summary: str
    purpose: str
    euros: int
    advice: str
    viability: str
    scores: tuple[tuple[int, ...], ...]


BAKERY = File(
    "la-fournee-commune-moulin", "La Fournée commune : un moulin de quartier", cast.BAKERY, cast.LENS, Theme.FOOD,
    "Moudre sur place le blé de dix fermes voisines.", "Acheter un moulin à meules et aménager l’arrière-boutique.",
    42_000, InstructionNote.Advice.CONDITIONAL, "Marge suffisante dès la deuxième année ; le bail reste à signer.",
    ((4, 4, 3, 3, 4, 3, 3), (3, 4, 3, 2, 4, 3, 4), (4, 4, 4, 3, 4, 2, 3)),
)  # fmt: skip
BICYCLES = File(
    "cycles-de-somme-depot", "Cycles de Somme : un dépôt franchisé", cast.BICYCLES, cast.AMIENS, Theme.INDUSTRY,
    "Ouvrir un dépôt sous l’enseigne d’un groupe national.", "Payer le droit d’entrée et l’agencement du dépôt.",
    60_000, InstructionNote.Advice.UNFAVOURABLE, "Le contrat laisse les décisions au franchiseur.",
    ((1, 2, 0, 3, 1, 2, 3), (2, 2, 0, 3, 2, 2, 3), (1, 1, 1, 2, 1, 2, 3)),
)  # fmt: skip
HOUSING = File(
    "habiter-la-dune-atelier", "Habiter la dune : un atelier partagé", cast.HOUSING, cast.DUNKERQUE, Theme.HOUSING,
    "Un atelier de bricolage au pied de la résidence.", "Équiper l’atelier et payer deux ans d’animation.",
    18_000, InstructionNote.Advice.FAVOURABLE, "Charges couvertes par les loyers ; le permis n’est pas obtenu.",
    ((4, 4, 4, 1, 4, 3, 3), (3, 4, 4, 4, 4, 3, 3), (4, 3, 4, 2, 4, 3, 4)),
)  # fmt: skip
THEATRE = File(
    "theatre-des-ruelles-itinerance", "Le Théâtre des Ruelles : une scène sur roues", cast.THEATRE,
    cast.SAINT_QUENTIN, Theme.CULTURE, "Jouer dans les villages qui n’ont plus de salle.",
    "Aménager une remorque en scène et en gradins.", 25_000, InstructionNote.Advice.FAVOURABLE,
    "Tournée financée aux deux tiers par les communes.",
    ((4, 4, 3, 3, 4, 3, 3),),
)  # fmt: skip
HELD, COMING = (BAKERY, BICYCLES, HOUSING), (HOUSING, THEATRE)


def _user(email: str) -> User:
    return User.objects.get(email=email)


def _committee(region: Region) -> Committee | None:
    return Committee.objects.filter(fund_uuid=region.fund.uuid, name=NAME).first()


def _session(starts_at: datetime) -> Session | None:
    return Session.objects.filter(starts_at=starts_at, committee__name=NAME).select_related("committee").first()


def _held() -> Session:
    return Session.objects.select_related("committee", "chair__user", "secretary").get(starts_at=HELD_AT)


def _item(session: Session, file: File) -> AgendaItem:
    return AgendaItem.objects.select_related("session", "application").get(
        session=session, application__project__slug=file.slug
    )


def _seats(session: Session) -> list[Seat]:
    return list(session.committee.seats.select_related("user").order_by("college__rank", "pk"))


def found(region: Region, at: datetime) -> None:
    """Found the committee, draw two savers, seat the others, publish the grid and the axes."""
    on, manager = clock.local(at).date(), region.manager
    committee = found_committee(
        fund_uuid=region.fund.uuid, name=NAME, colleges=COLLEGES, tie_rule=Committee.TieRule.ADJOURN, at=at
    )
    colleges = {college.name: college for college in committee.colleges.all()}
    pool = []
    for card in cast.savers(12):
        party = Party.objects.filter(user__email=card.email).first() or make_saver(card, at=at)
        if party.user is not None:
            pool.append(party.user)
    _draw, drawn = draw_seats(
        college=colleges[SAVERS], pool=pool, places=2, seed="4 17 23 31 38 (9)",
        seed_source="Tirage public du samedi 10 février 2024", by=manager, at=at,
    )  # fmt: skip
    for seat in drawn:
        give_second_factor(seat.user)
    for member in MEMBERS:
        user = User.objects.filter(email=member.email).first() or make_member(member.email, member.name, at=at)
        give_second_factor(user)
        fill_seat(
            college=colleges[member.college], user=user, how=Seat.How.APPOINTED, stands_for=member.stands_for,
            by=manager, on=on,
        )  # fmt: skip
    publish_grid(committee=committee, name="Grille du comité", scale_max=4, lines=GRID, by=manager, at=at)
    for code, label in AXES:
        add_axis(fund_uuid=region.fund.uuid, scheme=SCHEME, code=code, label=label, valid_from=on)


def _send(file: File, region: Region, at: datetime) -> Application:
    """Make a file and send it to committee: submitted by its holder, instructed by one person."""
    organisation = Organisation.objects.get(party__siren=file.holder.siren)
    holder = Membership.objects.filter(organisation=organisation, is_legal_representative=True).earliest("pk").user
    instructor = _user(INSTRUCTOR)
    project = Project.objects.create(
        slug=file.slug, organisation=organisation, title=file.title, summary=file.summary, purpose=file.purpose,
        theme=file.theme, commune_code=file.place.commune,
    )  # fmt: skip
    application = Application.objects.create(
        organisation=organisation, project=project, requested_cents=file.euros * 100, created_by=holder, created_at=at
    )
    InstructionNote.objects.create(
        application=application, viability=file.viability, social_use=file.summary,
        governance="Une personne, une voix." if file is not BICYCLES else "Les décisions reviennent au franchiseur.",
        carrier="Équipe en place, deux ans d’activité.", additionality="Deux banques ont refusé, lettres jointes.",
        accompaniment="Suivi par le réseau régional.", without_visit_because="Lieu connu du fonds.",
        advice=file.advice, written_by=instructor, saved_at=at, signed_at=at,
    )  # fmt: skip
    application = advance(application, SUBMIT, by=holder, at=at, submitted_at=at)
    application = advance(application, START_REVIEW, by=instructor, at=at, review_started_at=at)
    return advance(application, SEND_TO_COMMITTEE, by=instructor, at=at, sent_to_committee_at=at)


def convene_held(region: Region, at: datetime) -> None:
    _convene(region, at, HELD_AT, HELD)


def convene_coming(region: Region, at: datetime) -> None:
    _convene(region, at, COMING_AT, COMING)


def _convene(region: Region, at: datetime, starts_at: datetime, files: tuple[File, ...]) -> None:
    committee = _committee(region)
    assert committee is not None
    chair = committee.seats.get(user__email=CHAIR)
    session = plan_session(
        committee=committee, starts_at=starts_at, place=PLACE, chair=chair, secretary=_user(SECRETARY), at=at
    )
    for file in files:
        application = Application.objects.filter(project__slug=file.slug).first()
        if application is None:
            application = _send(file, region, at)
        elif application.state == ApplicationState.ADJOURNED:
            application = advance(application, BRING_BACK, by=_user(INSTRUCTOR), at=at)
        put_on_agenda(session=session, application=application)
    convene_session(session=session, by=session.secretary, at=at)


def _read(session: Session, file: File, at: datetime, *, recused: str = "", reason: str = "") -> None:
    """Everyone declares on a file, one withdraws; the first who may read it score it."""
    item, readers = _item(session, file), []
    for seat in _seats(session):
        if seat.user.email == recused:
            declare_interest(item=item, by=seat.user, kind=ConflictDeclaration.Kind.CONFLICT, reason=reason, at=at)
            continue
        declare_interest(item=item, by=seat.user, kind=ConflictDeclaration.Kind.NONE, at=at)
        readers.append(seat.user)
    for user, scores in zip(reversed(readers), file.scores, strict=False):
        codes = (line.code for line in GRID)
        review_file(item=item, by=user, scores=dict(zip(codes, scores, strict=True)), at=at)


def read_held(region: Region, at: datetime) -> None:
    session = _held()
    _read(
        session, BAKERY, at, recused="comite.banque@fres.example", reason="Ma banque prête déjà à La Fournée commune."
    )
    _read(session, BICYCLES, at)
    _read(session, HOUSING, at)


def read_coming(region: Region, at: datetime) -> None:
    """Some have declared for the coming session, one has scored, the others are still to read."""
    session = _session(COMING_AT)
    assert session is not None
    item = _item(session, THEATRE)
    for seat in _seats(session)[-3:]:
        declare_interest(item=item, by=seat.user, kind=ConflictDeclaration.Kind.NONE, at=at)
    codes = [line.code for line in GRID]
    scores = dict(zip(codes, THEATRE.scores[0], strict=True))
    review_file(item=item, by=_user("comite.scop@fres.example"), scores=scores, comment="Tournée crédible.", at=at)


def hold(region: Region, at: datetime) -> None:
    """Hold the session: approved under conditions, refused by veto, adjourned on a tie; then end it."""
    session = _held()
    session = open_session(session=session, by=session.secretary, at=at)
    for seat in _seats(session):
        mark_present(session=session, seat=seat, by=session.secretary, at=at)
    axes = {axis.code: axis for axis in SchemeAxis.objects.filter(fund_uuid=region.fund.uuid)}
    _vote(session, BAKERY, "approve", "yyyyyyn", at + timedelta(minutes=30))
    decide(
        item=_item(session, BAKERY), outcome="approve", axis=axes["A1"],
        motive="Le moulin relie dix fermes et le quartier ; l’équilibre est établi.",
        conditions=("Bail de l’arrière-boutique signé pour neuf ans.", "Devis du moulin confirmé par le fournisseur."),
        by=session.chair.user, at=at + timedelta(minutes=40),
    )  # fmt: skip
    _vote(session, BICYCLES, "refuse", "yyyyyyyy", at + timedelta(minutes=60))
    decide(
        item=_item(session, BICYCLES), outcome="refuse", axis=axes["A1"],
        motive="La gouvernance démocratique est absente : le contrat de franchise décide à la place des salariés.",
        refusal_code="CRITERION_ABSENT",
        next_step="Représenter un dépôt sans franchise, ou demander un accompagnement à l’union des coopératives.",
        by=session.chair.user, at=at + timedelta(minutes=70),
    )  # fmt: skip
    write_deliberation(
        item=_item(session, HOUSING), by=session.secretary,
        text="Les avis diffèrent sur le modèle économique. Le comité veut lire le permis avant de décider.",
    )  # fmt: skip
    _vote(session, HOUSING, "adjourn", "yyyyynyn", at + timedelta(minutes=90))
    decide(
        item=_item(session, HOUSING), outcome="adjourn", axis=axes["A2"],
        motive="Le permis d’aménager n’est pas obtenu : le dossier revient avec lui.",
        by=session.chair.user, at=at + timedelta(minutes=95),
    )  # fmt: skip
    write_notes(session=session, text="La prochaine séance se tient le 26 novembre 2026.", by=session.secretary)
    end_session(session=session, by=session.chair.user, at=at + timedelta(minutes=100))


def _vote(session: Session, file: File, proposal: str, choices: str, at: datetime) -> None:
    """Vote in the order of the seats; who withdrew is passed over."""
    item, secretary = _item(session, file), session.secretary
    ballot = open_ballot(item=item, proposal=proposal, by=secretary, at=at)
    withdrawn = set(item.recusals.values_list("seat", flat=True))
    voters = [seat.user for seat in _seats(session) if seat.pk not in withdrawn]
    for user, choice in zip(voters, choices, strict=True):
        cast_vote(ballot=ballot, by=user, choice={"y": "yes", "n": "no"}[choice], at=at)
    close_ballot(ballot=ballot, by=secretary, at=at + timedelta(minutes=5))


def seal(region: Region, at: datetime) -> None:
    """Chair and secretary sign what was gathered, then it is sealed; one of the two conditions is met."""
    session = _held()
    for by in (session.chair.user, session.secretary):
        sign_minutes(session=session, content_sha256=gather_minutes(session).sha256, by=by, at=at)
    seal_minutes(session=session, by=session.secretary, at=at)
    condition = Decision.objects.get(item=_item(session, BAKERY)).conditions.get(rank=1)
    meet_condition(condition=condition, evidence="Bail signé le 1er octobre 2026", by=_user(INSTRUCTOR), at=at)


def _is_past(starts_at: datetime, *states: str) -> bool:
    session = _session(starts_at)
    return session is not None and session.state in states


def _was_read(starts_at: datetime) -> bool:
    return ConflictDeclaration.objects.filter(item__session__starts_at=starts_at).exists()


ACTS = (
    Act(date(2024, 2, 12), found, lambda region: _committee(region) is not None),
    Act(date(2026, 9, 7), convene_held, lambda region: _session(HELD_AT) is not None),
    Act(date(2026, 9, 21), read_held, lambda region: _was_read(HELD_AT)),
    Act(date(2026, 9, 28), hold, lambda region: _is_past(HELD_AT, SessionState.ENDED, SessionState.SEALED)),
    Act(date(2026, 10, 5), seal, lambda region: _is_past(HELD_AT, SessionState.SEALED)),
    Act(date(2026, 11, 9), convene_coming, lambda region: _session(COMING_AT) is not None),
    Act(date(2026, 11, 16), read_coming, lambda region: _was_read(COMING_AT)),
)
