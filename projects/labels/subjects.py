"""Whom or what a label is about: a type and a uuid, resolved (ruling A6)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.models import FinancialProduct, Grouping, Membership, Organisation, Project, SubjectType


class SubjectUnknown(RuleViolation):
    """No project, organisation, grouping or product has this identifier."""

    rule = "label-subject"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is assessed, as it is today. `organisation` answers for it; `created_on` when it is a young company."""

    type: str
    uuid: UUID
    name: str
    commune_code: str
    organisation: Organisation

    @property
    def created_on(self) -> date | None:
        return self.organisation.created_on


def find_subject(subject_type: str, subject_uuid: UUID) -> Subject:
    """Return a subject. Raises: SubjectUnknown."""
    if subject_type == SubjectType.PROJECT:
        project = Project.objects.select_related("organisation__party").filter(uuid=subject_uuid).first()
        if project is not None:
            return _subject(subject_type, subject_uuid, project.title, project.commune_code, project.organisation)
    elif subject_type == SubjectType.ORGANISATION:
        body = Organisation.objects.select_related("party").filter(uuid=subject_uuid).first()
        if body is not None:
            return _subject(subject_type, subject_uuid, body.name, body.commune_code, body)
    elif subject_type == SubjectType.GROUPING:
        grouping = Grouping.objects.select_related("pivot__party").filter(uuid=subject_uuid).first()
        if grouping is not None:
            return _subject(subject_type, subject_uuid, grouping.name, grouping.commune_code, grouping.pivot)
    elif subject_type == SubjectType.PRODUCT:
        product = FinancialProduct.objects.select_related("organisation__party").filter(uuid=subject_uuid).first()
        if product is not None:
            issuer = product.organisation
            return _subject(subject_type, subject_uuid, product.name, issuer.commune_code, issuer)
    raise SubjectUnknown(
        _("Ce sujet n’existe pas."), next_step=_("Choisissez un projet, une organisation, un groupement ou un produit.")
    )


def answers_for(user: User, subject: Subject) -> bool:
    """Whether a person acts for the organisation that answers for a subject."""
    return subject.organisation.memberships.filter(user=user, left_on=None).exists()


def signs_for(user: User, subject: Subject) -> bool:
    """Whether a person legally represents the organisation that answers for a subject."""
    return subject.organisation.memberships.filter(user=user, left_on=None, is_legal_representative=True).exists()


def people_of(subject: Subject) -> list[User]:
    """Return whom to tell about a subject: the members of its organisation, by e-mail address."""
    members = Membership.objects.filter(organisation=subject.organisation, left_on=None, user__is_active=True)
    return [one.user for one in members.select_related("user").order_by("user__email")]


def subjects_of(organisation: Organisation) -> list[Subject]:
    """Return what an organisation answers for: itself, its projects, the groupings it carries, its products."""
    found = [_subject(SubjectType.ORGANISATION, organisation.uuid, organisation.name, organisation.commune_code,
                      organisation)]  # fmt: skip
    found += [
        _subject(SubjectType.PROJECT, one.uuid, one.title, one.commune_code, organisation)
        for one in organisation.projects.all()
    ]
    found += [
        _subject(SubjectType.GROUPING, one.uuid, one.name, one.commune_code, organisation)
        for one in organisation.carried_groupings.all()
    ]
    found += [
        _subject(SubjectType.PRODUCT, one.uuid, one.name, organisation.commune_code, organisation)
        for one in organisation.products.all()
    ]
    return found


def _subject(kind: str, uuid: UUID, name: str, commune: str, organisation: Organisation) -> Subject:
    return Subject(str(kind), uuid, name, commune, organisation)
