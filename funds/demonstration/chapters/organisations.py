"""Organisations beside the campaigns: some in creation, one the register ignores, teams, a pole and circuits."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from djmoney.money import Money

from fres.kernel.models import Message
from funds.demonstration import cast
from funds.demonstration.chapters import Act
from funds.demonstration.region import Region, make_person
from investors.models import BeneficialOwner, User
from investors.officers import Owner, add_mandate, declare_owner
from projects.groupings.editing import (
    GroupingProfile,
    add_activity,
    add_carrier,
    add_resource,
    edit_grouping,
    end_grouping,
    found_grouping,
    record_benefit,
    start_grouping,
    write_programme_part,
)
from projects.groupings.membership import add_outside_member, propose_member, sign_membership
from projects.groupings.states import GroupingState
from projects.models import (
    CircuitCarrier,
    Grouping,
    Invitation,
    KeptAnswers,
    MemberBenefit,
    Organisation,
    ProgrammePart,
    RegisterEntry,
    SignOff,
    Tool,
)
from projects.models.groupings import GroupingKind, MemberType
from projects.organisations import diagnosis, eligibility
from projects.organisations.answers import keep_answers
from projects.organisations.identifiers import Numbers
from projects.organisations.places import Benefit, set_territories
from projects.organisations.profiles import (
    Profile,
    change_numbers,
    create_organisation,
    open_public_page,
    sign_off,
)
from projects.organisations.register_files import import_register
from projects.organisations.team import accept_invitation, invite_member, withdraw_invitation
from projects.organisations.tools import load_tools

REGISTER = Path(__file__).resolve().parents[3] / "data" / "register_demonstration.csv"
KITCHEN = Profile(
    name="La Cuisine des Corons",
    legal_name="La Cuisine des Corons",
    legal_category="5460",
    purpose="Cuisiner des repas de saison pour les cantines et les aînés du bassin minier.",
    commune="(62498)",
    address_line="14 rue des Corons",
    postal_code="62300",
    email="cuisine.corons@fres.example",
)
COUNTER = Profile(
    name="Le Comptoir des Deux Rives",
    legal_name="Le Comptoir des Deux Rives",
    legal_category="9220",
    purpose="Ouvrir un comptoir de réemploi et un café dans une ancienne filature.",
    commune="(59512)",
    postal_code="59100",
)
THREAD = Profile(
    name="L’Atelier du Fil",
    legal_name="L’Atelier du Fil",
    legal_category="5710",
    ess_status="DECLARED",
    purpose="Retisser des draps usés en toile de travail.",
    commune="(59512)",
    address_line="27 rue du Coton",
    postal_code="59100",
)
HIKERS = Profile(
    name="Les Pas de la Baie",
    legal_name="Les Pas de la Baie",
    legal_category="9220",
    purpose="Guider des sorties accessibles à tous dans la baie.",
    commune="(80001)",
    postal_code="80100",
)
POLE = GroupingProfile(
    name="Pôle des Terrils",
    purpose="Loger, nourrir et former ensemble dans le bassin minier, avec des moyens partagés.",
    commune="(62498)",
    perimeter=("246200364",),
    origins=("entrepreneurial", "citizen"),
    structures=("multi_sector",),
    purposes=("centre",),
    objectives=("pooling", "visibility"),
    strategy="Partager une cuisine, un atelier et un poste d’animation ; former vingt personnes par an ; "
    "acheter d’abord aux membres.",
    strategy_approved_on=date(2025, 4, 28),
    agreement_signed_on=date(2025, 5, 5),
    agreement_ends_on=date(2029, 5, 4),
    started_on=date(2025, 3, 24),
)
CANTEENS = GroupingProfile(
    name="Cantines de l’Avesnois",
    purpose="Fournir les cantines avec les fermes voisines, à un prix qui fait vivre chacun.",
    commune="(59036)",
    perimeter=("(59036)",),
    sector="FOOD",
    partner_territory="Thiérache, de l’autre côté de la limite du département",
    origins=("authority",),
    structures=("sector",),
    objectives=("circuit",),
)
SUNSHINE = GroupingProfile(
    name="Soleil partagé",
    purpose="Vendre aux voisins l’électricité des toits.",
    commune="(62528)",
    perimeter=("(62528)",),
    sector="ENERGY",
    origins=("citizen",),
    objectives=("circuit",),
)
POLE_PEOPLE = {
    cast.SOLAR: "porteur.soleil@fres.example",
    cast.GARDEN: "porteur.ancre@fres.example",
    cast.WORKSHOP: "porteur.remettre@fres.example",
}


def organisation(company: cast.Company) -> Organisation:
    return Organisation.objects.select_related("party").get(party__siren=company.siren)


def named(profile: Profile) -> Organisation:
    return Organisation.objects.select_related("party").get(name=profile.name)


def person(email: str) -> User:
    return User.objects.get(email=email)


def grouping(profile: GroupingProfile) -> Grouping:
    return Grouping.objects.get(name=profile.name)


def _create(profile: Profile, numbers: Numbers, *, email: str, name: str, at: datetime) -> None:
    create_organisation(
        profile=profile,
        numbers=numbers,
        by=make_person(email, name, at=at),
        is_legal_representative=True,
        function="chair",
        at=at,
    )


def _the_kitchen_is_being_created(_region: Region, at: datetime) -> None:
    _create(KITCHEN, Numbers(), email="porteur.corons@fres.example", name="Nora Wattrelos", at=at)


def _the_kitchen_is_born(_region: Region, at: datetime) -> None:
    """It receives its number, says where it works, signs, and opens its page."""
    kitchen = change_numbers(organisation=named(KITCHEN), numbers=Numbers(siren="000001909"), at=at)
    set_territories(
        subject=kitchen,
        seat="(62498)",
        sites=["(62528)"],
        benefits=[Benefit("(62498)", 5000), Benefit("(62528)", 3000), Benefit("(62119)", 2000)],
    )
    party = kitchen.party
    add_mandate(party=party, given_names="Nora", family_name="Wattrelos", function="manager", since=at.date())
    add_mandate(party=party, given_names="Paulin", family_name="Delbecq", function="director", since=at.date())
    declare_owner(
        party=party,
        owner=Owner("Nora", "Wattrelos", date(1984, 6, 11), "FR", BeneficialOwner.Control.CAPITAL, 2600),
        at=at,
    )
    open_public_page(organisation=kitchen, is_listed=True)
    sign_off(organisation=kitchen, by=person("porteur.corons@fres.example"), at=at)


def _a_register_is_imported(_region: Region, at: datetime) -> None:
    import_register(REGISTER, source="Registre de démonstration", as_of=at.date())


def _the_register_ignores_a_number(_region: Region, at: datetime) -> None:
    _create(THREAD, Numbers(siren="000001214"), email="porteur.fil@fres.example", name="Zélie Honoré", at=at)


def _a_register_that_was_never_imported(_region: Region, at: datetime) -> None:
    _create(HIKERS, Numbers(rna="W801000123"), email="porteur.baie@fres.example", name="Rémi Sueur", at=at)


def _the_counter_is_being_created(_region: Region, at: datetime) -> None:
    """Whoever creates it had answered the questions first, without an account, and asked to keep the answers."""
    _create(COUNTER, Numbers(), email="porteur.comptoir@fres.example", name="Amina Leclercq", at=at)
    user = person("porteur.comptoir@fres.example")
    answers = {
        "place": "59", "form": "none", "stage": "CREATION", "purpose": "place", "profit": "kept", "amount": 60_000,
        "when": "later", "bank": "not_asked", "support": "named",
    }  # fmt: skip
    keep_answers(user=user, kind=KeptAnswers.Kind.ELIGIBILITY, version=eligibility.VERSION, answers=answers, at=at)
    levels = {question.code: str(rank % 4) for rank, question in enumerate(diagnosis.QUESTIONS)}
    keep_answers(user=user, kind=KeptAnswers.Kind.DIAGNOSIS, version=diagnosis.VERSION, answers=levels, at=at)


def _the_tools_are_listed(_region: Region, _at: datetime) -> None:
    load_tools()


def _invite(company: cast.Company, email: str, at: datetime, *, signs: bool = False) -> Invitation:
    return invite_member(
        organisation=organisation(company),
        email=email,
        function="employee",
        as_legal_representative=signs,
        by=person(company.holder_email),
        at=at,
    )


def _a_colleague_joins(_region: Region, at: datetime) -> None:
    """Invited by a message, the colleague opens an account at that address and accepts."""
    email = "equipe.panier@fres.example"
    invitation = _invite(cast.GROCERY, email, at, signs=True)
    token = Message.objects.get(about_uuid=invitation.uuid).context["accept_url"].rstrip("/").rpartition("/")[2]
    accept_invitation(token=token, by=make_person(email, "Fanny Ledoux", at=at), at=at)


def _an_invitation_is_withdrawn(_region: Region, at: datetime) -> None:
    invitation = _invite(cast.GROCERY, "erreur.panier@fres.example", at)
    withdraw_invitation(invitation=invitation, by=person(cast.GROCERY.holder_email), at=at)


def _an_invitation_nobody_answers(_region: Region, at: datetime) -> None:
    _invite(cast.THEATRE, "absente.ruelles@fres.example", at)


def _an_invitation_waits(_region: Region, at: datetime) -> None:
    _invite(cast.GROCERY, "bientot.panier@fres.example", at)


def _invited(email: str) -> bool:
    return Invitation.objects.filter(email=email).exists()


def _the_pole_is_prepared(_region: Region, at: datetime) -> None:
    made = found_grouping(
        kind=GroupingKind.PTCE,
        profile=replace(POLE, strategy_approved_on=None, agreement_signed_on=None, agreement_ends_on=None),
        pivot=organisation(cast.BAKERY),
        by=person(cast.BAKERY.holder_email),
        at=at,
    )
    write_programme_part(
        grouping=made,
        part=ProgrammePart.Part.V1,
        stage=ProgrammePart.Stage.DONE,
        budget=Money(18_000, "EUR"),
        cofinanced=Money(6_000, "EUR"),
        cofinancers="Syndicat mixte des Terrils (inventé)",
        starts_on=at.date(),
        report="Étude de faisabilité du pôle des Terrils",
    )


def _the_pole_opens(_region: Region, at: datetime) -> None:
    """Members sign, an authority deliberates, resources are shared, then the pole opens."""
    day = at.date()
    pole = edit_grouping(grouping=grouping(POLE), profile=POLE)
    for company, email in POLE_PEOPLE.items():
        member = propose_member(grouping=pole, organisation=organisation(company), at=at)
        if company is not cast.WORKSHOP:
            sign_membership(member=member, by=person(email), at=at)
    outside = (
        (MemberType.AUTHORITY, "Syndicat mixte des Terrils (inventé)", "(62498)", "2025-041"),
        (MemberType.COMPANY, "Menuiserie Delgrange (inventée)", "(62528)", ""),
        (MemberType.RESEARCH, "Laboratoire Habiter le Nord (inventé)", "(59350)", ""),
        (MemberType.TRAINING, "École des métiers de bouche (inventée)", "(62498)", ""),
    )
    for kind, name, commune, deliberation in outside:
        add_outside_member(
            grouping=pole,
            member_type=kind,
            name=name,
            commune=commune,
            signed_on=day,
            evidence="Bulletin d’adhésion du 5 mai 2025",
            deliberation=deliberation,
            deliberated_on=day if deliberation else None,
            at=at,
        )
    add_resource(
        grouping=pole, kind="post", label="Poste d’animation", amount=Money(38_000, "EUR"), since=day,
        evidence="Convention du 5 mai 2025",
    )  # fmt: skip
    add_resource(grouping=pole, kind="premises", label="Cuisine partagée", amount=Money(9_600, "EUR"), since=day)
    add_activity(grouping=pole, label="Cuisine partagée", recognised_by="Chambre régionale (inventée)", since=day)
    add_activity(
        grouping=pole, label="Formation de vingt personnes par an", recognised_by="Agrément d’insertion", since=day
    )
    add_activity(grouping=pole, label="Achats groupés", recognised_by="", since=day)
    carriers = (
        ("Nour Lahmar", CircuitCarrier.Side.OPERATIONAL, "La Fournée commune", True),
        ("Martine Flament", CircuitCarrier.Side.POLITICAL, "Syndicat mixte des Terrils (inventé)", False),
    )
    for name, side, body, is_funded in carriers:
        add_carrier(grouping=pole, name=name, side=side, body=body, is_funded_post=is_funded, since=day)
    start_grouping(grouping=pole, by=person(cast.BAKERY.holder_email), at=at)


def _the_pole_experiments(_region: Region, at: datetime) -> None:
    pole = grouping(POLE)
    write_programme_part(
        grouping=pole,
        part=ProgrammePart.Part.V2,
        stage=ProgrammePart.Stage.UNDER_WAY,
        budget=Money(80_000, "EUR"),
        cofinanced=Money(45_000, "EUR"),
        cofinancers="Syndicat mixte des Terrils (inventé), fondation territoriale (inventée)",
        starts_on=at.date(),
    )
    record_benefit(
        member=pole.members.get(organisation=organisation(cast.SOLAR)),
        kind=MemberBenefit.Kind.CREDITS,
        granted_by="Région (exemple inventé)",
        amount=Money(12_000, "EUR"),
        since=at.date(),
    )


def _a_circuit_begins(profile: GroupingProfile, company: cast.Company, at: datetime) -> None:
    made = found_grouping(
        kind=GroupingKind.CCES,
        profile=profile,
        pivot=organisation(company),
        by=person(company.holder_email),
        at=at,
    )
    add_carrier(
        grouping=made, name=company.holder_name, side=CircuitCarrier.Side.OPERATIONAL, body=company.name,
        is_funded_post=False, since=at.date(),
    )  # fmt: skip


def _a_circuit_ends(_region: Region, at: datetime) -> None:
    end_grouping(
        grouping=grouping(SUNSHINE),
        by=person(cast.SOLAR.holder_email),
        at=at,
        reason="Les voisins sont entrés au capital : le circuit n’a plus d’objet.",
    )


def _exists(profile: Profile | GroupingProfile) -> bool:
    table = Organisation if isinstance(profile, Profile) else Grouping
    return table.objects.filter(name=profile.name).exists()


ACTS = (
    Act(date(2025, 2, 3), _the_kitchen_is_being_created, lambda _region: _exists(KITCHEN)),
    Act(date(2025, 2, 10), _the_tools_are_listed, lambda _region: Tool.objects.exists()),
    Act(date(2025, 3, 3), _a_register_is_imported, lambda _region: RegisterEntry.objects.exists()),
    Act(date(2025, 3, 10), _the_register_ignores_a_number, lambda _region: _exists(THREAD)),
    Act(date(2025, 3, 17), _a_register_that_was_never_imported, lambda _region: _exists(HIKERS)),
    Act(date(2025, 3, 24), _the_pole_is_prepared, lambda _region: _exists(POLE)),
    Act(
        date(2025, 5, 5),
        _the_pole_opens,
        lambda _region: Grouping.objects.filter(name=POLE.name, state=GroupingState.ACTIVE).exists(),
    ),
    Act(date(2025, 6, 2), _the_kitchen_is_born, lambda _region: SignOff.objects.exists()),
    Act(
        date(2025, 9, 1),
        lambda _region, at: _a_circuit_begins(SUNSHINE, cast.SOLAR, at),
        lambda _region: _exists(SUNSHINE),
    ),
    Act(date(2025, 10, 6), _the_pole_experiments, lambda _region: MemberBenefit.objects.exists()),
    Act(date(2026, 1, 12), _a_colleague_joins, lambda _region: _invited("equipe.panier@fres.example")),
    Act(date(2026, 1, 19), _an_invitation_is_withdrawn, lambda _region: _invited("erreur.panier@fres.example")),
    Act(
        date(2026, 3, 2),
        _a_circuit_ends,
        lambda _region: Grouping.objects.filter(name=SUNSHINE.name, state=GroupingState.ENDED).exists(),
    ),
    Act(
        date(2026, 6, 1),
        lambda _region, at: _a_circuit_begins(CANTEENS, cast.GROCERY, at),
        lambda _region: _exists(CANTEENS),
    ),
    Act(date(2026, 9, 7), _the_counter_is_being_created, lambda _region: _exists(COUNTER)),
    Act(date(2026, 9, 14), _an_invitation_nobody_answers, lambda _region: _invited("absente.ruelles@fres.example")),
    Act(date(2026, 11, 16), _an_invitation_waits, lambda _region: _invited("bientot.panier@fres.example")),
)
