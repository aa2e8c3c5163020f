"""Answers given without an account, kept for a person who asks for it: to be taken up in a file."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from investors.models import User
from projects.models import KeptAnswers


@transaction.atomic
def keep_answers(*, user: User, kind: str, version: str, answers: Mapping[str, object], at: datetime) -> KeptAnswers:
    """Keep the answers of one questionnaire for a person; they replace the earlier ones."""
    User.objects.select_for_update().get(pk=user.pk)
    row = KeptAnswers.objects.filter(user=user, kind=kind).first() or KeptAnswers(user=user, kind=kind)
    row.version, row.answers, row.kept_at = version, dict(answers), at
    row.save()
    return row


def kept_answers_of(user: User, kind: str) -> KeptAnswers | None:
    """Return what a person asked to keep of a questionnaire, or None."""
    return KeptAnswers.objects.filter(user=user, kind=kind).first()
