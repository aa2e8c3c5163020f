"""Versions of a referential: which one counts on a day, and how another one is published."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from investors.models import User
from projects.labels.criteria import levels_of
from projects.labels.loading import write_label
from projects.models import Criterion, Label


class VersionNotInForce(RuleViolation):
    """The version does not count on this day: it has ended, or has not begun."""

    rule = "label-version"


class VersionUnfit(RuleViolation):
    """A new version cannot be published as it is written."""

    rule = "label-publishing"


@dataclass(frozen=True, slots=True)
class CriterionDraft:
    """A criterion of a version to come: the columns of `Criterion`, in French."""

    identifier: str
    kind: str
    scale: str
    title: str
    text_fr: str
    question: str = ""
    evidence: tuple[str, ...] = ()
    tests: tuple[dict[str, str], ...] = ()
    weight: int = 1
    any_test: bool = False
    allows_na: bool = False
    alternative: str = ""
    branch: str = ""
    part: str = ""
    status: str = Criterion.Status.CHOSEN
    source: str = field(default="")


def in_force(on: date) -> QuerySet[Label]:
    """Return the versions that count on a day."""
    return Label.objects.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gte=on))


def check_in_force(label: Label, on: date) -> None:
    """Raises: VersionNotInForce."""
    if label.valid_from <= on and (label.valid_to is None or on <= label.valid_to):
        return
    raise VersionNotInForce(
        _("%(label)s ne vaut pas le %(day)s.") % {"label": label, "day": on.strftime("%d/%m/%Y")},
        next_step=_("Choisissez la version en vigueur ce jour-là."),
    )


@transaction.atomic
def publish_version(
    *,
    base: Label,
    version: str,
    criteria: Sequence[CriterionDraft],
    valid_from: date,
    by: User,
    at: datetime,
    purpose: str = "",
    validity_months: int | None = None,
    source: str = "",
) -> Label:
    """Publish another version of a referential from a day to come; the present one ends the day before.

    What was assessed on the present version keeps its conclusion, and what was awarded its dates.
    Raises: VersionUnfit: the day is past, the version exists, no criterion, or a later version is already published.
    """
    base = Label.objects.select_for_update().get(pk=base.pk)
    today = clock.local(at).date()
    if valid_from <= max(today, base.valid_from):
        raise VersionUnfit(
            _("Une version commence après celle qu’elle remplace et après aujourd’hui ; vous avez écrit le %(day)s.")
            % {"day": valid_from.strftime("%d/%m/%Y")},
            next_step=_("Choisissez demain ou plus tard."),
        )
    if base.valid_to is not None:
        raise VersionUnfit(
            _("%(label)s a déjà une fin, le %(day)s.") % {"label": base, "day": base.valid_to.strftime("%d/%m/%Y")},
            next_step=_("Partez de la dernière version."),
        )
    if Label.objects.filter(code=base.code, version=version).exists():
        raise VersionUnfit(
            _("La version %(version)s de %(code)s existe déjà.") % {"version": version, "code": base.code},
            next_step=_("Donnez-lui un autre nom ; une version publiée ne change pas."),
        )
    if not any(one.kind == Criterion.Kind.MANDATORY for one in criteria):
        raise VersionUnfit(
            _("Cette version n’a aucun critère obligatoire."), next_step=_("Gardez ou ajoutez-en au moins un.")
        )
    base.valid_to = valid_from - timedelta(days=1)
    base.save(update_fields=["valid_to"])
    label = Label(
        code=base.code, version=version, name=base.name, purpose=purpose or base.purpose,
        subject_types=base.subject_types, owner=base.owner, fund_uuid=base.fund_uuid, rule=base.rule,
        holding=base.holding, validity_months=validity_months or base.validity_months,
        validity_note=base.validity_note, levels=base.levels, requires=base.requires, valid_from=valid_from,
        source=source or base.source, notice=base.notice, published_by=by, published_at=at,
    )  # fmt: skip
    return write_label(label, [_criterion(label, rank, one) for rank, one in enumerate(criteria, start=1)])


@transaction.atomic
def publish_local_label(
    *,
    code: str,
    version: str,
    name: str,
    purpose: str,
    fund_uuid: UUID,
    owner: str,
    subject_types: Sequence[str],
    validity_months: int,
    criteria: Sequence[CriterionDraft],
    valid_from: date,
    by: User,
    at: datetime,
) -> Label:
    """Publish the first version of a label made by a fund. Raises: VersionUnfit."""
    if Label.objects.filter(code=code).exists():
        raise VersionUnfit(
            _("Le code %(code)s existe déjà.") % {"code": code},
            next_step=_("Publiez une nouvelle version de ce label."),
        )
    if valid_from < clock.local(at).date():
        raise VersionUnfit(
            _("Un label ne commence pas dans le passé."), next_step=_("Choisissez aujourd’hui ou après.")
        )
    if not any(one.kind == Criterion.Kind.MANDATORY for one in criteria):
        raise VersionUnfit(_("Ce label n’a aucun critère obligatoire."), next_step=_("Ajoutez-en au moins un."))
    label = Label(
        code=code, version=version, name=name, purpose=purpose, subject_types=list(subject_types), owner=owner,
        fund_uuid=fund_uuid, rule=Label.Rule.ASSESSED, holding=Label.Holding.INTERNAL,
        validity_months=validity_months, validity_note=_("%(months)s mois, puis une nouvelle évaluation.")
        % {"months": validity_months}, valid_from=valid_from, source=owner, published_by=by, published_at=at,
    )  # fmt: skip
    return write_label(label, [_criterion(label, rank, one) for rank, one in enumerate(criteria, start=1)])


def compare_versions(one: Label, other: Label) -> list[tuple[str, Criterion | None, Criterion | None]]:
    """Return criterion by criterion what two versions say: (identifier, in the first, in the second)."""
    before = {criterion.identifier: criterion for criterion in one.criteria.all()}
    after = {criterion.identifier: criterion for criterion in other.criteria.all()}
    return [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]


def level_name(label: Label, code: str) -> str:
    """Return the French name of a level, or nothing."""
    return next((level.name for level in levels_of(label) if level.code == code), "")


def _criterion(label: Label, rank: int, draft: CriterionDraft) -> Criterion:
    return Criterion(
        label=label, rank=rank, identifier=draft.identifier, kind=draft.kind, scale=draft.scale, title=draft.title,
        text_fr=draft.text_fr, question=draft.question, evidence=list(draft.evidence), tests=list(draft.tests),
        weight=draft.weight, any_test=draft.any_test, allows_na=draft.allows_na, alternative=draft.alternative,
        branch=draft.branch, part=draft.part, status=draft.status, source=draft.source,
    )  # fmt: skip
