"""Signing a charter in one gesture: each criterion accepted or not, concluded, signed or denied."""

from datetime import datetime

from django.db import transaction

from investors.models import User
from projects.labels.assessing import answer_criterion, conclude_assessment, start_assessment
from projects.labels.charters import sign_charter
from projects.labels.subjects import Subject
from projects.models import CharterSignature, Criterion, Label


def declare_and_sign(
    *, label: Label, subject: Subject, sector: str, accepted: frozenset[int], by: User, at: datetime
) -> CharterSignature:
    """Keep what the signatory accepts, criterion by criterion, and sign when all of part A is.

    Args: accepted: keys of the criteria accepted.
    Raises: CharterNotSigned: one was denied; what was declared stays, with its explanation. VersionNotInForce…
    """
    with transaction.atomic():
        assessment = start_assessment(label=label, subject=subject, by=by, at=at, branch=sector)
        for criterion in label.criteria.all():
            if criterion.branch and criterion.branch != sector:
                continue
            if criterion.kind == Criterion.Kind.PROGRESS:
                answer_criterion(assessment=assessment, criterion=criterion, by=by, at=at, level=0)
            elif criterion.kind == Criterion.Kind.MANDATORY:
                answer_criterion(assessment=assessment, criterion=criterion, by=by, at=at, yes=criterion.pk in accepted)
        assessment = conclude_assessment(assessment=assessment, by=by, at=at)
    return sign_charter(assessment=assessment, sector=sector, by=by, at=at)
