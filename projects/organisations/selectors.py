"""Questions about organisations: whose they are, what the public may see, what changed and by whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from fres.kernel import territories
from fres.kernel.models import Territory
from investors.models import User
from investors.selectors import Change, changes_of_kind, describe_changes
from projects.models import Application, Award, Grouping, Invitation, Membership, Organisation, Project, SignOff
from projects.organisations.communes import commune_names
from projects.organisations.legal_forms import all_legal_forms
from projects.organisations.links import project_links
from projects.organisations.profiles import content_hash, signed_content
from projects.organisations.states import InvitationState
from projects.states import IN_FORCE

CHANGES_SHOWN = 40


def organisations_of(user: User, on: date) -> QuerySet[Organisation]:
    """Return the organisations whose team the person is in on a day, by name."""
    mine = Membership.objects.filter(user=user, joined_on__lte=on).filter(Q(left_on=None) | Q(left_on__gt=on))
    return Organisation.objects.filter(pk__in=mine.values("organisation")).select_related("party").order_by("name")


def public_organisations() -> QuerySet[Organisation]:
    """Return the organisations with a public page: opened by them, or carrying a project that holds a label."""
    labelled = Award.objects.filter(subject_type=Award.Subject.PROJECT, state__in=IN_FORCE)
    carrying = Project.objects.filter(organisation=OuterRef("pk"), uuid__in=labelled.values("subject_uuid"))
    return Organisation.objects.filter(Q(is_listed=True) | Exists(carrying)).select_related("party").order_by("name")


def filter_organisations(found: QuerySet[Organisation], filters: Mapping[str, str]) -> QuerySet[Organisation]:
    """Narrow a list down by words, département, status and label; unknown filters ask for nothing."""
    for word in filters.get("search", "").split():
        found = found.filter(
            Q(name__icontains=word) | Q(purpose__icontains=word) | Q(party__legal_name__icontains=word)
        )
    if departement := filters.get("department"):
        found = found.filter(commune_code__in=_communes_of(departement))
    if status := filters.get("ess"):
        found = found.filter(ess_status=status)
    if label := filters.get("label"):
        held = Award.objects.filter(
            subject_type=Award.Subject.ORGANISATION, state__in=IN_FORCE, label=label, subject_uuid=OuterRef("uuid")
        )
        found = found.filter(Exists(held))
    return found


def _communes_of(departement: str) -> QuerySet[Territory, str]:
    return (
        territories.current(Territory.Level.COMMUNE)
        .filter(departement_code=departement)
        .order_by()
        .values_list("code", flat=True)
    )


@dataclass(frozen=True, slots=True)
class OrganisationCard:
    """One line of the directory."""

    organisation: Organisation
    place: str
    legal_form: str
    labels: tuple[Award, ...]


def organisation_cards(organisations: Iterable[Organisation]) -> list[OrganisationCard]:
    """Return the lines of a page of the directory, in two queries whatever its length."""
    page = list(organisations)
    places = commune_names(one.commune_code for one in page)
    held: dict[object, list[Award]] = {}
    for award in Award.objects.filter(
        subject_type=Award.Subject.ORGANISATION, subject_uuid__in=[one.uuid for one in page], state__in=IN_FORCE
    ).order_by("label"):
        held.setdefault(award.subject_uuid, []).append(award)
    forms = all_legal_forms()
    return [
        OrganisationCard(
            organisation=one,
            place=places[one.commune_code],
            legal_form=forms[one.legal_category].label if one.legal_category in forms else one.party.legal_form,
            labels=tuple(held.get(one.uuid, ())),
        )
        for one in page
    ]


@dataclass(frozen=True, slots=True)
class ProjectLine:
    """A project on the page of its organisation, with the labels it holds."""

    project: Project
    place: str
    labels: tuple[Award, ...]
    address: str = ""  # of the page that shows its money, "" when there is none


def project_lines(organisation: Organisation) -> list[ProjectLine]:
    """Return the projects the public may know of: those that hold or held a label. By title."""
    projects = list(organisation.projects.order_by("title"))
    held: dict[object, list[Award]] = {}
    for award in Award.objects.filter(
        subject_type=Award.Subject.PROJECT, subject_uuid__in=[project.uuid for project in projects]
    ).order_by("-valid_from"):
        held.setdefault(award.subject_uuid, []).append(award)
    names = commune_names(project.commune_code for project in projects)
    links = project_links(projects)
    return [
        ProjectLine(project, names[project.commune_code], tuple(held[project.uuid]), links.get(project.pk, ""))
        for project in projects
        if project.uuid in held
    ]


def awards_of(organisation: Organisation) -> QuerySet[Award]:
    """Return the labels and statuses of an organisation, those in force first."""
    return Award.objects.filter(subject_type=Award.Subject.ORGANISATION, subject_uuid=organisation.uuid).order_by(
        "-valid_from", "label"
    )


def team_of(organisation: Organisation) -> QuerySet[Membership]:
    """Return who is in the team now, those who sign first."""
    return (
        organisation.memberships.filter(left_on=None)
        .select_related("user")
        .order_by("-is_legal_representative", "joined_on", "pk")
    )


def pending_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    return organisation.invitations.filter(state=InvitationState.SENT).select_related("invited_by")


def public_people(organisation: Organisation) -> QuerySet[Membership]:
    """Return the members who agreed to be named, and nobody else."""
    return team_of(organisation).filter(is_public=True)


def groupings_of(organisation: Organisation) -> QuerySet[Grouping]:
    """Return the groupings an organisation signed and has not left."""
    return Grouping.objects.filter(
        members__organisation=organisation, members__signed_on__isnull=False, members__left_on=None
    ).distinct()


def is_signed_off(organisation: Organisation) -> bool:
    """Whether a legal representative signed what the organisation says of itself today, word for word."""
    last = organisation.sign_offs.first()
    return last is not None and last.content_hash == content_hash(signed_content(organisation))


def changes_around(organisation: Organisation, limit: int = CHANGES_SHOWN) -> list[Change]:
    """Return who changed what of an organisation, its identity, team, people and places, newest first."""
    party = organisation.party_id
    kinds = {
        "organisations": Q(pgh_obj_id=organisation.pk),
        "personnes": Q(pgh_obj_id=party),
        "membres": Q(organisation=organisation.pk),
        "invitations": Q(organisation=organisation.pk),
        "rattachements": Q(organisation=organisation.pk),
        "mandats": Q(party=party),
        "beneficiaires": Q(party=party),
    }
    changes = [
        change
        for kind, wanted in kinds.items()
        for change in describe_changes(changes_of_kind(kind).filter(wanted)[:limit])
    ]
    return sorted(changes, key=lambda change: change.at, reverse=True)[:limit]


@dataclass(frozen=True, slots=True)
class DeskLine:
    """One line of the staff's list: `organisation` with its files and members counted."""

    organisation: Organisation
    place: str
    awards: tuple[Award, ...]
    is_signed: bool


def organisations_at_desk(filters: Mapping[str, str]) -> QuerySet[Organisation]:
    """Return every organisation, by name, narrowed down by words, state of the register, and files."""
    members = Membership.objects.filter(organisation=OuterRef("pk"), left_on=None)
    submitted = Application.objects.filter(organisation=OuterRef("pk")).exclude(submitted_at=None)
    signed = SignOff.objects.filter(organisation=OuterRef("pk"))
    found = Organisation.objects.select_related("party").annotate(
        members=_counted(members), files=_counted(submitted), is_signed=Exists(signed)
    )
    if words := filters.get("search", ""):
        number = "".join(words.split())
        found = found.filter(
            Q(name__icontains=words)
            | Q(party__legal_name__icontains=words)
            | Q(party__siren=number)
            | Q(party__rna__iexact=number)
        )
    if register := filters.get("register", ""):
        found = found.filter(register_state=register)
    if sent := filters.get("sent", ""):
        found = found.filter(files__gt=0) if sent == "with" else found.filter(files=0)
    return found.order_by("name", "pk")


def desk_lines(organisations: Iterable[Organisation]) -> list[DeskLine]:
    """Return the lines of a page of the staff's list, in two queries whatever its length."""
    return [
        DeskLine(card.organisation, card.place, card.labels, card.organisation.is_signed)  # type: ignore[attr-defined]
        for card in organisation_cards(organisations)
    ]


def _counted(rows: QuerySet[Any]) -> Coalesce:
    count = rows.order_by().values("organisation").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(count), 0)
