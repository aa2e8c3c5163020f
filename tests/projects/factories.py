"""Organisations, projects and labels for tests: nothing random."""

import uuid
from datetime import UTC, date, datetime

import factory

from projects.models import Application, Award, Call, Membership, Organisation, Project, Theme
from projects.states import AwardState
from tests.investors.factories import PartyFactory, UserFactory

STOPPED = (AwardState.SUSPENDED, AwardState.WITHDRAWN, AwardState.LOST, AwardState.REFUSED)


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    party = factory.SubFactory(PartyFactory, legal=True)
    slug = factory.Sequence(lambda n: f"organisation-{n}")
    name = factory.Sequence(lambda n: f"Soleil du Bassin {n}")
    purpose = "Produire de l’électricité citoyenne."
    commune_code = "62498"
    created_on = date(2019, 4, 1)


class MembershipFactory(factory.django.DjangoModelFactory):
    """A member of an organisation; `MembershipFactory(is_legal_representative=True)` may sign for it."""

    class Meta:
        model = Membership

    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    joined_on = date(2020, 1, 1)


class ProjectFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Project

    slug = factory.Sequence(lambda n: f"projet-{n}")
    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Toit solaire de l’école {n}")
    summary = "Couvrir de panneaux le toit de l’école."
    purpose = "Acheter et poser 240 panneaux."
    theme = Theme.ENERGY
    commune_code = "62498"


class AwardFactory(factory.django.DjangoModelFactory):
    """A label held by a project: `AwardFactory(project=project)`."""

    class Meta:
        model = Award

    class Params:
        project = factory.SubFactory(ProjectFactory)

    subject_type = Award.Subject.PROJECT
    subject_uuid = factory.LazyAttribute(lambda award: award.project.uuid)
    label = "FRES-HDF"
    label_version = "2024"
    state = AwardState.GRANTED
    valid_from = date(2024, 1, 1)
    valid_to = date(2029, 12, 31)
    subject_name = factory.LazyAttribute(lambda award: award.project.title)
    commune_code = factory.LazyAttribute(lambda award: award.project.commune_code)
    proof = "Arrêté du 2 février 2024"
    published_reason = factory.LazyAttribute(lambda award: "Comptes non fournis" if award.state in STOPPED else "")


class CallFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Call

    slug = factory.Sequence(lambda n: f"appel-{n}")
    title = factory.Sequence(lambda n: f"Projets utiles au territoire {n}")
    summary = "Des projets de l’économie sociale et solidaire, toute l’année."
    description = "Tous les projets qui servent le territoire."
    fund_uuid = uuid.UUID("00000000-0000-4000-8000-000000000032")
    fund_name = "Fonds régional d’épargne solidaire Hauts-de-France"
    region_code = "32"
    opens_at = datetime(2024, 1, 1, tzinfo=UTC)
    created_at = datetime(2024, 1, 1, tzinfo=UTC)


class ApplicationFactory(factory.django.DjangoModelFactory):
    """A file in any state: `ApplicationFactory(state=ApplicationState.IN_COMMITTEE)`; nobody has acted on it yet."""

    class Meta:
        model = Application

    organisation = factory.SubFactory(OrganisationFactory)
    project = factory.SubFactory(ProjectFactory, organisation=factory.SelfAttribute("..organisation"))
    call = factory.SubFactory(CallFactory)
    created_by = factory.SubFactory(UserFactory)
    created_at = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
