"""Writing a grouping: its founding, its agreement and strategy, what its members put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from djmoney.money import Money

from fres.kernel import clock
from fres.kernel.errors import RuleViolation
from fres.kernel.models import Territory
from fres.kernel.states import advance
from investors.models import User
from projects.groupings.states import END, START, GroupingState
from projects.models import (
    CircuitCarrier,
    Grouping,
    GroupingActivity,
    GroupingMember,
    MemberBenefit,
    Organisation,
    PooledResource,
    ProgrammePart,
)
from projects.models.groupings import GroupingKind
from projects.organisations.communes import settle_commune
from projects.organisations.legal_forms import member_type_of
from projects.organisations.locking import free_slug


class PlaceNotInTheTable(RuleViolation):
    """A perimeter is made of communes and intercommunal bodies in force."""

    rule = "place-not-in-the-table"


class SectorMissing(RuleViolation):
    """A circuit names its sector; food is not the default (R-071). A pole has none."""

    rule = "sector-missing"


class GroupingNotReady(RuleViolation):
    """A grouping opens once its agreement is signed and its strategy approved."""

    rule = "grouping-not-ready"


class GroupingOver(RuleViolation):
    """Nothing is written in a grouping that has ended."""

    rule = "grouping-over"


class StartUpPaidAlone(RuleViolation):
    """The second part of the programme is paid with other funders (R-061)."""

    rule = "start-up-paid-alone"


class CofinancingAboveBudget(RuleViolation):
    """Others bring at most the budget of a part."""

    rule = "cofinancing-above-budget"


@dataclass(frozen=True, slots=True)
class GroupingProfile:
    """What a grouping says of itself. `commune` and `perimeter`: as typed; an EPCI by its SIREN or name."""

    name: str
    purpose: str
    commune: str
    perimeter: Sequence[str] = ()
    sector: str = ""
    partner_territory: str = ""
    origins: Sequence[str] = ()
    structures: Sequence[str] = ()
    purposes: Sequence[str] = ()
    objectives: Sequence[str] = ()
    other_networks: str = ""
    strategy: str = ""
    strategy_approved_on: date | None = None
    agreement_signed_on: date | None = None
    agreement_ends_on: date | None = None
    started_on: date | None = None


@transaction.atomic
def found_grouping(
    *, kind: GroupingKind, profile: GroupingProfile, pivot: Organisation, by: User, at: datetime
) -> Grouping:
    """Make a grouping in prefiguration, carried by an organisation that is its first, signed member.

    Raises: SectorMissing; PlaceNotInTheTable; CommuneUnknown; CommuneAmbiguous.
    """
    _check_sector(kind, profile.sector)
    grouping = Grouping(kind=kind, slug=free_slug(Grouping, profile.name), pivot=pivot)
    _write(grouping, profile)
    GroupingMember.objects.create(
        grouping=grouping,
        organisation=pivot,
        member_type=member_type_of(code=pivot.legal_category, ess_status=pivot.ess_status),
        name=pivot.name,
        siren=pivot.party.siren,
        commune_code=pivot.commune_code,
        asked_at=at,
        signed_on=clock.local(at).date(),
        signed_by=by,
    )
    return grouping


@transaction.atomic
def edit_grouping(*, grouping: Grouping, profile: GroupingProfile) -> Grouping:
    """Write what a grouping says of itself. Raises: as `found_grouping`; GroupingOver."""
    grouping = lock_open(grouping)
    _check_sector(GroupingKind(grouping.kind), profile.sector)
    _write(grouping, profile)
    return grouping


@transaction.atomic
def start_grouping(*, grouping: Grouping, by: User, at: datetime) -> Grouping:
    """Open a grouping whose agreement is signed and whose strategy is approved.

    Raises: GroupingNotReady: with what is missing; TransitionRefused.
    """
    grouping = Grouping.objects.select_for_update().get(pk=grouping.pk)
    missing = []
    if grouping.agreement_signed_on is None:
        missing.append(_("la date de signature de l’accord"))
    if grouping.agreement_ends_on is None:
        missing.append(_("la fin de l’accord"))
    if grouping.strategy_approved_on is None:
        missing.append(_("la date d’approbation de la stratégie"))
    if missing:
        raise GroupingNotReady(
            _("Il manque %(missing)s.") % {"missing": ", ".join(missing)},
            next_step=_("Complétez la fiche du groupement, puis ouvrez-le."),
        )
    return advance(grouping, START, by=by, at=at)


@transaction.atomic
def end_grouping(*, grouping: Grouping, by: User, at: datetime, reason: str) -> Grouping:
    """End a grouping: its page stays, as its history. Raises: TransitionRefused."""
    return advance(grouping, END, by=by, at=at, reason=reason)


@transaction.atomic
def add_resource(
    *,
    grouping: Grouping,
    kind: str,
    label: str,
    amount: Money,
    since: date,
    until: date | None = None,
    evidence: str = "",
) -> PooledResource:
    """Write what members put together, with its amount a year. Raises: GroupingOver; ResourceWithoutAmount."""
    if amount.amount <= 0:
        raise ResourceWithoutAmount(
            _("Une ressource mutualisée a un montant au-dessus de zéro."),
            next_step=_("Estimez ce qu’elle coûterait à chacun sans le groupement, par an."),
        )
    return PooledResource.objects.create(
        grouping=lock_open(grouping),
        kind=kind,
        label=label,
        amount=amount,
        valid_from=since,
        valid_to=until,
        evidence=evidence,
    )


class ResourceWithoutAmount(RuleViolation):
    """What is pooled is worth something (PTCE-M7)."""

    rule = "resource-without-amount"


@transaction.atomic
def add_activity(*, grouping: Grouping, label: str, recognised_by: str, since: date) -> GroupingActivity:
    """Write an activity, and who recognises its social utility, if anybody does. Raises: GroupingOver."""
    return GroupingActivity.objects.create(
        grouping=lock_open(grouping), label=label, recognised_by=recognised_by, started_on=since
    )


@transaction.atomic
def add_carrier(
    *, grouping: Grouping, name: str, side: str, body: str, is_funded_post: bool, since: date
) -> CircuitCarrier:
    """Write who carries the grouping, at work or in politics (R-084). Raises: GroupingOver."""
    return CircuitCarrier.objects.create(
        grouping=lock_open(grouping),
        name=name,
        side=side,
        body=body,
        is_funded_post=is_funded_post,
        valid_from=since,
    )


@transaction.atomic
def write_programme_part(
    *,
    grouping: Grouping,
    part: str,
    stage: str,
    budget: Money,
    cofinanced: Money,
    cofinancers: str,
    starts_on: date,
    ends_on: date | None = None,
    report: str = "",
) -> ProgrammePart:
    """Write one part of the programme, or what it has become (R-059).

    Raises: StartUpPaidAlone; CofinancingAboveBudget; GroupingOver.
    """
    grouping = lock_open(grouping)
    if not 0 <= cofinanced.amount <= budget.amount:
        raise CofinancingAboveBudget(_("Le cofinancement va de zéro au budget du volet."))
    if part == ProgrammePart.Part.V2 and cofinanced.amount == 0:
        raise StartUpPaidAlone(
            _("L’expérimentation se paie avec d’autres financeurs."),
            next_step=_("Indiquez ce qu’apportent les collectivités et les autres, et qui ils sont."),
        )
    row = ProgrammePart.objects.filter(grouping=grouping, part=part).first() or ProgrammePart(
        grouping=grouping, part=part
    )
    row.stage, row.budget, row.cofinanced, row.cofinancers = stage, budget, cofinanced, cofinancers
    row.starts_on, row.ends_on, row.report = starts_on, ends_on, report
    row.save()
    return row


@transaction.atomic
def record_benefit(
    *,
    member: GroupingMember,
    kind: str,
    granted_by: str,
    since: date,
    until: date | None = None,
    amount: Money | None = None,
) -> MemberBenefit:
    """Write what a labelled pole brings to one of its members (R-063). Raises: GroupingOver."""
    lock_open(member.grouping)
    return MemberBenefit.objects.create(
        member=member, kind=kind, granted_by=granted_by, amount=amount, valid_from=since, valid_to=until
    )


def settle_place(text: str) -> str:
    """Return the code of a commune or of an intercommunal body, from what was typed.

    Raises: PlaceNotInTheTable; CommuneUnknown; CommuneAmbiguous.
    """
    typed = " ".join(text.split())
    epci = Territory.objects.filter(level=Territory.Level.EPCI, is_current=True)
    by_code = epci.filter(code=typed.rpartition("(")[2].rstrip(")")).first()
    found = by_code or epci.filter(name__iexact=typed).first()
    if found is not None:
        return found.code
    if typed.isdigit() and len(typed) == 9:
        raise PlaceNotInTheTable(
            _("Aucune intercommunalité en vigueur n’a le SIREN %(number)s.") % {"number": typed},
            next_step=_("Écrivez son nom, ou nommez les communes une à une."),
        )
    return settle_commune(typed).code


def lock_open(grouping: Grouping) -> Grouping:
    """Lock a grouping that is not over. Raises: GroupingOver."""
    fresh = Grouping.objects.select_for_update().get(pk=grouping.pk)
    if fresh.state == GroupingState.ENDED:
        raise GroupingOver(_("« %(name)s » a pris fin : plus rien ne s’y écrit.") % {"name": fresh.name})
    return fresh


def _check_sector(kind: GroupingKind, sector: str) -> None:
    if (kind == GroupingKind.CCES) != bool(sector):
        raise SectorMissing(
            _("Un circuit nomme son secteur ; un pôle n’en a pas."),
            next_step=_("Alimentation, énergie, finance, habitat, culture ou commerce."),
        )


def _write(grouping: Grouping, profile: GroupingProfile) -> None:
    grouping.name, grouping.purpose, grouping.sector = profile.name, profile.purpose, profile.sector
    grouping.commune_code = settle_commune(profile.commune).code
    grouping.perimeter_codes = list(dict.fromkeys(settle_place(one) for one in profile.perimeter if one.strip()))
    grouping.partner_territory, grouping.other_networks = profile.partner_territory, profile.other_networks
    grouping.origins, grouping.structures = list(profile.origins), list(profile.structures)
    grouping.purposes, grouping.objectives = list(profile.purposes), list(profile.objectives)
    grouping.strategy, grouping.strategy_approved_on = profile.strategy, profile.strategy_approved_on
    grouping.agreement_signed_on = profile.agreement_signed_on
    grouping.agreement_ends_on = profile.agreement_ends_on
    grouping.started_on = profile.started_on
    grouping.save()
