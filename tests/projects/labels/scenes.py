"""Assessments made by the operations themselves, on answers that just make it."""

from datetime import UTC, datetime
from fractions import Fraction

from projects.labels.assessing import answer_criterion, conclude_assessment, start_assessment
from projects.labels.criteria import Given
from projects.labels.loading import DEMONSTRATION, load_local_label
from projects.labels.subjects import Subject, find_subject
from projects.models import Assessment, Award, FinancialProduct, Label
from tests.investors.factories import UserFactory
from tests.projects.factories import MembershipFactory, OrganisationFactory, ProjectFactory
from tests.projects.labels.answers import PROOF

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FUND = "00000000-0000-4000-8000-000000000032"
LOCAL_ANSWERS = {
    "HDF-M1": Given(yes=True, proofs=PROOF),
    "HDF-M2": Given(yes=True, proofs=PROOF),
    "HDF-M3": Given(values={"local": Fraction(51)}, proofs=PROOF),
    "HDF-M4": Given(values={"highest": Fraction(10)}, proofs=PROOF),
    "HDF-P1": Given(level=2),
    "HDF-P2": Given(level=1),
    "HDF-P3": Given(level=2),
    "HDF-X1": Given(yes=False),
}


def label_of(code: str) -> Label:
    """A version here, by `code@version`; the local label of the fund is published first."""
    if code == "FRES-HDF@2024":
        return load_local_label(path=DEMONSTRATION, fund_uuid=FUND)
    name, version = code.split("@")
    return Label.objects.get(code=name, version=version)


def a_project() -> Subject:
    """A project whose organisation has a legal representative."""
    project = ProjectFactory()
    MembershipFactory(organisation=project.organisation, is_legal_representative=True)
    return find_subject("project", project.uuid)


def an_organisation(**values) -> Subject:
    organisation = OrganisationFactory(**values)
    MembershipFactory(organisation=organisation, is_legal_representative=True)
    return find_subject("organisation", organisation.uuid)


def a_product() -> Subject:
    product = FinancialProduct.objects.create(organisation=OrganisationFactory(), name="Fonds 90/10", way="INVESTMENT")
    MembershipFactory(organisation=product.organisation, is_legal_representative=True)
    return find_subject("product", product.uuid)


def representative_of(subject: Subject):
    return subject.organisation.memberships.get(is_legal_representative=True).user


def assess(
    code: str, subject: Subject, answers: dict[str, Given], *, branch="", by=None, application=None, at=NOW, ends=True
) -> Assessment:
    """An assessment answered, and concluded unless told otherwise."""
    by = by or UserFactory()
    label = label_of(code)
    assessment = start_assessment(label=label, subject=subject, by=by, at=at, application=application, branch=branch)
    for criterion in label.criteria.all():
        given = answers.get(criterion.identifier)
        if given is not None:
            answer_criterion(
                assessment=assessment,
                criterion=criterion,
                by=by,
                at=at,
                yes=given.yes,
                values={name: str(float(value)) for name, value in given.values.items()},
                level=given.level,
                is_na=given.is_na,
                reference=given.proofs[0] if given.proofs else "",
                valid_to=given.valid_to,
            )
    return conclude_assessment(assessment=assessment, by=by, at=at) if ends else assessment


def grant(subject: Subject, *, by=None, at=NOW) -> Award:
    from projects.labels.awarding import grant_award

    return grant_award(assessment=assess("FRES-HDF@2024", subject, LOCAL_ANSWERS, at=at), by=by or UserFactory(), at=at)
